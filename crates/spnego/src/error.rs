//! What can be wrong with the bytes of a token.

use core::error::Error;
use core::fmt;

/// Why bytes are not a SPNEGO token: the kind of defect, the field and the byte.
///
/// Field names are those of RFC 4178 section 4.2 and [MS-SPNG] 2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    what: &'static str,
    at: usize,
    origin: usize,
}

impl DecodeError {
    pub(crate) const fn new(kind: DecodeErrorKind, what: &'static str, at: usize, origin: usize) -> Self {
        Self { kind, what, at, origin }
    }

    /// What sort of defect it is.
    #[must_use]
    pub const fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// The name of the offending field, or of what it stands in.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// The offending byte, counted from [`origin`](Self::origin).
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    /// Where in the token the contents begin of the innermost element that holds the offending byte: 0 when that is the
    /// token itself.
    #[must_use]
    pub const fn origin(&self) -> usize {
        self.origin
    }

    /// The offending byte, counted from the first byte of the token.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.origin.saturating_add(self.at)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {} of the token: {}", self.what, self.offset(), self.kind)
    }
}

impl Error for DecodeError {}

/// The sorts of defect that a [`DecodeError`] tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes end before the tag and the length of an element do.
    Truncated,
    /// The length leads past the end of the enclosing element, or of the token.
    OutOfBounds,
    /// A length of the indefinite form, which DER does not have.
    Indefinite,
    /// The tag is not the one that belongs here.
    Tag,
    /// A field that stands twice, after one that comes later, or that the sequence does not have.
    Order,
    /// Bytes after the end of an element that should have been the last.
    Trailing,
    /// The contents have a value that is not allowed.
    Value,
    /// A field that must be there is not.
    Missing,
    /// More bytes than [`MAX_TOKEN`](crate::MAX_TOKEN), or than [`MAX_OID`](crate::MAX_OID) in an object identifier.
    TooLong,
    /// Elements nested deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    TooDeep,
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the bytes end too early",
            Self::OutOfBounds => "the length leads past the end",
            Self::Indefinite => "indefinite length",
            Self::Tag => "another tag was expected",
            Self::Order => "the field is unknown, repeated or out of order",
            Self::Trailing => "bytes after the end",
            Self::Value => "value not allowed",
            Self::Missing => "missing",
            Self::TooLong => "too long",
            Self::TooDeep => "nested too deeply",
        })
    }
}
