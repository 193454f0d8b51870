//! Messages without a connection: connectionless NTLM ([MS-NLMP] 3.4, "Datagram").

use super::Session;
use super::direction::{Keys, erase, fits};
use crate::Error;
use crate::crypto::{self, HmacKey, Rc4, Side};
use core::fmt;
use gatepass_backend::SessionKey;
use gatepass_wire::NegotiateFlags as Flags;

/// The protection of datagrams. Each has a number, which the caller gives and both sides must know; the keystream begins
/// anew under a key made of it, so that datagrams may be lost or come in any order.
///
/// The engine keeps no record of numbers: a sender must never use one twice, for two datagrams under one number can be read
/// without the key, and a receiver must refuse those it has seen, for a repeated datagram is otherwise as good as the first.
pub struct Datagrams {
    flags: Flags,
    sends: Side,
    receives: Side,
    key: SessionKey,
}

impl Datagrams {
    pub(super) fn new(session: &Session) -> Self {
        Self { flags: session.flags, sends: session.side, receives: session.peer(), key: session.key.clone() }
    }

    /// The keys of the datagram `number` from `side`, where this way of protecting messages was settled. Without extended
    /// session security datagrams are signed at most ([MS-NLMP] 3.4.3).
    fn keys(&self, way: Flags, side: Side, number: u32) -> Result<Keys, Error> {
        let extended = self.flags.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
        if !self.flags.contains(way) || (way == Flags::NEGOTIATE_SEAL && !extended) {
            return Err(Error::Unsupported);
        }
        let seal_key = crypto::seal_key(self.flags, &self.key, side);
        let handle = Rc4::keyed(&crypto::datagram_key(&seal_key, number));
        let sign_key = crypto::sign_key(self.flags, &self.key, side);
        Ok(Keys::new(handle, sign_key.map(|key| HmacKey::new(key.expose()))))
    }

    fn compare(&self, expected: &[u8; 16], signature: &[u8]) -> Result<(), Error> {
        if fits(self.flags, expected, signature) { Ok(()) } else { Err(Error::Altered) }
    }

    /// The signature of the datagram `number`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when SIGN was not agreed.
    pub fn sign(&self, number: u32, message: &[u8]) -> Result<[u8; 16], Error> {
        Ok(self.keys(Flags::NEGOTIATE_SIGN, self.sends, number)?.sign(self.flags, number, message))
    }

    /// Checks the `signature` of the datagram `number`. An error says nothing of other datagrams.
    ///
    /// # Errors
    /// [`Error::Altered`] when it is not that of this message under this number; [`Error::Unsupported`] when SIGN was not
    /// agreed.
    pub fn verify(&self, number: u32, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let mut keys = self.keys(Flags::NEGOTIATE_SIGN, self.receives, number)?;
        self.compare(&keys.sign(self.flags, number, message), signature)
    }

    /// Encrypts the datagram `number` in place and returns its signature.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when SEAL with extended session security was not agreed.
    pub fn seal(&self, number: u32, message: &mut [u8]) -> Result<[u8; 16], Error> {
        let mut keys = self.keys(Flags::NEGOTIATE_SEAL, self.sends, number)?;
        Ok(keys.seal(self.flags, number, &mut [message]))
    }

    /// Decrypts the datagram `number` in place and checks its `signature`. An error says nothing of other datagrams.
    ///
    /// # Errors
    /// [`Error::Altered`] when the signature does not fit, after which `message` is all zeros; [`Error::Unsupported`] when
    /// SEAL with extended session security was not agreed.
    pub fn unseal(&self, number: u32, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        let mut keys = self.keys(Flags::NEGOTIATE_SEAL, self.receives, number)?;
        let mut parts = [message];
        let expected = keys.unseal(self.flags, number, &mut parts);
        self.compare(&expected, signature).inspect_err(|_| erase(&mut parts))
    }
}

impl fmt::Debug for Datagrams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Datagrams").field("flags", &self.flags).finish_non_exhaustive()
    }
}
