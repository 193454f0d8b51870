//! What an ended handshake leaves behind.

use crate::{Attributes, Error, Principal, SessionKey};
use alloc::vec::Vec;

/// An established security context: who the peer is, the session key, and the protection of messages.
///
/// Signing and sealing share the sequence numbers of their direction, so messages must reach the peer in the order in
/// which they were signed or sealed. After an error of any of the four message functions the context is dead: every
/// later call fails with [`ErrorKind::OutOfSequence`](crate::ErrorKind::OutOfSequence).
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
