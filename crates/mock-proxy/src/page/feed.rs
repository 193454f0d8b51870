//! What happens, to every browser that looks on.

use super::reply;
use crate::body::{AnyBody, BoxError};
use crate::transcript::{Event, Secrets, Transcript};
use bytes::Bytes;
use http::{Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Browsers that look on at a time.
const MAX_STREAMS: usize = 16;
/// Events that wait for a browser. One that is slower is cut off; it comes back, and gets everything anew.
const MAX_WAITING: usize = 1_024;

/// Those who look on.
#[derive(Debug, Default)]
pub(crate) struct Feed(Mutex<Vec<Sender<Bytes>>>);

impl Feed {
    /// Tells all that `event` has happened.
    pub(crate) fn tell(&self, event: &Event) {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if streams.is_empty() {
            return;
        }
        let line = Bytes::from(event.to_json(Secrets::LeftOut) + "\n");
        streams.retain(|stream| stream.try_send(line.clone()).is_ok());
    }

    /// What happened so far, and from then on what happens: a line of JSON each. What happens meanwhile may be told twice.
    pub(super) fn stream(&self, so_far: impl FnOnce() -> Transcript) -> Response<AnyBody> {
        let receiver = {
            let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            streams.retain(|stream| !stream.is_closed());
            if streams.len() >= MAX_STREAMS {
                let sentence = "Too many pages look on. Close one of them.";
                return reply::problem(StatusCode::SERVICE_UNAVAILABLE, sentence);
            }
            let (sender, receiver) = channel(MAX_WAITING);
            streams.push(sender);
            receiver
        };
        // Only now: nothing that happens in between is lost.
        let text = so_far().to_jsonl(Secrets::LeftOut);
        let lines = Lines { first: Some(Bytes::from(text)), then: receiver };
        reply::of("application/jsonl", lines.boxed_unsync())
    }
}

/// The body of a stream.
struct Lines {
    first: Option<Bytes>,
    then: Receiver<Bytes>,
}

impl Body for Lines {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.then.poll_recv(cx).map(|line| line.map(|line| Ok(Frame::data(line))))
    }
}
