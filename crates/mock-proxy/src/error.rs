//! Why a mock proxy does not start.

use crate::Planned;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Why a mock proxy could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The address to listen on is not a loopback address: a proxy whose passwords are known must not be reachable from
    /// elsewhere.
    NotLoopback(SocketAddr),
    /// What forwarding was to be allowed to is not `HOST[:PORT]`.
    Allow(String),
    /// Listening on this address failed.
    Listen(SocketAddr, io::Error),
    /// The fault cannot happen in the leg for which it is planned.
    Fault(Planned),
    /// No known peer has this name.
    Personality(String),
    /// What is wrong with an account of a script.
    Account(String),
    /// What is wrong with the policy of the server or with its CHALLENGE.
    Policy(String),
    /// The certificates could not be made.
    Certificate(Box<dyn StdError + Send + Sync>),
    /// The operating system gave no random bytes.
    NoRandomness,
    /// The thread that serves, or its event loop, could not be started.
    Thread(io::Error),
}

/// One sentence without a full stop.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLoopback(address) => {
                write!(
                    f,
                    "{address} is not a loopback address: everyone who reaches it could use the mock proxy, so that has to be \
                     allowed (--allow-remote)"
                )
            }
            Self::Allow(text) => {
                write!(f, "{text:?} is not HOST[:PORT], to which it could be allowed to forward")
            }
            Self::Listen(address, _) => write!(f, "cannot listen on {address}"),
            Self::Fault(planned) => write!(f, "a fault that cannot happen there: {planned}"),
            Self::Personality(name) => write!(f, "there is no personality {name:?}"),
            Self::Account(what) | Self::Policy(what) => f.write_str(what),
            Self::Certificate(_) => f.write_str("cannot make the certificates of the embedded origin"),
            Self::NoRandomness => f.write_str("the system gave no random bytes"),
            Self::Thread(_) => f.write_str("cannot start the thread of the mock proxy"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::NotLoopback(_)
            | Self::Allow(_)
            | Self::Personality(_)
            | Self::Fault(_)
            | Self::Account(_)
            | Self::Policy(_)
            | Self::NoRandomness => None,
            Self::Listen(_, error) | Self::Thread(error) => Some(error),
            Self::Certificate(error) => {
                let error: &(dyn StdError + 'static) = error.as_ref();
                Some(error)
            }
        }
    }
}
