//! The engine behind the joint: [`Backend`] over the typestates.
//!
//! ```text
//! initiate --> Continue(NEGOTIATE) --CHALLENGE--> Complete(AUTHENTICATE)
//! accept   --> (waits) --NEGOTIATE--> Continue(CHALLENGE) --AUTHENTICATE--> Complete
//!
//! with Attributes::DATAGRAM
//! initiate --> Continue(nothing) --CHALLENGE--> Complete(AUTHENTICATE)
//! accept   --> (waits) --nothing--> Continue(CHALLENGE) --AUTHENTICATE--> Complete
//! ```

mod context;

use crate::{
    AwaitingAuthenticate, AwaitingChallenge, Client, Dialect, NonceSource, Policy, Requirement, Server,
    TargetInfo, crypto, settle,
};
use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use context::Context;
use core::fmt;
use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, Error, Handshake, NtOwfV2, Request, Step,
};
use gatepass_wire::Version;

/// NTLM as a [`Backend`]: NTLMv2, on either side, unless the policy says otherwise.
///
/// As a client it takes [`Credentials::Password`], [`Credentials::NtHash`], [`Credentials::NtOwfV2`] and
/// [`Credentials::Anonymous`].
#[derive(Clone, Debug)]
pub struct Ntlm {
    nonces: Arc<dyn NonceSource>,
    target: TargetInfo,
    workstation: String,
    policy: Policy,
    dialect: Option<Dialect>,
    /// The server's; the engine's own otherwise.
    version: Option<Version>,
}

impl Ntlm {
    /// NTLM with nonces and time of the operating system.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn new() -> Self {
        Self::with_nonces(Arc::new(crate::SystemNonces))
    }

    /// NTLM with nonces and time from `nonces`.
    #[must_use]
    pub fn with_nonces(nonces: Arc<dyn NonceSource>) -> Self {
        Self {
            nonces,
            target: TargetInfo::new("GATEPASS", "GATEPASS"),
            workstation: String::new(),
            policy: Policy::default(),
            dialect: None,
            version: None,
        }
    }

    /// With the names that a server gives itself; a server called GATEPASS otherwise.
    #[must_use]
    pub fn with_target_info(mut self, target: TargetInfo) -> Self {
        self.target = target;
        self
    }

    /// With the name that a client gives its machine; none otherwise.
    #[must_use]
    pub fn with_workstation(mut self, name: impl Into<String>) -> Self {
        self.workstation = name.into();
        self
    }

    /// With what both sides demand and put up with; NTLMv2 alone otherwise.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// With the VERSION of a server's CHALLENGE ([`Server::with_version`]).
    #[must_use]
    pub fn with_version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// With the dialect in which a client answers ([`Client::with_dialect`]).
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }
}

impl Ntlm {
    /// What of `credentials` is worth keeping for handshakes to come by NTLMv2: their NTOWFv2, which need not be computed
    /// again then. `None` for credentials of which there is none.
    #[must_use]
    pub fn kept(credentials: &Credentials) -> Option<Credentials> {
        let (principal, nt_hash) = match credentials {
            Credentials::Password(principal, password) => (principal, crypto::ntowf_v1(password.expose())),
            Credentials::NtHash(principal, hash) => (principal, hash.clone()),
            Credentials::NtOwfV2(..) => return Some(credentials.clone()),
            _ => return None,
        };
        let key = crypto::ntowf_v2(principal.user(), principal.domain(), &nt_hash);
        Some(Credentials::NtOwfV2(principal.clone(), NtOwfV2::from_bytes(*key.expose())))
    }
}

#[cfg(feature = "std")]
impl Default for Ntlm {
    fn default() -> Self {
        Self::new()
    }
}

impl Backend for Ntlm {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        let connectionless = request.requirements().contains(Attributes::DATAGRAM);
        settle::possible(request.requirements(), connectionless)?;
        if !matches!(
            credentials,
            Credentials::Password(..)
                | Credentials::NtHash(..)
                | Credentials::NtOwfV2(..)
                | Credentials::Anonymous
        ) {
            return Err(crate::Error::NoCredentials.into());
        }
        let mut client = Client::new(credentials.clone())
            .with_request(request.clone())
            .with_workstation(self.workstation.clone())
            .with_policy(self.policy.clone());
        if let Some(dialect) = self.dialect {
            client = client.with_dialect(dialect);
        }
        let nonces = Arc::clone(&self.nonces);
        if connectionless {
            return Ok(Step::Continue { token: Vec::new(), next: Box::new(Listener { client, nonces }) });
        }
        let (waiting, token) = client.negotiate();
        Ok(Step::Continue { token, next: Box::new(Initiator { waiting, nonces }) })
    }

    fn accept(&self, accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        let connectionless = request.requirements().contains(Attributes::DATAGRAM);
        settle::possible(request.requirements(), connectionless)?;
        self.policy.possible(request.bindings().is_some())?;
        let mut server =
            Server::new(self.target.clone()).with_request(request.clone()).with_policy(self.policy.clone());
        if let Some(version) = self.version {
            server = server.with_version(version);
        }
        Ok(Box::new(Acceptor { server, connectionless, accounts, nonces: Arc::clone(&self.nonces) }))
    }
}

/// A client that waits for CHALLENGE.
#[derive(Debug)]
struct Initiator {
    waiting: AwaitingChallenge,
    nonces: Arc<dyn NonceSource>,
}

impl Handshake for Initiator {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let (session, authenticate) = self.waiting.challenge(token, self.nonces.nonces()?)?;
        let context = Box::new(Context::new(session, None));
        Ok(Step::Complete { token: Some(authenticate), context })
    }
}

/// A client that waits for the CHALLENGE of a server that begins.
#[derive(Debug)]
struct Listener {
    client: Client,
    nonces: Arc<dyn NonceSource>,
}

impl Handshake for Listener {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let (session, authenticate) = self.client.answer(token, self.nonces.nonces()?)?;
        let context = Box::new(Context::new(session, None));
        Ok(Step::Complete { token: Some(authenticate), context })
    }
}

/// A server that waits for NEGOTIATE or, without a connection, for the word to begin.
struct Acceptor {
    server: Server,
    connectionless: bool,
    accounts: Arc<dyn Accounts>,
    nonces: Arc<dyn NonceSource>,
}

impl Handshake for Acceptor {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let nonces = self.nonces.nonces()?;
        let (waiting, challenge) = match token {
            [] if self.connectionless => self.server.challenge(nonces)?,
            // Whoever begins means a connection.
            _ if self.connectionless => return Err(crate::Error::Policy(Requirement::Connectionless).into()),
            negotiate => self.server.negotiate(negotiate, nonces)?,
        };
        let next = Box::new(Challenged { waiting, accounts: self.accounts });
        Ok(Step::Continue { token: challenge, next })
    }
}

/// A server that waits for AUTHENTICATE.
struct Challenged {
    waiting: AwaitingAuthenticate,
    accounts: Arc<dyn Accounts>,
}

impl Handshake for Challenged {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let claim = self.waiting.authenticate(token)?;
        let nt_hash = if claim.is_anonymous() { None } else { self.accounts.nt_hash(claim.principal()) };
        let accepted = claim.verify(nt_hash.as_ref())?;
        // Nobody is not a peer.
        let peer = (!accepted.is_anonymous()).then(|| accepted.principal().clone());
        let context = Box::new(Context::new(accepted.into_session(), peer));
        Ok(Step::Complete { token: None, context })
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("server", &self.server).finish_non_exhaustive()
    }
}

impl fmt::Debug for Challenged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenged").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}
