//! NTOWFv1 ([MS-NLMP] 3.3.1) and NTOWFv2 ([MS-NLMP] 3.3.2): the one-way functions of a password.

use super::{digest, hmac::HmacKey, upper_case::upper_unit};
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
    let name = user.encode_utf16().map(upper_unit).chain(domain.encode_utf16());
    ResponseKey::from_bytes(HmacKey::new(nt_hash.expose()).mac_utf16le(name))
}

/// `ResponseKeyNT`, which in NTLMv2 is `ResponseKeyLM` too: what NTOWFv2 yields. Whoever has it can answer any
/// challenge as this user of this domain.
///
/// It can be kept from one handshake to the next ([`Client::from_response_key`](crate::Client::from_response_key)): it
/// depends on the name and the password alone.
#[derive(Clone)]
pub struct ResponseKey {
    bytes: Zeroizing<[u8; 16]>,
    /// Everything that it is used for is an HMAC under it.
    hmac: HmacKey,
}

impl ResponseKey {
    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self { bytes: Zeroizing::new(bytes), hmac: HmacKey::new(&bytes) }
    }

    /// The key itself.
    #[must_use]
    pub fn expose(&self) -> &[u8; 16] {
        &self.bytes
    }

    /// The key as that of an HMAC.
    pub(super) const fn hmac(&self) -> &HmacKey {
        &self.hmac
    }

    /// `HMAC_MD5(ResponseKeyNT, M)`.
    pub(super) fn mac(&self, parts: &[&[u8]]) -> [u8; 16] {
        self.hmac.mac(parts)
    }
}

impl fmt::Debug for ResponseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseKey(..)")
    }
}
