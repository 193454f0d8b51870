//! F45: whatever a client sends, it is told what was wrong with it, the transcript says what came, and the next connection is
//! clean.

use crate::peer::{At, Peer, alice, recorded};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatepass_mock_proxy::{Ended, MockProxy, Outcome, Running};

const GET: &str = "GET http://origin.test/ HTTP/1.1";

fn mock() -> Running {
    MockProxy::new().account("CORP", "alice", "pw").start().unwrap()
}

/// The status and the text of the answer to `bytes`, which is the last one: the connection ends after it.
fn answer(proxy: &Running, bytes: &[u8]) -> (u16, String) {
    let mut peer = Peer::to(proxy.address());
    // The proxy may have answered and closed before it has all.
    let _ = std::io::Write::write_all(&mut peer.stream, bytes);
    let response = peer.response();
    assert_eq!(response.field("Connection"), Some("close"));
    assert_eq!(peer.rest(), b"", "nothing behind it");
    (response.status, response.text())
}

fn next_connection_is_clean(proxy: &Running) {
    assert_eq!(Peer::to(proxy.address()).login(At::Proxy, &alice(), GET, "", b"").status, 200);
}

#[test]
fn f45_what_is_no_http_is_told_where_it_stops_being_so() {
    let proxy = mock();
    let long = [b"GET http://origin.test/ HTTP/1.1\r\nX: ".to_vec(), vec![b'a'; 129 * 1024]].concat();
    let many = [&b"GET http://origin.test/ HTTP/1.1\r\n"[..], &b"a: b\r\n".repeat(200), b"\r\n"].concat();
    let cases: [(&[u8], u16, &str); 9] = [
        (b"GARB\x01GE\r\n\r\n", 400, "invalid token at byte 4 (0x01)"),
        (b"GET http://origin.test/ HTTP/2.0\r\n\r\n", 400, "invalid HTTP version at byte 29 (0x32)"),
        (b"GET http://origin.test/ HTTP/1.1\r\nA b: c\r\n\r\n", 400, "invalid header name at byte 35 (0x20)"),
        (b"GET http://origin.test/ HTTP/1.1\r\n A: c\r\n\r\n", 400, "invalid header name at byte 34 (0x20)"),
        (
            b"GET http://origin.test/ HTTP/1.1\r\nA: \x00\r\n\r\n",
            400,
            "invalid header value at byte 37 (0x00)",
        ),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "a TLS handshake at byte 0"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/2 at byte 0"),
        (&long, 431, "longer than 131072 bytes"),
        (&many, 431, "more than 128 fields"),
    ];
    for (bytes, status, wanted) in cases {
        let (told, text) = answer(&proxy, bytes);
        assert_eq!(told, status, "{text}");
        assert!(text.contains(wanted), "{text} instead of {wanted}");
        let transcript = proxy.transcript();
        let ended = transcript.connections().last().unwrap().ended.clone();
        assert!(matches!(&ended, Some(Ended::Garbage(reason)) if reason.contains(wanted)), "{ended:?}");
        next_connection_is_clean(&proxy);
    }
}

#[test]
fn f45_garbage_behind_a_good_request_is_told_too() {
    let proxy = mock();
    for body in ["", "Content-Length: 3\r\n\r\nabc"] {
        let mut peer = Peer::to(proxy.address());
        let end = if body.is_empty() { "\r\n" } else { "" };
        peer.send(format!("{GET}\r\nHost: h\r\n{body}{end}nonsense\x01\r\n\r\n"));
        assert_eq!(peer.response().status, 407);
        let second = peer.response();
        assert_eq!(second.status, 400);
        assert!(second.text().contains("invalid token at byte 8 (0x01)"), "{}", second.text());
        next_connection_is_clean(&proxy);
    }
}

#[test]
fn f45_a_request_that_is_cut_is_told_where() {
    let proxy = mock();
    let mut peer = Peer::to(proxy.address());
    peer.send("GET http://ori");
    peer.finish_sending();
    let response = peer.response();
    assert_eq!(response.status, 400);
    assert!(response.text().contains("in the middle, at byte 14"), "{}", response.text());
    next_connection_is_clean(&proxy);
}

#[test]
fn f45_a_token_that_is_no_token_is_told_what_is_wrong_with_it() {
    let proxy = mock();
    let curl = recorded("curl-7.88-proxy-get");
    let ntlm = |token: &[u8]| format!("NTLM {}", STANDARD.encode(token));
    let cases: [(String, &str); 8] = [
        ("NTLM !!!".into(), "byte"),
        ("NTLM TlRMTVN=UAAB".into(), "parameter"),
        (ntlm(b"garbage garbage garbage"), "Signature"),
        (ntlm(&curl[0][..10]), "byte"),
        (ntlm(&curl[0][..14]), "NegotiateFlags at byte 14"),
        (ntlm(&[&curl[0][..8], &[9], &curl[0][9..]].concat()), "MessageType at byte 8"),
        (ntlm(&curl[1]), "MessageType at byte 8"),
        (ntlm(&curl[2]), "MessageType at byte 8"), // AUTHENTICATE first
    ];
    for (value, wanted) in cases {
        let request = format!("{GET}\r\nHost: h\r\nProxy-Authorization: {value}\r\n\r\n");
        let (status, text) = answer(&proxy, request.as_bytes());
        assert_eq!(status, 400, "{value}: {text}");
        assert!(text.contains(wanted), "{value}: {text} instead of {wanted}");
        let transcript = proxy.transcript();
        let last = &transcript.requests().last().unwrap().outcome;
        assert!(matches!(last, Outcome::Invalid(reason) if reason.contains(wanted)), "{last:?}");
        next_connection_is_clean(&proxy);
    }
    let two = format!("{GET}\r\nHost: h\r\nProxy-Authorization: NTLM\r\nProxy-Authorization: NTLM\r\n\r\n");
    assert_eq!(answer(&proxy, two.as_bytes()).1, "More than one Proxy-Authorization field.\n");
}

#[test]
fn f45_a_client_that_breaks_off_in_any_leg_leaves_nothing_behind() {
    let proxy = mock();
    for legs in 0..3 {
        let mut peer = Peer::to(proxy.address());
        if legs > 0 {
            assert_eq!(peer.ask(GET, "").status, 407);
        }
        if legs > 1 {
            let negotiate = &recorded("java17-proxy-get")[0];
            assert_eq!(peer.ask(GET, &At::Proxy.line(negotiate)).status, 407);
        }
        drop(peer);
        next_connection_is_clean(&proxy);
    }
    assert_eq!(proxy.finish().authenticates().count(), 3);
}

#[test]
fn f45_a_second_negotiate_begins_anew() {
    let proxy = mock();
    let negotiate = &recorded("impacket-proxy-connect")[0];
    let mut peer = Peer::to(proxy.address());
    let first = peer.ask(GET, &At::Proxy.line(negotiate));
    assert_eq!(first.status, 407);
    let second = peer.ask(GET, &At::Proxy.line(negotiate));
    let text = second.text();
    // Either a fresh challenge or a clear refusal; what must not be is an identity, or the old challenge again.
    match second.status {
        407 => assert_ne!(first.challenge(), second.challenge()),
        400 => assert!(text.contains("MessageType at byte 8"), "{text}"),
        other => panic!("{other}: {text}"),
    }
    next_connection_is_clean(&proxy);
}
