//! Where a request goes: to the embedded origin, to another origin on loopback, to one that was allowed, or nowhere.

use crate::authority::ORIGIN_HOST;
use crate::limits::CONNECT_TIMEOUT;
use http::StatusCode;
use http::uri::Authority;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::{TcpStream, lookup_host};

/// The two doors of the embedded origin, and where else requests may go.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    /// Where it speaks HTTP: port 80 of its name.
    pub(crate) plain: SocketAddr,
    /// Where it speaks HTTP over TLS: port 443 of its name.
    pub(crate) secure: SocketAddr,
    /// Whether others than this machine's users can ask: they must not get at what listens on its loopback.
    pub(crate) remote: bool,
    /// Places that are no loopback and allowed all the same.
    pub(crate) allowed: Arc<[Allowed]>,
}

/// A place to which requests may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    host: String,
    /// Any, where none is named.
    port: Option<u16>,
}

impl Allowed {
    /// Reads `HOST[:PORT]`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let authority: Authority = text.parse().ok()?;
        let host = authority.host();
        let colon = text.len() > host.len();
        let port = authority.port_u16();
        let readable = text.starts_with(host) && (port.is_some() || !colon) && !host.is_empty();
        readable.then(|| Self { host: plain(host), port })
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        self.host == plain(host) && self.port.is_none_or(|allowed| allowed == port)
    }
}

/// A host as it is compared.
fn plain(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// Why there is no connection to where a request should go.
#[derive(Debug)]
pub(crate) enum NoRoute {
    /// The place is not on loopback, or has a name that is not known here.
    Elsewhere(String),
    /// The embedded origin has no such port.
    OriginPort(u16),
    /// No port is named where one must be.
    NoPort,
    /// The place is allowed, and no address is found for it.
    Unknown(String, io::Error),
    /// The place may be reached, but does not take the connection.
    Unreachable(SocketAddr, io::Error),
}

impl NoRoute {
    /// The status with which the client is told.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Elsewhere(_) | Self::OriginPort(_) => StatusCode::FORBIDDEN,
            Self::NoPort => StatusCode::BAD_REQUEST,
            Self::Unknown(..) | Self::Unreachable(..) => StatusCode::BAD_GATEWAY,
        }
    }
}

/// One sentence.
impl fmt::Display for NoRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere(host) => write!(
                f,
                "The mock proxy forwards to {ORIGIN_HOST}, to this machine's users also to loopback, and to what it was \
                 allowed (--allow), not to {}.",
                host.escape_debug()
            ),
            Self::OriginPort(port) => write!(f, "{ORIGIN_HOST} has the ports 80 and 443, not {port}."),
            Self::NoPort => f.write_str("The target names no port."),
            Self::Unknown(host, error) => {
                write!(f, "The mock proxy finds no address of {}: {error}.", host.escape_debug())
            }
            Self::Unreachable(address, error) => {
                write!(f, "The mock proxy cannot reach the origin {address}: {error}.")
            }
        }
    }
}

impl Routes {
    /// For who has ended TLS himself: the origin's port 443 speaks HTTP.
    pub(crate) fn behind_tls(&self) -> Self {
        Self { secure: self.plain, ..self.clone() }
    }

    /// The addresses behind `host` and `port`. Names are not looked up unless they were allowed: what a name server says is not
    /// for a test to hang on.
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, NoRoute> {
        let name = plain(host);
        if name == ORIGIN_HOST {
            return match port {
                80 => Ok(vec![self.plain]),
                443 => Ok(vec![self.secure]),
                other => Err(NoRoute::OriginPort(other)),
            };
        }
        if self.allowed.iter().any(|allowed| allowed.covers(host, port)) {
            let literal = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&name);
            let found = tokio::time::timeout(CONNECT_TIMEOUT, lookup_host((literal, port))).await;
            let found = found.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            return found.map(Iterator::collect).map_err(|error| NoRoute::Unknown(host.to_owned(), error));
        }
        if self.remote {
            return Err(NoRoute::Elsewhere(host.to_owned()));
        }
        if name == "localhost" || name.ends_with(".localhost") {
            return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
        }
        let literal = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&name);
        match literal.parse::<IpAddr>() {
            Ok(address) if address.to_canonical().is_loopback() => Ok(vec![(address, port).into()]),
            _ => Err(NoRoute::Elsewhere(host.to_owned())),
        }
    }

    /// A connection to `authority`; `default_port` is for one that names none.
    pub(crate) async fn connect(
        &self,
        authority: &Authority,
        default_port: Option<u16>,
    ) -> Result<TcpStream, NoRoute> {
        let port = authority.port_u16().or(default_port).ok_or(NoRoute::NoPort)?;
        let mut failed = NoRoute::NoPort;
        for address in self.addresses(authority.host(), port).await? {
            let attempt = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
            match attempt.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
                Ok(socket) => return Ok(socket),
                Err(error) => failed = NoRoute::Unreachable(address, error),
            }
        }
        Err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(remote: bool, allowed: &[&str]) -> Routes {
        Routes {
            plain: ([127, 0, 0, 1], 1001).into(),
            secure: ([127, 0, 0, 1], 1002).into(),
            remote,
            allowed: allowed.iter().map(|text| Allowed::read(text).unwrap()).collect(),
        }
    }

    /// What nobody looks up is there at once.
    fn found(routes: &Routes, host: &str, port: u16) -> Result<Vec<String>, u16> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let found = runtime.block_on(routes.addresses(host, port));
        let found = found.map_err(|error| error.status().as_u16())?;
        Ok(found.iter().map(ToString::to_string).collect())
    }

    fn addresses(host: &str, port: u16) -> Result<Vec<String>, u16> {
        found(&routes(false, &[]), host, port)
    }

    #[test]
    fn a82_beyond_loopback_only_what_was_allowed_is_reached_by_name_and_port() {
        let routes = routes(false, &["192.0.2.1", "192.0.2.2:8080", "[2001:db8::1]:80"]);
        assert_eq!(found(&routes, "192.0.2.1", 1).unwrap(), ["192.0.2.1:1"]);
        assert_eq!(found(&routes, "192.0.2.2", 8080).unwrap(), ["192.0.2.2:8080"]);
        assert_eq!(found(&routes, "[2001:DB8::1]", 80).unwrap(), ["[2001:db8::1]:80"]);
        for (host, port) in [("192.0.2.2", 80), ("192.0.2.3", 80), ("x.192.0.2.1", 1), ("[2001:db8::1]", 81)]
        {
            assert_eq!(found(&routes, host, port), Err(403), "{host}:{port}");
        }
        for text in ["", ":80", "a:b:c", "host:", "host:x", "user@host", "http://host", "host:70000", "*"] {
            assert!(
                Allowed::read(text).is_none_or(|allowed| text == "*" && !allowed.covers("any", 80)),
                "{text}"
            );
        }
    }

    #[test]
    fn a82_who_comes_from_elsewhere_does_not_get_at_this_machine_s_loopback() {
        let routes = routes(true, &["127.0.0.1:7"]);
        for host in ["127.0.0.1", "localhost", "[::1]", "192.0.2.1"] {
            assert_eq!(found(&routes, host, 8), Err(403), "{host}");
        }
        assert_eq!(found(&routes, "127.0.0.1", 7).unwrap(), ["127.0.0.1:7"]);
        assert_eq!(found(&routes, "origin.test", 80).unwrap(), ["127.0.0.1:1001"]);
    }

    #[test]
    fn the_origin_has_two_doors() {
        assert_eq!(addresses("origin.test", 80).unwrap(), ["127.0.0.1:1001"]);
        assert_eq!(addresses("ORIGIN.test.", 443).unwrap(), ["127.0.0.1:1002"]);
        assert_eq!(addresses("origin.test", 8080), Err(403));
    }

    #[test]
    fn loopback_is_reached_by_number_and_by_name() {
        assert_eq!(addresses("localhost", 7).unwrap(), ["127.0.0.1:7", "[::1]:7"]);
        assert_eq!(addresses("web.localhost", 7).unwrap(), ["127.0.0.1:7", "[::1]:7"]);
        assert_eq!(addresses("127.9.9.9", 7).unwrap(), ["127.9.9.9:7"]);
        assert_eq!(addresses("[::1]", 7).unwrap(), ["[::1]:7"]);
        assert_eq!(addresses("[::ffff:127.0.0.1]", 7).unwrap(), ["[::ffff:127.0.0.1]:7"]);
    }

    #[test]
    fn nothing_else_is_reached() {
        for host in ["192.0.2.1", "0.0.0.0", "169.254.169.254", "[::]", "[fe80::1]", "[::ffff:10.0.0.1]"] {
            assert_eq!(addresses(host, 80), Err(403), "{host}");
        }
        // Other ways to write 127.0.0.1 are names here, and names are not known.
        for host in ["example.com", "2130706433", "0x7f.1", "127.1", "localhost.example.com", ""] {
            assert_eq!(addresses(host, 80), Err(403), "{host}");
        }
    }
}
