//! Who asks for a login: scheme, host and port.

use crate::Error;
use std::fmt;

/// A peer that may have a login of its own. Two are the same when scheme, host (in any case of its letters) and port are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    secure: bool,
    host: String,
    port: u16,
}

impl Place {
    /// Reads `http://host[:port]` or `https://host[:port]`; without a port it is the scheme's, 80 or 443. What follows the
    /// port is ignored.
    ///
    /// # Errors
    /// For another scheme, a user name in the URL, or a malformed host or port. The text is not repeated: it may hold a
    /// password.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let unclear = || Error::new("a peer is written as http://HOST:PORT or https://HOST:PORT");
        let (scheme, rest) = url.split_once("://").ok_or_else(unclear)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(unclear()),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(Error::new("a peer is written without a user name: http://HOST:PORT"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (authority, ""),
        };
        let port = match port {
            "" if secure => 443,
            "" => 80,
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|port| *port != 0).ok_or_else(unclear)?
            }
            _ => return Err(unclear()),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let strange =
            |letter: char| letter.is_control() || letter.is_whitespace() || "[]\\\"<>".contains(letter);
        let well_formed = match bare {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && !host.contains(':') && !host.contains(strange),
        };
        if well_formed { Ok(Self { secure, host: host.to_lowercase(), port }) } else { Err(unclear()) }
    }

    /// The place that `request` is for, where it names one.
    pub(crate) fn of(request: &gatepass_backend::Request) -> Result<Option<Self>, Error> {
        request.peer().map(Self::parse).transpose()
    }

    /// `http` or `https`.
    #[must_use]
    pub const fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }

    /// The host in small letters; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The host, with the port where it is not the scheme's own.
    pub(crate) fn authority(&self) -> String {
        let usual = if self.secure { 443 } else { 80 };
        if self.port == usual { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }
}

/// `http://host:port`, always with the port: the name under which a login is stored.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme(), self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_one_spelling() {
        for (url, spelled, authority) in [
            ("http://Proxy.Corp:8080", "http://proxy.corp:8080", "proxy.corp:8080"),
            ("HTTP://proxy", "http://proxy:80", "proxy"),
            ("https://proxy/path?q", "https://proxy:443", "proxy"),
            ("https://proxy:80", "https://proxy:80", "proxy:80"),
            ("http://[::1]:3128/", "http://[::1]:3128", "[::1]:3128"),
            ("http://[::1]", "http://[::1]:80", "[::1]"),
            ("http://127.0.0.1:13128", "http://127.0.0.1:13128", "127.0.0.1:13128"),
        ] {
            let place = Place::parse(url).unwrap();
            assert_eq!(
                (place.to_string().as_str(), place.authority().as_str()),
                (spelled, authority),
                "{url}"
            );
        }
    }

    #[test]
    fn what_is_no_place_is_refused_without_repeating_it() {
        for url in [
            "proxy:8080",
            "socks5://marker:1",
            "http://alice:marker@proxy:1",
            "http://",
            "http://marker:0",
            "http://marker:70000",
            "http://marker:+1",
            "http://marker:x",
            "http://::1",
            "http://mar ker",
            "http://mar\u{1b}ker",
            "http://[marker]",
        ] {
            let error = Place::parse(url).unwrap_err().to_string();
            assert!(!error.contains("marker") && error.contains("HOST:PORT"), "{url}: {error}");
        }
    }
}
