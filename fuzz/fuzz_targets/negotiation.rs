//! SPNEGO's negotiation between two honest sides with somebody in between: nobody is let in without the password, and a client
//! that ends has the mechanism that it would have had alone with the server.
#![no_main]

use arbitrary::Arbitrary;
use gatepass_backend::{Accounts, Backend, Credentials, Error, Handshake, Request, SecurityContext, Step};
use gatepass_engine::Ntlm;
use gatepass_fuzz::parties::{Alice, Fixed, credentials};
use gatepass_fuzz::tampering::Tampering;
use gatepass_spnego::{Oid, Spnego, Token};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The mechanisms by strength. All are NTLM underneath.
const MECHANISMS: [Oid<'static>; 3] = [Oid::KERBEROS, Oid::KERBEROS_USER_TO_USER, Oid::NTLMSSP];
/// More turns than any negotiation has.
const TURNS: usize = 8;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// Which mechanisms either side has.
    client: u8,
    server: u8,
    right: bool,
    tampering: Vec<Tampering<'a>>,
}

/// A mechanism that remembers that it came to an end as a client.
#[derive(Debug)]
struct Remembered {
    ntlm: Ntlm,
    number: usize,
    ended: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Begun {
    inner: Box<dyn Handshake>,
    number: usize,
    ended: Arc<AtomicUsize>,
}

impl Begun {
    fn wrap(step: Step, number: usize, ended: Arc<AtomicUsize>) -> Step {
        match step {
            Step::Continue { token, next } => {
                Step::Continue { token, next: Box::new(Self { inner: next, number, ended }) }
            }
            Step::Complete { token, context } => {
                ended.store(number, Relaxed);
                Step::Complete { token, context }
            }
        }
    }
}

impl Handshake for Begun {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        Ok(Self::wrap(self.inner.step(token)?, self.number, self.ended))
    }
}

impl Backend for Remembered {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        let step = self.ntlm.initiate(credentials, request)?;
        Ok(Begun::wrap(step, self.number, Arc::clone(&self.ended)))
    }

    fn accept(&self, accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        self.ntlm.accept(accounts, request)
    }
}

fn side(which: u8, ended: &Arc<AtomicUsize>) -> Spnego {
    let has = |number: &usize| which >> number & 1 != 0;
    (0..MECHANISMS.len()).filter(has).fold(Spnego::new(), |spnego, number| {
        let ntlm = Ntlm::with_nonces(Arc::new(Fixed));
        let backend = Remembered { ntlm, number, ended: Arc::clone(ended) };
        spnego.with_mechanism(&[MECHANISMS[number]], Arc::new(backend))
    })
}

/// What either side has come to.
enum State {
    Waits(Box<dyn Handshake>),
    Done(Box<dyn SecurityContext>),
    Over,
}

impl State {
    /// The token that goes to the other side.
    fn take(&mut self, token: &[u8]) -> Option<Vec<u8>> {
        let Self::Waits(handshake) = std::mem::replace(self, Self::Over) else { return None };
        match handshake.step(token) {
            Ok(Step::Continue { token, next }) => {
                *self = Self::Waits(next);
                Some(token)
            }
            Ok(Step::Complete { token, context }) => {
                *self = Self::Done(context);
                token
            }
            Err(error) => {
                let _ = (error.to_string(), format!("{error:?}"));
                error.token().map(<[u8]>::to_vec)
            }
        }
    }
}

libfuzzer_sys::fuzz_target!(|input: Input<'_>| {
    let ended = Arc::new(AtomicUsize::new(usize::MAX));
    let (ours, theirs) = (side(input.client, &ended), side(input.server, &ended));
    let Ok(Step::Continue { mut token, next }) = ours.initiate(&credentials(input.right), &Request::new())
    else {
        return;
    };
    let Ok(acceptor) = theirs.accept(Arc::new(Alice), &Request::new()) else { return };
    let (mut client, mut server) = (State::Waits(next), State::Waits(acceptor));
    let mut tampering = input.tampering.iter();
    let mut untouched = true;
    for turn in 0..TURNS {
        let arrived = tampering.next().map_or_else(|| token.clone(), |change| change.of(&token));
        untouched &= arrived == token;
        let _ = Token::decode(&arrived).map(|token| format!("{token:?}"));
        let reader = if turn % 2 == 0 { &mut server } else { &mut client };
        match reader.take(&arrived) {
            Some(next) => token = next,
            None => break,
        }
    }
    let common = (0..MECHANISMS.len()).find(|number| input.client & input.server & 1 << number != 0);
    if let State::Done(_) = &client {
        assert_eq!(Some(ended.load(Relaxed)), common, "the strongest that both have");
    }
    if let State::Done(context) = &server {
        assert!(input.right, "nobody is let in without the password");
        assert_eq!(context.peer().map(|peer| peer.user()), Some("alice"));
    }
    if untouched && input.right && common.is_some() {
        let (State::Done(client), State::Done(server)) = (client, server) else { panic!("an honest login") };
        assert!(client.session_key().is_some() && server.session_key().is_some());
    }
});
