//! Accepting connections, a bounded number at a time.

use crate::limits::IDLE_TIMEOUT;
use crate::transcript::{Ended, Page};
use gatepass_http::limits::{MAX_FIELDS, MAX_HEAD};
use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How long accepting rests after it failed, as it does when the process is out of descriptors: until some are free again,
/// trying at once would only keep a core busy.
const REST: Duration = Duration::from_millis(50);

/// Accepts for ever, up to `limit` connections at a time. Each is served by a task of its own, so that a panic ends that
/// connection only.
pub(crate) async fn accept<F>(listener: TcpListener, limit: usize, serve: impl Fn(TcpStream, SocketAddr) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let slots = Arc::new(Semaphore::new(limit));
    loop {
        // The semaphore is never closed, so that there is nothing to do about an error but to accept without a slot.
        let slot = slots.clone().acquire_owned().await.ok();
        match listener.accept().await {
            Ok((socket, peer)) => {
                let serving = serve(socket, peer);
                tokio::spawn(async move {
                    let _slot = slot;
                    serving.await;
                });
            }
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}

/// How HTTP is spoken to clients, within the limits.
pub(crate) fn http() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .max_header_size(MAX_HEAD)
        .max_headers(MAX_FIELDS)
        .half_close(true)
        .title_case_headers(true);
    builder
}

/// Writes down why HTTP gave up a connection, where the stream cannot know.
pub(crate) fn note_end(page: &Page, error: &hyper::Error) {
    if error.is_parse() {
        page.ended(Ended::Garbage(error.to_string()));
    } else if error.is_timeout() {
        page.ended(Ended::Silent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::mpsc;

    #[tokio::test]
    async fn connections_beyond_the_limit_wait_their_turn_even_after_a_panic() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (served, mut started) = mpsc::unbounded_channel();
        tokio::spawn(accept(listener, 2, move |mut socket, _| {
            let served = served.clone();
            async move {
                served.send(()).unwrap();
                assert_ne!(socket.read_u8().await.unwrap(), b'!', "as this test wants it");
            }
        }));
        let mut first = TcpStream::connect(address).await.unwrap();
        let _second = TcpStream::connect(address).await.unwrap();
        let _third = TcpStream::connect(address).await.unwrap();
        started.recv().await.unwrap();
        started.recv().await.unwrap();
        // Whatever could still happen on this one thread happens before the task comes round again.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(started.try_recv().is_err(), "two are served");
        first.write_all(b"!").await.unwrap();
        started.recv().await.unwrap();
    }
}
