//! What happens, as it happens.

use super::{Connection, Exchange, Log, Transcript};
use crate::Place;
use std::net::SocketAddr;
use std::time::SystemTime;

/// Something that happened at the proxy or the embedded origin.
///
/// Of one connection: it is opened; for each request there is the request, its response, and the end of both bodies; it is closed.
/// The end of a body may come after the next request, or after the end of the connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// When.
    pub at: SystemTime,
    /// At which of the two.
    pub place: Place,
    /// The number of the connection there, from 1.
    pub connection: u64,
    /// What.
    pub what: What,
}

/// What happened. Exchanges are as they were then; their number counts the requests of the connection from 1.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum What {
    /// A connection was accepted.
    Opened(SocketAddr),
    /// A request came, and was judged.
    Request(u64, Box<Exchange>),
    /// The head of its response is about to be sent. A fault may still keep it from going out.
    Response(u64, Box<Exchange>),
    /// Both bodies are over, or the tunnel is.
    Over(u64, Box<Exchange>),
    /// The connection is over. Its exchanges are not repeated here.
    Closed(Box<Connection>),
}

impl Transcript {
    /// What happened, in the order in which it did.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let mut events = events_of(self.proxy(), Place::Proxy);
        events.extend(events_of(self.origin(), Place::Origin));
        // Stable: what one connection did stays in its order.
        events.sort_by_key(|event| event.at);
        events
    }
}

fn events_of(log: &Log, place: Place) -> Vec<Event> {
    log.connections().iter().flat_map(|connection| events_of_connection(connection, place)).collect()
}

fn events_of_connection(connection: &Connection, place: Place) -> Vec<Event> {
    let mut events = Vec::new();
    let mut say = |at: Option<SystemTime>, what: What| {
        if let Some(at) = at {
            events.push(Event { at, place, connection: connection.number, what });
        }
    };
    say(Some(connection.opened), What::Opened(connection.peer));
    for (number, exchange) in (1..).zip(&connection.exchanges) {
        let boxed = || Box::new(exchange.clone());
        say(Some(exchange.asked), What::Request(number, boxed()));
        say(exchange.answered, What::Response(number, boxed()));
        say(exchange.over, What::Over(number, boxed()));
    }
    say(connection.closed, What::Closed(Box::new(connection.without_exchanges())));
    // The clock of the machine may have been set back meanwhile.
    let mut latest = connection.opened;
    for event in &mut events {
        if !matches!(event.what, What::Over(..)) {
            latest = latest.max(event.at);
        }
        event.at = latest.max(event.at);
    }
    events
}

impl Connection {
    /// The connection alone.
    pub(crate) fn without_exchanges(&self) -> Self {
        Self { exchanges: Vec::new(), peer: self.peer, ended: self.ended.clone(), ..*self }
    }
}
