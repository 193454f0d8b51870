//! MAC ([MS-NLMP] 3.4.4): the signature of a message.

use super::{Rc4, hmac};
use gatepass_backend::SessionKey;
use gatepass_wire::NegotiateFlags as Flags;

/// `MAC(Handle, SigningKey, SeqNum, Message)`: the 16 bytes of NTLMSSP_MESSAGE_SIGNATURE.
///
/// With a `signing_key` (extended session security, 3.4.4.2): version, the first 8 bytes of
/// `HMAC_MD5(SigningKey, SeqNum + Message)`, which go through `handle` where KEY_EXCH was agreed, sequence number.
/// Without one (3.4.4.1): version, RandomPad, CRC32 and sequence number, the last three through `handle`; the keystream
/// of RandomPad is used up, but the field itself may hold anything and is `random_pad` here.
#[must_use]
pub fn mac(
    flags: Flags,
    handle: &mut Rc4,
    signing_key: Option<&SessionKey>,
    sequence_number: u32,
    message: &[u8],
    random_pad: [u8; 4],
) -> [u8; 16] {
    match signing_key {
        Some(key) => {
            let number = sequence_number.to_le_bytes();
            let checksum = hmac::hmac_md5(key.expose(), &[&number, message]);
            signed(flags, handle, checksum, sequence_number)
        }
        None => signed_basic(handle, crc32(message), sequence_number, random_pad),
    }
}

/// The signature with extended session security, from `HMAC_MD5(SigningKey, SeqNum + Message)`.
pub(crate) fn signed(flags: Flags, handle: &mut Rc4, checksum: [u8; 16], sequence_number: u32) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, ..] = checksum;
    let mut checksum = [a, b, c, d, e, f, g, h];
    if flags.contains(Flags::NEGOTIATE_KEY_EXCH) {
        handle.apply(&mut checksum);
    }
    let [a, b, c, d, e, f, g, h] = checksum;
    signature([a, b, c, d], [e, f, g, h], sequence_number.to_le_bytes())
}

/// The signature without extended session security, from `CRC32(Message)`.
pub(crate) fn signed_basic(
    handle: &mut Rc4,
    crc: u32,
    sequence_number: u32,
    random_pad: [u8; 4],
) -> [u8; 16] {
    let (mut checksum, mut number) = (crc.to_le_bytes(), sequence_number.to_le_bytes());
    handle.apply(&mut [0; 4]);
    handle.apply(&mut checksum);
    handle.apply(&mut number);
    signature(random_pad, checksum, number)
}

/// The signature where ALWAYS_SIGN was agreed without SIGN ([MS-NLMP] 3.4.4): it proves nothing.
pub const DUMMY_SIGNATURE: [u8; 16] = signature([0; 4], [0; 4], [0; 4]);

const fn signature(first: [u8; 4], second: [u8; 4], number: [u8; 4]) -> [u8; 16] {
    let ([a, b, c, d], [e, f, g, h], [i, j, k, l]) = (first, second, number);
    [1, 0, 0, 0, a, b, c, d, e, f, g, h, i, j, k, l]
}

/// `CRC32(M)` ([MS-NLMP] 6, the polynomial of IEEE 802.3).
#[must_use]
pub fn crc32(message: &[u8]) -> u32 {
    crc32_of(core::iter::once(message))
}

/// `CRC32(M)` of a message in parts.
pub(crate) fn crc32_of<'a>(parts: impl Iterator<Item = &'a [u8]>) -> u32 {
    let mut crc = u32::MAX;
    for byte in parts.flatten() {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
