//! What a client is told to do.

use alloc::string::String;
use core::fmt;

/// What a request carries, so far as its side is concerned.
#[must_use]
pub struct First {
    /// The value of [`Side::credentials_field`](crate::Side::credentials_field); `None`: leave that field out.
    pub credentials: Option<String>,
    /// Whether the body goes with it.
    pub body: Body,
}

/// What follows a response.
#[must_use]
pub enum Next {
    /// Send the request again on the same connection, with `credentials` as the value of
    /// [`Side::credentials_field`](crate::Side::credentials_field).
    Send {
        /// The value of the field.
        credentials: String,
        /// Whether the body goes with it.
        body: Body,
    },
    /// The response is the caller's: this side has nothing to do with it.
    ///
    /// Where the request had been sent without its body ([`Body::Probe`], [`Body::Hold`]), the response answers that: the peer does not
    /// ask for credentials, and the request with its body is still to be sent.
    Deliver,
    /// The peer closes this connection, and the handshake has to run on one that stays open: close it, take
    /// [`ClientAuth::reconnect`](crate::ClientAuth::reconnect), and begin again. Where an authenticated connection comes to
    /// this, the body has gone out already: only a caller who can repeat it can go on.
    Reconnect,
    /// The peer does not let us in: it refused the credentials, or it offers no scheme that can be used
    /// ([`ClientAuth::offered`](crate::ClientAuth::offered)). The response is the caller's; nothing is tried again.
    Denied,
}

/// What becomes of the request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// The answer may be a challenge, but the peer may as well act on the request: send no byte of the body. A request that
    /// has none goes as it is; in the place of one that has a body send a `HEAD`.
    Probe,
    /// The answer will be a challenge: send no byte of the body. A request that has none goes as it is; of one that has a
    /// body send its head with `Content-Length: 0`.
    Hold,
    /// This may be the last leg: the whole request, body included. (`Expect: 100-continue` still spares the body where the
    /// credentials are refused.)
    Send,
}

/// The credentials' scheme and length: an AUTHENTICATE lets its password be guessed, so it is never shown.
struct Silent<'a>(&'a str);

impl fmt::Debug for Silent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.split(' ').next().unwrap_or_default();
        write!(f, "{scheme} ({} characters)", self.0.len())
    }
}

impl fmt::Debug for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("First")
            .field("credentials", &self.credentials.as_deref().map(Silent))
            .field("body", &self.body)
            .finish()
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { credentials, body } => {
                f.debug_struct("Send").field("credentials", &Silent(credentials)).field("body", body).finish()
            }
            Self::Deliver => f.write_str("Deliver"),
            Self::Reconnect => f.write_str("Reconnect"),
            Self::Denied => f.write_str("Denied"),
        }
    }
}
