//! The body of a response, streamed.

use crate::{
    Error, ErrorKind, Phase,
    dance::Lane,
    error::cause,
    link::is_idle,
    store::{Store, Way},
    upload::Upload,
};
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// The body of a response. Its connection closes when it is dropped before its end, and is kept for the next request when it
/// was read to the end.
///
/// Nothing is decoded: a `Content-Encoding` stays as it is. A body that breaks off ends in an error
/// ([`ErrorKind::Download`]), never in a quiet end.
pub struct Body {
    incoming: Incoming,
    connection: Option<Connection>,
}

/// The connection that the body comes over, and where it goes afterwards.
pub(crate) struct Connection {
    pub(crate) lane: Lane,
    pub(crate) keep: Option<(Arc<Store>, Way)>,
    /// The request's body, which may still be on its way.
    pub(crate) upload: Option<Upload>,
}

impl Body {
    pub(crate) fn new(incoming: Incoming, connection: Connection) -> Self {
        let mut body = Self { incoming, connection: Some(connection) };
        if body.incoming.is_end_stream() {
            body.finish();
        }
        body
    }

    /// The next piece of the body, or `None` at its end. Trailers are skipped.
    ///
    /// # Errors
    /// [`ErrorKind::Download`], or [`ErrorKind::Timeout`] when nothing came for [`Timeouts::idle`](crate::Timeouts::idle).
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        while let Some(frame) = self.frame().await {
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// The whole rest of the body, when it has at most `limit` bytes.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk); [`ErrorKind::Limit`] when it has more.
    pub async fn read_to_end(mut self, limit: usize) -> Result<Bytes, Error> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if chunk.len() > limit.saturating_sub(bytes.len()) {
                let side = self
                    .connection
                    .as_ref()
                    .map_or(crate::Side::Origin, |connection| connection.lane.link.side);
                return Err(Error::new(
                    ErrorKind::Limit(side),
                    format!("the body has more than {limit} bytes"),
                ));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.into())
    }

    fn finish(&mut self) {
        let Some(Connection { lane, keep: Some((store, way)), upload }) = self.connection.take() else {
            return;
        };
        if upload.is_none_or(|upload| upload.progress() == crate::upload::Progress::Finished) {
            store.put(way, lane);
        }
    }

    fn broken(&mut self, error: hyper::Error) -> Error {
        let place = match self.connection.take() {
            Some(connection) => {
                format!("{} {}", connection.lane.link.side, connection.lane.link.place.authority())
            }
            None => "the peer".to_owned(),
        };
        if is_idle(&error) {
            let text = format!("{place} stopped sending in the middle of the response; try again");
            return Error::new(ErrorKind::Timeout(Phase::Idle), text).because(error);
        }
        let text = format!(
            "{place} broke off in the middle of the response ({}); what came is not all",
            cause(&error)
        );
        Error::new(ErrorKind::Download, text).because(error)
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match ready!(Pin::new(&mut self.incoming).poll_frame(cx)) {
            Some(Ok(frame)) => {
                if self.incoming.is_end_stream() {
                    self.finish();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => Poll::Ready(Some(Err(self.broken(error)))),
            None => {
                self.finish();
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({:?} bytes)", self.incoming.size_hint().exact())
    }
}
