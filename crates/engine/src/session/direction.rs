//! One sequence of messages under one keystream: those of one side, or of both where they share it.

use crate::Error;
use crate::crypto::{self, HmacKey, Rc4, Side};
use alloc::boxed::Box;
use gatepass_backend::SessionKey;
use gatepass_wire::NegotiateFlags as Flags;
use subtle::ConstantTimeEq;

/// One direction: where it stands, and its keys once they are needed, which in HTTP they never are.
pub(super) struct Direction {
    flags: Flags,
    /// SIGN and SEAL, where messages may be protected so.
    usable: Flags,
    key: SessionKey,
    side: Side,
    /// In a box: a place that is kept free for them would carry into the heap what was on the stack before, this session's key
    /// above all (a87).
    keys: Option<Box<Keys>>,
    /// How many checksums of SPNEGO's list may come: one of each side that sends here, and none after a message.
    lists: u8,
    /// The next sequence number; `None` once they are used up or an error ended the direction.
    next: Option<u32>,
}

impl Direction {
    pub(super) fn new(flags: Flags, usable: Flags, key: SessionKey, side: Side) -> Self {
        Self { flags, usable, key, side, keys: None, lists: 1, next: Some(0) }
    }

    /// Both sides send here.
    pub(super) fn share(&mut self) {
        self.lists = 2;
    }

    /// The next sequence number.
    pub(super) fn position(&self) -> Option<u32> {
        self.next
    }

    /// The number of the next message, which is thereby used, and the keys, where this way of protecting messages (SIGN,
    /// SEAL) was settled.
    fn next(&mut self, way: Flags) -> Result<(u32, &mut Keys), Error> {
        if !self.usable.contains(way) {
            return Err(Error::Unsupported);
        }
        let number = self.next.ok_or(Error::OutOfSequence)?;
        self.next = number.checked_add(1);
        self.lists = 0;
        let keys = match self.keys.take() {
            Some(keys) => keys,
            None => Box::new(Keys::derive(self.flags, &self.key, self.side)),
        };
        Ok((number, self.keys.insert(keys)))
    }

    /// The signature of the next message.
    pub(super) fn sign(&mut self, message: &[u8]) -> Result<[u8; 16], Error> {
        let flags = self.flags;
        let (number, keys) = self.next(Flags::NEGOTIATE_SIGN)?;
        Ok(keys.sign(flags, number, message))
    }

    /// Encrypts the next message in place; its signature.
    pub(super) fn seal(&mut self, parts: &mut [&mut [u8]]) -> Result<[u8; 16], Error> {
        let flags = self.flags;
        let (number, keys) = self.next(Flags::NEGOTIATE_SEAL)?;
        Ok(keys.seal(flags, number, parts))
    }

    pub(super) fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let expected = self.sign(message)?;
        self.compare(&expected, signature)
    }

    /// Decrypts the next message in place; after an error of the signature it is all zeros.
    pub(super) fn unseal(&mut self, parts: &mut [&mut [u8]], signature: &[u8]) -> Result<(), Error> {
        let flags = self.flags;
        let (number, keys) = self.next(Flags::NEGOTIATE_SEAL)?;
        let expected = keys.unseal(flags, number, parts);
        self.compare(&expected, signature).inspect_err(|_| erase(parts))
    }

    /// The signature of SPNEGO's `list`, for which nothing else may have been protected yet. The handle is afterwards what it
    /// was before, new; the sequence number is used up ([MS-SPNG] 3.2.5.1, 3.3.5.1). Where both sides share the direction, the
    /// second checksum so has the next number and the same keystream, as with gss-ntlmssp and pyspnego; Samba 4.17 lets the
    /// keystream run on from the first to the second.
    pub(super) fn mech_list_mic(&mut self, list: &[u8]) -> Result<[u8; 16], Error> {
        let left = self.lists.checked_sub(1);
        if self.usable.contains(Flags::NEGOTIATE_SIGN) && left.is_none() {
            return Err(Error::OutOfSequence);
        }
        let mac = self.sign(list)?;
        self.keys = None;
        self.lists = left.unwrap_or_default();
        Ok(mac)
    }

    pub(super) fn verify_mech_list_mic(&mut self, list: &[u8], mic: &[u8]) -> Result<(), Error> {
        let expected = self.mech_list_mic(list)?;
        self.compare(&expected, mic)
    }

    fn compare(&mut self, expected: &[u8; 16], signature: &[u8]) -> Result<(), Error> {
        if fits(self.flags, expected, signature) {
            return Ok(());
        }
        self.next = None;
        Err(Error::Altered)
    }

    /// As the direction is when there is one message left.
    #[cfg(test)]
    pub(super) fn at_the_last_number(&mut self) {
        self.next = Some(u32::MAX);
    }
}

/// The keys of a direction, or of one datagram.
pub(super) struct Keys {
    handle: Rc4,
    /// `None` without extended session security, where a CRC stands in for the HMAC.
    sign_key: Option<HmacKey>,
}

impl Keys {
    fn derive(flags: Flags, key: &SessionKey, side: Side) -> Self {
        let sign_key = crypto::sign_key(flags, key, side);
        let handle = Rc4::keyed(&crypto::seal_key(flags, key, side));
        Self { handle, sign_key: sign_key.map(|key| HmacKey::new(key.expose())) }
    }

    pub(super) const fn new(handle: Rc4, sign_key: Option<HmacKey>) -> Self {
        Self { handle, sign_key }
    }

    pub(super) fn sign(&mut self, flags: Flags, number: u32, message: &[u8]) -> [u8; 16] {
        match &self.sign_key {
            Some(key) => {
                let checksum = key.mac(&[&number.to_le_bytes(), message]);
                crypto::signed(flags, &mut self.handle, checksum, number)
            }
            None => crypto::signed_basic(&mut self.handle, crypto::crc32(message), number, [0; 4]),
        }
    }

    /// The keystream goes to the message first and to the checksum then, but the checksum is that of the clear text.
    pub(super) fn seal(&mut self, flags: Flags, number: u32, parts: &mut [&mut [u8]]) -> [u8; 16] {
        let handle = &mut self.handle;
        match (&self.sign_key, parts) {
            (Some(key), [message]) => {
                let checksum = crypto::seal(key, number, handle, message);
                crypto::signed(flags, handle, checksum, number)
            }
            (Some(key), parts) => {
                let checksum = checksum(key, number, parts);
                apply(handle, parts);
                crypto::signed(flags, handle, checksum, number)
            }
            (None, parts) => {
                let crc = crypto::crc32_of(parts.iter().map(|part| &**part));
                apply(handle, parts);
                crypto::signed_basic(handle, crc, number, [0; 4])
            }
        }
    }

    /// Decrypts in place; the signature that the message should have.
    pub(super) fn unseal(&mut self, flags: Flags, number: u32, parts: &mut [&mut [u8]]) -> [u8; 16] {
        let handle = &mut self.handle;
        match (&self.sign_key, parts) {
            (Some(key), [message]) => {
                let checksum = crypto::unseal(key, number, handle, message);
                crypto::signed(flags, handle, checksum, number)
            }
            (Some(key), parts) => {
                apply(handle, parts);
                let checksum = checksum(key, number, parts);
                crypto::signed(flags, handle, checksum, number)
            }
            (None, parts) => {
                apply(handle, parts);
                let crc = crypto::crc32_of(parts.iter().map(|part| &**part));
                crypto::signed_basic(handle, crc, number, [0; 4])
            }
        }
    }
}

fn checksum(key: &HmacKey, number: u32, parts: &[&mut [u8]]) -> [u8; 16] {
    let number = number.to_le_bytes();
    key.mac_of(core::iter::once(&number[..]).chain(parts.iter().map(|part| &**part)))
}

fn apply(handle: &mut Rc4, parts: &mut [&mut [u8]]) {
    parts.iter_mut().for_each(|part| handle.apply(part));
}

/// Nothing that was decrypted is handed out unverified.
pub(super) fn erase(parts: &mut [&mut [u8]]) {
    parts.iter_mut().for_each(|part| part.fill(0));
}

/// Whether `signature` is `expected`, in constant time. Without extended session security RandomPad counts for nothing: the
/// document fills it with zeros, Samba with its keystream (plain-sign in sessions.json).
pub(super) fn fits(flags: Flags, expected: &[u8; 16], signature: &[u8]) -> bool {
    let Ok(mut seen) = <[u8; 16]>::try_from(signature) else { return false };
    if !flags.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY) {
        for (to, from) in seen.iter_mut().zip(expected).skip(4).take(4) {
            *to = *from;
        }
    }
    seen.ct_eq(expected).into()
}
