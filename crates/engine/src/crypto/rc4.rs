//! RC4 as [MS-NLMP] uses it: a handle that goes on (RC4Init, RC4), and RC4K, which begins anew each time.
//!
//! RustCrypto's `rc4` is correct, and slow where this engine spends most of its time; so the cipher is written here, and
//! tested against that crate. The gain is in the order of one step: the next `S[i]` is loaded before the two stores of the
//! swap, which it then need not wait for, and put right where the swap changed it.

use alloc::vec::Vec;
use core::fmt;
use gatepass_backend::SessionKey;
use zeroize::{Zeroize, Zeroizing};

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
        (1..=256).contains(&key.len()).then(|| Self::schedule(key))
    }

    /// `RC4Init(Handle, K)` for a key of the document, which has 5 to 16 bytes.
    pub(crate) fn keyed(key: &SessionKey) -> Self {
        Self::schedule(key.expose())
    }

    /// The key schedule, with the same order of loads and stores as [`Keystream::next`].
    #[expect(clippy::indexing_slicing, reason = "a byte cannot lead out of 256 entries")]
    fn schedule(key: &[u8]) -> Self {
        let mut repeated = Zeroizing::new([0; 256]);
        for piece in repeated.chunks_mut(key.len().max(1)) {
            piece.copy_from_slice(key.get(..piece.len()).unwrap_or_default());
        }
        let mut state = START;
        let (mut i, mut j, mut ahead) = (0_u8, 0_u8, 0_u8);
        for byte in repeated.iter() {
            j = j.wrapping_add(ahead).wrapping_add(*byte);
            let swapped = state[usize::from(j)];
            let next = i.wrapping_add(1);
            let after = state[usize::from(next)];
            state[usize::from(i)] = swapped;
            state[usize::from(j)] = ahead;
            ahead = if next == j { ahead } else { after };
            i = next;
        }
        Self { state, i: 1, j: 0 }
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

impl Drop for Rc4 {
    fn drop(&mut self) {
        self.state.zeroize();
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
