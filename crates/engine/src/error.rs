//! Why a step failed, and so whose fault it is.

use core::fmt;
use gatepass_backend::ErrorKind;
use gatepass_wire::{DecodeError, TooLong};

/// Why a handshake or a protected message came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The peer's bytes are not the message that was due.
    Malformed(DecodeError),
    /// The peer's message is sound, but nothing that this side can speak.
    Incompatible(Incompatible),
    /// The peer does not offer what this side requires.
    Policy(Requirement),
    /// The peer is refused. There is no detail: unknown user, wrong password, bad MIC and a response below the policy
    /// look alike. The reason is a `tracing` event.
    Denied,
    /// The peer proved who it is, but over another channel, or without naming a channel where one is required.
    BadBindings,
    /// The peer proved who it is, but means another service than this one, or none where one is required.
    WrongTarget,
    /// The peer proved who it is, but with a response that is older or younger than the policy allows.
    TimeSkew,
    /// The credentials are of a kind that NTLM cannot use.
    NoCredentials,
    /// A name of this side does not fit into the message.
    TooLong(TooLong),
    /// The source of randomness failed; nothing was sent in its place.
    NoRandomness,
    /// The signature does not fit the message, its place in the sequence, or the key.
    Altered,
    /// The sequence numbers are used up, or an earlier error ended the session.
    OutOfSequence,
    /// This protection of messages was not agreed.
    Unsupported,
}

/// What keeps two sound peers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Incompatible {
    /// Neither Unicode nor OEM is common to both sides.
    Charset,
    /// A name is no text (a lone surrogate, OEM bytes of an unknown code page), or it must be sent in OEM and is not
    /// in the code page.
    Name,
    /// The server takes this for a login within one machine (NEGOTIATE_LOCAL_CALL), which has no response to verify.
    LocalCall,
}

/// What one side can require of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Requirement {
    /// Signed messages (NEGOTIATE_SIGN).
    Integrity,
    /// Encrypted messages (NEGOTIATE_SEAL).
    Confidentiality,
    /// Keys of 128 bits (NEGOTIATE_128).
    Strength128,
    /// Keys of their own for each direction and purpose (NEGOTIATE_EXTENDED_SESSIONSECURITY).
    ExtendedSessionSecurity,
    /// Datagrams, with the exchanged key that they need (NEGOTIATE_DATAGRAM, NEGOTIATE_KEY_EXCH).
    Connectionless,
    /// A response that the policy permits: the one that the server's CHALLENGE or the caller asks for is weaker.
    Dialect,
    /// A proof of the server, delegation, datagrams over a connection, or a record of datagrams: NTLM has none of them.
    Attributes,
}

impl Error {
    /// What SSPI would call it.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Malformed(_) | Self::Incompatible(_) => ErrorKind::InvalidToken,
            Self::Policy(Requirement::Attributes) | Self::Unsupported | Self::TooLong(_) => {
                ErrorKind::Unsupported
            }
            Self::Policy(_) => ErrorKind::Policy,
            Self::Denied => ErrorKind::LogonDenied,
            Self::BadBindings => ErrorKind::BadBindings,
            Self::WrongTarget => ErrorKind::TargetUnknown,
            Self::TimeSkew => ErrorKind::TimeSkew,
            Self::NoCredentials => ErrorKind::NoCredentials,
            Self::NoRandomness => ErrorKind::Internal,
            Self::Altered => ErrorKind::MessageAltered,
            Self::OutOfSequence => ErrorKind::OutOfSequence,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed(error) => return write!(f, "malformed message: {error}"),
            Self::TooLong(error) => return write!(f, "too long for a message: {error}"),
            Self::Incompatible(what) => return write!(f, "nothing in common with the peer: {what}"),
            Self::Policy(Requirement::Attributes) => {
                "NTLM has neither mutual authentication nor delegation, no datagrams over a connection and no record of them"
            }
            Self::Policy(what) => return write!(f, "the peer does not offer {what}"),
            Self::Denied => "the logon was denied",
            Self::BadBindings => "the channel bindings do not match",
            Self::WrongTarget => "the client means another service",
            Self::TimeSkew => "the response is too old or too young",
            Self::NoCredentials => "NTLM cannot use these credentials",
            Self::NoRandomness => "the source of randomness failed",
            Self::Altered => "the message or its signature was altered",
            Self::OutOfSequence => "the message is out of sequence",
            Self::Unsupported => "this protection of messages was not agreed",
        })
    }
}

impl fmt::Display for Incompatible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Charset => "neither Unicode nor OEM",
            Self::Name => "a name that cannot be read or written in the agreed encoding",
            Self::LocalCall => "a login within one machine",
        })
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Integrity => "signed messages (SIGN)",
            Self::Confidentiality => "encrypted messages (SEAL)",
            Self::Strength128 => "keys of 128 bits",
            Self::ExtendedSessionSecurity => "extended session security",
            Self::Connectionless => "datagrams",
            Self::Dialect => "a response as strong as the policy wants it",
            Self::Attributes => {
                "mutual authentication, delegation, datagrams over a connection or a record of them"
            }
        })
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            Self::TooLong(error) => Some(error),
            _ => None,
        }
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

impl From<TooLong> for Error {
    fn from(error: TooLong) -> Self {
        Self::TooLong(error)
    }
}

/// The kind, with this error as its source; a refusal has none.
impl From<Error> for gatepass_backend::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied => Self::new(ErrorKind::LogonDenied),
            error => Self::with_source(error.kind(), error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use core::error::Error as _;
    use gatepass_wire::{Challenge, Message};

    #[test]
    fn a_refusal_says_nothing_more_and_a_malformed_message_says_where() {
        let denied = gatepass_backend::Error::from(Error::Denied);
        assert_eq!(denied.kind(), ErrorKind::LogonDenied);
        assert!(denied.source().is_none());

        let malformed = Error::from(Challenge::decode(b"NTLMSSP\0\x03\0\0\0").unwrap_err());
        let text = malformed.to_string();
        assert!(text.contains("MessageType at byte 8"), "{text}");
        let outer = gatepass_backend::Error::from(malformed);
        assert_eq!(outer.security_status(), 0x8009_0308);
        assert_eq!(outer.source().unwrap().to_string(), text);
    }
}
