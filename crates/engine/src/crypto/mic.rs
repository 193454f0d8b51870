//! The MIC of the AUTHENTICATE message ([MS-NLMP] 3.1.5.1.2) and the hash of channel bindings (2.2.2.1,
//! MsvAvChannelBindings).

use super::ResponseKey;
use super::digest;
use super::hmac::{self, HmacKey};
use gatepass_backend::{ChannelBindings, SessionKey};

/// Where the MIC stands in AUTHENTICATE.
const MIC: core::ops::Range<usize> = 72..88;

/// `HMAC_MD5(ExportedSessionKey, NEGOTIATE_MESSAGE + CHALLENGE_MESSAGE + AUTHENTICATE_MESSAGE)` over the three messages
/// as they went over the wire; the bytes 72 to 88 of the third count as zero, whatever they hold.
#[must_use]
pub fn mic(
    exported_session_key: &SessionKey,
    negotiate: &[u8],
    challenge: &[u8],
    authenticate: &[u8],
) -> [u8; 16] {
    let [before, zeros, after] = zeroed(authenticate);
    hmac::hmac_md5(exported_session_key.expose(), &[negotiate, challenge, before, zeros, after])
}

/// `authenticate` with zeros in place of its MIC.
fn zeroed(authenticate: &[u8]) -> [&[u8]; 3] {
    let before = authenticate.get(..MIC.start).unwrap_or(authenticate);
    let after = authenticate.get(MIC.end..).unwrap_or_default();
    let length = authenticate.len().saturating_sub(before.len()).saturating_sub(after.len());
    [before, ZEROS.get(..length).unwrap_or(&ZEROS), after]
}

/// What a MIC that is not there yet counts as.
static ZEROS: [u8; 16] = [0; 16];

/// The MIC, where `messages` are those before `authenticate`, and meanwhile NTProofStr, which is over `proved`: a server knows
/// the key before it knows whether the proof fits.
pub(crate) fn mic_beside_proof<'a>(
    exported_session_key: &SessionKey,
    messages: &'a [u8],
    authenticate: &'a [u8],
    response_key: &ResponseKey,
    mut proved: [&'a [u8]; 2],
) -> ([u8; 16], [u8; 16]) {
    let key = HmacKey::new(exported_session_key.expose());
    let (mut mic, mut proof) = (key.start(), response_key.hmac().start());
    let [before, zeros, after] = zeroed(authenticate);
    let mut said = [messages, before, zeros, after];
    proof.update_with(&mut proved, &mut mic, &mut said);
    let proof = response_key.hmac().finish_with(proof, &mut mic, &mut said);
    for part in said {
        mic.update(part);
    }
    (key.finish(mic), proof)
}

/// `MD5(gss_channel_bindings_struct)`: the value of MsvAvChannelBindings.
#[must_use]
pub fn cbt_hash(bindings: &ChannelBindings) -> [u8; 16] {
    digest::md5(&[&bindings.to_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_itself_counts_as_zero_and_a_short_message_is_no_trouble() {
        let key = SessionKey::from_bytes(&[7; 16]);
        let mut message = [1; 100];
        let one = mic(&key, b"n", b"c", &message);
        message[72..88].fill(0xff);
        assert_eq!(mic(&key, b"n", b"c", &message), one);
        message[88] = 2;
        assert_ne!(mic(&key, b"n", b"c", &message), one);
        for length in [0, 71, 72, 80, 88] {
            let mut zeroed = message[..length].to_vec();
            zeroed.iter_mut().skip(72).for_each(|byte| *byte = 0);
            let whole = [b"nc".as_slice(), &zeroed].concat();
            let wanted = hmac::hmac_md5(&[7; 16], &[&whole]);
            assert_eq!(mic(&key, b"n", b"c", &message[..length]), wanted);
            let response_key = ResponseKey::from_bytes([8; 16]);
            let proved = [&b"server"[..], &[9; 200]];
            let beside = mic_beside_proof(&key, b"nc", &message[..length], &response_key, proved);
            assert_eq!(beside, (wanted, hmac::hmac_md5(&[8; 16], &proved)));
        }
    }
}
