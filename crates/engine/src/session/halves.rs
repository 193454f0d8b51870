//! The two directions of a connection, each on its own.

use super::direction::Direction;
use crate::Error;
use core::fmt;

/// Signs and encrypts what this side sends.
pub struct Sealer(pub(super) Direction);

impl Sealer {
    /// The signature of `message` (`MakeSignature`, `GSS_GetMIC`; [MS-NLMP] 3.4.2).
    ///
    /// # Errors
    /// [`Error::Unsupported`] when SIGN with extended session security was not agreed; [`Error::OutOfSequence`] when
    /// the sequence numbers are used up.
    pub fn sign(&mut self, message: &[u8]) -> Result<[u8; 16], Error> {
        self.0.sign(message)
    }

    /// The checksum of SPNEGO's `list` of mechanisms (mechListMIC, RFC 4178 section 5). It must come before every message;
    /// it takes their first sequence number, but none of their keystream ([MS-SPNG] 3.2.5.1, 3.3.5.1).
    ///
    /// # Errors
    /// As [`sign`](Self::sign); [`Error::OutOfSequence`] too when it does not come first.
    pub fn mech_list_mic(&mut self, list: &[u8]) -> Result<[u8; 16], Error> {
        self.0.mech_list_mic(list)
    }

    /// Encrypts `message` in place and returns its signature (`EncryptMessage`, `GSS_Wrap`; [MS-NLMP] 3.4.3).
    ///
    /// # Errors
    /// [`Error::Unsupported`] when SEAL with extended session security was not agreed, otherwise as
    /// [`sign`](Self::sign); then `message` is as it was.
    pub fn seal(&mut self, message: &mut [u8]) -> Result<[u8; 16], Error> {
        self.0.seal(&mut [message])
    }

    /// [`seal`](Self::seal) for a message that lies in several places (the data buffers of a `SecBufferDesc`).
    ///
    /// # Errors
    /// As [`seal`](Self::seal).
    pub fn seal_parts(&mut self, message: &mut [&mut [u8]]) -> Result<[u8; 16], Error> {
        self.0.seal(message)
    }
}

/// Checks and decrypts what the peer sends.
pub struct Unsealer(pub(super) Direction);

impl Unsealer {
    /// Checks the `signature` of `message` (`VerifySignature`, `GSS_VerifyMIC`).
    ///
    /// # Errors
    /// [`Error::Altered`] when the signature is not that of this message at this place of the sequence, after which
    /// every call fails with [`Error::OutOfSequence`]; otherwise as [`Sealer::sign`].
    pub fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.0.verify(message, signature)
    }

    /// Checks the peer's `mic` of SPNEGO's `list` of mechanisms, the counterpart of [`Sealer::mech_list_mic`].
    ///
    /// # Errors
    /// As [`verify`](Self::verify); [`Error::OutOfSequence`] too when it does not come first.
    pub fn verify_mech_list_mic(&mut self, list: &[u8], mic: &[u8]) -> Result<(), Error> {
        self.0.verify_mech_list_mic(list, mic)
    }

    /// Decrypts `message` in place and checks its `signature` (`DecryptMessage`, `GSS_Unwrap`).
    ///
    /// # Errors
    /// As [`verify`](Self::verify) and [`Sealer::seal`]. After [`Error::Altered`] `message` is all zeros.
    pub fn unseal(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        self.0.unseal(&mut [message], signature)
    }

    /// [`unseal`](Self::unseal) for a message that lies in several places.
    ///
    /// # Errors
    /// As [`unseal`](Self::unseal).
    pub fn unseal_parts(&mut self, message: &mut [&mut [u8]], signature: &[u8]) -> Result<(), Error> {
        self.0.unseal(message, signature)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("next", &self.0.position()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Unsealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsealer").field("next", &self.0.position()).finish_non_exhaustive()
    }
}
