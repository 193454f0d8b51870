//! An established context: who the peer is, and the protection of messages.

use crate::buffer::{description, readable, writable, written};
use crate::context::{Context, Lifespan, NativeNames, Sizes};
use crate::credential::Credential;
use crate::package::Package;
use crate::package_info::PackageInfo;
use crate::security_status::Failure;
use gatepass_backend::{Attributes, Error, ErrorKind, Principal, SecurityContext, SessionKey};
use windows_sys::Win32::Foundation::{SEC_E_BUFFER_TOO_SMALL, SEC_E_INCOMPLETE_MESSAGE, SEC_E_INVALID_TOKEN};
use windows_sys::Win32::Security::Authentication::Identity::{
    DecryptMessage, EncryptMessage, MakeSignature, SECBUFFER_DATA, SECBUFFER_PADDING, SECBUFFER_TOKEN,
    SecBuffer, VerifySignature,
};

/// A security context of SSPI. Beside what [`SecurityContext`] knows it tells what `QueryContextAttributesW` tells.
#[derive(Debug)]
pub struct Established {
    // Dropped in this order: a context goes before its credentials.
    context: Context,
    _credential: Credential,
    package: Package,
    attributes: Attributes,
    peer: Option<Principal>,
    messages: Messages,
}

/// What may still be done with messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Messages {
    Any,
    /// NTLM's keystream stands behind SPNEGO's checksum, where the peer's begins anew.
    NoneBehindTheChecksum,
    /// A message was not as it should be.
    Dead,
}

impl Established {
    pub(crate) fn new(
        context: Context,
        credential: Credential,
        package: Package,
        attributes: Attributes,
        is_server: bool,
        is_nobody: bool,
    ) -> Result<Self, Error> {
        let peer = if is_server && !is_nobody {
            match context.user_name() {
                Ok(name) => Some(Principal::parse(&name)),
                // Wine lets the user in and does not say who it is: then it is nobody in particular.
                Err(failure) if failure.kind() == ErrorKind::Unsupported => None,
                Err(failure) => return Err(failure.into()),
            }
        } else if attributes.contains(Attributes::MUTUAL_AUTH) {
            Some(Principal::new("", context.native_names()?.server))
        } else {
            None
        };
        Ok(Self { context, _credential: credential, package, attributes, peer, messages: Messages::Any })
    }

    /// The lengths that go with messages (`SECPKG_ATTR_SIZES`).
    ///
    /// # Errors
    /// What SSPI says.
    pub fn sizes(&self) -> Result<Sizes, Failure> {
        self.context.sizes()
    }

    /// From when until when the context is good (`SECPKG_ATTR_LIFESPAN`).
    ///
    /// # Errors
    /// What SSPI says.
    pub fn lifespan(&self) -> Result<Lifespan, Failure> {
        self.context.lifespan()
    }

    /// The package that was agreed on (`SECPKG_ATTR_PACKAGE_INFO`): behind Negotiate, Kerberos or NTLM.
    ///
    /// # Errors
    /// What SSPI says.
    pub fn package(&self) -> Result<PackageInfo, Failure> {
        self.context.package()
    }

    /// The user who logged in (`SECPKG_ATTR_NAMES`), on either side.
    ///
    /// # Errors
    /// What SSPI says.
    pub fn user_name(&self) -> Result<String, Failure> {
        self.context.user_name()
    }

    /// The names of both sides (`SECPKG_ATTR_NATIVE_NAMES`).
    ///
    /// # Errors
    /// What SSPI says; NTLM does not have them.
    pub fn native_names(&self) -> Result<NativeNames, Failure> {
        self.context.native_names()
    }

    /// `ISC_RET_*` or `ASC_RET_*` as SSPI numbers them (`SECPKG_ATTR_FLAGS`).
    ///
    /// # Errors
    /// What SSPI says.
    pub fn flags(&self) -> Result<u32, Failure> {
        self.context.flags()
    }

    /// Runs a message function of the caller.
    fn message<T>(
        &mut self,
        needs: Attributes,
        function: impl FnOnce(&Context) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.messages == Messages::NoneBehindTheChecksum {
            return Err(Error::with_source(
                ErrorKind::Unsupported,
                "SSPI's NTLM cannot begin its keystream anew behind SPNEGO's checksum: use the package Negotiate, which can",
            ));
        }
        self.run(needs, function)
    }

    /// Makes or checks SPNEGO's checksum, behind which NTLM's contexts of SSPI can say nothing more.
    fn checksum<T>(&mut self, function: impl FnOnce(&Context) -> Result<T, Error>) -> Result<T, Error> {
        let result = self.run(Attributes::INTEGRITY, function);
        if self.package == Package::Ntlm && self.messages == Messages::Any {
            self.messages = Messages::NoneBehindTheChecksum;
        }
        result
    }

    /// Runs a message function. After its failure the context is dead.
    fn run<T>(
        &mut self,
        needs: Attributes,
        function: impl FnOnce(&Context) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.messages == Messages::Dead {
            return Err(Error::with_source(
                ErrorKind::OutOfSequence,
                "an earlier message was not as it should be, and nothing behind it can be trusted: begin the login anew",
            ));
        }
        if !self.attributes.contains(needs) {
            return Err(Error::with_source(
                ErrorKind::Unsupported,
                format!("{needs:?} was not agreed on: require it when the handshake begins"),
            ));
        }
        let result = function(&self.context);
        if result.is_err() {
            self.messages = Messages::Dead;
        }
        result
    }
}

/// A buffer for a signature of at most `length` bytes.
fn room(length: u32) -> Result<Vec<u8>, Error> {
    Ok(vec![0; usize::try_from(length).map_err(|_| ErrorKind::Internal)?])
}

fn checked(function: &'static str, status: i32) -> Result<(), Error> {
    if status < 0 { Err(Failure::new(function, status).into()) } else { Ok(()) }
}

/// What is said of a message that came: that its signature has not even the form of one is no other finding.
fn received(function: &'static str, status: i32) -> Result<(), Error> {
    match status {
        SEC_E_INVALID_TOKEN | SEC_E_BUFFER_TOO_SMALL | SEC_E_INCOMPLETE_MESSAGE => {
            Err(Error::with_source(ErrorKind::MessageAltered, Failure::new(function, status)))
        }
        _ => checked(function, status),
    }
}

fn make_signature(context: &Context, message: &[u8]) -> Result<Vec<u8>, Error> {
    let mut signature = room(context.sizes()?.max_signature)?;
    let mut buffers = [readable(SECBUFFER_DATA, message)?, writable(SECBUFFER_TOKEN, &mut signature)?];
    let described = description(&mut buffers)?;
    // SAFETY: the context lives, and the descriptor's buffers are `message`, which is read, and `signature`.
    let status = unsafe { MakeSignature(context.handle(), 0, &raw const described, 0) };
    checked("MakeSignature", status)?;
    let [_, token] = buffers;
    written(signature, &token)
}

fn verify_signature(context: &Context, message: &[u8], signature: &[u8]) -> Result<(), Error> {
    let mut buffers = [readable(SECBUFFER_DATA, message)?, readable(SECBUFFER_TOKEN, signature)?];
    let described = description(&mut buffers)?;
    let mut protection = 0;
    // SAFETY: the context lives, and the descriptor's buffers are `message` and `signature`, which are read.
    let status = unsafe { VerifySignature(context.handle(), &raw const described, 0, &raw mut protection) };
    received("VerifySignature", status)
}

impl SecurityContext for Established {
    fn attributes(&self) -> Attributes {
        self.attributes
    }

    fn peer(&self) -> Option<&Principal> {
        self.peer.as_ref()
    }

    /// `None` too where SSPI does not give the key out.
    fn session_key(&self) -> Option<SessionKey> {
        self.context.session_key().ok().flatten()
    }

    fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.message(Attributes::INTEGRITY, |context| make_signature(context, message))
    }

    fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.message(Attributes::INTEGRITY, |context| verify_signature(context, message, signature))
    }

    fn seal(&mut self, message: &mut [u8]) -> Result<Vec<u8>, Error> {
        self.message(Attributes::CONFIDENTIALITY, |context| {
            let sizes = context.sizes()?;
            let mut signature = room(sizes.security_trailer)?;
            let mut padding = room(sizes.block_size)?;
            // Kerberos wants this order; NTLM goes by the types alone.
            let mut buffers = [
                writable(SECBUFFER_TOKEN, &mut signature)?,
                writable(SECBUFFER_DATA, message)?,
                writable(SECBUFFER_PADDING, &mut padding)?,
            ];
            let used = if sizes.block_size > 1 { 3 } else { 2 };
            let described = description(buffers.get_mut(..used).unwrap_or_default())?;
            // SAFETY: the context lives, and the descriptor's buffers are `signature`, `message` and `padding`.
            let status = unsafe { EncryptMessage(context.handle(), 0, &raw const described, 0) };
            checked("EncryptMessage", status)?;
            let [token, _, padded] = buffers;
            if used == 3 && padded.cbBuffer != 0 {
                return Err(Error::with_source(
                    ErrorKind::Unsupported,
                    "this encryption type makes the message longer, which cannot be done in place: use AES or NTLM",
                ));
            }
            written(signature, &token)
        })
    }

    fn unseal(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        let result = self.message(Attributes::CONFIDENTIALITY, |context| {
            // DecryptMessage may write to the signature.
            let mut signature = signature.to_vec();
            let mut buffers: [SecBuffer; 2] =
                [writable(SECBUFFER_TOKEN, &mut signature)?, writable(SECBUFFER_DATA, message)?];
            let described = description(&mut buffers)?;
            let mut protection = 0;
            // SAFETY: the context lives, and the descriptor's buffers are `signature` and `message`.
            let status =
                unsafe { DecryptMessage(context.handle(), &raw const described, 0, &raw mut protection) };
            received("DecryptMessage", status)
        });
        if result.is_err() {
            message.fill(0);
        }
        result
    }

    fn mech_list_mic(&mut self, list: &[u8]) -> Result<Vec<u8>, Error> {
        self.checksum(|context| make_signature(context, list))
    }

    fn verify_mech_list_mic(&mut self, list: &[u8], mic: &[u8]) -> Result<(), Error> {
        self.checksum(|context| verify_signature(context, list, mic))
    }
}
