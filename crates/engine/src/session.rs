//! What both sides share after a handshake ([MS-NLMP] 3.1.1, 3.4): the key, the flags, and the protection of messages.
//!
//! ```text
//! Session --split-----> Sealer   (what this side sends)     sign, seal        each call takes the next sequence number
//!                       Unsealer (what the peer sends)      verify, unseal    the first error ends it
//!                       before them, under SPNEGO: mech_list_mic, verify_mech_list_mic
//!         --protect---> Protection (both; also without extended session security, where they share one keystream)
//!         --datagrams-> Datagrams (without a connection: the caller numbers the messages)
//! ```

mod datagrams;
mod direction;
mod halves;
mod protection;
#[cfg(test)]
mod recorded;

pub use datagrams::Datagrams;
pub use halves::{Sealer, Unsealer};
pub use protection::Protection;

use crate::crypto::Side;
use core::fmt;
use direction::Direction;
use gatepass_backend::SessionKey;
use gatepass_wire::NegotiateFlags as Flags;

/// An established session.
pub struct Session {
    flags: Flags,
    key: SessionKey,
    side: Side,
}

impl Session {
    pub(crate) fn new(flags: Flags, key: SessionKey, side: Side) -> Self {
        Self { flags, key, side }
    }

    /// `ExportedSessionKey`, 16 bytes (`SECPKG_ATTR_SESSION_KEY`).
    #[must_use]
    pub fn exported_session_key(&self) -> &SessionKey {
        &self.key
    }

    /// The flags that were settled: what both sides said.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// The protection of messages, one half for each direction, with a connection that keeps their order underneath.
    ///
    /// Only with extended session security has each direction keys of its own; without it both halves refuse with
    /// [`Error::Unsupported`](crate::Error::Unsupported), and [`protect`](Self::protect) is the way.
    #[must_use]
    pub fn split(self) -> (Sealer, Unsealer) {
        (Sealer(self.direction(self.side)), Unsealer(self.direction(self.peer())))
    }

    /// The protection of messages in both directions, with a connection that keeps their order underneath.
    #[must_use]
    pub fn protect(self) -> Protection {
        Protection::new(self)
    }

    /// The protection of datagrams, each with a number of the caller's ([MS-NLMP] 3.4, 3.4.4).
    #[must_use]
    pub fn datagrams(self) -> Datagrams {
        Datagrams::new(&self)
    }

    fn peer(&self) -> Side {
        match self.side {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }

    fn is_extended(&self) -> bool {
        self.flags.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY)
    }

    /// The messages from `side`, if each side has its own keys.
    fn direction(&self, side: Side) -> Direction {
        let protection = Flags::NEGOTIATE_SIGN | Flags::NEGOTIATE_SEAL;
        let usable = if self.is_extended() { self.flags & protection } else { Flags::EMPTY };
        Direction::new(self.flags, usable, self.key.clone(), side)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("flags", &self.flags)
            .field("side", &self.side)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use alloc::vec::Vec;
    use md5::Digest as _;

    const PROTECTED: Flags = Flags::from_bits(0xe28a_8233);

    fn pair(flags: Flags) -> (Session, Session) {
        let key = SessionKey::from_bytes(&[0x55; 16]);
        (Session::new(flags, key.clone(), Side::Client), Session::new(flags, key, Side::Server))
    }

    #[test]
    fn the_first_sealed_message_is_that_of_the_document() {
        // [MS-NLMP] 4.2.4.4.
        let (mut sealer, _) = pair(PROTECTED).0.split();
        let mut message: Vec<u8> = gatepass_wire::utf16le("Plaintext");
        let signature = sealer.seal(&mut message).unwrap();
        assert_eq!(message[..6], [0x54, 0xe5, 0x01, 0x65, 0xbf, 0x19]);
        assert_eq!(signature, [1, 0, 0, 0, 0x7f, 0xb3, 0x8e, 0xc5, 0xc5, 0x5d, 0x49, 0x76, 0, 0, 0, 0]);
    }

    #[test]
    fn messages_pass_in_both_directions_in_their_order() {
        let (client, server) = pair(PROTECTED);
        let ((mut to_server, mut from_server), (mut to_client, mut from_client)) =
            (client.split(), server.split());
        for round in 0..3 {
            let signature = to_server.sign(b"signed").unwrap();
            assert_eq!(signature[12], round * 2, "signing and sealing share the sequence numbers");
            from_client.verify(b"signed", &signature).unwrap();
            let mut message = *b"sealed";
            let signature = to_server.seal(&mut message).unwrap();
            from_client.unseal(&mut message, &signature).unwrap();
            assert_eq!(message, *b"sealed");
            let signature = to_client.sign(b"answer").unwrap();
            from_server.verify(b"answer", &signature).unwrap();
        }
    }

    #[test]
    fn an_altered_message_ends_the_direction_and_leaves_no_clear_text() {
        let (client, server) = pair(PROTECTED);
        let (mut sealer, mut unsealer) = (client.split().0, server.split().1);
        let mut message = *b"sealed";
        let mut signature = sealer.seal(&mut message).unwrap();
        signature[5] ^= 1;
        assert_eq!(unsealer.unseal(&mut message, &signature), Err(Error::Altered));
        assert_eq!(message, [0; 6]);
        let next = sealer.sign(b"next").unwrap();
        assert_eq!(unsealer.verify(b"next", &next), Err(Error::OutOfSequence));
    }

    #[test]
    fn a_replayed_or_short_signature_is_refused() {
        let (client, server) = pair(PROTECTED);
        let mut sealer = client.split().0;
        let signature = sealer.sign(b"once").unwrap();
        let (_, mut unsealer) = server.split();
        unsealer.verify(b"once", &signature).unwrap();
        assert_eq!(unsealer.verify(b"once", &signature), Err(Error::Altered));
        let (_, mut unsealer) = pair(PROTECTED).1.split();
        assert_eq!(unsealer.verify(b"once", &signature[..15]), Err(Error::Altered));
    }

    #[test]
    fn sequence_numbers_are_never_used_twice() {
        let (mut sealer, _) = pair(PROTECTED).0.split();
        sealer.0.at_the_last_number();
        sealer.sign(b"last").unwrap();
        assert_eq!(sealer.sign(b"one more"), Err(Error::OutOfSequence));
        let mut message = *b"clear";
        assert_eq!(sealer.seal(&mut message), Err(Error::OutOfSequence));
        assert_eq!(message, *b"clear");
    }

    #[test]
    fn a27_the_checksum_of_the_list_takes_a_number_and_no_keystream() {
        let (client, server) = pair(PROTECTED);
        let (mut sealer, mut unsealer) = (client.split().0, server.split().1);
        let mic = sealer.mech_list_mic(b"list").unwrap();
        unsealer.verify_mech_list_mic(b"list", &mic).unwrap();
        assert_eq!(mic[12..], [0; 4]);
        let mut message: Vec<u8> = gatepass_wire::utf16le("Plaintext");
        let signature = sealer.seal(&mut message).unwrap();
        // As in [MS-NLMP] 4.2.4.4, where no checksum went before.
        assert_eq!(message[..6], [0x54, 0xe5, 0x01, 0x65, 0xbf, 0x19]);
        assert_eq!(signature[12..], [1, 0, 0, 0]);
        unsealer.unseal(&mut message, &signature).unwrap();
        assert_eq!(message, gatepass_wire::utf16le("Plaintext"));
    }

    #[test]
    fn a27_what_gss_ntlmssp_sends_after_its_checksum_is_read() {
        // Heard from gss-ntlmssp 1.2.0 as the server of a session with this key; its list names NTLM alone.
        let key = 0xd6ad_3355_c18f_0023_dd0c_4e97_6bb9_00b3_u128.to_be_bytes();
        let flags = Flags::from_bits(0xe288_8235);
        let client = Session::new(flags, SessionKey::from_bytes(&key), Side::Client);
        let mut from_server = client.split().1;
        let list = [0x30, 12, 6, 10, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10];
        let checksum = 0x0100_0000_a790_e12b_8f91_8e7c_0000_0000_u128.to_be_bytes();
        from_server.verify_mech_list_mic(&list, &checksum).unwrap();
        let signed = 0x0100_0000_53f1_5b5e_2c3c_cb5a_0100_0000_u128.to_be_bytes();
        from_server.verify(b"message 0", &signed).unwrap();
        let sealed = 0x0100_0000_87c9_061c_7a7d_b1e3_0200_0000_u128.to_be_bytes();
        let mut message = [0x99, 0x19, 0x0d, 0x9d, 0xe4, 0x48, 0x50, 0xa5, 0xc1];
        from_server.unseal(&mut message, &sealed).unwrap();
        assert_eq!(&message, b"message 0");
    }

    #[test]
    fn a27_both_checksums_of_the_list_fit_into_the_one_sequence_without_extended_session_security() {
        let (client, server) = pair(PROTECTED.without(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY));
        let (mut client, mut server) = (client.protect(), server.protect());
        let mic = client.mech_list_mic(b"list").unwrap();
        server.verify_mech_list_mic(b"list", &mic).unwrap();
        let mic = server.mech_list_mic(b"list").unwrap();
        client.verify_mech_list_mic(b"list", &mic).unwrap();
        let signature = client.sign(b"message").unwrap();
        server.verify(b"message", &signature).unwrap();
        assert_eq!(server.mech_list_mic(b"list"), Err(Error::OutOfSequence));
        let (client, _) = pair(PROTECTED.without(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY));
        let mut client = client.protect();
        client.mech_list_mic(b"list").unwrap();
        client.mech_list_mic(b"list").unwrap();
        assert_eq!(client.mech_list_mic(b"list"), Err(Error::OutOfSequence), "there are two sides");
    }

    #[test]
    fn a27_gss_ntlmssp_reads_and_sends_checksums_and_messages_of_the_one_sequence() {
        // Said to gss-ntlmssp 1.2.0, which accepted it, and heard from it, as the server of a session of NTLMv1 with this key.
        let key = 0x8bae_ad17_869f_952b_1d45_c8b6_e320_7eb6_u128.to_be_bytes();
        let flags = Flags::from_bits(0xe280_8235);
        let mut client = Session::new(flags, SessionKey::from_bytes(&key), Side::Client).protect();
        let list = [0x30, 12, 6, 10, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10];
        let said = 0x0100_0000_0000_0000_b590_4002_6c6b_69c2_u128.to_be_bytes();
        assert_eq!(client.mech_list_mic(&list), Ok(said));
        let heard = 0x0100_0000_0000_0000_b590_4002_6d6b_69c2_u128.to_be_bytes();
        client.verify_mech_list_mic(&list, &heard).unwrap();
        let said = 0x0100_0000_0000_0000_6bdf_7b33_6e6b_69c2_u128.to_be_bytes();
        assert_eq!(client.sign(b"from the client"), Ok(said));
        let mut message = *b"from the client";
        let said = 0x0100_0000_0000_0000_8e4a_fd55_db25_d992_u128.to_be_bytes();
        assert_eq!(client.seal(&mut message), Ok(said));
        assert_eq!(message[..8], [0xba, 0x93, 0xff, 0x26, 0x39, 0x66, 0xd5, 0x44]);
        let heard = 0x0100_0000_0000_0000_ec72_d40a_c373_6937_u128.to_be_bytes();
        client.verify(b"from the server", &heard).unwrap();
    }

    #[test]
    fn the_checksum_of_the_list_comes_first_and_once_and_must_fit() {
        let (client, server) = pair(PROTECTED);
        let ((mut sealer, _), (_, mut unsealer)) = (client.split(), server.split());
        let mic = sealer.mech_list_mic(b"list").unwrap();
        assert_eq!(sealer.mech_list_mic(b"list"), Err(Error::OutOfSequence));
        assert_eq!(unsealer.verify_mech_list_mic(b"tsil", &mic), Err(Error::Altered));
        assert_eq!(unsealer.verify_mech_list_mic(b"list", &mic), Err(Error::OutOfSequence));
        let (mut sealer, _) = pair(PROTECTED).0.split();
        sealer.sign(b"message").unwrap();
        assert_eq!(sealer.mech_list_mic(b"list"), Err(Error::OutOfSequence));
        let (mut sealer, _) = pair(PROTECTED.without(Flags::NEGOTIATE_SIGN)).0.split();
        assert_eq!(sealer.mech_list_mic(b"list"), Err(Error::Unsupported));
    }

    #[test]
    fn what_was_not_agreed_is_not_given() {
        let signing = PROTECTED.without(Flags::NEGOTIATE_SEAL);
        let (mut sealer, mut unsealer) = pair(signing).0.split();
        assert!(sealer.sign(b"m").is_ok());
        assert_eq!(sealer.seal(&mut [0]), Err(Error::Unsupported));
        assert_eq!(unsealer.unseal(&mut [0], &[0; 16]), Err(Error::Unsupported));
        let old = PROTECTED.without(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
        assert_eq!(pair(old).0.split().0.sign(b"m"), Err(Error::Unsupported));
    }

    #[test]
    fn datagrams_are_read_in_any_order_and_each_under_its_own_number() {
        let (client, server) = pair(PROTECTED | Flags::NEGOTIATE_DATAGRAM);
        let (client, server) = (client.datagrams(), server.datagrams());
        let sent: Vec<_> = [7, 0, u32::MAX]
            .map(|number| {
                let mut text = *b"the same text";
                let signature = client.seal(number, &mut text).unwrap();
                (number, text, signature)
            })
            .into();
        assert!(sent[0].1 != sent[1].1 && sent[1].1 != sent[2].1, "a27: each has a keystream of its own");
        for (number, data, signature) in sent.into_iter().rev() {
            assert_eq!(signature[12..], number.to_le_bytes());
            let mut text = data;
            server.unseal(number, &mut text, &signature).unwrap();
            assert_eq!(&text, b"the same text");
            let mut text = data;
            assert_eq!(server.unseal(number ^ 1, &mut text, &signature), Err(Error::Altered));
            assert_eq!(text, [0; 13]);
            let mut text = data;
            assert_eq!(client.unseal(number, &mut text, &signature), Err(Error::Altered), "reflected");
        }
        let signature = server.sign(3, b"m").unwrap();
        client.verify(3, b"m", &signature).unwrap();
        assert_eq!(client.verify(4, b"m", &signature), Err(Error::Altered));
    }

    #[test]
    fn a_datagram_begins_anew_under_the_hash_of_key_and_number() {
        // [MS-NLMP] 3.4: SealingKey' = MD5(SealingKey + SequenceNumber), written out with the bare functions.
        let (client, _) = pair(PROTECTED | Flags::NEGOTIATE_DATAGRAM);
        let key = SessionKey::from_bytes(&[0x55; 16]);
        let flags = client.flags();
        let seal_key = crate::crypto::seal_key(flags, &key, Side::Client);
        let sign_key = crate::crypto::sign_key(flags, &key, Side::Client);
        let own: [u8; 16] = md5::Md5::digest([seal_key.expose(), &[9, 0, 0, 0]].concat()).into();
        let mut handle = crate::crypto::Rc4::init(&own).unwrap();
        let mut wanted = *b"datagram";
        handle.apply(&mut wanted);
        let signature = crate::crypto::mac(flags, &mut handle, sign_key.as_ref(), 9, b"datagram", [0; 4]);
        let mut message = *b"datagram";
        assert_eq!(client.datagrams().seal(9, &mut message), Ok(signature));
        assert_eq!(message, wanted);
    }

    #[test]
    fn datagrams_without_extended_session_security_are_signed_at_most() {
        let old = PROTECTED.without(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY) | Flags::NEGOTIATE_DATAGRAM;
        let (client, server) = pair(old);
        let (client, server) = (client.datagrams(), server.datagrams());
        let signature = client.sign(5, b"m").unwrap();
        server.verify(5, b"m", &signature).unwrap();
        assert_eq!(server.verify(6, b"m", &signature), Err(Error::Altered));
        assert_eq!(client.seal(5, &mut [0]), Err(Error::Unsupported));
        let unsigned = pair(PROTECTED.without(Flags::NEGOTIATE_SIGN)).0.datagrams();
        assert_eq!(unsigned.sign(1, b"m"), Err(Error::Unsupported));
    }
}
