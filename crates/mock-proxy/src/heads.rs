//! Request heads, examined before HTTP takes over.
//!
//! HTTP's own parser answers a head that it cannot read with a bare 400. A test peer owes more: this stands between the byte
//! stream and HTTP, lets complete heads and their bodies through, and stops at anything else, so that the client can be
//! told what was wrong with it and where.
//!
//! ```text
//! Head ──complete──▶ Pass(head and body) ──all passed──▶ Head
//!   │                     body of unknown length: Rest, from then on HTTP is on its own
//!   └──defect──▶ the end, as HTTP sees it
//! ```

use crate::defect::{Defect, examine};
use crate::limits::HEAD_TIMEOUT;
use crate::stream::Stream;
use bytes::{Buf, BytesMut};
use gatepass_http::limits::MAX_HEAD;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Heads up to this size are examined at every read, longer ones at each line: the work stays in proportion to what comes.
const EXAMINE_ALWAYS: usize = 1_024;

/// How many bytes are read at a time.
const CHUNK: usize = 16 * 1024;

#[derive(Debug)]
enum State {
    Head,
    Pass(u64),
    Rest,
}

/// A stream on whose way to HTTP the heads are examined.
#[derive(Debug)]
pub(crate) struct Heads {
    stream: Stream,
    received: BytesMut,
    state: State,
    /// Runs while a head is not complete.
    timer: Option<Pin<Box<Sleep>>>,
    defect: Option<Defect>,
}

impl Heads {
    /// The first head must come in time; later ones from their first byte on.
    pub(crate) fn new(stream: Stream) -> Self {
        let timer = Some(Box::pin(tokio::time::sleep(HEAD_TIMEOUT)));
        Self { stream, received: BytesMut::new(), state: State::Head, timer, defect: None }
    }

    /// The stream, with what was not let through in front; how many bytes that is; and what was wrong, if anything was.
    pub(crate) fn into_parts(mut self) -> (Stream, usize, Option<Defect>) {
        self.stream.unread(&self.received);
        (self.stream, self.received.len(), self.defect)
    }

    /// Looks for a complete head in what was received, of which the last `fresh` bytes are new.
    fn look(&mut self, fresh: usize) -> Result<(), Defect> {
        let length = self.received.len();
        let line_ended = self.received.iter().rev().take(fresh).any(|byte| *byte == b'\n');
        if length > EXAMINE_ALWAYS && length <= MAX_HEAD && !line_ended {
            return Ok(());
        }
        let Some(head) = examine(&self.received)? else {
            return if length > MAX_HEAD { Err(Defect::TooLong) } else { Ok(()) };
        };
        if head.length > MAX_HEAD {
            return Err(Defect::TooLong);
        }
        let mut passing = head.length as u64;
        if head.keeps_by_proxy_connection {
            passing += self.keep_alive();
        }
        self.timer = None;
        self.state = head.body.map_or(State::Rest, |body| State::Pass(passing.saturating_add(body)));
        Ok(())
    }

    /// Says `Connection: keep-alive` for a client that says so in `Proxy-Connection` only: real proxies honour it (Squid does,
    /// and `curl --proxy1.0` needs it), HTTP's parser does not know it. Returns how many bytes that took.
    fn keep_alive(&mut self) -> u64 {
        const FIELD: &[u8] = b"Connection: keep-alive\r\n";
        // Empty lines may stand before the request line.
        let start = self.received.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or_default();
        let line = self.received.iter().skip(start).position(|byte| *byte == b'\n');
        let behind = self.received.split_off(line.map_or(0, |end| start + end + 1));
        self.received.extend_from_slice(FIELD);
        self.received.unsplit(behind);
        FIELD.len() as u64
    }

    /// What is wrong with what came so far, now that nothing more comes: nothing, between two requests.
    fn cut(&self) -> Option<Defect> {
        (matches!(self.state, State::Head) && !self.received.is_empty())
            .then_some(Defect::Cut(self.received.len()))
    }

    fn expire(&self) -> Defect {
        if self.received.is_empty() { Defect::Silent } else { Defect::Timeout }
    }
}

impl AsyncRead for Heads {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let mut fresh = this.received.len();
        while this.defect.is_none() {
            let allowed = match this.state {
                State::Head => 0,
                State::Pass(left) => this.received.len().min(usize::try_from(left).unwrap_or(usize::MAX)),
                State::Rest => this.received.len(),
            };
            if allowed > 0 {
                let count = allowed.min(buf.remaining());
                buf.put_slice(&this.received[..count]);
                this.received.advance(count);
                if let State::Pass(left) = &mut this.state {
                    *left -= count as u64;
                    if *left == 0 {
                        this.state = State::Head;
                    }
                }
                return Poll::Ready(Ok(()));
            }
            if matches!(this.state, State::Head) && !this.received.is_empty() {
                this.defect = this.look(fresh).err();
                if this.defect.is_some() || !matches!(this.state, State::Head) {
                    continue;
                }
                this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(HEAD_TIMEOUT)));
            }
            let mut chunk = [0; CHUNK];
            let mut chunk = ReadBuf::new(&mut chunk);
            match Pin::new(&mut this.stream).poll_read(cx, &mut chunk) {
                Poll::Ready(result) => result?,
                Poll::Pending => {
                    let Some(timer) = &mut this.timer else { return Poll::Pending };
                    ready!(timer.as_mut().poll(cx));
                    this.defect = Some(this.expire());
                    continue;
                }
            }
            fresh = chunk.filled().len();
            if fresh == 0 {
                this.defect = this.cut();
                return Poll::Ready(Ok(()));
            }
            this.received.extend_from_slice(chunk.filled());
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Heads {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
