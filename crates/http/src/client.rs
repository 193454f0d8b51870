//! The client's half of the dance ([MS-NTHT] 3.1, RFC 4559 section 5): what to send on one connection, and what an answer
//! means.

mod machine;
mod next;
mod state;

pub use next::{Body, First, Next};

use crate::{
    Error, Head, Mechanisms, Scheme, Side,
    limits::MAX_CONNECTIONS,
    offer::{Offer, last_token},
};
use alloc::{string::String, vec::Vec};
use core::fmt;
use gatepass_backend::{ChannelBindings, Credentials, Request, SecurityContext};
use state::{Action, Event, State};

/// The authentication of one connection to one peer.
///
/// NTLM authenticates a connection, not a request, so a `ClientAuth` lives as long as its connection and cannot be cloned.
/// (Basic authenticates one request; so does Negotiate where it is done with one token, or where the peer says
/// `Persistent-Auth: false`. Then each request carries credentials, and the connection is nobody's in between.)
///
/// It does no input or output. For each request on its connection, in this order:
///
/// 1. [`first`](Self::first) says what the request carries, and whether its body may go with it. Send it.
/// 2. Read the head of the final response (informational ones are skipped). Where it asks for credentials
///    ([`Side::status`]), read its body too, up to [`MAX_DRAIN`](crate::limits::MAX_DRAIN): a connection with an unread
///    body cannot carry on. Where that is too long, give the connection up and go to 4.
/// 3. Give the head to [`response`](Self::response) and do what [`Next`] says; after [`Next::Send`] go to 2.
/// 4. When the connection is lost or given up at any point, [`reconnect`](Self::reconnect) gives the `ClientAuth` of the
///    connection that takes its place, or the error that says why there is none.
///
/// Where a request goes to an origin through a proxy in plain HTTP, both have a `ClientAuth`: the proxy's sees a response
/// first, the origin's sees it when the proxy's says [`Next::Deliver`], and the body waits as long as either says
/// [`Body::Probe`] or [`Body::Hold`]. Where the origin's then says [`Next::Send`], another leg goes out, and the proxy's
/// begins it with [`first`](Self::first).
///
/// The strongest scheme that both sides have is used. Where its mechanism cannot begin, or comes to nothing before anything
/// was sent that a password could be checked with, the next one is tried, but never Basic.
///
/// One set of credentials is sent once: after a refusal nothing more is tried, on this connection or another. The
/// exception is a peer that had accepted them on this connection and later asks again; it gets one full handshake on a
/// fresh connection for each request.
pub struct ClientAuth {
    side: Side,
    mechanisms: Mechanisms,
    credentials: Credentials,
    request: Request,
    /// The connection is encrypted up to this side.
    over_tls: bool,
    /// Somebody else's requests may share the connection that reaches this side.
    behind_proxy: bool,
    state: State,
    offered: Vec<String>,
    /// The usable schemes of the last challenge, the strongest first.
    offer: Vec<Scheme>,
    /// The schemes that were begun for the present request.
    tried: Vec<Scheme>,
    /// Tokens sent in the present handshake.
    tokens: u8,
    /// Messages sent for the present request on this connection.
    legs: u8,
    /// Connections on which the present request has been sent.
    connections: u8,
}

impl ClientAuth {
    /// The authentication of a new connection to `side`, as `credentials`, by one of `mechanisms`.
    ///
    /// `request` names the target (`HTTP/proxy.corp.example`) and, where the connection is a TLS connection, its channel
    /// bindings. Nothing is sent to a peer that does not ask.
    #[must_use]
    pub fn new(side: Side, mechanisms: Mechanisms, credentials: Credentials, request: Request) -> Self {
        Self {
            side,
            mechanisms,
            credentials,
            request,
            over_tls: false,
            behind_proxy: false,
            state: State::Fresh { known: None },
            offered: Vec::new(),
            offer: Vec::new(),
            tried: Vec::new(),
            tokens: 0,
            legs: 0,
            connections: 0,
        }
    }

    /// On a connection that TLS encrypts all the way to this side: where Basic is
    /// [allowed](Mechanisms::allow_basic), it may be used there.
    #[must_use]
    pub const fn over_tls(mut self) -> Self {
        self.over_tls = true;
        self
    }

    /// To an origin whose requests a proxy reads and passes on (plain HTTP). A scheme that authenticates connections is used
    /// there only if the proxy says that it keeps them apart
    /// ([`Head::session_based`](crate::Head::session_based), RFC 4559 section 6): otherwise somebody else's request could go
    /// out on the connection that has become ours.
    #[must_use]
    pub const fn behind_proxy(mut self) -> Self {
        self.behind_proxy = true;
        self
    }

    /// With the bindings of the TLS connection that takes the place of the last one, after [`reconnect`](Self::reconnect).
    #[must_use]
    pub fn with_bindings(mut self, bindings: ChannelBindings) -> Self {
        self.request = self.request.with_bindings(bindings);
        self
    }

    /// Which peer this is about.
    #[must_use]
    pub const fn side(&self) -> Side {
        self.side
    }

    /// What the next request of this connection carries.
    ///
    /// To a peer of which nothing is known that is no credentials, with [`Body::Probe`]; on the connection that follows a
    /// [`Next::Reconnect`] it is the first token (NTLM: NEGOTIATE, with [`Body::Hold`]); on an authenticated connection it is
    /// no credentials, with [`Body::Send`]; where each request is authenticated, it is credentials, with [`Body::Send`].
    ///
    /// # Errors
    /// [`Error::Mechanism`] when the backend cannot begin with these credentials; [`Error::AlreadyDenied`] and
    /// [`Error::OutOfTurn`] when this connection is done with.
    pub fn first(&mut self) -> Result<First, Error> {
        match self.turn(Event::Begin)? {
            Action::Ask { credentials, body } => Ok(First { credentials, body }),
            Action::Deliver | Action::Reconnect(_) | Action::Denied => {
                Err(Error::OutOfTurn { side: self.side })
            }
        }
    }

    /// Takes the head of the final response to what was sent last, and says what comes next.
    ///
    /// # Errors
    /// An [`Error`] ends the handshake: close the connection. No error leaves an attempt that would be worth repeating.
    /// [`Error::OutOfTurn`], and no change, for an informational response: it says nothing of the credentials.
    pub fn response(&mut self, head: &Head<'_>) -> Result<Next, Error> {
        if head.informational() {
            return Err(Error::OutOfTurn { side: self.side });
        }
        let event = self.event(head)?;
        match self.turn(event)? {
            Action::Ask { credentials: Some(credentials), body } => Ok(Next::Send { credentials, body }),
            Action::Deliver => Ok(Next::Deliver),
            Action::Reconnect(_) => Ok(Next::Reconnect),
            Action::Denied => Ok(Next::Denied),
            Action::Ask { credentials: None, .. } => Err(Error::OutOfTurn { side: self.side }),
        }
    }

    /// The authentication of the connection that takes the place of this one: after [`Next::Reconnect`], or when the
    /// connection was lost or given up. It begins with NEGOTIATE, since it knows that it will be asked.
    ///
    /// # Errors
    /// [`Error::ClosedBeforeVerdict`] when the last token of a handshake was on its way, since a second one could count
    /// as a second attempt; [`Error::TooManyConnections`] when the request has used up
    /// [`MAX_CONNECTIONS`](crate::limits::MAX_CONNECTIONS); [`Error::AlreadyDenied`], and [`Error::OutOfTurn`] after an
    /// error.
    pub fn reconnect(mut self) -> Result<Self, Error> {
        let known = match self.turn(Event::Lost)? {
            Action::Reconnect(known) => known,
            Action::Ask { .. } | Action::Deliver | Action::Denied => {
                return Err(Error::OutOfTurn { side: self.side });
            }
        };
        if self.connections >= MAX_CONNECTIONS {
            return Err(Error::TooManyConnections { side: self.side });
        }
        self.state = State::Fresh { known };
        Ok(self)
    }

    /// Whether the peer has accepted the credentials for all that is to come on this connection.
    #[must_use]
    pub const fn authenticated(&self) -> bool {
        matches!(self.state, State::Authenticated { .. })
    }

    /// Whether [`first`](Self::first) may now wait for something outside this process, such as a ticket from the network
    /// ([`Backend::blocks`](gatepass_backend::Backend::blocks)). It then belongs on a thread that may block.
    #[must_use]
    pub fn first_blocks(&self) -> bool {
        !matches!(self.state, State::Fresh { known: None } | State::Authenticated { .. })
            && self.mechanisms.blocks()
    }

    /// Whether [`response`](Self::response) may wait for something outside this process with this head.
    #[must_use]
    pub fn response_blocks(&self, head: &Head<'_>) -> bool {
        (head.status == self.side.status() || self.state.scheme().is_some()) && self.mechanisms.blocks()
    }

    /// The security context of the authenticated connection, for its session key and attributes; where each request is
    /// authenticated, that of the last one. There is none where the peer was content before the mechanism was.
    #[must_use]
    pub fn context(&self) -> Option<&dyn SecurityContext> {
        match &self.state {
            State::Authenticated { context, .. } | State::Admitted { context, .. } => context.as_deref(),
            _ => None,
        }
    }

    /// The schemes that the peer named in its last challenge, as it wrote them (the first 16 different ones): what to say
    /// when it wants none that can be given.
    #[must_use]
    pub fn offered(&self) -> &[String] {
        &self.offered
    }

    /// The schemes that may be used here, the strongest first.
    fn usable(&self) -> Vec<Scheme> {
        self.mechanisms.usable(self.over_tls).collect()
    }

    /// What `head` means to this side.
    fn event(&mut self, head: &Head<'_>) -> Result<Event, Error> {
        let present = self.state.scheme();
        if head.status != self.side.status() {
            // NTLM has no such token.
            let token = match present {
                Some(Scheme::Negotiate) => last_token(self.side, head, Scheme::Negotiate),
                _ => Ok(None),
            };
            return Ok(Event::Other { token, persistent: head.persistent_auth() });
        }
        let closes = head.closes();
        let wanted = self.usable();
        Ok(match Offer::read(self.side, head, &wanted, present, &mut self.offered) {
            Ok(Offer { token: Some(token), in_parameter, .. }) => {
                Event::Token { token, closes, doubtful: in_parameter }
            }
            Ok(Offer { schemes, .. }) if schemes.is_empty() => Event::NoScheme,
            Ok(Offer { schemes, .. }) => Event::Bare { offer: self.kept_apart(schemes, head)?, closes },
            Err(error) => Event::Unreadable(error),
        })
    }

    /// Those of `schemes` that may be used on a connection that may not be ours alone.
    fn kept_apart(&mut self, mut schemes: Vec<Scheme>, head: &Head<'_>) -> Result<Vec<Scheme>, Error> {
        if self.behind_proxy && !head.session_based() {
            schemes.retain(|scheme| !scheme.binds_connection());
        }
        if schemes.is_empty() {
            self.state = State::Failed;
            return Err(Error::SharedConnection { side: self.side });
        }
        Ok(schemes)
    }
}

/// Where the dance stands; no secret, no token.
impl fmt::Debug for ClientAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientAuth")
            .field("side", &self.side)
            .field("state", &self.state)
            .field("offered", &self.offered)
            .field("legs", &self.legs)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}
