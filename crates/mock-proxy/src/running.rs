//! A mock proxy at work.

use crate::authority::ORIGIN_HOST;
use crate::controls::Controls;
use crate::fault::Planned;
use crate::script::Script;
use crate::transcript::{Book, Log, Observers};
use crate::{Error, Place, Transcript};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// The two books of a mock proxy.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    pub(crate) proxy: Arc<Book>,
    pub(crate) origin: Arc<Book>,
}

impl Books {
    pub(crate) fn new(observers: &Observers) -> Self {
        let book = |place| Arc::new(Book::new(place, observers.clone()));
        Self { proxy: book(Place::Proxy), origin: book(Place::Origin) }
    }

    pub(crate) fn transcript(&self) -> Transcript {
        let (proxy, origin): (Log, Log) = (self.proxy.log(), self.origin.log());
        Transcript::new(proxy, origin)
    }
}

/// A mock proxy that was started. It works on a thread of its own, so that it serves tests that block as well as
/// asynchronous ones. Dropping it ends it: when `drop` returns, the ports are free and every connection is closed.
pub struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) controls: Arc<Controls>,
    #[cfg(feature = "page")]
    pub(crate) page_url: Option<String>,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) thread: Option<JoinHandle<()>>,
}

impl Running {
    /// The URL of the proxy, as clients want it: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of the proxy.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The embedded origin over http, by the name under which the proxy knows it: `http://origin.test/`.
    #[must_use]
    pub fn origin_url(&self) -> String {
        format!("http://{ORIGIN_HOST}/")
    }

    /// The embedded origin over https, by the name under which the proxy knows it: `https://origin.test/`.
    #[must_use]
    pub fn secure_origin_url(&self) -> String {
        format!("https://{ORIGIN_HOST}/")
    }

    /// Where the embedded origin speaks http, for a client that goes there without the proxy.
    #[must_use]
    pub fn origin_address(&self) -> SocketAddr {
        self.controls.routes().plain
    }

    /// Where the embedded origin speaks https, for a client that goes there without the proxy. Its certificate is good for
    /// `origin.test`, `localhost`, `127.0.0.1` and `::1`.
    #[must_use]
    pub fn secure_origin_address(&self) -> SocketAddr {
        self.controls.routes().secure
    }

    /// The certificate, in PEM, of the CA that a client must trust to speak https with the embedded origin. It was made for
    /// this mock proxy alone.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.controls.ca_pem()
    }

    /// The faults that were planned, at the proxy and at the origin, and have not happened. A test that scripts a fault and
    /// never reaches it proves nothing: see [`assert_all_faults_happened`](Self::assert_all_faults_happened).
    #[must_use]
    pub fn unreached_faults(&self) -> Vec<Planned> {
        [Place::Proxy, Place::Origin]
            .iter()
            .flat_map(|place| self.controls.plan(*place).unreached())
            .collect()
    }

    /// # Panics
    /// When a fault was planned and has not happened; the transcript is in the text.
    pub fn assert_all_faults_happened(&self) {
        let names: Vec<_> = self.unreached_faults().iter().map(ToString::to_string).collect();
        assert!(names.is_empty(), "never reached: {}\n{}", names.join(", "), self.transcript());
    }

    /// What goes wrong at the proxy, as planned now.
    #[must_use]
    pub fn faults(&self) -> Vec<Planned> {
        self.controls.plan(Place::Proxy).faults()
    }

    /// Other faults at the proxy from now on; what was counted is forgotten.
    ///
    /// # Errors
    /// [`Error::Fault`] for one in a leg in which it cannot happen; then nothing changes.
    pub fn set_faults(&self, faults: Vec<Planned>) -> Result<(), Error> {
        match faults.iter().find(|planned| !planned.is_possible(Place::Proxy)) {
            Some(planned) => Err(Error::Fault(planned.clone())),
            None => {
                self.controls.plan(Place::Proxy).replace(faults);
                Ok(())
            }
        }
    }

    /// Another script in place of the one that [`MockProxy::script`](crate::MockProxy::script) was given: its faults at once, the
    /// rest for connections that are accepted from now on. What was said before that script stays, and so does the transcript.
    ///
    /// # Errors
    /// As of `MockProxy::script`, and [`Error::Fault`]; then nothing changes.
    pub fn set_script(&self, script: &Script) -> Result<(), Error> {
        self.controls.follow(script)
    }

    /// Where a browser finds the [web page](crate::MockProxy::page), if there is one. The address has a secret in it: who knows it
    /// can read what happens and change the script.
    #[cfg(feature = "page")]
    #[must_use]
    pub fn page_url(&self) -> Option<&str> {
        self.page_url.as_deref()
    }

    /// What happened so far.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        self.controls.books().transcript()
    }

    /// Ends the mock proxy and says what happened.
    #[must_use]
    pub fn finish(mut self) -> Transcript {
        end(&mut self.stop, &mut self.thread);
        self.controls.books().transcript()
    }
}

/// Ends the thread that serves, if it has not ended.
pub(crate) fn end(stop: &mut Option<oneshot::Sender<()>>, thread: &mut Option<JoinHandle<()>>) {
    if let Some(stop) = stop.take() {
        // Fails only when the thread is over already.
        let _ = stop.send(());
    }
    if let Some(thread) = thread.take() {
        // A panic of that thread has been reported where it happened.
        let _ = thread.join();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        end(&mut self.stop, &mut self.thread);
    }
}

/// The addresses.
impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("address", &self.address)
            .field("origin_address", &self.controls.routes().plain)
            .field("secure_origin_address", &self.controls.routes().secure)
            .finish_non_exhaustive()
    }
}
