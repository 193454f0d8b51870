//! A transcript as an HTTP archive (HAR 1.2), which browsers' tools open.
//!
//! What HAR has no word for stands in fields of our own, which begin with an underscore as the format wants it: who was asked and
//! what came of it (`_leg`, `_outcome`), the messages field by field (`_requestMessage`, `_responseMessage`), and what went wrong on
//! purpose (`_faults`). The layout is that of <http://www.softwareishard.com/blog/har-12-spec/>.

use super::record::{Judged, Kept, Message, moment};
use super::{Connection, Exchange, Field, Secrets, Transcript};
use crate::{Fault, Leg, Place, reply};
use serde::Serialize;
use std::time::SystemTime;

#[derive(Serialize)]
struct Archive {
    log: Log,
}

#[derive(Serialize)]
struct Log {
    version: &'static str,
    creator: Creator,
    pages: [(); 0],
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Creator {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(with = "moment")]
    started_date_time: SystemTime,
    time: f64,
    request: Request,
    response: Response,
    cache: Empty,
    timings: Timings,
    connection: String,
    #[serde(rename = "_place")]
    place: Place,
    #[serde(rename = "_leg")]
    leg: Leg,
    #[serde(rename = "_outcome")]
    outcome: Judged,
    #[serde(rename = "_faults", skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault>,
    #[serde(rename = "_requestMessage", skip_serializing_if = "Option::is_none")]
    token: Option<Message>,
    #[serde(rename = "_responseMessage", skip_serializing_if = "Option::is_none")]
    challenge: Option<Message>,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    http_version: String,
    cookies: [(); 0],
    headers: Vec<Kept>,
    query_string: Vec<Pair>,
    headers_size: i64,
    body_size: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status: u16,
    status_text: String,
    http_version: String,
    cookies: [(); 0],
    headers: Vec<Kept>,
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: String,
    headers_size: i64,
    body_size: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    size: u64,
    mime_type: String,
}

#[derive(Serialize)]
struct Pair {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Timings {
    send: f64,
    wait: f64,
    receive: f64,
}

/// The size of what was not counted by itself.
const UNKNOWN: i64 = -1;

impl Transcript {
    /// The transcript as an HTTP archive (HAR 1.2). Bodies are counted, not kept; an exchange that got no response has status 0.
    #[must_use]
    pub fn to_har(&self, secrets: Secrets) -> String {
        let mut entries: Vec<_> = [Place::Proxy, Place::Origin]
            .into_iter()
            .flat_map(|place| self.log(place).connections().iter().map(move |connection| (place, connection)))
            .flat_map(|(place, connection)| {
                connection.exchanges.iter().map(move |exchange| entry(place, connection, exchange, secrets))
            })
            .collect();
        entries.sort_by_key(|entry| entry.started_date_time);
        let creator = Creator { name: reply::PROGRAM, version: env!("CARGO_PKG_VERSION") };
        let archive = Archive { log: Log { version: "1.2", creator, pages: [], entries } };
        // Numbers, strings and lists: the only thing that cannot be written is a time before the year 0.
        serde_json::to_string_pretty(&archive).unwrap_or_default()
    }
}

fn entry(place: Place, connection: &Connection, exchange: &Exchange, secrets: Secrets) -> Entry {
    let answered = exchange.answered.unwrap_or(exchange.asked);
    let over = exchange.over.unwrap_or(answered);
    let timings = Timings {
        send: 0.0,
        wait: milliseconds(exchange.asked, answered),
        receive: milliseconds(answered, over),
    };
    Entry {
        started_date_time: exchange.asked,
        time: timings.send + timings.wait + timings.receive,
        request: request(exchange, secrets),
        response: response(exchange, secrets),
        cache: Empty {},
        timings,
        // Both count from 1, and a reader groups by this.
        connection: match place {
            Place::Proxy => connection.number.to_string(),
            Place::Origin => format!("origin {}", connection.number),
        },
        place,
        leg: exchange.leg,
        outcome: Judged::of(&exchange.outcome),
        faults: exchange.faults.clone(),
        token: exchange.token.as_ref().map(|token| Message::of(token, secrets)),
        challenge: exchange.challenge.as_ref().map(|token| Message::of(token, secrets)),
    }
}

fn request(exchange: &Exchange, secrets: Secrets) -> Request {
    let url = url(exchange);
    let query = url.split_once('?').map(|(_, query)| query.split('#').next().unwrap_or_default());
    let query_string = query.into_iter().flat_map(|query| query.split('&')).filter(|pair| !pair.is_empty());
    Request {
        method: exchange.method.clone(),
        http_version: exchange.version.clone(),
        cookies: [],
        headers: exchange.fields.iter().map(|field| Kept::of(field, secrets)).collect(),
        query_string: query_string
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| Pair { name: name.to_owned(), value: value.to_owned() })
            .collect(),
        headers_size: UNKNOWN,
        body_size: exchange.request_body,
        url,
    }
}

/// The target with a scheme: HAR knows no other form.
fn url(exchange: &Exchange) -> String {
    let target = &exchange.target;
    if exchange.method == "CONNECT" {
        return format!("https://{target}/");
    }
    if !target.starts_with('/') {
        return target.clone();
    }
    let host = exchange.fields.iter().find(|field| field.is_named("host")).map(Field::value);
    format!("http://{}{target}", host.unwrap_or_default())
}

fn response(exchange: &Exchange, secrets: Secrets) -> Response {
    let line = exchange.status_line.as_deref().unwrap_or_default();
    let mut words = line.splitn(3, ' ');
    let version = words.next().unwrap_or_default();
    let status = words.next().and_then(|status| status.parse().ok());
    let value = |name| exchange.response_field(name).map(Field::value).unwrap_or_default();
    Response {
        status: status.unwrap_or_default(),
        status_text: words.next().unwrap_or_default().to_owned(),
        http_version: if version.is_empty() { exchange.version.clone() } else { version.to_owned() },
        cookies: [],
        headers: exchange.response_fields.iter().map(|field| Kept::of(field, secrets)).collect(),
        content: Content { size: exchange.response_body, mime_type: value("content-type") },
        redirect_url: value("location"),
        headers_size: UNKNOWN,
        body_size: exchange.response_body,
    }
}

/// From the one to the other, in milliseconds; none where the clock was set back meanwhile.
fn milliseconds(from: SystemTime, to: SystemTime) -> f64 {
    to.duration_since(from).map_or(0.0, |time| (time.as_secs_f64() * 1_000_000.0).round() / 1_000.0)
}
