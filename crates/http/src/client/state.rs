//! The client's states, what happens to them, and what the caller is told; how they follow each other is in `machine`.

use super::next::Body;
use crate::{Error, Scheme};
use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;
use gatepass_backend::{Handshake, SecurityContext};

/// Where the dance on one connection stands.
pub(super) enum State {
    /// No request is under way, and the connection is not authenticated. `known`: the peer will ask for this scheme.
    Fresh { known: Option<Scheme> },
    /// A request without credentials is under way.
    Probing,
    /// The first token is under way, and the mechanism waits for the peer's.
    Handshaking { scheme: Scheme, handshake: Box<dyn Handshake> },
    /// A token is under way that can be the last: an attempt to log in.
    Finishing { scheme: Scheme, mechanism: Mechanism },
    /// The peer let us in, for as long as the connection lasts.
    Authenticated { scheme: Scheme, context: Option<Box<dyn SecurityContext>> },
    /// The peer let us in with that request, and wants to see credentials with the next.
    Admitted { scheme: Scheme, context: Option<Box<dyn SecurityContext>> },
    /// The caller has been told to reconnect.
    Closing { known: Scheme },
    /// The peer does not let us in.
    Denied,
    /// An error ended the dance.
    Failed,
}

/// A mechanism that has sent what it has to send.
pub(super) enum Mechanism {
    Done(Box<dyn SecurityContext>),
    /// It would hear a last word of the peer.
    Waiting(Box<dyn Handshake>),
}

/// What happens to it.
#[derive(Debug)]
pub(super) enum Event {
    /// The caller has a request to send.
    Begin,
    /// The connection is gone.
    Lost,
    /// A response that does not ask this side for credentials, with the last token of the handshake if it has one.
    Other { token: Result<Option<Vec<u8>>, Error>, persistent: Option<bool> },
    /// It asks for one of these schemes, the strongest first, with no token for the handshake.
    Bare { offer: Vec<Scheme>, closes: bool },
    /// It goes on with the handshake. `doubtful`: the token has the form in which Squid passes on what its Kerberos helper
    /// says, who has no accounts for NTLM.
    Token { token: Vec<u8>, closes: bool, doubtful: bool },
    /// It asks for schemes that are of no use here, or for none.
    NoScheme,
    /// It asks for something that cannot be read.
    Unreadable(Error),
}

/// What the caller is told.
pub(super) enum Action {
    Ask { credentials: Option<String>, body: Body },
    Deliver,
    Reconnect(Option<Scheme>),
    Denied,
}

impl State {
    /// The scheme to which an answer must belong.
    pub(super) const fn scheme(&self) -> Option<Scheme> {
        match self {
            Self::Handshaking { scheme, .. } | Self::Finishing { scheme, .. } => Some(*scheme),
            _ => None,
        }
    }
}

/// The name of the state and its scheme.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fresh { known: None } => f.write_str("Fresh"),
            Self::Fresh { known: Some(scheme) } => write!(f, "Fresh ({scheme})"),
            Self::Probing => f.write_str("Probing"),
            Self::Handshaking { scheme, .. } => write!(f, "Handshaking ({scheme})"),
            Self::Finishing { scheme, .. } => write!(f, "Finishing ({scheme})"),
            Self::Authenticated { scheme, .. } => write!(f, "Authenticated ({scheme})"),
            Self::Admitted { scheme, .. } => write!(f, "Admitted ({scheme})"),
            Self::Closing { known } => write!(f, "Closing ({known})"),
            Self::Denied => f.write_str("Denied"),
            Self::Failed => f.write_str("Failed"),
        }
    }
}
