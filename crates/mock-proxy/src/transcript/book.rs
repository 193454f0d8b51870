//! Where the connections write while they live: a page each, in one book a listener.

use super::{Connection, Ended, Exchange, Log};
use crate::Leg;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections kept in a log; the oldest go first.
const MAX_CONNECTIONS_KEPT: usize = 4_096;
/// Requests kept of one connection; the later ones are counted.
const MAX_EXCHANGES_KEPT: usize = 1_024;

/// A connection that panics must not take the log with it: every write leaves the value whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The log of one listener, while it is being written.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    pages: VecDeque<Page>,
    opened: u64,
}

impl Book {
    /// A page for a connection that was just accepted.
    pub(crate) fn open(&self, peer: SocketAddr) -> Page {
        let mut pages = lock(&self.0);
        pages.opened += 1;
        let page = Page::new(pages.opened, peer);
        if pages.pages.len() == MAX_CONNECTIONS_KEPT {
            pages.pages.pop_front();
        }
        pages.pages.push_back(page.clone());
        page
    }

    /// A copy of what is written so far.
    pub(crate) fn log(&self) -> Log {
        let pages = lock(&self.0);
        let connections: Vec<_> = pages.pages.iter().map(Page::read).collect();
        let kept = u64::try_from(connections.len()).unwrap_or(u64::MAX);
        Log { connections, forgotten: pages.opened.saturating_sub(kept) }
    }
}

/// The page of one connection. Copies write to the same page.
#[derive(Clone, Debug)]
pub(crate) struct Page(Arc<Writing>);

#[derive(Debug)]
struct Writing {
    connection: Mutex<Connection>,
    received: AtomicU64,
    sent: AtomicU64,
    closed_by_client: AtomicBool,
    broken: AtomicBool,
}

impl Page {
    fn new(number: u64, peer: SocketAddr) -> Self {
        let connection = Connection {
            number,
            peer,
            exchanges: Vec::new(),
            forgotten: 0,
            leg: Leg::Offer,
            received: 0,
            sent: 0,
            ended: None,
        };
        Self(Arc::new(Writing {
            connection: Mutex::new(connection),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            closed_by_client: AtomicBool::new(false),
            broken: AtomicBool::new(false),
        }))
    }

    fn read(&self) -> Connection {
        let mut connection = lock(&self.0.connection).clone();
        connection.received = self.received();
        connection.sent = self.sent();
        connection
    }

    /// The stream read `count` bytes from the peer; none is the peer's end.
    pub(crate) fn note_received(&self, count: usize) {
        if count == 0 {
            self.0.closed_by_client.store(true, Ordering::Relaxed);
        }
        self.0.received.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// The stream wrote `count` bytes to the peer.
    pub(crate) fn note_sent(&self, count: usize) {
        self.0.sent.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Reading or writing failed.
    pub(crate) fn note_broken(&self) {
        self.0.broken.store(true, Ordering::Relaxed);
    }

    /// Bytes read from the peer so far.
    pub(crate) fn received(&self) -> u64 {
        self.0.received.load(Ordering::Relaxed)
    }

    /// Bytes written to the peer so far.
    pub(crate) fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// Writes down a request; the entry takes what happens to it later.
    pub(crate) fn exchange(&self, exchange: Exchange) -> Entry {
        let mut connection = lock(&self.0.connection);
        connection.leg = exchange.leg;
        if connection.exchanges.len() == MAX_EXCHANGES_KEPT {
            connection.forgotten += 1;
            return Entry { page: self.clone(), index: None };
        }
        connection.exchanges.push(exchange);
        Entry { page: self.clone(), index: Some(connection.exchanges.len() - 1) }
    }

    /// The connection has reached `leg`.
    pub(crate) fn reached(&self, leg: Leg) {
        lock(&self.0.connection).leg = leg;
    }

    /// The connection is over. The first word stands: who says more than "over" says it first.
    pub(crate) fn ended(&self, ended: Ended) {
        lock(&self.0.connection).ended.get_or_insert(ended);
    }

    /// Closes the page when dropped, even by a panic.
    pub(crate) fn closer(&self) -> Closer {
        Closer(self.clone())
    }
}

/// Says how the connection ended, once its task is over.
#[derive(Debug)]
pub(crate) struct Closer(Page);

impl Drop for Closer {
    fn drop(&mut self) {
        let page = &self.0;
        page.ended(if std::thread::panicking() {
            Ended::Panicked
        } else if page.0.closed_by_client.load(Ordering::Relaxed) {
            // What was still sent to it after that may have broken the connection; the end had come before.
            Ended::ByClient
        } else if page.0.broken.load(Ordering::Relaxed) {
            Ended::Reset
        } else {
            Ended::ByMock
        });
    }
}

/// The place of one request on its page.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    page: Page,
    index: Option<usize>,
}

impl Entry {
    /// Changes what is written, if it is kept.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Exchange)) {
        let Some(index) = self.index else { return };
        if let Some(exchange) = lock(&self.page.0.connection).exchanges.get_mut(index) {
            change(exchange);
        }
    }
}
