//! A line of a transcript in JSON.

use super::{Ended, Event, Exchange, Field, Outcome, Secrets, Token, What};
use crate::{Fault, Leg, Place};
use gatepass_backend::Principal;
use gatepass_inspect::Report;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::SystemTime;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Headline {
    /// The version of the format.
    pub(super) format: u32,
    /// Who wrote it.
    pub(super) program: String,
    /// How many of the oldest connections are missing.
    #[serde(default, skip_serializing_if = "Forgotten::is_empty")]
    pub(super) forgotten: Forgotten,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Forgotten {
    pub(super) proxy: u64,
    pub(super) origin: u64,
}

impl Forgotten {
    const fn is_empty(&self) -> bool {
        self.proxy == 0 && self.origin == 0
    }
}

/// Each further line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(with = "moment")]
    pub(super) at: SystemTime,
    pub(super) place: Place,
    pub(super) connection: u64,
    #[serde(flatten)]
    pub(super) said: Said,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum Said {
    Opened {
        peer: SocketAddr,
    },
    Request {
        exchange: u64,
        leg: Leg,
        method: String,
        target: String,
        version: String,
        fields: Vec<Kept>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<Message>,
        outcome: Judged,
    },
    Response {
        exchange: u64,
        status: u16,
        status_line: String,
        /// What the request was taken for: who only passes it on knows that now.
        outcome: Judged,
        fields: Vec<Kept>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<Message>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        faults: Vec<Fault>,
    },
    Over {
        exchange: u64,
        request_body: u64,
        response_body: u64,
        /// Those of a tunnel come after its head.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        faults: Vec<Fault>,
    },
    Closed {
        leg: Leg,
        received: u64,
        sent: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended: Option<End>,
        /// Requests that are not in the transcript.
        #[serde(default, skip_serializing_if = "is_zero")]
        forgotten: u64,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Record {
    pub(super) fn of(event: &Event, secrets: Secrets) -> Self {
        let said = match &event.what {
            What::Opened(peer) => Said::Opened { peer: *peer },
            What::Request(number, exchange) => Said::Request {
                exchange: *number,
                leg: exchange.leg,
                method: exchange.method.clone(),
                target: exchange.target.clone(),
                version: exchange.version.clone(),
                fields: exchange.fields.iter().map(|field| Kept::of(field, secrets)).collect(),
                token: exchange.token.as_ref().map(|token| Message::of(token, secrets)),
                outcome: Judged::of(&exchange.outcome),
            },
            What::Response(number, exchange) => response(*number, exchange, secrets),
            What::Over(number, exchange) => Said::Over {
                exchange: *number,
                request_body: exchange.request_body,
                response_body: exchange.response_body,
                faults: exchange.faults.clone(),
            },
            What::Closed(connection) => Said::Closed {
                leg: connection.leg,
                received: connection.received,
                sent: connection.sent,
                ended: connection.ended.as_ref().map(End::of),
                forgotten: connection.forgotten,
            },
        };
        Self { at: event.at, place: event.place, connection: event.connection, said }
    }
}

fn response(number: u64, exchange: &Exchange, secrets: Secrets) -> Said {
    Said::Response {
        exchange: number,
        status: exchange.status.unwrap_or_default(),
        status_line: exchange.status_line.clone().unwrap_or_default(),
        outcome: Judged::of(&exchange.outcome),
        fields: exchange.response_fields.iter().map(|field| Kept::of(field, secrets)).collect(),
        token: exchange.challenge.as_ref().map(|token| Message::of(token, secrets)),
        faults: exchange.faults.clone(),
    }
}

/// A field of a head.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    name: String,
    value: String,
}

impl Kept {
    pub(super) fn of(field: &Field, secrets: Secrets) -> Self {
        let value = match secrets {
            Secrets::LeftOut => field.value(),
            Secrets::Kept => field.revealed().to_owned(),
        };
        Self { name: field.name().to_owned(), value }
    }

    pub(super) fn field(self) -> Field {
        Field::read(self.name, self.value)
    }
}

/// A token: what is said of it, and its bytes where they are kept.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Message {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
    #[serde(flatten)]
    report: Report,
}

impl Message {
    pub(super) fn of(token: &Token, secrets: Secrets) -> Self {
        let mut report = token.report();
        if secrets == Secrets::Kept {
            let hex = token.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            return Self { hex: Some(hex), report };
        }
        // Before anybody proves anything there is nothing to be guessed from.
        if !token.is_negotiate() && !token.is_challenge() {
            report.redact();
        }
        Self { hex: None, report }
    }

    /// The token, with zeros in the place of what was left out.
    pub(super) fn token(self) -> Token {
        let digits = self.hex.as_deref().unwrap_or_default().as_bytes().chunks_exact(2);
        let bytes: Option<Vec<u8>> = digits
            .map(|two| std::str::from_utf8(two).ok().and_then(|two| u8::from_str_radix(two, 16).ok()))
            .collect();
        Token::new(bytes.filter(|bytes| !bytes.is_empty()).unwrap_or_else(|| self.report.bytes()))
    }
}

/// An [`Outcome`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Judged {
    Pending,
    Open,
    Offered,
    Challenged,
    Granted { domain: String, user: String },
    Refused { reason: String },
    Invalid { reason: String },
}

impl Judged {
    pub(super) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Pending => Self::Pending,
            Outcome::Open => Self::Open,
            Outcome::Offered => Self::Offered,
            Outcome::Challenged => Self::Challenged,
            Outcome::Granted(principal) => {
                Self::Granted { domain: principal.domain().to_owned(), user: principal.user().to_owned() }
            }
            Outcome::Refused(reason) => Self::Refused { reason: reason.clone() },
            Outcome::Invalid(reason) => Self::Invalid { reason: reason.clone() },
        }
    }

    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Pending => Outcome::Pending,
            Self::Open => Outcome::Open,
            Self::Offered => Outcome::Offered,
            Self::Challenged => Outcome::Challenged,
            Self::Granted { domain, user } => Outcome::Granted(Principal::new(domain, user)),
            Self::Refused { reason } => Outcome::Refused(reason),
            Self::Invalid { reason } => Outcome::Invalid(reason),
        }
    }
}

/// An [`Ended`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum End {
    ByClient,
    ByMock,
    ByProxy,
    Unreachable { reason: String },
    Reset,
    Silent,
    Garbage { reason: String },
    Panicked,
}

impl End {
    fn of(ended: &Ended) -> Self {
        match ended {
            Ended::ByClient => Self::ByClient,
            Ended::ByMock => Self::ByMock,
            Ended::ByProxy => Self::ByProxy,
            Ended::Unreachable(reason) => Self::Unreachable { reason: reason.clone() },
            Ended::Reset => Self::Reset,
            Ended::Silent => Self::Silent,
            Ended::Garbage(reason) => Self::Garbage { reason: reason.clone() },
            Ended::Panicked => Self::Panicked,
        }
    }

    pub(super) fn ended(self) -> Ended {
        match self {
            Self::ByClient => Ended::ByClient,
            Self::ByMock => Ended::ByMock,
            Self::ByProxy => Ended::ByProxy,
            Self::Unreachable { reason } => Ended::Unreachable(reason),
            Self::Reset => Ended::Reset,
            Self::Silent => Ended::Silent,
            Self::Garbage { reason } => Ended::Garbage(reason),
            Self::Panicked => Ended::Panicked,
        }
    }
}

/// A time as RFC 3339 writes it, in UTC, to the microsecond.
pub(super) mod moment {
    use serde::{Deserialize as _, Deserializer, Serializer, de, ser};
    use std::time::SystemTime;
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;

    pub(in crate::transcript) fn shown(at: SystemTime) -> Result<String, time::error::Format> {
        let at = OffsetDateTime::from(at);
        at.replace_nanosecond(at.nanosecond() / 1_000 * 1_000).unwrap_or(at).format(&Rfc3339)
    }

    pub(in crate::transcript) fn serialize<S: Serializer>(
        at: &SystemTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&shown(*at).map_err(ser::Error::custom)?)
    }

    pub(in crate::transcript) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<SystemTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        OffsetDateTime::parse(&text, &Rfc3339).map(SystemTime::from).map_err(de::Error::custom)
    }
}
