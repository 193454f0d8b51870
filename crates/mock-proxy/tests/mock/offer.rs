//! What is offered beside NTLM, and what the transcript says of it.

use crate::peer::{Peer, Response, alice};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatepass_backend::{Backend, Request, Step};
use gatepass_engine::Ntlm;
use gatepass_http::Scheme;
use gatepass_mock_proxy::{Leg, MockProxy, Outcome, Running};
use gatepass_spnego::{NegState, Oid, Spnego, Token};
use std::sync::Arc;

const GET: &str = "GET http://origin.test/ HTTP/1.1";
const CONNECT: &str = "CONNECT origin.test:80 HTTP/1.1";

fn mock(schemes: &[Scheme]) -> Running {
    MockProxy::new().account("CORP", "alice", "pw").offer(schemes).start().unwrap()
}

fn offered(answer: &Response) -> Vec<&str> {
    let lines = answer.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Proxy-Authenticate"));
    lines.map(|(_, value)| value.as_str()).collect()
}

#[test]
fn the_schemes_stand_one_a_line_and_the_strongest_first() {
    for (schemes, lines) in [
        (&[Scheme::Ntlm, Scheme::Negotiate][..], &["Negotiate", "NTLM"][..]),
        (&[Scheme::Basic], &["Basic realm=\"login\", charset=\"UTF-8\""]),
        (&[Scheme::Digest], &[]),
    ] {
        let proxy = mock(schemes);
        let answer = Peer::to(proxy.address()).ask(GET, "");
        assert_eq!((answer.status, offered(&answer)), (407, lines.to_vec()));
    }
}

#[test]
fn basic_is_asked_for_with_each_request_and_leaves_no_password_behind() {
    let proxy = mock(&[Scheme::Basic]);
    let mut peer = Peer::to(proxy.address());
    let with = |text: &str| format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(text));
    for (fields, status) in [
        (with("CORP\\alice:pw"), 200),
        (String::new(), 407),
        (with("alice:wrong-marker"), 407),
        (with("alice@corp.test:pw"), 200),
        ("Proxy-Authorization: NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAA=\r\n".to_owned(), 407),
    ] {
        assert_eq!(peer.ask(GET, &fields).status, status, "{fields}");
    }
    let transcript = proxy.finish();
    let granted = transcript.requests().filter(|exchange| matches!(exchange.outcome, Outcome::Granted(_)));
    assert_eq!(granted.count(), 2);
    let shown = format!("{transcript}{transcript:?}");
    for secret in ["marker", "alice:pw", &STANDARD.encode("CORP\\alice:pw")] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

#[test]
fn ntlm_in_negotiate_is_a_handshake_like_another_and_the_last_word_comes_with_the_page() {
    for (request, last_word) in [(GET, true), (CONNECT, false)] {
        let proxy = mock(&[Scheme::Negotiate, Scheme::Ntlm]);
        let mut peer = Peer::to(proxy.address());
        let spnego = Spnego::new().with_mechanism(&[Oid::NTLMSSP], Arc::new(Ntlm::new()));
        let send = |peer: &mut Peer, token: &[u8]| {
            let fields = format!("Proxy-Authorization: Negotiate {}\r\n", STANDARD.encode(token));
            peer.send(format!("{request}\r\nHost: origin.test\r\n{fields}\r\n"));
        };
        let Step::Continue { token, next } = spnego.initiate(&alice(), &Request::new()).unwrap() else {
            panic!("SPNEGO is done at once");
        };
        send(&mut peer, &token);
        let challenged = peer.response();
        let value = challenged.field("Proxy-Authenticate").unwrap().strip_prefix("Negotiate ").unwrap();
        let Step::Continue { token, .. } = next.step(&STANDARD.decode(value).unwrap()).unwrap() else {
            panic!("SPNEGO does not wait for the last word");
        };
        send(&mut peer, &token);
        let answer = if last_word { peer.response() } else { peer.head() };
        assert_eq!(answer.status, 200);
        let value = answer.field("Proxy-Authenticate").and_then(|value| value.strip_prefix("Negotiate "));
        assert_eq!(value.is_some(), last_word, "{request}");
        if let Some(value) = value {
            let token = STANDARD.decode(value).unwrap();
            let Ok(Token::Resp(resp)) = Token::decode(&token) else { panic!("{value}") };
            assert_eq!(resp.neg_state, Some(NegState::AcceptCompleted));
        }
        let transcript = proxy.finish();
        let legs: Vec<_> = transcript.requests().map(|exchange| exchange.leg).collect();
        assert_eq!(legs, [Leg::Challenge, Leg::Verdict], "{transcript}");
        assert_eq!((transcript.negotiates().count(), transcript.authenticates().count()), (1, 1));
        assert!(transcript.requests().next().unwrap().challenge.as_ref().unwrap().is_challenge());
    }
}
