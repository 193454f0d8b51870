//! The engine behind the joint: [`Backend`] over the typestates.
//!
//! ```text
//! initiate --> Continue(NEGOTIATE) --CHALLENGE--> Complete(AUTHENTICATE)
//! accept   --> (waits) --NEGOTIATE--> Continue(CHALLENGE) --AUTHENTICATE--> Complete
//! ```

use crate::{
    AwaitingAuthenticate, AwaitingChallenge, Client, NonceSource, Sealer, Server, Session, TargetInfo,
    Unsealer, settle,
};
use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use core::fmt;
use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, Error, ErrorKind, Handshake, Principal, Request,
    SecurityContext, SessionKey, Step,
};

/// NTLM as a [`Backend`]: NTLMv2, on either side.
///
/// As a client it takes [`Credentials::Password`] and [`Credentials::NtHash`].
#[derive(Clone, Debug)]
pub struct Ntlm {
    nonces: Arc<dyn NonceSource>,
    target: TargetInfo,
    workstation: String,
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
        Self { nonces, target: TargetInfo::new("GATEPASS", "GATEPASS"), workstation: String::new() }
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
}

#[cfg(feature = "std")]
impl Default for Ntlm {
    fn default() -> Self {
        Self::new()
    }
}

impl Backend for Ntlm {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        settle::possible(request.requirements())?;
        if !matches!(credentials, Credentials::Password(..) | Credentials::NtHash(..)) {
            return Err(crate::Error::NoCredentials.into());
        }
        let (waiting, token) = Client::new(credentials.clone())
            .with_request(request.clone())
            .with_workstation(self.workstation.clone())
            .negotiate();
        let nonces = Arc::clone(&self.nonces);
        Ok(Step::Continue { token, next: Box::new(Initiator { waiting, nonces }) })
    }

    fn accept(&self, accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        settle::possible(request.requirements())?;
        let server = Server::new(self.target.clone()).with_request(request.clone());
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
        let nt_hash = self.accounts.nt_hash(claim.principal());
        let accepted = claim.verify(nt_hash.as_ref())?;
        let peer = accepted.principal().clone();
        let context = Box::new(Context::new(accepted.into_session(), Some(peer)));
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
    sealer: Sealer,
    unsealer: Unsealer,
    /// An error of one of the message functions ended all four.
    dead: bool,
}

impl Context {
    fn new(session: Session, peer: Option<Principal>) -> Self {
        let attributes = settle::attributes(session.flags());
        let key = session.exported_session_key().clone();
        let (sealer, unsealer) = session.split();
        Self { attributes, peer, key, sealer, unsealer, dead: false }
    }

    fn run<T>(
        &mut self,
        function: impl FnOnce(&mut Sealer, &mut Unsealer) -> Result<T, crate::Error>,
    ) -> Result<T, Error> {
        if self.dead {
            return Err(Error::new(ErrorKind::OutOfSequence));
        }
        let result = function(&mut self.sealer, &mut self.unsealer);
        self.dead = result.is_err();
        Ok(result?)
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
        self.run(|sealer, _| sealer.sign(message)).map(|signature| signature.to_vec())
    }

    fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.run(|_, unsealer| unsealer.verify(message, signature))
    }

    fn seal(&mut self, message: &mut [u8]) -> Result<Vec<u8>, Error> {
        self.run(|sealer, _| sealer.seal(message)).map(|signature| signature.to_vec())
    }

    fn unseal(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        self.run(|_, unsealer| unsealer.unseal(message, signature))
    }

    fn mech_list_mic(&mut self, list: &[u8]) -> Result<Vec<u8>, Error> {
        self.run(|sealer, _| sealer.mech_list_mic(list)).map(|mic| mic.to_vec())
    }

    fn verify_mech_list_mic(&mut self, list: &[u8], mic: &[u8]) -> Result<(), Error> {
        self.run(|_, unsealer| unsealer.verify_mech_list_mic(list, mic))
    }
}
