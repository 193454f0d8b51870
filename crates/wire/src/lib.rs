//! NTLM messages (MS-NLMP section 2) to bytes and back.
//!
//! | message | MS-NLMP | from | module |
//! |---|---|---|---|
//! | [`Negotiate`] | 2.2.1.1 | client | `negotiate.rs` |
//! | [`Challenge`] | 2.2.1.2 | server | `challenge.rs` |
//! | [`Authenticate`] | 2.2.1.3 | client | `authenticate.rs` |
//!
//! Inside them: [`NegotiateFlags`], [`Version`], [`WireStr`], [`AvPairs`], and the client's answer,
//! [`NtResponse`], with [`NtlmV2ClientChallenge`]. [`MessageSignature`] goes with what a session sends later.
//!
//! - **Decoding borrows.** It copies and allocates nothing; a message lives as long as its bytes.
//! - **Payloads may lie anywhere**: in any order, with gaps, sharing bytes. Every header that is seen in the
//!   wild is read, whatever its length.
//! - **Nothing that a peer sends panics.** Every offset and length is checked, and a [`DecodeError`] says the
//!   kind of defect, the field and the byte. [`fields`] shows what can be read of a bad message.
//! - **Nothing vanishes**: unknown flags, unknown AV pairs and the bytes after a list survive. The
//!   documentation of each message lists what writing it again does not keep.
//! - **Encoding never truncates**: what does not fit is [`TooLong`].
//! - **This crate knows no key and no clock.** What it can say about bytes alone ([`Negotiate::charset`],
//!   [`Challenge::check`], [`Authenticate::check`]) is asked for separately.
//!
//! ```
//! use gatepass_wire::{DecodeErrorKind, Message, Negotiate, NegotiateFlags};
//!
//! let flags = NegotiateFlags::NEGOTIATE_UNICODE | NegotiateFlags::NEGOTIATE_NTLM;
//! let bytes = Negotiate { flags, domain_name: b"", workstation: b"", version: None }.encode()?;
//! assert_eq!(Negotiate::decode(&bytes)?.flags.to_string(), "UNICODE|NTLM");
//!
//! let error = Negotiate::decode(&bytes[..15]).unwrap_err();
//! assert_eq!(error.kind(), DecodeErrorKind::Truncated);
//! assert_eq!(error.to_string(), "NegotiateFlags at byte 15 of the message: the bytes end too early");
//! # Ok::<(), Box<dyn core::error::Error>>(())
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

mod authenticate;
mod av_pair;
mod challenge;
mod error;
mod fields;
mod filetime;
mod flags;
mod message;
mod negotiate;
mod ntlmv2;
mod payload;
mod reader;
mod response;
mod signature;
mod text;
mod version;

pub use authenticate::Authenticate;
pub use av_pair::{AvId, AvPair, AvPairs, AvPairsIter, encode_av_pairs};
pub use challenge::Challenge;
pub use error::{DecodeError, DecodeErrorKind, Origin, TooLong};
pub use fields::{Field, fields};
pub use filetime::FileTime;
pub use flags::NegotiateFlags;
pub use message::{Message, MessageType, SIGNATURE};
pub use negotiate::{Charset, Negotiate};
pub use ntlmv2::NtlmV2ClientChallenge;
pub use response::NtResponse;
pub use signature::MessageSignature;
pub use text::{WireStr, extend_utf16le, utf16le};
pub use version::Version;
