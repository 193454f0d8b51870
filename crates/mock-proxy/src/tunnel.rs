//! The bytes after a CONNECT that was granted: passed on as they are, both ways.

use crate::fault::Faulty;
use crate::stream::{Stream, close};
use crate::transcript::{Ended, Entry, Page};
use crate::{Fault, Leg};
use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// The buffer of one direction, in bytes.
const BUFFER: usize = 64 * 1024;

/// Joins `client` and `origin` until both have ended. One that closes its sending side can still receive; one that resets
/// has the other reset too. What the origin sends goes through `faults`.
pub(crate) async fn join(
    client: Stream,
    mut origin: TcpStream,
    faults: Vec<Fault>,
    page: Page,
    entry: Entry,
) {
    page.reached(Leg::Tunnel);
    let _meter = Meter {
        received: page.received().saturating_sub(client.unread_count() as u64),
        sent: page.sent(),
        page: page.clone(),
        entry,
    };
    // Without it the small records of TLS wait for delayed acknowledgements; a socket that refuses is only slower.
    let _ = origin.set_nodelay(true);
    let fuse = client.fuse();
    let mut client = Faulty::tunnel(client, fuse, faults);
    if copy_bidirectional_with_sizes(&mut client, &mut origin, BUFFER, BUFFER).await.is_err() {
        if client.is_closed() {
            return close(client.into_inner()).await;
        }
        client.into_inner().reset();
        // Where the option is refused the origin sees an orderly end instead.
        let _ = origin.set_zero_linger();
    }
}

/// As [`join`], for a proxy that ends TLS itself and speaks plain HTTP with the origin.
pub(crate) async fn intercept(
    client: Stream,
    mut origin: TcpStream,
    tls: &TlsAcceptor,
    page: Page,
    entry: Entry,
) {
    page.reached(Leg::Tunnel);
    let _meter = Meter {
        received: page.received().saturating_sub(client.unread_count() as u64),
        sent: page.sent(),
        page: page.clone(),
        entry,
    };
    match tls.accept(client).await {
        Ok(mut client) => {
            // How it ended, the page knows.
            let _ = copy_bidirectional_with_sizes(&mut client, &mut origin, BUFFER, BUFFER).await;
        }
        Err(error) => page.ended(Ended::Garbage(format!("no TLS handshake: {error}"))),
    }
}

/// Writes down what went through, however the tunnel ends.
struct Meter {
    received: u64,
    sent: u64,
    page: Page,
    entry: Entry,
}

impl Drop for Meter {
    fn drop(&mut self) {
        let received = self.page.received().saturating_sub(self.received);
        let sent = self.page.sent().saturating_sub(self.sent);
        self.entry.update(|exchange| {
            exchange.request_body = received;
            exchange.response_body = sent;
        });
    }
}
