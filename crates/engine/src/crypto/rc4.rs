//! RC4 as [MS-NLMP] uses it: a handle that goes on (RC4Init, RC4), and RC4K, which begins anew each time.

use alloc::vec::Vec;
use core::fmt;
use rc4::{KeyInit, StreamCipher};

/// An RC4 state: the document's `Handle`. It goes on from message to message, so messages keep their order.
pub struct Rc4(rc4::Rc4);

impl Rc4 {
    /// `RC4Init(Handle, K)`; `None` when `key` is empty or longer than 256 bytes, with which RC4 is not defined.
    #[must_use]
    pub fn init(key: &[u8]) -> Option<Self> {
        rc4::Rc4::new_from_slice(key).ok().map(Self)
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
