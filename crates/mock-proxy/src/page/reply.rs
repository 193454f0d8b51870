//! The answers of the page, and the fields that tell a browser what not to do with them.

use crate::body::{AnyBody, full};
use http::header::{ALLOW, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

/// Nothing from elsewhere, nothing inline, no page around this one, no copy in a cache, and no text that becomes markup.
const GUARDS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// `response` with what every answer says.
pub(super) fn guarded(mut response: Response<AnyBody>) -> Response<AnyBody> {
    for (name, value) in GUARDS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// A body of this kind.
pub(super) fn of(kind: &'static str, body: AnyBody) -> Response<AnyBody> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A text of this kind.
pub(super) fn text(kind: &'static str, text: impl Into<bytes::Bytes>) -> Response<AnyBody> {
    of(kind, full(text))
}

/// `value` as JSON.
pub(super) fn json(value: &impl Serialize) -> Response<AnyBody> {
    match serde_json::to_vec(value) {
        Ok(text) => self::text("application/json", text),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// What went wrong, in a sentence.
#[derive(Serialize)]
pub(super) struct Problem<'a> {
    /// What.
    pub(super) error: &'a str,
    /// In which line of a text, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<usize>,
    /// In which entry of a list, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entry: Option<usize>,
}

/// `problem` under `status`.
pub(super) fn failed(status: StatusCode, problem: &Problem<'_>) -> Response<AnyBody> {
    let mut response = json(problem);
    *response.status_mut() = status;
    response
}

/// A problem that has no place.
pub(super) fn problem(status: StatusCode, error: &str) -> Response<AnyBody> {
    failed(status, &Problem { error, line: None, entry: None })
}

/// 405.
pub(super) fn not_allowed(allowed: &'static str) -> Response<AnyBody> {
    let mut response = problem(StatusCode::METHOD_NOT_ALLOWED, "Not with this method.");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
