//! The client's states, and every transition between them.
//!
//! ```text
//!                 ask               NEGOTIATE              AUTHENTICATE
//!   Fresh ---------------> Probing -----------> Handshaking -----------> Finishing ---------> Authenticated
//!     |       Begin          |     asked, bare       |    asked, token       |   not asked        |    |  ^
//!     |                      |                       |                       |                    |    +--+
//!     +--- Begin, known: NEGOTIATE ----------------->+                       | asked              | not asked
//!     ^                      |                       |                       v                    |
//!     +---- not asked -------+------ not asked ------+                     Denied                 | asked
//!     :                      |                                                                    v
//!     :                      +-------------- asked, and the connection closes -------------->  Closing
//!     +. . . . . . . . . . . of the next connection: reconnect from Fresh, Probing, Handshaking, Authenticated, Closing
//! ```
//! "Asked" is a response with the status of this side; the other side's is "not asked". Being asked for no scheme that can
//! be used is Denied everywhere. After Finishing, Denied and Failed (where an error leads) there is no next connection: the
//! credentials may have been tried.

use super::{Body, ClientAuth};
use crate::{Error, Scheme, limits::MAX_LEGS};
use alloc::{boxed::Box, string::String, vec::Vec};
use core::{fmt, mem};
use gatepass_backend::{Handshake, SecurityContext, Step};

/// Where the dance on one connection stands.
pub(super) enum State {
    /// No request is under way, and the connection is not authenticated. `known`: the peer will ask for this scheme.
    Fresh { known: Option<Scheme> },
    /// A request without credentials is under way.
    Probing,
    /// A token is under way, and the mechanism waits for the peer's.
    Handshaking { scheme: Scheme, handshake: Box<dyn Handshake> },
    /// The mechanism's last token is under way: an attempt to log in.
    Finishing { scheme: Scheme, context: Box<dyn SecurityContext> },
    /// The peer let us in.
    Authenticated { scheme: Scheme, context: Box<dyn SecurityContext> },
    /// The caller has been told to reconnect.
    Closing { known: Scheme },
    /// The peer does not let us in.
    Denied,
    /// An error ended the dance.
    Failed,
}

/// What happens to it.
#[derive(Debug)]
pub(super) enum Event {
    /// The caller has a request to send.
    Begin,
    /// The connection is gone.
    Lost,
    /// A response that does not ask this side for credentials.
    Other,
    /// It asks for this scheme, with no token.
    Bare { scheme: Scheme, closes: bool },
    /// It asks for this scheme, with this token.
    Token { scheme: Scheme, token: Vec<u8>, closes: bool },
    /// It asks for schemes that are of no use here, or for none.
    NoScheme,
    /// It asks for something that cannot be read.
    Unreadable(Error),
}

/// What the caller is told.
pub(super) enum Action {
    Ask { credentials: Option<String>, body: Body },
    Deliver,
    Reconnect(Option<Scheme>),
    Denied,
}

impl State {
    /// The scheme to which an answer must belong.
    pub(super) const fn scheme(&self) -> Option<Scheme> {
        match self {
            Self::Handshaking { scheme, .. } | Self::Finishing { scheme, .. } => Some(*scheme),
            _ => None,
        }
    }
}

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
                (State::Probing, Action::Ask { credentials: None, body: Body::Hold })
            }
            (State::Fresh { known: Some(scheme) }, Event::Begin) => {
                self.used(0);
                self.initiate(scheme)?
            }
            (State::Authenticated { scheme, context }, Event::Begin) => {
                self.connections = 1;
                let action = Action::Ask { credentials: None, body: Body::Send };
                (State::Authenticated { scheme, context }, action)
            }

            (State::Probing | State::Handshaking { .. }, Event::Other) => {
                (self.served(State::Fresh { known: None }), Action::Deliver)
            }
            (
                State::Finishing { scheme, context } | State::Authenticated { scheme, context },
                Event::Other,
            ) => (self.served(State::Authenticated { scheme, context }), Action::Deliver),

            (
                State::Probing,
                Event::Bare { scheme, closes: false } | Event::Token { scheme, closes: false, .. },
            ) => self.initiate(scheme)?,
            (
                State::Probing,
                Event::Bare { scheme, closes: true } | Event::Token { scheme, closes: true, .. },
            )
            | (State::Authenticated { .. }, Event::Bare { scheme, .. } | Event::Token { scheme, .. }) => {
                (State::Closing { known: scheme }, Action::Reconnect(Some(scheme)))
            }

            (State::Handshaking { scheme, handshake }, Event::Token { token, closes: false, .. }) => {
                let step = handshake.step(&token).map_err(|error| Error::Mechanism { side, error })?;
                self.send(scheme, step)?
            }
            (State::Handshaking { .. }, Event::Token { closes: true, .. }) => {
                return Err(Error::ClosedInHandshake { side });
            }
            (State::Handshaking { .. }, Event::Bare { .. }) => return Err(Error::Unanswered { side }),
            (State::Finishing { .. }, Event::Token { .. }) => return Err(Error::RepeatedChallenge { side }),

            (State::Finishing { .. }, Event::Bare { .. } | Event::NoScheme | Event::Unreadable(_))
            | (State::Probing | State::Handshaking { .. } | State::Authenticated { .. }, Event::NoScheme) => {
                (State::Denied, Action::Denied)
            }
            (
                State::Probing | State::Handshaking { .. } | State::Authenticated { .. },
                Event::Unreadable(error),
            ) => return Err(error),

            (State::Fresh { known }, Event::Lost) => (State::Failed, Action::Reconnect(known)),
            (State::Probing, Event::Lost) => {
                (State::Failed, Action::Reconnect(self.schemes.iter().min().copied()))
            }
            (
                State::Closing { known: scheme }
                | State::Handshaking { scheme, .. }
                | State::Authenticated { scheme, .. },
                Event::Lost,
            ) => (State::Failed, Action::Reconnect(Some(scheme))),
            (State::Finishing { .. }, Event::Lost) => return Err(Error::ClosedBeforeVerdict { side }),

            (State::Denied, _) => {
                self.state = State::Denied;
                return Err(Error::AlreadyDenied { side });
            }
            (State::Handshaking { .. } | State::Finishing { .. } | State::Probing, Event::Begin)
            | (
                State::Fresh { .. },
                Event::Other
                | Event::Bare { .. }
                | Event::Token { .. }
                | Event::NoScheme
                | Event::Unreadable(_),
            )
            | (
                State::Closing { .. },
                Event::Begin
                | Event::Other
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

    /// Begins a handshake of `scheme`.
    fn initiate(&mut self, scheme: Scheme) -> Result<(State, Action), Error> {
        let step = self
            .backend
            .initiate(&self.credentials, &self.request)
            .map_err(|error| Error::Mechanism { side: self.side, error })?;
        self.send(scheme, step)
    }

    /// Sends what the mechanism wants to send.
    fn send(&mut self, scheme: Scheme, step: Step) -> Result<(State, Action), Error> {
        if self.legs >= MAX_LEGS {
            return Err(Error::TooManyLegs { side: self.side });
        }
        self.legs = self.legs.saturating_add(1);
        let (state, token, body) = match step {
            Step::Continue { token, next } => {
                (State::Handshaking { scheme, handshake: next }, token, Body::Hold)
            }
            Step::Complete { token: Some(token), context } => {
                (State::Finishing { scheme, context }, token, Body::Send)
            }
            Step::Complete { token: None, .. } => return Err(Error::NothingToSend { side: self.side }),
        };
        Ok((state, Action::Ask { credentials: Some(scheme.value(&token)), body }))
    }

    /// A request goes out on this connection; so many messages of a handshake have been sent with it.
    fn used(&mut self, legs: u8) {
        self.legs = legs;
        self.connections = self.connections.saturating_add(1);
    }

    /// The request is served: the next one counts anew.
    fn served(&mut self, state: State) -> State {
        self.connections = 0;
        state
    }
}

/// The name of the state and its scheme.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fresh { known: None } => f.write_str("Fresh"),
            Self::Fresh { known: Some(scheme) } => write!(f, "Fresh ({scheme})"),
            Self::Probing => f.write_str("Probing"),
            Self::Handshaking { scheme, .. } => write!(f, "Handshaking ({scheme})"),
            Self::Finishing { scheme, .. } => write!(f, "Finishing ({scheme})"),
            Self::Authenticated { scheme, .. } => write!(f, "Authenticated ({scheme})"),
            Self::Closing { known } => write!(f, "Closing ({known})"),
            Self::Denied => f.write_str("Denied"),
            Self::Failed => f.write_str("Failed"),
        }
    }
}
