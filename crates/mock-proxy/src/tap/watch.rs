//! What both sides say, read beside the bytes as they pass.
//!
//! It changes nothing and needs not understand everything: from where HTTP stops making sense, or a tunnel begins, it only counts.
//!
//! ```text
//! client: Head ──complete──▶ Body ──over──▶ Head       a CONNECT that is asked: what follows waits for its answer
//! proxy:  Head ──complete──▶ Body ──over──▶ Head       1xx: passed over; 2xx to CONNECT, 101: both sides Blind
//! ```

use super::framing::Framing;
use crate::Leg;
use crate::answer::named;
use crate::dance::token_in;
use crate::transcript::{Entry, Exchange, Field, Outcome, Page, Token};
use gatepass_backend::Principal;
use gatepass_http::limits::{MAX_FIELDS, MAX_HEAD};
use std::collections::VecDeque;
use std::time::SystemTime;

/// How far one side is.
#[derive(Debug)]
enum Reading {
    Head(Vec<u8>),
    Body(Framing),
    /// Nothing more is read; bytes are counted.
    Blind,
}

/// A request whose response is not over.
#[derive(Debug)]
struct Asked {
    entry: Entry,
    method: String,
    /// Whom its credentials name.
    claims: Option<Principal>,
    /// Whether there are credentials that begin nothing: each is an attempt.
    proves: bool,
}

/// The watch over one connection.
#[derive(Debug)]
pub(crate) struct Watch {
    page: Page,
    client: Reading,
    proxy: Reading,
    /// In the order of the requests.
    asked: VecDeque<Asked>,
    /// The request whose body the client is sending.
    sending: Option<Entry>,
    /// Who has logged in on this connection.
    known: Option<Principal>,
}

/// What stands in a head.
struct Head {
    length: usize,
    first: [String; 3],
    fields: Vec<Field>,
    values: Vec<(String, Vec<u8>)>,
}

impl Watch {
    pub(crate) fn new(page: Page) -> Self {
        let (client, proxy) = (Reading::Head(Vec::new()), Reading::Head(Vec::new()));
        Self { page, client, proxy, asked: VecDeque::new(), sending: None, known: None }
    }

    /// Whether a response is not over yet.
    pub(crate) fn waits(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Whether a tunnel has begun, or nothing that comes makes sense any more.
    pub(crate) const fn is_blind(&self) -> bool {
        matches!(self.proxy, Reading::Blind)
    }

    /// The client says `bytes`.
    pub(crate) fn client(&mut self, bytes: &[u8]) {
        let mut rest = bytes.to_vec();
        while !rest.is_empty() {
            rest = self.client_step(rest);
        }
    }

    /// The proxy says `bytes`; nothing at its end.
    pub(crate) fn proxy(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            // A body without a length is over with the connection.
            self.asked.clear();
        }
        let mut rest = bytes.to_vec();
        while !rest.is_empty() {
            rest = self.proxy_step(rest);
        }
    }

    /// Takes the next part of `bytes`, and leaves what is behind it.
    fn client_step(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        let waits = self.asked.back().is_some_and(|asked| asked.method == "CONNECT");
        match &mut self.client {
            Reading::Blind => {
                if let Some(asked) = self.asked.front() {
                    asked.entry.update(|exchange| exchange.request_body += bytes.len() as u64);
                }
                Vec::new()
            }
            Reading::Head(head) => {
                head.extend(bytes);
                if waits && head.len() <= MAX_HEAD {
                    return Vec::new();
                }
                let mut head = std::mem::take(head);
                match request(&head) {
                    Some(Some(parsed)) => {
                        let behind = head.split_off(parsed.length.min(head.len()));
                        self.request(parsed);
                        return behind;
                    }
                    Some(None) if head.len() <= MAX_HEAD => self.client = Reading::Head(head),
                    _ => self.client = Reading::Blind,
                }
                Vec::new()
            }
            Reading::Body(framing) => {
                let taken = framing.take(&bytes);
                if let Some(entry) = &self.sending {
                    entry.update(|exchange| exchange.request_body += taken.content);
                }
                if taken.over {
                    self.client = Reading::Head(Vec::new());
                    self.sending = None;
                }
                bytes.get(taken.bytes..).unwrap_or_default().to_vec()
            }
        }
    }

    /// As [`client_step`](Self::client_step), of what the proxy says.
    fn proxy_step(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        match &mut self.proxy {
            Reading::Blind => {
                if let Some(asked) = self.asked.front() {
                    asked.entry.update(|exchange| exchange.response_body += bytes.len() as u64);
                }
                Vec::new()
            }
            Reading::Head(head) => {
                head.extend(bytes);
                let mut head = std::mem::take(head);
                match response(&head) {
                    Some(Some(parsed)) => {
                        let behind = head.split_off(parsed.length.min(head.len()));
                        self.response(&parsed);
                        return behind;
                    }
                    Some(None) if head.len() <= MAX_HEAD => self.proxy = Reading::Head(head),
                    _ => self.proxy = Reading::Blind,
                }
                Vec::new()
            }
            Reading::Body(framing) => {
                let taken = framing.take(&bytes);
                if let Some(asked) = self.asked.front() {
                    asked.entry.update(|exchange| exchange.response_body += taken.content);
                }
                if taken.over {
                    self.answered();
                }
                bytes.get(taken.bytes..).unwrap_or_default().to_vec()
            }
        }
    }

    fn request(&mut self, head: Head) {
        let [method, target, version] = head.first.clone();
        let credentials = ["proxy-authorization", "authorization"]
            .into_iter()
            .find_map(|name| head.value(name))
            .unwrap_or_default();
        let token = token_in(credentials);
        let authenticates = token.as_ref().is_some_and(Token::is_authenticate);
        let leg = match (&token, &self.known) {
            (Some(_), _) if authenticates => Leg::Verdict,
            (Some(_), _) => Leg::Challenge,
            (None, Some(_)) => Leg::Served,
            (None, None) => Leg::Offer,
        };
        let claims = token.as_ref().and_then(named);
        let first = [method.clone(), without_userinfo(&target), version];
        let exchange =
            Exchange { token, ..Exchange::new(SystemTime::now(), leg, first, head.fields.clone()) };
        let entry = self.page.exchange(exchange);
        match head.framing().filter(|framing| *framing != Framing::Length(0)) {
            Some(framing) => {
                self.sending = Some(entry.clone());
                self.client = Reading::Body(framing);
            }
            None => self.client = Reading::Head(Vec::new()),
        }
        let proves = authenticates || (leg != Leg::Challenge && !credentials.is_empty());
        self.asked.push_back(Asked { entry, method, claims, proves });
    }

    fn response(&mut self, head: &Head) {
        let [version, code, reason] = &head.first;
        let status: u16 = code.parse().unwrap_or_default();
        self.proxy = Reading::Head(Vec::new());
        let Some(asked) = self.asked.front() else { return };
        if (100..200).contains(&status) && status != 101 {
            return;
        }
        let asks = ["proxy-authenticate", "www-authenticate"];
        let challenge = head.values.iter().filter(|(name, _)| asks.contains(&name.as_str()));
        let challenge = challenge.map(|(_, value)| value).find_map(|value| token_in(value));
        let outcome = match status {
            401 | 407 if challenge.as_ref().is_some_and(Token::is_challenge) => Outcome::Challenged,
            401 | 407 if asked.proves => Outcome::Refused(format!("answered with {status}")),
            401 | 407 => Outcome::Offered,
            _ => match asked.claims.clone().or_else(|| self.known.clone()) {
                Some(principal) => Outcome::Granted(principal),
                None => Outcome::Open,
            },
        };
        if let Outcome::Granted(principal) = &outcome {
            self.known = Some(principal.clone());
        }
        asked.entry.update(|exchange| {
            exchange.status = Some(status);
            exchange.outcome = outcome;
            exchange.challenge = challenge;
        });
        asked.entry.answered(format!("{version} {code} {reason}"), head.fields.clone());
        let tunnel = asked.method == "CONNECT" && (200..300).contains(&status);
        if tunnel || status == 101 {
            self.page.reached(Leg::Tunnel);
            let waiting = std::mem::replace(&mut self.client, Reading::Blind);
            self.proxy = Reading::Blind;
            if let Reading::Head(early) = waiting {
                self.client(&early);
            }
            return;
        }
        let bodiless = asked.method == "HEAD" || status == 204 || status == 304;
        match head.framing() {
            _ if bodiless => self.answered(),
            Some(Framing::Length(0)) => self.answered(),
            Some(framing) => self.proxy = Reading::Body(framing),
            None => self.proxy = Reading::Body(Framing::Rest),
        }
    }

    /// The first response that was waited for is over.
    fn answered(&mut self) {
        self.proxy = Reading::Head(Vec::new());
        let asked = self.asked.pop_front();
        // What came behind a CONNECT that was refused is the next request.
        if asked.is_some_and(|asked| asked.method == "CONNECT")
            && let Reading::Head(waiting) = &mut self.client
            && !waiting.is_empty()
        {
            let waiting = std::mem::take(waiting);
            self.client(&waiting);
        }
    }
}

impl Head {
    fn of(length: usize, first: [String; 3], fields: &[httparse::Header<'_>]) -> Self {
        let values =
            fields.iter().map(|field| (field.name.to_ascii_lowercase(), field.value.to_vec())).collect();
        let fields = fields.iter().map(|field| Field::new(field.name, field.value)).collect();
        Self { length, first, fields, values }
    }

    fn value(&self, name: &str) -> Option<&[u8]> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    /// How the body behind the head ends, where the head says so.
    fn framing(&self) -> Option<Framing> {
        if let Some(coding) = self.value("transfer-encoding") {
            let chunked = coding.to_ascii_lowercase().ends_with(b"chunked");
            return Some(if chunked { Framing::chunked() } else { Framing::Rest });
        }
        let length = self.value("content-length")?;
        Some(std::str::from_utf8(length).ok()?.trim().parse().map_or(Framing::Rest, Framing::Length))
    }
}

/// The request head that `bytes` begin with; `Some(None)` where it is not complete, `None` where it is none.
fn request(bytes: &[u8]) -> Option<Option<Head>> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(bytes).ok()? {
        httparse::Status::Partial => Some(None),
        httparse::Status::Complete(length) => {
            let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
            let version = format!("HTTP/1.{}", request.version.unwrap_or_default());
            let first = [text(request.method), text(request.path), version];
            Some(Some(Head::of(length, first, request.headers)))
        }
    }
}

/// As [`request`], for a response.
fn response(bytes: &[u8]) -> Option<Option<Head>> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    match response.parse(bytes).ok()? {
        httparse::Status::Partial => Some(None),
        httparse::Status::Complete(length) => {
            let version = format!("HTTP/1.{}", response.version.unwrap_or_default());
            let code = response.code.unwrap_or_default().to_string();
            let first = [version, code, response.reason.unwrap_or_default().to_owned()];
            Some(Some(Head::of(length, first, response.headers)))
        }
    }
}

/// The target without user information.
fn without_userinfo(target: &str) -> String {
    let Some((scheme, rest)) = target.split_once("://") else { return target.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}
