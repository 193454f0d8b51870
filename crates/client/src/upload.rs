//! The body of a request, which goes out once, and only when it is let.
//!
//! ```text
//! Unsent --a gate that is open takes it--> Started --its end--> Finished
//! ```
//! Each leg that may carry the body gets a [`Gate`], which yields nothing before it is opened: on `100 Continue`, or
//! when the peer has been silent for long enough. A final status that comes first locks the gate: the body is still
//! there, whole, for another leg on another connection.

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Source = UnsyncBoxBody<Bytes, BoxError>;

/// How far the body has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Unsent,
    Started,
    Finished,
}

struct Slot {
    source: Option<Source>,
    progress: Progress,
}

/// The body of a request.
#[derive(Clone)]
pub(crate) struct Upload {
    slot: Arc<Mutex<Slot>>,
    hint: SizeHint,
}

impl Upload {
    /// The upload of `body`, or `None` when there is nothing in it.
    pub(crate) fn new<B>(body: B) -> Option<Self>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        if body.is_end_stream() {
            return None;
        }
        let hint = body.size_hint();
        let source = body
            .map_frame(|frame| {
                frame.map_data(|mut data| {
                    let length = data.remaining();
                    data.copy_to_bytes(length)
                })
            })
            .map_err(Into::into)
            .boxed_unsync();
        Some(Self {
            slot: Arc::new(Mutex::new(Slot { source: Some(source), progress: Progress::Unsent })),
            hint,
        })
    }

    /// Its length in bytes, where it is known.
    pub(crate) fn length(&self) -> Option<u64> {
        self.hint.exact()
    }

    pub(crate) fn progress(&self) -> Progress {
        lock(&self.slot).progress
    }

    /// A gate for one leg, closed.
    pub(crate) fn gate(&self) -> (Gate, Latch) {
        let latch = Latch(Arc::new(Mutex::new(Valve { state: State::Closed, waiting: None })));
        (Gate::Held { upload: self.clone(), latch: latch.clone(), source: None }, latch)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open,
    Locked,
}

struct Valve {
    state: State,
    waiting: Option<Waker>,
}

/// What opens the [`Gate`] of a leg.
#[derive(Clone)]
pub(crate) struct Latch(Arc<Mutex<Valve>>);

impl Latch {
    /// Lets the body go, unless the gate is locked.
    pub(crate) fn open(&self) {
        let mut valve = lock(&self.0);
        if valve.state == State::Closed {
            valve.state = State::Open;
            if let Some(waiting) = valve.waiting.take() {
                waiting.wake();
            }
        }
    }

    /// Keeps the body here for good, unless it is already on its way.
    pub(crate) fn lock(&self) {
        let mut valve = lock(&self.0);
        if valve.state == State::Closed {
            valve.state = State::Locked;
        }
    }
}

/// What hyper sends as the body of one leg.
pub(crate) enum Gate {
    Empty,
    Held { upload: Upload, latch: Latch, source: Option<Source> },
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Gate(empty)",
            Self::Held { .. } => "Gate(..)",
        })
    }
}

impl Body for Gate {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self::Held { upload, latch, source } = self.get_mut() else { return Poll::Ready(None) };
        if source.is_none() {
            let mut valve = lock(&latch.0);
            if valve.state != State::Open {
                valve.waiting = Some(cx.waker().clone());
                return Poll::Pending;
            }
            let mut slot = lock(&upload.slot);
            *source = slot.source.take();
            slot.progress = Progress::Started;
        }
        let Some(body) = source else { return Poll::Ready(Some(Err("the body is sent once only".into()))) };
        let polled = Pin::new(&mut *body).poll_frame(cx);
        let ended = matches!(polled, Poll::Ready(None))
            || matches!(polled, Poll::Ready(Some(Ok(_)))) && body.is_end_stream();
        if ended {
            lock(&upload.slot).progress = Progress::Finished;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Held { source, .. } => source.as_ref().is_some_and(Body::is_end_stream),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Held { upload, source, .. } => source.as_ref().map_or_else(|| upload.hint, Body::size_hint),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Full;

    fn poll(gate: &mut Gate) -> Poll<Option<Bytes>> {
        let mut cx = Context::from_waker(Waker::noop());
        Pin::new(gate).poll_frame(&mut cx).map(|frame| frame.map(|frame| frame.unwrap().into_data().unwrap()))
    }

    #[test]
    fn f16_a_closed_gate_yields_nothing_and_an_open_one_the_whole_body_once() {
        let upload = Upload::new(Full::new(Bytes::from_static(b"body"))).unwrap();
        let (mut first, latch) = upload.gate();
        assert_eq!((upload.length(), first.size_hint().exact()), (Some(4), Some(4)));
        assert_eq!(poll(&mut first), Poll::Pending);
        latch.lock();
        latch.open();
        assert_eq!(poll(&mut first), Poll::Pending);
        assert_eq!(upload.progress(), Progress::Unsent);

        let (mut second, latch) = upload.gate();
        latch.open();
        assert_eq!(poll(&mut second), Poll::Ready(Some(Bytes::from_static(b"body"))));
        assert_eq!(upload.progress(), Progress::Finished);

        let (mut third, latch) = upload.gate();
        latch.open();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(matches!(Pin::new(&mut third).poll_frame(&mut cx), Poll::Ready(Some(Err(_)))));
    }

    #[test]
    fn a_body_with_nothing_in_it_is_no_upload() {
        assert!(Upload::new(Full::new(Bytes::new())).is_none());
        assert!(Upload::new(http_body_util::Empty::<Bytes>::new()).is_none());
    }
}
