//! What happened: who connected, what was asked, which messages came and went, what was answered.
//!
//! A transcript holds no password by construction. The tokens are kept as they came, for tests that want to replay or to
//! examine them, but an AUTHENTICATE can be guessed at off line: `Debug`, `Display` and JSON show what kind of message it is, its
//! names, its flags and the lengths of its parts, never the responses, unless [`Secrets::Kept`] is said. The fields of heads are
//! kept in the same way.

mod assert;
mod book;
mod difference;
mod display;
mod event;
mod field;
mod fixture;
mod har;
mod jsonl;
mod record;
mod token;

#[cfg(feature = "page")]
pub(crate) use book::Observer;
pub(crate) use book::{Book, Entry, Observers, Page};
pub use difference::Difference;
pub use event::{Event, What};
pub use field::Field;
pub(crate) use field::LEFT_OUT;
pub use jsonl::{FORMAT, TranscriptError};
pub use token::Token;

use crate::{Fault, Leg, Place};
use gatepass_backend::Principal;
use std::net::SocketAddr;
use std::time::SystemTime;

/// What becomes of secrets where a transcript is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// What a password can be guessed from is left out, and so are tickets and cookies.
    #[default]
    LeftOut,
    /// All that is kept is written: for a laboratory, where the passwords are worth nothing.
    Kept,
}

/// What the mock proxy and its embedded origin saw and did.
///
/// An exchange is written down before its response goes out: what a client has been answered, the transcript knows.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    proxy: Log,
    origin: Log,
}

impl Transcript {
    /// What one of the two saw.
    #[must_use]
    pub const fn log(&self, place: Place) -> &Log {
        match place {
            Place::Proxy => &self.proxy,
            Place::Origin => &self.origin,
        }
    }

    pub(crate) const fn new(proxy: Log, origin: Log) -> Self {
        Self { proxy, origin }
    }

    /// What the proxy saw. The methods below are short for the same of this log.
    #[must_use]
    pub const fn proxy(&self) -> &Log {
        &self.proxy
    }

    /// What the embedded origin saw: through the proxy or directly, over http or https.
    #[must_use]
    pub const fn origin(&self) -> &Log {
        &self.origin
    }

    /// The connections to the proxy, in the order in which they were accepted.
    #[must_use]
    pub fn connections(&self) -> &[Connection] {
        self.proxy.connections()
    }

    /// The requests to the proxy.
    pub fn requests(&self) -> impl Iterator<Item = &Exchange> {
        self.proxy.requests()
    }

    /// The NEGOTIATE messages that the proxy got.
    pub fn negotiates(&self) -> impl Iterator<Item = &Token> {
        self.proxy.negotiates()
    }

    /// The AUTHENTICATE messages that the proxy got. Each is one attempt to log in: this is the number to assert where an
    /// account must not be locked.
    pub fn authenticates(&self) -> impl Iterator<Item = &Token> {
        self.proxy.authenticates()
    }
}

/// What one listener saw.
#[derive(Clone, Debug, Default)]
pub struct Log {
    connections: Vec<Connection>,
    forgotten: u64,
}

impl Log {
    /// The connections, in the order in which they were accepted.
    #[must_use]
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// How many of the oldest connections were dropped from the log, which keeps 4,096.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// All requests, connection after connection.
    pub fn requests(&self) -> impl Iterator<Item = &Exchange> {
        self.connections.iter().flat_map(|connection| &connection.exchanges)
    }

    /// The NEGOTIATE messages that came.
    pub fn negotiates(&self) -> impl Iterator<Item = &Token> {
        self.requests().filter_map(|exchange| exchange.token.as_ref()).filter(|token| token.is_negotiate())
    }

    /// The AUTHENTICATE messages that came.
    pub fn authenticates(&self) -> impl Iterator<Item = &Token> {
        self.requests().filter_map(|exchange| exchange.token.as_ref()).filter(|token| token.is_authenticate())
    }
}

/// One accepted connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Connection {
    /// Its number at this listener, from 1.
    pub number: u64,
    /// Who connected.
    pub peer: SocketAddr,
    /// When it was accepted.
    pub opened: SystemTime,
    /// When it was over.
    pub closed: Option<SystemTime>,
    /// Its requests, in order; the first 1,024 of them.
    pub exchanges: Vec<Exchange>,
    /// How many more requests there were.
    pub forgotten: u64,
    /// The leg that it reached.
    pub leg: Leg,
    /// Bytes that came, all layers above TCP included.
    pub received: u64,
    /// Bytes that were sent, all layers above TCP included.
    pub sent: u64,
    /// How it ended; `None` while it is open.
    pub ended: Option<Ended>,
}

/// One request and what became of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// When the head of the request was there.
    pub asked: SystemTime,
    /// When the head of the response went out; `None` until it is made.
    pub answered: Option<SystemTime>,
    /// When the bodies, or the tunnel, were over too.
    pub over: Option<SystemTime>,
    /// Where in the dance it stands.
    pub leg: Leg,
    /// The method.
    pub method: String,
    /// The target as it came (`http://host/path`, `host:port`, `/path`), without user information.
    pub target: String,
    /// The version of the request, such as `HTTP/1.1`.
    pub version: String,
    /// The fields of the request, with names in lower case.
    pub fields: Vec<Field>,
    /// The NTLM token that came with it.
    pub token: Option<Token>,
    /// What was made of it.
    pub outcome: Outcome,
    /// What went wrong on purpose in the answer.
    pub faults: Vec<Fault>,
    /// The NTLM token that was sent back.
    pub challenge: Option<Token>,
    /// The status of the response as it was meant; `None` until it is made.
    pub status: Option<u16>,
    /// The first line of the response, as it was written: a fault or a personality may have changed it.
    pub status_line: Option<String>,
    /// The fields of the response, as they were written.
    pub response_fields: Vec<Field>,
    /// Bytes of the request's body that were read; of a CONNECT that was granted: bytes from the client to the origin.
    pub request_body: u64,
    /// Bytes of the response's body; of a CONNECT that was granted: bytes from the origin to the client.
    pub response_body: u64,
}

impl Connection {
    /// One that was just accepted.
    pub(crate) const fn new(number: u64, peer: SocketAddr, opened: SystemTime) -> Self {
        Self {
            number,
            peer,
            opened,
            closed: None,
            exchanges: Vec::new(),
            forgotten: 0,
            leg: Leg::Offer,
            received: 0,
            sent: 0,
            ended: None,
        }
    }
}

impl Exchange {
    /// One whose request has come just now, and of which nothing else is known.
    pub(crate) fn new(
        asked: SystemTime,
        leg: Leg,
        [method, target, version]: [String; 3],
        fields: Vec<Field>,
    ) -> Self {
        Self {
            asked,
            answered: None,
            over: None,
            leg,
            method,
            target,
            version,
            fields,
            token: None,
            outcome: Outcome::Pending,
            faults: Vec::new(),
            challenge: None,
            status: None,
            status_line: None,
            response_fields: Vec::new(),
            request_body: 0,
            response_body: 0,
        }
    }

    /// Whether the request had a field of this name, in any case.
    #[must_use]
    pub fn has_field(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.is_named(name))
    }

    /// The first field of the response that has this name, in any case.
    #[must_use]
    pub fn response_field(&self, name: &str) -> Option<&Field> {
        self.response_fields.iter().find(|field| field.is_named(name))
    }
}

/// What was made of a request, as far as it concerns who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Not known yet: another server will say, and this is the request that a [`Tap`](crate::Tap) passes on to it.
    Pending,
    /// Nobody is asked who he is here.
    Open,
    /// No credentials: the schemes were offered.
    Offered,
    /// A handshake has begun: a CHALLENGE was sent.
    Challenged,
    /// The request counts as this user's.
    Granted(Principal),
    /// The credentials are not good. The reason is for the reader of the transcript, the client is not told.
    Refused(String),
    /// The request or its token makes no sense; the client was told this much.
    Invalid(String),
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// The client closed it.
    ByClient,
    /// The mock closed it.
    ByMock,
    /// The proxy behind a [`Tap`](crate::Tap) closed it.
    ByProxy,
    /// The proxy behind a [`Tap`](crate::Tap) could not be reached: why.
    Unreachable(String),
    /// It was reset, or broke.
    Reset,
    /// No complete request came in time.
    Silent,
    /// What came was no HTTP request: what was wrong with it, and where.
    Garbage(String),
    /// The task that served it panicked (an account store can), and nothing else did.
    Panicked,
}
