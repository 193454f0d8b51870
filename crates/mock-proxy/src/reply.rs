//! The responses that the mock makes itself.

use crate::body::{AnyBody, full};
use http::header::{CONNECTION, CONTENT_TYPE, HeaderName, SERVER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::ext::ReasonPhrase;

/// The name of the program.
pub(crate) const PROGRAM: &str = "gatepass-mock-proxy";

/// How the mock calls itself in `Server` and `Via`. The name says what it is: nobody shall take it for a real proxy.
pub(crate) const NAME: &str = concat!("gatepass-mock-proxy/", env!("CARGO_PKG_VERSION"), " (test tool)");

/// A response of one sentence.
pub(crate) fn text(status: StatusCode, sentence: &str) -> Response<AnyBody> {
    let mut response = Response::new(full(format!("{sentence}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(SERVER, HeaderValue::from_static(NAME));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// As [`text`], and the connection is closed after it.
pub(crate) fn last(status: StatusCode, sentence: &str) -> Response<AnyBody> {
    let mut response = text(status, sentence);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// A 407 or 401 with these values of `field`.
pub(crate) fn challenge(status: StatusCode, field: HeaderName, values: &[String]) -> Response<AnyBody> {
    with_last_word(text(status, "Who are you? This needs authentication."), field, values)
}

/// `response` with these values of `field`: what the mechanism has still to say to who is let in. An answer to CONNECT goes
/// without, as Squid's does.
pub(crate) fn with_last_word(
    mut response: Response<AnyBody>,
    field: HeaderName,
    values: &[String],
) -> Response<AnyBody> {
    for value in values.iter().filter_map(|value| HeaderValue::from_str(value).ok()) {
        response.headers_mut().append(field.clone(), value);
    }
    response
}

/// `response` with another body, and of HTML.
pub(crate) fn with_body(response: Response<AnyBody>, body: AnyBody) -> Response<AnyBody> {
    let mut response = response.map(|_| body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// Says that the connection stays open, as Squid does in every answer, though a client of HTTP/1.1 need not be told.
pub(crate) fn keep_alive(response: &mut Response<AnyBody>) {
    response.headers_mut().append(CONNECTION, HeaderValue::from_static("keep-alive"));
}

/// Whether the fields `Connection` name `option`.
pub(crate) fn connection_says(headers: &HeaderMap, option: &str) -> bool {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case(option))
}

/// The answer to a CONNECT that was granted: what follows are the tunnel's bytes.
pub(crate) fn established() -> Response<AnyBody> {
    let mut response = Response::new(full(""));
    response.extensions_mut().insert(ReasonPhrase::from_static(b"Connection established"));
    response
}

/// A whole response as bytes, for a connection that HTTP never got hold of.
pub(crate) fn raw((status, reason): (u16, &str), sentence: &str) -> Vec<u8> {
    let length = sentence.len() + 1;
    format!(
        "HTTP/1.1 {status} {reason}\r\nServer: {NAME}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{sentence}\n"
    )
    .into_bytes()
}
