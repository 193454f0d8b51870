//! Secrets: wiped when dropped, silent in `Debug`, compared in constant time only.

use alloc::{string::String, vec::Vec};
use core::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A password, as text. Nothing is trimmed or normalised: `é` in one character or in two are different passwords.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// The password itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(String::from(text)))
    }
}

/// The NT hash of a password, `MD4(UTF16LE(password))` ([MS-NLMP] 3.3.1, NTOWFv1). Whoever has it can log in: it is as
/// secret as the password.
#[derive(Clone)]
pub struct NtHash(Zeroizing<[u8; 16]>);

impl NtHash {
    /// The hash with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The hash itself.
    #[must_use]
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// Whether both hashes are the same, in a time that does not tell where they differ.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

/// NTOWFv2 of a user, a domain and an NT hash ([MS-NLMP] 3.3.2: ResponseKeyNT). Whoever has it can log in as this user of this
/// domain by NTLMv2.
#[derive(Clone)]
pub struct NtOwfV2(Zeroizing<[u8; 16]>);

impl NtOwfV2 {
    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key itself.
    #[must_use]
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A session key (NTLM: `ExportedSessionKey`, 16 bytes).
#[derive(Clone)]
pub struct SessionKey(Key);

/// Keys of NTLM and of all of Kerberos' encryption types need no allocation.
#[derive(Clone)]
enum Key {
    Short(Short, usize),
    Long(Zeroizing<Vec<u8>>),
}

/// A short key, with zeros behind it. As a slice it is wiped by the word, as an array by the byte.
#[derive(Clone)]
struct Short([u8; SHORT]);

impl Drop for Short {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

/// The longest key of Kerberos' encryption types, in bytes.
const SHORT: usize = 32;

impl SessionKey {
    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut short = Short([0; SHORT]);
        match short.0.get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                Self(Key::Short(short, bytes.len()))
            }
            None => Self(Key::Long(Zeroizing::new(bytes.to_vec()))),
        }
    }

    /// The key itself.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        match &self.0 {
            Key::Short(bytes, length) => bytes.0.get(..*length).unwrap_or_default(),
            Key::Long(bytes) => bytes,
        }
    }

    /// Whether both keys are the same, in a time that does not tell where they differ.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

macro_rules! silent_debug {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}

silent_debug!(Password, NtHash, NtOwfV2, SessionKey);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Credentials, Principal};
    use alloc::format;

    #[test]
    fn a83_debug_of_a_secret_shows_no_secret() {
        let hash = NtHash::from_bytes([0xab; 16]);
        let named = Credentials::NtHash(Principal::parse("CORP\\alice"), hash.clone());
        let password = Credentials::password("CORP\\alice", "marker-s3cret");
        for shown in [
            format!("{:?}", Password::from("marker-s3cret")),
            format!("{password:?}"),
            format!("{password:#?}"),
            format!("{hash:?}"),
            format!("{named:#?}"),
            format!("{:?}", Credentials::NtOwfV2(Principal::default(), NtOwfV2::from_bytes([0xab; 16]))),
            format!("{:?}", SessionKey::from_bytes(&[0xab; 16])),
        ] {
            assert!(
                !shown.contains("marker") && !shown.contains("ab, ab") && !shown.contains("171"),
                "{shown}"
            );
            assert!(shown.contains("(..)"), "{shown}");
        }
    }

    #[test]
    fn equality_is_by_every_byte() {
        let one = NtHash::from_bytes([1; 16]);
        let mut other = [1; 16];
        other[15] = 2;
        assert!(one.ct_eq(&NtHash::from_bytes([1; 16])));
        assert!(!one.ct_eq(&NtHash::from_bytes(other)));
        assert!(SessionKey::from_bytes(&[1, 2]).ct_eq(&SessionKey::from_bytes(&[1, 2])));
        assert!(!SessionKey::from_bytes(&[1, 2]).ct_eq(&SessionKey::from_bytes(&[1, 2, 3])));
        assert!(!SessionKey::from_bytes(&[1, 2]).ct_eq(&SessionKey::from_bytes(&[1, 2, 0])));
    }

    #[test]
    fn a_session_key_has_the_bytes_that_it_was_given_however_many() {
        for length in [0, 5, 16, 31, 32, 33, 64] {
            let bytes = [7; 64];
            assert_eq!(SessionKey::from_bytes(&bytes[..length]).expose(), &bytes[..length]);
        }
    }
}
