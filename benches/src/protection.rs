//! Sealing and unsealing, in messages of three sizes.

use crate::floor::Crypto;
use crate::{Figure, messages, work};
use gatepass_engine::Error;

/// The sizes, in bytes, with the names of their figures.
const SIZES: [(usize, &str, &str); 3] = [
    (64, "seal/64 B", "unseal/64 B"),
    (1024, "seal/1 KiB", "unseal/1 KiB"),
    (65536, "seal/64 KiB", "unseal/64 KiB"),
];

pub(crate) fn figures() -> Vec<Figure> {
    let seal = SIZES.map(|(size, name, _)| {
        let (mut sealer, _) = messages::protection();
        let mut message = vec![0x5a; size];
        Figure::new(name, work(64, || (), move |()| sealer.seal(&mut message)))
            .over(Crypto::protection(size).work())
            .of_bytes(size)
    });
    let unseal = SIZES.map(|(size, _, name)| {
        let (mut sealer, mut unsealer) = messages::protection();
        let sealed = move || {
            let mut message = vec![0x5a; size];
            let signature = sealer.seal(&mut message);
            (message, signature)
        };
        let unseal = move |(mut message, signature): (Vec<u8>, Result<[u8; 16], Error>)| {
            unsealer.unseal(&mut message, &signature?).map(|()| message)
        };
        Figure::new(name, work(if size > 4096 { 1 } else { 64 }, sealed, unseal))
            .over(Crypto::protection(size).work())
            .of_bytes(size)
    });
    seal.into_iter().chain(unseal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_a_message_that_the_peer_can_read() {
        let (mut sealer, mut unsealer) = messages::protection();
        for _ in 0..3 {
            let mut message = *b"sealed";
            let signature = sealer.seal(&mut message).unwrap();
            assert_ne!(message, *b"sealed");
            unsealer.unseal(&mut message, &signature).unwrap();
            assert_eq!(message, *b"sealed");
        }
    }
}
