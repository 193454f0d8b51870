//! Samba's `ntlm_auth` as the other side of a handshake, over pipes: are its session key and its flags ours?
//!
//! ```text
//! ntlm_auth_pipe [--dialect lm|v1|v1-extended|lmv2|v2] client NTLM_AUTH DOMAIN USER PASSWORD
//! ntlm_auth_pipe [--dialect ..] server NTLM_AUTH DOMAIN USER PASSWORD [PASSWORD_THAT_THE_SERVER_KNOWS]
//! ```
//! Another dialect than NTLMv2 needs the feature `legacy` (`cargo run --features legacy --example ntlm_auth_pipe`); the client
//! speaks it, and the server is content with it and whatever is stronger.
//!
//! `client`: our client against its server (`--helper-protocol=squid-2.5-ntlmssp`); `server`: our server against its client
//! (`ntlmssp-client-1`). Prints `equal`, or `denied` when the server refuses, or what differs. The helper's protocol is a line
//! each way: `YR` begins, `TT` brings CHALLENGE, `KK` and `AF` AUTHENTICATE and its acceptance; then `GK` and `GF` ask for the
//! session key and the flags.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatepass_backend::{Attributes, Credentials, Password, Principal, Request};
use gatepass_engine::crypto::ntowf_v1;
use gatepass_engine::{Accepted, Claim, Client, Dialect, Nonces, Policy, Server, Session, TargetInfo};
use gatepass_wire::NegotiateFlags as Flags;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What CHALLENGE says of itself. `ntlm_auth` does not count it among what was settled.
const OF_CHALLENGE: Flags =
    Flags::NEGOTIATE_TARGET_INFO.with(Flags::TARGET_TYPE_DOMAIN).with(Flags::TARGET_TYPE_SERVER);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (dialect, arguments) = match arguments.as_slice() {
        ["--dialect", name, rest @ ..] => (dialect(name)?, rest),
        all => (Dialect::V2, all),
    };
    let verdict = match *arguments {
        ["client", program, domain, user, password] => client(dialect, program, domain, user, password)?,
        ["server", program, domain, user, password] => {
            server(dialect, program, domain, user, password, password)?
        }
        ["server", program, domain, user, password, known] => {
            server(dialect, program, domain, user, password, known)?
        }
        _ => return Err("usage: ntlm_auth_pipe client|server NTLM_AUTH DOMAIN USER PASSWORD [KNOWN]".into()),
    };
    writeln!(std::io::stdout(), "{verdict}")?;
    Ok(())
}

fn dialect(name: &str) -> Result<Dialect> {
    match name {
        "lm" => Ok(Dialect::Lm),
        "v1" => Ok(Dialect::V1),
        "v1-extended" => Ok(Dialect::V1Extended),
        "lmv2" => Ok(Dialect::LmV2),
        "v2" => Ok(Dialect::V2),
        _ => Err(format!("{name} is no dialect").into()),
    }
}

/// The policy that permits `dialect` and what is stronger, and keys of the strength that goes with it.
fn policy(dialect: Dialect) -> Policy {
    let policy = Policy::new();
    #[cfg(feature = "legacy")]
    if dialect < Dialect::V2 {
        return policy
            .allow_ntlm_v1_insecure()
            .allow_lm_insecure()
            .allow_weak_keys_insecure()
            .with_minimum(dialect);
    }
    policy.with_minimum(dialect)
}

/// Whether `known` proves the claim.
fn verify(claim: Claim, known: &str) -> std::result::Result<Accepted, gatepass_engine::Error> {
    let nt_hash = ntowf_v1(known);
    #[cfg(feature = "legacy")]
    let verdict = claim.verify_with_lm_hash(Some(&nt_hash), Some(&gatepass_engine::crypto::lmowf_v1(known)));
    #[cfg(not(feature = "legacy"))]
    let verdict = claim.verify(Some(&nt_hash));
    verdict
}

fn client(dialect: Dialect, program: &str, domain: &str, user: &str, password: &str) -> Result<String> {
    let mut helper = Helper::start(program, &["--helper-protocol=squid-2.5-ntlmssp"])?;
    let credentials = Credentials::Password(Principal::new(domain, user), Password::from(password));
    let request = Request::new().with_requirements(Attributes::INTEGRITY | Attributes::CONFIDENTIALITY);
    let (waiting, negotiate) = Client::new(credentials)
        .with_request(request)
        .with_policy(policy(dialect))
        .with_dialect(dialect)
        .negotiate();
    let challenge = helper.token("YR", &negotiate, "TT")?;
    let (session, authenticate) = waiting.challenge(&challenge, Nonces::random()?)?;
    let answer = helper.ask(&format!("KK {}", STANDARD.encode(authenticate)))?;
    if answer.starts_with("NA ") {
        return Ok("denied".to_owned());
    }
    if !answer.starts_with("AF ") {
        return Err(answer.into());
    }
    compare(&mut helper, &session)
}

fn server(
    dialect: Dialect,
    program: &str,
    domain: &str,
    user: &str,
    password: &str,
    known: &str,
) -> Result<String> {
    let (user_option, domain_option) = (format!("--username={user}"), format!("--domain={domain}"));
    let password_option = format!("--password={password}");
    let options = ["--helper-protocol=ntlmssp-client-1", &user_option, &domain_option, &password_option];
    let mut helper = Helper::start(program, &options)?;
    let answer = helper.ask("YR")?;
    let negotiate = STANDARD.decode(answer.strip_prefix("YR ").ok_or(answer.as_str())?)?;
    let target = TargetInfo::new("CORP", "GATE").with_dns("corp.test", "gate.corp.test", "corp.test");
    let server = Server::new(target).with_policy(policy(dialect));
    let (waiting, challenge) = server.negotiate(&negotiate, Nonces::random()?)?;
    let authenticate = helper.token("TT", &challenge, "AF")?;
    let verdict = waiting.authenticate(&authenticate).and_then(|claim| verify(claim, known));
    let accepted = match verdict {
        Err(gatepass_engine::Error::Denied) => return Ok("denied".to_owned()),
        other => other?,
    };
    if accepted.principal() != &Principal::new(domain, user) {
        return Ok(format!("principal: {:?}", accepted.principal()));
    }
    compare(&mut helper, accepted.session())
}

fn compare(helper: &mut Helper, session: &Session) -> Result<String> {
    let key = helper.ask("GK")?;
    if key != format!("GK {}", STANDARD.encode(session.exported_session_key().expose())) {
        return Ok("the session keys differ".to_owned());
    }
    let answer = helper.ask("GF")?;
    let theirs = answer.strip_prefix("GF 0x").ok_or(answer.as_str())?;
    let theirs = Flags::from_bits(u32::from_str_radix(theirs, 16)?).without(OF_CHALLENGE);
    let ours = session.flags().without(OF_CHALLENGE);
    Ok(if ours == theirs { "equal".to_owned() } else { format!("flags: ours {ours}, theirs {theirs}") })
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
        Ok(answer.trim_end().to_owned())
    }

    /// Sends a token under one command and takes the one that comes back under another.
    fn token(&mut self, command: &str, token: &[u8], expected: &str) -> Result<Vec<u8>> {
        let answer = self.ask(&format!("{command} {}", STANDARD.encode(token)))?;
        match answer.split_once(' ') {
            Some((word, token)) if word == expected => Ok(STANDARD.decode(token)?),
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
