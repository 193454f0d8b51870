//! The part of BER that LDAP uses (RFC 4511 section 5.1): tags of one byte, definite lengths in whatever form.

/// Reads elements one after the other. Nothing that is cut short or malformed is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next element, whatever it is: its tag and its contents.
    pub(crate) fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (length, header) = length(rest).ok()??;
        let contents = rest.get(header..)?;
        let (contents, rest) = contents.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, contents))
    }

    /// The contents of the next element, if it has this tag; otherwise it stays.
    pub(crate) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut after = *self;
        let (found, contents) = after.any()?;
        if found != tag {
            return None;
        }
        *self = after;
        Some(contents)
    }

    /// The next element as another reader.
    pub(crate) fn within(&mut self, tag: u8) -> Option<Self> {
        self.take(tag).map(Self)
    }

    /// The next element as a number of at most four bytes that is not negative.
    pub(crate) fn number(&mut self, tag: u8) -> Option<u32> {
        match self.take(tag)? {
            bytes @ ([0..=0x7f] | [0..=0x7f, _] | [0..=0x7f, _, _] | [0..=0x7f, _, _, _]) => {
                Some(bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
            }
            _ => None,
        }
    }

    pub(crate) fn is_finished(self) -> bool {
        self.0.is_empty()
    }
}

/// How long the element at the start of `bytes` is, tag and length included; `None` while that cannot be told.
///
/// # Errors
/// A word on a length that LDAP does not have.
pub(crate) fn whole(bytes: &[u8]) -> Result<Option<usize>, &'static str> {
    let Some((_, rest)) = bytes.split_first() else { return Ok(None) };
    Ok(length(rest)?.and_then(|(length, header)| length.checked_add(1 + header)))
}

/// The length that stands at the start of `bytes`, and in how many bytes.
fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, &'static str> {
    let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
    let count = usize::from(first & 0x7f);
    match (first, count) {
        (..=0x7f, short) => Ok(Some((short, 1))),
        (_, 1..=4) => Ok(rest.get(..count).map(|digits| {
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), 1 + count)
        })),
        _ => Err("the server's message has no length that LDAP allows: is this a server of LDAP?"),
    }
}

/// An element.
pub(crate) fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    let length = contents.len().to_be_bytes();
    let digits = length.iter().skip_while(|digit| **digit == 0);
    match contents.len() {
        short @ 0..=0x7f => element.push(short as u8),
        _ => element.push(0x80 | digits.clone().count() as u8),
    }
    if contents.len() > 0x7f {
        element.extend(digits);
    }
    element.extend(contents);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_at_any_length() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let contents = vec![7; length];
            let written = element(4, &contents);
            assert_eq!(Reader::new(&written).take(4), Some(&contents[..]));
            assert_eq!(whole(&written), Ok(Some(written.len())));
            assert_eq!(Reader::new(&written[..written.len() - 1]).any(), None);
        }
    }

    #[test]
    fn lengths_of_more_bytes_than_needed_are_read_and_indefinite_ones_are_not() {
        // Microsoft's servers write four.
        let mut reader = Reader::new(&[0x30, 0x84, 0, 0, 0, 3, 2, 1, 5]);
        assert_eq!(reader.within(0x30).unwrap().number(2), Some(5));
        assert!(reader.is_finished());
        assert_eq!(whole(&[0x30, 0x84, 0, 0]), Ok(None));
        assert!(whole(&[0x30, 0x80]).is_err());
        assert!(whole(&[0x30, 0x85, 0, 0, 0, 0, 1, 0]).is_err());
        assert_eq!(Reader::new(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).any(), None);
    }
}
