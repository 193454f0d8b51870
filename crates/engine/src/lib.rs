//! MS-NLMP in pure Rust: client, server, session keys, signing and sealing.
//!
//! A state is a type, and a step consumes it: what comes out of order does not compile.
//!
//! ```text
//! client   Client --negotiate--> AwaitingChallenge --challenge--> Session
//! server   Server --negotiate--> AwaitingAuthenticate --authenticate--> Claim --verify--> Accepted --> Session
//! session  Session --split--> Sealer, Unsealer      (or --protect--> Protection, or --datagrams--> Datagrams)
//! ```
//!
//! Bytes come in and bytes go out; time and randomness are arguments ([`Nonces`]). NTLMv2 is spoken, and what a peer proposes
//! below it is refused, unless a [`Policy`] says otherwise, which is also where a server says what more it wants of a client.
//! Without a connection, for datagrams, the server begins: [`Server::challenge`], [`Client::answer`]. [`Ntlm`] puts the same
//! machine behind [`Backend`](gatepass_backend::Backend). The formulas stand in [`crypto`], under the document's names.
//!
//! The reason of a refusal goes to `tracing` at the level debug, names redacted; the peer and the caller learn
//! [`Error::Denied`] and nothing else.
//!
//! Features: `std` (on by default; [`Nonces::random`] and [`Ntlm::new`]), `legacy` (NTLMv1 and LM, where
//! a policy allows them), `encoding` (the code pages that `encoding_rs` knows, as [`CodePage`]), `test-nonces`
//! (`Nonces::fixed_for_tests`).
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
#[cfg(any(test, feature = "std"))]
extern crate std;

mod accepted;
mod claim;
mod client;
mod code_page;
pub mod crypto;
mod dialect;
mod error;
mod nonces;
mod ntlm;
mod policy;
mod redacted;
mod server;
mod session;
mod settle;
mod target;

#[cfg(test)]
#[path = "../tests/recordings/mod.rs"]
mod recordings;

pub use accepted::Accepted;
pub use claim::Claim;
pub use client::{AwaitingChallenge, Client};
pub use code_page::CodePage;
pub use dialect::Dialect;
pub use error::{Error, Incompatible, Requirement};
#[cfg(feature = "std")]
pub use nonces::SystemNonces;
pub use nonces::{NonceSource, Nonces};
pub use ntlm::Ntlm;
pub use policy::{Bindings, Policy};
pub use server::{AwaitingAuthenticate, Server};
pub use session::{Datagrams, Protection, Sealer, Session, Unsealer};
pub use settle::settle;
pub use target::TargetInfo;
