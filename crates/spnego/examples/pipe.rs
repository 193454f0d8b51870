//! One side of a handshake and of what follows it, over pipes: a line in, a line out, bytes in hexadecimal digits.
//!
//! ```text
//! pipe [--wrapping ntlm|spnego|spnego-second] [--dialect lm|v1|v1-extended|lmv2|v2] [--protection none|sign|seal] [--datagrams]
//!      client|server DOMAIN USER PASSWORD
//! ```
//! `tests/realworld/matrix` talks to it, and to other people's implementations behind the same lines. A client speaks the
//! dialect, a server is content with it and whatever is stronger. `spnego-second` is a negotiation in which a client's first
//! choice is a mechanism that nobody has, so that the lists must be signed. `-` stands for no bytes.
//!
//! | line in | line out |
//! |---|---|
//! | `STEP TOKEN` | `STEP TOKEN`, `DONE TOKEN`, or `DENIED WHY`: a logon refused |
//! | `KEY`, `FLAGS` | `KEY BYTES`, the exported session key; `FLAGS NUMBER`, or `FLAGS -` where they are not known |
//! | `SIGN MESSAGE [NUMBER]` | `SIGN SIGNATURE` |
//! | `VERIFY MESSAGE SIGNATURE [NUMBER]` | `VERIFY -`, or `REFUSED WHY` |
//! | `SEAL MESSAGE [NUMBER]` | `SEAL ENCRYPTED SIGNATURE` |
//! | `UNSEAL ENCRYPTED SIGNATURE [NUMBER]` | `UNSEAL MESSAGE`, or `REFUSED WHY` |
//!
//! Whatever else goes wrong is `ERROR WHY`. A datagram has a number, other messages have none.

use std::error::Error;
use std::io::{BufRead, Write};
use std::sync::Arc;

use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, ErrorKind, Handshake, NtHash, Password, Principal, Request,
    SecurityContext, SessionKey, Step,
};
use gatepass_engine::crypto::{lmowf_v1, ntowf_v1};
use gatepass_engine::{
    AwaitingAuthenticate, AwaitingChallenge, Client, Datagrams, Dialect, Nonces, Ntlm, Policy, Protection,
    Server, Session, TargetInfo,
};
use gatepass_spnego::{Oid, Spnego};
use gatepass_wire::NegotiateFlags as Flags;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: pipe [--wrapping ..] [--dialect ..] [--protection ..] [--datagrams] client|server DOMAIN USER PASSWORD";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut side = Side::parse(arguments.iter().map(String::as_str))?;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match side.answer(&words) {
            Ok(answer) => answer,
            Err(error) => format!("{} {error}", word(&*error)),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

/// What kind of an error it is: a refusal of the peer is none of ours.
fn word(error: &(dyn Error + 'static)) -> &'static str {
    let engine = error.downcast_ref::<gatepass_engine::Error>();
    let kind = error.downcast_ref::<gatepass_backend::Error>().map(gatepass_backend::Error::kind);
    match (engine, kind) {
        (Some(gatepass_engine::Error::Denied), _) | (_, Some(ErrorKind::LogonDenied)) => "DENIED",
        (Some(gatepass_engine::Error::Altered), _) | (_, Some(ErrorKind::MessageAltered)) => "REFUSED",
        _ => "ERROR",
    }
}

/// One side, from its beginning to its end.
struct Side {
    state: State,
    password: String,
}

enum State {
    Client(Client),
    /// A client that has no NEGOTIATE to send.
    Listener(Client),
    AwaitingChallenge(AwaitingChallenge),
    Server(Server),
    /// A server that sends CHALLENGE unasked.
    Caller(Server),
    AwaitingAuthenticate(AwaitingAuthenticate),
    Initiator(Step),
    Negotiation(Box<dyn Handshake>),
    Established(Established),
    /// An error ended it.
    Gone,
}

impl Side {
    fn parse<'a>(mut arguments: impl Iterator<Item = &'a str>) -> Result<Self> {
        let (mut wrapping, mut dialect) = ("ntlm", Dialect::V2);
        let (mut requirements, mut datagrams) = (Attributes::none(), false);
        let who = loop {
            match arguments.next().ok_or(USAGE)? {
                "--wrapping" => wrapping = arguments.next().ok_or(USAGE)?,
                "--dialect" => dialect = dialect_named(arguments.next().ok_or(USAGE)?)?,
                "--protection" => requirements = protection_named(arguments.next().ok_or(USAGE)?)?,
                "--datagrams" => datagrams = true,
                who => break who,
            }
        };
        let [domain, user, password] = arguments.collect::<Vec<_>>()[..] else { return Err(USAGE.into()) };
        let principal = Principal::new(domain, user);
        let credentials = Credentials::Password(principal.clone(), Password::from(password));
        let request = Request::new().with_requirements(requirements);
        let policy = policy(dialect);
        let target = TargetInfo::new("CORP", "GATE").with_dns("corp.test", "gate.corp.test", "corp.test");
        let client =
            || Client::new(credentials.clone()).with_request(request.clone()).with_policy(policy.clone());
        let server = || Server::new(target.clone()).with_request(request.clone()).with_policy(policy.clone());
        let state = match (who, wrapping, datagrams) {
            ("client", "ntlm", false) => State::Client(client().with_dialect(dialect)),
            ("client", "ntlm", true) => State::Listener(client().with_dialect(dialect)),
            ("server", "ntlm", false) => State::Server(server()),
            ("server", "ntlm", true) => State::Caller(server()),
            ("client", _, false) => {
                State::Initiator(spnego(wrapping, dialect, target)?.initiate(&credentials, &request)?)
            }
            ("server", _, false) => {
                let one = Arc::new(One(principal, ntowf_v1(password)));
                State::Negotiation(spnego(wrapping, dialect, target)?.accept(one, &request)?)
            }
            _ => return Err(USAGE.into()),
        };
        Ok(Self { state, password: password.to_owned() })
    }

    fn answer(&mut self, words: &[&str]) -> Result<String> {
        if let ["STEP", token] = words {
            return self.step(&bytes(token)?);
        }
        match &mut self.state {
            State::Established(established) => established.answer(words),
            _ => Err("the handshake has not ended".into()),
        }
    }

    fn step(&mut self, token: &[u8]) -> Result<String> {
        let (token, next) = match std::mem::replace(&mut self.state, State::Gone) {
            State::Client(client) => {
                let (waiting, negotiate) = client.negotiate();
                (Some(negotiate), State::AwaitingChallenge(waiting))
            }
            State::Listener(client) if token.is_empty() => (None, State::Listener(client)),
            State::Listener(client) => {
                let (session, authenticate) = client.answer(token, Nonces::random()?)?;
                (Some(authenticate), State::Established(Established::session(session)))
            }
            State::AwaitingChallenge(waiting) => {
                let (session, authenticate) = waiting.challenge(token, Nonces::random()?)?;
                (Some(authenticate), State::Established(Established::session(session)))
            }
            State::Server(server) => {
                let (waiting, challenge) = server.negotiate(token, Nonces::random()?)?;
                (Some(challenge), State::AwaitingAuthenticate(waiting))
            }
            State::Caller(server) => {
                let (waiting, challenge) = server.challenge(Nonces::random()?)?;
                (Some(challenge), State::AwaitingAuthenticate(waiting))
            }
            State::AwaitingAuthenticate(waiting) => {
                let (nt_hash, lm_hash) = (ntowf_v1(&self.password), lmowf_v1(&self.password));
                let claim = waiting.authenticate(token)?;
                let accepted = claim.verify_with_lm_hash(Some(&nt_hash), Some(&lm_hash))?;
                (None, State::Established(Established::session(accepted.into_session())))
            }
            State::Initiator(step) => negotiated(step)?,
            // The peer went on without the token that is waited for.
            State::Negotiation(waiting) if token.is_empty() => {
                let context = waiting.conclude()?;
                negotiated(Step::Complete { token: None, context })?
            }
            State::Negotiation(waiting) => negotiated(waiting.step(token)?)?,
            State::Established(_) | State::Gone => return Err("the handshake has ended".into()),
        };
        let word = if matches!(next, State::Established(_)) { "DONE" } else { "STEP" };
        self.state = next;
        Ok(format!("{word} {}", digits(&token.unwrap_or_default())))
    }
}

fn negotiated(step: Step) -> Result<(Option<Vec<u8>>, State)> {
    Ok(match step {
        Step::Continue { token, next } => (Some(token), State::Negotiation(next)),
        Step::Complete { token, context } => {
            let key = context.session_key().ok_or("no session key")?;
            let messages = Messages::Context(context);
            (token, State::Established(Established { key, flags: None, messages }))
        }
    })
}

/// What a handshake leaves behind.
struct Established {
    key: SessionKey,
    /// A negotiation gives out none.
    flags: Option<Flags>,
    messages: Messages,
}

enum Messages {
    Connection(Box<Protection>),
    Datagrams(Datagrams),
    Context(Box<dyn SecurityContext>),
}

impl Established {
    fn session(session: Session) -> Self {
        let (key, flags) = (session.exported_session_key().clone(), session.flags());
        let messages = if flags.contains(Flags::NEGOTIATE_DATAGRAM) {
            Messages::Datagrams(session.datagrams())
        } else {
            Messages::Connection(Box::new(session.protect()))
        };
        Self { key, flags: Some(flags), messages }
    }

    fn answer(&mut self, words: &[&str]) -> Result<String> {
        let (arguments, number) = match (&self.messages, words) {
            (Messages::Datagrams(_), [_, arguments @ .., number]) => (arguments, number.parse()?),
            (_, [_, arguments @ ..]) => (arguments, 0),
            (_, []) => return Err("an empty line".into()),
        };
        let arguments: Vec<Vec<u8>> = arguments.iter().map(|word| bytes(word)).collect::<Result<_>>()?;
        match (words.first(), arguments.as_slice()) {
            (Some(&"KEY"), _) => Ok(format!("KEY {}", digits(self.key.expose()))),
            (Some(&"FLAGS"), _) => match self.flags {
                Some(flags) => Ok(format!("FLAGS {:#010x}", flags.bits())),
                None => Ok("FLAGS -".to_owned()),
            },
            (Some(&"SIGN"), [message]) => {
                let signature = self.messages.sign(number, message)?;
                Ok(format!("SIGN {}", digits(&signature)))
            }
            (Some(&"VERIFY"), [message, signature]) => {
                self.messages.verify(number, message, signature)?;
                Ok("VERIFY -".to_owned())
            }
            (Some(&"SEAL"), [message]) => {
                let mut message = message.clone();
                let signature = self.messages.seal(number, &mut message)?;
                Ok(format!("SEAL {} {}", digits(&message), digits(&signature)))
            }
            (Some(&"UNSEAL"), [encrypted, signature]) => {
                let mut message = encrypted.clone();
                self.messages.unseal(number, &mut message, signature)?;
                Ok(format!("UNSEAL {}", digits(&message)))
            }
            _ => Err(format!("no such command: {}", words.join(" ")).into()),
        }
    }
}

impl Messages {
    fn sign(&mut self, number: u32, message: &[u8]) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Connection(protection) => protection.sign(message)?.to_vec(),
            Self::Datagrams(datagrams) => datagrams.sign(number, message)?.to_vec(),
            Self::Context(context) => context.sign(message)?,
        })
    }

    fn verify(&mut self, number: u32, message: &[u8], signature: &[u8]) -> Result<()> {
        match self {
            Self::Connection(protection) => protection.verify(message, signature)?,
            Self::Datagrams(datagrams) => datagrams.verify(number, message, signature)?,
            Self::Context(context) => context.verify(message, signature)?,
        }
        Ok(())
    }

    fn seal(&mut self, number: u32, message: &mut [u8]) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Connection(protection) => protection.seal(message)?.to_vec(),
            Self::Datagrams(datagrams) => datagrams.seal(number, message)?.to_vec(),
            Self::Context(context) => context.seal(message)?,
        })
    }

    fn unseal(&mut self, number: u32, message: &mut [u8], signature: &[u8]) -> Result<()> {
        match self {
            Self::Connection(protection) => protection.unseal(message, signature)?,
            Self::Datagrams(datagrams) => datagrams.unseal(number, message, signature)?,
            Self::Context(context) => context.unseal(message, signature)?,
        }
        Ok(())
    }
}

fn dialect_named(name: &str) -> Result<Dialect> {
    Ok(match name {
        "lm" => Dialect::Lm,
        "v1" => Dialect::V1,
        "v1-extended" => Dialect::V1Extended,
        "lmv2" => Dialect::LmV2,
        "v2" => Dialect::V2,
        _ => return Err(format!("{name} is no dialect").into()),
    })
}

fn protection_named(name: &str) -> Result<Attributes> {
    Ok(match name {
        "none" => Attributes::none(),
        "sign" => Attributes::INTEGRITY,
        "seal" => Attributes::INTEGRITY | Attributes::CONFIDENTIALITY,
        _ => return Err(format!("{name} is no protection").into()),
    })
}

/// The policy that permits `dialect` and what is stronger, and keys of the strength that goes with it.
fn policy(dialect: Dialect) -> Policy {
    let policy = Policy::new().with_minimum(dialect);
    match dialect {
        Dialect::V2 => policy,
        Dialect::V1 | Dialect::V1Extended => policy.allow_ntlm_v1_insecure(),
        _ => policy.allow_ntlm_v1_insecure().allow_lm_insecure().allow_weak_keys_insecure(),
    }
}

fn spnego(wrapping: &str, dialect: Dialect, target: TargetInfo) -> Result<Spnego> {
    let ntlm = Ntlm::new().with_policy(policy(dialect)).with_dialect(dialect).with_target_info(target);
    let spnego = match wrapping {
        "spnego" => Spnego::new(),
        "spnego-second" => Spnego::new().with_mechanism(&[Oid::from_contents(NOBODY)?], Arc::new(Nobody)),
        _ => return Err(format!("{wrapping} is no wrapping").into()),
    };
    Ok(spnego.with_mechanism(&[Oid::NTLMSSP], Arc::new(ntlm)))
}

/// The only account that a server knows.
struct One(Principal, NtHash);

impl Accounts for One {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        (*principal == self.0).then(|| self.1.clone())
    }
}

/// 1.3.6.1.4.1.311.2.2.99, which is nothing.
const NOBODY: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 99];

/// A mechanism that nobody has.
#[derive(Debug)]
struct Nobody;

impl Backend for Nobody {
    fn initiate(&self, _: &Credentials, _: &Request) -> std::result::Result<Step, gatepass_backend::Error> {
        Ok(Step::Continue { token: b"nobody".to_vec(), next: Box::new(Self) })
    }

    fn accept(
        &self,
        _: Arc<dyn Accounts>,
        _: &Request,
    ) -> std::result::Result<Box<dyn Handshake>, gatepass_backend::Error> {
        Err(ErrorKind::Unsupported.into())
    }
}

impl Handshake for Nobody {
    fn step(self: Box<Self>, _: &[u8]) -> std::result::Result<Step, gatepass_backend::Error> {
        Err(ErrorKind::Unsupported.into())
    }
}

fn digits(bytes: &[u8]) -> String {
    if bytes.is_empty() { "-".to_owned() } else { bytes.iter().map(|byte| format!("{byte:02x}")).collect() }
}

fn bytes(word: &str) -> Result<Vec<u8>> {
    if word == "-" {
        return Ok(Vec::new());
    }
    let pairs = word.as_bytes().chunks(2);
    pairs.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}
