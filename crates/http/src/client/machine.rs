//! Every transition between the client's states.
//!
//! ```text
//!                 ask               first token             next token
//!   Fresh ---------------> Probing -----------> Handshaking -----------> Finishing ---------> Authenticated
//!     |       Begin          |  asked, bare      |  |    asked, token     |  ^ |   not asked      |    |  ^
//!     |                      |                   |  |                     +--+ |                  |    +--+
//!     +--- Begin, known: first token ----------->+  |       asked, token, if   | asked            | not asked
//!     ^                      |                   |  |     the mechanism waits  v                  |
//!     +---- not asked -------+---- not asked ----+  |                        Denied               | asked
//!     :                      |                      | cannot go on, but another scheme can        v
//!     :                      |                      +----------------------------------------> Closing
//!     :                      +--------------- asked, and the connection closes --------------->   ^
//!     +. . . . . . . . . . . of the next connection: reconnect from all but Finishing, Denied, Failed
//!
//!   Finishing -- not asked, by request --> Admitted -- Begin: first token --> Finishing
//! ```
//! "Asked" is a response with the status of this side; the other side's is "not asked". Being asked for no scheme that can
//! be used is Denied everywhere. A mechanism whose only token is its last goes from Probing to Finishing at once. After
//! Finishing, Denied and Failed (where an error leads) there is no next connection: the credentials may have been tried.
//!
//! Up to Handshaking nothing was sent that a password could be checked with, so another scheme may still be tried, once
//! each: on the same connection where the peer asks anew, on the next one where it is in the middle of a handshake. (The
//! one-leg token of Kerberos may have been turned down there. That is a ticket, and no attempt at a password.) Basic is
//! never the second choice: a handshake that broke is no reason to show the password itself.

use super::{
    ClientAuth,
    next::Body,
    state::{Action, Event, Mechanism, State},
};
use crate::{Error, Scheme, limits::MAX_LEGS};
use alloc::{boxed::Box, vec::Vec};
use core::mem;
use gatepass_backend::{Attributes, ErrorKind, Handshake, SecurityContext, Step};

impl ClientAuth {
    /// The transitions, all of them: longer than other functions for that reason.
    ///
    /// An unasked token (in answer to a request without credentials, or on an authenticated connection) is treated as if
    /// it were not there: a handshake begins with our own first token.
    pub(super) fn turn(&mut self, event: Event) -> Result<Action, Error> {
        let side = self.side;
        let (state, action) = match (mem::replace(&mut self.state, State::Failed), event) {
            (State::Fresh { known: None }, Event::Begin) => {
                self.used(1);
                (State::Probing, Action::Ask { credentials: None, body: Body::Probe })
            }
            (State::Fresh { known: Some(scheme) }, Event::Begin) => {
                self.used(0);
                let mut schemes = self.others();
                schemes.retain(|other| *other != scheme);
                schemes.insert(0, scheme);
                self.initiate(&schemes, false)?
            }
            (State::Authenticated { scheme, context }, Event::Begin) => {
                self.connections = 1;
                let action = Action::Ask { credentials: None, body: Body::Send };
                (State::Authenticated { scheme, context }, action)
            }
            (State::Admitted { scheme, .. }, Event::Begin) => {
                self.connections = 0;
                self.used(0);
                self.initiate(&[scheme], true)?
            }

            (State::Probing, Event::Other { .. }) => self.served(State::Fresh { known: None }),
            (State::Handshaking { scheme, handshake }, Event::Other { token, persistent }) => {
                self.answered_at_once(scheme, handshake, token?, persistent)?
            }
            (State::Finishing { scheme, mechanism }, Event::Other { token, persistent }) => {
                let context = self.conclude(mechanism, token)?;
                let persists = persistent.unwrap_or(scheme.binds_connection() && self.tokens > 1);
                self.admitted(scheme, context, persists)
            }
            (State::Authenticated { scheme, context }, Event::Other { .. }) => {
                self.served(State::Authenticated { scheme, context })
            }

            (State::Probing, Event::Bare { offer, closes: false }) => {
                self.offer = offer;
                self.initiate(&self.offer.clone(), false)?
            }
            (State::Probing, Event::Bare { offer, closes: true }) => {
                let known = offer.first().copied();
                self.offer = offer;
                reconnect(known).ok_or(Error::OutOfTurn { side })?
            }
            (State::Authenticated { scheme, .. }, Event::Bare { offer, .. }) => {
                self.offer = offer;
                let known = if self.offer.contains(&scheme) { Some(scheme) } else { self.other() };
                reconnect(known).unwrap_or((State::Denied, Action::Denied))
            }

            (State::Handshaking { .. }, Event::Token { closes: true, .. }) => {
                return Err(Error::ClosedInHandshake { side });
            }
            (State::Handshaking { .. }, Event::Token { doubtful: true, .. }) if self.other().is_some() => {
                reconnect(self.other()).ok_or(Error::OutOfTurn { side })?
            }
            (State::Handshaking { scheme, handshake }, Event::Token { token, closes: false, .. }) => {
                match handshake.step(&token) {
                    Ok(step) => self.send(scheme, step, Body::Send)?,
                    Err(error) if error.kind() == ErrorKind::LogonDenied => (State::Denied, Action::Denied),
                    Err(error) => reconnect(self.other()).ok_or(Error::Mechanism { side, error })?,
                }
            }
            (State::Handshaking { scheme, .. }, Event::Bare { offer, closes }) => {
                self.offer = offer;
                match self.other() {
                    Some(_) if !closes => self.initiate(&self.others(), false)?,
                    Some(other) => (State::Closing { known: other }, Action::Reconnect(Some(other))),
                    None if self.offer.contains(&scheme) => return Err(Error::Unanswered { side }),
                    None => (State::Denied, Action::Denied),
                }
            }
            (State::Handshaking { .. }, Event::Unreadable(error)) => reconnect(self.other()).ok_or(error)?,

            (
                State::Finishing { mechanism: Mechanism::Waiting(_), .. },
                Event::Token { closes: true, .. },
            ) => return Err(Error::ClosedInHandshake { side }),
            (
                State::Finishing { scheme, mechanism: Mechanism::Waiting(handshake) },
                Event::Token { token, closes: false, .. },
            ) => match handshake.step(&token) {
                Ok(step) => self.send(scheme, step, Body::Send)?,
                Err(error) if error.kind() == ErrorKind::LogonDenied => (State::Denied, Action::Denied),
                Err(error) => return Err(Error::Mechanism { side, error }),
            },
            (State::Finishing { mechanism: Mechanism::Done(_), .. }, Event::Token { .. }) => {
                return Err(Error::RepeatedChallenge { side });
            }

            (State::Finishing { .. }, Event::Bare { .. } | Event::NoScheme | Event::Unreadable(_))
            | (State::Probing | State::Handshaking { .. } | State::Authenticated { .. }, Event::NoScheme) => {
                (State::Denied, Action::Denied)
            }
            (State::Probing | State::Authenticated { .. }, Event::Unreadable(error)) => return Err(error),

            (State::Fresh { known }, Event::Lost) => (State::Failed, Action::Reconnect(known)),
            (State::Probing, Event::Lost) => {
                // What the peer wants it did not say, and a password goes to nobody who does not ask for it.
                // Those who close instead of asking are proxies from before Negotiate.
                self.offer = self.usable();
                let known =
                    if self.offer.contains(&Scheme::Ntlm) { Some(Scheme::Ntlm) } else { self.other() };
                (State::Failed, Action::Reconnect(known))
            }
            (
                State::Closing { known: scheme }
                | State::Handshaking { scheme, .. }
                | State::Authenticated { scheme, .. }
                | State::Admitted { scheme, .. },
                Event::Lost,
            ) => (State::Failed, Action::Reconnect(Some(scheme))),
            (State::Finishing { .. }, Event::Lost) => return Err(Error::ClosedBeforeVerdict { side }),

            (State::Denied, _) => {
                self.state = State::Denied;
                return Err(Error::AlreadyDenied { side });
            }
            (State::Handshaking { .. } | State::Finishing { .. } | State::Probing, Event::Begin)
            | (State::Probing | State::Authenticated { .. }, Event::Token { .. })
            | (
                State::Fresh { .. } | State::Admitted { .. },
                Event::Other { .. }
                | Event::Bare { .. }
                | Event::Token { .. }
                | Event::NoScheme
                | Event::Unreadable(_),
            )
            | (
                State::Closing { .. },
                Event::Begin
                | Event::Other { .. }
                | Event::Bare { .. }
                | Event::Token { .. }
                | Event::NoScheme
                | Event::Unreadable(_),
            )
            | (State::Failed, _) => return Err(Error::OutOfTurn { side }),
        };
        self.state = state;
        Ok(action)
    }

    /// Begins a handshake of the first of these schemes that can begin. `at_once`: the peer has let its first token in before.
    fn initiate(&mut self, schemes: &[Scheme], at_once: bool) -> Result<(State, Action), Error> {
        let mut failure = None;
        // HTTP is a connection; without one the mechanism would wait for its server to begin.
        if self.request.requirements().contains(Attributes::DATAGRAM) {
            return Err(Error::Mechanism { side: self.side, error: ErrorKind::Unsupported.into() });
        }
        for scheme in schemes.iter().copied() {
            let Some(backend) = self.mechanisms.backend(scheme) else { continue };
            self.tried.push(scheme);
            match backend.initiate(&self.credentials, &self.request) {
                Ok(step) => {
                    self.tokens = 0;
                    // Negotiate may be done with its first token (Kerberos), where NTLM always waits for a challenge.
                    let waits = match scheme {
                        _ if at_once && scheme != Scheme::Ntlm => Body::Send,
                        Scheme::Negotiate => Body::Probe,
                        _ => Body::Hold,
                    };
                    return self.send(scheme, step, waits);
                }
                Err(error) if cannot_begin(error.kind()) => {
                    failure.get_or_insert(error);
                }
                Err(error) => return Err(Error::Mechanism { side: self.side, error }),
            }
        }
        let error = failure.unwrap_or_else(|| ErrorKind::Unsupported.into());
        Err(Error::Mechanism { side: self.side, error })
    }

    /// Sends what the mechanism wants to send; the body goes as `waits` where that is not its last word.
    fn send(&mut self, scheme: Scheme, step: Step, waits: Body) -> Result<(State, Action), Error> {
        if self.legs >= MAX_LEGS {
            return Err(Error::TooManyLegs { side: self.side });
        }
        self.legs = self.legs.saturating_add(1);
        let first = self.tokens == 0;
        self.tokens = self.tokens.saturating_add(1);
        let (state, token, body) = match step {
            Step::Continue { token, next } if first => {
                (State::Handshaking { scheme, handshake: next }, token, waits)
            }
            Step::Continue { token, next } => {
                (State::Finishing { scheme, mechanism: Mechanism::Waiting(next) }, token, waits)
            }
            Step::Complete { token: Some(token), context } => {
                (State::Finishing { scheme, mechanism: Mechanism::Done(context) }, token, Body::Send)
            }
            Step::Complete { token: None, .. } => return Err(Error::NothingToSend { side: self.side }),
        };
        Ok((state, Action::Ask { credentials: Some(scheme.value(&token)), body }))
    }

    /// The peer does not ask after the first token: it took that for enough, or does not care for it.
    fn answered_at_once(
        &mut self,
        scheme: Scheme,
        handshake: Box<dyn Handshake>,
        token: Option<Vec<u8>>,
        persistent: Option<bool>,
    ) -> Result<(State, Action), Error> {
        let context = match token {
            Some(token) => self.conclude(Mechanism::Waiting(handshake), Ok(Some(token)))?,
            None => match handshake.conclude() {
                Ok(context) => Some(context),
                Err(_) => return Ok(self.served(State::Fresh { known: None })),
            },
        };
        Ok(self.admitted(scheme, context, persistent.unwrap_or(false)))
    }

    /// The peer is content: gives its last token to the mechanism, if it waits for one.
    ///
    /// A peer may keep that token to itself (Squid's answer to CONNECT has no room for it). Where it matters, the mechanism
    /// says so, or the caller by demanding that the peer prove itself.
    fn conclude(
        &self,
        mechanism: Mechanism,
        token: Result<Option<Vec<u8>>, Error>,
    ) -> Result<Option<Box<dyn SecurityContext>>, Error> {
        let side = self.side;
        let handshake = match mechanism {
            Mechanism::Done(context) => return Ok(Some(context)),
            Mechanism::Waiting(handshake) => handshake,
        };
        let proof = self.request.requirements().contains(Attributes::MUTUAL_AUTH);
        match token? {
            Some(token) => match handshake.step(&token).map_err(|error| Error::Mechanism { side, error })? {
                Step::Complete { token: None, context } => Ok(Some(context)),
                Step::Complete { .. } | Step::Continue { .. } => Err(Error::Unfinished { side }),
            },
            None => match handshake.conclude() {
                Ok(context) => Ok(Some(context)),
                Err(error) if error.kind() == ErrorKind::Unsupported && !proof => Ok(None),
                Err(error) if error.kind() == ErrorKind::Unsupported => Err(Error::Unfinished { side }),
                Err(error) => Err(Error::Mechanism { side, error }),
            },
        }
    }

    /// The peer has let us in, for this request or for the connection.
    fn admitted(
        &mut self,
        scheme: Scheme,
        context: Option<Box<dyn SecurityContext>>,
        persists: bool,
    ) -> (State, Action) {
        self.served(if persists {
            State::Authenticated { scheme, context }
        } else {
            State::Admitted { scheme, context }
        })
    }

    /// The schemes of the offer that may be tried where another one has begun and cannot go on.
    fn others(&self) -> Vec<Scheme> {
        let untried = |scheme: &&Scheme| **scheme != Scheme::Basic && !self.tried.contains(scheme);
        self.offer.iter().filter(untried).copied().collect()
    }

    fn other(&self) -> Option<Scheme> {
        self.others().first().copied()
    }

    /// A request goes out on this connection; so many messages of a handshake have been sent with it.
    fn used(&mut self, legs: u8) {
        self.legs = legs;
        self.connections = self.connections.saturating_add(1);
    }

    /// The request is served: the next one counts anew.
    fn served(&mut self, state: State) -> (State, Action) {
        self.connections = 0;
        self.tried.clear();
        (state, Action::Deliver)
    }
}

fn reconnect(known: Option<Scheme>) -> Option<(State, Action)> {
    known.map(|known| (State::Closing { known }, Action::Reconnect(Some(known))))
}

/// Whether a mechanism failed before it could try a login, so that another one may.
const fn cannot_begin(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NoCredentials
            | ErrorKind::TargetUnknown
            | ErrorKind::NoAuthority
            | ErrorKind::TimeSkew
            | ErrorKind::Unsupported
            | ErrorKind::Policy
    )
}
