//! The byte stream of a connection: whatever carries HTTP, as one type.

use bytes::Bytes;
use std::{
    fmt,
    io::{self, ErrorKind},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::watch,
    time::{Instant, Sleep, sleep_until},
};

/// What a connection is made of: TCP, TLS over TCP, TLS over TLS…
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A byte stream of any make.
pub(crate) type Wire = Box<dyn Stream>;

/// When the head that is being read began: `None` while nothing of it has come.
#[derive(Clone, Debug)]
pub(crate) struct HeadClock(watch::Sender<Option<Instant>>);

impl HeadClock {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// A new head is awaited.
    pub(crate) fn rearm(&self) {
        self.0.send_replace(None);
    }

    /// Whether a byte came since the last [`rearm`](Self::rearm).
    pub(crate) fn is_running(&self) -> bool {
        self.0.borrow().is_some()
    }

    fn start(&self) {
        self.0.send_if_modified(|started| {
            let first = started.is_none();
            started.get_or_insert_with(Instant::now);
            first
        });
    }

    /// Returns when a head has taken longer than `limit` from its first byte.
    pub(crate) async fn overrun(&self, limit: Duration) {
        let mut heads = self.0.subscribe();
        loop {
            let started = *heads.borrow_and_update();
            let end = async {
                match started {
                    Some(start) => sleep_until(crate::timeouts::after(start, limit)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = end => return,
                changed = heads.changed() => if changed.is_err() { return std::future::pending().await },
            }
        }
    }
}

/// A wire that ends with [`ErrorKind::TimedOut`] when it rests for too long, and that starts the clock of a head.
pub(crate) struct Watched {
    wire: Wire,
    heads: HeadClock,
    idle: Duration,
    last: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl Watched {
    pub(crate) fn new(wire: Wire, heads: HeadClock, idle: Duration) -> Self {
        let last = Instant::now();
        let alarm = Box::pin(sleep_until(crate::timeouts::after(last, idle)));
        Self { wire, heads, idle, last, alarm }
    }

    pub(crate) fn into_wire(self) -> Wire {
        self.wire
    }

    /// The alarm is set anew only when it rings: traffic costs a look at the clock, and no timer.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.alarm.as_mut().poll(cx));
            let due = crate::timeouts::after(self.last, self.idle);
            if due <= Instant::now() {
                return Poll::Ready(io::Error::new(ErrorKind::TimedOut, "no byte for too long"));
            }
            self.alarm.as_mut().reset(due);
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        match pin!(&mut this.wire).poll_read(cx, buf) {
            Poll::Ready(result) => {
                this.last = Instant::now();
                if buf.filled().len() > before {
                    this.heads.start();
                }
                Poll::Ready(result)
            }
            Poll::Pending => this.poll_rest(cx).map(Err),
        }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(pin!(&mut this.wire).poll_write(cx, buf));
        this.last = Instant::now();
        Poll::Ready(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(pin!(&mut this.wire).poll_write_vectored(cx, bufs));
        this.last = Instant::now();
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pin!(&mut self.get_mut().wire).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pin!(&mut self.get_mut().wire).poll_shutdown(cx)
    }
}

/// The bytes between here and a host, raw: what a proxy carries after CONNECT, or a TCP connection where no proxy stands
/// between.
///
/// It is half-closed by `shutdown`, and goes on being readable. What the far side sent right behind the proxy's head is
/// read first.
pub struct Tunnel {
    early: Bytes,
    wire: Wire,
}

impl Tunnel {
    pub(crate) fn new(early: Bytes, wire: Wire) -> Self {
        Self { early, wire }
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tunnel(..)")
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.early.is_empty() {
            return pin!(&mut this.wire).poll_read(cx, buf);
        }
        let length = this.early.len().min(buf.remaining());
        buf.put_slice(&this.early.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        pin!(&mut self.get_mut().wire).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        pin!(&mut self.get_mut().wire).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pin!(&mut self.get_mut().wire).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pin!(&mut self.get_mut().wire).poll_shutdown(cx)
    }
}
