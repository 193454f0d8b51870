//! sspi-rs' NTLM client behind the joint of Gatepass.
//!
//! What it does not do itself is done here, where its caller would have to do it: it ends a context at its first error, takes
//! what was decrypted back when the signature does not fit, and says what was agreed, as AUTHENTICATE has it.

use gatepass::wire::{Authenticate, Message as _, NegotiateFlags as Flags};
use gatepass::{
    Accounts, Attributes, Backend, Credentials, Error, ErrorKind, Handshake, Principal, Request,
    SecurityContext, SessionKey, Step,
};
use sspi::ntlm::NtlmHash;
use sspi::{
    AuthIdentityBuffers, BufferType, ClientRequestFlags, DataRepresentation, EncryptionFlags, Ntlm,
    SecurityBuffer, SecurityBufferFlags, SecurityBufferRef, Sspi, SspiImpl as _,
};
use std::fmt;
use std::sync::Arc;

/// The client; it is no server.
#[derive(Debug)]
pub(crate) struct Client;

impl Backend for Client {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        let identity = match credentials {
            Credentials::Password(who, password) => {
                AuthIdentityBuffers::from_utf8(who.user(), who.domain(), password.expose())
            }
            Credentials::NtHash(who, hash) => {
                let hash = NtlmHash::from_bytes(*hash.expose());
                AuthIdentityBuffers::from_utf8_with_hash(who.user(), who.domain(), &hash)
            }
            _ => return Err(ErrorKind::NoCredentials.into()),
        };
        let wanted = request.requirements();
        let impossible = [Attributes::DELEGATE, Attributes::MUTUAL_AUTH, Attributes::DATAGRAM];
        if impossible.into_iter().any(|one| wanted.contains(one)) {
            return Err(ErrorKind::Unsupported.into());
        }
        let mut flags = ClientRequestFlags::ALLOCATE_MEMORY;
        let integrity = [Attributes::INTEGRITY, Attributes::REPLAY_DETECT, Attributes::SEQUENCE_DETECT];
        if integrity.into_iter().any(|one| wanted.contains(one)) {
            flags |= ClientRequestFlags::INTEGRITY;
        }
        if wanted.contains(Attributes::CONFIDENTIALITY) {
            flags |= ClientRequestFlags::CONFIDENTIALITY;
        }
        let mut ntlm = Ntlm::new();
        if let Some(bindings) = request.bindings() {
            ntlm.set_channel_bindings(bindings.application_data());
        }
        let target = request.target_name().unwrap_or_default().to_owned();
        let mut next = Box::new(Waiting { ntlm, identity: Some(identity), flags, target });
        let token = next.initialize(&[])?;
        Ok(Step::Continue { token, next })
    }

    fn accept(&self, _: Arc<dyn Accounts>, _: &Request) -> Result<Box<dyn Handshake>, Error> {
        Err(ErrorKind::Unsupported.into())
    }
}

/// It waits for CHALLENGE.
struct Waiting {
    ntlm: Ntlm,
    identity: Option<AuthIdentityBuffers>,
    flags: ClientRequestFlags,
    target: String,
}

impl Waiting {
    /// `InitializeSecurityContext`.
    fn initialize(&mut self, token: &[u8]) -> Result<Vec<u8>, Error> {
        let mut input = [SecurityBuffer::new(token.to_vec(), BufferType::Token)];
        let mut output = vec![SecurityBuffer::new(Vec::new(), BufferType::Token)];
        let mut builder = self
            .ntlm
            .initialize_security_context()
            .with_credentials_handle(&mut self.identity)
            .with_context_requirements(self.flags)
            .with_target_data_representation(DataRepresentation::Native)
            .with_target_name(&self.target)
            .with_input(&mut input)
            .with_output(&mut output);
        let stepped = self.ntlm.initialize_security_context_impl(&mut builder);
        stepped.and_then(|mut step| step.resolve_to_result()).map_err(|error| token_error(&error))?;
        Ok(output.remove(0).buffer)
    }
}

impl Handshake for Waiting {
    fn step(mut self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let authenticate = self.initialize(token)?;
        let attributes = agreed(&authenticate)?;
        let Self { ntlm, .. } = *self;
        let context = Box::new(Context { ntlm, attributes, dead: false });
        Ok(Step::Complete { token: Some(authenticate), context })
    }
}

/// Its own `Debug` texts hold the session key.
impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("flags", &self.flags).finish_non_exhaustive()
    }
}

/// What the client's AUTHENTICATE says of the protection of messages.
fn agreed(authenticate: &[u8]) -> Result<Attributes, Error> {
    let message = Authenticate::decode(authenticate)
        .map_err(|error| Error::with_source(ErrorKind::Internal, error.to_string()))?;
    let flags = message.flags.unwrap_or_default();
    let mut attributes = Attributes::none();
    if flags.contains(Flags::NEGOTIATE_SIGN) {
        attributes =
            attributes | Attributes::INTEGRITY | Attributes::REPLAY_DETECT | Attributes::SEQUENCE_DETECT;
    }
    if flags.contains(Flags::NEGOTIATE_SEAL) {
        attributes = attributes | Attributes::CONFIDENTIALITY;
    }
    Ok(attributes)
}

/// What it says of a token. A message that ends early is an `InternalError` to it.
fn token_error(error: &sspi::Error) -> Error {
    let kind = match error.error_type {
        sspi::ErrorKind::InvalidToken | sspi::ErrorKind::InternalError => ErrorKind::InvalidToken,
        sspi::ErrorKind::LogonDenied => ErrorKind::LogonDenied,
        sspi::ErrorKind::NoCredentials => ErrorKind::NoCredentials,
        sspi::ErrorKind::UnsupportedFunction => ErrorKind::Unsupported,
        _ => ErrorKind::Internal,
    };
    Error::with_source(kind, error.description.clone())
}

struct Context {
    ntlm: Ntlm,
    attributes: Attributes,
    dead: bool,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("attributes", &self.attributes)
            .field("dead", &self.dead)
            .finish_non_exhaustive()
    }
}

impl Context {
    fn protect<T>(
        &mut self,
        needs: Attributes,
        run: impl FnOnce(&mut Ntlm) -> sspi::Result<T>,
    ) -> Result<T, Error> {
        if self.dead {
            return Err(ErrorKind::OutOfSequence.into());
        }
        let result = if self.attributes.contains(needs) {
            run(&mut self.ntlm).map_err(|error| match error.error_type {
                sspi::ErrorKind::MessageAltered => {
                    Error::with_source(ErrorKind::MessageAltered, error.description)
                }
                _ => Error::with_source(ErrorKind::Internal, error.description),
            })
        } else {
            Err(ErrorKind::Unsupported.into())
        };
        self.dead = result.is_err();
        result
    }

    /// `EncryptMessage`; what is only read is only signed.
    fn encrypt(ntlm: &mut Ntlm, message: &mut [u8], how: SecurityBufferFlags) -> sspi::Result<Vec<u8>> {
        let mut signature = vec![0; 16];
        let data = SecurityBufferRef::data_buf(message).with_flags(how);
        let mut buffers = [SecurityBufferRef::token_buf(&mut signature), data];
        ntlm.encrypt_message(EncryptionFlags::empty(), &mut buffers)?;
        Ok(signature)
    }

    /// `DecryptMessage`; what is only read is only verified.
    fn decrypt(
        ntlm: &mut Ntlm,
        message: &mut [u8],
        signature: &[u8],
        how: SecurityBufferFlags,
    ) -> sspi::Result<()> {
        // It takes what is too much of a signature for the start of the message, and what is missing from it.
        if signature.len() != 16 {
            return Err(sspi::Error::new(sspi::ErrorKind::MessageAltered, "a signature has 16 bytes"));
        }
        let mut signature = signature.to_vec();
        let data = SecurityBufferRef::data_buf(message).with_flags(how);
        let mut buffers = [SecurityBufferRef::token_buf(&mut signature), data];
        ntlm.decrypt_message(&mut buffers).map(drop)
    }
}

impl SecurityContext for Context {
    fn attributes(&self) -> Attributes {
        self.attributes
    }

    fn peer(&self) -> Option<&Principal> {
        None
    }

    fn session_key(&self) -> Option<SessionKey> {
        let keys = self.ntlm.query_context_session_key().ok()?;
        Some(SessionKey::from_bytes(keys.session_key.as_ref()))
    }

    fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut message = message.to_vec();
        self.protect(Attributes::INTEGRITY, |ntlm| {
            Self::encrypt(ntlm, &mut message, SecurityBufferFlags::SECBUFFER_READONLY)
        })
    }

    fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let mut message = message.to_vec();
        self.protect(Attributes::INTEGRITY, |ntlm| {
            Self::decrypt(ntlm, &mut message, signature, SecurityBufferFlags::SECBUFFER_READONLY)
        })
    }

    fn seal(&mut self, message: &mut [u8]) -> Result<Vec<u8>, Error> {
        self.protect(Attributes::CONFIDENTIALITY, |ntlm| {
            Self::encrypt(ntlm, message, SecurityBufferFlags::NONE)
        })
    }

    fn unseal(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        let result = self.protect(Attributes::CONFIDENTIALITY, |ntlm| {
            Self::decrypt(ntlm, message, signature, SecurityBufferFlags::NONE)
        });
        if result.is_err() {
            message.fill(0);
        }
        result
    }
}
