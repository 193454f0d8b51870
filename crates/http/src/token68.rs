//! Tokens as text: base64 in the place of RFC 9110's `token68` (11.2).

use crate::limits::MAX_TOKEN;
use alloc::{string::String, vec::Vec};
use base64::{
    DecodeError, Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use core::fmt;

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// It is longer than [`MAX_TOKEN`] characters.
    TooLong {
        /// Its length, in characters.
        length: usize,
    },
    /// It is not base64: the character `byte`, `at` characters into it, does not belong there.
    InvalidByte {
        /// The offset of the character in the token.
        at: usize,
        /// The character.
        byte: u8,
    },
    /// It is not base64: no number of bytes has so many (`length`) characters.
    InvalidLength {
        /// Its length, in characters, without padding.
        length: usize,
    },
    /// It stands in a parameter, where this scheme has none.
    InParameter,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length } => {
                write!(f, "the token has {length} characters, more than the limit of {MAX_TOKEN}")
            }
            Self::InvalidByte { at, byte } => {
                write!(
                    f,
                    "the token is not base64: `{}` at character {at}",
                    core::slice::from_ref(byte).escape_ascii()
                )
            }
            Self::InvalidLength { length } => {
                write!(f, "the token is not base64: {length} characters are no whole number of bytes")
            }
            Self::InParameter => {
                f.write_str("the token stands in a parameter, which this scheme does not have")
            }
        }
    }
}

impl core::error::Error for TokenError {}

/// The token as base64, padded (RFC 4648 section 4).
pub(crate) fn encode(token: &[u8]) -> String {
    STANDARD.encode(token)
}

/// The token in `text`: base64 with its padding, without it, or with too much of it, as some peers write it.
///
/// # Errors
/// [`TokenError`] for anything else, and for a text of more than [`MAX_TOKEN`] characters.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, TokenError> {
    if text.len() > MAX_TOKEN {
        return Err(TokenError::TooLong { length: text.len() });
    }
    let unpadded = text.trim_end_matches('=');
    STANDARD_NO_PAD.decode(unpadded).map_err(|error| match error {
        DecodeError::InvalidByte(at, byte)
        | DecodeError::InvalidLastSymbol { offset: at, symbol: byte, .. } => {
            TokenError::InvalidByte { at, byte }
        }
        DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => {
            TokenError::InvalidLength { length: unpadded.len() }
        }
    })
}
