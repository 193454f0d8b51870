//! A client's error as curl's exit code.

use crate::exit::{Exit, Failure};
use gatepass_client::{Error, ErrorKind, Side};
use std::error::Error as StdError;
use std::io;

/// The exit code for `error`, with its own sentence.
pub(crate) fn of(error: &Error) -> Failure {
    Failure::new(exit(error), without_numbers(&error.to_string()))
}

/// `text` without the numbers that the operating system gives to its errors.
fn without_numbers(text: &str) -> String {
    const NUMBER: &str = " (os error ";
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(NUMBER) {
        shown.push_str(before);
        rest = after.split_once(')').map_or("", |(_, behind)| behind);
    }
    shown + rest
}

fn exit(error: &Error) -> Exit {
    match error.kind() {
        ErrorKind::Invalid => Exit::URL,
        ErrorKind::Resolve(Side::Proxy) => Exit::PROXY_RESOLVE,
        ErrorKind::Resolve(Side::Origin) => Exit::RESOLVE,
        ErrorKind::Connect(_) => Exit::CONNECT,
        ErrorKind::Tls(_) if bad_certificate(error) => Exit::CERTIFICATE,
        ErrorKind::Tls(_) => Exit::TLS,
        ErrorKind::Timeout(_) => Exit::TIMEOUT,
        ErrorKind::Handshake(_) => Exit::AUTHENTICATION,
        ErrorKind::Protocol(_) => protocol(error),
        ErrorKind::Upload if unreadable_upload(error) => Exit::READ,
        ErrorKind::Upload => Exit::REWIND,
        ErrorKind::Download => Exit::PARTIAL,
        // A tunnel that is refused, a limit, and what a later client may add.
        _ => Exit::RECEIVE,
    }
}

/// The links of the chain, with the errors that `io::Error` carries.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| next(*error))
}

fn next<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => Some(carried),
        None => error.source(),
    }
}

fn bad_certificate(error: &Error) -> bool {
    chain(error).any(|link| matches!(link.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))))
}

fn protocol(error: &Error) -> Exit {
    match chain(error).find_map(|link| link.downcast_ref::<hyper::Error>()) {
        Some(error) if error.is_parse() => Exit::WEIRD_REPLY,
        Some(error) if error.is_incomplete_message() => Exit::EMPTY,
        Some(error) if error.is_body_write_aborted() => Exit::SEND,
        _ => Exit::RECEIVE,
    }
}

/// Whether the file that was to be sent could not be read, rather than not be sent again.
fn unreadable_upload(error: &Error) -> bool {
    chain(error).any(|link| link.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_words_and_no_numbers() {
        assert_eq!(without_numbers("refused (os error 111); check (os error 2)"), "refused; check");
        assert_eq!(without_numbers("the proxy (a:1) refused"), "the proxy (a:1) refused");
    }
}
