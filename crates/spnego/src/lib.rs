//! SPNEGO (RFC 4178, [MS-SPNG]): its tokens, and a backend that negotiates among other backends.
//!
//! | token | RFC 4178, [MS-SPNG] | from |
//! |---|---|---|
//! | [`NegTokenInit`] | 4.2.1; 2.2.1 (NegTokenInit2, negHints) | client; a server that speaks first |
//! | [`NegTokenResp`] | 4.2.2 | both, from then on |
//! | [`Token::Raw`] | in neither | a client that speaks NTLM alone |
//!
//! [`Spnego`] is the negotiation: a [`Backend`](gatepass_backend::Backend) over an ordered list of others, each under its
//! [`Oid`]s.
//!
//! ```text
//! client                                                        server
//! NegTokenInit: mechTypes, token of the first  -------------->
//!     <---- NegTokenResp: accept-incomplete, supportedMech, the mechanism's answer     the first choice
//!     <---- NegTokenResp: request-mic, supportedMech                                   another choice: its tokens follow
//!     ...
//! NegTokenResp: the mechanism's last token, mechListMIC  ---->
//!     <---- NegTokenResp: accept-completed, mechListMIC
//! ```
//!
//! - **The choice is protected** (section 5 of RFC 4178). Each side sends a checksum of the list of mechanisms, made with the
//!   key that the chosen one agreed on: who takes a stronger mechanism from the list is found out. Where the client's first
//!   choice is taken nothing can have been lost, so a peer may leave it out; a wrong one is refused all the same.
//! - **NTLM's keystream** is not used up by the checksum, though its sequence number is
//!   ([`SecurityContext::mech_list_mic`](gatepass_backend::SecurityContext::mech_list_mic)).
//! - **Decoding borrows** and never recurses; an error says the kind of defect, the field and the byte.
//!
//! ```
//! use gatepass_backend::{Accounts, Backend, Credentials, NtHash, Principal, Request, Step};
//! use gatepass_engine::{Ntlm, crypto::ntowf_v1};
//! use gatepass_spnego::{Oid, Spnego};
//! use std::sync::Arc;
//!
//! struct Alice;
//! impl Accounts for Alice {
//!     fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
//!         (principal.user() == "alice").then(|| ntowf_v1("Passw0rd!"))
//!     }
//! }
//!
//! let negotiate = Spnego::new().with_mechanism(&[Oid::NTLMSSP], Arc::new(Ntlm::new()));
//! let mut server = negotiate.accept(Arc::new(Alice), &Request::new())?;
//! let mut step = negotiate.initiate(&Credentials::password("CORP\\alice", "Passw0rd!"), &Request::new())?;
//! let context = loop {
//!     let Step::Continue { token, next: client } = step else { panic!("the server has the last word") };
//!     match server.step(&token)? {
//!         Step::Continue { token, next } => (server, step) = (next, client.step(&token)?),
//!         Step::Complete { token: Some(token), context } => {
//!             assert!(matches!(client.step(&token)?, Step::Complete { token: None, .. }));
//!             break context;
//!         }
//!         Step::Complete { token: None, .. } => panic!("the server has the last word"),
//!     }
//! };
//! assert_eq!(context.peer().unwrap().to_string(), "CORP\\alice");
//! # Ok::<(), gatepass_backend::Error>(())
//! ```
#![no_std]
#![warn(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

extern crate alloc;

mod acceptor;
mod der;
mod error;
mod failure;
mod initiator;
mod mech_types;
mod mechanism;
mod neg_token_init;
mod neg_token_resp;
mod oid;
mod reply;
mod spnego;
mod token;

pub use der::MAX_DEPTH;
pub use error::{DecodeError, DecodeErrorKind};
pub use failure::Failure;
pub use mech_types::{MechTypes, encode_mech_types};
pub use neg_token_init::{NEG_HINTS, NegTokenInit};
pub use neg_token_resp::{NegState, NegTokenResp};
pub use oid::{MAX_OID, Oid};
pub use spnego::Spnego;
pub use token::{MAX_TOKEN, Token};
