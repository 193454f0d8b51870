//! The names of mechanisms: object identifiers (RFC 4178 4.1, [MS-SPNG] 3.1.5).

use crate::der::Reader;
use crate::{DecodeError, DecodeErrorKind as Kind};
use core::fmt;

/// The most bytes that an object identifier may have. Those of mechanisms have 6 to 11.
pub const MAX_OID: usize = 64;

/// An object identifier, as the contents of its DER form.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Oid<'a>(&'a [u8]);

impl Oid<'static> {
    /// SPNEGO itself, 1.3.6.1.5.5.2: no mechanism to be negotiated.
    pub const SPNEGO: Self = Self(&[0x2b, 6, 1, 5, 5, 2]);
    /// NTLM, 1.3.6.1.4.1.311.2.2.10.
    pub const NTLMSSP: Self = Self(&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10]);
    /// Kerberos, 1.2.840.113554.1.2.2.
    pub const KERBEROS: Self = Self(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2]);
    /// Kerberos as Windows 2000 named it, 1.2.840.48018.1.2.2: the same mechanism, a bit short of the right number.
    pub const MS_KERBEROS: Self = Self(&[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2]);
    /// User-to-user Kerberos, 1.2.840.113554.1.2.2.3.
    pub const KERBEROS_USER_TO_USER: Self = Self(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, 3]);
    /// NegoEx, 1.3.6.1.4.1.311.2.2.30: a negotiation of its own. Read and passed over.
    pub const NEGOEX: Self = Self(&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 30]);
}

impl<'a> Oid<'a> {
    /// The identifier whose DER contents (without tag and length) these are.
    ///
    /// # Errors
    /// [`Kind::Value`] when `contents` are empty or end within a number, or when a number begins with a zero that
    /// could be left out; [`Kind::TooLong`] past [`MAX_OID`] bytes.
    pub fn from_contents(contents: &'a [u8]) -> Result<Self, DecodeError> {
        Self::decode(Reader::new(contents), "OBJECT IDENTIFIER")
    }

    pub(crate) fn decode(contents: Reader<'a>, what: &'static str) -> Result<Self, DecodeError> {
        let bytes = contents.bytes();
        if bytes.len() > MAX_OID {
            return Err(contents.error_here(Kind::TooLong, what));
        }
        let mut begins = true;
        for byte in bytes {
            if begins && *byte == 0x80 {
                return Err(contents.error_here(Kind::Value, what));
            }
            begins = byte & 0x80 == 0;
        }
        if bytes.is_empty() || !begins {
            return Err(contents.error_here(Kind::Value, what));
        }
        Ok(Self(bytes))
    }

    /// The contents of the DER form, without tag and length.
    #[must_use]
    pub const fn contents(self) -> &'a [u8] {
        self.0
    }
}

/// The dotted form; a number too big for 64 bits is shown as `?`.
impl fmt::Display for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut number = Some(0_u64);
        let mut first = true;
        for byte in self.0 {
            let digit = u64::from(byte & 0x7f);
            number = number.and_then(|number| number.checked_mul(128)?.checked_add(digit));
            if byte & 0x80 != 0 {
                continue;
            }
            match (number, first) {
                // The first number holds two: 40 times the first, which is at most 2, and the second.
                (Some(both), true) => {
                    let root = (both / 40).min(2);
                    write!(f, "{root}.{}", both.saturating_sub(root.saturating_mul(40)))?;
                }
                (Some(number), false) => write!(f, ".{number}")?,
                (None, true) => f.write_str("2.?")?,
                (None, false) => f.write_str(".?")?,
            }
            first = false;
            number = Some(0);
        }
        Ok(())
    }
}

impl fmt::Debug for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn the_known_mechanisms_have_the_numbers_of_their_documents() {
        for (oid, dotted) in [
            (Oid::SPNEGO, "1.3.6.1.5.5.2"),
            (Oid::NTLMSSP, "1.3.6.1.4.1.311.2.2.10"),
            (Oid::KERBEROS, "1.2.840.113554.1.2.2"),
            (Oid::MS_KERBEROS, "1.2.840.48018.1.2.2"),
            (Oid::KERBEROS_USER_TO_USER, "1.2.840.113554.1.2.2.3"),
            (Oid::NEGOEX, "1.3.6.1.4.1.311.2.2.30"),
        ] {
            assert_eq!(oid.to_string(), dotted);
            assert_eq!(Oid::from_contents(oid.contents()), Ok(oid));
        }
    }

    #[test]
    fn a61_identifiers_that_are_none_are_refused() {
        for (contents, kind) in [
            (&[][..], Kind::Value),
            (&[0x2b, 0x86][..], Kind::Value),
            (&[0x2b, 0x80, 1][..], Kind::Value),
            (&[1; MAX_OID + 1][..], Kind::TooLong),
            (&[0xff; 60_000][..], Kind::TooLong),
        ] {
            assert_eq!(Oid::from_contents(contents).unwrap_err().kind(), kind);
        }
        assert!(Oid::from_contents(&[1; MAX_OID]).is_ok());
    }

    #[test]
    fn numbers_of_any_size_are_shown() {
        assert_eq!(Oid::from_contents(&[0x88, 0x37, 3]).unwrap().to_string(), "2.999.3");
        assert_eq!(Oid::from_contents(&[0]).unwrap().to_string(), "0.0");
        let mut huge = [0xff; 20];
        huge[19] = 0x7f;
        assert_eq!(Oid::from_contents(&huge).unwrap().to_string(), "2.?");
        huge[0] = 1;
        assert_eq!(Oid::from_contents(&huge).unwrap().to_string(), "0.1.?");
    }
}
