//! What can go wrong in the dance.

use crate::{
    GrammarError, Scheme, Side, TokenError,
    limits::{MAX_CONNECTIONS, MAX_LEGS},
};
use core::fmt;

/// Why the dance cannot go on. An error ends its [`ClientAuth`](crate::ClientAuth): whoever sees one gives the connection
/// up. (Being refused is no error but an outcome: [`Next::Denied`](crate::Next::Denied).)
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A field that names challenges or credentials cannot be read.
    Grammar {
        /// The field.
        field: &'static str,
        /// Where in it, and why.
        error: GrammarError,
    },
    /// The token in a field cannot be read.
    Token {
        /// The field.
        field: &'static str,
        /// The line of that field, counted from 0.
        line: usize,
        /// Why.
        error: TokenError,
    },
    /// One message carries two different tokens of one scheme.
    TwoTokens {
        /// The field.
        field: &'static str,
        /// The scheme.
        scheme: Scheme,
    },
    /// A credentials field names no credentials, or more than one.
    NotOneCredential {
        /// The field.
        field: &'static str,
    },
    /// The mechanism does not go on: the peer's token is no good, or it has nothing to log in with.
    Mechanism {
        /// Where.
        side: Side,
        /// What the mechanism says; its own cause is the source.
        error: gatepass_backend::Error,
    },
    /// The mechanism has nothing more to say, but the peer still asks.
    NothingToSend {
        /// Where.
        side: Side,
    },
    /// The peer lets us in, but the mechanism has not seen what it must see of it first: its proof, or its word that nobody
    /// changed the choice of mechanisms.
    Unfinished {
        /// Where.
        side: Side,
    },
    /// The server is reached through a proxy that does not say that it keeps the connections of its clients apart
    /// (`Proxy-Support: Session-Based-Authentication`, RFC 4559 section 6), and it offers only schemes that authenticate a
    /// connection. Nothing was sent.
    SharedConnection {
        /// Where.
        side: Side,
    },
    /// The peer answered a token by asking anew, with no token of its own. Nothing that it could have checked a password
    /// with was sent.
    Unanswered {
        /// Where.
        side: Side,
    },
    /// The peer answered the last token of the handshake with a new token: a challenge is answered once.
    RepeatedChallenge {
        /// Where.
        side: Side,
    },
    /// The peer closes the connection with its challenge. The answer is worth something on that connection only, so it
    /// was not sent.
    ClosedInHandshake {
        /// Where.
        side: Side,
    },
    /// The connection ended after the last token of the handshake had been sent, before the verdict. It may have counted
    /// as an attempt, so it is not repeated.
    ClosedBeforeVerdict {
        /// Where.
        side: Side,
    },
    /// The handshake takes more than [`MAX_LEGS`] messages.
    TooManyLegs {
        /// Where.
        side: Side,
    },
    /// The request used up [`MAX_CONNECTIONS`] connections.
    TooManyConnections {
        /// Where.
        side: Side,
    },
    /// The peer has refused these credentials; they are not tried again.
    AlreadyDenied {
        /// Where.
        side: Side,
    },
    /// The caller asked for something that this moment of the dance does not have.
    OutOfTurn {
        /// Where.
        side: Side,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grammar { field, error } => write!(f, "{field} cannot be read: {error}"),
            Self::Token { field, line, error } => {
                write!(f, "{field} cannot be read: line {}: {error}", line.saturating_add(1))
            }
            Self::TwoTokens { field, scheme } => write!(f, "{field} carries two different {scheme} tokens"),
            Self::NotOneCredential { field } => {
                write!(f, "{field} must hold one scheme with its credentials")
            }
            Self::Mechanism { side, error } => write!(f, "authentication at {side} fails: {error}"),
            Self::NothingToSend { side } => {
                write!(f, "{side} asks for more although the handshake is complete")
            }
            Self::Unfinished { side } => {
                write!(f, "{side} goes on although the handshake is not complete")
            }
            Self::SharedConnection { side } => write!(
                f,
                "{side} wants to authenticate a connection, but the proxy on the way does not promise to keep it for us alone \
                 (Proxy-Support: Session-Based-Authentication): use https, or a way without that proxy"
            ),
            Self::Unanswered { side } => {
                write!(f, "{side} answers the first message of the handshake with no challenge of its own")
            }
            Self::RepeatedChallenge { side } => {
                write!(f, "{side} answers the end of the handshake with another challenge")
            }
            Self::ClosedInHandshake { side } => write!(f, "{side} closes during the handshake"),
            Self::ClosedBeforeVerdict { side } => {
                write!(f, "{side} closed the connection before it said whether it accepts the credentials")
            }
            Self::TooManyLegs { side } => {
                write!(f, "authentication at {side} takes more than {MAX_LEGS} messages")
            }
            Self::TooManyConnections { side } => {
                write!(f, "{side} ended {MAX_CONNECTIONS} connections without serving the request")
            }
            Self::AlreadyDenied { side } => {
                write!(f, "{side} has refused these credentials; they are not tried again")
            }
            Self::OutOfTurn { side } => write!(f, "authentication at {side} is not at this point"),
        }
    }
}

/// The texts above tell the error that they wrap; what lies below that is the source.
impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Mechanism { error, .. } => error.source(),
            _ => None,
        }
    }
}
