//! The tap before a proxy: every byte passes as it is, and what is said is written down.

use crate::peer::{At, Peer, alice};
use gatepass_backend::Credentials;
use gatepass_mock_proxy::{
    Ended, Fault, Leg, MockProxy, Outcome, Running, Secrets, Tap, Tapping, Transcript,
};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

const GET: &str = "GET http://origin.test/bytes/5 HTTP/1.1";

fn tapped(mock: MockProxy) -> (Running, Tapping) {
    let mock = mock.account("CORP", "alice", "pw").start().unwrap();
    let tap = Tap::before(mock.address().to_string()).start().unwrap();
    (mock, tap)
}

fn address(tap: &Tapping) -> SocketAddr {
    tap.url().strip_prefix("http://").unwrap().parse().unwrap()
}

/// What both saw of each exchange, but for times, ports and what only the mock knows.
fn seen(transcript: &Transcript) -> Vec<String> {
    transcript
        .requests()
        .map(|exchange| {
            let outcome = match &exchange.outcome {
                Outcome::Refused(_) => "refused".to_owned(),
                other => other.to_string(),
            };
            let fields = |fields: &[gatepass_mock_proxy::Field]| {
                fields
                    .iter()
                    .map(|field| format!("{}: {}", field.name().to_lowercase(), field.revealed()))
                    .collect::<Vec<_>>()
            };
            format!(
                "{} {} {} {} {:?} {} {:?} {:?} {:?} {:?} {} {}",
                exchange.leg,
                exchange.method,
                exchange.target,
                exchange.version,
                fields(&exchange.fields),
                outcome,
                exchange.token.as_ref().map(|token| token.bytes().to_vec()),
                exchange.challenge.as_ref().map(|token| token.bytes().to_vec()),
                exchange.status_line,
                fields(&exchange.response_fields),
                exchange.request_body,
                exchange.response_body,
            )
        })
        .collect()
}

#[test]
fn the_tap_writes_down_what_the_mock_behind_it_does() {
    let (mock, tap) = tapped(MockProxy::new());
    let mut peer = Peer::to(address(&tap));
    assert_eq!(peer.ask(GET, "").status, 407);
    assert_eq!(peer.login(At::Proxy, &alice(), GET, "", b"").body.len(), 5);
    let chunked = "POST http://origin.test/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\
                   3\r\nabc\r\n0\r\n\r\n";
    peer.send(chunked);
    assert!(peer.response().text().ends_with("abc"));
    assert_eq!(peer.ask(GET, "").status, 200, "the next request is found behind the chunks");
    let mut wrong = Peer::to(address(&tap));
    assert_eq!(wrong.login(At::Proxy, &Credentials::password("CORP\\alice", "no"), GET, "", b"").status, 407);
    drop((peer, wrong));
    let (there, here) = (mock.finish(), tap.finish());
    assert_eq!(seen(&here), seen(&there));
    assert_eq!(here.authenticates().count(), 2, "{here}");
    assert_eq!(here.connections()[0].received, there.connections()[0].received);
    assert_eq!(here.connections()[0].sent, there.connections()[0].sent);
    let text = here.to_jsonl(Secrets::Kept);
    assert_eq!(Transcript::from_jsonl(&text).unwrap().to_jsonl(Secrets::Kept), text);
}

#[test]
fn a_tunnel_is_passed_through_and_counted_and_a_refused_one_is_no_tunnel() {
    let (mock, tap) = tapped(MockProxy::new());
    let connect = "CONNECT origin.test:443 HTTP/1.1";
    let mut peer = Peer::to(address(&tap));
    assert_eq!(peer.ask(connect, "").status, 407);
    assert_eq!(peer.login(At::Proxy, &alice(), connect, "", b"").status, 200);
    let mut inside = peer.tls(mock.ca_pem());
    assert_eq!(inside.ask("GET /bytes/5 HTTP/1.1", "Connection: close\r\n").body.len(), 5);
    drop(inside);
    let (there, here) = (mock.finish(), tap.finish());
    let counts = |transcript: &Transcript| {
        let last = transcript.requests().last().unwrap();
        (transcript.requests().count(), last.request_body, last.response_body, last.leg)
    };
    assert_eq!(counts(&here), counts(&there), "{here}\n{there}");
    assert_eq!(here.connections()[0].leg, Leg::Tunnel);
    assert!(!here.to_jsonl(Secrets::LeftOut).contains("TlRMTVNTUAAD"));
}

#[test]
fn bytes_that_make_no_sense_pass_as_they_are() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let tap = Tap::before(listener.local_addr().unwrap().to_string()).start().unwrap();
    let noise: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let expected = noise.clone();
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut came = Vec::new();
        socket.read_to_end(&mut came).unwrap();
        assert!(came == expected);
        socket.write_all(&came).unwrap();
    });
    let mut client = TcpStream::connect(address(&tap)).unwrap();
    client.write_all(&noise).unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let mut back = Vec::new();
    client.read_to_end(&mut back).unwrap();
    server.join().unwrap();
    assert!(back == noise);
    let transcript = tap.finish();
    assert_eq!(
        (transcript.requests().count(), transcript.connections()[0].received),
        (0, 300_000),
        "{transcript}"
    );
}

#[test]
fn an_end_is_passed_on_as_it_was() {
    let (mock, tap) =
        tapped(MockProxy::new().fault(Leg::Offer, 1, Fault::Reset).fault(Leg::Offer, 2, Fault::Close));
    for _ in 0..2 {
        let mut peer = Peer::to(address(&tap));
        peer.send("GET http://origin.test/ HTTP/1.1\r\nHost: h\r\n\r\n");
        assert!(peer.rest().is_empty());
    }
    drop(mock);
    let here = tap.finish();
    assert_eq!(here.connections()[1].ended, Some(Ended::ByProxy), "{here}");
    assert_eq!(here.requests().filter(|exchange| exchange.status.is_none()).count(), 2, "{here}");
}

#[test]
fn f48_a_proxy_that_is_down_is_told_in_the_transcript_and_ends_the_connection() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let tap = Tap::before(gone.to_string()).start().unwrap();
    assert!(Peer::to(address(&tap)).rest().is_empty());
    let transcript = tap.finish();
    let Some(Ended::Unreachable(why)) = &transcript.connections()[0].ended else { panic!("{transcript}") };
    assert!(why.contains(&gone.to_string()), "{why}");
    assert!(Tap::before("proxy:1").with_address(([0, 0, 0, 0], 0).into()).start().is_err());
}
