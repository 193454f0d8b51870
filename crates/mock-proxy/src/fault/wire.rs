//! Faults in the bytes of a response: the stream under HTTP, bent from one response to the next.
//!
//! ```text
//! Plain ──order──▶ Head ──head complete──▶ Body ──its last byte──▶ Body, with nothing more to bend
//!   ▲                │                       │
//!   └── next order ──┴───────────────────────┴──limit reached──▶ Over (closed, reset, silent)
//! ```
//! HTTP asks for one response at a time and hands it over whole before it asks for the next, so an order that comes belongs to
//! the bytes that follow it.

use super::Fault;
use super::head::Head;
use crate::personality::Dress;
use crate::stream::Fuse;
use crate::transcript::Entry;
use bytes::{Buf as _, BytesMut};
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// A record of TLS with the fatal alert handshake_failure (RFC 8446 5.1 and 6.2).
const HANDSHAKE_FAILURE: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

/// What shall happen to the bytes of one response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    /// How its head looks.
    pub(crate) dress: Option<Dress>,
    /// What goes wrong.
    pub(crate) faults: Vec<Fault>,
    /// Where the head is written down as it goes out.
    pub(crate) entry: Option<Entry>,
}

/// The order for the next response. Copies give orders to the same stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders(Arc<Mutex<Option<Order>>>);

impl Orders {
    /// `order` is for the next response.
    pub(crate) fn next(&self, order: Order) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(order);
    }

    fn take(&self) -> Option<Order> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// How the sending side ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Close,
    Reset,
    HalfClose,
    Hang,
}

#[derive(Debug)]
enum Phase {
    Plain,
    Head(BytesMut),
    /// So many bytes of the body are still to come, where that is known.
    Body(Option<u64>),
    /// Past a CONNECT: no head, no length.
    Tunnel,
    Over(End),
}

/// A stream whose sending side goes wrong on order.
#[derive(Debug)]
pub(crate) struct Faulty<S> {
    stream: S,
    fuse: Fuse,
    orders: Orders,
    phase: Phase,
    dress: Option<Dress>,
    faults: Vec<Fault>,
    entry: Option<Entry>,
    /// Bytes that are still allowed, and what comes then.
    limit: Option<(u64, End)>,
    piece: Option<(usize, Duration)>,
    /// Bent, and not sent yet.
    queue: BytesMut,
    pause: Option<Pin<Box<Sleep>>>,
    shut: bool,
}

impl<S> Faulty<S> {
    /// `stream`, whose connection `fuse` resets, at the orders of `orders`.
    pub(crate) fn new(stream: S, fuse: Fuse, orders: Orders) -> Self {
        Self {
            stream,
            fuse,
            orders,
            phase: Phase::Plain,
            dress: None,
            faults: Vec::new(),
            entry: None,
            limit: None,
            piece: None,
            queue: BytesMut::new(),
            pause: None,
            shut: false,
        }
    }

    /// The stream, without what may still be queued.
    pub(crate) fn into_inner(self) -> S {
        self.stream
    }

    /// `stream` as the client's end of a tunnel, in which these go wrong from the first byte on.
    pub(crate) fn tunnel(stream: S, fuse: Fuse, faults: Vec<Fault>) -> Self {
        let mut faulty = Self::new(stream, fuse, Orders::default());
        faulty.begin(Order { faults, ..Order::default() });
        faulty.phase = Phase::Tunnel;
        for fault in &faulty.faults {
            let instead: &[u8] = match fault {
                Fault::Instead(text) => text.as_bytes(),
                Fault::TlsAlert => &HANDSHAKE_FAILURE,
                Fault::First(text) => {
                    faulty.queue.extend_from_slice(text.as_bytes());
                    continue;
                }
                _ => continue,
            };
            faulty.limit = Some((instead.len() as u64, End::Close));
            faulty.queue.extend_from_slice(instead);
        }
        faulty
    }

    /// Whether a fault has closed it in order.
    pub(crate) const fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Over(End::Close))
    }

    /// Begins what `order` says. Faults that do not concern the bytes are passed over.
    fn begin(&mut self, Order { dress, faults, entry }: Order) {
        (self.limit, self.piece) = (None, None);
        for fault in &faults {
            match fault {
                Fault::Close => self.limit = Some((0, End::Close)),
                Fault::Reset => self.limit = Some((0, End::Reset)),
                Fault::HalfClose => self.limit = Some((0, End::HalfClose)),
                Fault::Hang => self.limit = Some((0, End::Hang)),
                Fault::CloseAfter(bytes) => self.limit = Some((*bytes, End::Close)),
                Fault::ResetAfter(bytes) => self.limit = Some((*bytes, End::Reset)),
                Fault::Delay(seconds) => self.pause = Some(Box::pin(tokio::time::sleep(duration(*seconds)))),
                Fault::Dribble { bytes, seconds } => {
                    let bytes = usize::try_from(*bytes).unwrap_or(usize::MAX).max(1);
                    self.piece = Some((bytes, duration(*seconds)));
                }
                _ => {}
            }
        }
        self.phase = Phase::Head(BytesMut::new());
        (self.dress, self.faults, self.entry) = (dress, faults, entry);
    }

    /// Takes what HTTP writes into the queue, bent.
    fn take(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        if let Phase::Head(head) = &mut self.phase {
            head.extend_from_slice(bytes);
            let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") else { return };
            let body = head.split_off(end + 4);
            let mut head = Head::read(head);
            let length = head.content_length();
            if let Some(dress) = &self.dress {
                dress.put_on(&mut head);
            }
            self.faults.iter().for_each(|fault| head.bend(fault));
            if let Some(entry) = self.entry.take() {
                entry.answered(head.status_line(), head.kept());
            }
            self.queue.extend_from_slice(&head.write());
            self.phase = if self.faults.is_empty() { Phase::Plain } else { Phase::Body(length) };
            self.body(&body);
            rest = &[];
        }
        self.body(rest);
    }

    fn body(&mut self, bytes: &[u8]) {
        self.queue.extend_from_slice(bytes);
        let Phase::Body(left) = &mut self.phase else { return };
        let over = match left {
            Some(left) => {
                *left = left.saturating_sub(bytes.len() as u64);
                *left == 0
            }
            None => self.queue.ends_with(b"\r\n0\r\n\r\n"),
        };
        if over {
            self.phase = Phase::Plain;
            for fault in &self.faults {
                match fault {
                    Fault::Trailing(text) => self.queue.extend_from_slice(text.as_bytes()),
                    Fault::NoLength | Fault::Http10 | Fault::CloseBehind => {
                        self.limit.get_or_insert((self.queue.len() as u64, End::Close));
                    }
                    _ => {}
                }
            }
        }
    }
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

impl<S: AsyncWrite + Unpin> Faulty<S> {
    /// Sends the queue, as far as the faults allow.
    fn poll_queue(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            if let Phase::Over(end) = self.phase {
                return self.poll_over(end, cx);
            }
            if let Some((0, end)) = self.limit
                && (!self.queue.is_empty() || end == End::Close)
            {
                self.queue.clear();
                self.phase = Phase::Over(end);
                continue;
            }
            if self.queue.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let most = self.piece.map_or(usize::MAX, |(bytes, _)| bytes);
            let allowed =
                self.limit.map_or(usize::MAX, |(left, _)| usize::try_from(left).unwrap_or(usize::MAX));
            let count = self.queue.len().min(most).min(allowed);
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.queue[..count]))?;
            self.queue.advance(written);
            if let Some((left, _)) = &mut self.limit {
                *left = left.saturating_sub(written as u64);
            }
            if let Some((_, seconds)) = self.piece {
                // A piece that lies in the kernel's buffer would be joined with the next one.
                ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
                self.pause = Some(Box::pin(tokio::time::sleep(seconds)));
            }
        }
    }

    fn poll_over(&mut self, end: End, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match end {
            End::Close => Poll::Ready(Err(io::Error::other("a fault of the script closes the connection"))),
            End::Reset => {
                self.fuse.reset();
                Poll::Ready(Err(io::Error::other("a fault of the script resets the connection")))
            }
            End::Hang => Poll::Ready(Ok(())),
            End::HalfClose => {
                if !self.shut {
                    ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
                    self.shut = true;
                }
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Faulty<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Faulty<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        // What was bent for the response before goes out first.
        ready!(this.poll_queue(cx))?;
        if !matches!(this.phase, Phase::Over(_))
            && let Some(order) = this.orders.take()
        {
            this.begin(order);
        }
        match this.phase {
            Phase::Over(_) => Poll::Ready(Ok(bytes.len())),
            Phase::Plain if this.limit.is_none() && this.piece.is_none() => {
                Pin::new(&mut this.stream).poll_write(cx, bytes)
            }
            _ => {
                this.take(bytes);
                if let Poll::Ready(result) = this.poll_queue(cx) {
                    result?;
                }
                Poll::Ready(Ok(bytes.len()))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_queue(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !matches!(self.phase, Phase::Over(_)) {
            ready!(self.poll_queue(cx))?;
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
