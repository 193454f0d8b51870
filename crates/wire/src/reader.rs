//! Checked reading: the only places of this crate where bytes of a peer become numbers and slices.

use crate::{DecodeError, DecodeErrorKind};

/// Takes fixed fields off the front of a header, each under its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, rest: bytes }
    }

    /// Starts at a fixed offset of the header; past the end, every `take` reports the end.
    pub(crate) fn at(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, rest: bytes.get(offset..).unwrap_or_default() }
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// `Truncated` at the end of the bytes.
    pub(crate) fn take<const N: usize>(&mut self, what: &'static str) -> Result<&'a [u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(DecodeError::new(
            DecodeErrorKind::Truncated,
            what,
            self.bytes.len(),
        ))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        self.take::<1>(what).map(|&[byte]| byte)
    }

    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        self.take(what).copied().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        self.take(what).copied().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        self.take(what).copied().map(u64::from_le_bytes)
    }

    /// All that has not been taken.
    pub(crate) const fn rest(self) -> &'a [u8] {
        self.rest
    }
}
