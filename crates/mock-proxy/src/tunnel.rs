//! The bytes after a CONNECT that was granted: passed on as they are, both ways.

use crate::fault::Faulty;
use crate::stream::{Stream, close};
use crate::transcript::{Ended, Entry, Page};
use crate::{Fault, Leg};
use tokio::io::{AsyncWriteExt as _, copy_bidirectional_with_sizes};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// The buffer of one direction, in bytes.
const BUFFER: usize = 64 * 1024;

/// Joins `client` and `origin` until both have ended. One that closes its sending side can still receive; one that resets
/// has the other reset too. What goes to the client goes through `faults`; with `tls`, the client's TLS ends here.
pub(crate) async fn join(
    client: Stream,
    mut origin: TcpStream,
    tls: Option<TlsAcceptor>,
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
    let speaks_first = faults.iter().any(|fault| matches!(fault, Fault::First(_)));
    let mut client = Faulty::tunnel(client, fuse, faults);
    if speaks_first && client.flush().await.is_err() {
        return;
    }
    let joined = match tls {
        None => copy_bidirectional_with_sizes(&mut client, &mut origin, BUFFER, BUFFER).await,
        Some(tls) => match tls.accept(&mut client).await {
            Ok(mut inside) => copy_bidirectional_with_sizes(&mut inside, &mut origin, BUFFER, BUFFER).await,
            Err(error) => {
                page.ended(Ended::Garbage(format!("no TLS handshake: {error}")));
                return close(client.into_inner()).await;
            }
        },
    };
    if joined.is_err() {
        if client.is_closed() {
            return close(client.into_inner()).await;
        }
        client.into_inner().reset();
        // Where the option is refused the origin sees an orderly end instead.
        let _ = origin.set_zero_linger();
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
