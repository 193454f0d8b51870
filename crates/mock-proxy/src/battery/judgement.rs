//! The judgement: first the rules that hold in every case, then what the case itself asks for, then how the client ended.

use super::case::{Case, Ends, Task};
use super::finding::{Finding, Finish};
use crate::transcript::{Connection, Exchange};
use crate::{Leg, Offered, Outcome, Running, Transcript};
use gatepass_wire::{Authenticate, Message as _, NtResponse};

/// A rule of one case: what is wrong, if anything.
pub(super) type Check = fn(&Case, &Transcript) -> Result<(), String>;

/// More requests than any client needs that gives up some time.
const MANY: usize = 12;

/// What `running` has seen of a client that ended like `finish`.
pub(super) fn judge(case: &Case, running: &Running, finish: &Finish) -> Finding {
    let transcript = running.transcript();
    // What must never happen is said first, however the client ended.
    if let Err(what) = rules(case, &transcript, finish) {
        return Finding::fail(what);
    }
    if !finish.in_time {
        return Finding::fail("it was still running when its time was over");
    }
    let Some(code) = finish.code else { return Finding::fail("a signal ended it") };
    if transcript.requests().next().is_none() {
        return Finding::fail(with_words(format!("no request came to the proxy, exit code {code}"), finish));
    }
    if case.script().offer == [Offered::Negotiate] && !sent(&transcript, "Negotiate") && code != 0 {
        return Finding::not_applicable("it does not answer Negotiate");
    }
    let script = case.script();
    let planned = script.faults.len() + script.origin_faults.len();
    let unreached = running.unreached_faults();
    if planned > 0 && unreached.len() == planned {
        let names: Vec<_> = unreached.iter().map(ToString::to_string).collect();
        return Finding::not_applicable(with_words(format!("it never got to: {}", names.join(", ")), finish));
    }
    if let Some(what) = case.checks.iter().find_map(|check| check(case, &transcript).err()) {
        return Finding::fail(what);
    }
    ending(case, &transcript, code, finish)
}

fn with_words(what: String, finish: &Finish) -> String {
    match finish.last_words() {
        Some(words) => format!("{what}: {words}"),
        None => what,
    }
}

/// How the client ended, beside how it should have.
fn ending(case: &Case, transcript: &Transcript, code: i32, finish: &Finish) -> Finding {
    let pages = if matches!(case.task(), Task::Two | Task::Users) { 2 } else { 1 };
    let served = transcript.origin().requests().filter(|exchange| is_success(exchange)).count() >= pages;
    let seen = tally(transcript);
    match (case.ends, code) {
        (Ends::Failure, 0) => Finding::fail(format!("exit code 0, where it should have given up ({seen})")),
        (Ends::Page | Ends::Either, 0) if served => Finding::pass(format!("it has the page ({seen})")),
        (Ends::Page | Ends::Either, 0) => {
            Finding::fail(format!("exit code 0, though the origin never answered ({seen})"))
        }
        (Ends::Page, code) => Finding::fail(with_words(format!("exit code {code} ({seen})"), finish)),
        (Ends::Failure | Ends::Either, code) => {
            Finding::pass(with_words(format!("it gave up with exit code {code} ({seen})"), finish))
        }
    }
}

fn is_success(exchange: &Exchange) -> bool {
    exchange.status.is_some_and(|status| (200..400).contains(&status))
}

/// `3 requests, 1 connection, 1 AUTHENTICATE`
fn tally(transcript: &Transcript) -> String {
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    format!(
        "{}, {}, {} AUTHENTICATE",
        plural(transcript.requests().count(), "request"),
        plural(transcript.connections().len(), "connection"),
        transcript.authenticates().count()
    )
}

/// The rules that hold in every case.
fn rules(case: &Case, transcript: &Transcript, finish: &Finish) -> Result<(), String> {
    if sent(transcript, "Basic") {
        return Err("it sent the password itself (Basic), which anybody on the way can read".to_owned());
    }
    let attempts = transcript.authenticates().count();
    if attempts > case.attempts {
        return Err(format!("{attempts} AUTHENTICATE messages reached the proxy, and {} may", case.attempts));
    }
    if transcript.connections().iter().any(authenticates_elsewhere) {
        return Err("it sent an AUTHENTICATE to a connection on which there was no CHALLENGE".to_owned());
    }
    if let Some(exchange) =
        transcript.origin().requests().find(|request| request.has_field("proxy-authorization"))
    {
        return Err(format!(
            "the origin saw Proxy-Authorization, in {} {}",
            exchange.method, exchange.target
        ));
    }
    if transcript.origin().requests().any(|request| request.has_field("authorization")) {
        return Err("the origin got a login (Authorization) that was for the proxy".to_owned());
    }
    let requests = transcript.requests().count();
    if requests > MANY {
        return Err(format!("it asked {requests} times"));
    }
    if finish.said.contains(&case.login().password) && !case.login().password.is_empty() {
        return Err("it printed the password".to_owned());
    }
    Ok(())
}

/// Whether a request had credentials of `scheme`.
fn sent(transcript: &Transcript, scheme: &str) -> bool {
    let named = |value: String| value.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case(scheme));
    transcript
        .requests()
        .flat_map(|request| &request.fields)
        .any(|field| field.is_named("proxy-authorization") && named(field.value()))
}

fn authenticates_elsewhere(connection: &Connection) -> bool {
    let mut challenged = false;
    connection.exchanges.iter().any(|exchange| {
        let authenticates = exchange.token.as_ref().is_some_and(|token| token.is_authenticate());
        let elsewhere = authenticates && !challenged;
        challenged |= exchange.leg == Leg::Challenge;
        elsewhere
    })
}

/// The upload came to the origin once, and whole.
pub(super) fn uploaded_once(case: &Case, transcript: &Transcript) -> Result<(), String> {
    let Task::Upload(length) = case.task() else { return Ok(()) };
    let bodies: Vec<_> = transcript.origin().requests().map(|request| request.request_body).collect();
    match bodies.as_slice() {
        [whole] if *whole == length => Ok(()),
        [other] => Err(format!("{other} bytes of the upload reached the origin, out of {length}")),
        [] => Err("the upload never reached the origin".to_owned()),
        several => Err(format!("the upload reached the origin {} times", several.len())),
    }
}

/// The upload did not reach the origin twice.
pub(super) fn not_uploaded_twice(_: &Case, transcript: &Transcript) -> Result<(), String> {
    match transcript.origin().requests().count() {
        0 | 1 => Ok(()),
        several => Err(format!("the upload reached the origin {several} times")),
    }
}

/// The body went over the wire once: not into a 407.
pub(super) fn body_held_back(case: &Case, transcript: &Transcript) -> Result<(), String> {
    let Task::Upload(length) = case.task() else { return Ok(()) };
    let refused: u64 = transcript
        .requests()
        .filter(|request| !matches!(request.outcome, Outcome::Granted(_)))
        .map(|request| request.request_body)
        .sum();
    match refused {
        0 => Ok(()),
        bytes => Err(format!("{bytes} bytes of an upload of {length} went into 407 responses")),
    }
}

/// Every response was one of NTLMv2.
pub(super) fn ntlm_v2(_: &Case, transcript: &Transcript) -> Result<(), String> {
    for token in transcript.authenticates() {
        let Ok(message) = Authenticate::decode(token.bytes()) else { continue };
        if !matches!(message.response(), Ok(NtResponse::V2 { .. })) {
            let dialect = message.response().map(|response| response.dialect().to_string());
            return Err(format!("it answered with {}", dialect.unwrap_or_else(|error| error.to_string())));
        }
    }
    Ok(())
}

/// Every AUTHENTICATE had a MIC: the challenges have a timestamp.
pub(super) fn mic(_: &Case, transcript: &Transcript) -> Result<(), String> {
    let without = |token: &&crate::Token| {
        Authenticate::decode(token.bytes())
            .is_ok_and(|message| !matches!(message.declared_mic(), Ok(Some(_))))
    };
    match transcript.authenticates().find(without) {
        Some(_) => {
            Err("its AUTHENTICATE has no MIC, so that whoever sits between can change the flags".to_owned())
        }
        None => Ok(()),
    }
}

/// One handshake served both pages.
pub(super) fn one_handshake(_: &Case, transcript: &Transcript) -> Result<(), String> {
    match transcript.negotiates().count() {
        0 | 1 => Ok(()),
        several => Err(format!("{several} handshakes for pages that one connection could have brought")),
    }
}

/// What a connection was granted, it was granted to one user.
pub(super) fn identities_apart(_: &Case, transcript: &Transcript) -> Result<(), String> {
    let granted = |connection: &Connection| -> Vec<String> {
        let mut users: Vec<_> = connection
            .exchanges
            .iter()
            .filter_map(|exchange| match &exchange.outcome {
                Outcome::Granted(principal) => Some(principal.to_string()),
                _ => None,
            })
            .collect();
        users.dedup();
        users
    };
    let all: Vec<_> = transcript.connections().iter().map(granted).collect();
    if let Some(mixed) = all.iter().find(|users| users.len() > 1) {
        return Err(format!("one connection was {}", mixed.join(" and then ")));
    }
    let mut users: Vec<_> = all.concat();
    users.sort_unstable();
    users.dedup();
    match users.len() {
        2 => Ok(()),
        _ => Err(format!("both pages were fetched as {}", users.join(", "))),
    }
}
