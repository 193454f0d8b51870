//! What is wrong with a request head, and where.

use crate::limits::HEAD_TIMEOUT;
use gatepass_http::limits::{MAX_FIELDS, MAX_HEAD};
use std::fmt;

/// Why a head was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Defect {
    /// Not a byte came in time.
    Silent,
    /// The head did not end in time.
    Timeout,
    /// The peer closed in the middle, after so many bytes.
    Cut(usize),
    /// The head is longer than the limit.
    TooLong,
    /// There are more fields than the limit.
    TooManyFields,
    /// A TLS handshake.
    Tls,
    /// The preface of HTTP/2.
    Http2,
    /// Not HTTP: what httparse has against it, the offset of the offending byte, and that byte.
    Syntax(httparse::Error, usize, u8),
}

impl Defect {
    /// The status line of the answer that the peer gets, if it gets one.
    pub(crate) const fn status(&self) -> Option<(u16, &'static str)> {
        match self {
            Self::Silent => None,
            Self::Timeout => Some((408, "Request Timeout")),
            Self::TooLong | Self::TooManyFields => Some((431, "Request Header Fields Too Large")),
            Self::Http2 => Some((505, "HTTP Version Not Supported")),
            Self::Cut(_) | Self::Tls | Self::Syntax(..) => Some((400, "Bad Request")),
        }
    }
}

/// What is wrong and where, in one sentence without a full stop.
impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent | Self::Timeout => {
                write!(f, "no complete request head within {} s", HEAD_TIMEOUT.as_secs())
            }
            Self::Cut(at) => write!(f, "the request head ends in the middle, at byte {at}"),
            Self::TooLong => write!(f, "the request head is longer than {MAX_HEAD} bytes"),
            Self::TooManyFields => write!(f, "the request head has more than {MAX_FIELDS} fields"),
            Self::Tls => f.write_str("a TLS handshake at byte 0, but this proxy itself speaks plain HTTP"),
            Self::Http2 => f.write_str("HTTP/2 at byte 0, but NTLM needs HTTP/1.1"),
            Self::Syntax(error, at, byte) => write!(f, "{error} at byte {at} ({byte:#04x})"),
        }
    }
}

/// A complete head at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// How many bytes it has.
    pub(crate) length: usize,
    /// How long the body behind it is; `None` where only reading it can tell.
    pub(crate) body: Option<u64>,
    /// Whether it asks in HTTP/1.0, by `Proxy-Connection` alone, that the connection stays open.
    pub(crate) keeps_by_proxy_connection: bool,
}

/// The head that `bytes` begin with, `None` where it is not complete, and what is wrong if it can never be one.
pub(crate) fn examine(bytes: &[u8]) -> Result<Option<Head>, Defect> {
    if bytes.starts_with(&[0x16, 0x03]) {
        return Err(Defect::Tls);
    }
    if bytes.starts_with(b"PRI * HTTP/2.0\r\n") {
        return Err(Defect::Http2);
    }
    match parse(bytes, read) {
        Ok(head) => Ok(head),
        Err(httparse::Error::TooManyHeaders) => Err(Defect::TooManyFields),
        Err(error) => {
            // The parser does not say where. It reads from left to right, so that the shortest beginning which it refuses
            // ends with the byte that offends it.
            let ends: Vec<usize> = (0..bytes.len()).collect();
            let at = ends.partition_point(|end| parse(&bytes[..=*end], |_, _| ()).is_ok());
            Err(Defect::Syntax(error, at, bytes.get(at).copied().unwrap_or_default()))
        }
    }
}

fn parse<T>(
    bytes: &[u8],
    read: fn(usize, &httparse::Request<'_, '_>) -> T,
) -> Result<Option<T>, httparse::Error> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    Ok(match request.parse(bytes)? {
        httparse::Status::Complete(length) => Some(read(length, &request)),
        httparse::Status::Partial => None,
    })
}

fn read(length: usize, request: &httparse::Request<'_, '_>) -> Head {
    let values = |name: &'static str| {
        request
            .headers
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value)
    };
    let says = |name, word: &str| values(name).any(|value| value.eq_ignore_ascii_case(word.as_bytes()));
    let mut lengths = values("Content-Length");
    let body = match (lengths.next(), lengths.next()) {
        _ if values("Transfer-Encoding").next().is_some() => None,
        (None, _) => Some(0),
        (Some(one), None) => std::str::from_utf8(one).ok().and_then(|text| text.parse().ok()),
        (Some(_), Some(_)) => None,
    };
    let keeps_by_proxy_connection = request.version == Some(0)
        && says("Proxy-Connection", "keep-alive")
        && values("Connection").next().is_none();
    Head { length, body, keeps_by_proxy_connection }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: &[u8]) -> String {
        examine(bytes).expect_err("this is no head").to_string()
    }

    #[test]
    fn a_defect_says_what_and_where() {
        assert_eq!(said(b"G\0T / HTTP/1.1\r\n"), "invalid token at byte 1 (0x00)");
        assert_eq!(said(b"GET / HTTP/3.0\r\n"), "invalid HTTP version at byte 11 (0x33)");
        assert_eq!(
            said(b"GET / HTTP/1.1\r\nA: b\r\nC d: e\r\n\r\n"),
            "invalid header name at byte 23 (0x20)"
        );
        assert_eq!(said(b"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n"), "invalid header value at byte 20 (0x00)");
        assert!(said(&[0x16, 0x03, 0x01, 0x02]).starts_with("a TLS handshake at byte 0"));
        assert!(said(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").starts_with("HTTP/2 at byte 0"));
        let many = [&b"GET / HTTP/1.1\r\n"[..], &b"a: b\r\n".repeat(MAX_FIELDS + 1), b"\r\n"].concat();
        assert_eq!(said(&many), "the request head has more than 128 fields");
    }

    #[test]
    fn a_head_tells_where_the_next_one_begins() {
        let head = |text: &str| examine(text.as_bytes()).unwrap().unwrap();
        let plain = head("GET / HTTP/1.1\r\n\r\nmore");
        assert_eq!(plain, Head { length: 18, body: Some(0), keeps_by_proxy_connection: false });
        assert_eq!(head("PUT / HTTP/1.1\r\ncontent-length: 7\r\n\r\n").body, Some(7));
        assert_eq!(head("PUT / HTTP/1.1\r\nContent-Length: 7\r\nContent-Length: 8\r\n\r\n").body, None);
        assert_eq!(head("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").body, None);
        assert!(head("GET / HTTP/1.0\r\nProxy-Connection: Keep-Alive\r\n\r\n").keeps_by_proxy_connection);
        assert!(!head("GET / HTTP/1.1\r\nProxy-Connection: Keep-Alive\r\n\r\n").keeps_by_proxy_connection);
        assert_eq!(examine(b"GET / HTTP/1.1\r\nHost: ").unwrap(), None);
    }
}
