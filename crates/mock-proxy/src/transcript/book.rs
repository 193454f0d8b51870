//! Where the connections write while they live: a page each, in one book a listener.

use super::{Connection, Ended, Event, Exchange, Field, Log, What};
use crate::{Leg, Place};
use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Connections kept in a log; the oldest go first.
const MAX_CONNECTIONS_KEPT: usize = 4_096;
/// Bytes kept in a log, by estimate; the oldest connections go first.
const MAX_BYTES_KEPT: u64 = 64 * 1024 * 1024;
/// Requests kept of one connection; the later ones are counted.
const MAX_EXCHANGES_KEPT: usize = 1_024;

/// A connection that panics must not take the log with it: every write leaves the value whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who is told what happens.
pub(crate) type Observer = Arc<dyn Fn(&Event) + Send + Sync>;

/// All who are told.
#[derive(Clone, Default)]
pub(crate) struct Observers(pub(crate) Vec<Observer>);

#[cfg(feature = "page")]
impl Observers {
    /// With `further` beside them.
    pub(crate) fn and(mut self, further: Option<Observer>) -> Self {
        self.0.extend(further);
        self
    }
}

/// Their number.
impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Observers({})", self.0.len())
    }
}

/// The log of one listener, while it is being written.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pages: Mutex<Pages>,
    desk: Arc<Desk>,
}

/// What all pages of a book share.
#[derive(Debug, Default)]
struct Desk {
    place: Place,
    observers: Observers,
}

#[derive(Debug, Default)]
struct Pages {
    pages: VecDeque<Page>,
    opened: u64,
}

impl Book {
    /// The book of the listener at `place`; `observers` are told of all that is written into it.
    pub(crate) fn new(place: Place, observers: Observers) -> Self {
        let desk = Desk { place, observers };
        Self { pages: Mutex::default(), desk: Arc::new(desk) }
    }

    /// A page for a connection that was just accepted.
    pub(crate) fn open(&self, peer: SocketAddr) -> Page {
        let page = {
            let mut pages = lock(&self.pages);
            pages.opened += 1;
            let page = Page::new(pages.opened, peer, self.desk.clone());
            // Counted anew each time: a page that was dropped may still be written to.
            let mut weight: u64 = pages.pages.iter().map(Page::weight).sum();
            while pages.pages.len() >= MAX_CONNECTIONS_KEPT || weight > MAX_BYTES_KEPT {
                let Some(oldest) = pages.pages.pop_front() else { break };
                weight = weight.saturating_sub(oldest.weight());
            }
            pages.pages.push_back(page.clone());
            page
        };
        page.tell(|connection| Some((connection.opened, What::Opened(peer))));
        page
    }

    /// A copy of what is written so far.
    pub(crate) fn log(&self) -> Log {
        let pages = lock(&self.pages);
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
    desk: Arc<Desk>,
    /// An estimate of the memory that it takes, in bytes.
    weight: AtomicU64,
}

impl Page {
    fn new(number: u64, peer: SocketAddr, desk: Arc<Desk>) -> Self {
        let connection = Connection::new(number, peer, SystemTime::now());
        Self(Arc::new(Writing {
            connection: Mutex::new(connection),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            closed_by_client: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            desk,
            weight: AtomicU64::new(0),
        }))
    }

    fn weigh(&self, bytes: usize) {
        self.0.weight.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn weight(&self) -> u64 {
        self.0.weight.load(Ordering::Relaxed)
    }

    /// Tells the observers what `said` makes of the connection. They may look into the book themselves: nothing is locked then.
    fn tell(&self, said: impl FnOnce(&Connection) -> Option<(SystemTime, What)>) {
        let Observers(observers) = &self.0.desk.observers;
        if observers.is_empty() {
            return;
        }
        let event = {
            let connection = lock(&self.0.connection);
            let Some((at, what)) = said(&connection) else { return };
            Event { at, place: self.0.desk.place, connection: connection.number, what }
        };
        observers.iter().for_each(|observer| observer(&event));
    }

    /// A copy of what is written so far.
    pub(crate) fn read(&self) -> Connection {
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
        self.weigh(weight(&exchange));
        let index = {
            let mut connection = lock(&self.0.connection);
            connection.leg = exchange.leg;
            if connection.exchanges.len() < MAX_EXCHANGES_KEPT {
                connection.exchanges.push(exchange);
                Some(connection.exchanges.len() - 1)
            } else {
                connection.forgotten += 1;
                None
            }
        };
        let entry = Entry(Arc::new(Line { page: self.clone(), index }));
        entry.0.tell(|exchange, number| (exchange.asked, What::Request(number, Box::new(exchange.clone()))));
        entry
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
        let now = SystemTime::now();
        let mut whole = {
            let mut connection = lock(&page.0.connection);
            connection.closed = Some(now);
            connection.without_exchanges()
        };
        (whole.received, whole.sent) = (page.received(), page.sent());
        page.tell(|_| Some((now, What::Closed(Box::new(whole)))));
    }
}

/// The place of one request on its page. When the last copy is dropped, the exchange is over.
#[derive(Clone, Debug)]
pub(crate) struct Entry(Arc<Line>);

#[derive(Debug)]
struct Line {
    page: Page,
    /// `None` where the page is full.
    index: Option<usize>,
}

impl Entry {
    /// Changes what is written, if it is kept.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Exchange)) {
        self.0.update(change);
    }

    /// The head of the response is about to go out.
    pub(crate) fn answered(&self, status_line: String, fields: Vec<Field>) {
        self.0.page.weigh(status_line.len() + fields.iter().map(Field::weight).sum::<usize>());
        let now = SystemTime::now();
        self.update(|exchange| {
            exchange.answered = Some(now);
            exchange.status_line = Some(status_line);
            exchange.response_fields = fields;
        });
        self.0.tell(|exchange, number| (now, What::Response(number, Box::new(exchange.clone()))));
    }
}

impl Line {
    fn update(&self, change: impl FnOnce(&mut Exchange)) {
        let Some(index) = self.index else { return };
        if let Some(exchange) = lock(&self.page.0.connection).exchanges.get_mut(index) {
            change(exchange);
        }
    }

    /// Tells the observers what `said` makes of the exchange and its number, if it is kept.
    fn tell(&self, said: impl FnOnce(&Exchange, u64) -> (SystemTime, What)) {
        let Some(index) = self.index else { return };
        self.page.tell(|connection| {
            let exchange = connection.exchanges.get(index)?;
            Some(said(exchange, (index as u64).saturating_add(1)))
        });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let now = SystemTime::now();
        self.update(|exchange| exchange.over = Some(now));
        self.tell(|exchange, number| (now, What::Over(number, Box::new(exchange.clone()))));
    }
}

/// An estimate of the memory that `exchange` takes, in bytes.
fn weight(exchange: &Exchange) -> usize {
    let tokens =
        [&exchange.token, &exchange.challenge].into_iter().flatten().map(|token| token.bytes().len());
    let fields = exchange.fields.iter().map(Field::weight);
    size_of::<Exchange>() + exchange.target.len() + tokens.chain(fields).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_that_grows_too_heavy_drops_its_oldest_pages_and_counts_them() {
        let book = Book::default();
        let peer = ([127, 0, 0, 1], 1).into();
        let first = book.open(peer);
        first.weigh(1024 * 1024);
        book.open(peer).weigh(usize::try_from(MAX_BYTES_KEPT).unwrap());
        let third = book.open(peer);
        let kept = |log: &Log| log.connections.iter().map(|connection| connection.number).collect::<Vec<_>>();
        assert_eq!((kept(&book.log()), book.log().forgotten), (vec![2, 3], 1));
        // What is dropped and still alive counts no more.
        first.weigh(1024 * 1024);
        third.weigh(1);
        book.open(peer);
        assert_eq!((kept(&book.log()), book.log().forgotten), (vec![3, 4], 2));
        book.open(peer);
        assert_eq!(kept(&book.log()), [3, 4, 5]);
    }
}
