//! What the listeners put up with. The bounds of heads and tokens are those of [`gatepass_http::limits`].

use std::time::Duration;

/// The time in which a request head must be complete: the first one of a connection from the beginning, later ones from
/// their first byte on.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may lie idle between two requests.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// The time in which an origin must accept a connection.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the body of a request with `Expect: 100-continue` is held back from an origin that says nothing.
pub(crate) const CONTINUE_TIMEOUT: Duration = Duration::from_secs(1);

/// The connections that a listener serves at a time. Further ones wait to be accepted.
pub(crate) const MAX_OPEN: usize = 1_024;

/// The longest body that `/echo` sends back, in bytes: it is read whole before the answer begins.
pub(crate) const MAX_ECHO: usize = 16 * 1024 * 1024;

/// The most bytes that `/bytes/N` sends.
pub(crate) const MAX_BYTES: u64 = 10 * 1024 * 1024 * 1024;
