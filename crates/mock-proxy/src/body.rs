//! Bodies: the ones that the mock makes, the ones that it passes on, and the counting of both.

use crate::limits::CONTINUE_TIMEOUT;
use crate::transcript::Entry;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, ready};
use tokio::sync::oneshot;

/// Whatever goes wrong in a body.
pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;
/// Every body that is sent.
pub(crate) type AnyBody = UnsyncBoxBody<Bytes, BoxError>;

/// A body of these bytes.
pub(crate) fn full(bytes: impl Into<Bytes>) -> AnyBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A direction of an exchange, for counting.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Direction {
    Request,
    Response,
}

/// A body whose bytes are written down as they pass.
#[derive(Debug)]
pub(crate) struct Counted<B> {
    body: B,
    entry: Entry,
    direction: Direction,
}

impl<B> Counted<B> {
    pub(crate) const fn new(body: B, entry: Entry, direction: Direction) -> Self {
        Self { body, entry, direction }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Counted<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(data)) = frame.as_ref().map(|frame| frame.as_ref().map(Frame::data_ref)) {
            let count = data.map_or(0, |data| data.len() as u64);
            let direction = self.direction;
            self.entry.update(|exchange| match direction {
                Direction::Request => exchange.request_body += count,
                Direction::Response => exchange.response_body += count,
            });
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body that is not touched before the origin has said `100 Continue`, or nothing for a while.
///
/// Touching it is what makes our own side send `100 Continue`, so the client uploads only what the origin wants.
#[derive(Debug)]
pub(crate) struct Held<B> {
    body: B,
    gate: Option<(oneshot::Receiver<()>, Pin<Box<tokio::time::Sleep>>)>,
}

impl<B> Held<B> {
    /// `body`, held until something is sent through the channel (or its other end is dropped).
    pub(crate) fn new(body: B, released: oneshot::Receiver<()>) -> Self {
        Self { body, gate: Some((released, Box::pin(tokio::time::sleep(CONTINUE_TIMEOUT)))) }
    }

    /// `body`, free from the beginning.
    pub(crate) const fn free(body: B) -> Self {
        Self { body, gate: None }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Held<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if let Some((released, timeout)) = &mut self.gate {
            if Pin::new(released).poll(cx).is_pending() {
                ready!(timeout.as_mut().poll(cx));
            }
            self.gate = None;
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The period of the pattern: a prime, so that a block lost or repeated shows.
const PERIOD: u8 = 251;
/// 64,256 bytes of it, which is a whole number of periods.
static PATTERN: LazyLock<Bytes> = LazyLock::new(|| (0..PERIOD).cycle().take(251 * 256).collect());

/// So many bytes of a known pattern, made as they are sent: the byte at position `i` is `i mod 251`.
#[derive(Debug)]
pub(crate) struct Pattern(u64);

impl Pattern {
    pub(crate) const fn new(length: u64) -> Self {
        Self(length)
    }
}

impl Body for Pattern {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let block = &*PATTERN;
        let count = usize::try_from(self.0).map_or(block.len(), |left| left.min(block.len()));
        if count == 0 {
            return Poll::Ready(None);
        }
        self.0 -= count as u64;
        Poll::Ready(Some(Ok(Frame::data(block.slice(..count)))))
    }

    fn is_end_stream(&self) -> bool {
        self.0 == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0)
    }
}

/// A body that says nothing of its length, so that HTTP sends it in chunks.
#[derive(Debug)]
pub(crate) struct Unsized<B>(pub(crate) B);

impl<B: Body<Data = Bytes> + Unpin> Body for Unsized<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }
}

/// Reads `body` to its end and forgets it. The connection stays usable after an answer that did not want the body; when the
/// connection ends, so does this.
pub(crate) async fn discard<B: Body + Unpin>(mut body: B) {
    while let Some(Ok(_)) = body.frame().await {}
}
