//! The server's half of the dance ([MS-NTHT] 3.2, RFC 4559 section 5): what the credentials of a request on one connection
//! come to.

mod machine;

use crate::{Error, Mechanisms, Side, challenges};
use alloc::{string::String, sync::Arc, vec::Vec};
use core::fmt;
use gatepass_backend::{Accounts, Principal, Request, SecurityContext};
use machine::{Event, State};

/// Who is at the other end of one connection.
///
/// NTLM authenticates a connection, not a request: a `ServerAuth` lives as long as its connection, has no key but the
/// connection, and cannot be cloned. Behind a front that puts requests of several clients on one connection it must not
/// be used. An identity holds until its connection ends or the client begins another handshake, whichever is first; what
/// becomes of that handshake does not bring the old identity back. Basic identifies one request only.
pub struct ServerAuth {
    side: Side,
    mechanisms: Mechanisms,
    accounts: Arc<dyn Accounts>,
    request: Request,
    state: State,
    refusal: Option<gatepass_backend::Error>,
    /// Messages taken in the present handshake.
    legs: u8,
}

/// What becomes of a request.
#[derive(Debug)]
#[must_use]
pub enum Verdict {
    /// Answer with [`Side::status`] and one line of [`Side::challenge_field`] for each of these values, and keep the
    /// connection open.
    Challenge(Vec<String>),
    /// The request is made by [`ServerAuth::identity`]. Where there is a value, the response carries it in
    /// [`Side::challenge_field`], whatever its status: the last word of the mechanism (RFC 4559 section 5).
    Granted(Option<String>),
    /// The credentials are refused; answer as for [`Challenge`](Self::Challenge). Why is in [`ServerAuth::refusal`], for
    /// logs only.
    Refused(Vec<String>),
}

impl ServerAuth {
    /// Nobody yet, on a new connection: `mechanisms` are offered, and check against `accounts`.
    ///
    /// `request` holds the channel bindings of the connection and what a context must be capable of.
    #[must_use]
    pub fn new(side: Side, mechanisms: Mechanisms, accounts: Arc<dyn Accounts>, request: Request) -> Self {
        Self { side, mechanisms, accounts, request, state: State::Nobody, refusal: None, legs: 0 }
    }

    /// Which side this server is.
    #[must_use]
    pub const fn side(&self) -> Side {
        self.side
    }

    /// Judges the next request of the connection by the value of its [`Side::credentials_field`], if it has one. (One that
    /// has several is malformed: RFC 9110 11.6.2.)
    ///
    /// # Errors
    /// An [`Error`] when the field or its token is malformed or belongs to another leg: answer 400 and close the
    /// connection. No identity is left behind.
    pub fn request(&mut self, credentials: Option<&[u8]>) -> Result<Verdict, Error> {
        let event = match credentials {
            Some(value) => self.event(value),
            None => Event::Absent,
        };
        self.turn(event)
    }

    /// Who makes the requests on this connection, as the backend has proved it; `None` before that.
    #[must_use]
    pub fn identity(&self) -> Option<&Principal> {
        self.context()?.peer()
    }

    /// The security context of the identified client, for its session key and attributes.
    #[must_use]
    pub fn context(&self) -> Option<&dyn SecurityContext> {
        match &self.state {
            State::Granted { context, .. } => Some(&**context),
            State::Nobody | State::Handshaking { .. } => None,
        }
    }

    /// The value of `Persistent-Auth` for the response to a request that was [`Granted`](Verdict::Granted), as http.sys writes
    /// it: whether the identity holds for the connection (`true`) or for this request alone (`false`). `None` while nobody is
    /// identified. A client that does not know the field goes by the scheme.
    #[must_use]
    pub const fn persistent_auth(&self) -> Option<&'static str> {
        match &self.state {
            State::Granted { scheme, .. } if scheme.binds_connection() => Some("true"),
            State::Granted { .. } => Some("false"),
            State::Nobody | State::Handshaking { .. } => None,
        }
    }

    /// Why the last [`Verdict::Refused`] was given. This is for the server's own log; the client learns nothing of it.
    #[must_use]
    pub const fn refusal(&self) -> Option<&gatepass_backend::Error> {
        self.refusal.as_ref()
    }

    /// What the value of a credentials field means.
    fn event(&self, value: &[u8]) -> Event {
        let field = self.side.credentials_field();
        let mut all = challenges([value]);
        let one = match (all.next(), all.next()) {
            (Some(Ok(one)), None) => one,
            (Some(Err(error)), _) | (_, Some(Err(error))) => {
                return Event::Unreadable(Error::Grammar { field, error });
            }
            (None | Some(_), _) => return Event::Unreadable(Error::NotOneCredential { field }),
        };
        let offered = |scheme| self.mechanisms.schemes().any(|known| known == scheme);
        let Some(scheme) = one.known_scheme().filter(|scheme| offered(*scheme)) else {
            return Event::OtherScheme;
        };
        match one.token() {
            Ok(Some(token)) => Event::Token { scheme, token },
            Ok(None) => Event::Bare,
            Err(error) => Event::Unreadable(Error::Token { field, line: 0, error }),
        }
    }
}

/// Where the dance stands; no secret, no token.
impl fmt::Debug for ServerAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerAuth")
            .field("side", &self.side)
            .field("state", &self.state)
            .field("refusal", &self.refusal)
            .field("legs", &self.legs)
            .finish_non_exhaustive()
    }
}
