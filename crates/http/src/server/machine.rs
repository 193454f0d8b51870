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
//! Granted by a scheme that authenticates requests (Basic) is Nobody for the next request, and a token of another scheme that
//! is offered begins a handshake of its own.
//! From every state, a scheme that is not offered leads to Nobody with a challenge, and malformed credentials or a token that the
//! mechanism cannot take lead there with an error.

use super::{ServerAuth, Verdict};
use crate::{Error, Scheme, limits::MAX_LEGS};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString as _},
    sync::Arc,
    vec,
    vec::Vec,
};
use core::{fmt, mem};
use gatepass_backend::{ErrorKind, Handshake, SecurityContext, Step};

/// Who is there.
pub(super) enum State {
    /// Nobody has logged in.
    Nobody,
    /// Somebody has been challenged and must answer on this connection.
    Handshaking { scheme: Scheme, handshake: Box<dyn Handshake> },
    /// The peer of `context` is there.
    Granted { scheme: Scheme, context: Box<dyn SecurityContext> },
}

/// What a request brings.
#[derive(Debug)]
pub(super) enum Event {
    /// No credentials field.
    Absent,
    /// The scheme alone.
    Bare,
    /// A token of the scheme.
    Token { scheme: Scheme, token: Vec<u8> },
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
            (State::Granted { scheme, context }, Event::Absent | Event::Bare)
                if scheme.binds_connection() =>
            {
                self.state = State::Granted { scheme, context };
                Ok(Verdict::Granted(None))
            }
            (_, Event::Absent | Event::Bare | Event::OtherScheme) => Ok(Verdict::Challenge(self.offer())),
            (State::Handshaking { scheme: begun, handshake }, Event::Token { scheme, token })
                if begun == scheme =>
            {
                self.step(handshake, scheme, &token)
            }
            (_, Event::Token { scheme, token }) => {
                self.legs = 0;
                let handshake = self.accept(scheme)?;
                self.step(handshake, scheme, &token)
            }
            (_, Event::Unreadable(error)) => Err(error),
        }
    }

    /// A handshake of `scheme` that has heard nothing yet.
    fn accept(&self, scheme: Scheme) -> Result<Box<dyn Handshake>, Error> {
        let accounts = Arc::clone(&self.accounts);
        self.mechanisms
            .backend(scheme)
            .ok_or_else(|| ErrorKind::Unsupported.into())
            .and_then(|backend| backend.accept(accounts, &self.request))
            .map_err(|error| Error::Mechanism { side: self.side, error })
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
                self.state = State::Handshaking { scheme, handshake: next };
                Ok(Verdict::Challenge(vec![scheme.value(&token)]))
            }
            // Who has no name is not let in, whatever the mechanism says.
            Ok(Step::Complete { context, token }) if context.peer().is_some() => {
                self.state = State::Granted { scheme, context };
                Ok(Verdict::Granted(token.map(|token| scheme.value(&token))))
            }
            Ok(Step::Complete { .. }) => Ok(self.refuse(ErrorKind::LogonDenied.into())),
            Err(error) if refuses(error.kind()) => Ok(self.refuse(error)),
            Err(error) => Err(Error::Mechanism { side: self.side, error }),
        }
    }

    /// A token that the error has for the client stays here: a client takes a challenge with a token for the next leg (RFC 4559
    /// section 5), and would go on.
    fn refuse(&mut self, error: gatepass_backend::Error) -> Verdict {
        self.refusal = Some(error);
        Verdict::Refused(self.offer())
    }

    /// What the server offers, one value a line, the strongest first.
    fn offer(&self) -> Vec<String> {
        let value = |scheme| match scheme {
            Scheme::Basic => format!("Basic realm=\"{}\", charset=\"UTF-8\"", self.mechanisms.realm()),
            _ => scheme.name().to_string(),
        };
        self.mechanisms.schemes().map(value).collect()
    }
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
            Self::Granted { context, .. } => write!(f, "Granted ({:?})", context.peer()),
        }
    }
}
