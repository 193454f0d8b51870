//! Accepting connections, a bounded number at a time.

use crate::limits::{IDLE_TIMEOUT, MAX_OPEN};
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

/// Accepts for ever. Each connection is served by a task of its own, so that a panic ends that connection only.
pub(crate) async fn accept<F>(listener: TcpListener, serve: impl Fn(TcpStream, SocketAddr) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let slots = Arc::new(Semaphore::new(MAX_OPEN));
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
