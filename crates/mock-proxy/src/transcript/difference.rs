//! Where two transcripts differ: what the one proxy said and the other did not.

use super::{Connection, Exchange, Field, Token, Transcript};
use gatepass_wire::{Challenge, Message as _};
use std::fmt;

/// Fields that change from one response to the next, or belong to the body and not to the dance. They are not compared.
const VOLATILE: [&str; 11] = [
    "date",
    "age",
    "etag",
    "expires",
    "last-modified",
    "content-length",
    "transfer-encoding",
    "set-cookie",
    "via",
    "x-cache",
    "x-cache-lookup",
];

/// Something that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The connection to the proxy, in the order in which they were accepted, from 1.
    pub connection: usize,
    /// The request on it, from 1.
    pub request: usize,
    /// What differs.
    pub what: String,
    /// What it was.
    pub before: String,
    /// What it is now.
    pub now: String,
}

/// `connection 1, request 2: status was 407, is 200`
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, request, what, before, now } = self;
        write!(f, "connection {connection}, request {request}: {what} was {before}, is {now}")
    }
}

impl Transcript {
    /// The fields of responses that [`differences`](Self::differences) does not compare, in lower case: they change anyway.
    #[must_use]
    pub const fn volatile_fields() -> &'static [&'static str] {
        &VOLATILE
    }

    /// What the proxy of `now` answered otherwise than that of `self`: status, fields, and of a CHALLENGE the flags and whether it tells
    /// the time. Nonces, times, names and version of the server, bodies, and [some fields](Self::volatile_fields) are not compared.
    #[must_use]
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        for (index, before) in self.connections().iter().enumerate() {
            of_connection(index.saturating_add(1), before, now.connections().get(index), &mut differences);
        }
        differences
    }
}

fn of_connection(number: usize, before: &Connection, now: Option<&Connection>, found: &mut Vec<Difference>) {
    for (index, exchange) in before.exchanges.iter().enumerate() {
        let request = index.saturating_add(1);
        let said = now.and_then(|now| now.exchanges.get(index));
        let Some(said) = said.filter(|said| said.status_line.is_some()) else {
            if exchange.status_line.is_some() {
                let (before, now) = (first_line(exchange), "no response".to_owned());
                found.push(Difference {
                    connection: number,
                    request,
                    what: "the answer".to_owned(),
                    before,
                    now,
                });
            }
            // What would have come after it was never asked.
            return;
        };
        for (what, before, now) in of_exchange(exchange, said) {
            found.push(Difference { connection: number, request, what, before, now });
        }
    }
}

fn first_line(exchange: &Exchange) -> String {
    exchange.status_line.clone().unwrap_or_else(|| "no response".to_owned())
}

fn of_exchange(before: &Exchange, now: &Exchange) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut compare = |what: &str, before: String, now: String| {
        if before != now {
            found.push((what.to_owned(), before, now));
        }
    };
    compare("the status line", first_line(before), first_line(now));
    let mut names: Vec<_> =
        before.response_fields.iter().chain(&now.response_fields).map(Field::name).collect();
    let mut known = Vec::new();
    names.retain(|name| {
        let name = name.to_ascii_lowercase();
        let fresh = !known.contains(&name) && !VOLATILE.contains(&name.as_str());
        known.push(name);
        fresh
    });
    for name in names {
        compare(&format!("the field {name}"), values(before, name), values(now, name));
    }
    compare("the flags of the CHALLENGE", flags(before), flags(now));
    compare("the time in the CHALLENGE", time(before), time(now));
    found
}

/// The values of the fields called `name`, without tokens.
fn values(exchange: &Exchange, name: &str) -> String {
    let fields = exchange.response_fields.iter().filter(|field| field.is_named(name));
    let values: Vec<_> = fields.map(|field| without_token(&field.value())).collect();
    if values.is_empty() { "absent".to_owned() } else { format!("{:?}", values.join(" | ")) }
}

/// `value` with a word in the place of the token.
fn without_token(value: &str) -> String {
    ["NTLM ", "Negotiate "]
        .iter()
        .find(|scheme| value.starts_with(**scheme) && !value.contains(','))
        .map_or_else(|| value.to_owned(), |scheme| format!("{scheme}(token)"))
}

fn challenge(exchange: &Exchange) -> Option<Challenge<'_>> {
    Challenge::decode(exchange.challenge.as_ref().map(Token::bytes)?).ok()
}

fn flags(exchange: &Exchange) -> String {
    challenge(exchange).map_or_else(|| "absent".to_owned(), |challenge| challenge.flags.to_string())
}

/// Whether the server tells the time: a client answers otherwise then.
fn time(exchange: &Exchange) -> String {
    let pairs = challenge(exchange).and_then(|challenge| challenge.target_info);
    match pairs.and_then(|pairs| pairs.timestamp().ok()?) {
        Some(_) => "told".to_owned(),
        None => "absent".to_owned(),
    }
}
