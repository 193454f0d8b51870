//! Sealing ([MS-NLMP] 3.4.3): RC4 over a message and HMAC-MD5 over its clear text, both in one go and in place.
//!
//! Each of the two is a chain in which every step waits for the one before, and leaves most of the processor idle. So a
//! block of MD5 and the keystream of 64 bytes are computed in turns, a step of the one and a byte of the other, and take
//! together hardly longer than the slower alone. What is hashed is the sequence number and the message, so block and message
//! are four bytes apart: the `carry`.

use super::digest::{BLOCK, HmacKey, Md5};
use super::rc4::{Keystream, Rc4};
use zeroize::Zeroizing;

/// How many bytes of a block come from the one before, or are the sequence number.
const CARRY: usize = 4;

/// Encrypts `message` in place: `HMAC_MD5(SigningKey, SeqNum + Message)` of the clear text.
pub(crate) fn seal(key: &HmacKey, sequence_number: u32, handle: &mut Rc4, message: &mut [u8]) -> [u8; 16] {
    let mut hash = Clear::new(key, sequence_number);
    let (chunks, rest) = message.as_chunks_mut();
    handle.run(|keystream| {
        for chunk in chunks {
            xor(chunk, hash.block_and_keystream(chunk, keystream));
        }
    });
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
            Some(next) => xor(next, handle.run(|keystream| hash.block_and_keystream(chunk, keystream))),
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
    #[inline(always)]
    fn block_and_keystream(&mut self, chunk: &[u8; BLOCK], keystream: &mut Keystream<'_>) -> [u8; BLOCK] {
        let (Some((hashed, carry)), Some(place)) = (chunk.split_last_chunk(), self.block.get_mut(CARRY..))
        else {
            return [0; BLOCK];
        };
        place.copy_from_slice(hashed);
        let keystream = interleaved(&mut self.md5.state, &self.block, keystream);
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

/// The additive constants of MD5 (RFC 1321 3.4), `T`.
#[rustfmt::skip]
const T: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// One block of MD5 (RFC 1321 3.4) and 64 bytes of keystream, in turns.
///
/// Longer than a function should be: these are the 64 steps as RFC 1321 lists them, four a line.
#[inline(always)]
fn interleaved(state: &mut [u32; 4], block: &[u8; BLOCK], keystream: &mut Keystream<'_>) -> [u8; BLOCK] {
    let mut x = [0; 16];
    for (word, bytes) in x.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    let [mut a, mut b, mut c, mut d] = *state;
    let mut out = [0; BLOCK];

    let f = |x: u32, y: u32, z: u32| z ^ (x & (y ^ z));
    // The halves share no bit. The sum of them lets the half without `x`, which is late, be added early.
    let g = |x: u32, y: u32, z: u32| (x & z).wrapping_add(y & !z);
    let h = |x: u32, y: u32, z: u32| x ^ y ^ z;
    let i = |x: u32, y: u32, z: u32| y ^ (x | !z);

    macro_rules! step {
        ($f:ident, $a:ident, $b:ident, $c:ident, $d:ident, $k:expr, $s:expr, $t:expr) => {
            $a = $f($b, $c, $d)
                .wrapping_add($a.wrapping_add(x[$k]).wrapping_add(T[$t]))
                .rotate_left($s)
                .wrapping_add($b);
            out[$t] = keystream.next();
        };
    }
    macro_rules! four {
        ($f:ident, $t:literal, [$k1:literal, $k2:literal, $k3:literal, $k4:literal], [$s1:literal, $s2:literal, $s3:literal, $s4:literal]) => {
            step!($f, a, b, c, d, $k1, $s1, $t);
            step!($f, d, a, b, c, $k2, $s2, $t + 1);
            step!($f, c, d, a, b, $k3, $s3, $t + 2);
            step!($f, b, c, d, a, $k4, $s4, $t + 3);
        };
    }

    four!(f, 0, [0, 1, 2, 3], [7, 12, 17, 22]);
    four!(f, 4, [4, 5, 6, 7], [7, 12, 17, 22]);
    four!(f, 8, [8, 9, 10, 11], [7, 12, 17, 22]);
    four!(f, 12, [12, 13, 14, 15], [7, 12, 17, 22]);

    four!(g, 16, [1, 6, 11, 0], [5, 9, 14, 20]);
    four!(g, 20, [5, 10, 15, 4], [5, 9, 14, 20]);
    four!(g, 24, [9, 14, 3, 8], [5, 9, 14, 20]);
    four!(g, 28, [13, 2, 7, 12], [5, 9, 14, 20]);

    four!(h, 32, [5, 8, 11, 14], [4, 11, 16, 23]);
    four!(h, 36, [1, 4, 7, 10], [4, 11, 16, 23]);
    four!(h, 40, [13, 0, 3, 6], [4, 11, 16, 23]);
    four!(h, 44, [9, 12, 15, 2], [4, 11, 16, 23]);

    four!(i, 48, [0, 7, 14, 5], [6, 10, 15, 21]);
    four!(i, 52, [12, 3, 10, 1], [6, 10, 15, 21]);
    four!(i, 56, [8, 15, 6, 13], [6, 10, 15, 21]);
    four!(i, 60, [4, 11, 2, 9], [6, 10, 15, 21]);

    for (word, added) in state.iter_mut().zip([a, b, c, d]) {
        *word = word.wrapping_add(added);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::digest::hmac_md5;
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

    #[test]
    fn the_constants_are_those_of_the_sine() {
        // RFC 1321 3.4: T[i] is the integer part of 4294967296 times abs(sin(i)).
        for (index, constant) in (1_u32..).zip(T) {
            let sine = f64::from(index).sin().abs() * 4_294_967_296.0;
            assert_eq!(f64::from(constant), sine.trunc(), "{index}");
        }
    }
}
