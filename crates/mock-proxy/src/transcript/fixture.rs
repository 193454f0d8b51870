//! Logins as entries of a fixture file: what `check-vectors` recomputes.

use super::{Exchange, Field, Token, Transcript};
use crate::answer::{named, prove};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gatepass_backend::{Password, Principal};
use gatepass_engine::crypto;
use serde::Serialize;

/// The password that a login proves once its own is taken out.
const REPLACED: &str = "replaced";

/// An entry, in the format of `fixtures/recorded.json`.
#[derive(Serialize)]
struct Entry {
    name: String,
    server: String,
    user: String,
    domain: String,
    password: String,
    status: u16,
    detail: String,
    messages: Vec<Message>,
}

#[derive(Serialize)]
struct Message {
    dir: &'static str,
    b64: String,
}

/// What a fixture is made of.
struct Login<'a> {
    negotiate: &'a Token,
    challenge: &'a Token,
    authenticate: &'a Token,
    verdict: &'a Exchange,
    principal: Principal,
}

impl Transcript {
    /// The logins at the proxy as a fixture file (a list of JSON, for `check-vectors`): NEGOTIATE, CHALLENGE and AUTHENTICATE, what
    /// became of it, and the password. The first is called `name`, the others have a number behind it.
    ///
    /// Without `password` all that is proved is proved anew with another one, in its place: nothing is left from which the real one
    /// could be guessed. With it, the messages stay as they are.
    ///
    /// # Errors
    /// One sentence: there is no login, or one that cannot be proved anew, for it is not NTLMv2.
    pub fn to_fixture(&self, name: &str, password: Option<&Password>) -> Result<String, String> {
        let entries: Vec<_> = self
            .logins()
            .iter()
            .zip(1..)
            .map(|(login, number)| {
                let name = if number == 1 { name.to_owned() } else { format!("{name}-{number}") };
                entry(name, login, password)
            })
            .collect::<Result<_, _>>()?;
        if entries.is_empty() {
            return Err("no login went through: there is no handshake to make a fixture of".to_owned());
        }
        serde_json::to_string_pretty(&entries).map(|text| text + "\n").map_err(|error| error.to_string())
    }

    fn logins(&self) -> Vec<Login<'_>> {
        let mut logins = Vec::new();
        for connection in self.connections() {
            let mut begun: Option<&Exchange> = None;
            for exchange in &connection.exchanges {
                match (&exchange.token, begun) {
                    (Some(token), _) if token.is_negotiate() => begun = Some(exchange),
                    (
                        Some(authenticate),
                        Some(Exchange { token: Some(negotiate), challenge: Some(challenge), .. }),
                    ) if authenticate.is_authenticate() && challenge.is_challenge() => {
                        if let Some(principal) = named(authenticate) {
                            logins.push(Login {
                                negotiate,
                                challenge,
                                authenticate,
                                verdict: exchange,
                                principal,
                            });
                        }
                        begun = None;
                    }
                    _ => {}
                }
            }
        }
        logins
    }
}

fn entry(name: String, login: &Login<'_>, password: Option<&Password>) -> Result<Entry, String> {
    let mut authenticate = login.authenticate.bytes().to_vec();
    let proved = match password {
        Some(password) => password.expose().to_owned(),
        None => {
            let hash = crypto::ntowf_v1(REPLACED);
            let spoken = (login.negotiate.bytes(), login.challenge.bytes());
            prove(&mut authenticate, (&login.principal, &hash), spoken.0, spoken.1)
                .map_err(|error| format!("{name} cannot be proved with another password: {error}"))?;
            REPLACED.to_owned()
        }
    };
    let line = login.verdict.status_line.clone().unwrap_or_default();
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let sent = |dir, bytes: &[u8]| Message { dir, b64: BASE64_STANDARD.encode(bytes) };
    Ok(Entry {
        name,
        server: login.verdict.response_field("server").map_or_else(|| "unknown".to_owned(), Field::value),
        user: login.principal.user().to_owned(),
        domain: login.principal.domain().to_owned(),
        password: proved,
        status,
        detail: line,
        messages: vec![
            sent("client", login.negotiate.bytes()),
            sent("server", login.challenge.bytes()),
            sent("client", &authenticate),
        ],
    })
}
