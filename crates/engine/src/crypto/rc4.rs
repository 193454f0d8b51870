//! RC4 as [MS-NLMP] uses it: a handle that goes on (RC4Init, RC4), and RC4K, which begins anew each time.
//!
//! RustCrypto's `rc4` is correct, and slow where this engine spends most of its time; so the cipher is written here, and
//! tested against that crate. The gain is in the order of one step: the next `S[i]` is loaded before the two stores of the
//! swap, which it then need not wait for, and put right where the swap changed it.

use alloc::vec::Vec;
use core::fmt;
use gatepass_backend::SessionKey;
use zeroize::Zeroize;

/// An RC4 state: the document's `Handle`. It goes on from message to message, so messages keep their order.
pub struct Rc4 {
    /// `S`.
    state: [u8; 256],
    /// The `i` of the next step.
    i: u8,
    j: u8,
}

/// `S` before the key schedule.
#[expect(
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a constant: it would not compile otherwise"
)]
const START: [u8; 256] = {
    let mut state = [0; 256];
    let mut index = 0_u8;
    while index < u8::MAX {
        index = index.wrapping_add(1);
        state[index as usize] = index;
    }
    state
};

/// A state on the way: what a loop keeps in registers.
pub(super) struct Keystream<'a> {
    state: &'a mut [u8; 256],
    i: u8,
    j: u8,
    /// `S[i]`, loaded ahead.
    ahead: u8,
}

impl Keystream<'_> {
    /// The next byte of the keystream.
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "a byte cannot lead out of 256 entries")]
    pub(super) fn next(&mut self) -> u8 {
        self.j = self.j.wrapping_add(self.ahead);
        let (i, j) = (usize::from(self.i), usize::from(self.j));
        let swapped = self.state[j];
        self.i = self.i.wrapping_add(1);
        let ahead = self.state[usize::from(self.i)];
        self.state[i] = swapped;
        self.state[j] = self.ahead;
        let key = self.state[usize::from(self.ahead.wrapping_add(swapped))];
        self.ahead = if self.i == self.j { self.ahead } else { ahead };
        key
    }
}

impl Rc4 {
    /// `RC4Init(Handle, K)`; `None` when `key` is empty or longer than 256 bytes, with which RC4 is not defined.
    #[must_use]
    pub fn init(key: &[u8]) -> Option<Self> {
        (1..=256).contains(&key.len()).then(|| Schedule::new(key).finish())
    }

    /// `RC4Init(Handle, K)` for a key of the document, which has 5 to 16 bytes.
    pub(crate) fn keyed(key: &SessionKey) -> Self {
        Schedule::new(key.expose()).finish()
    }

    /// `RC4(Handle, D)`, in place.
    pub fn apply(&mut self, data: &mut [u8]) {
        self.run(|keystream| {
            let (words, rest) = data.as_chunks_mut::<8>();
            for word in words {
                let key: [u8; 8] = core::array::from_fn(|_| keystream.next());
                *word = (u64::from_le_bytes(*word) ^ u64::from_le_bytes(key)).to_le_bytes();
            }
            for byte in rest {
                *byte ^= keystream.next();
            }
        });
    }

    /// Lends the keystream to `work`; the handle then goes on behind what was taken.
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "a byte cannot lead out of 256 entries")]
    pub(super) fn run<T>(&mut self, work: impl FnOnce(&mut Keystream<'_>) -> T) -> T {
        let ahead = self.state[usize::from(self.i)];
        let mut keystream = Keystream { state: &mut self.state, i: self.i, j: self.j, ahead };
        let result = work(&mut keystream);
        (self.i, self.j) = (keystream.i, keystream.j);
        result
    }
}

/// A key schedule on its way: it can be computed beside something else, a quarter of its 256 steps at a time.
pub(super) struct Schedule {
    /// The key, repeated.
    key: Repeated,
    handle: Rc4,
    /// `S[i]`, loaded ahead as by [`Keystream`].
    ahead: u8,
    quarters_left: u8,
}

/// A key that is repeated until each step of the schedule has its byte.
struct Repeated([u8; 256]);

impl Drop for Repeated {
    fn drop(&mut self) {
        // As a slice, which is wiped by the word and not by the byte.
        self.0.as_mut_slice().zeroize();
    }
}

/// A quarter of a schedule: what a loop keeps in registers.
pub(super) struct Steps<'a> {
    key: &'a [u8; 256],
    state: &'a mut [u8; 256],
    i: u8,
    j: u8,
    ahead: u8,
}

impl Steps<'_> {
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "a byte cannot lead out of 256 entries")]
    pub(super) fn next(&mut self) {
        let i = usize::from(self.i);
        self.j = self.j.wrapping_add(self.key[i]).wrapping_add(self.ahead);
        let swapped = self.state[usize::from(self.j)];
        self.i = self.i.wrapping_add(1);
        let ahead = self.state[usize::from(self.i)];
        self.state[i] = swapped;
        self.state[usize::from(self.j)] = self.ahead;
        self.ahead = if self.i == self.j { self.ahead } else { ahead };
    }
}

impl Schedule {
    /// How many steps a quarter has.
    pub(super) const QUARTER: usize = 64;

    pub(super) fn new(key: &[u8]) -> Self {
        let mut repeated = Repeated([0; 256]);
        for piece in repeated.0.chunks_mut(key.len().max(1)) {
            piece.copy_from_slice(key.get(..piece.len()).unwrap_or_default());
        }
        Self { key: repeated, handle: Rc4 { state: START, i: 0, j: 0 }, ahead: 0, quarters_left: 4 }
    }

    pub(super) const fn is_done(&self) -> bool {
        self.quarters_left == 0
    }

    /// The next quarter, of which `run` makes all the steps.
    #[inline(always)]
    pub(super) fn quarter(&mut self, run: impl FnOnce(&mut Steps<'_>)) {
        let Rc4 { state, i, j } = &mut self.handle;
        let mut steps = Steps { key: &self.key.0, state, i: *i, j: *j, ahead: self.ahead };
        run(&mut steps);
        (*i, *j, self.ahead) = (steps.i, steps.j, steps.ahead);
        self.quarters_left = self.quarters_left.saturating_sub(1);
    }

    /// The quarters that are left, and the handle.
    pub(super) fn finish(mut self) -> Rc4 {
        while !self.is_done() {
            self.quarter(|steps| (0..Self::QUARTER).for_each(|_| steps.next()));
        }
        (self.handle.i, self.handle.j) = (1, 0);
        self.handle
    }
}

impl Drop for Rc4 {
    fn drop(&mut self) {
        self.state.as_mut_slice().zeroize();
        (self.i, self.j) = (0, 0);
    }
}

impl fmt::Debug for Rc4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rc4(..)")
    }
}

/// `RC4K(K, D)`: `data` under a state of its own; `None` as with [`Rc4::init`].
#[must_use]
pub fn rc4k(key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let mut data = data.to_vec();
    Rc4::init(key)?.apply(&mut data);
    Some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keystream_is_that_of_the_crate_whatever_the_key_and_however_it_is_cut() {
        use rc4::{KeyInit, StreamCipher};
        let mut noise = rc4::Rc4::new_from_slice(b"noise").unwrap();
        for length in 1..=256 {
            let mut key = [0; 256];
            noise.apply_keystream(&mut key);
            let key = &key[..length];
            let (mut ours, mut theirs) = (Rc4::init(key).unwrap(), rc4::Rc4::new_from_slice(key).unwrap());
            for cut in [0, 1, 7, 8, 9, length, 300, 2, 1000] {
                let (mut one, mut other) = ([0x5a; 1000], [0x5a; 1000]);
                ours.apply(&mut one[..cut]);
                theirs.apply_keystream(&mut other[..cut]);
                assert_eq!(one, other, "{cut} bytes under a key of {length}");
            }
        }
    }

    #[test]
    fn a_key_of_the_document_makes_the_same_handle_either_way() {
        for length in [5, 7, 8, 16] {
            let key = [1, 2, 3, 4, 5, 6, 7, 0xa0, 9, 10, 11, 12, 13, 14, 15, 16];
            let key = &key[..length];
            let (mut one, mut other) = ([0; 64], [0; 64]);
            Rc4::init(key).unwrap().apply(&mut one);
            Rc4::keyed(&SessionKey::from_bytes(key)).apply(&mut other);
            assert_eq!(one, other);
        }
    }
}
