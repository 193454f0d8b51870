//! Where a request goes: to the embedded origin, to another origin on loopback, or nowhere.

use crate::authority::ORIGIN_HOST;
use crate::limits::CONNECT_TIMEOUT;
use http::StatusCode;
use http::uri::Authority;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::TcpStream;

/// The two doors of the embedded origin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Routes {
    /// Where it speaks HTTP: port 80 of its name.
    pub(crate) plain: SocketAddr,
    /// Where it speaks HTTP over TLS: port 443 of its name.
    pub(crate) secure: SocketAddr,
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
    /// The place is on loopback, but does not take the connection.
    Unreachable(SocketAddr, io::Error),
}

impl NoRoute {
    /// The status with which the client is told.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Elsewhere(_) | Self::OriginPort(_) => StatusCode::FORBIDDEN,
            Self::NoPort => StatusCode::BAD_REQUEST,
            Self::Unreachable(..) => StatusCode::BAD_GATEWAY,
        }
    }
}

/// One sentence.
impl fmt::Display for NoRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere(host) => write!(
                f,
                "The mock proxy forwards to {ORIGIN_HOST}, localhost and loopback addresses only, not to {}.",
                host.escape_debug()
            ),
            Self::OriginPort(port) => write!(f, "{ORIGIN_HOST} has the ports 80 and 443, not {port}."),
            Self::NoPort => f.write_str("The target names no port."),
            Self::Unreachable(address, error) => {
                write!(f, "The mock proxy cannot reach the origin {address}: {error}.")
            }
        }
    }
}

impl Routes {
    /// For who has ended TLS himself: the origin's port 443 speaks HTTP.
    pub(crate) const fn behind_tls(self) -> Self {
        Self { plain: self.plain, secure: self.plain }
    }

    /// The addresses behind `host` and `port`. Names are never looked up: what a name server says is not for a test to hang
    /// on, and nothing but loopback is wanted anyway.
    fn addresses(self, host: &str, port: u16) -> Result<Vec<SocketAddr>, NoRoute> {
        let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        if name == ORIGIN_HOST {
            return match port {
                80 => Ok(vec![self.plain]),
                443 => Ok(vec![self.secure]),
                other => Err(NoRoute::OriginPort(other)),
            };
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
        self,
        authority: &Authority,
        default_port: Option<u16>,
    ) -> Result<TcpStream, NoRoute> {
        let port = authority.port_u16().or(default_port).ok_or(NoRoute::NoPort)?;
        let mut failed = NoRoute::NoPort;
        for address in self.addresses(authority.host(), port)? {
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

    fn addresses(host: &str, port: u16) -> Result<Vec<String>, u16> {
        let routes = Routes { plain: ([127, 0, 0, 1], 1001).into(), secure: ([127, 0, 0, 1], 1002).into() };
        let found = routes.addresses(host, port).map_err(|error| error.status().as_u16())?;
        Ok(found.iter().map(ToString::to_string).collect())
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
