//! How long each span of a request may take.

use std::time::Duration;
use tokio::time::Instant;

/// A span that no clock passes: what is left of `Duration::MAX`.
const FOREVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// The limits of time. `Duration::MAX` lifts one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Resolving a name and connecting; and, counted anew, the TLS handshake. 10 s.
    pub connect: Duration,
    /// From the first byte of a response's head to its last. 10 s.
    pub head: Duration,
    /// From the first leg to the point from which nothing but the wanted response is awaited: the answer to a CONNECT, or
    /// the AUTHENTICATE leg of a request. 30 s.
    pub handshake: Duration,
    /// No byte in either direction, while a response is awaited or read, a body is sent, or a kept connection rests.
    /// Tunnels are not meant: their bytes are their user's affair. 300 s.
    pub idle: Duration,
    /// For how long a body waits for `100 Continue` from a peer that says nothing. 1 s.
    pub proceed: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Self::CONNECT,
            head: Self::HEAD,
            handshake: Self::HANDSHAKE,
            idle: Self::IDLE,
            proceed: Self::PROCEED,
        }
    }
}

impl Timeouts {
    /// The [`connect`](Self::connect) of [`default`](Self::default).
    pub const CONNECT: Duration = Duration::from_secs(10);
    /// The [`head`](Self::head) of [`default`](Self::default).
    pub const HEAD: Duration = Duration::from_secs(10);
    /// The [`handshake`](Self::handshake) of [`default`](Self::default).
    pub const HANDSHAKE: Duration = Duration::from_secs(30);
    /// The [`idle`](Self::idle) of [`default`](Self::default).
    pub const IDLE: Duration = Duration::from_secs(300);
    /// The [`proceed`](Self::proceed) of [`default`](Self::default).
    pub const PROCEED: Duration = Duration::from_secs(1);

    /// With this limit for [`connect`](Self::connect).
    #[must_use]
    pub const fn with_connect(mut self, limit: Duration) -> Self {
        self.connect = limit;
        self
    }

    /// With this limit for [`head`](Self::head).
    #[must_use]
    pub const fn with_head(mut self, limit: Duration) -> Self {
        self.head = limit;
        self
    }

    /// With this limit for [`handshake`](Self::handshake).
    #[must_use]
    pub const fn with_handshake(mut self, limit: Duration) -> Self {
        self.handshake = limit;
        self
    }

    /// With this limit for [`idle`](Self::idle).
    #[must_use]
    pub const fn with_idle(mut self, limit: Duration) -> Self {
        self.idle = limit;
        self
    }

    /// With this limit for [`proceed`](Self::proceed).
    #[must_use]
    pub const fn with_proceed(mut self, limit: Duration) -> Self {
        self.proceed = limit;
        self
    }
}

/// The instant at which `limit` from now is over.
pub(crate) fn until(limit: Duration) -> Instant {
    after(Instant::now(), limit)
}

pub(crate) fn after(start: Instant, limit: Duration) -> Instant {
    start.checked_add(limit.min(FOREVER)).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_that_the_documentation_names() {
        let Timeouts { connect, head, handshake, idle, proceed } = Timeouts::default();
        let seconds = [connect, head, handshake, idle, proceed].map(|limit| limit.as_secs());
        assert_eq!(seconds, [10, 10, 30, 300, 1]);
    }
}
