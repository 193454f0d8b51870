//! Who asks for credentials: the origin server or a proxy (RFC 9110 11.6, 11.7).

use core::fmt;

/// The peer that authentication is about. Each has its own status and its own fields, and neither ever sees what belongs
/// to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The origin server: 401, `WWW-Authenticate`, `Authorization`.
    Origin,
    /// The proxy: 407, `Proxy-Authenticate`, `Proxy-Authorization`.
    Proxy,
}

impl Side {
    /// The status of a response that asks for credentials.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Origin => 401,
            Self::Proxy => 407,
        }
    }

    /// The field in which this peer names its challenges.
    #[must_use]
    pub const fn challenge_field(self) -> &'static str {
        match self {
            Self::Origin => "WWW-Authenticate",
            Self::Proxy => "Proxy-Authenticate",
        }
    }

    /// The field in which this peer may say a last word after it has let a client in (RFC 9110 11.6.3, 11.7.3).
    #[must_use]
    pub const fn info_field(self) -> &'static str {
        match self {
            Self::Origin => "Authentication-Info",
            Self::Proxy => "Proxy-Authentication-Info",
        }
    }

    /// The field in which a client answers this peer. The credentials of this side belong into this field, and into
    /// messages that this peer reads, only.
    #[must_use]
    pub const fn credentials_field(self) -> &'static str {
        match self {
            Self::Origin => "Authorization",
            Self::Proxy => "Proxy-Authorization",
        }
    }
}

/// `the server` or `the proxy`, for the texts of errors.
impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Origin => "the server",
            Self::Proxy => "the proxy",
        })
    }
}
