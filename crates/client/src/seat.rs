//! Who must be convinced on a connection: the proxy, the origin, or both, each with its own half of the dance.

use crate::{Error, ErrorKind, Origin, Side, error::cause, outcome::Denied};
use gatepass::{ChannelBindings, Principal};
use gatepass_http::{Body, ClientAuth, Head, Next};

/// One side of the dance on one connection.
#[derive(Debug)]
pub(crate) struct Seat {
    auth: ClientAuth,
    place: Origin,
    principal: Option<Principal>,
    /// What the next leg carries. It stays until this side has seen it: a proxy may answer in its stead.
    pending: Option<String>,
    body: Body,
    /// This side has answered a request without asking for credentials.
    passed: bool,
    presented: bool,
}

impl Seat {
    pub(crate) fn new(auth: ClientAuth, place: Origin, principal: Option<Principal>) -> Self {
        Self { auth, place, principal, pending: None, body: Body::Send, passed: false, presented: false }
    }

    pub(crate) fn side(&self) -> Side {
        self.auth.side()
    }

    /// A request begins on this connection.
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        let first = self.auth.first().map_err(|error| self.failed(error))?;
        let unasked = first.credentials.is_none() && self.passed;
        self.body = if unasked { Body::Send } else { first.body };
        self.pending = first.credentials;
        Ok(())
    }

    /// What the next leg carries for this side.
    pub(crate) fn credentials(&self) -> Option<(Side, &str)> {
        self.pending.as_deref().map(|text| (self.side(), text))
    }

    /// Whether this side will probably not act on the next leg, but ask.
    pub(crate) fn holds(&self) -> bool {
        self.body != Body::Send
    }

    /// Whether it is unknown if this side asks.
    pub(crate) fn is_unknown(&self) -> bool {
        self.body == Body::Probe
    }

    /// Whether this side may still refuse what the next leg carries.
    pub(crate) fn is_settled(&self) -> bool {
        self.auth.authenticated()
    }

    /// Takes the head of a response.
    pub(crate) fn response(&mut self, head: &Head<'_>) -> Result<Next, Error> {
        let next = self.auth.response(head).map_err(|error| self.failed(error))?;
        self.pending = None;
        match &next {
            Next::Send { credentials, body } => {
                self.pending = Some(credentials.clone());
                self.body = *body;
                self.presented |= *body == Body::Send;
            }
            Next::Deliver => {
                self.body = Body::Send;
                self.passed = true;
            }
            Next::Reconnect | Next::Denied => {}
        }
        Ok(next)
    }

    /// This side on the connection that takes the place of a lost one.
    pub(crate) fn reconnect(self) -> Result<Self, Error> {
        let Self { auth, place, principal, passed, .. } = self;
        let side = auth.side();
        match auth.reconnect() {
            Ok(auth) => Ok(Self { passed, ..Self::new(auth, place, principal) }),
            Err(error) => Err(failed(side, &place, error)),
        }
    }

    /// With the bindings of the new connection, whose other end is `end`.
    pub(crate) fn bound(mut self, end: Side, bindings: Option<&ChannelBindings>) -> Self {
        if let Some(bindings) = bindings.filter(|_| end == self.side()) {
            self.auth = self.auth.with_bindings(bindings.clone());
        }
        self
    }

    /// The refusal, after [`Next::Denied`].
    pub(crate) fn denied(&self) -> Denied {
        Denied {
            side: self.side(),
            place: self.place.authority(),
            principal: self.principal.clone(),
            offered: self.auth.offered().to_vec(),
            presented: self.presented,
        }
    }

    fn failed(&self, error: gatepass_http::Error) -> Error {
        failed(self.side(), &self.place, error)
    }
}

/// The error of the dance, with its place, and with what lies at its bottom: the field and the offset of a bad token.
fn failed(side: Side, place: &Origin, error: gatepass_http::Error) -> Error {
    let (top, bottom) = (error.to_string(), cause(&error));
    let mut text = format!("{top} ({})", place.authority());
    if !top.contains(&bottom) {
        text = format!("{text}: {bottom}");
    }
    Error::new(ErrorKind::Handshake(side), text).because(error)
}
