//! What both sides share after a handshake ([MS-NLMP] 3.1.1, 3.4): the key, the flags, and the protection of messages.
//!
//! ```text
//! Session --split--> Sealer   (what this side sends)     sign, seal        each call takes the next sequence number
//!                    Unsealer (what the peer sends)      verify, unseal    the first error ends it
//!                    before them, under SPNEGO: mech_list_mic, verify_mech_list_mic
//! ```

use crate::Error;
use crate::crypto::{self, HmacKey, Rc4, Side};
use core::fmt;
use gatepass_backend::SessionKey;
use gatepass_wire::NegotiateFlags as Flags;
use subtle::ConstantTimeEq;

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
    #[must_use]
    pub fn split(self) -> (Sealer, Unsealer) {
        let peer = match self.side {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        };
        (Sealer(Direction::new(&self, self.side)), Unsealer(Direction::new(&self, peer)))
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

/// One direction: where it stands, and its keys once they are needed, which in HTTP they never are.
struct Direction {
    flags: Flags,
    key: SessionKey,
    side: Side,
    keys: Option<Keys>,
    /// The next sequence number; `None` once they are used up or an error ended the direction.
    next: Option<u32>,
}

/// The keys of one direction.
struct Keys {
    handle: Rc4,
    sign_key: HmacKey,
}

impl Keys {
    fn derive(flags: Flags, key: &SessionKey, side: Side) -> Result<Self, Error> {
        let sign_key = crypto::sign_key(flags, key, side).ok_or(Error::Unsupported)?;
        let handle = Rc4::keyed(&crypto::seal_key(flags, key, side));
        Ok(Self { handle, sign_key: HmacKey::new(sign_key.expose()) })
    }
}

impl Direction {
    fn new(session: &Session, side: Side) -> Self {
        Self { flags: session.flags, key: session.key.clone(), side, keys: None, next: Some(0) }
    }

    /// Whether `flag`, and with it this way of protecting messages, was settled. Without extended session security messages
    /// are not protected here.
    fn agreed(&self, flag: Flags) -> Result<(), Error> {
        let agreed = self.flags.contains(flag | Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
        if agreed { Ok(()) } else { Err(Error::Unsupported) }
    }

    /// The number of the next message, which is thereby used, and the keys.
    fn next(&mut self) -> Result<(u32, &mut Keys), Error> {
        let number = self.next.ok_or(Error::OutOfSequence)?;
        self.next = number.checked_add(1);
        let keys = match self.keys.take() {
            Some(keys) => keys,
            None => Keys::derive(self.flags, &self.key, self.side)?,
        };
        Ok((number, self.keys.insert(keys)))
    }

    /// The signature of the next message.
    fn mac(&mut self, message: &[u8]) -> Result<[u8; 16], Error> {
        let flags = self.flags;
        let (number, keys) = self.next()?;
        let checksum = keys.sign_key.mac(&[&number.to_le_bytes(), message]);
        Ok(crypto::signed(flags, &mut keys.handle, checksum, number))
    }

    /// The signature of SPNEGO's `list`, for which nothing may have been protected yet. The handle is afterwards what it was
    /// before, new; the sequence number is used up ([MS-SPNG] 3.2.5.1, 3.3.5.1).
    fn mech_list_mac(&mut self, list: &[u8]) -> Result<[u8; 16], Error> {
        if self.next != Some(0) {
            return Err(Error::OutOfSequence);
        }
        let mac = self.mac(list)?;
        self.keys = None;
        Ok(mac)
    }

    fn check(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let expected = self.mac(message)?;
        self.compare(expected, signature)
    }

    fn compare(&mut self, expected: [u8; 16], signature: &[u8]) -> Result<(), Error> {
        if bool::from(expected.ct_eq(signature)) {
            return Ok(());
        }
        self.next = None;
        Err(Error::Altered)
    }
}

/// Signs and encrypts what this side sends.
pub struct Sealer(Direction);

impl Sealer {
    /// The signature of `message` (`MakeSignature`, `GSS_GetMIC`; [MS-NLMP] 3.4.2).
    ///
    /// # Errors
    /// [`Error::Unsupported`] when SIGN with extended session security was not agreed; [`Error::OutOfSequence`] when
    /// the sequence numbers are used up.
    pub fn sign(&mut self, message: &[u8]) -> Result<[u8; 16], Error> {
        self.0.agreed(Flags::NEGOTIATE_SIGN)?;
        self.0.mac(message)
    }

    /// The checksum of SPNEGO's `list` of mechanisms (mechListMIC, RFC 4178 section 5). It must come before every message;
    /// it takes their first sequence number, but none of their keystream ([MS-SPNG] 3.2.5.1, 3.3.5.1).
    ///
    /// # Errors
    /// As [`sign`](Self::sign); [`Error::OutOfSequence`] too when it does not come first.
    pub fn mech_list_mic(&mut self, list: &[u8]) -> Result<[u8; 16], Error> {
        self.0.agreed(Flags::NEGOTIATE_SIGN)?;
        self.0.mech_list_mac(list)
    }

    /// Encrypts `message` in place and returns its signature (`EncryptMessage`, `GSS_Wrap`; [MS-NLMP] 3.4.3).
    ///
    /// # Errors
    /// [`Error::Unsupported`] when SEAL with extended session security was not agreed, otherwise as
    /// [`sign`](Self::sign); then `message` is as it was.
    pub fn seal(&mut self, message: &mut [u8]) -> Result<[u8; 16], Error> {
        self.0.agreed(Flags::NEGOTIATE_SEAL)?;
        let flags = self.0.flags;
        let (number, keys) = self.0.next()?;
        // The keystream goes to the message first and to the checksum then, but the checksum is that of the clear text.
        let checksum = crypto::seal(&keys.sign_key, number, &mut keys.handle, message);
        Ok(crypto::signed(flags, &mut keys.handle, checksum, number))
    }
}

/// Checks and decrypts what the peer sends.
pub struct Unsealer(Direction);

impl Unsealer {
    /// Checks the `signature` of `message` (`VerifySignature`, `GSS_VerifyMIC`).
    ///
    /// # Errors
    /// [`Error::Altered`] when the signature is not that of this message at this place of the sequence, after which
    /// every call fails with [`Error::OutOfSequence`]; otherwise as [`Sealer::sign`].
    pub fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.0.agreed(Flags::NEGOTIATE_SIGN)?;
        self.0.check(message, signature)
    }

    /// Checks the peer's `mic` of SPNEGO's `list` of mechanisms, the counterpart of [`Sealer::mech_list_mic`].
    ///
    /// # Errors
    /// As [`verify`](Self::verify); [`Error::OutOfSequence`] too when it does not come first.
    pub fn verify_mech_list_mic(&mut self, list: &[u8], mic: &[u8]) -> Result<(), Error> {
        self.0.agreed(Flags::NEGOTIATE_SIGN)?;
        let expected = self.0.mech_list_mac(list)?;
        self.0.compare(expected, mic)
    }

    /// Decrypts `message` in place and checks its `signature` (`DecryptMessage`, `GSS_Unwrap`).
    ///
    /// # Errors
    /// As [`verify`](Self::verify) and [`Sealer::seal`]. After [`Error::Altered`] `message` is all zeros.
    pub fn unseal(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        self.0.agreed(Flags::NEGOTIATE_SEAL)?;
        let flags = self.0.flags;
        let (number, keys) = self.0.next()?;
        let checksum = crypto::unseal(&keys.sign_key, number, &mut keys.handle, message);
        let expected = crypto::signed(flags, &mut keys.handle, checksum, number);
        self.0.compare(expected, signature).inspect_err(|_| message.fill(0))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("next", &self.0.next).finish_non_exhaustive()
    }
}

impl fmt::Debug for Unsealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsealer").field("next", &self.0.next).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

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
        sealer.0.next = Some(u32::MAX);
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
}
