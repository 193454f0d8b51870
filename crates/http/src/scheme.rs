//! The authentication schemes that are known by name, in order of strength.

use crate::token68;
use alloc::{format, string::String};

/// A scheme of HTTP authentication (RFC 9110 11.1). A smaller one is stronger: the strongest that both sides have is
/// used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// `Negotiate`: SPNEGO (RFC 4559).
    Negotiate,
    /// `NTLM` ([MS-NTHT]).
    Ntlm,
    /// `Digest` (RFC 7616).
    Digest,
    /// `Basic`: the password itself (RFC 7617).
    Basic,
}

/// The table of schemes, from the strongest to the weakest.
const TABLE: [Scheme; 4] = [Scheme::Negotiate, Scheme::Ntlm, Scheme::Digest, Scheme::Basic];

impl Scheme {
    /// The scheme called `name`, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TABLE.into_iter().find(|scheme| scheme.name().eq_ignore_ascii_case(name))
    }

    /// Its name as its document writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Negotiate => "Negotiate",
            Self::Ntlm => "NTLM",
            Self::Digest => "Digest",
            Self::Basic => "Basic",
        }
    }

    /// The schemes that this crate can dance, the strongest first. The others are known by name, so that an offer can be
    /// read and told.
    pub fn danced() -> impl Iterator<Item = Self> {
        TABLE.into_iter().filter(|scheme| match scheme {
            Self::Negotiate | Self::Ntlm | Self::Basic => true,
            Self::Digest => false,
        })
    }

    /// Whether it authenticates a connection, as a rule, and not a request. What speaks for it may then be used only where
    /// the connection is the client's own.
    #[must_use]
    pub const fn binds_connection(self) -> bool {
        matches!(self, Self::Negotiate | Self::Ntlm)
    }

    /// The value of a field that carries `token` under this scheme: `NTLM TlRMTVNTUAAB…` (RFC 4559 4.1, [MS-NTHT] 2.1).
    #[must_use]
    pub fn value(self, token: &[u8]) -> String {
        format!("{} {}", self.name(), token68::encode(token))
    }
}

impl core::fmt::Display for Scheme {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}
