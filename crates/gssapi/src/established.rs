//! An established context as the joint knows it.

use crate::abi::ANON;
use crate::context::Context;
use crate::failure::{Failure, Stage};
use crate::flags;
use crate::name::Name;
use crate::oid::Oid;
use gatepass_backend::{Attributes, Error, ErrorKind, Principal, SecurityContext, SessionKey};
use std::fmt;

/// A context that both sides agreed on.
pub(crate) struct Established {
    context: Context,
    attributes: Attributes,
    peer: Option<Principal>,
    /// The mechanism that SPNEGO has agreed on; otherwise the context's own.
    inside: Oid,
    dead: bool,
}

impl Established {
    /// A client's end of `context`. Its server has a name only where it has proved itself.
    pub(crate) fn client(context: Context, flags: u32, requirements: Attributes) -> Result<Self, Error> {
        let attributes = flags::satisfied(flags, requirements)?;
        let (target, inside) = context.target().map_err(|status| Failure::error(status, Stage::Continue))?;
        let inside = inside.unwrap_or(context.mechanism);
        let proved = attributes.contains(Attributes::MUTUAL_AUTH) && inside != Oid::NTLMSSP;
        let peer = if proved && !target.is_empty() {
            let shown = target.display().map_err(|status| Failure::error(status, Stage::Continue))?;
            // A name in no particular realm ends in an empty one.
            Some(Principal::new("", shown.trim_end_matches('@')))
        } else {
            None
        };
        Ok(Self { context, attributes, peer, inside, dead: false })
    }

    /// A server's end of `context`, for the client `peer`. Nobody is not a peer.
    pub(crate) fn server(
        context: Context,
        flags: u32,
        requirements: Attributes,
        peer: &Name,
    ) -> Result<Self, Error> {
        let attributes = flags::satisfied(flags, requirements)?;
        let inside = context.inside().map_err(|status| Failure::error(status, Stage::Accept))?;
        let inside = inside.unwrap_or(context.mechanism);
        let peer = if flags & ANON != 0 || peer.is_empty() {
            None
        } else {
            let shown = peer.display().map_err(|status| Failure::error(status, Stage::Accept))?;
            Some(if inside == Oid::NTLMSSP { Principal::parse(&shown) } else { Principal::new("", shown) })
        };
        Ok(Self { context, attributes, peer, inside, dead: false })
    }

    /// Runs a message function, unless one failed before or `needed` was not agreed.
    fn alive<T>(
        &mut self,
        needed: Attributes,
        run: impl FnOnce(&mut Context, Oid) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.dead {
            let sentence =
                "nothing can be trusted behind a message that was not as it should be: begin the login anew";
            return Err(Error::with_source(ErrorKind::OutOfSequence, sentence));
        }
        let done = if self.attributes.contains(needed) {
            run(&mut self.context, self.inside)
        } else {
            let sentence = format!("{needed:?} was not agreed on: require it when the handshake begins");
            Err(Error::with_source(ErrorKind::Unsupported, sentence))
        };
        done.inspect_err(|_| self.dead = true)
    }
}

/// After SPNEGO's checksum NTLM begins its keystream anew (\[MS-SPNG\] 3.2.5.1); other mechanisms have none.
fn anew(context: &mut Context, inside: Oid, incoming: bool) -> Result<(), Error> {
    if inside != Oid::NTLMSSP {
        return Ok(());
    }
    context.reset_keystream(incoming).ok_or_else(|| {
        Error::with_source(
            ErrorKind::Unsupported,
            "this NTLM of the system cannot be negotiated by SPNEGO: it cannot begin its keystream anew",
        )
    })
}

impl SecurityContext for Established {
    fn attributes(&self) -> Attributes {
        self.attributes
    }

    fn peer(&self) -> Option<&Principal> {
        self.peer.as_ref()
    }

    fn session_key(&self) -> Option<SessionKey> {
        self.context.session_key()
    }

    fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.alive(Attributes::INTEGRITY, |context, _| context.sign(message))
    }

    fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.alive(Attributes::INTEGRITY, |context, inside| context.verify(inside, message, signature))
    }

    fn seal(&mut self, message: &mut [u8]) -> Result<Vec<u8>, Error> {
        self.alive(Attributes::CONFIDENTIALITY, |context, inside| context.seal(inside, message))
    }

    fn unseal(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        self.alive(Attributes::CONFIDENTIALITY, |context, inside| context.unseal(inside, message, signature))
    }

    fn mech_list_mic(&mut self, list: &[u8]) -> Result<Vec<u8>, Error> {
        self.alive(Attributes::INTEGRITY, |context, inside| {
            let mic = context.sign(list)?;
            anew(context, inside, false)?;
            Ok(mic)
        })
    }

    fn verify_mech_list_mic(&mut self, list: &[u8], mic: &[u8]) -> Result<(), Error> {
        self.alive(Attributes::INTEGRITY, |context, inside| {
            context.verify(inside, list, mic)?;
            anew(context, inside, true)
        })
    }
}

/// The mechanism and what was agreed; no key.
impl fmt::Debug for Established {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Established")
            .field("mechanism", &self.inside.title())
            .field("attributes", &self.attributes)
            .field("peer", &self.peer)
            .field("dead", &self.dead)
            .finish_non_exhaustive()
    }
}
