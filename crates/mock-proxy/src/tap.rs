//! A tap: between a client and a real proxy it passes every byte on as it is, and writes down what both say.

mod framing;
mod relay;
mod watch;

use crate::mock::start::{listen, spawn};
use crate::running::end;
use crate::transcript::{Book, Observers};
use crate::{Error, Event, Place, Transcript, listener};
use relay::Relay;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
pub(crate) use watch::Watch;

/// A tap that is not started yet.
///
/// It speaks no HTTP of its own: where the proxy behind it cannot be reached, the client's connection just ends.
#[derive(Clone)]
#[must_use = "a tap does nothing until it is started"]
pub struct Tap {
    address: SocketAddr,
    proxy: String,
    observers: Observers,
}

impl Tap {
    /// A tap before `proxy` (`host:port`, which speaks plain HTTP), on a free port of 127.0.0.1.
    pub fn before(proxy: impl Into<String>) -> Self {
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        Self { address, proxy: proxy.into(), observers: Observers::default() }
    }

    /// Listening on `address`, which must be a loopback address; port 0 is any free port.
    pub const fn with_address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// As [`MockProxy::observer`](crate::MockProxy::observer).
    pub fn observer(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observers.0.push(Arc::new(observer));
        self
    }

    /// Starts it. When this returns, it accepts connections.
    ///
    /// # Errors
    /// As [`MockProxy::start`](crate::MockProxy::start).
    pub fn start(self) -> Result<Tapping, Error> {
        if !self.address.ip().to_canonical().is_loopback() {
            return Err(Error::NotLoopback(self.address));
        }
        let (listening, address) = listen(self.address)?;
        let book = Arc::new(Book::new(Place::Proxy, self.observers));
        let relay = Arc::new(Relay { proxy: self.proxy, book: book.clone() });
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
        let (stop, stopped) = oneshot::channel();
        let listening = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listening).map_err(Error::Thread)?
        };
        let work = async move {
            let serve = move |socket, peer| relay.clone().serve(socket, peer);
            tokio::select! {
                () = listener::accept(listening, crate::limits::MAX_OPEN, serve) => {}
                _ = stopped => {}
            }
        };
        let thread = spawn(runtime, work)?;
        Ok(Tapping { address, book, stop: Some(stop), thread: Some(thread) })
    }
}

/// Where it listens, and what is behind it.
impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap")
            .field("address", &self.address)
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}

/// A tap at work, on a thread of its own. Dropping it ends it, and every connection through it.
pub struct Tapping {
    address: SocketAddr,
    book: Arc<Book>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Tapping {
    /// The URL of the tap, as a client wants that of a proxy: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What happened so far. There is no origin in it: what goes on in a tunnel stays in it.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        Transcript::new(self.book.log(), crate::Log::default())
    }

    /// Ends the tap and says what happened.
    #[must_use]
    pub fn finish(mut self) -> Transcript {
        end(&mut self.stop, &mut self.thread);
        self.transcript()
    }
}

impl Drop for Tapping {
    fn drop(&mut self) {
        end(&mut self.stop, &mut self.thread);
    }
}

/// The address.
impl fmt::Debug for Tapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tapping").field("address", &self.address).finish_non_exhaustive()
    }
}
