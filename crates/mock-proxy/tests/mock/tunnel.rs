//! CONNECT: what opens a tunnel, and what goes through it.

use crate::peer::{At, Peer, alice};
use gatepass_mock_proxy::{Ended, Leg, MockProxy, Running};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

fn mock() -> Running {
    MockProxy::new().account("CORP", "alice", "pw").start().unwrap()
}

/// A server that does `work` on its one connection.
fn server<T: Send + 'static>(work: fn(TcpStream) -> T) -> (SocketAddr, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        work(stream)
    });
    (address, thread)
}

fn tunnel(proxy: &Running, to: SocketAddr) -> Peer {
    let mut peer = Peer::to(proxy.address());
    let opened = peer.login(At::Proxy, &alice(), &format!("CONNECT {to} HTTP/1.1"), "", b"");
    assert_eq!(opened.status, 200, "{}", proxy.transcript());
    peer
}

fn echo(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        stream.write_all(&buffer[..count]).unwrap();
    }
}

#[test]
fn f28_bytes_sent_right_behind_the_connect_arrive_once_and_in_order() {
    let proxy = mock();
    let (address, _thread) = server(echo);
    let mut peer = Peer::to(proxy.address());
    let line = format!("CONNECT {address} HTTP/1.1");
    assert_eq!(peer.login(At::Proxy, &alice(), &line, "", b"early GET / HTTP/9 \0\r\n\r\n").status, 200);
    peer.send("later");
    peer.finish_sending();
    assert_eq!(peer.rest(), b"early GET / HTTP/9 \0\r\n\r\nlater");
    let transcript = proxy.finish();
    let exchange = transcript.requests().last().unwrap();
    assert_eq!((exchange.request_body, exchange.response_body), (29, 29), "{transcript}");
}

#[test]
fn f28_nothing_is_lost_either_behind_a_body_of_unknown_length() {
    let proxy = mock();
    let (address, _thread) = server(echo);
    let mut peer = Peer::to(proxy.address());
    peer.send("POST http://origin.test/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
    assert_eq!(peer.response().status, 407);
    let line = format!("CONNECT {address} HTTP/1.1");
    assert_eq!(peer.login(At::Proxy, &alice(), &line, "", b"early").status, 200);
    peer.send("later");
    peer.finish_sending();
    assert_eq!(peer.rest(), b"earlylater");
    assert_eq!(proxy.finish().requests().last().unwrap().request_body, 10);
}

#[test]
fn f28_a_server_that_speaks_first_is_heard() {
    let proxy = mock();
    let (address, _thread) = server(|mut stream| stream.write_all(b"220 welcome\r\n").unwrap());
    assert_eq!(tunnel(&proxy, address).rest(), b"220 welcome\r\n");
}

#[test]
fn f24_one_side_may_end_while_the_other_goes_on() {
    let megabytes: Vec<u8> = (0..2_621_440_u32).flat_map(u32::to_le_bytes).collect();
    let proxy = mock();
    // The client ends first.
    let (address, thread) = server(|mut stream| {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        stream.write_all(&all).unwrap();
    });
    let mut peer = tunnel(&proxy, address);
    peer.send(&megabytes);
    peer.finish_sending();
    assert!(peer.rest() == megabytes);
    thread.join().unwrap();
    // The server ends first.
    let (address, thread) = server(|mut stream| {
        stream.write_all(b"bye").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        all
    });
    let mut peer = tunnel(&proxy, address);
    assert_eq!(peer.rest(), b"bye");
    peer.send(&megabytes);
    drop(peer);
    assert!(thread.join().unwrap() == megabytes);
}

#[test]
fn f23_a_reset_is_passed_on_as_a_reset() {
    let proxy = mock();
    let (address, thread) = server(|mut stream| {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        stream
    });
    let mut peer = tunnel(&proxy, address);
    peer.send("x");
    let stream = thread.join().unwrap();
    peer.send("unread, so that the server's end is an abortive one");
    // The bytes must have arrived at the server, or its end is an orderly one.
    while stream.peek(&mut [0]).unwrap() == 0 {}
    drop(stream);
    let mut rest = Vec::new();
    let error = peer.stream.read_to_end(&mut rest).expect_err("no orderly end");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn connect_in_http_1_0_opens_a_tunnel_too() {
    let proxy = mock();
    for field in ["Connection: keep-alive\r\n", "Proxy-Connection: Keep-Alive\r\n"] {
        let (address, _thread) = server(echo);
        let mut peer = Peer::to(proxy.address());
        // The field must stand in every leg, the first included.
        let line = format!("CONNECT {address} HTTP/1.0\r\n{}", field.trim_end());
        assert_eq!(peer.login(At::Proxy, &alice(), &line, "", b"").status, 200, "{field}");
        peer.send("hello");
        peer.finish_sending();
        assert_eq!(peer.rest(), b"hello");
    }
    let transcript = proxy.finish();
    assert!(transcript.requests().all(|exchange| exchange.version == "HTTP/1.0"), "{transcript}");
}

#[test]
fn a_client_of_http_1_0_that_keeps_nothing_alive_is_answered_and_let_go() {
    let proxy = mock();
    let mut peer = Peer::to(proxy.address());
    peer.send("CONNECT origin.test:443 HTTP/1.0\r\n\r\n");
    assert_eq!(peer.response().status, 407);
    assert_eq!(peer.rest(), b"");
}

#[test]
fn a_tunnel_leads_to_loopback_or_nowhere() {
    let proxy = mock();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for (target, status) in [
        ("example.com:443", 403),
        ("192.0.2.1:22", 403),
        ("169.254.169.254:80", 403),
        ("origin.test:22", 403),
        ("origin.test", 400),
        (closed.as_str(), 502),
    ] {
        let mut peer = Peer::to(proxy.address());
        let answer = peer.login(At::Proxy, &alice(), &format!("CONNECT {target} HTTP/1.1"), "", b"");
        assert_eq!(answer.status, status, "{target}: {}", answer.text());
        let again = peer.ask("GET http://origin.test/ HTTP/1.1", "");
        assert_eq!(again.status, 200, "the connection goes on after {target}");
    }
    assert!(proxy.finish().connections().iter().all(|connection| connection.leg != Leg::Tunnel));
}

#[test]
fn a_tunnel_needs_a_login() {
    let proxy = mock();
    let mut peer = Peer::to(proxy.address());
    peer.send("CONNECT origin.test:80 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(peer.response().status, 407);
    assert_eq!(proxy.finish().origin().connections().len(), 0);
}

#[test]
fn the_transcript_tells_how_a_tunnel_ended() {
    let proxy = mock();
    let (address, thread) = server(|mut stream| {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
    });
    drop(tunnel(&proxy, address));
    thread.join().unwrap();
    // The origin has seen the end; the proxy is about to write it down.
    let transcript = (0..2_000)
        .map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            proxy.transcript()
        })
        .find(|transcript| transcript.connections()[0].ended.is_some())
        .expect("an end within 20 s");
    let connection = &transcript.connections()[0];
    assert_eq!((connection.leg, connection.ended.as_ref()), (Leg::Tunnel, Some(&Ended::ByClient)));
}
