//! Samba's `ntlm_auth` as the other side of a negotiation, over pipes; or gss-ntlmssp, through `gss_peer.py`.
//!
//! ```text
//! spnego_pipe client|second|server NTLM_AUTH DOMAIN USER PASSWORD [PASSWORD_THAT_THE_SERVER_KNOWS]
//! ```
//! `client`: our client against its server (`--helper-protocol=gss-spnego`); `second`: the same, but our first choice is a
//! mechanism that nobody has; `server`: our server against its client (`gss-spnego-client`). Each runs twice, with and without
//! protection of messages, and prints a line: `equal` when both sides have the same session key (`denied` when the server
//! refuses); `messages` when signed and sealed ones crossed both ways, for which `ntlm_auth` has no command; and the states and
//! checksums of the list that went over the wire.
//!
//! The helper's protocol is a line each way: `YR` begins, then `TT` goes to the client and `KK` to the server, `AF` and `NA` end
//! it; `SF` asks a client for features, `GK` asks for the session key.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, ErrorKind, Handshake, NtHash, Password, Principal, Request,
    SecurityContext, Step,
};
use gatepass_engine::{Ntlm, crypto::ntowf_v1};
use gatepass_spnego::{Oid, Spnego, Token};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (mode, program, account, known) = match arguments.as_slice() {
        [mode, program, domain, user, password] => (*mode, *program, [*domain, *user, *password], *password),
        [mode, program, domain, user, password, known] => {
            (*mode, *program, [*domain, *user, *password], *known)
        }
        _ => {
            return Err(
                "usage: spnego_pipe client|second|server NTLM_AUTH DOMAIN USER PASSWORD [KNOWN]".into()
            );
        }
    };
    let ntlm = Spnego::new().with_mechanism(&[Oid::NTLMSSP], Arc::new(Ntlm::new()));
    let second = Spnego::new()
        .with_mechanism(&[Oid::from_contents(NOBODY)?], Arc::new(Nobody))
        .with_mechanism(&[Oid::NTLMSSP], Arc::new(Ntlm::new()));
    for requirements in [Attributes::INTEGRITY | Attributes::CONFIDENTIALITY, Attributes::none()] {
        let request = Request::new().with_requirements(requirements);
        let verdict = match mode {
            "client" => client(&ntlm, program, account, &request)?,
            "second" => client(&second, program, account, &request)?,
            "server" => server(&ntlm, program, account, known, &request)?,
            other => return Err(format!("neither client, second nor server: {other}").into()),
        };
        writeln!(std::io::stdout(), "{mode} {requirements:?}: {verdict}")?;
    }
    Ok(())
}

fn client(spnego: &Spnego, program: &str, account: [&str; 3], request: &Request) -> Result<String> {
    let mut helper = Helper::start(program, &["--helper-protocol=gss-spnego"])?;
    let [domain, user, password] = account;
    let credentials = Credentials::Password(Principal::new(domain, user), Password::from(password));
    let mut step = spnego.initiate(&credentials, request)?;
    let mut command = "YR";
    let mut seen = String::new();
    let context = loop {
        let (token, next) = match step {
            Step::Continue { token, next } => (token, next),
            Step::Complete { token: None, context } => break context,
            Step::Complete { .. } => return Err("a token too many".into()),
        };
        note(&mut seen, "ours", &token)?;
        let answer = helper.ask(&format!("{command} {}", STANDARD.encode(token)))?;
        if answer.starts_with("NA ") {
            return Ok("denied".to_owned());
        }
        let answer = STANDARD.decode(answer.split(' ').nth(1).ok_or(answer.as_str())?)?;
        note(&mut seen, "theirs", &answer)?;
        step = next.step(&answer)?;
        command = "KK";
    };
    compare(&mut helper, context, &seen)
}

fn server(
    spnego: &Spnego,
    program: &str,
    account: [&str; 3],
    known: &str,
    request: &Request,
) -> Result<String> {
    let [domain, user, password] = account;
    let (user_option, domain_option) = (format!("--username={user}"), format!("--domain={domain}"));
    let password_option = format!("--password={password}");
    let options = ["--helper-protocol=gss-spnego-client", &user_option, &domain_option, &password_option];
    let mut helper = Helper::start(program, &options)?;
    if request.requirements().contains(Attributes::INTEGRITY) {
        helper.ask("SF NTLMSSP_FEATURE_SIGN NTLMSSP_FEATURE_SEAL")?;
    }
    let one = One(Principal::new(domain, user), ntowf_v1(known));
    let mut waiting = spnego.accept(Arc::new(one), request)?;
    let mut line = helper.ask("YR")?;
    let mut seen = String::new();
    let context = loop {
        let token = STANDARD.decode(line.split(' ').nth(1).ok_or(line.as_str())?)?;
        note(&mut seen, "theirs", &token)?;
        match waiting.step(&token) {
            Ok(Step::Continue { token, next }) => {
                note(&mut seen, "ours", &token)?;
                line = helper.ask(&format!("TT {}", STANDARD.encode(token)))?;
                waiting = next;
            }
            Ok(Step::Complete { token, context }) => {
                let token = token.unwrap_or_default();
                note(&mut seen, "ours", &token)?;
                let end = helper.ask(&format!("TT {}", STANDARD.encode(token)))?;
                if !end.starts_with("AF") {
                    return Err(format!("the client says {end}").into());
                }
                break context;
            }
            Err(error) if error.kind() == ErrorKind::LogonDenied => return Ok("denied".to_owned()),
            Err(error) => return Err(error.into()),
        }
    };
    compare(&mut helper, context, &seen)
}

fn compare(helper: &mut Helper, mut context: Box<dyn SecurityContext>, seen: &str) -> Result<String> {
    let ours = context.session_key().ok_or("no session key")?;
    if helper.ask("GK")? != format!("GK {}", STANDARD.encode(ours.expose())) {
        return Ok("the session keys differ".to_owned());
    }
    let sealed = Attributes::INTEGRITY | Attributes::CONFIDENTIALITY;
    let messages = context.attributes().contains(sealed) && messages(helper, &mut *context)?;
    Ok(format!("equal{},{seen}", if messages { ", messages" } else { "" }))
}

/// Whether messages cross both ways; an error when they are refused, `false` when the helper knows no such thing.
fn messages(helper: &mut Helper, context: &mut dyn SecurityContext) -> Result<bool> {
    for round in 0..3 {
        let text = format!("message {round}");
        let plain = STANDARD.encode(&text);
        let signature = context.sign(text.as_bytes())?;
        match helper.ask(&format!("VF {plain} {}", STANDARD.encode(signature)))?.as_str() {
            "VF" => {}
            unknown if unknown.starts_with("BH") || unknown.starts_with("ERR") => return Ok(false),
            refused => return Err(format!("signed: {refused}").into()),
        }
        context.verify(text.as_bytes(), &helper.token("SG", &plain)?)?;
        let mut sealed = text.clone().into_bytes();
        let signature = context.seal(&mut sealed)?;
        let theirs = helper.token("US", &STANDARD.encode([signature, sealed].concat()))?;
        let wrapped = helper.token("SL", &plain)?;
        let (signature, sealed) = wrapped.split_first_chunk::<16>().ok_or("no signature")?;
        let mut ours = sealed.to_vec();
        context.unseal(&mut ours, signature)?;
        if [theirs, ours] != [text.as_bytes(), text.as_bytes()] {
            return Err("another message came out".into());
        }
    }
    Ok(true)
}

/// Notes whose checksum a token carries.
fn note(seen: &mut String, whose: &str, token: &[u8]) -> Result<()> {
    if let Token::Resp(resp) = Token::decode(token)? {
        if let Some(state) = resp.neg_state {
            seen.push_str(&format!(" {whose}: {state:?}"));
        }
        if resp.mech_list_mic.is_some() {
            seen.push_str(&format!(" {whose}: checksum"));
        }
    }
    Ok(())
}

/// The only account that our server knows.
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

/// A running `ntlm_auth`; it ends with its standard input.
struct Helper {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Helper {
    fn start(program: &str, options: &[&str]) -> Result<Self> {
        let mut command = Command::new(program);
        let mut child = command.args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        Ok(Self { child, input, output })
    }

    fn ask(&mut self, line: &str) -> Result<String> {
        writeln!(self.input.as_mut().ok_or("no standard input")?, "{line}")?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        if std::env::var_os("SPNEGO_PIPE_LINES").is_some() {
            writeln!(std::io::stderr(), "> {line}\n< {}", answer.trim_end())?;
        }
        Ok(answer.trim_end().to_owned())
    }

    /// What the command brings back under its own name.
    fn token(&mut self, command: &str, argument: &str) -> Result<Vec<u8>> {
        let answer = self.ask(&format!("{command} {argument}"))?;
        match answer.split_once(' ') {
            Some((word, token)) if word == command => Ok(STANDARD.decode(token)?),
            _ => Err(answer.into()),
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.input = None;
        // Nothing more can be done about a helper that fails at its end.
        let _ = self.child.wait();
    }
}
