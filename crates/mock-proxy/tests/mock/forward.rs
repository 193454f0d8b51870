//! Plain HTTP through the proxy: what the origin sees of a request, and the client of a response.

use crate::peer::{At, Peer, Response, alice};
use gatepass_mock_proxy::{MockProxy, Running};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

fn mock() -> Running {
    MockProxy::new().account("CORP", "alice", "pw").start().unwrap()
}

fn accepted(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Reads up to the end of a head.
fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "cut in {:?}", String::from_utf8_lossy(&head));
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// An origin that answers one request with `answer` and closes; its result is the head that it got.
fn origin(answer: &'static str) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let mut stream = accepted(&listener);
        let head = head_of(&mut stream);
        stream.write_all(answer.as_bytes()).unwrap();
        head
    });
    (address, thread)
}

fn log_in(proxy: &Running, line: &str, fields: &str, body: &[u8]) -> Response {
    Peer::to(proxy.address()).login(At::Proxy, &alice(), line, fields, body)
}

#[test]
fn a33_the_origin_sees_nothing_that_was_meant_for_the_proxy() {
    let proxy = mock();
    let (address, thread) = origin("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    let line = format!("GET http://alice:userinfo@{address}/path?q=1 HTTP/1.1");
    let fields = "Proxy-Connection: keep-alive\r\nConnection: X-Hop, keep-alive, Authorization\r\nX-Hop: 1\r\n\
                  Keep-Alive: timeout=5\r\nTE: trailers\r\nUpgrade: h2c\r\nAuthorization: Basic b3JpZ2lu\r\nX-End: 2\r\n";
    assert_eq!(log_in(&proxy, &line, fields, b"").text(), "ok");
    let head = thread.join().unwrap();
    let wanted = format!(
        "GET /path?q=1 HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic b3JpZ2lu\r\nX-End: 2\r\n\
         Via: 1.1 gatepass-mock-proxy\r\n\r\n"
    );
    assert_eq!(head, wanted, "A field named in Connection goes, unless the next reader needs it");
}

#[test]
fn a33_the_embedded_origin_sees_no_proxy_credentials_either() {
    let proxy = mock();
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.login(At::Proxy, &alice(), "GET http://origin.test/ HTTP/1.1", "", b"").status, 200);
    let mut tunnel = Peer::to(proxy.address());
    tunnel.login(At::Proxy, &alice(), "CONNECT origin.test:443 HTTP/1.1", "", b"");
    assert_eq!(tunnel.tls(proxy.ca_pem()).ask("GET / HTTP/1.1", "").status, 200);
    let transcript = proxy.finish();
    assert!(transcript.requests().any(|exchange| exchange.has_field("Proxy-Authorization")));
    assert_eq!(transcript.origin().requests().count(), 2);
    assert!(!transcript.origin().requests().any(|exchange| exchange.has_field("Proxy-Authorization")));
}

#[test]
fn a_response_loses_its_hop_by_hop_fields_and_keeps_the_others() {
    let proxy = mock();
    let (address, _thread) = origin(
        "HTTP/1.1 407 Odd\r\nProxy-Authenticate: NTLM\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n\
         Set-Cookie: a\r\nSet-Cookie: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    );
    let answer = log_in(&proxy, &format!("GET http://{address}/ HTTP/1.1"), "", b"");
    assert_eq!((answer.status, answer.text().as_str()), (407, "abc"));
    assert_eq!(answer.fields.iter().filter(|(name, _)| name == "Set-Cookie").count(), 2);
    assert_eq!(answer.field("Connection"), Some("keep-alive"), "the origin's close is not ours");
    for gone in ["Proxy-Authenticate", "X-Hop", "Keep-Alive"] {
        assert_eq!(answer.field(gone), None, "{gone}");
    }
}

#[test]
fn a_client_is_told_whether_its_connection_stays_open() {
    let proxy = mock();
    for (line, fields, wanted) in [
        ("GET http://origin.test/ HTTP/1.1", "", Some("keep-alive")),
        ("GET http://origin.test/ HTTP/1.1", "Connection: x, Close\r\n", Some("close")),
        ("GET http://origin.test/ HTTP/1.0", "Connection: Keep-Alive\r\n", Some("keep-alive")),
        ("GET http://origin.test/ HTTP/1.0", "Proxy-Connection: Keep-Alive\r\n", Some("keep-alive")),
        ("GET http://origin.test/ HTTP/1.0", "", None),
    ] {
        let mut peer = Peer::to(proxy.address());
        let answer = peer.ask(line, fields);
        assert_eq!((answer.status, answer.field("Connection")), (407, wanted), "{line} {fields}");
        if wanted == Some("keep-alive") {
            assert_eq!(peer.ask(line, fields).status, 407);
        } else {
            assert_eq!(peer.rest(), b"");
        }
    }
}

#[test]
fn the_last_answer_of_a_connection_arrives_whole_at_a_slow_reader() {
    let proxy = mock();
    let line = "GET http://origin.test/bytes/20000000 HTTP/1.1";
    let mut peer = Peer::to(proxy.address());
    peer.login(At::Proxy, &alice(), "GET http://origin.test/ HTTP/1.1", "", b"");
    peer.send(format!("{line}\r\nHost: h\r\nConnection: close\r\n\r\n"));
    assert_eq!(peer.head().field("Content-Length"), Some("20000000"));
    // Until all buffers on the way are full.
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(peer.rest().len(), 20_000_000);

    let mut peer = Peer::to(proxy.address());
    peer.login(At::Proxy, &alice(), "GET http://origin.test/ HTTP/1.1", "", b"");
    peer.send(format!("{line}\r\nHost: h\r\n\r\ngarbage\0\r\n\r\n"));
    assert_eq!(peer.head().field("Content-Length"), Some("20000000"));
    std::thread::sleep(Duration::from_millis(300));
    peer.exactly(20_000_000);
    assert_eq!(peer.response().status, 400, "what is said of the garbage comes behind it");
}

#[test]
fn bodies_go_through_whole_in_both_directions_and_either_framing() {
    let proxy = mock();
    let body: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let line = "POST http://origin.test/echo HTTP/1.1";
    let sized = log_in(&proxy, line, &format!("Content-Length: {}\r\n", body.len()), &body);
    assert!(sized.body.ends_with(&body), "{} bytes", sized.body.len());
    let chunked = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
    let answer = log_in(&proxy, line, "Transfer-Encoding: chunked\r\n", &chunked);
    assert!(answer.body.ends_with(&body));
    let transcript = proxy.finish();
    let read: Vec<_> = transcript.requests().map(|exchange| exchange.request_body).collect();
    assert_eq!(read, [0, 12_000_000, 0, 12_000_000], "{transcript}");
}

#[test]
fn a_head_request_tells_the_length_and_sends_no_body() {
    let proxy = mock();
    let mut peer = Peer::to(proxy.address());
    peer.login(At::Proxy, &alice(), "GET http://origin.test/ HTTP/1.1", "", b"");
    peer.send("HEAD http://origin.test/bytes/1234 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(peer.head().field("Content-Length"), Some("1234"));
    assert_eq!(
        peer.ask("GET http://origin.test/bytes/2 HTTP/1.1", "").body,
        [0, 1],
        "nothing came in between"
    );
}

#[test]
fn a_407_leaves_the_connection_usable_whatever_body_came_with_the_request() {
    let proxy = mock();
    let mut peer = Peer::to(proxy.address());
    let body = vec![0; 1_000_000];
    for _ in 0..2 {
        peer.send("POST http://origin.test/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
        peer.send(&body);
        assert_eq!(peer.response().status, 407);
        peer.send("POST http://origin.test/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
        peer.send([b"f4240\r\n", &body[..], b"\r\n0\r\n\r\n"].concat());
        assert_eq!(peer.response().status, 407);
    }
    let line = "GET http://origin.test/status/204 HTTP/1.1";
    assert_eq!(peer.login(At::Proxy, &alice(), line, "", b"").status, 204);
}

#[test]
fn f16_a_body_that_waits_for_100_is_not_sent_into_a_407() {
    let proxy = mock();
    let mut peer = Peer::to(proxy.address());
    let fields = "Content-Length: 1000000000\r\nExpect: 100-continue\r\n";
    let answer = peer.ask("POST http://origin.test/digest HTTP/1.1", fields);
    assert_eq!(
        (answer.status, answer.field("Connection")),
        (407, Some("close")),
        "where the next would begin"
    );
    assert_eq!(peer.rest(), b"", "and no 100 before it");
    assert_eq!(proxy.finish().requests().next().unwrap().request_body, 0);
}

#[test]
fn f16_a_body_that_waits_for_100_is_not_sent_to_an_origin_that_does_not_want_it() {
    let proxy = mock();
    let fields = "Content-Length: 1000000000\r\nExpect: 100-continue\r\n";
    let answer = log_in(&proxy, "POST http://origin.test/ntlm/digest HTTP/1.1", fields, b"");
    assert_eq!((answer.status, answer.field("WWW-Authenticate")), (401, Some("NTLM")));
    assert_eq!(proxy.finish().requests().last().unwrap().request_body, 0);
}

#[test]
fn f16_a_body_that_waits_for_100_is_sent_to_an_origin_that_wants_it() {
    let proxy = mock();
    let mut peer = Peer::to(proxy.address());
    peer.login(At::Proxy, &alice(), "GET http://origin.test/ HTTP/1.1", "", b"");
    peer.send("POST http://origin.test/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(peer.head().status, 100);
    peer.send("abc");
    assert!(peer.response().text().ends_with("body: 3 bytes\nabc"));
}

#[test]
fn f26_a_response_that_is_cut_is_seen_to_be_cut() {
    let proxy = mock();
    let (address, _thread) = origin("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    let mut peer = Peer::to(proxy.address());
    peer.login(At::Proxy, &alice(), "GET http://origin.test/ HTTP/1.1", "", b"");
    peer.send(format!("GET http://{address}/ HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_eq!(peer.head().field("Content-Length"), Some("10"));
    assert_eq!(peer.rest(), b"abc");

    let (address, _thread) = origin("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    let mut peer = Peer::to(proxy.address());
    peer.login(At::Proxy, &alice(), "GET http://origin.test/ HTTP/1.1", "", b"");
    peer.send(format!("GET http://{address}/ HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_eq!(peer.head().status, 200);
    assert_eq!(peer.rest(), b"3\r\nabc\r\n", "no last chunk is invented");
}

#[test]
fn a_connection_to_an_origin_that_closed_it_is_replaced() {
    let proxy = mock();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (closed, is_closed) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        for _ in 0..2 {
            let mut stream = accepted(&listener);
            head_of(&mut stream);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
            drop(stream);
            closed.send(()).unwrap();
        }
    });
    let line = format!("GET http://{address}/ HTTP/1.1");
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.login(At::Proxy, &alice(), &line, "", b"").status, 200);
    is_closed.recv().unwrap();
    assert_eq!(peer.ask(&line, "").status, 200);
    thread.join().unwrap();
}

#[test]
fn f48_an_origin_that_is_down_is_told_as_the_mocks_own_502() {
    let proxy = mock();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let answer = log_in(&proxy, &format!("GET http://{closed}/ HTTP/1.1"), "", b"");
    assert_eq!(answer.status, 502);
    assert!(answer.text().starts_with(&format!("The mock proxy cannot reach the origin {closed}: ")));
    let (address, _thread) = origin("no HTTP at all\r\n\r\n");
    let answer = log_in(&proxy, &format!("GET http://{address}/ HTTP/1.1"), "", b"");
    assert_eq!(answer.status, 502);
    assert!(answer.text().starts_with("The mock proxy got no answer from the origin"), "{}", answer.text());
}

#[test]
fn a82_nothing_but_loopback_is_forwarded_to_and_not_before_the_login() {
    let proxy = mock();
    for place in
        ["example.com", "192.0.2.1", "0.0.0.0", "169.254.169.254", "[::]", "2130706433", "origin.test:81"]
    {
        let line = format!("GET http://{place}/ HTTP/1.1");
        assert_eq!(Peer::to(proxy.address()).ask(&line, "").status, 407, "{place}");
        let answer = log_in(&proxy, &line, "", b"");
        assert_eq!(answer.status, 403, "{place}");
        assert!(answer.text().contains("origin.test"), "{}", answer.text());
        assert!(answer.field("Server").unwrap().contains("test tool"));
    }
    for line in ["GET ftp://origin.test/ HTTP/1.1", "GET https://origin.test/ HTTP/1.1"] {
        assert_eq!(Peer::to(proxy.address()).ask(line, "").status, 400, "{line}");
    }
}

#[test]
fn a71_a_request_to_the_proxy_itself_is_told_that_this_is_a_proxy() {
    let proxy = mock();
    for line in ["GET / HTTP/1.1", "OPTIONS * HTTP/1.1", "POST /index.html HTTP/1.0"] {
        let mut peer = Peer::to(proxy.address());
        peer.send(format!("{line}\r\nHost: origin.test\r\n\r\n"));
        let answer = peer.response();
        assert_eq!((answer.status, answer.field("Proxy-Authenticate")), (400, None));
        assert!(answer.text().starts_with("This is an HTTP proxy"), "{}", answer.text());
    }
    assert_eq!(proxy.finish().origin().connections().len(), 0);
}
