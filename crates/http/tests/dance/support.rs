//! A mechanism that is nothing but its messages, so that a test sees which of them went out.

use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, Error, ErrorKind, Handshake, NtHash, Principal, Request,
    SecurityContext, SessionKey, Step,
};
use gatepass_http::{ClientAuth, Error as HttpError, Head, Mechanisms, Next, Side};
use std::sync::Arc;

/// What the fake client sends, and what it takes in between.
pub(crate) const NEGOTIATE: &[u8] = b"one";
pub(crate) const CHALLENGE: &[u8] = b"two";
pub(crate) const AUTHENTICATE: &[u8] = b"three:alice";

/// A client and server of three messages: `one`, `two`, `three:USER`. The server lets `alice` and `bob` in.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    /// Further messages that either side wants before it is done.
    pub(crate) more: usize,
}

impl Fake {
    pub(crate) fn backend() -> Arc<dyn Backend> {
        Arc::new(Self::default())
    }
}

impl Backend for Fake {
    fn initiate(&self, credentials: &Credentials, _: &Request) -> Result<Step, Error> {
        let user = credentials.principal().ok_or(ErrorKind::NoCredentials)?.clone();
        let next = Box::new(FakeClient { user, more: self.more });
        Ok(Step::Continue { token: NEGOTIATE.to_vec(), next })
    }

    fn accept(&self, accounts: Arc<dyn Accounts>, _: &Request) -> Result<Box<dyn Handshake>, Error> {
        Ok(Box::new(FakeServer { accounts: Known(accounts), more: self.more, challenged: false }))
    }
}

#[derive(Debug)]
struct FakeClient {
    user: Principal,
    more: usize,
}

impl Handshake for FakeClient {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        if token != CHALLENGE {
            return Err(Error::with_source(ErrorKind::InvalidToken, "no `two` at byte 0"));
        }
        if let Some(more) = self.more.checked_sub(1) {
            let next = Box::new(Self { more, ..*self });
            return Ok(Step::Continue { token: NEGOTIATE.to_vec(), next });
        }
        let token = [b"three:", self.user.user().as_bytes()].concat();
        Ok(Step::Complete { token: Some(token), context: Box::new(FakeContext(None)) })
    }
}

struct Known(Arc<dyn Accounts>);

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Known")
    }
}

#[derive(Debug)]
struct FakeServer {
    accounts: Known,
    more: usize,
    challenged: bool,
}

impl Handshake for FakeServer {
    fn step(mut self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        match (token, self.challenged) {
            (NEGOTIATE, false) => {
                match self.more.checked_sub(1) {
                    Some(more) => self.more = more,
                    None => self.challenged = true,
                }
                Ok(Step::Continue { token: CHALLENGE.to_vec(), next: self })
            }
            (_, true) if token.starts_with(b"three:") => {
                let user = Principal::parse(std::str::from_utf8(&token[6..]).unwrap());
                if user.user() == "nobody" {
                    return Ok(Step::Complete { token: None, context: Box::new(FakeContext(None)) });
                }
                self.accounts.0.nt_hash(&user).ok_or(ErrorKind::LogonDenied)?;
                Ok(Step::Complete { token: None, context: Box::new(FakeContext(Some(user))) })
            }
            _ => Err(Error::with_source(ErrorKind::InvalidToken, "a message of another leg")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct FakeContext(pub(crate) Option<Principal>);

impl SecurityContext for FakeContext {
    fn attributes(&self) -> Attributes {
        Attributes::none()
    }
    fn peer(&self) -> Option<&Principal> {
        self.0.as_ref()
    }
    fn session_key(&self) -> Option<SessionKey> {
        Some(SessionKey::from_bytes(&[7; 16]))
    }
    fn sign(&mut self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(ErrorKind::Unsupported.into())
    }
    fn verify(&mut self, _: &[u8], _: &[u8]) -> Result<(), Error> {
        Err(ErrorKind::Unsupported.into())
    }
    fn seal(&mut self, _: &mut [u8]) -> Result<Vec<u8>, Error> {
        Err(ErrorKind::Unsupported.into())
    }
    fn unseal(&mut self, _: &mut [u8], _: &[u8]) -> Result<(), Error> {
        Err(ErrorKind::Unsupported.into())
    }
}

/// The accounts of the fake server.
pub(crate) struct AliceAndBob;

impl Accounts for AliceAndBob {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        matches!(principal.user(), "alice" | "bob").then(|| NtHash::from_bytes([0; 16]))
    }
}

/// Base64 of a token, made by hand where a test wants to be its own judge.
pub(crate) fn base64(token: &[u8]) -> String {
    use std::fmt::Write as _;
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in token.chunks(3) {
        let group =
            chunk.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..4 {
            let symbol = ALPHABET[(group >> (18 - 6 * index) & 63) as usize] as char;
            write!(text, "{}", if index <= chunk.len() { symbol } else { '=' }).unwrap();
        }
    }
    text
}

/// A field value: `NTLM` and this token.
pub(crate) fn ntlm(token: &[u8]) -> String {
    format!("NTLM {}", base64(token))
}

/// A client of `side` that logs in as alice.
pub(crate) fn client(side: Side) -> ClientAuth {
    client_of(side, Fake::backend())
}

pub(crate) fn client_of(side: Side, backend: Arc<dyn Backend>) -> ClientAuth {
    client_by(side, Mechanisms::ntlm(backend))
}

pub(crate) fn client_by(side: Side, mechanisms: Mechanisms) -> ClientAuth {
    let credentials = Credentials::password("CORP\\alice", "marker-s3cret");
    ClientAuth::new(side, mechanisms, credentials, Request::target("HTTP/proxy.corp.example"))
}

/// Gives `auth` a response with `status` and these fields.
pub(crate) fn answer(auth: &mut ClientAuth, status: u16, fields: &[(&str, &str)]) -> Result<Next, HttpError> {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    auth.response(&Head { status, minor_version: 1, fields: &fields })
}

/// Gives `auth` the status of its side, with these challenges.
pub(crate) fn challenge(auth: &mut ClientAuth, values: &[&str]) -> Result<Next, HttpError> {
    let side = auth.side();
    let fields: Vec<_> = values.iter().map(|value| (side.challenge_field(), *value)).collect();
    answer(auth, side.status(), &fields)
}

/// The same, with `Connection: close`.
pub(crate) fn closing_challenge(auth: &mut ClientAuth, value: &str) -> Result<Next, HttpError> {
    let side = auth.side();
    answer(auth, side.status(), &[(side.challenge_field(), value), ("Connection", "close")])
}
