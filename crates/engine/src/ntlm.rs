//! The engine behind the joint: [`Backend`] over the typestates.
//!
//! ```text
//! initiate --> Continue(NEGOTIATE) --CHALLENGE--> Complete(AUTHENTICATE)
//! accept   --> (waits) --NEGOTIATE--> Continue(CHALLENGE) --AUTHENTICATE--> Complete
//! ```

use crate::{
    AwaitingAuthenticate, AwaitingChallenge, Client, Dialect, NonceSource, Policy, Protection, Server,
    Session, TargetInfo, settle,
};
use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use core::fmt;
use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, Error, Handshake, Principal, Request, SecurityContext,
    SessionKey, Step,
};

/// NTLM as a [`Backend`]: NTLMv2, on either side, unless the policy says otherwise.
///
/// As a client it takes [`Credentials::Password`], [`Credentials::NtHash`] and [`Credentials::Anonymous`].
#[derive(Clone, Debug)]
pub struct Ntlm {
    nonces: Arc<dyn NonceSource>,
    target: TargetInfo,
    workstation: String,
    policy: Policy,
    dialect: Option<Dialect>,
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

    /// With the dialect in which a client answers ([`Client::with_dialect`]).
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
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
        settle::possible(request.requirements(), false)?;
        if !matches!(
            credentials,
            Credentials::Password(..) | Credentials::NtHash(..) | Credentials::Anonymous
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
        let (waiting, token) = client.negotiate();
        let nonces = Arc::clone(&self.nonces);
        Ok(Step::Continue { token, next: Box::new(Initiator { waiting, nonces }) })
    }

    fn accept(&self, accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        settle::possible(request.requirements(), false)?;
        self.policy.possible(request.bindings().is_some())?;
        let server =
            Server::new(self.target.clone()).with_request(request.clone()).with_policy(self.policy.clone());
        Ok(Box::new(Acceptor { server, accounts, nonces: Arc::clone(&self.nonces) }))
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

/// A server that waits for NEGOTIATE.
struct Acceptor {
    server: Server,
    accounts: Arc<dyn Accounts>,
    nonces: Arc<dyn NonceSource>,
}

impl Handshake for Acceptor {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let (waiting, challenge) = self.server.negotiate(token, self.nonces.nonces()?)?;
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

/// A session as the joint knows it.
#[derive(Debug)]
struct Context {
    attributes: Attributes,
    peer: Option<Principal>,
    key: SessionKey,
    protection: Protection,
}

impl Context {
    fn new(session: Session, peer: Option<Principal>) -> Self {
        let attributes = settle::attributes(session.flags());
        let key = session.exported_session_key().clone();
        Self { attributes, peer, key, protection: session.protect() }
    }
}

impl SecurityContext for Context {
    fn attributes(&self) -> Attributes {
        self.attributes
    }

    fn peer(&self) -> Option<&Principal> {
        self.peer.as_ref()
    }

    fn session_key(&self) -> Option<SessionKey> {
        Some(self.key.clone())
    }

    fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.protection.sign(message)?.to_vec())
    }

    fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        Ok(self.protection.verify(message, signature)?)
    }

    fn seal(&mut self, message: &mut [u8]) -> Result<Vec<u8>, Error> {
        Ok(self.protection.seal(message)?.to_vec())
    }

    fn unseal(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        Ok(self.protection.unseal(message, signature)?)
    }

    fn mech_list_mic(&mut self, list: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.protection.mech_list_mic(list)?.to_vec())
    }

    fn verify_mech_list_mic(&mut self, list: &[u8], mic: &[u8]) -> Result<(), Error> {
        Ok(self.protection.verify_mech_list_mic(list, mic)?)
    }
}
