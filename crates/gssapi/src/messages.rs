//! The protection of messages: signatures, and sealing with the signature apart from the message.
//!
//! GSSAPI's own token holds signature and message in one piece. NTLM's is the signature and the sealed message behind each other
//! (\[MS-NLMP\] 3.4.3), so it can be cut. Kerberos' is not; there the `iov` functions put everything but the message into a
//! header, as SSPI does with `SECBUFFER_TOKEN` and `SECBUFFER_DATA`.

use crate::abi::{BufferDesc, IOV_ALLOCATE, IOV_DATA, IOV_HEADER, IovDesc};
use crate::buffer::Filled;
use crate::context::Context;
use crate::failure::{Failure, Stage};
use crate::oid::Oid;
use crate::status::checked;
use core::ffi::c_int;
use gatepass_backend::{Error, ErrorKind};
use zeroize::{Zeroize as _, Zeroizing};

/// The signature of NTLM.
const NTLM_SIGNATURE: usize = 16;

/// gss-ntlmssp 1.2.0 compares 16 bytes, however few there are.
fn whole(signature: &[u8]) -> Result<(), Error> {
    if signature.len() == NTLM_SIGNATURE { Ok(()) } else { Err(ErrorKind::MessageAltered.into()) }
}

impl Context {
    /// What came of a message function: supplementary bits say that the message is out of sequence (RFC 2744 5.31).
    fn message(&self, call: &'static str, major: u32, minor: u32) -> Result<(), Error> {
        match checked(&self.table, Some(self.mechanism), call, major, minor) {
            Ok(0) => Ok(()),
            Ok(_) => Err(ErrorKind::OutOfSequence.into()),
            Err(status) => Err(Failure::error(status, Stage::Message)),
        }
    }

    pub(crate) fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let (mut minor, mut message, mut signature) =
            (0, BufferDesc::lent(message), Filled::new(&self.table));
        // SAFETY: the context is alive, and all places live through the call.
        let major = unsafe {
            (self.table.gss_get_mic)(&raw mut minor, self.raw(), 0, &raw mut message, signature.place())
        };
        self.message("gss_get_mic", major, minor)?;
        Ok(signature.bytes().to_vec())
    }

    pub(crate) fn verify(&mut self, inside: Oid, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        if inside == Oid::NTLMSSP {
            whole(signature)?;
        }
        let (mut minor, mut quality) = (0, 0);
        let (mut message, mut signature) = (BufferDesc::lent(message), BufferDesc::lent(signature));
        // SAFETY: the context is alive, and all places live through the call.
        let major = unsafe {
            (self.table.gss_verify_mic)(
                &raw mut minor,
                self.raw(),
                &raw mut message,
                &raw mut signature,
                &raw mut quality,
            )
        };
        self.message("gss_verify_mic", major, minor)
    }

    /// Encrypts in place, in the way of the mechanism `inside`.
    pub(crate) fn seal(&mut self, inside: Oid, message: &mut [u8]) -> Result<Vec<u8>, Error> {
        if inside == Oid::NTLMSSP { self.wrap(message) } else { self.wrap_iov(message) }
    }

    /// Decrypts in place, in the way of the mechanism `inside`. What an error leaves is zeros.
    pub(crate) fn unseal(&mut self, inside: Oid, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        let unsealed = if inside == Oid::NTLMSSP {
            self.unwrap(message, signature)
        } else {
            self.unwrap_iov(message, signature)
        };
        unsealed.inspect_err(|_| message.zeroize())
    }

    fn wrap(&mut self, message: &mut [u8]) -> Result<Vec<u8>, Error> {
        let (mut minor, mut sealed, mut token) = (0, 0, Filled::new(&self.table));
        let mut input = BufferDesc::lent(message);
        // SAFETY: the context is alive, all places live through the call, and the message is only read.
        let major = unsafe {
            (self.table.gss_wrap)(
                &raw mut minor,
                self.raw(),
                1,
                0,
                &raw mut input,
                &raw mut sealed,
                token.place(),
            )
        };
        self.message("gss_wrap", major, minor)?;
        confidential(sealed)?;
        match token.bytes().split_at_checked(NTLM_SIGNATURE) {
            Some((signature, body)) if body.len() == message.len() => {
                message.copy_from_slice(body);
                Ok(signature.to_vec())
            }
            _ => Err(Error::with_source(ErrorKind::Internal, "gss_wrap gave a token of another length")),
        }
    }

    fn unwrap(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        whole(signature)?;
        let token = [signature, message].concat();
        let (mut minor, mut sealed, mut quality) = (0, 0, 0);
        let (mut input, mut plain) = (BufferDesc::lent(&token), Filled::new(&self.table));
        // SAFETY: the context is alive, and all places live through the call.
        let major = unsafe {
            (self.table.gss_unwrap)(
                &raw mut minor,
                self.raw(),
                &raw mut input,
                plain.place(),
                &raw mut sealed,
                &raw mut quality,
            )
        };
        self.message("gss_unwrap", major, minor)?;
        confidential(sealed)?;
        if plain.bytes().len() != message.len() {
            return Err(ErrorKind::MessageAltered.into());
        }
        message.copy_from_slice(plain.bytes());
        Ok(())
    }

    fn wrap_iov(&mut self, message: &mut [u8]) -> Result<Vec<u8>, Error> {
        let (Some(wrap), Some(release)) = (self.table.gss_wrap_iov, self.table.gss_release_iov_buffer) else {
            return Err(without_iov());
        };
        let (mut minor, mut sealed) = (0, 0);
        let mut iov = [
            IovDesc { kind: IOV_HEADER | IOV_ALLOCATE, buffer: BufferDesc::EMPTY },
            IovDesc { kind: IOV_DATA, buffer: BufferDesc::lent_mut(message) },
        ];
        // SAFETY: the context is alive, the array has two elements, and the message, which is ours alone, is written in place.
        let major = unsafe { wrap(&raw mut minor, self.raw(), 1, 0, &raw mut sealed, iov.as_mut_ptr(), 2) };
        let wrapped = self.message("gss_wrap_iov", major, minor).and_then(|()| confidential(sealed));
        // What a failed call leaves in the header is nothing to look at.
        let signature = wrapped.map(|()| {
            let [header, _] = &iov;
            let (length, value) = (header.buffer.length, header.buffer.value);
            if value.is_null() {
                return Vec::new();
            }
            // SAFETY: the library has allocated the header, with this length.
            unsafe { core::slice::from_raw_parts(value.cast::<u8>().cast_const(), length) }.to_vec()
        });
        // SAFETY: of the two buffers the library frees what it has allocated, the header, and nothing else; it is freed here only.
        unsafe { release(&raw mut minor, iov.as_mut_ptr(), 2) };
        signature
    }

    fn unwrap_iov(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        let Some(unwrap) = self.table.gss_unwrap_iov else { return Err(without_iov()) };
        let (mut minor, mut sealed, mut quality) = (0, 0, 0);
        // The library decrypts a part of the header in place.
        let mut signature = Zeroizing::new(signature.to_vec());
        let mut iov = [
            IovDesc { kind: IOV_HEADER, buffer: BufferDesc::lent_mut(&mut signature) },
            IovDesc { kind: IOV_DATA, buffer: BufferDesc::lent_mut(message) },
        ];
        // SAFETY: the context is alive, the array has two elements, and both buffers are ours alone and written in place.
        let major = unsafe {
            unwrap(&raw mut minor, self.raw(), &raw mut sealed, &raw mut quality, iov.as_mut_ptr(), 2)
        };
        self.message("gss_unwrap_iov", major, minor)?;
        confidential(sealed)
    }
}

fn confidential(sealed: c_int) -> Result<(), Error> {
    if sealed == 0 {
        return Err(Error::with_source(ErrorKind::Unsupported, "the message was signed, but not encrypted"));
    }
    Ok(())
}

fn without_iov() -> Error {
    Error::with_source(
        ErrorKind::Unsupported,
        "this GSSAPI library cannot keep the signature apart from an encrypted message (it has no gss_wrap_iov)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_of_ntlm_that_is_cut_or_has_more_never_reaches_the_library() {
        assert!(whole(&[1; 16]).is_ok());
        for length in [0, 15, 17] {
            let error = whole(&[1; 17][..length]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::MessageAltered, "{length}");
        }
    }
}
