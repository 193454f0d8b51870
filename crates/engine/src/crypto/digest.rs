//! MD4, MD5 and HMAC-MD5 as the rest of this module needs them: over parts, without joining them first.

use hmac::{Hmac, KeyInit, Mac};
use md4::{Digest, Md4};
use md5::Md5;

/// How long MD5's block is, and so the longest key that HMAC takes as it is (RFC 2104).
const BLOCK: usize = 64;

/// `MD4(M)` of the units of a text, which is never held in one piece: it may be a password.
pub(super) fn md4_utf16le(text: &str) -> [u8; 16] {
    let mut md4 = Md4::new();
    for unit in text.encode_utf16() {
        md4.update(unit.to_le_bytes());
    }
    #[cfg(test)]
    work::add(text.encode_utf16().count().saturating_mul(2));
    md4.finalize().into()
}

/// `MD4(M)`.
#[cfg(feature = "legacy")]
pub(super) fn md4(data: &[u8]) -> [u8; 16] {
    Md4::digest(data).into()
}

/// `MD5(M)`.
pub(super) fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(part);
    }
    #[cfg(test)]
    work::add(parts.iter().map(|part| part.len()).sum());
    md5.finalize().into()
}

/// `HMAC_MD5(K, M)`.
pub(super) fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let hashed;
    let key = if key.len() > BLOCK {
        hashed = md5(&[key]);
        &hashed[..]
    } else {
        key
    };
    let mut block = zeroize::Zeroizing::new([0; BLOCK]);
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut hmac = Hmac::<Md5>::new((&*block).into());
    for part in parts {
        hmac.update(part);
    }
    #[cfg(test)]
    {
        work::add(parts.iter().map(|part| part.len()).sum::<usize>().saturating_add(BLOCK));
        work::add(BLOCK.saturating_add(16));
    }
    hmac.finalize().into_bytes().into()
}

/// How many compressions were made on this thread: the measure by which refusals must cost alike (no clock is asked).
#[cfg(test)]
pub(crate) mod work {
    use core::cell::Cell;

    std::thread_local! {
        static COMPRESSIONS: Cell<usize> = const { Cell::new(0) };
    }

    /// Counts the blocks of a message of `length` bytes, padding included.
    pub(super) fn add(length: usize) {
        let blocks = length.saturating_add(8).div_euclid(super::BLOCK).saturating_add(1);
        COMPRESSIONS.set(COMPRESSIONS.get().saturating_add(blocks));
    }

    /// How many compressions `run` makes.
    pub(crate) fn of<T>(run: impl FnOnce() -> T) -> (usize, T) {
        let before = COMPRESSIONS.get();
        let result = run();
        (COMPRESSIONS.get().saturating_sub(before), result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hash_as_one_message() {
        // RFC 1321 A.5, RFC 2202 case 2.
        let abc =
            [0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0, 0xd6, 0x96, 0x3f, 0x7d, 0x28, 0xe1, 0x7f, 0x72];
        assert_eq!(md5(&[b"a", b"", b"bc"]), abc);
        let jefe =
            [0x75, 0x0c, 0x78, 0x3e, 0x6a, 0xb0, 0xb5, 0x03, 0xea, 0xa8, 0x6e, 0x31, 0x0a, 0x5d, 0xb7, 0x38];
        assert_eq!(hmac_md5(b"Jefe", &[b"what do ya want ", b"for nothing?"]), jefe);
    }

    #[test]
    fn a_key_longer_than_a_block_is_hashed_first() {
        // RFC 2202 case 6.
        let wanted =
            [0x6b, 0x1a, 0xb7, 0xfe, 0x4b, 0xd7, 0xbf, 0x8f, 0x0b, 0x62, 0xe6, 0xce, 0x61, 0xb9, 0xd0, 0xcd];
        let data = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(hmac_md5(&[0xaa; 80], &[data]), wanted);
    }

    #[test]
    fn compressions_are_counted_by_the_block_with_its_padding() {
        assert_eq!(work::of(|| md5(&[&[0; 55]])).0, 1);
        assert_eq!(work::of(|| md5(&[&[0; 50], &[0; 6]])).0, 2);
        assert_eq!(work::of(|| hmac_md5(&[0; 16], &[&[0; 16]])).0, 4);
        assert_eq!(work::of(|| md4_utf16le("Passw0rd!")).0, 1);
    }
}
