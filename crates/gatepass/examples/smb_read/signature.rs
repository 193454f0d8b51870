//! The signature of a message in SMB 2.0.2 and 2.1 ([MS-SMB2] 3.1.4.1, 3.1.5.1): HMAC-SHA256 under the session key over the
//! whole message with its Signature field at zero, cut to 16 bytes.

use std::ops::Range;

use gatepass::SessionKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Where the signature stands in a message: the last field of its header.
const SIGNATURE: Range<usize> = 48..64;

/// Signs and verifies the messages of one session.
#[derive(Debug)]
pub(crate) struct Signer {
    key: SessionKey,
}

impl Signer {
    /// With the key that the login left behind: Session.SessionKey is its first 16 bytes, which is all that NTLM has.
    pub(crate) fn new(key: SessionKey) -> Self {
        Self { key }
    }

    /// Puts the signature into `message`, which has a whole header.
    pub(crate) fn sign(&self, message: &mut [u8]) {
        let signature = self.mac(message).finalize().into_bytes();
        if let Some(field) = message.get_mut(SIGNATURE) {
            field.iter_mut().zip(signature).for_each(|(field, byte)| *field = byte);
        }
    }

    /// Whether the signature in `message` is the one that belongs there.
    pub(crate) fn verify(&self, message: &[u8]) -> bool {
        message.get(SIGNATURE).is_some_and(|field| self.mac(message).verify_truncated_left(field).is_ok())
    }

    fn mac(&self, message: &[u8]) -> Hmac<Sha256> {
        let key = self.key.expose();
        let mut mac =
            Hmac::<Sha256>::new_from_slice(key.get(..16).unwrap_or(key)).expect("any length is a key's");
        let (before, field) = message.split_at(SIGNATURE.start.min(message.len()));
        mac.update(before);
        mac.update(&[0; 16]);
        mac.update(field.get(16..).unwrap_or_default());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A read response of Samba 4.17 under SMB 2.1 with the session key of its login, recorded.
    const KEY: &str = "6dcd9936e34e875712a9ea8671725f67";
    const ANSWER: &str = "fe534d42400001000000000008000100090000000000000005000000000000000000000008d701d5dc55c67d00000000\
        f9671d96203d05e7ed55e3df54eeb99e1100500015000000000000000000000068656c6c6f2066726f6d207468652073686172650a";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    fn signer(key: &[u8]) -> Signer {
        Signer::new(SessionKey::from_bytes(key))
    }

    #[test]
    fn the_signature_that_samba_made_is_ours() {
        let (signer, answer) = (signer(&bytes(KEY)), bytes(ANSWER));
        assert!(signer.verify(&answer));
        let mut ours = answer.clone();
        ours[SIGNATURE].fill(0x55);
        signer.sign(&mut ours);
        assert_eq!(ours, answer);
    }

    #[test]
    fn a_message_with_any_byte_changed_or_missing_is_not_verified() {
        let (signer, answer) = (signer(&bytes(KEY)), bytes(ANSWER));
        for at in 0..answer.len() {
            let mut altered = answer.clone();
            altered[at] ^= 1;
            assert!(!signer.verify(&altered), "byte {at}");
            assert!(!signer.verify(&answer[..at]), "{at} bytes");
        }
    }

    #[test]
    fn the_key_of_another_login_verifies_nothing() {
        let mut key = bytes(KEY);
        key[15] ^= 1;
        assert!(!signer(&key).verify(&bytes(ANSWER)));
    }
}
