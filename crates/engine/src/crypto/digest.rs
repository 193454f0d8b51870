//! MD4 and MD5 as the rest of this module needs them: over parts, without joining them first.

use super::md5_steps::{self, BLOCK};
use super::rc4::Schedule;
use md4::{Digest, Md4};
use zeroize::{Zeroize, Zeroizing};

/// The state before the first block (RFC 1321 3.3).
pub(super) const START: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// `MD4(M)` of the units of a text, which is never held in one piece: it may be a password.
pub(super) fn md4_utf16le(text: &str) -> [u8; 16] {
    let mut md4 = Md4::new();
    in_pieces(text.encode_utf16(), |bytes| md4.update(bytes));
    #[cfg(test)]
    work::add(blocks(text.encode_utf16().count().saturating_mul(2)));
    md4.finalize().into()
}

/// Gives the bytes of `units` to `take`, a block at a time.
pub(super) fn in_pieces(units: impl Iterator<Item = u16>, mut take: impl FnMut(&[u8])) {
    let mut piece = Zeroizing::new([0; BLOCK]);
    let mut filled = 0_usize;
    for unit in units {
        let end = filled.saturating_add(2);
        if let Some(place) = piece.get_mut(filled..end) {
            place.copy_from_slice(&unit.to_le_bytes());
        }
        filled = end;
        if filled == BLOCK {
            take(&*piece);
            filled = 0;
        }
    }
    take(piece.get(..filled).unwrap_or_default());
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
    md5.finish()
}

/// MD5 over parts: RustCrypto's compression function with a thinner buffer around it than its own, for most of what is
/// hashed here has one to four blocks.
pub(super) struct Md5 {
    pub(super) state: [u32; 4],
    pub(super) block: [u8; BLOCK],
    /// How much of the block is filled: always less than all of it.
    pub(super) filled: usize,
    /// How many bytes were compressed.
    pub(super) compressed: u64,
}

impl Md5 {
    const fn new() -> Self {
        Self { state: START, block: [0; BLOCK], filled: 0, compressed: 0 }
    }

    pub(super) fn update(&mut self, mut data: &[u8]) {
        if self.filled > 0 {
            let (taken, rest) =
                data.split_at_checked(BLOCK.saturating_sub(self.filled)).unwrap_or((data, &[]));
            self.fill(taken);
            data = rest;
            if self.filled == BLOCK {
                let block = self.block;
                self.filled = 0;
                self.compress(&[block]);
            }
        }
        let (blocks, rest) = data.as_chunks();
        if !blocks.is_empty() {
            self.compress(blocks);
        }
        self.fill(rest);
    }

    /// Fills the block from `parts`, and takes from them what it uses. Whether the block is full.
    fn load(&mut self, parts: &mut [&[u8]]) -> bool {
        for part in parts {
            // A whole block at once, of a length that the compiler knows.
            if self.filled == 0
                && let Some((block, rest)) = part.split_first_chunk()
            {
                self.block = *block;
                self.filled = BLOCK;
                *part = rest;
                return true;
            }
            let room = BLOCK.saturating_sub(self.filled);
            let (taken, rest) = part.split_at_checked(room).unwrap_or((part, &[]));
            self.fill(taken);
            *part = rest;
            if self.filled == BLOCK {
                return true;
            }
        }
        false
    }

    /// Compresses the block, which is full, and does `between` after each of its steps.
    #[inline(always)]
    fn compress_beside(&mut self, between: impl FnMut(usize)) {
        md5_steps::beside(&mut self.state, &self.block, between);
        self.filled = 0;
        self.compressed();
    }

    /// Hashes `parts`, and meanwhile goes on with `schedule`: a block takes as many steps as a quarter of it.
    pub(super) fn update_beside(&mut self, parts: &mut [&[u8]], schedule: &mut Schedule) {
        while !schedule.is_done() && self.load(parts) {
            schedule.quarter(|steps| self.compress_beside(|_| steps.next()));
        }
        for part in parts {
            self.update(part);
        }
    }

    /// Hashes `parts`, and of `other_parts`, which are another hash's, what comes along with them. The rest is left in them.
    pub(super) fn update_with(&mut self, parts: &mut [&[u8]], other: &mut Self, other_parts: &mut [&[u8]]) {
        while self.load(parts) {
            self.compress_with(other, other_parts);
        }
    }

    /// Compresses the block, which is full, and a block of `other_parts` if there is one.
    fn compress_with(&mut self, other: &mut Self, other_parts: &mut [&[u8]]) {
        if other.load(other_parts) {
            md5_steps::both([&mut self.state, &mut other.state], [&self.block, &other.block]);
            other.filled = 0;
            other.compressed();
        } else {
            md5::block_api::compress(&mut self.state, core::slice::from_ref(&self.block));
        }
        self.filled = 0;
        self.compressed();
    }

    /// Puts what fits into the block.
    fn fill(&mut self, data: &[u8]) {
        let end = self.filled.saturating_add(data.len());
        if let Some(place) = self.block.get_mut(self.filled..end) {
            place.copy_from_slice(data);
            self.filled = end;
        }
    }

    fn compress(&mut self, blocks: &[[u8; BLOCK]]) {
        md5::block_api::compress(&mut self.state, blocks);
        for _ in blocks {
            self.compressed();
        }
    }

    /// Counts a block that went into the state.
    pub(super) fn compressed(&mut self) {
        self.compressed = self.compressed.wrapping_add(64);
        #[cfg(test)]
        work::add(1);
    }

    pub(super) fn finish(self) -> [u8; 16] {
        self.finish_by(|md5| md5.compress_beside(|_| {}))
    }

    /// The hash; meanwhile of `other_parts`, which are another hash's, what comes along with it.
    pub(super) fn finish_with(self, other: &mut Self, other_parts: &mut [&[u8]]) -> [u8; 16] {
        self.finish_by(|md5| md5.compress_with(other, other_parts))
    }

    /// Pads the message, and has each block compressed that is full.
    fn finish_by(mut self, mut compress: impl FnMut(&mut Self)) -> [u8; 16] {
        let filled = u64::try_from(self.filled).unwrap_or_default();
        let bits = self.compressed.wrapping_add(filled).wrapping_mul(8).to_le_bytes();
        self.fill(&[0x80]);
        if let Some(rest) = self.block.get_mut(self.filled..) {
            rest.fill(0);
        }
        if self.filled > BLOCK.saturating_sub(bits.len()) {
            compress(&mut self);
            self.block = [0; BLOCK];
        }
        if let Some(length) = self.block.last_chunk_mut() {
            *length = bits;
        }
        compress(&mut self);
        bytes(self.state)
    }
}

impl Drop for Md5 {
    fn drop(&mut self) {
        self.state.zeroize();
        self.block.as_mut_slice().zeroize();
    }
}

fn bytes(state: [u32; 4]) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (to, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *to = word.to_le_bytes();
    }
    bytes
}

/// The blocks of a message of `length` bytes, padding included.
#[cfg(test)]
fn blocks(length: usize) -> usize {
    length.saturating_add(8).div_euclid(BLOCK).saturating_add(1)
}

/// How many compressions were made on this thread: the measure by which refusals must cost alike (no clock is asked).
#[cfg(test)]
pub(crate) mod work {
    use core::cell::Cell;

    std::thread_local! {
        static COMPRESSIONS: Cell<usize> = const { Cell::new(0) };
    }

    /// Counts compressions.
    pub(crate) fn add(blocks: usize) {
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
    use crate::crypto::hmac::{HmacKey, hmac_md5};

    #[test]
    fn parts_hash_as_one_message() {
        // RFC 1321 A.5.
        let abc =
            [0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0, 0xd6, 0x96, 0x3f, 0x7d, 0x28, 0xe1, 0x7f, 0x72];
        assert_eq!(md5(&[b"a", b"", b"bc"]), abc);
    }

    #[test]
    fn digests_are_those_of_the_crates_whatever_the_length_and_however_it_is_cut() {
        use hmac::{KeyInit, Mac};
        let mut noise = crate::crypto::rc4::Rc4::init(b"noise").unwrap();
        let mut data = [0; 300];
        noise.apply(&mut data);
        for length in 0..=data.len() {
            let whole = &data[..length];
            let wanted: [u8; 16] = md5::Md5::digest(whole).into();
            let (key, message) = whole.split_at(length / 3);
            let mut hmac = hmac::Hmac::<md5::Md5>::new_from_slice(key).unwrap();
            hmac.update(message);
            let authenticated: [u8; 16] = hmac.finalize().into_bytes().into();
            for cut in [0, length.min(1), length / 5, length / 2, length] {
                let (one, other) = whole.split_at(cut);
                assert_eq!(md5(&[one, other]), wanted, "{cut} of {length}");
                let (one, other) = message.split_at(cut.min(message.len()));
                assert_eq!(hmac_md5(key, &[one, other]), authenticated, "{cut} of {length}");
            }
        }
    }

    #[test]
    fn two_hashes_at_once_and_one_beside_a_key_schedule_are_what_they_are_alone() {
        let key = HmacKey::new(b"key");
        let data: std::vec::Vec<u8> = (0..=255).cycle().take(400).collect();
        for (length, other_length) in [(0, 0), (1, 300), (63, 64), (64, 63), (64, 128), (300, 129), (400, 0)]
        {
            for cut in [0, 10, 64, 200] {
                let (whole, other_whole) = (&data[..length], &data[400 - other_length..]);
                let (start, end) = whole.split_at(cut.min(length));
                let (mut one, mut other) = (key.start(), Md5::new());
                other.update(b"first");
                let mut rest = [other_whole];
                one.update_with(&mut [start, end], &mut other, &mut rest);
                let one = key.finish_with(one, &mut other, &mut rest);
                other.update(rest[0]);
                assert_eq!(one, hmac_md5(b"key", &[whole]), "{length}, {other_length}, {cut}");
                assert_eq!(other.finish(), md5(&[b"first", other_whole]), "{length}, {other_length}, {cut}");

                let mut one = Md5::new();
                one.update(start);
                let mut schedule = Schedule::new(b"a key of RC4");
                one.update_beside(&mut [end], &mut schedule);
                assert_eq!(one.finish(), md5(&[whole]), "{length}, {cut}");
                let (mut ours, mut wanted) = ([0; 20], [0; 20]);
                schedule.finish().apply(&mut ours);
                crate::crypto::Rc4::init(b"a key of RC4").unwrap().apply(&mut wanted);
                assert_eq!(ours, wanted, "{length}, {cut}");
            }
        }
    }

    #[test]
    fn compressions_are_counted_by_the_block_with_its_padding() {
        assert_eq!(work::of(|| md5(&[&[0; 55]])).0, 1);
        assert_eq!(work::of(|| md5(&[&[0; 50], &[0; 6]])).0, 2);
        assert_eq!(work::of(|| hmac_md5(&[0; 16], &[&[0; 16]])).0, 4);
        assert_eq!(work::of(|| md4_utf16le("Passw0rd!")).0, 1);
    }
}
