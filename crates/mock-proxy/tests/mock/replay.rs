//! A transcript played against another proxy, and what comes of it.

use crate::peer::{At, Peer, alice};
use gatepass_backend::{Credentials, NtHash, Principal};
use gatepass_engine::crypto;
use gatepass_http::Scheme;
use gatepass_mock_proxy::{
    Fault, Leg, MockProxy, Outcome, Personality, Replay, ReplayError, Secrets, Tap, Transcript,
};

const GET: &str = "GET http://origin.test/bytes/5 HTTP/1.1";

/// A conversation with a mock proxy, as it is read back from what was written of it without secrets.
fn recorded(mock: MockProxy, schemes: &str) -> Transcript {
    let proxy = mock.account("CORP", "alice", "pw").start().unwrap();
    let mut peer = Peer::to(proxy.address());
    peer.ask(GET, "User-Agent: X/1\r\n");
    peer.login(At::Proxy, &alice(), GET, "Cookie: a=b\r\n", b"");
    peer.ask("POST http://origin.test/digest HTTP/1.1", "Content-Length: 0\r\n");
    let mut tunnel = Peer::to(proxy.address());
    tunnel.login(At::Proxy, &alice(), "CONNECT origin.test:443 HTTP/1.1", schemes, b"");
    Transcript::from_jsonl(&proxy.finish().to_jsonl(Secrets::LeftOut)).unwrap()
}

fn other() -> MockProxy {
    MockProxy::new().account("EAST", "bob", "another")
}

#[test]
fn a_replay_against_the_same_kind_of_proxy_finds_no_difference() {
    let before = recorded(MockProxy::new(), "");
    let proxy = other().start().unwrap();
    let replay = Replay::against(proxy.address().to_string());
    let played = replay.with_login(Credentials::password("EAST\\bob", "another")).play(&before).unwrap();
    assert_eq!(played.differences, [], "{}", played.transcript);
    assert_eq!(played.unsent, ["cookie"]);
    let there = proxy.finish();
    let bob = Outcome::Granted(Principal::new("EAST", "bob"));
    assert_eq!(there.requests().filter(|exchange| exchange.outcome == bob).count(), 3, "{there}");
    assert_eq!(
        (there.authenticates().count(), there.requests().count()),
        (2, before.requests().count()),
        "{there}"
    );
    let shape = |transcript: &Transcript| {
        let report = transcript.authenticates().next().unwrap().report();
        report.fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(shape(&there), shape(&before));
}

#[test]
fn a_login_by_nt_hash_plays_as_well_and_a_wrong_one_is_the_first_difference() {
    let before = recorded(MockProxy::new(), "");
    let proxy = other().start().unwrap();
    let replay = Replay::against(proxy.address().to_string());
    let bob = Principal::new("EAST", "bob");
    let by_hash = Credentials::NtHash(bob.clone(), crypto::ntowf_v1("another"));
    assert_eq!(replay.clone().with_login(by_hash).play(&before).unwrap().differences, []);
    let wrong = Credentials::NtHash(bob, NtHash::from_bytes([7; 16]));
    let played = replay.clone().with_login(wrong).play(&before).unwrap();
    let first = played.differences[0].to_string();
    assert!(
        first.starts_with("connection 1, request 3: the status line was HTTP/1.1 200 OK, is HTTP/1.1 407"),
        "{first}"
    );
    assert!(matches!(replay.play(&before), Err(ReplayError::NoLogin)));
}

#[test]
fn another_personality_differs_where_it_says_so() {
    let before = recorded(MockProxy::new(), "");
    let squid = other().like(Personality::named("squid-5-ntlm").unwrap()).start().unwrap();
    let login = Credentials::password("EAST\\bob", "another");
    let played = Replay::against(squid.address().to_string()).with_login(login).play(&before).unwrap();
    let told: Vec<_> = played.differences.iter().map(ToString::to_string).collect();
    assert!(told[0].contains("request 1: the field Server was") && told[0].contains("squid"), "{told:#?}");
    assert!(!told.iter().any(|told| told.contains("CHALLENGE") || told.contains("Date")), "{told:#?}");
}

#[test]
fn a_proxy_that_closes_or_answers_otherwise_is_a_difference_at_that_request() {
    let before = recorded(MockProxy::new(), "");
    let login = Credentials::password("EAST\\bob", "another");
    for (fault, expected) in [
        (
            Fault::Close,
            "connection 1, request 2: the answer was HTTP/1.1 407 Proxy Authentication Required, is no response",
        ),
        (Fault::Status(403), "connection 1, request 2: the status line was HTTP/1.1 407"),
        (
            Fault::WithoutHeader("Proxy-Authenticate".to_owned()),
            "connection 1, request 2: the field Proxy-Authenticate was",
        ),
    ] {
        let proxy = other().fault(Leg::Challenge, 1, fault).start().unwrap();
        let replay = Replay::against(proxy.address().to_string()).with_login(login.clone());
        let first = replay.play(&before).unwrap().differences[0].to_string();
        assert!(first.starts_with(expected), "{first}");
    }
    let gone = Replay::against("127.0.0.1:1").play(&before);
    assert!(matches!(gone, Err(ReplayError::Unreachable(..))), "{gone:?}");
}

#[test]
fn what_is_no_ntlm_and_no_basic_is_refused_by_name() {
    let proxy = MockProxy::new().offer(&[Scheme::Basic]).account("CORP", "alice", "pw").start().unwrap();
    Peer::to(proxy.address()).ask(GET, "Proxy-Authorization: Basic Q09SUFxhbGljZTpwdw==\r\n");
    Peer::to(proxy.address()).ask(GET, "Proxy-Authorization: Digest x\r\n");
    let before = Transcript::from_jsonl(&proxy.transcript().to_jsonl(Secrets::LeftOut)).unwrap();
    let replay = Replay::against(proxy.address().to_string()).with_login(alice());
    let error = replay.play(&before).unwrap_err().to_string();
    assert!(error.contains("connection 2, request 1") && error.contains("Digest"), "{error}");
    let statuses: Vec<_> = proxy.finish().requests().map(|exchange| exchange.status).collect();
    assert_eq!(statuses, [Some(200), Some(407), Some(200)], "Basic was made anew");
}

#[test]
fn a_login_becomes_a_fixture_without_its_password() {
    let mock = MockProxy::new().account("CORP", "alice", "m4rker").start().unwrap();
    let tap = Tap::before(mock.address().to_string()).start().unwrap();
    let mut peer = Peer::to(tap.url().strip_prefix("http://").unwrap().parse().unwrap());
    let credentials = Credentials::password("CORP\\alice", "m4rker");
    assert_eq!(peer.login(At::Proxy, &credentials, GET, "", b"").status, 200);
    let transcript = tap.finish();
    let text = transcript.to_fixture("tapped", None).unwrap();
    let written: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&written[0]["user"], &written[0]["password"], &written[0]["status"]),
        (&"alice".into(), &"replaced".into(), &200.into())
    );
    let kept: serde_json::Value =
        serde_json::from_str(&transcript.to_fixture("tapped", Some(&"m4rker".into())).unwrap()).unwrap();
    let of = |fixture: &serde_json::Value, index: usize| {
        fixture[0]["messages"][index]["b64"].as_str().unwrap().to_owned()
    };
    assert_eq!((of(&kept, 0), of(&kept, 1)), (of(&written, 0), of(&written, 1)));
    assert_ne!(of(&kept, 2), of(&written, 2));
    assert_eq!(of(&kept, 2).len(), of(&written, 2).len());
    assert!(Transcript::default().to_fixture("none", None).is_err());
}
