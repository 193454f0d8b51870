//! A field of a head, kept without what must stay secret.

use super::Token;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatepass_http::challenges;
use gatepass_spnego::Token as Spnego;
use std::fmt;

/// In place of a value that is left out.
pub(crate) const LEFT_OUT: &str = "(left out)";

/// Fields whose values are shown: what HTTP itself and its proxies say to each other (RFC 9110, 9111, 9112).
const HARMLESS: [&str; 51] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expect",
    "expires",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "last-modified",
    "location",
    "max-forwards",
    "mime-version",
    "persistent-auth",
    "pragma",
    "proxy-agent",
    "proxy-connection",
    "proxy-support",
    "range",
    "retry-after",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "warning",
    "x-cache",
    "x-cache-lookup",
    "x-squid-error",
];

/// Fields that carry tokens.
const SPEAKING: [&str; 4] =
    ["authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate"];

/// A field of a request or a response.
///
/// A password (the credentials of Basic, and of every scheme but NTLM and Negotiate) is not even kept. What else may be secret
/// (responses to a challenge, tickets, cookies, the value of every field that is not known to be harmless) is kept and not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    name: String,
    value: String,
}

impl Field {
    /// The field `name` with `value`, as it came or went. Bytes that are not UTF-8 are replaced.
    pub(crate) fn new(name: &str, value: &[u8]) -> Self {
        let value = String::from_utf8_lossy(value).trim().to_owned();
        let value = if is_credentials(name) { without_password(&value) } else { value };
        Self { name: name.to_owned(), value }
    }

    /// The name: of a request in lower case, of a response as it was written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value, without secrets.
    #[must_use]
    pub fn value(&self) -> String {
        if SPEAKING.iter().any(|name| self.is_named(name)) {
            harmless(&self.value)
        } else if HARMLESS.iter().any(|name| self.is_named(name)) {
            self.value.clone()
        } else {
            LEFT_OUT.to_owned()
        }
    }

    /// The value with what can be guessed at off line: it does not belong into a log.
    #[must_use]
    pub fn revealed(&self) -> &str {
        &self.value
    }

    /// An estimate of the memory that it takes, in bytes.
    pub(crate) const fn weight(&self) -> usize {
        size_of::<Self>() + self.name.len() + self.value.len()
    }

    /// A field that was written down with [`value`](Self::value) or [`revealed`](Self::revealed).
    pub(crate) const fn read(name: String, value: String) -> Self {
        Self { name, value }
    }

    /// Whether this is its name, in any case.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// `name: value`, without secrets.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name.escape_debug(), self.value().escape_debug())
    }
}

/// As `Display`.
impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({self})")
    }
}

fn is_credentials(name: &str) -> bool {
    ["authorization", "proxy-authorization"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The credentials `value`, as long as they are no password.
fn without_password(value: &str) -> String {
    let scheme = value.split(' ').next().unwrap_or_default();
    match ["NTLM", "Negotiate"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        true => value.to_owned(),
        false if scheme.len() < value.len() => format!("{scheme} {LEFT_OUT}"),
        false => LEFT_OUT.to_owned(),
    }
}

/// `value` without tokens that give something away.
fn harmless(value: &str) -> String {
    let binding = challenges([value.as_bytes()]).filter_map(Result::ok).filter_map(|challenge| {
        let scheme = challenge.known_scheme().filter(|scheme| scheme.binds_connection())?;
        Some((scheme, challenge.token()))
    });
    binding.fold(value.to_owned(), |shown, (scheme, token)| match token {
        Ok(None) => shown,
        Ok(Some(token)) if !gives_away(&token) => shown,
        Ok(Some(token)) => {
            let message = Token::new(inner(&token).unwrap_or(&token).to_vec()).message_type();
            let what = match message {
                Some(kind) => format!("({kind} of {} bytes, left out)", token.len()),
                None => format!("({} bytes, left out)", token.len()),
            };
            let text = STANDARD.encode(&token);
            match shown.contains(&text) {
                true => shown.replace(&text, &what),
                // Written in a way of its own: none of it stays.
                false => format!("{scheme} {what}"),
            }
        }
        Err(_) => format!("{scheme} {LEFT_OUT}"),
    })
}

/// Whether there is more in `token` than what both sides say before anybody proves anything.
fn gives_away(token: &[u8]) -> bool {
    let open = |token: &[u8]| {
        let token = Token::new(token.to_vec());
        token.is_negotiate() || token.is_challenge()
    };
    match Spnego::decode(token) {
        Ok(Spnego::Init(init)) => init.mech_list_mic.is_some() || !init.mech_token.is_none_or(open),
        Ok(Spnego::Resp(resp)) => resp.mech_list_mic.is_some() || !resp.response_token.is_none_or(open),
        Ok(Spnego::Raw(_)) | Err(_) => !open(token),
    }
}

/// The mechanism's token in one of SPNEGO.
fn inner(token: &[u8]) -> Option<&[u8]> {
    match Spnego::decode(token) {
        Ok(Spnego::Init(init)) => init.mech_token,
        Ok(Spnego::Resp(resp)) => resp.response_token,
        Ok(Spnego::Raw(_)) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_type(kind: u8) -> Vec<u8> {
        [b"NTLMSSP\0", &[kind, 0, 0, 0][..], &[0; 40]].concat()
    }

    #[test]
    fn a83_passwords_are_not_kept_and_what_can_be_guessed_at_is_not_shown() {
        for (name, value, kept) in [
            ("proxy-authorization", "Basic Y29ycDptYXJrZXI=", "Basic (left out)"),
            ("Authorization", "Bearer marker", "Bearer (left out)"),
            ("authorization", "marker", "(left out)"),
            ("authorization", "Digest username=\"a\", response=\"marker\"", "Digest (left out)"),
        ] {
            let field = Field::new(name, value.as_bytes());
            assert_eq!((field.value().as_str(), field.revealed()), (kept, kept), "{value}");
        }
        let cookie = Field::new("Set-Cookie", b"id=marker");
        assert_eq!((cookie.value().as_str(), cookie.revealed()), (LEFT_OUT, "id=marker"));
        let text = STANDARD.encode(of_type(3));
        let field = Field::new("proxy-authorization", format!("NTLM {text}").as_bytes());
        assert_eq!(field.value(), "NTLM (AUTHENTICATE of 52 bytes, left out)");
        assert!(field.revealed().contains(&text));
        assert!(!format!("{field:?} {field}").contains("TlRMTVNTUAAD"));
    }

    #[test]
    fn what_both_sides_say_before_anybody_proves_anything_is_shown() {
        for value in [
            "NTLM".to_owned(),
            "Negotiate, NTLM, Basic realm=\"x, y\"".to_owned(),
            format!("NTLM {}", STANDARD.encode(of_type(1))),
            format!("NTLM {}", STANDARD.encode(of_type(2))),
        ] {
            assert_eq!(Field::new("Proxy-Authenticate", value.as_bytes()).value(), value);
        }
        let last = format!("Basic realm=\"x\", Negotiate {}", STANDARD.encode(b"\xa1\x05marker"));
        let shown = Field::new("WWW-Authenticate", last.as_bytes()).value();
        assert_eq!(shown, "Basic realm=\"x\", Negotiate (8 bytes, left out)");
    }
}
