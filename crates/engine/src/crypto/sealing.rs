//! Sealing ([MS-NLMP] 3.4.3): RC4 over a message and HMAC-MD5 over its clear text, both in one go and in place.
//!
//! Each of the two is a chain in which every step waits for the one before, and leaves most of the processor idle. So a
//! block of MD5 and the keystream of 64 bytes are computed in turns, a step of the one and a byte of the other, and take
//! together hardly longer than the slower alone. What is hashed is the sequence number and the message, so block and message
//! are four bytes apart: the `carry`.

use super::digest::Md5;
use super::hmac::HmacKey;
use super::md5_steps::{BLOCK, beside};
use super::rc4::Rc4;
use zeroize::Zeroizing;

/// How many bytes of a block come from the one before, or are the sequence number.
const CARRY: usize = 4;

/// Encrypts `message` in place: `HMAC_MD5(SigningKey, SeqNum + Message)` of the clear text.
pub(crate) fn seal(key: &HmacKey, sequence_number: u32, handle: &mut Rc4, message: &mut [u8]) -> [u8; 16] {
    let mut hash = Clear::new(key, sequence_number);
    let (chunks, rest) = message.as_chunks_mut();
    for chunk in chunks {
        let keystream = hash.block_and_keystream(chunk, handle);
        xor(chunk, keystream);
    }
    hash.rest(rest);
    handle.apply(rest);
    hash.finish(key)
}

/// Decrypts `message` in place: `HMAC_MD5(SigningKey, SeqNum + Message)` of the clear text.
pub(crate) fn unseal(key: &HmacKey, sequence_number: u32, handle: &mut Rc4, message: &mut [u8]) -> [u8; 16] {
    let mut hash = Clear::new(key, sequence_number);
    let (chunks, rest) = message.as_chunks_mut();
    let mut chunks = chunks.iter_mut();
    let mut clear = chunks.next();
    if let Some(first) = &mut clear {
        handle.apply(&mut **first);
    }
    // The keystream is a chunk ahead of the hash, which needs the clear text.
    while let Some(chunk) = clear {
        clear = chunks.next();
        match &mut clear {
            Some(next) => xor(next, hash.block_and_keystream(chunk, handle)),
            None => hash.rest(chunk),
        }
    }
    handle.apply(rest);
    hash.rest(rest);
    hash.finish(key)
}

fn xor(chunk: &mut [u8; BLOCK], keystream: [u8; BLOCK]) {
    for (byte, key) in chunk.iter_mut().zip(keystream) {
        *byte ^= key;
    }
}

/// The hash of the clear text on its way.
struct Clear {
    md5: Md5,
    /// The block to be hashed; its first bytes are the carry.
    block: Zeroizing<[u8; BLOCK]>,
    /// Whether the carry is yet to be hashed.
    carried: bool,
}

impl Clear {
    fn new(key: &HmacKey, sequence_number: u32) -> Self {
        let mut clear = Self { md5: key.start(), block: Zeroizing::new([0; BLOCK]), carried: true };
        clear.carry(sequence_number.to_le_bytes());
        clear
    }

    fn carry(&mut self, bytes: [u8; CARRY]) {
        if let Some(carry) = self.block.first_chunk_mut() {
            *carry = bytes;
        }
    }

    /// Hashes the carry and all of `chunk` but its last bytes, which become the carry; meanwhile 64 bytes of keystream.
    fn block_and_keystream(&mut self, chunk: &[u8; BLOCK], handle: &mut Rc4) -> [u8; BLOCK] {
        let (Some((hashed, carry)), Some(place)) = (chunk.split_last_chunk(), self.block.get_mut(CARRY..))
        else {
            return [0; BLOCK];
        };
        place.copy_from_slice(hashed);
        let keystream = keystream_beside(&mut self.md5.state, &self.block, handle);
        self.md5.compressed();
        self.carry(*carry);
        keystream
    }

    /// Hashes the carry, once, and `bytes`.
    fn rest(&mut self, bytes: &[u8]) {
        if core::mem::take(&mut self.carried) {
            self.md5.update(self.block.first_chunk::<CARRY>().map(|carry| &carry[..]).unwrap_or_default());
        }
        self.md5.update(bytes);
    }

    fn finish(mut self, key: &HmacKey) -> [u8; 16] {
        self.rest(&[]);
        key.finish(self.md5)
    }
}

/// Compresses `block` into `state`; meanwhile 64 bytes of keystream.
///
/// A function of its own, always: within a caller, registers run out and half of the gain is lost.
#[inline(never)]
fn keystream_beside(state: &mut [u32; 4], block: &[u8; BLOCK], handle: &mut Rc4) -> [u8; BLOCK] {
    let mut keys = [0; BLOCK];
    handle.run(|keystream| {
        beside(state, block, |step| {
            if let Some(key) = keys.get_mut(step) {
                *key = keystream.next();
            }
        });
    });
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hmac::hmac_md5;
    use rc4::{KeyInit, StreamCipher};

    #[test]
    fn messages_of_every_length_are_sealed_as_the_crates_would_and_unsealed_again() {
        let (key, signing_key) = ([0x5e; 16], [0xa1; 16]);
        let hmac = HmacKey::new(&signing_key);
        let (mut sealing, mut unsealing) = (Rc4::init(&key).unwrap(), Rc4::init(&key).unwrap());
        let mut cipher = rc4::Rc4::new_from_slice(&key).unwrap();
        let mut noise = rc4::Rc4::new_from_slice(b"noise").unwrap();
        for (number, length) in (0_u32..).zip((0..300).chain([1024, 4096, 65535, 65536])) {
            let mut clear = std::vec![0; length];
            noise.apply_keystream(&mut clear);
            let checksum = hmac_md5(&signing_key, &[&number.to_le_bytes(), &clear]);
            let mut encrypted = clear.clone();
            cipher.apply_keystream(&mut encrypted);

            let mut message = clear.clone();
            assert_eq!(seal(&hmac, number, &mut sealing, &mut message), checksum, "{length}");
            assert_eq!(message, encrypted, "{length}");
            assert_eq!(unseal(&hmac, number, &mut unsealing, &mut message), checksum, "{length}");
            assert_eq!(message, clear, "{length}");
        }
    }
}
