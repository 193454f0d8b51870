//! A host name as it may stand in a request line: RFC 3986 3.2.2, narrowed to what DNS, IPv4 and IPv6 know.
//!
//! Every host is read by [`Host::parse`] before a byte is sent, so that no name from a URL, a configuration or a caller
//! brings a line break, a blank or a second host into a head.

use crate::Error;
use std::{fmt, net::Ipv4Addr, net::Ipv6Addr};

/// The longest name that DNS can hold (RFC 1035 2.3.4), without the final dot.
const MAX_NAME: usize = 253;
/// The longest label of a name.
const MAX_LABEL: usize = 63;

/// A checked host: a DNS name, an IPv4 address or an IPv6 address.
///
/// `Display` gives the form of an authority: IPv6 in brackets, and without a zone, which means nothing to anyone else
/// (RFC 6874 section 4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host(Kind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Name(String),
    V4(Ipv4Addr),
    V6(Ipv6Addr, Option<String>),
}

impl Host {
    /// Reads a name (lower-cased; `_` and a final dot are allowed), an IPv4 address, or an IPv6 address with or without
    /// brackets and with an optional zone (`fe80::1%eth0`, or `%25eth0` as a URL has it).
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for anything else: empty names, control characters, blanks, `/`,
    /// `@`, non-ASCII (an international name must be given in its `xn--` form), labels or names that DNS cannot hold.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bare = match text.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or_else(|| refused(text, "the bracket is not closed"))?,
            None => text,
        };
        if bare.contains(':') {
            return v6(bare).ok_or_else(|| refused(text, "this is no IPv6 address"));
        }
        if bare.len() != text.len() {
            return Err(refused(text, "only an IPv6 address stands in brackets"));
        }
        if let Ok(address) = bare.parse() {
            return Ok(Self(Kind::V4(address)));
        }
        match fault(bare) {
            Some(why) => Err(refused(text, why)),
            None => Ok(Self(Kind::Name(bare.to_ascii_lowercase()))),
        }
    }

    /// The name, when this is one and no address; without a final dot.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Kind::Name(name) => Some(name.strip_suffix('.').unwrap_or(name)),
            Kind::V4(_) | Kind::V6(..) => None,
        }
    }

    /// The address, when this is one.
    #[must_use]
    pub fn address(&self) -> Option<std::net::IpAddr> {
        match &self.0 {
            Kind::Name(_) => None,
            Kind::V4(address) => Some((*address).into()),
            Kind::V6(address, _) => Some((*address).into()),
        }
    }

    /// What the resolver is asked: no brackets, and the zone kept, since it chooses the interface.
    pub(crate) fn to_resolve(&self) -> String {
        match &self.0 {
            Kind::Name(name) => name.clone(),
            Kind::V4(address) => address.to_string(),
            Kind::V6(address, None) => address.to_string(),
            Kind::V6(address, Some(zone)) => format!("{address}%{zone}"),
        }
    }

    /// The form in a service principal name and in a certificate: no brackets, no zone, no final dot.
    pub(crate) fn plain(&self) -> String {
        match &self.0 {
            Kind::Name(_) => self.name().unwrap_or_default().to_owned(),
            Kind::V4(address) => address.to_string(),
            Kind::V6(address, _) => address.to_string(),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Name(name) => f.write_str(name),
            Kind::V4(address) => write!(f, "{address}"),
            Kind::V6(address, _) => write!(f, "[{address}]"),
        }
    }
}

fn v6(text: &str) -> Option<Host> {
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone.strip_prefix("25").unwrap_or(zone))),
        None => (text, None),
    };
    let fits = |zone: &str| {
        !zone.is_empty() && zone.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    if zone.is_some_and(|zone| !fits(zone)) {
        return None;
    }
    Some(Host(Kind::V6(address.parse().ok()?, zone.map(str::to_owned))))
}

/// Why `name` is no DNS name, if it is none.
fn fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if !name.is_ascii() {
        return Some("write an international name in its xn-- form");
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
        return Some("only letters, digits, '-', '_' and '.' can stand in a name");
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.len() > MAX_NAME || name.split('.').any(|label| label.is_empty() || label.len() > MAX_LABEL) {
        return Some("a label is empty or longer than 63 characters, or the name longer than 253");
    }
    None
}

fn refused(text: &str, why: &str) -> Error {
    Error::invalid(format!("\"{}\" is no host name: {why}", text.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn a69_a_host_with_line_breaks_blanks_or_a_second_host_is_refused() {
        for text in [
            "",
            "a b",
            "a\r\nX: y",
            "a\nb",
            "a\0b",
            "a/b",
            "u@a",
            "a:80",
            "a\\b",
            "a?b",
            "a#b",
            "a%0d%0ab",
            "ä.example",
            "a\u{7f}",
            "a\tb",
            "a..b",
            ".a",
            "a,b",
            "a;b",
            "a\"b",
            "<a>",
            "[a]",
            "[1.2.3.4]",
            "[::1",
            "::1]",
            "[::1]x",
            "[::1%]",
            "[::1%a b]",
            "[::1%25]",
            "[::1%\r]",
            "1:2",
            "a\u{3002}b",
            "xn--a\u{ad}",
        ] {
            let error = Host::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{text:?}");
            assert!(!error.to_string().contains(['\r', '\n', '\0']), "{error}");
        }
        assert!(Host::parse(&"a".repeat(64)).is_err());
        assert!(Host::parse(&vec!["abc"; 64].join(".")).is_err());
    }

    #[test]
    fn names_and_addresses_are_read_and_written_as_an_authority() {
        for (text, shown, resolved, plain) in [
            ("Proxy.CORP.example", "proxy.corp.example", "proxy.corp.example", "proxy.corp.example"),
            ("proxy.", "proxy.", "proxy.", "proxy"),
            ("my_host-1", "my_host-1", "my_host-1", "my_host-1"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"),
            ("::1", "[::1]", "::1", "::1"),
            ("[2001:DB8::0:1]", "[2001:db8::1]", "2001:db8::1", "2001:db8::1"),
            ("[fe80::1%25eth0]", "[fe80::1]", "fe80::1%eth0", "fe80::1"),
            ("fe80::1%eth0", "[fe80::1]", "fe80::1%eth0", "fe80::1"),
        ] {
            let host = Host::parse(text).unwrap();
            assert_eq!(
                (host.to_string(), host.to_resolve(), host.plain()),
                (shown.to_owned(), resolved.to_owned(), plain.to_owned())
            );
        }
    }
}
