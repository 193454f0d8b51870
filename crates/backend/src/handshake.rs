//! The handshake: a state, a token in, a token out, the next state.

use crate::{Accounts, Credentials, Error, Request, SecurityContext};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::fmt::Debug;

/// A security package: something that can begin a handshake on either side.
///
/// There is one such trait and no other joint below it: NTLM's algorithms are fixed by the document, so nothing is gained
/// by making them exchangeable.
pub trait Backend: Send + Sync + Debug {
    /// Begins as a client (`AcquireCredentialsHandle` and the first `InitializeSecurityContext`).
    ///
    /// With [`Attributes::DATAGRAM`](crate::Attributes::DATAGRAM) the server has the first word: the token is empty, and
    /// need not be sent.
    ///
    /// # Errors
    /// [`NoCredentials`](crate::ErrorKind::NoCredentials) when this backend cannot use `credentials`,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) when it cannot do what `request` requires.
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error>;

    /// Begins as a server that knows `accounts`; the handshake waits for the client's first token
    /// (`AcceptSecurityContext`).
    ///
    /// With [`Attributes::DATAGRAM`](crate::Attributes::DATAGRAM) the client has none: its first token is empty, whether
    /// anything came or not, and the answer to it is the server's first word.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) when this backend is no server or cannot do what `request` requires.
    fn accept(&self, accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error>;

    /// Whether [`initiate`](Self::initiate) and the steps of its handshakes may wait for something outside this process: a
    /// ticket from the network, a keyring, a person. They then belong on a thread that may block, and not on one that serves
    /// an asynchronous program. A mechanism that only computes leaves this at `false`.
    fn blocks(&self) -> bool {
        false
    }
}

/// A handshake that waits for the peer's next token.
pub trait Handshake: Send + Debug {
    /// Takes the peer's token. The state is consumed: an error ends the handshake, and no state is used twice.
    ///
    /// # Errors
    /// [`InvalidToken`](crate::ErrorKind::InvalidToken) for a malformed token or one of the wrong leg,
    /// [`LogonDenied`](crate::ErrorKind::LogonDenied) when the peer is refused, and what the mechanism adds.
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error>;

    /// Ends the handshake without the token that it waits for: the peer has gone on to what the handshake was for, as a web
    /// server does whose response has no token. SSPI has no such call; its users stop calling.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) where the mechanism cannot tell what it misses, and by default;
    /// otherwise what the missing token would have shown.
    fn conclude(self: Box<Self>) -> Result<Box<dyn SecurityContext>, Error> {
        Err(crate::ErrorKind::Unsupported.into())
    }
}

/// What a step leads to.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// Send `token`; then `next` takes the answer (`SEC_I_CONTINUE_NEEDED`).
    Continue {
        /// What the peer must get; empty where the peer begins.
        token: Vec<u8>,
        /// The state that takes the peer's answer.
        next: Box<dyn Handshake>,
    },
    /// This side is done (`SEC_E_OK`). A client that is done may still be refused: its server has not spoken yet.
    Complete {
        /// What the peer must still get, if anything.
        token: Option<Vec<u8>>,
        /// The established context.
        context: Box<dyn SecurityContext>,
    },
}
