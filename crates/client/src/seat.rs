//! Who must be convinced on a connection: the proxy, the origin, or both, each with its own half of the dance.

use crate::{Error, ErrorKind, Origin, Side, error::cause, outcome::Denied};
use gatepass::{ChannelBindings, Credentials, ErrorKind as Kind, Principal, Request as Wanted};
use gatepass_http::{Body, ClientAuth, First, Head, Mechanisms, Next};
use std::time::{Duration, Instant};

/// One side of the dance on one connection.
#[derive(Debug)]
pub(crate) struct Seat {
    auth: ClientAuth,
    place: Origin,
    identity: Identity,
    /// What the next leg carries. It stays until this side has seen it: a proxy may answer in its stead.
    pending: Option<String>,
    body: Body,
    /// This side has answered a request without asking for credentials.
    passed: bool,
    presented: bool,
    /// Why there is nothing to present.
    missing: Option<String>,
}

/// Whose login it is.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// Whoever is logged in, or whom a source names.
    Current,
    /// The name in the credentials, if there is one.
    Given(Option<Principal>),
}

impl Identity {
    pub(crate) fn of(credentials: &Credentials) -> Self {
        match credentials {
            Credentials::CurrentUser => Self::Current,
            given => Self::Given(given.principal().cloned()),
        }
    }
}

impl Seat {
    pub(crate) fn new(auth: ClientAuth, place: Origin, identity: Identity) -> Self {
        Self {
            auth,
            place,
            identity,
            pending: None,
            body: Body::Send,
            passed: false,
            presented: false,
            missing: None,
        }
    }

    pub(crate) fn side(&self) -> Side {
        self.auth.side()
    }

    /// A request begins on this connection. Says how long the login was busy elsewhere.
    pub(crate) async fn begin(&mut self) -> Result<Duration, Error> {
        let (first, busy) = if self.auth.first_blocks() {
            self.elsewhere(ClientAuth::first).await?
        } else {
            (self.auth.first(), Duration::ZERO)
        };
        let first: First = first.map_err(|error| self.failed(error))?;
        let unasked = first.credentials.is_none() && self.passed;
        self.body = if unasked { Body::Send } else { first.body };
        self.pending = first.credentials;
        Ok(busy)
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

    /// Takes the head of a response. Says too how long the login was busy elsewhere.
    pub(crate) async fn response(&mut self, head: &Head<'_>) -> Result<(Next, Duration), Error> {
        let (next, busy) = if self.auth.response_blocks(head) {
            let (status, minor_version) = (head.status, head.minor_version);
            let fields: Vec<(String, Vec<u8>)> =
                head.fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
            self.elsewhere(move |auth| {
                let fields: Vec<(&str, &[u8])> =
                    fields.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
                auth.response(&Head { status, minor_version, fields: &fields })
            })
            .await?
        } else {
            (self.auth.response(head), Duration::ZERO)
        };
        let next = match next {
            Err(gatepass_http::Error::Mechanism { error, .. }) if self.has_nothing(&error) => {
                self.missing = Some(cause(&error));
                Next::Denied
            }
            next => next.map_err(|error| self.failed(error))?,
        };
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
        Ok((next, busy))
    }

    /// Whether the current user turned out to have neither ticket nor password: the response that asked for one is the
    /// caller's, as if nobody had tried.
    fn has_nothing(&self, error: &gatepass::Error) -> bool {
        let missing = matches!(
            error.kind(),
            Kind::NoCredentials
                | Kind::TargetUnknown
                | Kind::NoAuthority
                | Kind::TimeSkew
                | Kind::Unsupported
        );
        missing && !self.presented && matches!(self.identity, Identity::Current)
    }

    /// Runs a step of the login on a thread that may block, and says how long it took: a ticket comes from the network, a
    /// password perhaps from a person.
    async fn elsewhere<T: Send + 'static>(
        &mut self,
        step: impl FnOnce(&mut ClientAuth) -> T + Send + 'static,
    ) -> Result<(T, Duration), Error> {
        let side = self.side();
        // What stays behind, should nobody wait for the answer, knows no mechanism.
        let idle = ClientAuth::new(side, Mechanisms::new(), Credentials::Anonymous, Wanted::new());
        let mut auth = std::mem::replace(&mut self.auth, idle);
        let begun = Instant::now();
        let done = tokio::task::spawn_blocking(move || {
            let came_of_it = step(&mut auth);
            (auth, came_of_it)
        });
        let (auth, came_of_it) = done.await.map_err(|error| {
            let text = format!("the login at {side} {} broke off", self.place.authority());
            Error::new(ErrorKind::Handshake(side), text).because(error)
        })?;
        self.auth = auth;
        Ok((came_of_it, begun.elapsed()))
    }

    /// This side on the connection that takes the place of a lost one.
    pub(crate) fn reconnect(self) -> Result<Self, Error> {
        let Self { auth, place, identity, passed, .. } = self;
        let side = auth.side();
        match auth.reconnect() {
            Ok(auth) => Ok(Self { passed, ..Self::new(auth, place, identity) }),
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
        let principal = match &self.identity {
            Identity::Given(principal) => principal.clone(),
            Identity::Current => None,
        };
        Denied {
            side: self.side(),
            place: self.place.authority(),
            principal,
            offered: self.auth.offered().to_vec(),
            presented: self.presented,
            missing: self.missing.clone(),
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
