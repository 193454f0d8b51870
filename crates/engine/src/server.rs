//! The server ([MS-NLMP] 3.2.5.1), up to what the client claims; [`Claim`] goes on.
//!
//! ```text
//! Server --negotiate--> AwaitingAuthenticate --authenticate--> Claim --verify--> Accepted
//!        NEGOTIATE in,                         AUTHENTICATE in
//!        CHALLENGE out
//!        --challenge-->       the same without a NEGOTIATE, for datagrams
//! ```

mod messages;

use crate::client::{VERSION, text};
use crate::policy::Policy;
use crate::{Claim, Error, Nonces, TargetInfo, settle};
use alloc::vec::Vec;
use core::fmt;
use gatepass_backend::Request;
use gatepass_wire::{
    AvPairs, Challenge, Message, Negotiate, NegotiateFlags as Flags, Version, extend_utf16le,
};
use messages::Messages;

/// A server that has heard nothing yet.
#[derive(Clone, Debug)]
pub struct Server {
    target: TargetInfo,
    policy: Policy,
    /// Its bindings, the requirements; the target name is not compared.
    request: Request,
    version: Version,
}

impl Server {
    /// A server with these names.
    #[must_use]
    pub fn new(target: TargetInfo) -> Self {
        Self { target, policy: Policy::default(), request: Request::new(), version: VERSION }
    }

    /// With channel bindings and requirements (the arguments of `AcceptSecurityContext`). What becomes of a client with
    /// other bindings or none, [`Policy::with_bindings`] says. The target name is not compared: that is
    /// [`Policy::with_targets`]; and [`Accepted::target_name`](crate::Accepted::target_name) tells what the client meant.
    #[must_use]
    pub fn with_request(mut self, request: Request) -> Self {
        self.request = request;
        self
    }

    /// With all that it demands of a client, and puts up with.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// With this VERSION in its CHALLENGE, on which nothing depends ([MS-NLMP] 2.2.2.10).
    #[must_use]
    pub fn with_version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Takes NEGOTIATE: the state that waits for AUTHENTICATE, and the CHALLENGE for the client.
    ///
    /// # Errors
    /// [`Error::Malformed`] when `negotiate` is no NEGOTIATE, [`Error::Incompatible`] when it offers no charset,
    /// [`Error::Policy`] when the client lacks what the request requires, [`Error::BadBindings`] when the policy requires
    /// bindings and the request has none.
    pub fn negotiate(
        self,
        negotiate: &[u8],
        nonces: Nonces,
    ) -> Result<(AwaitingAuthenticate, Vec<u8>), Error> {
        let message = Negotiate::decode(negotiate)?;
        let requirements = self.request.requirements();
        settle::possible(requirements, false)?;
        let required = settle::required(requirements, &self.policy);
        let ours = settle::server(&self.policy);
        let settled = settle::agree(message.flags, ours, required, &self.policy)?;
        self.send(settled, negotiate, nonces)
    }

    /// Begins without a NEGOTIATE, for datagrams ([MS-NLMP] 1.3.1.2, 3.2.5.2.1): the CHALLENGE for a client that asked for
    /// a login in the application's own protocol, and the state that waits for AUTHENTICATE. The session is one for
    /// [`Session::datagrams`](crate::Session::datagrams).
    ///
    /// # Errors
    /// [`Error::Policy`] when NTLM cannot give what the request requires, [`Error::BadBindings`] when the policy requires
    /// bindings and the request has none.
    pub fn challenge(self, nonces: Nonces) -> Result<(AwaitingAuthenticate, Vec<u8>), Error> {
        settle::possible(self.request.requirements(), true)?;
        let ours = settle::server(&self.policy)
            .without(Flags::NEGOTIATE_OEM | Flags::NEGOTIATE_LM_KEY)
            .with(Flags::NEGOTIATE_DATAGRAM);
        self.send(ours, &[], nonces)
    }

    /// The CHALLENGE with these flags.
    fn send(
        self,
        settled: Flags,
        negotiate: &[u8],
        nonces: Nonces,
    ) -> Result<(AwaitingAuthenticate, Vec<u8>), Error> {
        self.policy.possible(self.request.bindings().is_some())?;
        let unicode = settled.contains(Flags::NEGOTIATE_UNICODE);
        let (name, is_domain) = self.target.target_name();
        let kind = if is_domain { Flags::TARGET_TYPE_DOMAIN } else { Flags::TARGET_TYPE_SERVER };
        // One piece of memory for what CHALLENGE is put together from, and then for the messages.
        let names = name.len().saturating_mul(2).saturating_add(self.target.size());
        let mut kept =
            Vec::with_capacity(negotiate.len().saturating_add(names.saturating_mul(2)).saturating_add(ROOM));
        // For show alone: the names that count are in the target info, which is always Unicode.
        let kind = if !settled.contains(Flags::REQUEST_TARGET) {
            Flags::EMPTY
        } else if unicode {
            extend_utf16le(&mut kept, name);
            kind
        } else {
            let ascii = || name.replace(|c: char| !c.is_ascii(), "?").into_bytes();
            kept.extend_from_slice(&self.policy.code_page().encode(name).unwrap_or_else(ascii));
            kind
        };
        let name_end = kept.len();
        self.target.write(nonces.now, &mut kept)?;
        let (name, target_info) = kept.split_at_checked(name_end).unwrap_or_default();
        // Target info is sent unasked: without it there is no NTLMv2 ([MS-NLMP] 3.2.5.1.1, recording java17-proxy-get).
        let flags = settled.with(Flags::NEGOTIATE_TARGET_INFO).with(kind);
        let challenge = Challenge {
            target_name: text(name, unicode),
            flags,
            server_challenge: nonces.challenge,
            reserved: None,
            target_info: Some(AvPairs::new(target_info)),
            version: Some(self.version),
        }
        .encode()?;
        kept.clear();
        let waiting = AwaitingAuthenticate {
            policy: self.policy,
            request: self.request,
            flags,
            server_challenge: nonces.challenge,
            messages: Messages::new(kept, negotiate, &challenge),
        };
        Ok((waiting, challenge))
    }
}

/// What the headers of CHALLENGE and AUTHENTICATE, the responses and the client's names take, beside what the client says
/// again of CHALLENGE: with so much room the messages need memory once. A longer AUTHENTICATE needs it twice.
const ROOM: usize = 640;

/// A server that waits for AUTHENTICATE.
pub struct AwaitingAuthenticate {
    pub(crate) policy: Policy,
    pub(crate) request: Request,
    /// What CHALLENGE said.
    pub(crate) flags: Flags,
    pub(crate) server_challenge: [u8; 8],
    /// For the MIC.
    pub(crate) messages: Messages,
}

impl AwaitingAuthenticate {
    /// The state of a server that received `negotiate` and sent `challenge`, both as they went over the wire: for a
    /// process that gets the messages from another, or for a recorded handshake. `negotiate` is needed for the MIC alone.
    ///
    /// Whoever resumes vouches that the challenge was made for this one handshake.
    ///
    /// # Errors
    /// [`Error::Malformed`] when `challenge` is no CHALLENGE.
    pub fn resume(negotiate: &[u8], challenge: &[u8]) -> Result<Self, Error> {
        let message = Challenge::decode(challenge)?;
        Ok(Self {
            policy: Policy::default(),
            request: Request::new(),
            flags: message.flags,
            server_challenge: message.server_challenge,
            messages: Messages::new(Vec::new(), negotiate, challenge),
        })
    }

    /// With what `server` demands; its names are of no more use.
    #[must_use]
    pub fn with_policy_of(mut self, server: Server) -> Self {
        self.policy = server.policy;
        self.request = server.request;
        self
    }

    /// Takes AUTHENTICATE: what the client claims, of which nothing is proved yet.
    ///
    /// # Errors
    /// [`Error::Malformed`] when `authenticate` is no AUTHENTICATE, [`Error::Incompatible`] when a name in it is no
    /// text, [`Error::Denied`] for a response that the policy does not permit (so for nobody, who has none),
    /// [`Error::Policy`] when the client settled for less than the request requires.
    pub fn authenticate(self, authenticate: &[u8]) -> Result<Claim, Error> {
        Claim::read(self, authenticate)
    }
}

impl fmt::Debug for AwaitingAuthenticate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitingAuthenticate")
            .field("policy", &self.policy)
            .field("flags", &self.flags)
            .finish_non_exhaustive()
    }
}
