//! `ClientAuth` over a sequence of responses, an honest server's and others: the password is tried once, in the schemes that may
//! carry it, within the bounds, and an error ends it.
#![no_main]

use arbitrary::Arbitrary;
use gatepass_backend::{Backend, Request};
use gatepass_engine::Ntlm;
use gatepass_fuzz::parties::{Alice, Fixed, credentials};
use gatepass_fuzz::tampering::Tampering;
use gatepass_http::{
    ClientAuth, Head, Mechanisms, Next, Scheme, ServerAuth, Side, Verdict, limits::MAX_LEGS,
};
use gatepass_spnego::{Oid, Spnego};
use std::sync::Arc;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    origin: bool,
    right: bool,
    basic: Exposure,
    over_tls: bool,
    behind_proxy: bool,
    events: Vec<Event<'a>>,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Exposure {
    Nowhere,
    Encrypted,
    Anywhere,
}

#[derive(Arbitrary, Debug)]
enum Event<'a> {
    /// The honest server's response to what was sent, and what becomes of its first challenge.
    Honest { status: Status, closes: bool, tampering: Tampering<'a> },
    /// Somebody else's response.
    Other { status: Status, minor_version: u8, fields: Vec<(Name, &'a [u8])> },
    /// The next request.
    Request,
    /// The connection is gone.
    Lost,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Status {
    AsVerdict,
    Ok,
    Origin,
    Proxy,
    Any(u16),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Name {
    WwwAuthenticate,
    ProxyAuthenticate,
    AuthenticationInfo,
    ProxyAuthenticationInfo,
    Connection,
    ProxyConnection,
    PersistentAuth,
    ProxySupport,
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Self::WwwAuthenticate => "WWW-Authenticate",
            Self::ProxyAuthenticate => "Proxy-Authenticate",
            Self::AuthenticationInfo => "Authentication-Info",
            Self::ProxyAuthenticationInfo => "Proxy-Authentication-Info",
            Self::Connection => "Connection",
            Self::ProxyConnection => "Proxy-Connection",
            Self::PersistentAuth => "Persistent-Auth",
            Self::ProxySupport => "Proxy-Support",
        }
    }
}

fn mechanisms(basic: Exposure) -> Mechanisms {
    let ntlm: Arc<dyn Backend> = Arc::new(Ntlm::with_nonces(Arc::new(Fixed)));
    let negotiate = Spnego::new().with_mechanism(&[Oid::NTLMSSP], Arc::clone(&ntlm));
    let mechanisms = Mechanisms::ntlm(ntlm).with(Scheme::Negotiate, Arc::new(negotiate));
    match basic {
        Exposure::Nowhere => mechanisms,
        Exposure::Encrypted => mechanisms.allow_basic(),
        Exposure::Anywhere => mechanisms.allow_basic_over_plain_http_insecure(),
    }
}

/// What has gone out so far.
struct Watch {
    basic: bool,
    /// Whether the peer has ever been content on the present connection: then one more login for a request is due.
    accepted: bool,
    passwords: usize,
    legs: u8,
}

impl Watch {
    /// One more value of a credentials field.
    fn sent(&mut self, value: &str) {
        assert!(value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
        let (scheme, token) = value.split_once(' ').expect("a scheme and a token");
        // AUTHENTICATE, bare or in a NegTokenResp.
        let checkable = match scheme {
            "NTLM" => token.starts_with("TlRMTVNTUAAD"),
            "Negotiate" => token.starts_with("oY") || token.starts_with("TlRMTVNTUAAD"),
            "Basic" => {
                assert!(self.basic, "Basic was not allowed here");
                true
            }
            other => panic!("{other}"),
        };
        self.passwords += usize::from(checkable && (scheme != "Negotiate" || token.len() > 200));
    }
}

libfuzzer_sys::fuzz_target!(|input: Input<'_>| {
    let side = if input.origin { Side::Origin } else { Side::Proxy };
    let mut auth = ClientAuth::new(side, mechanisms(input.basic), credentials(input.right), Request::new());
    if input.over_tls {
        auth = auth.over_tls();
    }
    if input.behind_proxy {
        auth = auth.behind_proxy();
    }
    let server = || ServerAuth::new(side, mechanisms(Exposure::Nowhere), Arc::new(Alice), Request::new());
    let mut peer = server();
    let basic = input.basic == Exposure::Anywhere || input.basic == Exposure::Encrypted && input.over_tls;
    let mut watch = Watch { basic, accepted: false, passwords: 0, legs: 0 };
    let mut says: Option<String> = None;
    for event in input.events {
        let next = match event {
            Event::Request => {
                let Ok(first) = auth.first() else { continue };
                says = first.credentials;
                watch.legs = 1;
                says.iter().for_each(|value| watch.sent(value));
                continue;
            }
            Event::Lost => {
                let Ok(next) = auth.reconnect() else { return };
                (auth, peer) = (next, server());
                watch.legs = 0;
                continue;
            }
            Event::Honest { status, closes, tampering } => {
                let verdict = peer.request(says.take().as_deref().map(str::as_bytes));
                let (asks, mut values) = match verdict {
                    Ok(Verdict::Granted(last)) => (false, last.into_iter().collect()),
                    Ok(Verdict::Challenge(values) | Verdict::Refused(values)) => (true, values),
                    Err(_) => (true, Vec::new()),
                };
                let first = values.pop().map(|value| tampering.of(value.as_bytes()));
                let lines = first.into_iter().chain(values.into_iter().map(String::into_bytes));
                let lines: Vec<Vec<u8>> = lines.collect();
                let mut fields: Vec<(&str, &[u8])> =
                    lines.iter().map(|line| (side.challenge_field(), &line[..])).collect();
                if closes {
                    fields.push(("Connection", b"close"));
                }
                let status = number(status, if asks { side.status() } else { 200 });
                auth.response(&Head { status, minor_version: 1, fields: &fields })
            }
            Event::Other { status, minor_version, fields } => {
                let fields: Vec<(&str, &[u8])> =
                    fields.iter().map(|(name, value)| (name.text(), *value)).collect();
                says = None;
                let status = number(status, side.status());
                auth.response(&Head { status, minor_version: minor_version & 1, fields: &fields })
            }
        };
        let _ = (format!("{next:?}"), format!("{auth:?}"));
        match next {
            Ok(Next::Send { credentials, .. }) => {
                watch.legs += 1;
                assert!(watch.legs <= MAX_LEGS + 1, "a request ends");
                watch.sent(&credentials);
                says = Some(credentials);
            }
            Ok(Next::Deliver) => watch.accepted |= watch.passwords > 0,
            Ok(Next::Reconnect | Next::Denied) => {}
            Err(error) => {
                let _ = error.to_string();
            }
        }
        watch.accepted |= auth.authenticated();
        assert!(watch.accepted || watch.passwords <= 1, "one password is one attempt");
    }
});

fn number(status: Status, as_verdict: u16) -> u16 {
    match status {
        Status::AsVerdict => as_verdict,
        Status::Ok => 200,
        Status::Origin => 401,
        Status::Proxy => 407,
        Status::Any(status) => status,
    }
}
