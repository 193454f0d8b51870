//! Payload fields: the eight bytes in a header that say where the bytes of a field lie (MS-NLMP 2.2.1).
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 2 | Len |
//! | 2 | 2 | MaxLen, ignored when read, equal to Len when written |
//! | 4 | 4 | BufferOffset from the start of the message; ignored when Len is 0 |
//!
//! Payloads may lie in any order, with gaps, and share bytes.

use alloc::vec::Vec;

use crate::reader::Reader;
use crate::{DecodeError, DecodeErrorKind, TooLong};

/// A payload field as it stands in a header, not yet looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PayloadField {
    what: &'static str,
    at: usize,
    length: u16,
    offset: u32,
}

impl PayloadField {
    /// Reads the eight bytes at `at`.
    ///
    /// # Errors
    /// `Truncated` at the end of the message.
    pub(crate) fn read(message: &[u8], at: usize, what: &'static str) -> Result<Self, DecodeError> {
        let mut reader = Reader::at(message, at);
        let length = reader.u16(what)?;
        let _max_length = reader.u16(what)?;
        let offset = reader.u32(what)?;
        Ok(Self { what, at, length, offset })
    }

    /// A field that no flag claims: as if it were empty, whatever stands there.
    pub(crate) const fn absent(at: usize, what: &'static str) -> Self {
        Self { what, at, length: 0, offset: 0 }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Where the payload claims to begin: `None` for an empty one, whose offset means nothing. An offset
    /// that this machine cannot address is beyond every message.
    pub(crate) fn start(&self) -> Option<usize> {
        (!self.is_empty()).then(|| usize::try_from(self.offset).unwrap_or(usize::MAX))
    }

    /// The payload's bytes.
    ///
    /// # Errors
    /// `InsideHeader` (at the BufferOffset) if it begins before `header` bytes; `OutOfBounds` (at the Len)
    /// if it leads past the end of the message.
    pub(crate) fn bytes<'a>(&self, message: &'a [u8], header: usize) -> Result<&'a [u8], DecodeError> {
        let Some(start) = self.start() else { return Ok(&[]) };
        if start < header {
            let at = self.at.saturating_add(4);
            return Err(DecodeError::new(DecodeErrorKind::InsideHeader, self.what, at));
        }
        start
            .checked_add(usize::from(self.length))
            .and_then(|end| message.get(start..end))
            .ok_or(DecodeError::new(DecodeErrorKind::OutOfBounds, self.what, self.at))
    }
}

/// The first byte of a message that belongs to a payload: as far as there, the header can reach.
pub(crate) fn header_end<const N: usize>(message: &[u8], fields: [PayloadField; N]) -> usize {
    fields.iter().filter_map(PayloadField::start).min().unwrap_or(message.len())
}

/// Writes a message: the header, of a size known from the start, then its payloads in the order of their
/// fields.
#[derive(Debug)]
pub(crate) struct Writer<'a, const N: usize> {
    out: Vec<u8>,
    payloads: [(&'static str, &'a [u8]); N],
    described: usize,
    end: usize,
}

impl<'a, const N: usize> Writer<'a, N> {
    pub(crate) fn new(header: usize, payloads: [(&'static str, &'a [u8]); N]) -> Self {
        let size = payloads.iter().fold(header, |sum, (_, bytes)| sum.saturating_add(bytes.len()));
        Self { out: Vec::with_capacity(size), payloads, described: 0, end: header }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Writes the payload field of the next `count` payloads.
    ///
    /// # Errors
    /// `TooLong` if a payload does not fit the 16 bits of Len.
    pub(crate) fn fields(&mut self, count: usize) -> Result<(), TooLong> {
        for (what, bytes) in self.payloads.iter().skip(self.described).take(count) {
            let too_long = TooLong::new(what, bytes.len());
            let length = u16::try_from(bytes.len()).map_err(|_| too_long)?.to_le_bytes();
            let offset = u32::try_from(self.end).map_err(|_| too_long)?.to_le_bytes();
            self.end = self.end.saturating_add(bytes.len());
            self.out.extend_from_slice(&length);
            self.out.extend_from_slice(&length);
            self.out.extend_from_slice(&offset);
        }
        self.described = self.described.saturating_add(count);
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        for (_, payload) in self.payloads {
            self.out.extend_from_slice(payload);
        }
        self.out
    }
}
