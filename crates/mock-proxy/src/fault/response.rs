//! Faults in what a response is made of, before HTTP writes it.

use super::Fault;
use crate::body::{AnyBody, Pattern, Unsized};
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName};
use http::{HeaderValue, Response};
use http_body_util::BodyExt as _;

/// `response` with the faults that concern its body and its token; `field` is the one that carries tokens.
pub(crate) fn bend(
    mut response: Response<AnyBody>,
    field: &HeaderName,
    faults: &[Fault],
) -> Response<AnyBody> {
    for fault in faults {
        match fault {
            Fault::Token(token) => {
                let values: Vec<_> =
                    response.headers().get_all(field).iter().map(|value| bent(value, token)).collect();
                replace(response.headers_mut(), field, values);
            }
            Fault::Chunked => response = resized(response, |body| Unsized(body).boxed_unsync()),
            Fault::HugeBody(length) => response = resized(response, |_| Pattern::new(*length).boxed_unsync()),
            Fault::EndlessBody => {
                response = resized(response, |_| Unsized(Pattern::new(u64::MAX)).boxed_unsync());
            }
            _ => {}
        }
    }
    response
}

fn bent(value: &HeaderValue, token: &super::TokenFault) -> HeaderValue {
    let text = value.to_str().unwrap_or_default();
    HeaderValue::from_str(&token.bend(text)).unwrap_or_else(|_| value.clone())
}

fn replace(headers: &mut HeaderMap, field: &HeaderName, values: Vec<HeaderValue>) {
    headers.remove(field);
    for value in values {
        headers.append(field.clone(), value);
    }
}

fn resized(response: Response<AnyBody>, change: impl FnOnce(AnyBody) -> AnyBody) -> Response<AnyBody> {
    let mut response = response.map(change);
    response.headers_mut().remove(CONTENT_LENGTH);
    response
}
