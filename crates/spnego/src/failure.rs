//! How a negotiation fails, beside malformed tokens and the mechanism's own errors.

use alloc::vec::Vec;
use core::fmt;
use gatepass_backend::{Error, ErrorKind};

/// Why a negotiation failed: the [`source`](core::error::Error::source) of a backend [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// The peer answered `reject` ([`ErrorKind::LogonDenied`]).
    Rejected,
    /// The client offers no mechanism that this server has ([`ErrorKind::Unsupported`]).
    NoCommonMechanism,
    /// A token, or the named part of it, that has no place here, or misses where it has one
    /// ([`ErrorKind::InvalidToken`]).
    OutOfTurn(&'static str),
    /// The client's first choice was not taken, and the mechanism that was cannot protect the list of choices
    /// ([`ErrorKind::Policy`]).
    Unprotected,
    /// The peer's checksum of the list is missing where it must be: somebody may have changed the list
    /// ([`ErrorKind::MessageAltered`]).
    NoMechListMic,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let kind = match failure {
            Failure::Rejected => ErrorKind::LogonDenied,
            Failure::NoCommonMechanism => ErrorKind::Unsupported,
            Failure::OutOfTurn(_) => ErrorKind::InvalidToken,
            Failure::Unprotected => ErrorKind::Policy,
            Failure::NoMechListMic => ErrorKind::MessageAltered,
        };
        Self::with_source(kind, failure)
    }
}

impl From<crate::DecodeError> for Error {
    fn from(error: crate::DecodeError) -> Self {
        Self::with_source(ErrorKind::InvalidToken, error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected => f.write_str("the peer rejected the negotiation"),
            Self::NoCommonMechanism => f.write_str("the client offers no mechanism that is known here"),
            Self::OutOfTurn(what) => write!(f, "{what} out of turn"),
            Self::Unprotected => {
                f.write_str("the mechanism cannot protect the list from which it was chosen")
            }
            Self::NoMechListMic => f.write_str("the peer's mechListMIC is missing"),
        }
    }
}

impl core::error::Error for Failure {}

/// No mechanism could begin, each for a cause of its own.
#[derive(Debug)]
struct NoneBegan(Vec<Error>);

/// The error of a client none of whose mechanisms could begin: the kind of the first, and what each of them says.
pub(crate) fn none_began(mut errors: Vec<Error>) -> Error {
    match (errors.pop(), errors.first().map(Error::kind)) {
        (Some(last), Some(first)) => {
            errors.push(last);
            Error::with_source(first, NoneBegan(errors))
        }
        (Some(only), None) => only,
        (None, _) => ErrorKind::Unsupported.into(),
    }
}

/// What lies at the bottom of each error.
impl fmt::Display for NoneBegan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.0.iter().enumerate() {
            let mut bottom: &dyn core::error::Error = error;
            while let Some(source) = bottom.source() {
                bottom = source;
            }
            write!(f, "{}{bottom}", if number == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl core::error::Error for NoneBegan {}
