//! The front door: NTLM for programs that must get through the corporate gate, as clients or as servers.
//!
//! # By hand
//! A client is two steps. The messages travel as the protocol around them wants: as base64 in a header of HTTP, in a
//! session setup of SMB, in a bind of LDAP.
//! ```
//! use gatepass::{Client, Credentials, Nonces, Request};
//! # let server = gatepass::Server::new(gatepass::TargetInfo::new("CORP", "PROXY"));
//! # let mut server = Some(server);
//! # let mut exchange = |negotiate: &[u8]| -> Result<Vec<u8>, gatepass::engine::Error> {
//! #     Ok(server.take().unwrap().negotiate(negotiate, Nonces::random()?)?.1)
//! # };
//!
//! let credentials = Credentials::password("CORP\\alice", "secret");
//! let request = Request::target("HTTP/proxy.corp.example");
//! let (waiting, negotiate) = Client::new(credentials).with_request(request).negotiate();
//! let (session, authenticate) = waiting.challenge(&exchange(&negotiate)?, Nonces::random()?)?;
//! # assert_eq!(session.exported_session_key().expose().len(), 16);
//! # assert_eq!(authenticate[..12], *b"NTLMSSP\0\x03\0\0\0");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Any backend
//! The same for whatever mechanism the platform has; the loop is that of SSPI and of the GSS-API.
//! ```
//! use gatepass::{Credentials, Request, Step};
//! # use gatepass::{Accounts, Backend, NtHash, Principal, crypto::ntowf_v1};
//! # struct Alice;
//! # impl Accounts for Alice {
//! #     fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
//! #         (principal.user() == "alice").then(|| ntowf_v1("secret"))
//! #     }
//! # }
//! # let mut server = Some(gatepass::platform().accept(std::sync::Arc::new(Alice), &Request::new())?);
//! # let mut exchange = |token: &[u8]| -> Result<Vec<u8>, gatepass::Error> {
//! #     match server.take().unwrap().step(token)? {
//! #         Step::Continue { token, next } => { server = Some(next); Ok(token) }
//! #         Step::Complete { token, .. } => Ok(token.unwrap_or_default()),
//! #     }
//! # };
//!
//! let credentials = Credentials::password("CORP\\alice", "secret");
//! let mut step = gatepass::platform().initiate(&credentials, &Request::target("HTTP/proxy.corp.example"))?;
//! let context = loop {
//!     match step {
//!         Step::Continue { token, next } => step = next.step(&exchange(&token)?)?,
//!         Step::Complete { token, context } => {
//!             if let Some(token) = token { exchange(&token)?; }
//!             break context;
//!         }
//!     }
//! };
//! # assert_eq!(context.session_key().unwrap().expose().len(), 16);
//! # assert!(server.is_none(), "the server let alice in");
//! # Ok::<(), gatepass::Error>(())
//! ```
//!
//! # Verify a client
//! ```
//! use gatepass::{NtHash, Nonces, Principal, Server, TargetInfo, crypto::ntowf_v1};
//! # use gatepass::{Client, Credentials, Request};
//! # let (waiting, negotiate) = Client::new(Credentials::password("CORP\\alice", "secret")).negotiate();
//! # let mut client = Some(waiting);
//!
//! let look_up = |who: &Principal| -> Option<NtHash> { (who.user() == "alice").then(|| ntowf_v1("secret")) };
//! let server = Server::new(TargetInfo::new("CORP", "PROXY"));
//! let (waiting, challenge) = server.negotiate(&negotiate, Nonces::random()?)?;
//! # let mut exchange = |challenge: &[u8]| -> Result<Vec<u8>, gatepass::engine::Error> {
//! #     Ok(client.take().unwrap().challenge(challenge, Nonces::random()?)?.1)
//! # };
//! let claim = waiting.authenticate(&exchange(&challenge)?)?;
//! let nt_hash = look_up(claim.principal());
//! let accepted = claim.verify(nt_hash.as_ref())?;
//! assert_eq!(accepted.principal().user(), "alice");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is where
//! | for | see |
//! |---|---|
//! | how it works, which backend, whose login, how to harden it, how to leave it | [`manual`] |
//! | the handshake by hand | [`Client`], [`Server`], [`Session`] |
//! | what a server demands of its clients | [`Policy`] |
//! | the login that the user has already | [`platform`], [`Platform`], [`CredentialSource`] |
//! | the handshake behind one trait | [`Backend`], [`Ntlm`] |
//! | who, for what, with which bindings | [`Credentials`], [`Request`], [`ChannelBindings`] |
//! | the formulas of the document | [`crypto`] |
//! | the messages as bytes | [`wire`] |
//! | Negotiate, and what is inside | [`negotiate`], [`spnego`] |
//! | the dance of 401 and 407 | [`http`], [`mechanisms`] |

#![warn(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

pub mod manual;
mod platform;

use gatepass_http::Mechanisms;
use std::sync::Arc;

#[doc(inline)]
pub use gatepass_backend as backend;
#[doc(inline)]
pub use gatepass_engine as engine;
#[cfg(all(unix, feature = "gssapi"))]
#[doc(inline)]
pub use gatepass_gssapi as gssapi;
#[doc(inline)]
pub use gatepass_http as http;
#[doc(inline)]
pub use gatepass_spnego as spnego;
#[doc(inline)]
pub use gatepass_wire as wire;

pub use gatepass_backend::{
    Accounts, Attributes, Backend, ChannelBindings, CredentialSource, Credentials, Error, ErrorKind,
    Handshake, NtHash, NtOwfV2, Password, Principal, Request, SecurityContext, SessionKey, Step,
};
pub use platform::{Platform, Reason};

pub use gatepass_engine::{
    Accepted, AwaitingAuthenticate, AwaitingChallenge, Bindings, Claim, Client, Datagrams, Dialect,
    NonceSource, Nonces, Ntlm, Policy, Protection, Sealer, Server, Session, TargetInfo, Unsealer, crypto,
};

/// Negotiate ([MS-SPNG]), with what this machine has inside: the short form of [`Platform::negotiate`].
#[must_use]
pub fn negotiate() -> Arc<dyn Backend> {
    Platform::new().negotiate()
}

/// What this machine has for HTTP: [`negotiate`] and NTLM. The short form of [`Platform::mechanisms`].
#[must_use]
pub fn mechanisms() -> Mechanisms {
    Platform::new().mechanisms()
}

/// The best backend of this machine: [`negotiate`], which logs in the current user with a Kerberos ticket where there is one, and
/// everybody else by NTLM. [`Platform`] says in which order and why, and takes a source of passwords.
#[must_use]
pub fn platform() -> Arc<dyn Backend> {
    negotiate()
}
