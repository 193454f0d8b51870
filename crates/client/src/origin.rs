//! Where a request goes: scheme, host and port (RFC 9110 4.3.1), and for whom credentials are meant.

use crate::{Error, Host};
use http::Uri;
use std::fmt;

/// The scheme, host and port of a URL. Two URLs with the same origin get the same credentials; a difference in any of the
/// three makes another origin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    secure: bool,
    host: Host,
    port: u16,
}

impl Origin {
    /// The origin of `uri`, an absolute `http` or `https` URL.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for another scheme, a relative URL, a user name or password in the
    /// URL, or a host that [`Host::parse`] refuses.
    pub fn of(uri: &Uri) -> Result<Self, Error> {
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(other) => return Err(Error::invalid(format!("the scheme {other} is not known here"))),
            None => return Err(Error::invalid("the URL is relative: write it with http:// or https://")),
        };
        let authority = uri.authority().ok_or_else(|| Error::invalid("the URL has no host"))?;
        if authority.as_str().contains('@') {
            return Err(Error::invalid(
                "the URL carries a user name: give credentials as such, not in the URL",
            ));
        }
        let host = Host::parse(authority.host())?;
        let rest = authority.as_str().get(authority.host().len()..).unwrap_or_default();
        let port = match rest.strip_prefix(':') {
            None | Some("") => default_port(secure),
            Some(port) => parse_port(port)?,
        };
        Ok(Self { secure, host, port })
    }

    /// The origin `https://host:port`, or `http://host:port` when it is not `secure`.
    #[must_use]
    pub const fn new(secure: bool, host: Host, port: u16) -> Self {
        Self { secure, host, port }
    }

    /// Reads `http://host[:port]` or `https://host[:port]`; a path is ignored.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) as [`of`](Self::of), or when it is no URL.
    pub fn parse(text: &str) -> Result<Self, Error> {
        // The text is not repeated: it may hold a password.
        let uri = text
            .parse()
            .map_err(|error: http::uri::InvalidUri| Error::invalid("an origin is no URL").because(error))?;
        Self::of(&uri)
    }

    /// Whether the scheme is `https`.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// The port, the scheme's own where the URL names none.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// `host:port`, always with the port: the target of a CONNECT.
    pub(crate) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The URL, always with the port: the name of this place for whoever keeps one secret for each.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.authority())
    }

    /// The value of the Host field: the port only where it is not the scheme's own.
    pub(crate) fn host_field(&self) -> String {
        if self.port == default_port(self.secure) { self.host.to_string() } else { self.authority() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.host_field())
    }
}

/// For which origins credentials are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// One origin.
    Origin(Origin),
    /// Whoever asks. Then every web server on the way can make this client log in to it, and can try to pass the login on
    /// to another server.
    Any,
}

impl Scope {
    /// Reads `*` ([`Scope::Any`]) or a URL.
    ///
    /// # Errors
    /// As [`Origin::parse`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text == "*" { Ok(Self::Any) } else { Origin::parse(text).map(Self::Origin) }
    }

    /// Whether `origin` is meant.
    #[must_use]
    pub fn covers(&self, origin: &Origin) -> bool {
        match self {
            Self::Origin(own) => own == origin,
            Self::Any => true,
        }
    }
}

impl From<Origin> for Scope {
    fn from(origin: Origin) -> Self {
        Self::Origin(origin)
    }
}

pub(crate) const fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

pub(crate) fn parse_port(text: &str) -> Result<u16, Error> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port != 0 => Ok(port),
        _ => Err(Error::invalid(format!("\"{}\" is no port: ports go from 1 to 65535", text.escape_debug()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gives_its_scheme_host_and_port() {
        for (url, shown, authority) in [
            ("http://Example.test/a?b", "http://example.test", "example.test:80"),
            ("https://example.test", "https://example.test", "example.test:443"),
            ("https://example.test:8443/", "https://example.test:8443", "example.test:8443"),
            ("http://[::1]:80/", "http://[::1]", "[::1]:80"),
            ("http://example.test:/", "http://example.test", "example.test:80"),
        ] {
            let origin = Origin::parse(url).unwrap();
            assert_eq!((origin.to_string().as_str(), origin.authority().as_str()), (shown, authority));
        }
    }

    #[test]
    fn what_is_no_web_url_is_refused_without_repeating_a_password() {
        for url in [
            "ftp://a/",
            "/path",
            "a:80",
            "http://u:hunter2@a/",
            "http://a:0/",
            "http://a:99999/",
            "http://a:+1/",
            "",
        ] {
            let error = Origin::parse(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn a38_credentials_cover_their_origin_alone_and_a_star_must_be_spelled_out() {
        let scope = Scope::parse("https://intranet.test").unwrap();
        for (url, covered) in [
            ("https://INTRANET.test/x", true),
            ("https://intranet.test:443/", true),
            ("http://intranet.test/", false),
            ("https://intranet.test:444/", false),
            ("https://www.intranet.test/", false),
            ("https://intranet.test.evil.test/", false),
        ] {
            let origin = Origin::parse(url).unwrap();
            assert_eq!(scope.covers(&origin), covered, "{url}");
            assert!(Scope::parse("*").unwrap().covers(&origin));
        }
        assert!(Scope::parse("").is_err());
        assert!(Scope::parse("https://*").is_err());
    }
}
