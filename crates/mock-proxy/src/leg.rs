//! The legs of the dance.

use std::fmt;

/// Which part of the dance a request belongs to, and with it the response that is made to it. What misbehaves on purpose
/// is described by the leg in which it does so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Leg {
    /// A request without a token on a connection that has not authenticated: it is told which schemes there are.
    Offer,
    /// A request with a NEGOTIATE (or anything else that begins a handshake): it gets a CHALLENGE.
    Challenge,
    /// A request with an AUTHENTICATE: it gets the verdict.
    Verdict,
    /// A later request on a connection that has authenticated, or one where nobody is asked who he is.
    Served,
    /// The bytes after a CONNECT that was granted.
    Tunnel,
}

/// One word, lower case.
impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Offer => "offer",
            Self::Challenge => "challenge",
            Self::Verdict => "verdict",
            Self::Served => "served",
            Self::Tunnel => "tunnel",
        })
    }
}
