//! RC4 as [MS-NLMP] uses it: a handle that goes on (RC4Init, RC4), and RC4K, which begins anew each time.

use alloc::vec::Vec;
use core::fmt;
use gatepass_backend::SessionKey;
use rc4::{KeyInit, StreamCipher};
use zeroize::Zeroizing;

/// An RC4 state: the document's `Handle`. It goes on from message to message, so messages keep their order.
pub struct Rc4(rc4::Rc4);

impl Rc4 {
    /// `RC4Init(Handle, K)`; `None` when `key` is empty or longer than 256 bytes, with which RC4 is not defined.
    #[must_use]
    pub fn init(key: &[u8]) -> Option<Self> {
        rc4::Rc4::new_from_slice(key).ok().map(Self)
    }

    /// `RC4Init(Handle, K)` for a key whose length divides 32, as that of every key of the document does: RC4 repeats its
    /// key, so the state is that of the key repeated up to 32 bytes, which cannot fail.
    pub(crate) fn keyed(key: &SessionKey) -> Self {
        let mut repeated = Zeroizing::new([0; 32]);
        for (to, from) in repeated.iter_mut().zip(key.expose().iter().cycle()) {
            *to = *from;
        }
        Self(rc4::Rc4::new((&*repeated).into()))
    }

    /// `RC4(Handle, D)`, in place.
    pub fn apply(&mut self, data: &mut [u8]) {
        self.0.apply_keystream(data);
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
    fn a_key_of_8_or_16_bytes_is_its_own_repetition() {
        for length in [8, 16] {
            let key = [1, 2, 3, 4, 5, 6, 7, 0xa0, 9, 10, 11, 12, 13, 14, 15, 16];
            let key = &key[..length];
            let (mut one, mut other) = ([0; 64], [0; 64]);
            Rc4::init(key).unwrap().apply(&mut one);
            Rc4::keyed(&SessionKey::from_bytes(key)).apply(&mut other);
            assert_eq!(one, other);
        }
    }
}
