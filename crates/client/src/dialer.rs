//! From a host to a byte stream: resolver, TCP, TLS.

use crate::{
    Error, ErrorKind, Host, Origin, Phase, Side, Timeouts, error::cause, event::Announcer, timeouts::until,
    wire::Wire,
};
use gatepass::ChannelBindings;
use rustls::{ClientConfig, pki_types::ServerName};
use std::{collections::HashMap, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;

/// A peer that vanishes without a word is asked after this much silence…
const KEEPALIVE: Duration = Duration::from_secs(60);
/// …and then this often, at this distance.
const PROBES: u32 = 8;
const PROBE: Duration = Duration::from_secs(15);

/// Addresses that stand in for the resolver's, by host and port: curl's `--resolve`.
pub(crate) type Addresses = HashMap<(Host, u16), Vec<SocketAddr>>;

/// Opens connections.
#[derive(Clone)]
pub(crate) struct Dialer {
    pub(crate) addresses: Addresses,
    pub(crate) timeouts: Timeouts,
    pub(crate) announcer: Announcer,
}

impl Dialer {
    /// A TCP connection to `place`, which stands on `side`.
    pub(crate) async fn tcp(&self, place: &Origin, side: Side) -> Result<TcpStream, Error> {
        let end = until(self.timeouts.connect);
        let addresses = self.resolve(place, side, end).await?;
        let mut last = None;
        let mut left = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        for address in addresses {
            // A dead first address must leave time for the others.
            let share = end.saturating_duration_since(Instant::now()).checked_div(left).unwrap_or_default();
            left = left.saturating_sub(1);
            match timeout_at(until(share), TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => {
                    settle(&tcp);
                    self.announcer.connected(side, place, address);
                    return Ok(tcp);
                }
                Ok(Err(error)) => last = Some(error),
                Err(_) => last = Some(io::ErrorKind::TimedOut.into()),
            }
        }
        let last = last.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into());
        let (kind, why) = if last.kind() == io::ErrorKind::TimedOut {
            (ErrorKind::Timeout(Phase::Connect), format!("no answer within {:?}", self.timeouts.connect))
        } else {
            (ErrorKind::Connect(side), cause(&last))
        };
        Err(Error::new(
            kind,
            format!("cannot connect to the {} {}: {why}; check that it runs there", name(side), at(place)),
        )
        .because(last))
    }

    async fn resolve(&self, place: &Origin, side: Side, end: Instant) -> Result<Vec<SocketAddr>, Error> {
        if let Some(given) = self.addresses.get(&(place.host().clone(), place.port())) {
            return Ok(given.clone());
        }
        let query = (place.host().to_resolve(), place.port());
        let found = match timeout_at(end, tokio::net::lookup_host(query)).await {
            Ok(found) => found.map(Vec::from_iter),
            Err(_) => {
                let text = format!(
                    "the name of the {} {} did not resolve within {:?}; check the name server",
                    name(side),
                    at(place),
                    self.timeouts.connect
                );
                return Err(Error::new(ErrorKind::Timeout(Phase::Connect), text));
            }
        };
        match found {
            Ok(addresses) if !addresses.is_empty() => Ok(addresses),
            other => {
                let why = other.err().unwrap_or_else(|| io::ErrorKind::NotFound.into());
                let text = format!(
                    "the name of the {} {} does not resolve ({}); check its spelling and the name server",
                    name(side),
                    at(place),
                    cause(&why)
                );
                Err(Error::new(ErrorKind::Resolve(side), text).because(why))
            }
        }
    }

    /// TLS over `wire` with the server at `place`, and the bindings of the new channel.
    pub(crate) async fn tls(
        &self,
        wire: Wire,
        place: &Origin,
        side: Side,
        config: Arc<ClientConfig>,
    ) -> Result<(Wire, Option<ChannelBindings>), Error> {
        let server = ServerName::try_from(place.host().plain()).map_err(|error| {
            Error::invalid(format!("TLS has no name for {}: {error}", at(place))).because(error)
        })?;
        let handshake = TlsConnector::from(config).connect(server, wire);
        let tls = match timeout_at(until(self.timeouts.connect), handshake).await {
            Ok(Ok(tls)) => tls,
            Ok(Err(error)) => return Err(broken(place, side, error)),
            Err(_) => {
                let text = format!(
                    "the {} {} did not finish the TLS handshake within {:?}; check that it speaks TLS there",
                    name(side),
                    at(place),
                    self.timeouts.connect
                );
                return Err(Error::new(ErrorKind::Timeout(Phase::Connect), text));
            }
        };
        // A certificate that is verified, but not readable for the hash, only costs the bindings.
        let certificate = tls.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let bindings = certificate.and_then(|first| ChannelBindings::tls_server_end_point(first).ok());
        Ok((Box::new(tls), bindings))
    }
}

fn broken(place: &Origin, side: Side, error: io::Error) -> Error {
    let advice = match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(_)) => "if it is to be trusted, give its root certificate",
        Some(rustls::Error::InvalidMessage(_)) => "check that it speaks TLS on this port",
        _ => "nothing was sent to it",
    };
    let text = format!("TLS with the {} {} failed: {}; {advice}", name(side), at(place), cause(&error));
    Error::new(ErrorKind::Tls(side), text).because(error)
}

/// Small writes leave at once, and a peer that is gone is noticed.
fn settle(tcp: &TcpStream) {
    let keepalive =
        socket2::TcpKeepalive::new().with_time(KEEPALIVE).with_interval(PROBE).with_retries(PROBES);
    let set = tcp.set_nodelay(true).and_then(|()| socket2::SockRef::from(tcp).set_tcp_keepalive(&keepalive));
    if let Err(error) = set {
        tracing::debug!(%error, "socket option not set");
    }
}

/// How a text names a side.
pub(crate) const fn name(side: Side) -> &'static str {
    match side {
        Side::Proxy => "proxy",
        Side::Origin => "server",
    }
}

/// `host:port`.
pub(crate) fn at(place: &Origin) -> String {
    place.authority()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn f23_a_connection_finds_a_black_hole_by_its_probes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let dialer = Dialer {
            addresses: Addresses::new(),
            timeouts: Timeouts::default(),
            announcer: Announcer::default(),
        };
        let tcp = dialer.tcp(&place, Side::Origin).await.unwrap();
        let socket = socket2::SockRef::from(&tcp);
        assert!(socket.keepalive().unwrap() && tcp.nodelay().unwrap());
        // Windows takes the times and does not tell them.
        #[cfg(not(windows))]
        {
            assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEPALIVE);
            let probing = socket.tcp_keepalive_interval().unwrap() * socket.tcp_keepalive_retries().unwrap();
            assert!(KEEPALIVE + probing <= Duration::from_secs(300), "{probing:?}");
        }
    }

    #[tokio::test]
    async fn a_dead_first_address_leaves_time_for_the_second() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let alive = listener.local_addr().unwrap();
        let dead = {
            let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
            gone.local_addr().unwrap()
        };
        let place = Origin::parse("http://somewhere.test").unwrap();
        let dialer = Dialer {
            addresses: Addresses::from([((place.host().clone(), 80), vec![dead, alive])]),
            timeouts: Timeouts::default(),
            announcer: Announcer::default(),
        };
        assert_eq!(dialer.tcp(&place, Side::Proxy).await.unwrap().peer_addr().unwrap(), alive);
    }
}
