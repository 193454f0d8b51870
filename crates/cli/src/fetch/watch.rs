//! What happens on the way: counted for `-w`, shown for `-v` with each message of the handshake decoded.

use super::ambient;
use crate::message;
use crate::screen::{Line, Screen, Style};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatepass::Reason;
use gatepass_client::{Direction, Event, Observer, Side};
use gatepass_credentials::Answer;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What was seen so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// TCP connections that were opened.
    pub(crate) connections: u32,
    /// Status of the proxy's last answer to CONNECT.
    pub(crate) connect_status: Option<u16>,
    /// Status of the last response to anything else.
    pub(crate) status: Option<u16>,
    /// Redirects that were followed.
    pub(crate) redirects: u32,
    /// Where the last of them led.
    pub(crate) redirected_to: Option<String>,
    asked_for_tunnel: bool,
}

/// The observer of a fetch.
#[derive(Debug)]
pub(crate) struct Watch {
    verbose: bool,
    seen: Mutex<Seen>,
}

impl Watch {
    pub(crate) fn new(verbose: bool) -> Self {
        Self { verbose, seen: Mutex::default() }
    }

    /// What was seen since the last call.
    pub(crate) fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen())
    }

    /// What was seen so far.
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why a mechanism logs in the current user, or does not.
    pub(crate) fn reason(&self, reason: &Reason) {
        // That the sources know somebody, and which of them, is said with their answer.
        if reason.is_usable() && reason.because().ends_with(ambient::ASKED) {
            return;
        }
        self.show(&[note(reason.to_string())]);
    }

    /// Which source knew a login for `peer`, and which failed.
    pub(crate) fn answer(&self, peer: &str, answer: &Answer) {
        let mut lines: Vec<_> = answer.failures().iter().map(|failed| note(failed.to_string())).collect();
        if let (Some(source), Some(credentials)) = (answer.source(), answer.credentials()) {
            let who = credentials.principal().map_or_else(String::new, ToString::to_string);
            lines.push(note(format!("login for {peer}: {who}, from {source}")));
        }
        self.show(&lines);
    }

    fn show(&self, lines: &[Line]) {
        if self.verbose {
            let mut screen = Screen::stderr();
            // Nothing is left to do when standard error is gone.
            if lines.iter().try_for_each(|line| screen.line(line)).is_err() {}
        }
    }

    fn count(&self, event: &Event<'_>) {
        let mut seen = self.seen();
        match event {
            Event::Connected { .. } => seen.connections = seen.connections.saturating_add(1),
            Event::Request { method, .. } => seen.asked_for_tunnel = *method == Method::CONNECT,
            Event::Response { status, .. } if seen.asked_for_tunnel => {
                seen.connect_status = Some(status.as_u16());
            }
            Event::Response { status, .. } => seen.status = Some(status.as_u16()),
            Event::Redirected { to } => {
                seen.redirects = seen.redirects.saturating_add(1);
                seen.redirected_to = Some(to.to_string());
            }
            _ => {}
        }
    }
}

impl Observer for Watch {
    fn event(&self, event: &Event<'_>) {
        self.count(event);
        if self.verbose {
            self.show(&lines(event));
        }
    }
}

/// An event in lines: `*` for what happens, `>` for what is sent, `<` for what comes.
pub(crate) fn lines(event: &Event<'_>) -> Vec<Line> {
    match event {
        Event::Connected { side, place, address } => {
            vec![note(format!("connected to {side} {place} at {address}"))]
        }
        Event::Secured { side, place } => vec![note(format!("TLS with {side} {place}"))],
        Event::Reused { place } => vec![note(format!("on the kept connection for {place}"))],
        Event::Request { method, target, fields, .. } => {
            head("> ", format!("{method} {target} HTTP/1.1"), fields)
        }
        Event::Response { version, status, fields, .. } => {
            head("< ", format!("{version:?} {status}"), fields)
        }
        Event::Token { side, direction, scheme, token } => token_lines(*side, *direction, scheme, token),
        Event::Redirected { to } => vec![note(format!("redirected to {to}"))],
        Event::Reconnecting { because } => vec![note(format!("another connection: {because}"))],
        _ => Vec::new(),
    }
}

fn note(text: impl AsRef<str>) -> Line {
    Line::new().faint("* ").plain(text)
}

fn head(mark: &str, first: String, fields: &HeaderMap) -> Vec<Line> {
    let mut lines = vec![Line::new().faint(mark).strong(first)];
    lines.extend(
        fields
            .iter()
            .map(|(name, value)| Line::new().faint(mark).plain(format!("{name}: {}", shown(name, value)))),
    );
    lines.push(Line::new().faint(mark.trim_end()));
    lines
}

fn token_lines(side: Side, direction: Direction, scheme: &str, token: &[u8]) -> Vec<Line> {
    let way = match direction {
        Direction::Sent => "to",
        Direction::Received => "from",
    };
    let title = format!("{scheme} {} {way} {side}", message::title(token));
    let mut lines = vec![Line::new().faint("* ").styled(Style::Good, title)];
    lines.extend(message::summary(token).into_iter().map(|line| note(format!("  {line}"))));
    lines
}

/// A field's value without what could be used to log in or to guess a password: tokens by their kind and length.
fn shown(name: &HeaderName, value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
    match name.as_str() {
        "authorization" | "proxy-authorization" => {
            let (scheme, rest) = text.split_once(' ').unwrap_or(("", &text));
            format!("{scheme} <{}>", known(rest).unwrap_or_else(|| format!("{} characters", rest.len())))
        }
        "www-authenticate" | "proxy-authenticate" => {
            let words = text.split(' ').map(|word| match known(word) {
                Some(kind) => format!("<{kind}>"),
                None => word.to_owned(),
            });
            words.collect::<Vec<_>>().join(" ")
        }
        "cookie" | "set-cookie" => format!("<{} characters>", text.len()),
        _ if value.is_sensitive() => format!("<{} characters>", text.len()),
        _ => text,
    }
}

/// The kind and length of a token in base64; `None` if it is none.
fn known(word: &str) -> Option<String> {
    let bytes = STANDARD.decode(word.trim_end_matches(',')).ok().filter(|bytes| bytes.len() >= 12)?;
    Some(if bytes.starts_with(&gatepass::wire::SIGNATURE) {
        message::title(&bytes)
    } else {
        format!("token, {} bytes", bytes.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, text: &str) -> String {
        let name: HeaderName = name.parse().unwrap();
        shown(&name, &HeaderValue::from_str(text).unwrap())
    }

    #[test]
    fn a83_values_that_log_in_are_shown_by_kind_and_length() {
        let negotiate = "TlRMTVNTUAABAAAAB4IIAAAAAAAAAAAAAAAAAAAAAAA=";
        assert_eq!(value("proxy-authorization", &format!("NTLM {negotiate}")), "NTLM <NEGOTIATE, 32 bytes>");
        assert_eq!(value("www-authenticate", &format!("NTLM {negotiate}")), "NTLM <NEGOTIATE, 32 bytes>");
        assert_eq!(
            value("www-authenticate", "Negotiate, Basic realm=\"a b\""),
            "Negotiate, Basic realm=\"a b\""
        );
        assert_eq!(value("authorization", "Basic bWFya2VyOnMzY3JldA=="), "Basic <token, 13 bytes>");
        assert_eq!(value("authorization", "marker-s3cret"), " <13 characters>");
        assert_eq!(value("cookie", "a=marker"), "<8 characters>");
        assert_eq!(value("accept", "*/*"), "*/*");
    }
}
