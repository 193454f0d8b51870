//! NTLM messages (MS-NLMP section 2) to bytes and back.
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
pub use filetime::FileTime;
pub use flags::NegotiateFlags;
pub use message::{Message, MessageType, SIGNATURE};
pub use negotiate::{Charset, Negotiate};
pub use ntlmv2::NtlmV2ClientChallenge;
pub use response::NtResponse;
pub use signature::MessageSignature;
pub use text::{WireStr, utf16le};
pub use version::Version;
