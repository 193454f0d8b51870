//! The server's states, and every transition between them.
//!
//! ```text
//!            token: challenge                 token, good: granted
//!   Nobody ------------------> Handshaking ------------------------> Granted ---+
//!    |  ^                        |  |   ^                              |  |  ^  | no token: granted
//!    +--+                        |  |   +------- token: challenge -----+  |  +--+
//!    no token: challenge         |  |                                     |
//!       ^                        |  +-- token, bad: refused               |
//!       +------------------------+----- no token: challenge               |
//!       +--------- another scheme, malformed, or a token out of turn -----+
//! ```
//! From every state, another scheme leads to Nobody with a challenge, and malformed credentials or a token that the
//! mechanism cannot take lead there with an error.

use super::{ServerAuth, Verdict};
use crate::{Error, Scheme, limits::MAX_LEGS};
use alloc::{boxed::Box, string::ToString as _, sync::Arc, vec};
use core::{fmt, mem};
use gatepass_backend::{ErrorKind, Handshake, SecurityContext, Step};

/// Who is there.
pub(super) enum State {
    /// Nobody has logged in.
    Nobody,
    /// Somebody has been challenged and must answer on this connection.
    Handshaking { handshake: Box<dyn Handshake> },
    /// The peer of `context` is there.
    Granted { context: Box<dyn SecurityContext> },
}

/// What a request brings.
#[derive(Debug)]
pub(super) enum Event {
    /// No credentials field.
    Absent,
    /// The scheme alone.
    Bare,
    /// A token of the scheme.
    Token { scheme: Scheme, token: alloc::vec::Vec<u8> },
    /// A scheme that is not offered.
    OtherScheme,
    /// Credentials that cannot be read.
    Unreadable(Error),
}

impl ServerAuth {
    /// The transitions, all of them.
    pub(super) fn turn(&mut self, event: Event) -> Result<Verdict, Error> {
        self.refusal = None;
        match (mem::replace(&mut self.state, State::Nobody), event) {
            (State::Granted { context }, Event::Absent | Event::Bare) => {
                self.state = State::Granted { context };
                Ok(Verdict::Granted)
            }
            (State::Nobody | State::Handshaking { .. }, Event::Absent | Event::Bare)
            | (_, Event::OtherScheme) => Ok(Verdict::Challenge(offer())),
            (State::Nobody | State::Granted { .. }, Event::Token { scheme, token }) => {
                self.legs = 0;
                let handshake = self
                    .backend
                    .accept(Arc::clone(&self.accounts), &self.request)
                    .map_err(|error| Error::Mechanism { side: self.side, error })?;
                self.step(handshake, scheme, &token)
            }
            (State::Handshaking { handshake }, Event::Token { scheme, token }) => {
                self.step(handshake, scheme, &token)
            }
            (_, Event::Unreadable(error)) => Err(error),
        }
    }

    /// Gives the client's token to the mechanism. The state is Nobody unless this sets it.
    fn step(
        &mut self,
        handshake: Box<dyn Handshake>,
        scheme: Scheme,
        token: &[u8],
    ) -> Result<Verdict, Error> {
        if self.legs >= MAX_LEGS {
            return Err(Error::TooManyLegs { side: self.side });
        }
        self.legs = self.legs.saturating_add(1);
        match handshake.step(token) {
            Ok(Step::Continue { token, next }) => {
                self.state = State::Handshaking { handshake: next };
                Ok(Verdict::Challenge(vec![scheme.value(&token)]))
            }
            // Who has no name is not let in, whatever the mechanism says.
            Ok(Step::Complete { context, .. }) if context.peer().is_some() => {
                self.state = State::Granted { context };
                Ok(Verdict::Granted)
            }
            Ok(Step::Complete { .. }) => Ok(self.refuse(ErrorKind::LogonDenied.into())),
            Err(error) if refuses(error.kind()) => Ok(self.refuse(error)),
            Err(error) => Err(Error::Mechanism { side: self.side, error }),
        }
    }

    fn refuse(&mut self, error: gatepass_backend::Error) -> Verdict {
        self.refusal = Some(error);
        Verdict::Refused(offer())
    }
}

/// What the server offers, one value a line.
fn offer() -> alloc::vec::Vec<alloc::string::String> {
    Scheme::danced().map(|scheme| scheme.name().to_string()).collect()
}

/// Whether an error of this kind is the mechanism's judgement of well-formed credentials.
const fn refuses(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::LogonDenied
            | ErrorKind::BadBindings
            | ErrorKind::MessageAltered
            | ErrorKind::TargetUnknown
            | ErrorKind::Policy
            | ErrorKind::TimeSkew
    )
}

/// The name of the state, and who is there.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("Nobody"),
            Self::Handshaking { .. } => f.write_str("Handshaking"),
            Self::Granted { context } => write!(f, "Granted ({:?})", context.peer()),
        }
    }
}
