//! What went wrong, in SSPI's terms.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

/// Why a handshake or a message function failed.
///
/// The kind says what SSPI would say; the source, where there is one, says what and where. A refusal
/// ([`ErrorKind::LogonDenied`]) has no detail on purpose.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    source: Option<Box<dyn core::error::Error + Send + Sync>>,
    token: Option<Vec<u8>>,
}

/// The kinds of failure, each with its `SECURITY_STATUS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The peer's token is malformed, or belongs to another leg.
    InvalidToken,
    /// The peer is refused. Unknown user, wrong password and forged message look alike.
    LogonDenied,
    /// There are no credentials that this backend could use.
    NoCredentials,
    /// Nothing is known of the target name.
    TargetUnknown,
    /// The channel bindings of both sides differ, or are required and absent.
    BadBindings,
    /// A message or its signature was changed.
    MessageAltered,
    /// A message came out of turn, the sequence numbers are used up, or the context is dead.
    OutOfSequence,
    /// The function or the demanded protection does not exist here.
    Unsupported,
    /// Both sides cannot agree on what the policy of this side demands.
    Policy,
    /// The clocks of both sides are too far apart.
    TimeSkew,
    /// Nobody who could verify the peer can be reached.
    NoAuthority,
    /// The platform failed: no randomness, no memory, an unexpected answer of a system library.
    Internal,
}

impl ErrorKind {
    /// The `SECURITY_STATUS` that SSPI returns for this kind.
    #[must_use]
    pub const fn security_status(self) -> u32 {
        match self {
            Self::InvalidToken => 0x8009_0308,   // SEC_E_INVALID_TOKEN
            Self::LogonDenied => 0x8009_030c,    // SEC_E_LOGON_DENIED
            Self::NoCredentials => 0x8009_030e,  // SEC_E_NO_CREDENTIALS
            Self::TargetUnknown => 0x8009_0303,  // SEC_E_TARGET_UNKNOWN
            Self::BadBindings => 0x8009_0346,    // SEC_E_BAD_BINDINGS
            Self::MessageAltered => 0x8009_030f, // SEC_E_MESSAGE_ALTERED
            Self::OutOfSequence => 0x8009_0310,  // SEC_E_OUT_OF_SEQUENCE
            Self::Unsupported => 0x8009_0302,    // SEC_E_UNSUPPORTED_FUNCTION
            Self::Policy => 0x8009_0332,         // SEC_E_SECURITY_QOS_FAILED
            Self::TimeSkew => 0x8009_0324,       // SEC_E_TIME_SKEW
            Self::NoAuthority => 0x8009_0311,    // SEC_E_NO_AUTHENTICATING_AUTHORITY
            Self::Internal => 0x8009_0304,       // SEC_E_INTERNAL_ERROR
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::InvalidToken => "the peer's token is not valid here",
            Self::LogonDenied => "the logon was denied",
            Self::NoCredentials => "there are no credentials to log in with",
            Self::TargetUnknown => "the target name is not known",
            Self::BadBindings => "the channel bindings do not match",
            Self::MessageAltered => "the message or its signature was altered",
            Self::OutOfSequence => "the message is out of sequence",
            Self::Unsupported => "this is not supported",
            Self::Policy => "the peer does not offer what the policy demands",
            Self::TimeSkew => "the clocks are too far apart",
            Self::NoAuthority => "no authority could be reached",
            Self::Internal => "the platform failed",
        }
    }
}

impl Error {
    /// An error of this kind with nothing more to say.
    #[must_use]
    pub const fn new(kind: ErrorKind) -> Self {
        Self { kind, source: None, token: None }
    }

    /// An error of this kind, caused by `source`.
    #[must_use]
    pub fn with_source(
        kind: ErrorKind,
        source: impl Into<Box<dyn core::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, source: Some(source.into()), token: None }
    }

    /// With a token that tells the peer that this side has given up, as SPNEGO's `reject` does
    /// (`ASC_RET_EXTENDED_ERROR`: a failed `AcceptSecurityContext` that still fills the output buffer).
    #[must_use]
    pub fn with_token(mut self, token: Vec<u8>) -> Self {
        self.token = Some(token);
        self
    }

    /// What the peer may still be sent, where the mechanism has a word for a failure. The handshake is over all the same.
    #[must_use]
    pub fn token(&self) -> Option<&[u8]> {
        self.token.as_deref()
    }

    /// What kind of failure this is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The `SECURITY_STATUS` of the kind.
    #[must_use]
    pub const fn security_status(&self) -> u32 {
        self.kind.security_status()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

/// The kind in words; the cause is in [`source`](core::error::Error::source).
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.text())
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        let source: &(dyn core::error::Error + 'static) = self.source.as_deref()?;
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use core::error::Error as _;

    #[test]
    fn an_error_keeps_its_kind_its_status_and_its_cause() {
        let error = Error::with_source(ErrorKind::InvalidToken, "TargetInfo at byte 40 is too long");
        assert_eq!(error.kind(), ErrorKind::InvalidToken);
        assert_eq!(error.security_status(), 0x8009_0308);
        assert_eq!(error.to_string(), "the peer's token is not valid here");
        assert_eq!(error.source().unwrap().to_string(), "TargetInfo at byte 40 is too long");
        assert!(Error::from(ErrorKind::LogonDenied).source().is_none());
        assert_eq!(error.token(), None);
        assert_eq!(error.with_token([0xa1, 0].into()).token(), Some(&[0xa1, 0][..]));
    }
}
