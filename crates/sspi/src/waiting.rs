//! A handshake that waits for the peer's next token.
//!
//! ```text
//! client: initiate --InitializeSecurityContextW--> Continue --token--> Continue | Complete
//! server: (waits)  --token, AcceptSecurityContext--> Continue --token--> Continue | Complete
//! ```
//! | status | leads to |
//! |---|---|
//! | `SEC_I_CONTINUE_NEEDED` | `Continue` |
//! | `SEC_I_COMPLETE_NEEDED`, `SEC_I_COMPLETE_AND_CONTINUE` | `CompleteAuthToken`, then `Complete` or `Continue` |
//! | `SEC_E_OK` | `Complete` |
//! | anything else | an error; context and credentials are gone |

use crate::binding_words::BindingWords;
use crate::buffer::{description, readable, writable, written};
use crate::context::Context;
use crate::context_flags;
use crate::credential::Credential;
use crate::established::Established;
use crate::package::{Package, wide};
use crate::security_status::Failure;
use gatepass_backend::{Attributes, Error, ErrorKind, Handshake, Request, Step};
use std::ptr;
use windows_sys::Win32::Foundation::{
    SEC_E_OK, SEC_I_COMPLETE_AND_CONTINUE, SEC_I_COMPLETE_NEEDED, SEC_I_CONTINUE_NEEDED,
};
use windows_sys::Win32::Security::Authentication::Identity::{
    AcceptSecurityContext, CompleteAuthToken, InitializeSecurityContextW, SECBUFFER_CHANNEL_BINDINGS,
    SECBUFFER_TOKEN, SECURITY_NATIVE_DREP, SecBuffer, SecBufferDesc,
};
use windows_sys::Win32::Security::Credentials::SecHandle;

/// What a step leads to: [`Step`] with the types of this crate.
#[derive(Debug)]
#[must_use]
pub enum Turn {
    /// Send `token`; then `next` takes the answer (`SEC_I_CONTINUE_NEEDED`).
    Continue {
        /// What the peer must get.
        token: Vec<u8>,
        /// What takes the peer's answer.
        next: Waiting,
    },
    /// This side is done (`SEC_E_OK`).
    Complete {
        /// What the peer must still get, if anything.
        token: Option<Vec<u8>>,
        /// The established context.
        context: Established,
    },
}

impl From<Turn> for Step {
    fn from(turn: Turn) -> Self {
        match turn {
            Turn::Continue { token, next } => Self::Continue { token, next: Box::new(next) },
            Turn::Complete { token, context } => Self::Complete { token, context: Box::new(context) },
        }
    }
}

/// Which of both sides this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// A handshake that waits for the peer's next token.
#[derive(Debug)]
pub struct Waiting {
    side: Side,
    package: Package,
    // Dropped in this order: a context goes before its credentials.
    context: Option<Context>,
    credential: Credential,
    target: Option<Vec<u16>>,
    bindings: Option<BindingWords>,
    required: Attributes,
    flags: u32,
}

/// What both functions of a handshake return.
struct Returned {
    status: i32,
    handle: SecHandle,
    flags: u32,
}

impl Waiting {
    pub(crate) fn new(
        side: Side,
        package: Package,
        credential: Credential,
        request: &Request,
        flags: u32,
    ) -> Result<Self, Error> {
        let required = request.requirements();
        if required.contains(Attributes::DATAGRAM) {
            return Err(Error::with_source(
                ErrorKind::Unsupported,
                "contexts without a connection are not made here: leave DATAGRAM out of what is required",
            ));
        }
        let bindings = request.bindings().map(|bindings| {
            BindingWords::new(bindings).ok_or_else(|| {
                Error::with_source(ErrorKind::Unsupported, "the channel bindings are longer than 4 GiB")
            })
        });
        let target = request.target_name().map(wide);
        Ok(Self {
            side,
            package,
            context: None,
            credential,
            target,
            bindings: bindings.transpose()?,
            required,
            flags,
        })
    }

    /// Takes the peer's token ([`Handshake::step`] with the types of this crate).
    ///
    /// # Errors
    /// [`InvalidToken`](ErrorKind::InvalidToken) for a malformed token or one of the wrong leg,
    /// [`LogonDenied`](ErrorKind::LogonDenied) when the peer is refused, [`Policy`](ErrorKind::Policy) when the context has
    /// not what is required, and what else SSPI says, each with a [`Failure`] as its source.
    pub fn step(self, token: &[u8]) -> Result<Turn, Error> {
        if token.is_empty() {
            return Err(Error::with_source(ErrorKind::InvalidToken, "the peer sent an empty token"));
        }
        self.go_on(Some(token))
    }

    /// One call of `InitializeSecurityContextW` or `AcceptSecurityContext`; a client's first one has no token.
    pub(crate) fn go_on(mut self, token: Option<&[u8]>) -> Result<Turn, Error> {
        let mut incoming = Vec::with_capacity(2);
        if let Some(token) = token {
            incoming.push(readable(SECBUFFER_TOKEN, token)?);
        }
        // NTLM's NEGOTIATE says nothing of them, and Wine takes them for the answer that has not come yet. Kerberos' first
        // token carries them.
        if let Some(bindings) =
            self.bindings.as_ref().filter(|_| self.package != Package::Ntlm || token.is_some())
        {
            incoming.push(SecBuffer {
                cbBuffer: bindings.length(),
                BufferType: SECBUFFER_CHANNEL_BINDINGS,
                pvBuffer: bindings.words().as_ptr().cast_mut().cast(),
            });
        }
        let mut room = vec![0; self.credential.max_token()];
        let mut outgoing = [writable(SECBUFFER_TOKEN, &mut room)?];
        let mut output = description(&mut outgoing)?;
        let input = description(&mut incoming)?;
        // A null pointer and not a descriptor of nothing: the client's first call.
        let input = if incoming.is_empty() { ptr::null() } else { &raw const input };
        let Returned { status, handle, flags } = self.call(input, &mut output);
        if status < 0 {
            return Err(Failure::new(self.function(), status).into());
        }
        // The function may return the context under another handle; the one before is then no more.
        if let Some(before) = self.context.take() {
            before.forget();
        }
        // SAFETY: a call that did not fail returned the handle of the context, which nobody else deletes.
        let context = unsafe { Context::new(handle) };
        if matches!(status, SEC_I_COMPLETE_NEEDED | SEC_I_COMPLETE_AND_CONTINUE) {
            // SAFETY: the context lives, and the descriptor's buffer is `room`.
            let status = unsafe { CompleteAuthToken(context.handle(), &raw const output) };
            if status < 0 {
                return Err(Failure::new("CompleteAuthToken", status).into());
            }
        }
        let [outgoing] = outgoing;
        let token = written(room, &outgoing)?;
        match status {
            SEC_I_CONTINUE_NEEDED | SEC_I_COMPLETE_AND_CONTINUE => {
                self.context = Some(context);
                Ok(Turn::Continue { token, next: self })
            }
            SEC_E_OK | SEC_I_COMPLETE_NEEDED => {
                let context = self.establish(context, flags)?;
                Ok(Turn::Complete { token: (!token.is_empty()).then_some(token), context })
            }
            // Success of another kind is not known to end a handshake.
            _ => Err(Failure::new(self.function(), status).into()),
        }
    }

    const fn function(&self) -> &'static str {
        match self.side {
            Side::Client => "InitializeSecurityContextW",
            Side::Server => "AcceptSecurityContext",
        }
    }

    fn call(&self, input: *const SecBufferDesc, output: &mut SecBufferDesc) -> Returned {
        let context = self.context.as_ref().map_or(ptr::null(), |context| ptr::from_ref(context.handle()));
        let mut handle = self.context.as_ref().map_or_else(SecHandle::default, |context| *context.handle());
        let (mut flags, mut expiry) = (0, 0);
        let status = match self.side {
            Side::Client => {
                let target = self.target.as_ref().map_or(ptr::null(), |target| target.as_ptr());
                // SAFETY: the credentials live in `self`, as does the context, which is null in the first call; the target
                // ends with a zero; `input` is null or describes buffers that live in the caller, as `output` does.
                unsafe {
                    InitializeSecurityContextW(
                        self.credential.handle(),
                        context,
                        target,
                        self.flags,
                        0,
                        SECURITY_NATIVE_DREP,
                        input,
                        0,
                        &raw mut handle,
                        output,
                        &raw mut flags,
                        &raw mut expiry,
                    )
                }
            }
            // SAFETY: as above; there is always a token.
            Side::Server => unsafe {
                AcceptSecurityContext(
                    self.credential.handle(),
                    context,
                    input,
                    self.flags,
                    SECURITY_NATIVE_DREP,
                    &raw mut handle,
                    output,
                    &raw mut flags,
                    &raw mut expiry,
                )
            },
        };
        Returned { status, handle, flags }
    }

    /// The context that the handshake was for, if it has what is required.
    fn establish(self, context: Context, flags: u32) -> Result<Established, Error> {
        // Wine tells the context's attributes to those who ask for them alone.
        let flags = flags | context.flags().unwrap_or_default();
        let attributes = match (self.side, self.package) {
            (Side::Client, Package::Ntlm) => context_flags::of_ntlm(context_flags::of_initiator(flags)),
            (Side::Client, _) => context_flags::of_initiator(flags),
            // NTLM has no streams, which this bit means on a server: Wine returns a client's bits on both sides.
            (Side::Server, Package::Ntlm) => {
                let clients = context_flags::of_initiator(flags) & Attributes::INTEGRITY;
                context_flags::of_ntlm(context_flags::of_acceptor(flags) | clients)
            }
            (Side::Server, _) => context_flags::of_acceptor(flags),
        };
        if !attributes.contains(self.required) {
            return Err(Error::with_source(
                ErrorKind::Policy,
                format!(
                    "{:?} is required, but Windows and the peer agreed on {attributes:?}: require less, or change the policy of the peer",
                    self.required
                ),
            ));
        }
        let is_server = self.side == Side::Server;
        let is_nobody = is_server && context_flags::is_null_session(flags);
        Established::new(context, self.credential, self.package, attributes, is_server, is_nobody)
    }
}

impl Handshake for Waiting {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        Ok(Self::step(*self, token)?.into())
    }
}
