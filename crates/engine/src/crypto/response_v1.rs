//! NTLMv1 and LM ([MS-NLMP] 3.3.1), built only with the feature `legacy`: both fall to anyone who listens.

use super::{digest, hmac};
use alloc::vec::Vec;
use core::fmt;
use des::Des;
use des::cipher::{BlockCipherEncrypt, KeyInit};
use gatepass_backend::{NtHash, SessionKey};
use gatepass_wire::NegotiateFlags as Flags;
use zeroize::Zeroizing;

/// The LM hash of a password: as secret as the password.
#[derive(Clone)]
pub struct LmHash(Zeroizing<[u8; 16]>);

impl LmHash {
    /// The hash with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The hash itself.
    #[must_use]
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for LmHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LmHash(..)")
    }
}

/// What ComputeResponse yields for NTLMv1.
#[derive(Clone, Debug)]
pub struct ResponseV1 {
    /// `NtChallengeResponse`.
    pub nt_response: [u8; 24],
    /// `LmChallengeResponse`.
    pub lm_response: [u8; 24],
    /// `SessionBaseKey = MD4(NTOWF)`.
    pub session_base_key: SessionKey,
}

/// `LMOWFv1(Passwd)`: the first 14 bytes of the password in upper case, OEM, as two DES keys for `KGS!@#$%`.
///
/// The OEM code page is taken to be Latin-1; a character outside of it counts as `?`.
#[must_use]
pub fn lmowf_v1(password: &str) -> LmHash {
    let mut oem = Zeroizing::new([0; 14]);
    let characters = password.chars().flat_map(char::to_uppercase);
    for (to, from) in oem.iter_mut().zip(characters) {
        *to = u8::try_from(u32::from(from)).unwrap_or(b'?');
    }
    let (first, second) = (seven(&*oem, 0), seven(&*oem, 7));
    let mut hash = Zeroizing::new([0; 16]);
    let halves = des(&first, *b"KGS!@#$%").into_iter().chain(des(&second, *b"KGS!@#$%"));
    for (to, from) in hash.iter_mut().zip(halves) {
        *to = from;
    }
    LmHash(hash)
}

/// `ComputeResponse` for NTLMv1: with extended session security the "NTLM2 session response", otherwise the plain one;
/// `no_lm_response` is the document's NoLMResponseNTLMv1, which repeats the NT response in the field of the LM response.
#[must_use]
pub fn compute_response_v1(
    flags: Flags,
    nt_hash: &NtHash,
    lm_hash: &LmHash,
    server_challenge: &[u8; 8],
    client_challenge: &[u8; 8],
    no_lm_response: bool,
) -> ResponseV1 {
    let session_base_key = SessionKey::from_bytes(&digest::md4(nt_hash.expose()));
    let (nt_response, lm_response) = if flags.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY) {
        let [a, b, c, d, e, f, g, h, ..] = digest::md5(&[server_challenge, client_challenge]);
        let mut lm_response = [0; 24];
        for (to, from) in lm_response.iter_mut().zip(client_challenge) {
            *to = *from;
        }
        (desl(nt_hash.expose(), &[a, b, c, d, e, f, g, h]), lm_response)
    } else {
        let nt_response = desl(nt_hash.expose(), server_challenge);
        (nt_response, if no_lm_response { nt_response } else { desl(lm_hash.expose(), server_challenge) })
    };
    ResponseV1 { nt_response, lm_response, session_base_key }
}

/// `KXKEY(SessionBaseKey, LmChallengeResponse, ServerChallenge)` where NTLMv1 was used ([MS-NLMP] 3.4.5.1).
#[must_use]
pub fn kxkey_v1(
    flags: Flags,
    session_base_key: &SessionKey,
    lm_response: &[u8; 24],
    server_challenge: &[u8; 8],
    lm_hash: &LmHash,
) -> SessionKey {
    let [a, b, c, d, e, f, g, h, ..] = *lm_response;
    let answer = [a, b, c, d, e, f, g, h];
    let lm = lm_hash.expose();
    let mut key = Zeroizing::new(Vec::with_capacity(16));
    if flags.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY) {
        key.extend_from_slice(&hmac::hmac_md5(session_base_key.expose(), &[server_challenge, &answer]));
    } else if flags.contains(Flags::NEGOTIATE_LM_KEY) {
        let [.., last, _, _, _, _, _, _, _, _] = *lm;
        key.extend_from_slice(&des(&seven(lm, 0), answer));
        key.extend_from_slice(&des(&[last, 0xbd, 0xbd, 0xbd, 0xbd, 0xbd, 0xbd], answer));
    } else if flags.contains(Flags::REQUEST_NON_NT_SESSION_KEY) {
        key.extend_from_slice(lm.get(..8).unwrap_or_default());
        key.extend_from_slice(&[0; 8]);
    } else {
        return session_base_key.clone();
    }
    SessionKey::from_bytes(&key)
}

/// `DESL(K, D)`: `data` under three keys, which are the 16 bytes of `key` and five zeros.
#[must_use]
pub fn desl(key: &[u8; 16], data: &[u8; 8]) -> [u8; 24] {
    let mut result = [0; 24];
    let blocks = [0, 7, 14].into_iter().flat_map(|at| des(&seven(key, at), *data));
    for (to, from) in result.iter_mut().zip(blocks) {
        *to = from;
    }
    result
}

/// The eight bytes of the DES key with these 56 bits: seven in each byte, and odd parity in its lowest bit.
#[must_use]
pub fn des_key(key: &[u8; 7]) -> [u8; 8] {
    let [a, b, c, d, e, f, g] = *key;
    let bits = u64::from_be_bytes([0, a, b, c, d, e, f, g]);
    [49, 42, 35, 28, 21, 14, 7, 0].map(|shift: u32| {
        let [.., seven] = (bits >> shift).to_be_bytes();
        let byte = seven << 1;
        byte | u8::from(byte.count_ones().is_multiple_of(2))
    })
}

fn des(key: &[u8; 7], block: [u8; 8]) -> [u8; 8] {
    let key = Zeroizing::new(des_key(key));
    let mut block = block.into();
    Des::new((&*key).into()).encrypt_block(&mut block);
    block.into()
}

/// Seven bytes from `at` on; what is beyond the end is zero.
fn seven(bytes: &[u8], at: usize) -> Zeroizing<[u8; 7]> {
    let mut key = Zeroizing::new([0; 7]);
    for (to, from) in key.iter_mut().zip(bytes.iter().skip(at)) {
        *to = *from;
    }
    key
}
