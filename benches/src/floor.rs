//! Floors: the cryptography of an operation on fixed bytes, by RustCrypto's crates, and nothing else.

use crate::{Work, messages, work};
use gatepass_wire::utf16le;
use md4::block_api::Md4Core;
use md4::digest::block_api::UpdateCore;
use rc4::{KeyInit, Rc4, StreamCipher};
use std::hint::black_box;

/// The size of the NEGOTIATE of our client, in bytes.
const NEGOTIATE: usize = 40;

/// What one operation compresses and encrypts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Crypto {
    /// Blocks of MD4.
    pub md4: usize,
    /// Blocks of MD5.
    pub md5: usize,
    /// RC4 keys.
    pub keys: usize,
    /// Bytes through RC4.
    pub rc4: usize,
}

/// Blocks of a message of `length` bytes behind a block that is already counted: its padding takes 9 bytes.
const fn blocks(length: usize) -> usize {
    (length + 8) / 64 + 1
}

/// The two pads of an HMAC key.
const PADS: usize = 2;

/// Blocks of an HMAC over `length` bytes with a key whose pads are counted apart: the inner hash, and the outer one.
const fn hmac(length: usize) -> usize {
    blocks(length) + 1
}

impl Crypto {
    /// The client's part, from the NT hash's password on: MD4, NTOWFv2, and what follows it.
    #[must_use]
    pub fn client_password() -> Self {
        let cached = Self::client_cached();
        Self { md4: 1, md5: ntowf_v2() + cached.md5, ..cached }
    }

    /// The client's part with a cached NTOWFv2, the pads of which are made once: NTProofStr, SessionBaseKey, the
    /// encrypted session key, the MIC.
    #[must_use]
    pub fn client_cached() -> Self {
        let authenticate = messages::authenticate();
        let (challenge, target_info) = (messages::challenge().len(), sent_target_info());
        Self {
            md4: 0,
            md5: hmac(8 + 28 + target_info + 4)
                + hmac(16)
                + PADS
                + hmac(NEGOTIATE + challenge + authenticate.len()),
            keys: 1,
            rc4: 16,
        }
    }

    /// The client's part and the server's verification from the NT hash on.
    #[must_use]
    pub fn client_and_server() -> Self {
        let client = Self::client_password();
        Self { md4: 1, md5: 2 * client.md5, keys: 2, rc4: 32 }
    }

    /// Sealing (or unsealing) `length` bytes.
    #[must_use]
    pub fn protection(length: usize) -> Self {
        Self { md4: 0, md5: hmac(4 + length), keys: 0, rc4: length + 8 }
    }

    /// This much cryptography as work.
    #[must_use]
    pub fn work(self) -> impl Work {
        let mut running = Rc4::new(&[5; 32].into());
        let mut bytes = vec![0; self.rc4];
        work(
            64,
            || (),
            move |()| {
                let mut md4 = Md4Core::default();
                for _ in 0..self.md4 {
                    md4.update_blocks(&[black_box([0x5a; 64]).into()]);
                }
                black_box(md4);
                let mut md5 = black_box([1, 2, 3, 4]);
                for _ in 0..self.md5 {
                    md5::block_api::compress(&mut md5, &[black_box([0x5a; 64])]);
                }
                if self.keys == 0 {
                    running.apply_keystream(&mut bytes);
                }
                for part in bytes.chunks_mut(16).take(self.keys) {
                    Rc4::new(&black_box([5; 32]).into()).apply_keystream(part);
                }
                (md5, bytes.first().copied())
            },
        )
    }
}

/// NTOWFv2 with its pads, and the pads of the key that it yields.
fn ntowf_v2() -> usize {
    PADS + hmac(2 * (messages::USER.len() + messages::DOMAIN.len())) + PADS
}

/// The AV pairs that the client sends back: the server's, the flags and the target name.
fn sent_target_info() -> usize {
    messages::TARGET_INFO + 4 + 4 + 4 + utf16le(messages::TARGET).len()
}
