//! What the client under test did right and wrong, as far as the transcript shows it.

use crate::battery::Verdict;
use crate::transcript::{Connection, Ended, Exchange, Outcome, Token, Transcript};
use gatepass_wire::{Authenticate, AvId, Challenge, Message as _, NtResponse};
use serde::Serialize;
use std::collections::HashMap;

/// A judgement of one thing that clients get wrong.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Judgement {
    /// What a client should do.
    pub(super) name: &'static str,
    pub(super) verdict: Verdict,
    /// What was seen.
    pub(super) why: String,
    /// Where it is written.
    pub(super) section: &'static str,
}

/// What was found: how often it was right, and the first place where it was wrong.
#[derive(Default)]
struct Seen {
    right: usize,
    wrong: Option<String>,
}

impl Seen {
    fn note(&mut self, right: bool, wrong: impl FnOnce() -> String) {
        match right {
            true => self.right += 1,
            false => {
                self.wrong.get_or_insert_with(wrong);
            }
        }
    }

    fn verdict(self, name: &'static str, section: &'static str, unseen: &str) -> Judgement {
        let (verdict, why) = match self {
            Self { wrong: Some(why), .. } => (Verdict::Fail, why),
            Self { right: 0, .. } => (Verdict::NotApplicable, unseen.to_owned()),
            Self { right: 1, .. } => (Verdict::Pass, "seen once".to_owned()),
            Self { right, .. } => (Verdict::Pass, format!("seen {right} times")),
        };
        Judgement { name, verdict, why, section }
    }
}

/// All judgements of what the proxy and the origin saw.
pub(super) fn of(transcript: &Transcript) -> Vec<Judgement> {
    vec![
        one_connection(transcript),
        answers(transcript),
        one_attempt(transcript),
        once_a_connection(transcript),
        response(transcript),
        mic(transcript),
        lm_response(transcript),
        no_body_too_early(transcript),
        no_basic(transcript),
        nothing_for_the_origin(transcript),
        http(transcript),
    ]
}

/// `connection 3, request 2`
fn place(connection: &Connection, index: usize) -> String {
    format!("connection {}, request {}", connection.number, index.saturating_add(1))
}

/// Each request with its connection and its index there.
fn requests(transcript: &Transcript) -> impl Iterator<Item = (&Connection, usize, &Exchange)> {
    let connections = transcript.connections().iter();
    connections.flat_map(|connection| {
        connection.exchanges.iter().enumerate().map(move |(at, it)| (connection, at, it))
    })
}

/// Each AUTHENTICATE with the CHALLENGE that it answers.
fn answered(transcript: &Transcript) -> impl Iterator<Item = (&Connection, usize, &[u8], &[u8])> {
    requests(transcript).filter_map(|(connection, at, exchange)| {
        let token = exchange.token.as_ref().filter(|token| token.is_authenticate())?;
        let before = connection.exchanges.get(at.checked_sub(1)?)?.challenge.as_ref()?;
        Some((connection, at, before.bytes(), token.bytes()))
    })
}

/// Whether `challenge` tells the time, which decides about the MIC and the LM response.
fn tells_the_time(challenge: &[u8]) -> bool {
    let pairs = Challenge::decode(challenge).ok().and_then(|challenge| challenge.target_info);
    pairs.is_some_and(|pairs| {
        pairs.iter().filter_map(Result::ok).any(|pair| pair.id == AvId::MSV_AV_TIMESTAMP)
    })
}

fn is_challenged(exchange: &Exchange) -> bool {
    exchange.outcome == Outcome::Challenged
}

fn one_connection(transcript: &Transcript) -> Judgement {
    let mut seen = Seen::default();
    for (connection, at, exchange) in requests(transcript) {
        if exchange.token.as_ref().is_some_and(Token::is_authenticate) {
            let before = at.checked_sub(1).and_then(|at| connection.exchanges.get(at));
            seen.note(before.is_some_and(is_challenged), || {
                format!("{}: an AUTHENTICATE without the CHALLENGE before it", place(connection, at))
            });
        }
    }
    let unseen = "no AUTHENTICATE came";
    seen.verdict("sends the AUTHENTICATE on the connection of its CHALLENGE", "RFC 4559 6", unseen)
}

fn answers(transcript: &Transcript) -> Judgement {
    let mut seen = Seen::default();
    for (connection, at, exchange) in requests(transcript).filter(|(_, _, it)| is_challenged(it)) {
        let spoiled = !exchange.faults.is_empty();
        let open = connection.ended.is_none();
        match connection.exchanges.get(at.saturating_add(1)) {
            Some(_) => seen.note(true, String::new),
            None if spoiled || open => {}
            None => seen.note(false, || format!("{}: it left after the CHALLENGE", place(connection, at))),
        }
    }
    seen.verdict(
        "answers each CHALLENGE that nothing was done to",
        "MS-NLMP 3.1.5.1.2",
        "no CHALLENGE was sent",
    )
}

fn one_attempt(transcript: &Transcript) -> Judgement {
    let (mut seen, mut refused) = (Seen::default(), HashMap::<_, u32>::new());
    for (connection, at, exchange) in requests(transcript) {
        let Some(token) = exchange.token.as_ref().filter(|token| token.is_authenticate()) else { continue };
        let Ok(message) = Authenticate::decode(token.bytes()) else { continue };
        if matches!(exchange.outcome, Outcome::Refused(_)) {
            let name = format!("{}\\{}", message.domain_name, message.user_name);
            let count = refused.entry(name.to_lowercase()).or_default();
            *count += 1;
            seen.note(*count == 1, || {
                format!(
                    "{}: {name} tried again after a refusal; accounts are locked that way",
                    place(connection, at)
                )
            });
        }
    }
    seen.verdict("tries a refused password once", "RFC 9110 15.5.8", "nobody was refused")
}

fn once_a_connection(transcript: &Transcript) -> Judgement {
    let mut seen = Seen::default();
    for connection in transcript.connections() {
        let granted = connection
            .exchanges
            .iter()
            .position(|exchange| matches!(exchange.outcome, Outcome::Granted(_)) && exchange.token.is_some());
        let Some(granted) = granted else { continue };
        for (at, exchange) in connection.exchanges.iter().enumerate().skip(granted.saturating_add(1)) {
            seen.note(exchange.token.is_none(), || {
                format!("{}: a new handshake on a connection that is logged in", place(connection, at))
            });
        }
    }
    let unseen = "no connection was used again after its login";
    seen.verdict("logs in once a connection, and uses it again", "RFC 9112 9.3", unseen)
}

fn response(transcript: &Transcript) -> Judgement {
    let mut seen = Seen::default();
    for (connection, at, _, message) in answered(transcript) {
        let Ok(message) = Authenticate::decode(message) else { continue };
        match message.response() {
            Ok(NtResponse::V2 { .. }) => seen.note(true, String::new),
            Ok(NtResponse::Anonymous) => {}
            Ok(other) => seen.note(false, || format!("{}: {}", place(connection, at), other.dialect())),
            Err(error) => seen.note(false, || format!("{}: {error}", place(connection, at))),
        }
    }
    seen.verdict("answers with NTLMv2, nothing older", "MS-NLMP 3.3.2", "no AUTHENTICATE came")
}

fn mic(transcript: &Transcript) -> Judgement {
    let mut seen = Seen::default();
    for (connection, at, challenge, message) in answered(transcript) {
        if let (true, Ok(message)) = (tells_the_time(challenge), Authenticate::decode(message)) {
            seen.note(matches!(message.declared_mic(), Ok(Some(_))), || {
                format!(
                    "{}: the CHALLENGE told the time, and the AUTHENTICATE has no MIC",
                    place(connection, at)
                )
            });
        }
    }
    let unseen = "no CHALLENGE that told the time was answered";
    seen.verdict(
        "protects the messages with a MIC when the server tells the time",
        "MS-NLMP 3.1.5.1.2",
        unseen,
    )
}

fn lm_response(transcript: &Transcript) -> Judgement {
    let mut seen = Seen::default();
    for (connection, at, challenge, message) in answered(transcript) {
        if let (true, Ok(message)) = (tells_the_time(challenge), Authenticate::decode(message)) {
            seen.note(message.lm_response.iter().all(|byte| *byte == 0), || {
                format!(
                    "{}: an LM response beside the NTLMv2 response, which should be zeros",
                    place(connection, at)
                )
            });
        }
    }
    let unseen = "no CHALLENGE that told the time was answered";
    seen.verdict("sends no LM response when the server tells the time", "MS-NLMP 3.1.5.1.2", unseen)
}

fn no_body_too_early(transcript: &Transcript) -> Judgement {
    let mut seen = Seen::default();
    for (connection, at, exchange) in requests(transcript) {
        if is_challenged(exchange) && !["GET", "HEAD", "CONNECT"].contains(&exchange.method.as_str()) {
            seen.note(exchange.request_body == 0, || {
                let bytes = exchange.request_body;
                format!(
                    "{}: {bytes} bytes of a body with the NEGOTIATE, which must be sent again",
                    place(connection, at)
                )
            });
        }
    }
    seen.verdict(
        "keeps the body back until it is logged in",
        "RFC 9110 10.1.1",
        "no request with a body began a handshake",
    )
}

/// The scheme of the credentials that came, in lower case.
fn scheme(exchange: &Exchange) -> Option<String> {
    let field = exchange.fields.iter().find(|field| field.is_named("proxy-authorization"))?;
    Some(field.value().split(' ').next().unwrap_or_default().to_ascii_lowercase())
}

fn no_basic(transcript: &Transcript) -> Judgement {
    let mut seen = Seen::default();
    for (connection, at, exchange) in requests(transcript) {
        let Some(scheme) = scheme(exchange) else { continue };
        let stronger = at.checked_sub(1).and_then(|at| connection.exchanges.get(at)).is_none_or(|before| {
            let mut offers =
                before.response_fields.iter().filter(|field| field.is_named("proxy-authenticate"));
            offers.any(|field| {
                let value = field.value().to_ascii_lowercase();
                value.starts_with("ntlm") || value.starts_with("negotiate")
            })
        });
        seen.note(scheme != "basic" || !stronger, || {
            format!(
                "{}: the password itself, where NTLM or Negotiate was offered or nothing was asked",
                place(connection, at)
            )
        });
    }
    seen.verdict(
        "sends no password where something stronger is offered",
        "RFC 7617 4; RFC 9110 17.16.1",
        "no credentials came",
    )
}

fn nothing_for_the_origin(transcript: &Transcript) -> Judgement {
    let mut seen = Seen::default();
    let connections = transcript.origin().connections().iter();
    for (connection, exchange) in
        connections.flat_map(|it| it.exchanges.iter().map(move |exchange| (it, exchange)))
    {
        // What is forwarded comes without; what comes through a tunnel is as the client has sent it.
        seen.note(!exchange.has_field("proxy-authorization"), || {
            format!("origin, connection {}: Proxy-Authorization went through to it", connection.number)
        });
    }
    seen.verdict("sends the proxy's credentials to no origin", "RFC 9110 11.7.2", "the origin was not asked")
}

fn http(transcript: &Transcript) -> Judgement {
    let mut seen = Seen::default();
    for connection in transcript.connections() {
        if let Some(Ended::Garbage(what)) = &connection.ended {
            seen.note(false, || format!("connection {}: {what}", connection.number));
        }
        for (at, exchange) in connection.exchanges.iter().enumerate() {
            let wrong = match &exchange.outcome {
                Outcome::Invalid(what) => Some(what),
                _ => None,
            };
            seen.note(wrong.is_none(), || {
                format!("{}: {}", place(connection, at), wrong.map_or("", String::as_str))
            });
        }
    }
    seen.verdict("speaks HTTP as a proxy wants it, with well-formed tokens", "RFC 9112 3", "nothing came")
}
