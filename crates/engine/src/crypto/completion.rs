//! What comes last into AUTHENTICATE: NTProofStr, the encrypted session key, the MIC ([MS-NLMP] 3.1.5.1.2, 3.3.2).

use super::hmac::HmacKey;
use super::rc4::Schedule;
use super::{ResponseKey, kxkey, mic, nt_proof, session_base_key_v2};
use gatepass_backend::SessionKey;
use zeroize::Zeroizing;

/// What completes the AUTHENTICATE of an NTLMv2 client, which has zeros for the three. It comes in two pieces: `header`, and from
/// the response on `rest`, at whose end the session key stands, if one is exchanged.
pub(crate) struct Completion<'a> {
    pub(crate) response_key: &'a ResponseKey,
    pub(crate) server_challenge: &'a [u8; 8],
    /// What the proof covers behind the server's challenge.
    pub(crate) temp: &'a [u8],
    pub(crate) negotiate: &'a [u8],
    pub(crate) challenge: &'a [u8],
}

impl Completion<'_> {
    /// Puts the proof into its place, and in `session_key`, which is encrypted: the MIC.
    ///
    /// Each of the hashes is a chain, in which nothing can be hurried; but the ExportedSessionKey is known before all else.
    /// So what is known of the messages is hashed beside the others: up to the response beside NTProofStr, the response
    /// beside SessionBaseKey, and what comes then beside the key schedule.
    pub(crate) fn with_exchange(&self, session_key: &[u8; 16], header: &[u8], rest: &mut [u8]) -> [u8; 16] {
        let key = HmacKey::new(session_key);
        let response_key = self.response_key.hmac();
        let (mut mic, mut proof) = (key.start(), response_key.start());
        let mut said = [self.negotiate, self.challenge, header];
        proof.update_with(&mut [self.server_challenge, self.temp], &mut mic, &mut said);
        let proof = response_key.finish_with(proof, &mut mic, &mut said);
        put(&proof, rest);

        if let Some((response, place)) = rest.split_last_chunk_mut() {
            let [negotiate, challenge, header] = said;
            let mut said = [negotiate, challenge, header, response];
            let mut base = response_key.start();
            base.update(&proof);
            let base = Zeroizing::new(response_key.finish_with(base, &mut mic, &mut said));
            let mut schedule = Schedule::new(&*base);
            mic.update_beside(&mut said, &mut schedule);
            let mut encrypted = Zeroizing::new(*session_key);
            schedule.finish().apply(&mut *encrypted);
            *place = *encrypted;
            mic.update(place);
        }
        key.finish(mic)
    }

    /// Puts the proof into its place: the ExportedSessionKey, and the MIC under it.
    pub(crate) fn without_exchange(
        &self,
        authenticate: &mut [u8],
        response_at: usize,
    ) -> (SessionKey, [u8; 16]) {
        let proof = nt_proof(self.response_key, self.server_challenge, self.temp);
        put(&proof, authenticate.get_mut(response_at..).unwrap_or_default());
        let key = kxkey(&session_base_key_v2(self.response_key, &proof));
        let mic = mic(&key, self.negotiate, self.challenge, authenticate);
        (key, mic)
    }
}

/// Puts NTProofStr where the response begins.
fn put(proof: &[u8; 16], response: &mut [u8]) {
    if let Some(place) = response.first_chunk_mut() {
        *place = *proof;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::rc4k;
    use alloc::vec::Vec;

    #[test]
    fn what_is_computed_in_turns_is_what_the_functions_of_the_document_give() {
        let noise: Vec<u8> = (0..=255).cycle().take(900).collect();
        let response_key = ResponseKey::from_bytes([7; 16]);
        let session_key = [9; 16];
        for (negotiate, challenge, header, temp, names) in [
            (40, 262, 112, 220, 40),
            (0, 0, 88, 28, 0),
            (1, 63, 112, 300, 7),
            (40, 600, 112, 100, 200),
            (40, 56, 112, 500, 300),
        ] {
            let (negotiate, challenge, temp) =
                (&noise[..negotiate], &noise[9..9 + challenge], &noise[3..3 + temp]);
            let mut message = noise[5..5 + header].to_vec();
            message[72..88].fill(0);
            message.extend([0; 16]);
            message.extend(temp);
            message.extend(&noise[..names]);
            let completion = Completion {
                response_key: &response_key,
                server_challenge: &[1; 8],
                temp,
                negotiate,
                challenge,
            };
            let proof = nt_proof(&response_key, &[1; 8], temp);
            let base = session_base_key_v2(&response_key, &proof);

            let mut without = message.clone();
            let (key, its_mic) = completion.without_exchange(&mut without, header);
            assert!(key.ct_eq(&base));
            assert!(without[header..header + 16].eq(&proof), "in its place");
            assert!(mic(&base, negotiate, challenge, &without).eq(&its_mic));

            message.extend([0; 16]);
            let (head, rest) = message.split_at_mut(header);
            let its_mic = completion.with_exchange(&session_key, head, rest);
            assert!(rest[..16].eq(&proof), "in its place");
            assert!(message.ends_with(&rc4k(base.expose(), &session_key).unwrap()));
            assert!(mic(&SessionKey::from_bytes(&session_key), negotiate, challenge, &message).eq(&its_mic));
        }
    }
}
