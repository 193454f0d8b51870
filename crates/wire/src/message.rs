//! What the three messages have in common (MS-NLMP 2.2.1).
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 8 | Signature, `NTLMSSP\0` |
//! | 8 | 4 | MessageType |

use alloc::vec::Vec;
use core::fmt;

use crate::reader::Reader;
use crate::{DecodeError, DecodeErrorKind, TooLong};

/// The first eight bytes of every message.
pub const SIGNATURE: [u8; 8] = *b"NTLMSSP\0";

/// One of the three messages of the handshake.
pub trait Message<'a>: Sized {
    /// The MessageType that these messages carry.
    const TYPE: MessageType;

    /// Reads a message. The result borrows from `bytes`; nothing is copied and nothing is allocated.
    ///
    /// Offsets, lengths and the text's encoding are checked here; what a receiver must check beyond that
    /// has methods of its own ([`Negotiate::charset`](crate::Negotiate::charset),
    /// [`Challenge::check`](crate::Challenge::check), [`Authenticate::check`](crate::Authenticate::check)).
    ///
    /// # Errors
    /// [`DecodeError`] says which field, at which byte, and why.
    fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError>;

    /// Writes the message: the header, then the payloads in the order of their fields, without gaps.
    ///
    /// # Errors
    /// [`TooLong`] if a payload has more bytes than its length field can say. Nothing is ever truncated.
    fn encode(&self) -> Result<Vec<u8>, TooLong>;
}

/// MessageType (MS-NLMP 2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum MessageType {
    /// NEGOTIATE_MESSAGE, "Type 1".
    Negotiate = 1,
    /// CHALLENGE_MESSAGE, "Type 2".
    Challenge = 2,
    /// AUTHENTICATE_MESSAGE, "Type 3".
    Authenticate = 3,
}

impl MessageType {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Negotiate => 1,
            Self::Challenge => 2,
            Self::Authenticate => 3,
        }
    }

    /// The type of the message that `bytes` begin with.
    ///
    /// # Errors
    /// `Truncated` below 12 bytes, `Signature`, or `MessageType` if it is none of the three.
    pub fn peek(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let signature: [u8; 8] = *reader.take("Signature")?;
        let number = reader.u32("MessageType")?;
        if signature != SIGNATURE {
            return Err(DecodeError::new(DecodeErrorKind::Signature, "Signature", 0));
        }
        match number {
            1 => Ok(Self::Negotiate),
            2 => Ok(Self::Challenge),
            3 => Ok(Self::Authenticate),
            _ => Err(DecodeError::new(DecodeErrorKind::MessageType, "MessageType", 8)),
        }
    }

    /// # Errors
    /// As [`peek`](Self::peek), and `MessageType` if it is another than `self`.
    pub(crate) fn expect(self, bytes: &[u8]) -> Result<(), DecodeError> {
        if Self::peek(bytes)? == self {
            Ok(())
        } else {
            Err(DecodeError::new(DecodeErrorKind::MessageType, "MessageType", 8))
        }
    }
}

impl fmt::Display for MessageType {
    /// The document's name of the message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Negotiate => "NEGOTIATE",
            Self::Challenge => "CHALLENGE",
            Self::Authenticate => "AUTHENTICATE",
        })
    }
}
