//! ComputeResponse for NTLMv2 ([MS-NLMP] 3.3.2).

use super::ResponseKey;
use alloc::vec::Vec;
use gatepass_backend::SessionKey;
use gatepass_wire::FileTime;

/// What ComputeResponse yields for NTLMv2.
#[derive(Clone, Debug)]
pub struct ResponseV2 {
    /// `NtChallengeResponse = NTProofStr + temp` (2.2.2.8).
    pub nt_response: Vec<u8>,
    /// `LmChallengeResponse = HMAC_MD5(ResponseKeyLM, ServerChallenge + ClientChallenge) + ClientChallenge` (2.2.2.4).
    /// A client that saw MsvAvTimestamp sends `Z(24)` in its place ([MS-NLMP] 3.1.5.1.2).
    pub lm_response: [u8; 24],
    /// `SessionBaseKey = HMAC_MD5(ResponseKeyNT, NTProofStr)`.
    pub session_base_key: SessionKey,
}

/// `ComputeResponse(.., ResponseKeyNT, ResponseKeyLM, ServerChallenge, ClientChallenge, Time, ServerName)`.
///
/// `target_info` is the AV list to be sent, taken as it is (its MsvAvEOL included); four zero bytes follow it.
#[must_use]
pub fn compute_response_v2(
    key: &ResponseKey,
    server_challenge: &[u8; 8],
    client_challenge: &[u8; 8],
    time: FileTime,
    target_info: &[u8],
) -> ResponseV2 {
    let mut nt_response = Vec::with_capacity(target_info.len().saturating_add(FIXED));
    begin(&mut nt_response, client_challenge, time);
    nt_response.extend_from_slice(target_info);
    nt_response.extend_from_slice(&END);
    let proof = nt_proof(key, server_challenge, nt_response.get(PROOF..).unwrap_or_default());
    if let Some(place) = nt_response.first_chunk_mut() {
        *place = proof;
    }
    ResponseV2 {
        nt_response,
        lm_response: lm_response_v2(key, server_challenge, client_challenge),
        session_base_key: session_base_key_v2(key, &proof),
    }
}

/// What `NtChallengeResponse` has beside the AV list, in bytes.
pub(crate) const FIXED: usize = 48;

/// The size of NTProofStr, in bytes.
pub(crate) const PROOF: usize = 16;

/// What comes behind the AV list.
pub(crate) const END: [u8; 4] = [0; 4];

/// Appends what comes before the AV list: the place of NTProofStr, and the fixed part of `temp`.
pub(crate) fn begin(out: &mut Vec<u8>, client_challenge: &[u8; 8], time: FileTime) {
    out.extend_from_slice(&[0; PROOF]);
    out.extend_from_slice(&[1, 1, 0, 0, 0, 0, 0, 0]);
    out.extend_from_slice(&time.to_le_bytes());
    out.extend_from_slice(client_challenge);
    out.extend_from_slice(&[0; 4]);
}

/// `LmChallengeResponse` (2.2.2.4).
pub(crate) fn lm_response_v2(
    key: &ResponseKey,
    server_challenge: &[u8; 8],
    client_challenge: &[u8; 8],
) -> [u8; 24] {
    let lm = key.mac(&[server_challenge, client_challenge]);
    let mut lm_response = [0; 24];
    for (to, from) in lm_response.iter_mut().zip(lm.iter().chain(client_challenge)) {
        *to = *from;
    }
    lm_response
}

/// `NTProofStr = HMAC_MD5(ResponseKeyNT, ServerChallenge + temp)`, where `temp` is all of the client's response that
/// follows its own NTProofStr.
#[must_use]
pub fn nt_proof(key: &ResponseKey, server_challenge: &[u8; 8], temp: &[u8]) -> [u8; 16] {
    key.mac(&[server_challenge, temp])
}

/// `SessionBaseKey = HMAC_MD5(ResponseKeyNT, NTProofStr)`.
#[must_use]
pub fn session_base_key_v2(key: &ResponseKey, nt_proof: &[u8; 16]) -> SessionKey {
    SessionKey::from_bytes(&key.mac(&[nt_proof]))
}
