//! One connection through the tap: bytes both ways, each shown to the watch before it goes on.

use super::watch::Watch;
use crate::limits::CONNECT_TIMEOUT;
use crate::stream::Stream;
use crate::transcript::{Book, Ended};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The buffer of one direction, in bytes.
const BUFFER: usize = 64 * 1024;

/// What all connections of a tap know.
pub(super) struct Relay {
    /// `host:port`.
    pub(super) proxy: String,
    pub(super) book: Arc<Book>,
}

impl Relay {
    /// Serves one connection to its end.
    pub(super) async fn serve(self: Arc<Self>, socket: TcpStream, peer: SocketAddr) {
        let page = self.book.open(peer);
        let _closer = page.closer();
        let reached = timeout(CONNECT_TIMEOUT, TcpStream::connect(&self.proxy)).await;
        let proxy = match reached.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(proxy) => proxy,
            Err(error) => {
                let why = format!("the proxy {} cannot be reached: {error}", self.proxy);
                return page.ended(Ended::Unreachable(why));
            }
        };
        // Without it small requests wait for delayed acknowledgements; a socket that refuses is only slower.
        let _ = proxy.set_nodelay(true);
        let watch = Mutex::new(Watch::new(page.clone()));
        let client = Stream::new(socket, page.clone());
        let fuse = client.fuse();
        let (mut from_client, mut to_client) = tokio::io::split(client);
        let (mut from_proxy, mut to_proxy) = proxy.into_split();
        // Who ends first has ended it.
        let up = pass(&mut from_client, &mut to_proxy, |bytes| {
            if bytes.is_empty() {
                page.ended(Ended::ByClient);
            }
            locked(&watch).client(bytes);
        });
        let down = pass(&mut from_proxy, &mut to_client, |bytes| {
            if bytes.is_empty() {
                page.ended(Ended::ByProxy);
            }
            locked(&watch).proxy(bytes);
        });
        if tokio::try_join!(up, down).is_err() {
            // The one that is left sees an abortive end as one.
            fuse.reset();
            let _ = to_client.shutdown().await;
            if let Ok(proxy) = to_proxy.reunite(from_proxy) {
                let _ = proxy.set_zero_linger();
            }
        }
    }
}

fn locked(watch: &Mutex<Watch>) -> std::sync::MutexGuard<'_, Watch> {
    watch.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes on what comes from `from` until its end, which is passed on too, and shows it to `see` first: nothing for the end.
async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    see: impl Fn(&[u8]),
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = from.read(&mut buffer).await?;
        let bytes = buffer.get(..count).unwrap_or_default();
        see(bytes);
        if bytes.is_empty() {
            // A side that is gone already needs not be told.
            let _ = to.shutdown().await;
            return Ok(());
        }
        to.write_all(bytes).await?;
        to.flush().await?;
    }
}
