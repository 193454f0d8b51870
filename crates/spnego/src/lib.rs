//! SPNEGO (RFC 4178, [MS-SPNG]).
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
mod neg_token_init;
mod neg_token_resp;
mod oid;
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
