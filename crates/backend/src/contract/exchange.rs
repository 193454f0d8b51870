//! A handshake between the two sides of a pair, leg by leg.
//!
//! ```text
//! leg   0         1         2         ...
//!       client ->  server -> client -> ...      even legs go to the server
//! ```

use super::Pair;
use super::verdict::{Stop, describe, failed};
use crate::{Attributes, Credentials, Error, ErrorKind, Handshake, Request, SecurityContext, Step};
use alloc::{boxed::Box, format, string::String, sync::Arc, vec::Vec};
use core::mem;

/// No mechanism has more legs than this.
const LEGS: usize = 16;

pub(super) type Context = Box<dyn SecurityContext>;

/// How far one side is.
#[derive(Debug)]
pub(super) enum End {
    Waiting(Box<dyn Handshake>),
    Done(Context),
    Failed(Error),
    /// Taken out, to be stepped or used.
    Gone,
}

impl End {
    pub(super) fn take(&mut self) -> Self {
        mem::replace(self, Self::Gone)
    }

    pub(super) const fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    pub(super) const fn error(&self) -> Option<&Error> {
        if let Self::Failed(error) = self { Some(error) } else { None }
    }

    /// How it stands, in words.
    pub(super) fn state(&self) -> String {
        match self {
            Self::Waiting(_) => "waits for a token that does not come".into(),
            Self::Done(_) => "has a context".into(),
            Self::Failed(error) => format!("failed with {}", describe(error)),
            Self::Gone => "is gone".into(),
        }
    }

    /// What follows from `step`: the new state, and the token for the peer.
    fn after(step: Result<Step, Error>) -> (Self, Option<Vec<u8>>) {
        match step {
            Ok(Step::Continue { token, next }) => (Self::Waiting(next), Some(token)),
            Ok(Step::Complete { token, context }) => (Self::Done(context), token),
            // The token with which a side says that it has given up goes out too.
            Err(error) => {
                let token = error.token().map(<[u8]>::to_vec);
                (Self::Failed(error), token)
            }
        }
    }
}

/// Both sides, and the token that is under way between them.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) client: End,
    pub(super) server: End,
    under_way: Option<Vec<u8>>,
    /// The tokens that were delivered, as they were sent.
    pub(super) delivered: Vec<Vec<u8>>,
}

impl Exchange {
    /// Begins as the first login of `pair`; both sides require `attributes`.
    pub(super) fn requiring(pair: &Pair, attributes: Attributes) -> Result<Self, Stop> {
        let (client, server) = (pair.client_request(attributes), pair.server_request(attributes));
        Ok(Self::begin(pair, login(pair)?, &client, &server))
    }

    pub(super) fn begin(pair: &Pair, credentials: &Credentials, ours: &Request, theirs: &Request) -> Self {
        let server = match pair.server.accept(Arc::clone(&pair.accounts), theirs) {
            Ok(handshake) => End::Waiting(handshake),
            Err(error) => End::Failed(error),
        };
        let (client, under_way) = End::after(pair.client.initiate(credentials, ours));
        Self { client, server, under_way, delivered: Vec::new() }
    }

    /// The leg that comes next.
    pub(super) fn leg(&self) -> usize {
        self.delivered.len()
    }

    /// The token of that leg.
    pub(super) fn under_way(&self) -> Option<&[u8]> {
        self.under_way.as_deref()
    }

    /// The side that takes it.
    pub(super) fn receiver(&mut self) -> &mut End {
        if self.is_for_server() { &mut self.server } else { &mut self.client }
    }

    pub(super) fn is_for_server(&self) -> bool {
        self.leg().is_multiple_of(2)
    }

    /// Delivers the token that is under way; whether there was one.
    pub(super) fn advance(&mut self) -> bool {
        match self.under_way.take() {
            Some(token) if self.leg() < LEGS => {
                self.deliver(&token);
                true
            }
            _ => false,
        }
    }

    /// Delivers `token` in place of the one that is under way.
    pub(super) fn deliver(&mut self, token: &[u8]) {
        self.step(|waiting| waiting.step(token));
        self.delivered.push(token.to_vec());
    }

    /// Has `step` make the step of the side whose turn it is.
    fn step(&mut self, step: impl FnOnce(Box<dyn Handshake>) -> Result<Step, Error>) {
        let (end, token) = match self.receiver().take() {
            End::Waiting(waiting) => End::after(step(waiting)),
            End::Done(_) => {
                let why = "the peer sends a token to a side that has completed";
                (End::Failed(Error::with_source(ErrorKind::OutOfSequence, why)), None)
            }
            end => (end, None),
        };
        *self.receiver() = end;
        self.under_way = token;
    }

    /// As [`advance`](Self::advance), with the step on a thread of its own.
    pub(super) fn advance_on_a_thread(&mut self) -> bool {
        let Some(token) = self.under_way.take().filter(|_| self.leg() < LEGS) else { return false };
        let sent = token.clone();
        self.step(move |waiting| {
            let stepped = std::thread::spawn(move || waiting.step(&token)).join();
            stepped.unwrap_or_else(|_| Err(Error::with_source(ErrorKind::Internal, "the step panicked")))
        });
        self.delivered.push(sent);
        true
    }

    /// Delivers everything up to `leg`; whether that leg's token is now under way.
    pub(super) fn run_to(&mut self, leg: usize) -> bool {
        while self.leg() < leg && self.advance() {}
        self.leg() == leg && self.under_way.is_some()
    }

    /// Goes on to the end. A client that still waits for a token of a server that has none is told so, as HTTP does.
    pub(super) fn finish(mut self) -> Self {
        while self.advance() {}
        if self.server.is_done() {
            self.client = match self.client.take() {
                End::Waiting(waiting) => waiting.conclude().map_or_else(End::Failed, End::Done),
                end => end,
            };
        }
        self
    }

    /// Whether both sides have a context.
    pub(super) const fn is_done(&self) -> bool {
        self.client.is_done() && self.server.is_done()
    }

    /// How both sides stand, in words.
    pub(super) fn state(&self) -> String {
        format!("the client {}, the server {}", self.client.state(), self.server.state())
    }

    /// The contexts of client and server.
    pub(super) fn contexts(self) -> Result<(Context, Context), Stop> {
        let done = self.finish();
        match done {
            Self { client: End::Done(client), server: End::Done(server), .. } => Ok((client, server)),
            other => Err(failed(other.state())),
        }
    }
}

/// The credentials that are used throughout.
pub(super) fn login(pair: &Pair) -> Result<&Credentials, Stop> {
    let first = pair.logins.first().map(|(credentials, _)| credentials);
    first.ok_or_else(|| failed("the pair has no login: with_login"))
}

/// The contexts of a handshake that requires `attributes` on both sides.
pub(super) fn contexts(pair: &Pair, attributes: Attributes) -> Result<(Context, Context), Stop> {
    Exchange::requiring(pair, attributes)?.contexts()
}

/// The tokens of a handshake that requires `attributes`, by their legs.
pub(super) fn transcript(pair: &Pair, attributes: Attributes) -> Result<Vec<Vec<u8>>, Stop> {
    let done = Exchange::requiring(pair, attributes)?.finish();
    if done.is_done() { Ok(done.delivered) } else { Err(failed(done.state())) }
}
