//! Two sides that talk, and a second mechanism beside NTLM.

use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, Error, ErrorKind, Handshake, NtHash, Principal, Request,
    SecurityContext, SessionKey, Step,
};
use gatepass_engine::{Ntlm, crypto::ntowf_v1};
use gatepass_spnego::{Oid, Spnego};
use std::sync::Arc;

/// The only account there is.
#[derive(Debug)]
pub(crate) struct Alice;

impl Accounts for Alice {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        (principal.user() == "alice").then(|| ntowf_v1("Passw0rd!"))
    }
}

pub(crate) fn alice() -> Credentials {
    Credentials::password("CORP\\alice", "Passw0rd!")
}

/// A request for integrity, with which NTLM can make the checksum of the list.
pub(crate) fn signing() -> Request {
    Request::new().with_requirements(Attributes::INTEGRITY)
}

pub(crate) fn ntlm() -> Spnego {
    Spnego::new().with_mechanism(&[Oid::NTLMSSP], Arc::new(Ntlm::new()))
}

/// A mechanism in Kerberos' place before NTLM.
pub(crate) fn ticket_then_ntlm(ticket: Ticket) -> Spnego {
    Spnego::new()
        .with_mechanism(&[Oid::MS_KERBEROS, Oid::KERBEROS], Arc::new(ticket))
        .with_mechanism(&[Oid::NTLMSSP], Arc::new(Ntlm::new()))
}

pub(crate) type Context = Box<dyn SecurityContext>;

/// How a conversation ended on each side, and what was said before it went through the middle. A side that was still waiting
/// when the other one ended has no result.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) client: Option<Result<Context, Error>>,
    pub(crate) server: Option<Result<Context, Error>>,
    pub(crate) said: Vec<Vec<u8>>,
}

impl Ended {
    /// The contexts of both sides, which must work with each other.
    pub(crate) fn agreed(self) -> (Context, Context) {
        let (mut client, mut server) = (self.client.unwrap().unwrap(), self.server.unwrap().unwrap());
        assert_eq!(client.attributes(), server.attributes());
        if client.attributes().contains(Attributes::INTEGRITY) {
            for round in 0..3 {
                let signature = client.sign(&[round]).unwrap();
                server.verify(&[round], &signature).unwrap();
                let signature = server.sign(&[round, 7]).unwrap();
                client.verify(&[round, 7], &signature).unwrap();
            }
        }
        (client, server)
    }

    pub(crate) fn client_error(&self) -> Option<ErrorKind> {
        self.client.as_ref().and_then(|result| result.as_ref().err()).map(Error::kind)
    }

    pub(crate) fn server_error(&self) -> Option<ErrorKind> {
        self.server.as_ref().and_then(|result| result.as_ref().err()).map(Error::kind)
    }

    pub(crate) fn completed(&self) -> (bool, bool) {
        let ok = |side: &Option<Result<Context, Error>>| side.as_ref().is_some_and(Result::is_ok);
        (ok(&self.client), ok(&self.server))
    }
}

/// Lets both sides talk; `middle` gets the number of each token, counted from 0, and passes on what it likes.
pub(crate) fn converse(
    client: &dyn Backend,
    server: &dyn Backend,
    request: &Request,
    mut middle: impl FnMut(usize, Vec<u8>) -> Vec<u8>,
) -> Ended {
    let mut ended = Ended { client: None, server: None, said: vec![] };
    let begun = client.initiate(&alice(), request).unwrap();
    let accepting = server.accept(Arc::new(Alice), &Request::new()).unwrap();
    let (mut token, mut client) = settle(Ok(begun), &mut ended.client);
    let mut server = Some(accepting);
    for number in 0..20 {
        let Some(said) = token.take() else { return ended };
        ended.said.push(said.clone());
        let heard = middle(number, said);
        let (side, result) =
            if number % 2 == 0 { (&mut server, &mut ended.server) } else { (&mut client, &mut ended.client) };
        // Who is done does not listen.
        let Some(waiting) = side.take() else { return ended };
        (token, *side) = settle(waiting.step(&heard), result);
    }
    panic!("no end");
}

fn settle(
    step: Result<Step, Error>,
    result: &mut Option<Result<Context, Error>>,
) -> (Option<Vec<u8>>, Option<Box<dyn Handshake>>) {
    match step {
        Ok(Step::Continue { token, next }) => (Some(token), Some(next)),
        Ok(Step::Complete { token, context }) => {
            *result = Some(Ok(context));
            (token, None)
        }
        Err(error) => {
            *result = Some(Err(error));
            (None, None)
        }
    }
}

/// Lets both sides talk undisturbed.
pub(crate) fn undisturbed(client: &dyn Backend, server: &dyn Backend, request: &Request) -> Ended {
    converse(client, server, request, |_, token| token)
}

/// A mechanism of one leg, or of two when the server answers: in its course like Kerberos, without its secrets.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ticket {
    OneLeg,
    Mutual,
    /// As `OneLeg`, but its messages are not protected.
    Bare,
    /// Cannot begin, for this reason.
    Fails(ErrorKind),
}

impl Ticket {
    fn context(self) -> Context {
        Box::new(Stamp { protects: !matches!(self, Self::Bare), sent: 0, taken: 0 })
    }
}

impl Backend for Ticket {
    fn initiate(&self, _: &Credentials, _: &Request) -> Result<Step, Error> {
        let token = b"ticket".to_vec();
        match self {
            Self::Fails(kind) => Err(Error::new(*kind)),
            Self::Mutual => Ok(Step::Continue { token, next: Box::new(*self) }),
            Self::OneLeg | Self::Bare => Ok(Step::Complete { token: Some(token), context: self.context() }),
        }
    }

    fn accept(&self, _: Arc<dyn Accounts>, _: &Request) -> Result<Box<dyn Handshake>, Error> {
        Ok(Box::new(*self))
    }
}

impl Handshake for Ticket {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let token = match (*self, token) {
            (Self::Mutual, b"ticket") => Some(b"proof".to_vec()),
            (Self::Mutual, b"proof") | (Self::OneLeg | Self::Bare, b"ticket") => None,
            _ => return Err(Error::new(ErrorKind::InvalidToken)),
        };
        Ok(Step::Complete { token, context: self.context() })
    }
}

/// Signatures that anyone could make, but that fit their message and its place.
#[derive(Debug)]
struct Stamp {
    protects: bool,
    sent: u8,
    taken: u8,
}

fn stamp(number: u8, message: &[u8]) -> Vec<u8> {
    [&[number], message].concat()
}

impl SecurityContext for Stamp {
    fn attributes(&self) -> Attributes {
        if self.protects { Attributes::INTEGRITY } else { Attributes::none() }
    }

    fn peer(&self) -> Option<&Principal> {
        None
    }

    fn session_key(&self) -> Option<SessionKey> {
        None
    }

    fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.sent += 1;
        Ok(stamp(self.sent, message))
    }

    fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.taken += 1;
        if stamp(self.taken, message) == signature {
            return Ok(());
        }
        Err(Error::new(ErrorKind::MessageAltered))
    }

    fn seal(&mut self, _: &mut [u8]) -> Result<Vec<u8>, Error> {
        Err(Error::new(ErrorKind::Unsupported))
    }

    fn unseal(&mut self, _: &mut [u8], _: &[u8]) -> Result<(), Error> {
        Err(Error::new(ErrorKind::Unsupported))
    }
}
