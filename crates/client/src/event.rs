//! What an observer sees of a request: connections, heads, tokens.

use crate::{Origin, Side};
use http::{HeaderMap, Method, StatusCode, Uri, Version};
use std::{fmt, net::SocketAddr, sync::Arc};

/// Whoever watches a client: the `-v` of a command, a test's transcript.
///
/// Called in the order of things, from the task that makes the request, so it should return quickly. The values of
/// `Authorization`, `Proxy-Authorization` and cookies are marked sensitive; an observer that prints them should know that
/// a recorded NTLM login can be used to guess the password.
pub trait Observer: Send + Sync + fmt::Debug {
    /// Something happened.
    fn event(&self, event: &Event<'_>);
}

/// What happens during a request.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A TCP connection stands.
    Connected {
        /// Whether to the proxy or to the server itself.
        side: Side,
        /// Where it was to go.
        place: &'a Origin,
        /// Where it went.
        address: SocketAddr,
    },
    /// TLS with `place` is established and verified as the [`Tls`](crate::Tls) of that side wants it.
    Secured {
        /// Whose certificate it is.
        side: Side,
        /// Whose name was verified.
        place: &'a Origin,
    },
    /// A kept connection serves this request too.
    Reused {
        /// Where the request goes.
        place: &'a Origin,
    },
    /// The head of a request, as it is about to be sent.
    Request {
        /// Who reads it first.
        to: Side,
        /// The method.
        method: &'a Method,
        /// The target in the form in which it is sent.
        target: &'a Uri,
        /// The fields.
        fields: &'a HeaderMap,
    },
    /// The head of a final response. Informational ones are not shown.
    Response {
        /// Who sent it last.
        from: Side,
        /// The version.
        version: Version,
        /// The status.
        status: StatusCode,
        /// The fields.
        fields: &'a HeaderMap,
    },
    /// A message of the handshake.
    Token {
        /// With whom.
        side: Side,
        /// Whether it goes out or came in.
        direction: Direction,
        /// The scheme, such as `NTLM`.
        scheme: &'a str,
        /// The message.
        token: &'a [u8],
    },
    /// A redirect is followed.
    Redirected {
        /// The new URL.
        to: &'a Uri,
    },
    /// A connection is given up, and the request goes on on another.
    Reconnecting {
        /// Why.
        because: &'a str,
    },
}

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From here to the peer.
    Sent,
    /// From the peer.
    Received,
}

/// The observer, if there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Announcer(pub(crate) Option<Arc<dyn Observer>>);

impl Announcer {
    pub(crate) fn say(&self, event: &Event<'_>) {
        if let Some(observer) = &self.0 {
            observer.event(event);
        }
    }

    pub(crate) fn connected(&self, side: Side, place: &Origin, address: SocketAddr) {
        tracing::debug!(%side, %place, %address, "connected");
        self.say(&Event::Connected { side, place, address });
    }
}
