//! What the page asks, below `/api/`.
//!
//! | name | method | |
//! |---|---|---|
//! | `state` | GET | what the mock proxy is: addresses, kinds of fault, personalities |
//! | `events` | GET | what happened and what happens, a line of JSON each, without end |
//! | `faults` | GET, PUT | the switches |
//! | `script` | GET, POST | the text of the script; POST checks another one, and follows it when told to |
//! | `verdicts` | GET | what the client did right and wrong |
//! | `transcript.jsonl`, `transcript.har` | GET | the transcript, without secrets |

use super::reply::{self, Problem};
use super::switches::Switch;
use super::{Site, masked, verdicts};
use crate::authority::ORIGIN_HOST;
use crate::body::AnyBody;
use crate::fault::{Fault, TokenFault};
use crate::personality::Personality;
use crate::script::Script;
use crate::transcript::Secrets;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::{MutexGuard, PoisonError};

/// The longest body of a request, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// A script to be looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proposed {
    text: String,
    /// Whether to follow it if it is one.
    apply: bool,
}

/// The text of a script.
#[derive(Serialize)]
struct Shown {
    text: String,
}

impl Site {
    /// The answer to who may ask.
    pub(super) async fn interface(&self, name: &str, request: Request<Incoming>) -> Response<AnyBody> {
        let get = request.method() == Method::GET;
        match name {
            "state" if get => self.state(),
            "events" if get => self.feed.stream(|| self.controls.books().transcript()),
            "faults" if get => reply::json(&self.switches.list(&self.controls)),
            "faults" if request.method() == Method::PUT => match body(request).await {
                Ok(body) => self.switch(&body),
                Err(response) => response,
            },
            "script" if get => reply::json(&Shown { text: masked::mask(&self.script().1) }),
            "script" if request.method() == Method::POST => match body(request).await {
                Ok(body) => self.propose(&body),
                Err(response) => response,
            },
            "verdicts" if get => reply::json(&verdicts::of(&self.controls.books().transcript())),
            "transcript.jsonl" if get => {
                let text = self.controls.books().transcript().to_jsonl(Secrets::LeftOut);
                reply::text("application/jsonl", text)
            }
            "transcript.har" if get => {
                let text = self.controls.books().transcript().to_har(Secrets::LeftOut);
                reply::text("application/json", text)
            }
            "faults" => reply::not_allowed("GET, PUT"),
            "script" => reply::not_allowed("GET, POST"),
            "state" | "events" | "verdicts" | "transcript.jsonl" | "transcript.har" => {
                reply::not_allowed("GET")
            }
            _ => reply::problem(StatusCode::NOT_FOUND, "The page has no such question."),
        }
    }

    /// The script that is followed, with its text. What [`Running::set_script`](crate::Running::set_script) was given has none.
    fn script(&self) -> MutexGuard<'_, (Script, String)> {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        let followed = self.controls.followed();
        if script.0 != followed {
            let text = super::written(&followed);
            *script = (followed, text);
        }
        script
    }

    fn state(&self) -> Response<AnyBody> {
        let kinds = Fault::KINDS.iter().map(|kind| {
            json!({ "name": kind.name, "example": kind.example, "sentence": kind.sentence, "legs": kind.legs })
        });
        let personalities = Personality::all().unwrap_or_default();
        let personalities =
            personalities.iter().map(|known| json!({ "name": known.name, "sentence": known.sentence }));
        reply::json(&json!({
            "program": crate::reply::NAME,
            "proxy": format!("http://{}", self.proxy),
            "origin": format!("http://{ORIGIN_HOST}/"),
            "secure-origin": format!("https://{ORIGIN_HOST}/"),
            "kinds": kinds.collect::<Vec<_>>(),
            "token-faults": TokenFault::NAMES,
            "personalities": personalities.collect::<Vec<_>>(),
        }))
    }

    fn switch(&self, body: &[u8]) -> Response<AnyBody> {
        let wanted: Vec<Switch> = match serde_json::from_slice(body) {
            Ok(wanted) => wanted,
            Err(error) => return unreadable(&error),
        };
        match self.switches.set(wanted, &self.controls) {
            Ok(()) => reply::json(&self.switches.list(&self.controls)),
            Err((entry, error)) => {
                let problem = Problem { error: &error, line: None, entry: Some(entry) };
                reply::failed(StatusCode::UNPROCESSABLE_ENTITY, &problem)
            }
        }
    }

    fn propose(&self, body: &[u8]) -> Response<AnyBody> {
        let Proposed { text, apply } = match serde_json::from_slice(body) {
            Ok(proposed) => proposed,
            Err(error) => return unreadable(&error),
        };
        let refused = |line: Option<usize>, error: &str| {
            reply::failed(StatusCode::UNPROCESSABLE_ENTITY, &Problem { error, line, entry: None })
        };
        let mut current = self.script();
        let whole = match masked::unmask(&text, &current.1) {
            Ok(whole) => whole,
            Err((line, error)) => return refused(Some(line), &error),
        };
        let script = match Script::parse(&whole) {
            Ok(script) => script,
            Err(error) => return refused(Some(error.line()), &error.without_line()),
        };
        let shown = Shown { text: masked::mask(&whole) };
        if apply {
            if let Err(error) = self.controls.follow(&script) {
                return refused(None, &error.to_string());
            }
            self.switches.follow(&self.controls);
            *current = (script, whole);
        }
        reply::json(&shown)
    }
}

fn unreadable(error: &serde_json::Error) -> Response<AnyBody> {
    reply::problem(StatusCode::BAD_REQUEST, &format!("That is not what is understood here: {error}."))
}

/// The body of a request, which must be JSON: no form can send that.
async fn body(request: Request<Incoming>) -> Result<Bytes, Response<AnyBody>> {
    if !is_json(request.headers()) {
        let sentence = "The body must be application/json.";
        return Err(reply::problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence));
    }
    match Limited::new(request.into_body(), MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(_) => {
            let sentence = format!("The body must come whole, and have at most {MAX_BODY} bytes.");
            Err(reply::problem(StatusCode::PAYLOAD_TOO_LARGE, &sentence))
        }
    }
}

fn is_json(fields: &HeaderMap) -> bool {
    fields.get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json")
}
