//! The one byte stream through which every accepted connection runs.
//!
//! Nothing above it touches the socket, so what it sees is all there is: it counts the bytes of both directions and notes on
//! the connection's page how it ended. What shall go wrong on the wire goes wrong here, below everything that judges.

use crate::transcript::Page;
use bytes::{Buf, BytesMut};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

/// How long [`close`] waits for a peer that goes on sending.
const LINGER: Duration = Duration::from_secs(1);

/// Resets a connection from above: once it is blown, the connection ends abortively when it is dropped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fuse(Arc<AtomicBool>);

impl Fuse {
    /// Blows it.
    pub(crate) fn reset(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_blown(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// An accepted connection.
#[derive(Debug)]
pub(crate) struct Stream {
    socket: TcpStream,
    fuse: Fuse,
    unread: BytesMut,
    page: Page,
}

impl Stream {
    /// The stream over `socket` whose life is written on `page`.
    pub(crate) fn new(socket: TcpStream, page: Page) -> Self {
        // Without it small answers wait for the peer's delayed acknowledgement; a socket that refuses is only slower.
        let _ = socket.set_nodelay(true);
        Self { socket, fuse: Fuse::default(), unread: BytesMut::new(), page }
    }

    /// What resets it.
    pub(crate) fn fuse(&self) -> Fuse {
        self.fuse.clone()
    }

    /// Puts `bytes`, which were read before, back in front of what is still to be read.
    pub(crate) fn unread(&mut self, bytes: &[u8]) {
        let behind = std::mem::replace(&mut self.unread, BytesMut::from(bytes));
        self.unread.extend_from_slice(&behind);
    }

    /// How many bytes were put back and not read again.
    pub(crate) fn unread_count(&self) -> usize {
        self.unread.len()
    }

    /// Resets the connection, so that the peer sees an abortive end as one.
    pub(crate) fn reset(self) {
        // Where the option is refused the peer sees an orderly end instead.
        let _ = self.socket.set_zero_linger();
    }

    fn note<T>(&self, result: &io::Result<T>) {
        if result.is_err() {
            self.page.note_broken();
        }
    }
}

/// Closes `stream` in order: our end first, then what the peer still sends is thrown away for a while. Closing with unread
/// bytes would reset the connection, and the peer could lose the answer that it has not read yet.
pub(crate) async fn close(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut discarded = vec![0; 16 * 1024];
    let drained = async { while let Ok(1..) = stream.read(&mut discarded).await {} };
    // The peer may never end: that it was given the time is enough.
    let _ = tokio::time::timeout(LINGER, drained).await;
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.unread.is_empty() {
            let count = self.unread.len().min(buf.remaining());
            buf.put_slice(&self.unread[..count]);
            self.unread.advance(count);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let result = std::task::ready!(Pin::new(&mut self.socket).poll_read(cx, buf));
        self.note(&result);
        if result.is_ok() {
            self.page.note_received(buf.filled().len() - before);
        }
        Poll::Ready(result)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = std::task::ready!(Pin::new(&mut self.socket).poll_write(cx, bytes));
        self.note(&result);
        if let Ok(count) = result {
            self.page.note_sent(count);
        }
        Poll::Ready(result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.fuse.is_blown() {
            // Where the option is refused the peer sees an orderly end instead.
            let _ = self.socket.set_zero_linger();
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
