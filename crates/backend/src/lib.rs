//! The joint between the HTTP dance and whatever authenticates: SSPI's meaning in Rust's shape.
//!
//! A [`Backend`] begins a handshake ([`Backend::initiate`] as a client, [`Backend::accept`] as a server); a [`Handshake`]
//! takes one token after the other, each step consuming the state it leaves; the last [`Step`] hands over a
//! [`SecurityContext`], which signs and seals. Everything a handshake needs to know comes in as an argument:
//! [`Credentials`], [`Request`], [`Accounts`]. The traits are object safe, so that a program picks its backend at run
//! time, and nothing here knows HTTP or the inside of a mechanism.
//!
//! | here | SSPI |
//! |---|---|
//! | [`Backend::initiate`], then [`Handshake::step`] | `InitializeSecurityContext` |
//! | [`Backend::accept`], then [`Handshake::step`] | `AcceptSecurityContext` |
//! | [`Step::Continue`], [`Step::Complete`] | `SEC_I_CONTINUE_NEEDED`, `SEC_E_OK` |
//! | [`SecurityContext`] | `QueryContextAttributes`, `MakeSignature`, `VerifySignature`, `EncryptMessage`, `DecryptMessage` |
//! | [`Attributes`] | `ISC_REQ_*`, `ISC_RET_*` |
//! | [`ErrorKind::security_status`] | `SEC_E_*` |
//!
//! Secrets ([`Password`], [`NtHash`], [`SessionKey`]) are types of their own: wiped when dropped, silent in `Debug`,
//! compared only in constant time, read only through a method called `expose`.
//!
//! The feature `certificates` (on by default) is [`ChannelBindings::tls_server_end_point`], for whoever has a certificate: it
//! brings the crates that read and hash one.
//!
//! Whoever writes a backend finds its contract, as tests to run, in the module `contract` (feature `contract`, which needs `std`).
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
#[cfg(feature = "contract")]
extern crate std;

mod accounts;
mod attributes;
mod bindings;
#[cfg(feature = "certificates")]
mod certificate;
mod context;
#[cfg(feature = "contract")]
pub mod contract;
mod credentials;
mod error;
mod handshake;
mod principal;
mod request;
mod secret;
mod source;

pub use accounts::Accounts;
pub use attributes::Attributes;
pub use bindings::ChannelBindings;
#[cfg(feature = "certificates")]
pub use certificate::CertificateError;
pub use context::SecurityContext;
pub use credentials::Credentials;
pub use error::{Error, ErrorKind};
pub use handshake::{Backend, Handshake, Step};
pub use principal::Principal;
pub use request::Request;
pub use secret::{NtHash, NtOwfV2, Password, SessionKey};
pub use source::CredentialSource;
