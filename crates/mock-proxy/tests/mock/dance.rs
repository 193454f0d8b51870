//! Who gets in, by what message, and what the transcript says of it.

use crate::peer::{At, Peer, alice, recorded};
use gatepass_backend::{Credentials, Principal, Request};
use gatepass_engine::{Client, Nonces};
use gatepass_mock_proxy::{Leg, MockProxy, Outcome, Running};
use gatepass_wire::{Authenticate, Challenge, Message, NegotiateFlags};

const GET: &str = "GET http://origin.test/ HTTP/1.1";
const ORIGIN_SAYS: &str = "This is the embedded origin of the mock proxy.\n";

fn mock() -> Running {
    MockProxy::new().account("CORP", "alice", "pw").start().unwrap()
}

fn granted(domain: &str, user: &str) -> Outcome {
    Outcome::Granted(Principal::new(domain, user))
}

#[test]
fn without_credentials_the_answer_is_407_with_the_scheme_alone() {
    let proxy = mock();
    let mut peer = Peer::to(proxy.address());
    let answer = peer.ask(GET, "");
    assert_eq!((answer.status, answer.field("Proxy-Authenticate")), (407, Some("NTLM")));
    assert_eq!((answer.field("Connection"), answer.field("Proxy-Support")), (Some("keep-alive"), None));
    let transcript = proxy.finish();
    let exchange = transcript.requests().next().unwrap();
    assert_eq!((exchange.leg, &exchange.outcome), (Leg::Offer, &Outcome::Offered), "{transcript}");
    assert_eq!(transcript.origin().connections().len(), 0, "{transcript}");
}

#[test]
fn the_right_password_gets_through_and_the_connection_stays_authenticated() {
    let proxy = mock();
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.login(At::Proxy, &alice(), GET, "", b"").text(), ORIGIN_SAYS);
    assert_eq!(peer.ask(GET, "").text(), ORIGIN_SAYS);
    let transcript = proxy.finish();
    let legs: Vec<_> = transcript.requests().map(|exchange| (exchange.leg, exchange.status)).collect();
    let wanted = [(Leg::Challenge, Some(407)), (Leg::Verdict, Some(200)), (Leg::Served, Some(200))];
    assert_eq!(legs, wanted, "{transcript}");
    assert_eq!(transcript.requests().last().unwrap().outcome, granted("CORP", "alice"));
    assert_eq!((transcript.negotiates().count(), transcript.authenticates().count()), (1, 1));
    assert!(transcript.requests().next().unwrap().challenge.as_ref().unwrap().is_challenge());
}

#[test]
fn connect_opens_a_tunnel_to_the_origin_over_tls() {
    let proxy = mock();
    let mut peer = Peer::to(proxy.address());
    let opened = peer.login(At::Proxy, &alice(), "CONNECT origin.test:443 HTTP/1.1", "", b"");
    assert_eq!((opened.status, opened.field("Content-Length")), (200, None));
    let mut inside = peer.tls(proxy.ca_pem());
    let answer = inside.ask("GET / HTTP/1.1", "Connection: close\r\n");
    assert_eq!((answer.status, answer.text().as_str()), (200, ORIGIN_SAYS));
    drop(inside);
    let transcript = proxy.finish();
    assert_eq!(transcript.connections()[0].leg, Leg::Tunnel, "{transcript}");
    let tunnelled = transcript.requests().last().unwrap();
    assert!(tunnelled.request_body > 100 && tunnelled.response_body > 500, "{transcript}");
    assert_eq!(transcript.origin().requests().count(), 1);
}

#[test]
fn a51_a_wrong_password_is_refused_and_counts_as_one_attempt() {
    let proxy = mock();
    let mut peer = Peer::to(proxy.address());
    let wrong = Credentials::password("CORP\\alice", "wrong");
    let answer = peer.login(At::Proxy, &wrong, GET, "", b"");
    assert_eq!((answer.status, answer.field("Proxy-Authenticate")), (407, Some("NTLM")));
    assert_eq!(peer.ask(GET, "").status, 407, "nobody is authenticated");
    let transcript = proxy.finish();
    assert_eq!(transcript.authenticates().count(), 1, "{transcript}");
    let refused = transcript.requests().nth(1).unwrap();
    assert_eq!(refused.leg, Leg::Verdict);
    let Outcome::Refused(reason) = &refused.outcome else { panic!("{transcript}") };
    assert!(reason.starts_with("CORP\\alice: NTProofStr does not fit: another password"), "{reason}");
    assert_eq!(transcript.origin().requests().count(), 0);
}

#[test]
fn a07_an_unknown_account_is_refused_like_a_wrong_password_and_there_is_no_guest() {
    let proxy = mock();
    let answer = |name: &str, password: &str| {
        let credentials = Credentials::password(name, password);
        let mut answer = Peer::to(proxy.address()).login(At::Proxy, &credentials, GET, "", b"");
        answer.fields.retain(|(name, _)| name != "Date");
        answer
    };
    let wrong = answer("CORP\\alice", "wrong");
    for name in ["CORP\\mallory", "guest", "CORP\\Guest", "OTHER\\alice", "alice@other.test", "CORP\\alice."]
    {
        let unknown = answer(name, "pw");
        assert_eq!(unknown.status, 407, "{name}");
        assert_eq!(format!("{unknown:?}"), format!("{wrong:?}"), "{name}");
    }
    let transcript = proxy.finish();
    let reasons = transcript.requests().filter_map(|exchange| match &exchange.outcome {
        Outcome::Refused(reason) => Some(reason),
        _ => None,
    });
    assert_eq!(reasons.filter(|reason| reason.contains("no such account")).count(), 6, "{transcript}");
}

#[test]
fn a_mock_without_accounts_lets_nobody_in() {
    let proxy = MockProxy::new().start().unwrap();
    for credentials in [alice(), Credentials::password("CORP\\alice", ""), Credentials::password("", "")] {
        let answer = Peer::to(proxy.address()).login(At::Proxy, &credentials, GET, "", b"");
        assert_eq!(answer.status, 407, "{credentials:?}");
    }
    assert_eq!(proxy.finish().origin().requests().count(), 0);
}

#[test]
fn names_are_found_as_windows_finds_them() {
    let long = "Long-Passw0rd-".repeat(11);
    let proxy = MockProxy::new()
        .account("CORP", "alice", "pw")
        .account("CORP", "jürgen", "pässwörd€")
        .account("CORP", "Ωmega", "пароль😀")
        .account("CORP", "emptypw", "")
        .account("CORP", "with space", "pw")
        .account("CORP", "longpw", long.as_str())
        .account("OTHER", "alice", "another")
        .start()
        .unwrap();
    for (name, password) in [
        ("corp\\ALICE", "pw"),
        ("alice", "pw"),
        ("alice@corp.test", "pw"),
        ("Alice@CORP", "pw"),
        ("corp.test\\alice", "pw"),
        ("OTHER\\alice", "another"),
        ("CORP\\jürgen", "pässwörd€"),
        ("CORP\\ωMEGA", "пароль😀"),
        ("CORP\\emptypw", ""),
        ("CORP\\with space", "pw"),
        ("CORP\\longpw", &long),
    ] {
        let credentials = Credentials::password(name, password);
        let answer = Peer::to(proxy.address()).login(At::Proxy, &credentials, GET, "", b"");
        assert_eq!(answer.status, 200, "{name}: {}", proxy.transcript());
    }
}

#[test]
fn a09_a_good_authenticate_is_worth_nothing_on_another_connection() {
    let proxy = mock();
    let mut first = Peer::to(proxy.address());
    assert_eq!(first.login(At::Proxy, &alice(), GET, "", b"").status, 200);
    let good = proxy.transcript().authenticates().next().unwrap().bytes().to_vec();
    let mut second = Peer::to(proxy.address());
    let (_, negotiate) = Client::new(alice()).negotiate();
    assert_eq!(second.ask(GET, &At::Proxy.line(&negotiate)).status, 407);
    assert_eq!(second.ask(GET, &At::Proxy.line(&good)).status, 407);
    assert_eq!(second.ask(GET, "").status, 407);
    assert_eq!(first.ask(GET, "").status, 200, "the first connection is not concerned");
}

#[test]
fn a10_the_old_identity_does_not_survive_a_new_handshake() {
    let proxy = mock();
    let wrong = Credentials::password("CORP\\alice", "wrong");
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.login(At::Proxy, &alice(), GET, "", b"").status, 200);
    assert_eq!(peer.login(At::Proxy, &wrong, GET, "", b"").status, 407);
    assert_eq!(peer.ask(GET, "").status, 407, "{}", proxy.transcript());

    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.login(At::Proxy, &alice(), GET, "", b"").status, 200);
    let (_, negotiate) = Client::new(alice()).negotiate();
    assert_eq!(peer.ask(GET, &At::Proxy.line(&negotiate)).status, 407);
    assert_eq!(peer.ask(GET, "").status, 407, "{}", proxy.transcript());
    assert_eq!(peer.login(At::Proxy, &alice(), GET, "", b"").status, 200, "and can log in again");
}

type Change = fn(&mut [u8]);

#[test]
fn a_message_changed_on_the_way_is_refused() {
    let proxy = mock();
    let changes: [(Change, &str); 3] = [
        (|message| message[Authenticate::MIC_RANGE.start] ^= 1, "the MIC does not fit"),
        (|message| message[12 + 48] ^= 0x10, "the MIC does not fit"), // NegotiateFlags: SIGN
        (
            |message| {
                let response = Authenticate::decode(message).unwrap().nt_response.to_vec();
                let at = message.windows(response.len()).position(|part| part == response).unwrap();
                message[at] ^= 1;
            },
            "NTProofStr does not fit",
        ),
    ];
    for (change, wanted) in changes {
        let mut peer = Peer::to(proxy.address());
        let (waiting, negotiate) = Client::new(alice()).with_request(Request::new()).negotiate();
        let challenge = peer.ask(GET, &At::Proxy.line(&negotiate)).challenge();
        let (_, mut authenticate) = waiting.challenge(&challenge, Nonces::random().unwrap()).unwrap();
        change(&mut authenticate);
        let answer = peer.ask(GET, &At::Proxy.line(&authenticate));
        assert_eq!(answer.status, 407);
        assert!(!answer.text().contains("fit"), "the client is not told why: {answer:?}");
        let transcript = proxy.transcript();
        let last = &transcript.requests().last().unwrap().outcome;
        assert!(
            matches!(last, Outcome::Refused(reason) if reason.starts_with("CORP\\alice: ")
            && reason.contains(wanted)),
            "{transcript}"
        );
    }
}

#[test]
fn a_response_below_ntlmv2_is_refused_and_the_transcript_says_that_it_was_one() {
    let proxy = mock();
    let mut peer = Peer::to(proxy.address());
    let messages = recorded("legacy-cntlm-NTLM");
    assert_eq!(peer.ask(GET, &At::Proxy.line(&messages[0])).status, 407);
    assert_eq!(peer.ask(GET, &At::Proxy.line(&messages[2])).status, 407);
    let transcript = proxy.finish();
    let wanted = Outcome::Refused("the response is below NTLMv2".to_owned());
    assert_eq!(transcript.requests().last().unwrap().outcome, wanted, "{transcript}");
}

#[test]
fn the_first_message_of_every_recorded_client_is_answered() {
    let proxy = mock();
    for name in [
        "curl-7.88-proxy-get",
        "java17-proxy-get",
        "pyspnego-proxy-get",
        "impacket-proxy-connect",
        "samba-proxy-get",
        "cntlm-0.92.3-NTLMv2",
    ] {
        let negotiate = &recorded(name)[0];
        let mut peer = Peer::to(proxy.address());
        let answer = peer.ask(GET, &At::Proxy.line(negotiate)).challenge();
        let challenge = Challenge::decode(&answer).unwrap();
        challenge.check().unwrap();
        let ours = gatepass_wire::Negotiate::decode(negotiate).unwrap().flags;
        let unicode = NegotiateFlags::NEGOTIATE_UNICODE;
        assert_eq!(challenge.flags.contains(unicode), ours.contains(unicode), "{name}: {}", challenge.flags);
        assert!(challenge.target_info.unwrap().timestamp().unwrap().is_some(), "{name}");
        assert_eq!(proxy.transcript().requests().last().unwrap().token.as_ref().unwrap().bytes(), *negotiate);
    }
}

#[test]
fn the_origin_asks_for_an_account_of_its_own_on_the_same_connection() {
    let proxy = MockProxy::new()
        .account("CORP", "alice", "pw")
        .origin_account("CORP", "bob", "bobs")
        .start()
        .unwrap();
    let mut peer = Peer::to(proxy.address());
    let line = "GET http://origin.test/ntlm/ HTTP/1.1";
    let unasked = peer.login(At::Proxy, &alice(), line, "", b"");
    assert_eq!((unasked.status, unasked.field("WWW-Authenticate")), (401, Some("NTLM")));
    assert_eq!(unasked.field("Proxy-Support"), Some("Session-Based-Authentication"));
    assert_eq!(unasked.field("Connection"), Some("Proxy-Support, keep-alive"));
    let bob = Credentials::password("CORP\\bob", "bobs");
    assert_eq!(peer.login(At::Origin, &bob, line, "", b"").text(), "Hello CORP\\bob.\n");
    assert_eq!(peer.ask(line, "").text(), "Hello CORP\\bob.\n");

    let mut other = Peer::to(proxy.address());
    assert_eq!(other.login(At::Proxy, &alice(), line, "", b"").status, 401, "bob's connection is bob's");
    assert_eq!(
        other.login(At::Origin, &alice(), line, "", b"").status,
        401,
        "alice is unknown at the origin"
    );

    let transcript = proxy.finish();
    assert_eq!(transcript.authenticates().count(), 2, "{transcript}");
    assert_eq!(transcript.origin().authenticates().count(), 2, "{transcript}");
    assert!(transcript.requests().all(|exchange| !matches!(&exchange.outcome,
        Outcome::Granted(principal) if principal.user() != "alice")));
}

#[test]
fn other_schemes_are_told_which_one_is_wanted_and_their_credentials_are_not_kept() {
    let proxy = mock();
    let answer = Peer::to(proxy.address()).ask(GET, "Proxy-Authorization: Basic YWxpY2U6cHc=\r\n");
    assert_eq!((answer.status, answer.field("Proxy-Authenticate")), (407, Some("NTLM")));
    let transcript = proxy.finish();
    assert!(transcript.requests().next().unwrap().token.is_none());
    assert!(!format!("{transcript:?} {transcript}").contains("YWxpY2U6cHc"));
}

#[test]
fn a83_a_transcript_shows_no_secret_and_nothing_to_guess_at() {
    let proxy = MockProxy::new().account("CORP", "alice", "marker-s3cret").start().unwrap();
    let credentials = Credentials::password("CORP\\alice", "marker-s3cret");
    let mut peer = Peer::to(proxy.address());
    let fields = "X-Key: marker-s3cret\r\nCookie: marker-s3cret\r\n";
    let line = "GET http://alice:marker-s3cret@origin.test/ HTTP/1.1";
    assert_eq!(peer.login(At::Proxy, &credentials, line, fields, b"").status, 200);
    let debugged = format!("{proxy:?}");
    let transcript = proxy.finish();
    let token = transcript.authenticates().next().unwrap().bytes();
    let response = Authenticate::decode(token).unwrap().nt_response;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let listed = |bytes: &[u8]| format!("{bytes:?}").trim_matches(['[', ']']).to_owned();
    for shown in [format!("{transcript}"), format!("{transcript:?}"), format!("{transcript:#?}"), debugged] {
        for secret in [
            "marker".to_owned(),
            hex(b"marker"),
            hex(&response[..16]),
            listed(&response[..16]),
            "TlRMTVNTUAAD".to_owned(),
            hex(b"NTLMSSP\0\x03"),
        ] {
            assert!(!shown.to_lowercase().contains(&secret.to_lowercase()), "{secret} in {shown}");
        }
    }
}
