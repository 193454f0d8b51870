//! A transcript as lines of JSON, and back.
//!
//! The first line says which format it is; each further line is one event, written when it happened. What became of an exchange is
//! spread over its lines, so a file that ends too early still says all that had happened.

use super::record::{End, Forgotten, Headline, Kept, Message, Record, Said};
use super::{Connection, Event, Exchange, Log, Secrets, Transcript};
use crate::{Place, reply};
use std::error::Error as StdError;
use std::fmt;

/// The version of the format that is written, and read.
pub const FORMAT: u32 = 1;

impl Event {
    /// The event as an object of JSON, on one line, without a line feed.
    #[must_use]
    pub fn to_json(&self, secrets: Secrets) -> String {
        // Numbers, strings and lists: the only thing that cannot be written is a time before the year 0.
        serde_json::to_string(&Record::of(self, secrets)).unwrap_or_default()
    }
}

impl Transcript {
    /// The first line of a transcript in lines of JSON, without a line feed: for who writes the events as they happen.
    #[must_use]
    pub fn jsonl_headline() -> String {
        headline(Forgotten::default())
    }

    /// The transcript in lines of JSON (`application/jsonl`).
    #[must_use]
    pub fn to_jsonl(&self, secrets: Secrets) -> String {
        let forgotten = Forgotten { proxy: self.proxy.forgotten, origin: self.origin.forgotten };
        self.events().iter().fold(headline(forgotten) + "\n", |mut text, event| {
            text.push_str(&event.to_json(secrets));
            text.push('\n');
            text
        })
    }

    /// Reads what [`to_jsonl`](Self::to_jsonl) has written. Zeros stand in a token where secrets were left out.
    ///
    /// # Errors
    /// [`TranscriptError`] says which line is wrong, and how.
    pub fn from_jsonl(text: &str) -> Result<Self, TranscriptError> {
        let mut lines = (1..).zip(text.lines());
        let wrong = |line: usize, what: &dyn fmt::Display| TranscriptError { line, what: what.to_string() };
        let (_, first) = lines
            .next()
            .ok_or_else(|| wrong(1, &"the file is empty; a transcript begins with {\"format\":1,…}"))?;
        let headline: Headline = serde_json::from_str(first).map_err(|error| {
            wrong(1, &format!("no transcript begins so ({error}); it begins with {{\"format\":1,…}}"))
        })?;
        if headline.format != FORMAT {
            let known = format!("the format is {}, and this program reads format {FORMAT}", headline.format);
            return Err(wrong(1, &known));
        }
        let Forgotten { proxy, origin } = headline.forgotten;
        let mut transcript = Self::new(
            Log { connections: Vec::new(), forgotten: proxy },
            Log { connections: Vec::new(), forgotten: origin },
        );
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let record: Record = serde_json::from_str(line).map_err(|error| wrong(number, &error))?;
            let log = match record.place {
                Place::Proxy => &mut transcript.proxy,
                Place::Origin => &mut transcript.origin,
            };
            log.take(record).map_err(|what| wrong(number, &what))?;
        }
        Ok(transcript)
    }
}

fn headline(forgotten: Forgotten) -> String {
    let headline = Headline { format: FORMAT, program: reply::NAME.to_owned(), forgotten };
    serde_json::to_string(&headline).unwrap_or_default()
}

impl Log {
    fn take(&mut self, Record { at, connection: number, said, .. }: Record) -> Result<(), String> {
        if let Said::Opened { peer } = said {
            self.connections.push(Connection::new(number, peer, at));
            return Ok(());
        }
        let known = self.connections.iter_mut().rev().find(|connection| connection.number == number);
        let connection = known
            .ok_or_else(|| format!("no line before this one says that connection {number} was opened"))?;
        match said {
            Said::Opened { .. } => {}
            Said::Request { exchange, leg, method, target, version, fields, token, outcome } => {
                if exchange != (connection.exchanges.len() as u64).saturating_add(1) {
                    return Err(format!("request {exchange} of connection {number} is out of order"));
                }
                connection.leg = leg;
                let fields = fields.into_iter().map(Kept::field).collect();
                connection.exchanges.push(Exchange {
                    token: token.map(Message::token),
                    outcome: outcome.outcome(),
                    ..Exchange::new(at, leg, [method, target, version], fields)
                });
            }
            Said::Response { exchange, status, status_line, outcome, fields, token, faults } => {
                let exchange = connection.exchange_mut(exchange)?;
                exchange.answered = Some(at);
                exchange.status = Some(status);
                exchange.status_line = Some(status_line);
                exchange.outcome = outcome.outcome();
                exchange.response_fields = fields.into_iter().map(Kept::field).collect();
                exchange.challenge = token.map(Message::token);
                exchange.faults = faults;
            }
            Said::Over { exchange, request_body, response_body, faults } => {
                let exchange = connection.exchange_mut(exchange)?;
                exchange.over = Some(at);
                (exchange.request_body, exchange.response_body) = (request_body, response_body);
                exchange.faults = faults;
            }
            Said::Closed { leg, received, sent, ended, forgotten } => {
                connection.closed = Some(at);
                connection.leg = leg;
                (connection.received, connection.sent) = (received, sent);
                connection.ended = ended.map(End::ended);
                connection.forgotten = forgotten;
            }
        }
        Ok(())
    }
}

impl Connection {
    fn exchange_mut(&mut self, number: u64) -> Result<&mut Exchange, String> {
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let connection = self.number;
        index
            .and_then(|index| self.exchanges.get_mut(index))
            .ok_or_else(|| format!("no line before this one has request {number} of connection {connection}"))
    }
}

/// Why a file is no transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptError {
    line: usize,
    what: String,
}

impl TranscriptError {
    /// The line that is wrong, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }
}

/// `line 3: …`
impl fmt::Display for TranscriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl StdError for TranscriptError {}
