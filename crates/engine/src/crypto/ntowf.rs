//! NTOWFv1 ([MS-NLMP] 3.3.1) and NTOWFv2 ([MS-NLMP] 3.3.2): the one-way functions of a password.

use super::{digest, upper_case::upper_unit};
use alloc::vec::Vec;
use core::fmt;
use gatepass_backend::NtHash;
use zeroize::Zeroizing;

/// `NTOWFv1(Passwd) = MD4(UNICODE(Passwd))`: the NT hash, as account databases store it.
#[must_use]
pub fn ntowf_v1(password: &str) -> NtHash {
    NtHash::from_bytes(digest::md4_utf16le(password))
}

/// `NTOWFv2(Passwd, User, UserDom) = HMAC_MD5(NTOWFv1(Passwd), UNICODE(Uppercase(User) + UserDom))`.
///
/// Only the user name is put in upper case ([`utf16le_upper`](super::utf16le_upper) says how); the domain counts as it is.
#[must_use]
pub fn ntowf_v2(user: &str, domain: &str, nt_hash: &NtHash) -> ResponseKey {
    let name: Vec<u8> = (user.encode_utf16().map(upper_unit))
        .chain(domain.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    ResponseKey(Zeroizing::new(digest::hmac_md5(nt_hash.expose(), &[&name])))
}

/// `ResponseKeyNT`, which in NTLMv2 is `ResponseKeyLM` too: what NTOWFv2 yields. Whoever has it can answer any
/// challenge as this user of this domain.
#[derive(Clone)]
pub struct ResponseKey(Zeroizing<[u8; 16]>);

impl ResponseKey {
    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key itself.
    #[must_use]
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for ResponseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseKey(..)")
    }
}
