//! What can be wrong with bytes ([`DecodeError`]) and with values too big for them ([`TooLong`]).

use core::error::Error;
use core::fmt;

/// Why bytes are not the message they were taken for: the kind, the field and the byte.
///
/// Field names are those of MS-NLMP section 2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    what: &'static str,
    at: usize,
    origin: Origin,
}

impl DecodeError {
    pub(crate) const fn new(kind: DecodeErrorKind, what: &'static str, at: usize) -> Self {
        Self { kind, what, at, origin: Origin::Message }
    }

    pub(crate) const fn within(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// What sort of defect it is.
    #[must_use]
    pub const fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// The document's name of the offending field.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// The offset, in bytes from [`origin`](Self::origin), of the offending field, or the length of the
    /// bytes where they end too early.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    /// What [`at`](Self::at) counts from.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, what, at, origin } = self;
        write!(f, "{what} at byte {at} of {origin}: {kind}")
    }
}

impl Error for DecodeError {}

/// The bytes in which [`DecodeError::at`] counts.
///
/// A list of AV pairs and an NTLMv2 client challenge are decoded on their own, wherever they stand in a
/// message; so their errors count from their own first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// The whole message (or signature).
    Message,
    /// The list of AV pairs: TargetInfo of a CHALLENGE, or AvPairs of an NTLMv2 response.
    AvPairs,
    /// The NTLMv2_CLIENT_CHALLENGE, which begins 16 bytes into the NtChallengeResponse.
    ClientChallenge,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Message => "the message",
            Self::AvPairs => "the AV pairs",
            Self::ClientChallenge => "the NTLMv2 client challenge",
        })
    }
}

/// The sorts of defect that a [`DecodeError`] tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes end before the field does.
    Truncated,
    /// The message does not begin with `NTLMSSP\0`.
    Signature,
    /// The MessageType is not the one asked for, or none of the three.
    MessageType,
    /// A payload's offset and length lead past the end of the message.
    OutOfBounds,
    /// A payload that is not empty begins inside the message's fixed header.
    InsideHeader,
    /// UTF-16 text of an odd number of bytes.
    OddLength,
    /// A field of a fixed size has another size.
    Size,
    /// A field has a value that the document excludes.
    Value,
    /// The list of AV pairs ends without MsvAvEOL.
    Unterminated,
    /// A field that must be there, given the rest of the message, is not.
    Missing,
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the bytes end too early",
            Self::Signature => "not an NTLM message",
            Self::MessageType => "another type of message",
            Self::OutOfBounds => "the payload lies past the end",
            Self::InsideHeader => "the payload lies inside the header",
            Self::OddLength => "UTF-16 text of an odd number of bytes",
            Self::Size => "wrong size",
            Self::Value => "value not allowed",
            Self::Unterminated => "the list has no end mark",
            Self::Missing => "missing",
        })
    }
}

/// A value does not fit the length field that would announce it. Nothing is ever cut to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    what: &'static str,
    length: usize,
}

impl TooLong {
    /// The most bytes that a payload or AV pair can have: its length field is 16 bits wide.
    pub const MAXIMUM: usize = 0xFFFF;

    pub(crate) const fn new(what: &'static str, length: usize) -> Self {
        Self { what, length }
    }

    /// The document's name of the field.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// The length of the value in bytes.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length
    }

    /// The most bytes that the field can have.
    #[must_use]
    pub const fn maximum(&self) -> usize {
        Self::MAXIMUM
    }
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has {} bytes and can have {}", self.what, self.length, Self::MAXIMUM)
    }
}

impl Error for TooLong {}
