//! How one listener writes its responses: a personality, or the mock's own way.

use crate::body::{AnyBody, full};
use crate::fault::{Fault, Order, TokenFault};
use crate::personality::{Dress, Personality};
use crate::reply;
use crate::transcript::{Entry, Outcome};
use http::header::{CONNECTION, HeaderName};
use http::{HeaderValue, Response};
use std::sync::Arc;

/// The field that says what this is, where a personality has the `Server` field.
const MARK: &str = "X-Test-Tool";

/// What a response is, in the eyes of whoever writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Situation {
    /// It asks for credentials.
    Refused,
    /// It is the origin's answer to who is let in.
    PassedOn,
    /// It opens a tunnel.
    Established,
    /// It is about a mistake.
    Other,
}

/// The manner of a listener.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manner {
    personality: Option<Arc<Personality>>,
    /// Whether each response says that it is a test tool's, though the peer that it is like does not.
    marked: bool,
}

impl Manner {
    /// Like `personality`. Where others than this machine's users can come (`remote`) nobody shall take it for the peer itself.
    pub(crate) fn new(personality: Option<Personality>, remote: bool) -> Self {
        Self { marked: remote && personality.is_some(), personality: personality.map(Arc::new) }
    }

    pub(crate) fn intercepts_tls(&self) -> bool {
        self.personality.as_ref().is_some_and(|personality| personality.intercepts_tls)
    }

    /// The values of the challenge field, as they stand in the head.
    pub(crate) fn values(&self, values: Vec<String>) -> Vec<String> {
        let Some(personality) = &self.personality else { return values };
        // None of the peers that were seen says how a password is encoded.
        let plain = |value: String| value.replace(", charset=\"UTF-8\"", "");
        let named = |value: String| match value.starts_with("Negotiate ") && personality.named_token {
            true => TokenFault::Named.bend(&value),
            false => value,
        };
        personality.layout.arrange(values.into_iter().map(plain).map(named).collect())
    }

    /// `response` with what the peer says besides, before HTTP writes it.
    pub(crate) fn complete(
        &self,
        mut response: Response<AnyBody>,
        situation: Situation,
        outcome: &Outcome,
        persistent: Option<&'static str>,
    ) -> Response<AnyBody> {
        let Some(personality) = &self.personality else { return response };
        if situation == Situation::Refused {
            if let Some(body) = self.dress(situation).and_then(|dress| dress.body) {
                response = reply::with_body(response, full(body));
            }
            if personality.closes_offer && !matches!(outcome, Outcome::Challenged) {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
        }
        if let (true, Some(value)) = (personality.persistent_auth, persistent) {
            let name = HeaderName::from_static("persistent-auth");
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// The order for the bytes of a response, whose head is written down at `entry`.
    pub(crate) fn order(&self, situation: Situation, faults: Vec<Fault>, entry: Entry) -> Order {
        let mark =
            self.marked.then(|| Fault::Header { name: MARK.to_owned(), value: reply::NAME.to_owned() });
        let faults = faults.into_iter().chain(mark).collect();
        Order { dress: self.dress(situation), faults, entry: Some(entry) }
    }

    fn dress(&self, situation: Situation) -> Option<Dress> {
        let personality = self.personality.as_ref()?;
        match situation {
            Situation::Refused => personality.refused.clone(),
            Situation::PassedOn => personality.passed_on.clone(),
            Situation::Established => personality.established.clone(),
            Situation::Other => None,
        }
    }
}
