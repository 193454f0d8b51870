//! What an ended handshake leaves behind.

use crate::{Attributes, Error, ErrorKind, Principal, SessionKey};
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// An established security context: who the peer is, the session key, and the protection of messages.
///
/// Signing and sealing share the sequence numbers of their direction, so messages must reach the peer in the order in
/// which they were signed or sealed. After an error of any of the four message functions the context is dead: every
/// later call fails with [`ErrorKind::OutOfSequence`](crate::ErrorKind::OutOfSequence).
///
/// A context with [`Attributes::DATAGRAM`] keeps no sequence: its four message functions are those that take a number, and
/// the others fail with [`Unsupported`](crate::ErrorKind::Unsupported), as the numbered ones do over a connection. An error
/// there says nothing of other messages.
pub trait SecurityContext: Send + core::fmt::Debug {
    /// What was agreed, not what was asked for (`QueryContextAttributes`, `SECPKG_ATTR_FLAGS`).
    fn attributes(&self) -> Attributes;

    /// The authenticated peer, where this side authenticated one (`SECPKG_ATTR_NAMES` on the server); `None` on the
    /// client side of NTLM, which learns nothing that is proved of its server.
    fn peer(&self) -> Option<&Principal>;

    /// The exported session key (`SECPKG_ATTR_SESSION_KEY`; NTLM: `ExportedSessionKey`, 16 bytes), or `None` where the
    /// mechanism gives none out.
    fn session_key(&self) -> Option<SessionKey>;

    /// The signature of `message` (`MakeSignature`; NTLM: 16 bytes, [MS-NLMP] 3.4.4).
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) when integrity was not agreed;
    /// [`OutOfSequence`](crate::ErrorKind::OutOfSequence) when the sequence numbers are used up or the context is dead.
    fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error>;

    /// Checks the peer's `signature` of `message` (`VerifySignature`).
    ///
    /// # Errors
    /// [`MessageAltered`](crate::ErrorKind::MessageAltered) when it does not fit, otherwise as [`sign`](Self::sign).
    fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error>;

    /// Encrypts `message` in place and returns its signature (`EncryptMessage`; NTLM: [MS-NLMP] 3.4.3).
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) when confidentiality was not agreed, otherwise as
    /// [`sign`](Self::sign).
    fn seal(&mut self, message: &mut [u8]) -> Result<Vec<u8>, Error>;

    /// Decrypts `message` in place after checking `signature` (`DecryptMessage`).
    ///
    /// # Errors
    /// As [`verify`](Self::verify) and [`seal`](Self::seal). On an error `message` holds nothing that was decrypted.
    fn unseal(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error>;

    /// [`seal`](Self::seal) for a message that lies in several places: the `SECBUFFER_DATA` of one `SecBufferDesc`, in their
    /// order. The peer may cut it otherwise.
    ///
    /// # Errors
    /// As [`seal`](Self::seal); then `message` is as it was.
    fn seal_parts(&mut self, message: &mut [&mut [u8]]) -> Result<Vec<u8>, Error> {
        let mut whole = Zeroizing::new(message.concat());
        let signature = self.seal(&mut whole)?;
        scatter(&whole, message);
        Ok(signature)
    }

    /// [`unseal`](Self::unseal) for a message that lies in several places.
    ///
    /// # Errors
    /// As [`unseal`](Self::unseal).
    fn unseal_parts(&mut self, message: &mut [&mut [u8]], signature: &[u8]) -> Result<(), Error> {
        let mut whole = Zeroizing::new(message.concat());
        self.unseal(&mut whole, signature)?;
        scatter(&whole, message);
        Ok(())
    }

    /// The signature of the datagram `number` (`MakeSignature` with `MessageSeqNo`; NTLM: [MS-NLMP] 3.4.4).
    ///
    /// The context keeps no record of numbers. Whoever sends must never use one twice, for what is sealed twice under one
    /// number can be read without the key; whoever receives must refuse a number that has been there.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) when datagrams or integrity were not agreed, and by default.
    fn sign_datagram(&mut self, number: u32, message: &[u8]) -> Result<Vec<u8>, Error> {
        let _ = (number, message);
        Err(ErrorKind::Unsupported.into())
    }

    /// Checks the `signature` of the datagram `number` (`VerifySignature` with `MessageSeqNo`).
    ///
    /// # Errors
    /// [`MessageAltered`](crate::ErrorKind::MessageAltered) when it is not that of this message under this number, otherwise
    /// as [`sign_datagram`](Self::sign_datagram).
    fn verify_datagram(&mut self, number: u32, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let _ = (number, message, signature);
        Err(ErrorKind::Unsupported.into())
    }

    /// Encrypts the datagram `number` in place and returns its signature (`EncryptMessage` with `MessageSeqNo`).
    ///
    /// # Errors
    /// As [`sign_datagram`](Self::sign_datagram), for confidentiality.
    fn seal_datagram(&mut self, number: u32, message: &mut [u8]) -> Result<Vec<u8>, Error> {
        let _ = (number, message);
        Err(ErrorKind::Unsupported.into())
    }

    /// Decrypts the datagram `number` in place after checking `signature` (`DecryptMessage` with `MessageSeqNo`).
    ///
    /// # Errors
    /// As [`verify_datagram`](Self::verify_datagram), for confidentiality. On an error `message` holds nothing that was
    /// decrypted.
    fn unseal_datagram(&mut self, number: u32, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        let _ = (number, message, signature);
        Err(ErrorKind::Unsupported.into())
    }

    /// The checksum of SPNEGO's list of mechanisms: mechListMIC over `list`, the DER form of mechTypes (RFC 4178
    /// section 5). It comes before every message: whoever negotiates asks for it, not the program that uses the context.
    ///
    /// A signature like any other, unless the mechanism says otherwise. NTLM does: the checksum takes the sequence
    /// number 0 and leaves 1 to the first message, but not its keystream, with which that message begins anew
    /// ([MS-SPNG] 3.2.5.1, 3.3.5.1).
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    fn mech_list_mic(&mut self, list: &[u8]) -> Result<Vec<u8>, Error> {
        self.sign(list)
    }

    /// Checks the peer's `mic` of `list`, the counterpart of [`mech_list_mic`](Self::mech_list_mic).
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    fn verify_mech_list_mic(&mut self, list: &[u8], mic: &[u8]) -> Result<(), Error> {
        self.verify(list, mic)
    }
}

/// Puts `whole` back where its parts lie.
fn scatter(whole: &[u8], parts: &mut [&mut [u8]]) {
    let mut rest = whole;
    for part in parts {
        if let Some((taken, left)) = rest.split_at_checked(part.len()) {
            part.copy_from_slice(taken);
            rest = left;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// A context that has nothing of its own but what it must: the cipher adds one to each byte, the signature is their sum.
    #[derive(Debug)]
    struct Plain;

    impl SecurityContext for Plain {
        fn attributes(&self) -> Attributes {
            Attributes::CONFIDENTIALITY
        }
        fn peer(&self) -> Option<&Principal> {
            None
        }
        fn session_key(&self) -> Option<SessionKey> {
            None
        }
        fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
            Ok(vec![message.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))])
        }
        fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
            let fits = self.sign(message)? == signature;
            if fits { Ok(()) } else { Err(ErrorKind::MessageAltered.into()) }
        }
        fn seal(&mut self, message: &mut [u8]) -> Result<Vec<u8>, Error> {
            let signature = self.sign(message)?;
            message.iter_mut().for_each(|byte| *byte = byte.wrapping_add(1));
            Ok(signature)
        }
        fn unseal(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
            message.iter_mut().for_each(|byte| *byte = byte.wrapping_sub(1));
            self.verify(message, signature)
        }
    }

    #[test]
    fn a_context_that_seals_one_buffer_seals_several_and_the_cut_does_not_show() {
        let (mut one, mut other, mut none) = (*b"in several", *b" places", []);
        let signature = Plain.seal_parts(&mut [&mut one, &mut none, &mut other]).unwrap();
        let mut whole = *b"in several places";
        assert_eq!(Plain.seal(&mut whole).unwrap(), signature);
        assert_eq!([&one[..], &other].concat(), whole);

        let (start, end) = whole.split_at_mut(3);
        Plain.unseal_parts(&mut [start, end], &signature).unwrap();
        assert_eq!(&whole, b"in several places");
    }

    #[test]
    fn nothing_that_was_decrypted_is_put_back_after_an_error() {
        let (mut one, mut other) = ([1, 2], [3]);
        let error = Plain.unseal_parts(&mut [&mut one, &mut other], &[9]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MessageAltered);
        assert_eq!((one, other), ([1, 2], [3]));
    }

    #[test]
    fn datagrams_are_unsupported_unless_a_context_says_otherwise() {
        let mut message = [1];
        let errors = [
            Plain.sign_datagram(0, &message).err(),
            Plain.verify_datagram(0, &message, &[1]).err(),
            Plain.seal_datagram(0, &mut message).err(),
            Plain.unseal_datagram(0, &mut message, &[1]).err(),
        ];
        for error in errors {
            assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Unsupported));
        }
        assert_eq!(message, [1]);
    }
}
