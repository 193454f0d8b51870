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

/// The row of a scheme.
struct Row {
    scheme: Scheme,
    name: &'static str,
    /// Whether the dance of the scheme is built here.
    danced: bool,
}

/// The schemes from the strongest to the weakest.
const TABLE: [Row; 4] = [
    Row { scheme: Scheme::Negotiate, name: "Negotiate", danced: false },
    Row { scheme: Scheme::Ntlm, name: "NTLM", danced: true },
    Row { scheme: Scheme::Digest, name: "Digest", danced: false },
    Row { scheme: Scheme::Basic, name: "Basic", danced: false },
];

impl Scheme {
    /// The scheme called `name`, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name.eq_ignore_ascii_case(name)).map(|row| row.scheme)
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

    /// The schemes that this crate can dance, the strongest first.
    pub fn danced() -> impl Iterator<Item = Self> {
        TABLE.iter().filter(|row| row.danced).map(|row| row.scheme)
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
