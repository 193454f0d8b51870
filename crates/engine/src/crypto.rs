//! The functions of [MS-NLMP] 3.3 and 3.4 under the document's names, each pure: everything comes in as an argument.
//!
//! | function | section |
//! |---|---|
//! | [`ntowf_v1`], [`ntowf_v2`] | 3.3.1, 3.3.2 |
//! | [`compute_response_v2`], of which [`nt_proof`] and [`session_base_key_v2`] serve a server too | 3.3.2 |
//! | [`kxkey`] | 3.4.5.1 |
//! | [`sign_key`], [`seal_key`] | 3.4.5.2, 3.4.5.3 |
//! | [`mac`], [`crc32`] | 3.4.4 |
//! | [`mic`] | 3.1.5.1.2 |
//! | [`cbt_hash`] | 2.2.2.1 |
//! | [`rc4k`], [`Rc4`] | 3.4, 6 |
//! | `lmowf_v1`, `compute_response_v1`, `kxkey_v1`, `desl`, `des_key` (feature `legacy`) | 3.3.1, 3.4.5.1, 6 |

mod completion;
pub(crate) mod digest;
mod hmac;
mod kxkey;
mod mac;
mod md5_steps;
mod mic;
mod ntowf;
mod rc4;
pub(crate) mod response_v2;
mod sealing;
mod session_keys;
mod upper_case;

#[cfg(feature = "legacy")]
mod response_v1;

pub(crate) use completion::Completion;
pub(crate) use hmac::HmacKey;
pub use kxkey::kxkey;
pub use mac::{DUMMY_SIGNATURE, crc32, mac};
pub(crate) use mac::{crc32_of, signed, signed_basic};
pub(crate) use mic::mic_beside_proof;
pub use mic::{cbt_hash, mic};
pub use ntowf::{ResponseKey, ntowf_v1, ntowf_v2};
pub use rc4::{Rc4, rc4k};
pub use response_v2::{ResponseV2, compute_response_v2, nt_proof, session_base_key_v2};
pub(crate) use sealing::{seal, unseal};
pub(crate) use session_keys::datagram_key;
pub use session_keys::{Side, seal_key, sign_key};
pub use upper_case::utf16le_upper;

#[cfg(feature = "legacy")]
pub use response_v1::{LmHash, ResponseV1, compute_response_v1, des_key, desl, kxkey_v1, lmowf_v1};
