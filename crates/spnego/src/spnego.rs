//! The backend over other backends.

use crate::acceptor::Acceptor;
use crate::initiator::initiate;
use crate::{MechTypes, NEG_HINTS, NegTokenInit, Oid, encode_mech_types, mechanism::Mechanism};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use gatepass_backend::{Accounts, Backend, Credentials, Error, ErrorKind, Handshake, Request, Step};

/// Negotiate (RFC 4178, [MS-SPNG]): a [`Backend`] that agrees with its peer on one of several others.
///
/// As a client it offers its mechanisms in their order, with the first token of the first one. A mechanism that cannot
/// begin (no credentials for it, target not known, nobody to ask) is left out; one that was refused a login is not, so that
/// a wrong password is tried once.
///
/// As a server it takes the first mechanism of the client's list that it has, passing over what it does not know (NegoEx).
/// NTLM without SPNEGO around it is answered in kind, if NTLM is among the mechanisms.
///
/// When the client's first choice is not taken, both sides demand each other's checksum of the list (mechListMIC), and
/// the mechanism must be able to make it: [`INTEGRITY`](gatepass_backend::Attributes::INTEGRITY) is required of it, whatever the request says. When it
/// is taken, a client sends the checksum wherever the mechanism can make one and the server still waits, and either side
/// checks what it gets. A server that goes on without its last token ([`Handshake::conclude`]) is excused from its checksum of
/// another choice if it has the client's, unless the request requires anything of the context: an answer to CONNECT may have no
/// room for it.
#[derive(Clone, Debug, Default)]
pub struct Spnego {
    mechanisms: Vec<Mechanism>,
}

impl Spnego {
    /// A negotiation among nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a further mechanism, less preferred than those before: `backend`, whose tokens are those of the mechanism that
    /// each of `oids` names. Kerberos has two names, and Windows offers both: [`Oid::MS_KERBEROS`], then [`Oid::KERBEROS`].
    #[must_use]
    pub fn with_mechanism(mut self, oids: &[Oid<'static>], backend: Arc<dyn Backend>) -> Self {
        self.mechanisms.push(Mechanism { oids: oids.to_vec(), backend });
        self
    }

    /// What a server says that speaks first, as one of SMB does in its negotiate response: NegTokenInit2 with its mechanisms
    /// and [`NEG_HINTS`] ([MS-SPNG] 2.2.1, 3.2.5.2). A client need not read it; its own NegTokenInit follows.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when there is no mechanism to speak of.
    pub fn neg_token_init2(&self) -> Result<Vec<u8>, Error> {
        let oids: Vec<_> = self.mechanisms.iter().flat_map(|mechanism| &mechanism.oids).copied().collect();
        let list = encode_mech_types(&oids);
        let mech_types =
            MechTypes::decode(&list).map_err(|error| Error::with_source(ErrorKind::Unsupported, error))?;
        let (req_flags, mech_token, mech_list_mic) = (None, None, None);
        let neg_hints = Some(NEG_HINTS);
        Ok(NegTokenInit { mech_types, req_flags, mech_token, neg_hints, mech_list_mic }.encode())
    }
}

impl Backend for Spnego {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        initiate(&self.mechanisms, credentials, request)
    }

    fn accept(&self, accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        Ok(Box::new(Acceptor::new(self.mechanisms.clone(), accounts, request.clone())))
    }

    fn blocks(&self) -> bool {
        self.mechanisms.iter().any(|mechanism| mechanism.backend.blocks())
    }
}
