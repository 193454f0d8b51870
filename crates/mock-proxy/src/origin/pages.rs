//! The pages of the embedded origin.
//!
//! | path | what it answers |
//! |---|---|
//! | `/` | a sentence |
//! | `/echo` | the request as text: its line, its fields (those with credentials without their values), its body |
//! | `/digest` | the length and the SHA-256 of the request's body, of any size |
//! | `/bytes/N` | N bytes, the one at position `i` being `i mod 251` |
//! | `/status/N` | the status N; 401 and 407 with a challenge, redirections with a `Location` |

use crate::body::{AnyBody, Counted, Pattern, full};
use crate::limits::{MAX_BYTES, MAX_ECHO};
use crate::proxy::unwanted;
use crate::reply::{self, NAME};
use bytes::Bytes;
use gatepass_backend::Principal;
use http::header::{
    AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderName, LOCATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION,
    SERVER, WWW_AUTHENTICATE,
};
use http::{HeaderValue, Method, Response, StatusCode, request::Parts};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

type Uploaded = Counted<Incoming>;

/// Fields whose values are nobody's business.
const CREDENTIALS: [HeaderName; 3] = [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE];

/// The page at `path`, for `principal` where somebody was asked who he is.
pub(crate) async fn answer(
    path: &str,
    principal: Option<&Principal>,
    head: Parts,
    body: Uploaded,
) -> Response<AnyBody> {
    match path {
        "/echo" => echo(head, body).await,
        "/digest" => digest(body).await,
        _ => {
            let page = page(path, principal, &head.method);
            unwanted(&head, body, page)
        }
    }
}

/// The pages that do not care for the body.
fn page(path: &str, principal: Option<&Principal>, method: &Method) -> Response<AnyBody> {
    if !matches!(
        *method,
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::DELETE | Method::OPTIONS
    ) {
        return reply::text(StatusCode::METHOD_NOT_ALLOWED, "The embedded origin does not know this method.");
    }
    if let Some(count) = path.strip_prefix("/bytes/") {
        return match count.parse() {
            Ok(count) if count <= MAX_BYTES => bytes(count),
            _ => reply::text(StatusCode::BAD_REQUEST, "After /bytes/ comes a number up to 10737418240."),
        };
    }
    if let Some(status) = path.strip_prefix("/status/") {
        return match status.parse().ok().and_then(|number: u16| StatusCode::from_u16(number).ok()) {
            Some(status) if !status.is_informational() => of_status(status),
            _ => reply::text(StatusCode::BAD_REQUEST, "After /status/ comes a number from 200 to 999."),
        };
    }
    match (path, principal) {
        ("/", None) => reply::text(StatusCode::OK, "This is the embedded origin of the mock proxy."),
        ("/", Some(principal)) => reply::text(StatusCode::OK, &format!("Hello {principal}.")),
        _ => reply::text(
            StatusCode::NOT_FOUND,
            "The embedded origin has /, /echo, /digest, /bytes/N and /status/N, and the same below /ntlm.",
        ),
    }
}

fn bytes(count: u64) -> Response<AnyBody> {
    let mut response = Response::new(Pattern::new(count).boxed_unsync());
    response.headers_mut().insert(SERVER, HeaderValue::from_static(NAME));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    response
}

fn of_status(status: StatusCode) -> Response<AnyBody> {
    let sentence = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or("(no name)"));
    let mut response = reply::text(status, &sentence);
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        *response.body_mut() = full("");
    }
    let field = match status.as_u16() {
        401 => Some((WWW_AUTHENTICATE, "NTLM")),
        407 => Some((PROXY_AUTHENTICATE, "NTLM")),
        301..=303 | 307 | 308 => Some((LOCATION, "/")),
        _ => None,
    };
    if let Some((name, value)) = field {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn echo(head: Parts, body: Uploaded) -> Response<AnyBody> {
    let Ok(body) = Limited::new(body, MAX_ECHO).collect().await.map(http_body_util::Collected::to_bytes)
    else {
        let sentence = format!("/echo takes up to {MAX_ECHO} bytes; /digest takes any number.");
        return reply::last(StatusCode::PAYLOAD_TOO_LARGE, &sentence);
    };
    let mut text = format!("{} {} {:?}\n", head.method, head.uri, head.version);
    for (name, value) in &head.headers {
        // Writing to a string never fails.
        let _ = match CREDENTIALS.contains(name) {
            true => writeln!(text, "{name}: (not shown)"),
            false => writeln!(text, "{name}: {}", value.as_bytes().escape_ascii()),
        };
    }
    let _ = write!(text, "\nbody: {} bytes\n", body.len());
    let mut response = reply::text(StatusCode::OK, "");
    *response.body_mut() = full(Bytes::from([text.into_bytes(), body.to_vec()].concat()));
    response
}

async fn digest(mut body: Uploaded) -> Response<AnyBody> {
    let (mut hash, mut length) = (Sha256::new(), 0_u64);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                let data = frame.data_ref().map_or(&[][..], |data| data);
                length += data.len() as u64;
                hash.update(data);
            }
            Err(error) => {
                let sentence = format!("The body broke off after {length} bytes: {error}.");
                return reply::last(StatusCode::BAD_REQUEST, &sentence);
            }
        }
    }
    let hex = hash.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    reply::text(StatusCode::OK, &format!("{length} bytes, SHA-256 {hex}"))
}
