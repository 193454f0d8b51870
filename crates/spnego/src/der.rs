//! DER (X.690), as far as SPNEGO goes: the only place of this crate where bytes of a peer become lengths and slices.
//!
//! Why not the `der` crate: a defect must be reported at its byte within the element that holds it, and lengths of a longer
//! form than needed are read, which that crate refuses. The reader goes down only where the grammar of a token goes,
//! a step at a time and never by recursion.

use crate::{DecodeError, DecodeErrorKind as Kind};
use alloc::vec::Vec;

/// How deeply elements may be nested. The grammar of SPNEGO needs six.
pub const MAX_DEPTH: u8 = 8;

/// The contents of an element, read from front to back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    contents: &'a [u8],
    /// Where the next element begins, in `contents`.
    next: usize,
    /// Where `contents` begin, in the token.
    origin: usize,
    depth: u8,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(token: &'a [u8]) -> Self {
        Self { contents: token, next: 0, origin: 0, depth: 0 }
    }

    pub(crate) const fn is_finished(&self) -> bool {
        self.next >= self.contents.len()
    }

    /// The next element.
    pub(crate) fn element(&mut self, what: &'static str) -> Result<Element<'a>, DecodeError> {
        let start = self.next;
        let at_length = start.saturating_add(1);
        let rest = self.contents.get(start..).unwrap_or_default();
        let ([tag, first], mut rest) =
            rest.split_first_chunk().ok_or_else(|| self.error(Kind::Truncated, what, start))?;
        if tag & 0x1f == 0x1f {
            return Err(self.error(Kind::Tag, what, start));
        }
        let past_the_end = || self.error(Kind::OutOfBounds, what, at_length);
        let mut length = usize::from(*first);
        if *first == 0x80 {
            return Err(self.error(Kind::Indefinite, what, at_length));
        } else if first & 0x80 != 0 {
            // Four bytes announce four gigabytes; nothing here is as long.
            let count = usize::from(first & 0x7f);
            if count > 4 {
                return Err(past_the_end());
            }
            let (bytes, after) = rest.split_at_checked(count).ok_or_else(past_the_end)?;
            rest = after;
            length = bytes
                .iter()
                .try_fold(0_usize, |sum, byte| sum.checked_mul(256)?.checked_add(usize::from(*byte)))
                .ok_or_else(past_the_end)?;
        }
        let (contents, after) = rest.split_at_checked(length).ok_or_else(past_the_end)?;
        let in_contents = self.contents.len().saturating_sub(rest.len());
        self.next = self.contents.len().saturating_sub(after.len());
        Ok(Element {
            tag: *tag,
            within: Self { next: start, ..*self },
            reader: Self {
                contents,
                next: 0,
                origin: self.origin.saturating_add(in_contents),
                depth: self.depth.saturating_add(1),
            },
        })
    }

    /// The contents of the one element that there is, which has this tag.
    pub(crate) fn only(mut self, tag: u8, what: &'static str) -> Result<Reader<'a>, DecodeError> {
        let reader = self.element(what)?.expect(tag, what)?;
        if self.is_finished() { Ok(reader) } else { Err(self.error(Kind::Trailing, what, self.next)) }
    }

    /// What has not been read yet.
    pub(crate) fn rest(&self) -> Self {
        Self {
            contents: self.contents.get(self.next..).unwrap_or_default(),
            next: 0,
            origin: self.origin.saturating_add(self.next),
            depth: self.depth,
        }
    }

    /// All of the contents.
    pub(crate) const fn bytes(&self) -> &'a [u8] {
        self.contents
    }

    /// What is wrong at the next element.
    pub(crate) const fn error_here(&self, kind: Kind, what: &'static str) -> DecodeError {
        self.error(kind, what, self.next)
    }

    const fn error(&self, kind: Kind, what: &'static str, at: usize) -> DecodeError {
        DecodeError::new(kind, what, at, self.origin)
    }
}

/// A tag and the contents under it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    tag: u8,
    /// The enclosing contents, at this element.
    within: Reader<'a>,
    reader: Reader<'a>,
}

impl<'a> Element<'a> {
    /// The contents of an element that must have this tag.
    pub(crate) fn expect(self, tag: u8, what: &'static str) -> Result<Reader<'a>, DecodeError> {
        if self.tag != tag {
            return Err(self.error(Kind::Tag, what));
        }
        if self.reader.depth > MAX_DEPTH {
            return Err(self.error(Kind::TooDeep, what));
        }
        Ok(self.reader)
    }

    /// The number of a context-specific, constructed tag, which must be greater than that of the `last` field.
    pub(crate) fn field(self, last: Option<u8>, what: &'static str) -> Result<(u8, Reader<'a>), DecodeError> {
        let number = self.tag & 0x1f;
        if self.tag & 0xe0 != 0xa0 || last.is_some_and(|last| number <= last) {
            return Err(self.error(Kind::Order, what));
        }
        Ok((number, self.reader))
    }

    /// What is wrong with this element.
    pub(crate) const fn error(&self, kind: Kind, what: &'static str) -> DecodeError {
        self.within.error_here(kind, what)
    }
}

/// Writes DER from the last byte to the first, so that every length is known when its turn comes.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    reversed: Vec<u8>,
}

impl Writer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { reversed: Vec::with_capacity(bytes) }
    }

    /// Puts `bytes` before all that is written.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.reversed.extend(bytes.iter().rev());
    }

    /// Puts what `contents` writes, under these tags, the outermost first, before all that is written.
    pub(crate) fn under(&mut self, tags: &[u8], contents: impl FnOnce(&mut Self)) {
        let end = self.reversed.len();
        contents(self);
        for tag in tags.iter().rev() {
            self.length(self.reversed.len().saturating_sub(end));
            self.reversed.push(*tag);
        }
    }

    fn length(&mut self, length: usize) {
        match u8::try_from(length) {
            Ok(short @ ..0x80) => self.reversed.push(short),
            _ => {
                let bytes = length.to_be_bytes();
                let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                let bytes = bytes.get(zeros..).unwrap_or_default();
                self.bytes(bytes);
                // A usize has at most 8 bytes.
                self.reversed.push(0x80 | u8::try_from(bytes.len()).unwrap_or_default());
            }
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.reversed.reverse();
        self.reversed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn nested(depth: usize) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.under(&vec![0x30; depth], |_| {});
        writer.finish()
    }

    /// Goes down as far as the reader lets it.
    fn depth(bytes: &[u8]) -> Result<usize, DecodeError> {
        let mut reader = Reader::new(bytes);
        for depth in 0.. {
            if reader.is_finished() {
                return Ok(depth);
            }
            reader = reader.only(0x30, "SEQUENCE")?;
        }
        unreachable!("no end of the bytes")
    }

    #[test]
    fn a61_a_ninth_level_is_refused_and_so_is_the_hundred_thousandth() {
        assert_eq!(depth(&nested(8)), Ok(8));
        for levels in [9, 100_000] {
            let error = depth(&nested(levels)).unwrap_err();
            assert_eq!((error.kind(), error.at()), (Kind::TooDeep, 0), "{levels}");
        }
    }

    #[test]
    fn lengths_of_every_form_are_written_minimally_and_read_back() {
        for (length, header) in [
            (0, vec![4, 0]),
            (127, vec![4, 127]),
            (128, vec![4, 0x81, 128]),
            (255, vec![4, 0x81, 255]),
            (256, vec![4, 0x82, 1, 0]),
            (65_536, vec![4, 0x83, 1, 0, 0]),
        ] {
            let contents = vec![7; length];
            let mut writer = Writer::default();
            writer.under(&[4], |writer| writer.bytes(&contents));
            let bytes = writer.finish();
            assert_eq!(bytes[..header.len()], header, "{length}");
            assert_eq!(Reader::new(&bytes).only(4, "contents").unwrap().bytes(), contents, "{length}");
        }
    }

    #[test]
    fn a61_lengths_that_lead_nowhere_are_refused_at_their_byte() {
        for (bytes, kind, at) in [
            (&[][..], Kind::Truncated, 0),
            (&[4][..], Kind::Truncated, 0),
            (&[0x1f, 1, 0][..], Kind::Tag, 0),
            (&[4, 0x80, 0, 0][..], Kind::Indefinite, 1),
            (&[4, 1][..], Kind::OutOfBounds, 1),
            (&[4, 0x82, 1][..], Kind::OutOfBounds, 1),
            (&[4, 0x84, 0xff, 0xff, 0xff, 0xff, 0][..], Kind::OutOfBounds, 1),
            (&[4, 0x85, 0, 0, 0, 0, 1, 0][..], Kind::OutOfBounds, 1),
            (&[4, 0xff, 0][..], Kind::OutOfBounds, 1),
            (&[4, 1, 7, 0][..], Kind::Trailing, 3),
            (&[5, 0][..], Kind::Tag, 0),
        ] {
            let error = Reader::new(bytes).only(4, "contents").unwrap_err();
            assert_eq!((error.kind(), error.at()), (kind, at), "{bytes:02x?}");
        }
    }
}
