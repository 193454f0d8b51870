//! HMAC-MD5 (RFC 2104), with keys that are kept.

use super::digest::{Md5, START, in_pieces, md5};
use super::md5_steps::{self, BLOCK};
use zeroize::Zeroize;

/// `HMAC_MD5(K, M)`.
pub(super) fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    HmacKey::new(key).mac(parts)
}

/// A key of HMAC-MD5 with both its pads compressed: what RFC 2104 section 4 lets one keep.
#[derive(Clone)]
pub(crate) struct HmacKey {
    inner: [u32; 4],
    outer: [u32; 4],
}

impl HmacKey {
    pub(crate) fn new(key: &[u8]) -> Self {
        let mut hashed = [0; 16];
        let key = if key.len() > BLOCK {
            hashed = md5(&[key]);
            &hashed[..]
        } else {
            key
        };
        let [mut inner_pad, mut outer_pad] = [0x36, 0x5c].map(|byte| [byte; BLOCK]);
        for (pad, byte) in inner_pad.iter_mut().zip(key) {
            *pad ^= *byte;
        }
        for (pad, byte) in outer_pad.iter_mut().zip(key) {
            *pad ^= *byte;
        }
        let mut pads = Self { inner: START, outer: START };
        md5_steps::both([&mut pads.inner, &mut pads.outer], [&inner_pad, &outer_pad]);
        #[cfg(test)]
        super::digest::work::add(2);
        inner_pad.as_mut_slice().zeroize();
        outer_pad.as_mut_slice().zeroize();
        hashed.zeroize();
        pads
    }

    /// `HMAC_MD5(K, M)`.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 16] {
        self.mac_of(parts.iter().copied())
    }

    /// `HMAC_MD5(K, M)` of parts that stand in no slice.
    pub(crate) fn mac_of<'a>(&self, parts: impl Iterator<Item = &'a [u8]>) -> [u8; 16] {
        let mut md5 = self.start();
        parts.for_each(|part| md5.update(part));
        self.finish(md5)
    }

    /// `HMAC_MD5(K, M)` of the units of a text.
    pub(super) fn mac_utf16le(&self, units: impl Iterator<Item = u16>) -> [u8; 16] {
        let mut md5 = self.start();
        in_pieces(units, |bytes| md5.update(bytes));
        self.finish(md5)
    }

    /// The inner hash, for a message that comes in parts.
    pub(super) const fn start(&self) -> Md5 {
        Md5 { state: self.inner, block: [0; BLOCK], filled: 0, compressed: 64 }
    }

    /// The outer hash over the inner one.
    pub(super) fn finish(&self, inner: Md5) -> [u8; 16] {
        let mut outer = Md5 { state: self.outer, block: [0; BLOCK], filled: 0, compressed: 64 };
        outer.update(&inner.finish());
        outer.finish()
    }

    /// As [`finish`](Self::finish); meanwhile of `parts`, which are another hash's, what comes along with it.
    pub(super) fn finish_with(&self, inner: Md5, other: &mut Md5, parts: &mut [&[u8]]) -> [u8; 16] {
        let mut outer = Md5 { state: self.outer, block: [0; BLOCK], filled: 0, compressed: 64 };
        outer.update(&inner.finish_with(other, parts));
        outer.finish_with(other, parts)
    }
}

impl Drop for HmacKey {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_authenticated_as_one_message() {
        // RFC 2202 case 2.
        let wanted =
            [0x75, 0x0c, 0x78, 0x3e, 0x6a, 0xb0, 0xb5, 0x03, 0xea, 0xa8, 0x6e, 0x31, 0x0a, 0x5d, 0xb7, 0x38];
        assert_eq!(hmac_md5(b"Jefe", &[b"what do ya want ", b"for nothing?"]), wanted);
    }

    #[test]
    fn a_key_longer_than_a_block_is_hashed_first() {
        // RFC 2202 case 6.
        let wanted =
            [0x6b, 0x1a, 0xb7, 0xfe, 0x4b, 0xd7, 0xbf, 0x8f, 0x0b, 0x62, 0xe6, 0xce, 0x61, 0xb9, 0xd0, 0xcd];
        let data = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(hmac_md5(&[0xaa; 80], &[data]), wanted);
    }
}
