//! The steps of MD5 (RFC 1321 3.4), for doing something else in between.
//!
//! Each step waits for the one before, which leaves most of the processor idle: a second block, or the keystream of RC4,
//! costs next to nothing when its steps stand between those of the first. Alone, RustCrypto's function is as fast.

/// How long a block is, in bytes; and how many steps it takes.
pub(super) const BLOCK: usize = 64;

/// The additive constants.
#[rustfmt::skip]
const T: [u32; BLOCK] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// The rotations of the four rounds.
const S: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// A state and a block on their way.
struct Lane {
    /// `A`, `B`, `C`, `D`, which change places with each step.
    words: [u32; 4],
    x: [u32; 16],
}

impl Lane {
    #[inline(always)]
    fn new(state: &[u32; 4], block: &[u8; BLOCK]) -> Self {
        let mut x = [0; 16];
        for (word, bytes) in x.iter_mut().zip(block.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        Self { words: *state, x }
    }

    /// The step `t`, which the compiler must know, or nothing is gained.
    #[inline(always)]
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "t is below 64 and every index a remainder of its array's length, all known to the compiler"
    )]
    fn step(&mut self, t: usize) {
        let place = (BLOCK - t) % 4;
        let a = self.words[place];
        let [b, c, d] = [1, 2, 3].map(|next| self.words[(place + next) % 4]);
        let (mixed, k) = match t / 16 {
            0 => (d ^ (b & (c ^ d)), t),
            // The halves share no bit, and as a sum the one without `b`, which is the last to be known, is added early.
            1 => ((b & d).wrapping_add(c & !d), 5 * t + 1),
            2 => (b ^ c ^ d, 3 * t + 5),
            _ => (c ^ (b | !d), 7 * t),
        };
        let early = a.wrapping_add(self.x[k % 16]).wrapping_add(T[t]);
        self.words[place] = mixed.wrapping_add(early).rotate_left(S[t / 16][t % 4]).wrapping_add(b);
    }

    #[inline(always)]
    fn finish(self, state: &mut [u32; 4]) {
        for (word, added) in state.iter_mut().zip(self.words) {
            *word = word.wrapping_add(added);
        }
    }
}

/// Compresses `block` into `state`, and does `between` after each step, with the step's number from 0 to 63.
#[inline(always)]
pub(super) fn beside(state: &mut [u32; 4], block: &[u8; BLOCK], mut between: impl FnMut(usize)) {
    let mut lane = Lane::new(state, block);
    macro_rules! steps {
        ($($t:literal)*) => {$(
            lane.step($t);
            between($t);
        )*};
    }
    steps! {
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
        32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
    }
    lane.finish(state);
}

/// Compresses two blocks into two states. A function of its own, always: within a caller, registers run out.
#[inline(never)]
pub(super) fn both(states: [&mut [u32; 4]; 2], blocks: [&[u8; BLOCK]; 2]) {
    let ([one, other], [block, other_block]) = (states, blocks);
    let mut lane = Lane::new(other, other_block);
    beside(
        one,
        block,
        #[inline(always)]
        |t| lane.step(t),
    );
    lane.finish(other);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_those_of_the_sine() {
        // RFC 1321 3.4: T[i] is the integer part of 4294967296 times abs(sin(i)).
        for (index, constant) in (1_u32..).zip(T) {
            let sine = f64::from(index).sin().abs() * 4_294_967_296.0;
            assert_eq!(f64::from(constant), sine.trunc(), "{index}");
        }
    }

    #[test]
    fn blocks_are_compressed_as_the_crate_does() {
        let mut noise = crate::crypto::Rc4::init(b"noise").unwrap();
        let mut bytes = [0; 2 * BLOCK];
        let (mut one, mut other) = ([1, 2, 3, 4], [5, 6, 7, 8]);
        for _ in 0..100 {
            noise.apply(&mut bytes);
            let blocks = bytes.as_chunks::<BLOCK>().0;
            let (mut wanted, mut other_wanted) = (one, other);
            md5::block_api::compress(&mut wanted, &blocks[..1]);
            md5::block_api::compress(&mut other_wanted, &blocks[1..]);
            let mut steps = std::vec![];
            let mut alone = one;
            beside(&mut alone, &blocks[0], |step| steps.push(step));
            both([&mut one, &mut other], [&blocks[0], &blocks[1]]);
            assert_eq!((one, other, alone), (wanted, other_wanted, wanted));
            assert!(steps.into_iter().eq(0..BLOCK));
        }
    }
}
