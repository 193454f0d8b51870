//! SIGNKEY ([MS-NLMP] 3.4.5.2) and SEALKEY ([MS-NLMP] 3.4.5.3).

use super::digest;
use alloc::vec::Vec;
use gatepass_backend::SessionKey;
use gatepass_wire::NegotiateFlags as Flags;
use zeroize::Zeroizing;

/// Whose messages a key protects: the document's `Mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Messages from the client to the server.
    Client,
    /// Messages from the server to the client.
    Server,
}

impl Side {
    const fn signing_magic(self) -> &'static [u8] {
        match self {
            Self::Client => b"session key to client-to-server signing key magic constant\0",
            Self::Server => b"session key to server-to-client signing key magic constant\0",
        }
    }

    const fn sealing_magic(self) -> &'static [u8] {
        match self {
            Self::Client => b"session key to client-to-server sealing key magic constant\0",
            Self::Server => b"session key to server-to-client sealing key magic constant\0",
        }
    }
}

/// `SIGNKEY(NegFlg, ExportedSessionKey, Mode)`; `None` (the document's NIL) without extended session security.
#[must_use]
pub fn sign_key(flags: Flags, exported_session_key: &SessionKey, side: Side) -> Option<SessionKey> {
    flags
        .contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY)
        .then(|| SessionKey::from_bytes(&digest::md5(&[exported_session_key.expose(), side.signing_magic()])))
}

/// `SEALKEY(NegFlg, ExportedSessionKey, Mode)`: 16 bytes with extended session security, otherwise 8 with LM_KEY or
/// DATAGRAM (both sides have the same then), otherwise the ExportedSessionKey itself.
#[must_use]
pub fn seal_key(flags: Flags, exported_session_key: &SessionKey, side: Side) -> SessionKey {
    let key = exported_session_key.expose();
    let first = |length: usize| key.get(..length).unwrap_or(key);
    if flags.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY) {
        let strength = if flags.contains(Flags::NEGOTIATE_128) {
            key
        } else if flags.contains(Flags::NEGOTIATE_56) {
            first(7)
        } else {
            first(5)
        };
        SessionKey::from_bytes(&digest::md5(&[strength, side.sealing_magic()]))
    } else if flags.intersects(Flags::NEGOTIATE_LM_KEY | Flags::NEGOTIATE_DATAGRAM) {
        let (kept, filler): (&[u8], &[u8]) = if flags.contains(Flags::NEGOTIATE_56) {
            (first(7), &[0xa0])
        } else {
            (first(5), &[0xe5, 0x38, 0xb0])
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(8));
        bytes.extend_from_slice(kept);
        bytes.extend_from_slice(filler);
        SessionKey::from_bytes(&bytes)
    } else {
        exported_session_key.clone()
    }
}

/// The key of one message of a connectionless session: `SealingKey' = MD5(SealingKey + SequenceNumber)` ([MS-NLMP] 3.4).
#[must_use]
pub(crate) fn datagram_key(seal_key: &SessionKey, sequence_number: u32) -> SessionKey {
    let number = sequence_number.to_le_bytes();
    SessionKey::from_bytes(&*Zeroizing::new(digest::md5(&[seal_key.expose(), &number])))
}
