//! Start, end, and everything that several mock proxies, or several connections of one, must not do to each other.

use crate::peer::{At, Peer, alice};
use gatepass_backend::{Accounts, Credentials, NtHash, Principal};
use gatepass_engine::crypto::ntowf_v1;
use gatepass_mock_proxy::{Ended, Error, MockProxy, Personality};
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::Arc;

const GET: &str = "GET http://origin.test/ HTTP/1.1";

#[test]
fn f47_a_dropped_mock_frees_its_ports_and_ends_its_connections() {
    let proxy = MockProxy::new().account("CORP", "alice", "pw").start().unwrap();
    let addresses = [proxy.address(), proxy.origin_address(), proxy.secure_origin_address()];
    let mut idle = Peer::to(proxy.address());
    assert_eq!(idle.login(At::Proxy, &alice(), GET, "", b"").status, 200);
    let mut half = Peer::to(proxy.address());
    half.send("GET http://ori");
    let mut tunnel = Peer::to(proxy.address());
    let opened = tunnel.login(At::Proxy, &alice(), "CONNECT origin.test:80 HTTP/1.1", "", b"");
    assert_eq!(opened.status, 200);
    drop(proxy);
    for address in addresses {
        TcpListener::bind(address).unwrap_or_else(|error| panic!("{address} is free again: {error}"));
    }
    for mut peer in [idle, half, tunnel] {
        assert_eq!(peer.rest(), b"");
    }
}

#[test]
fn finish_tells_of_connections_that_are_still_open() {
    let proxy = MockProxy::new().start().unwrap();
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.ask(GET, "").status, 407);
    let transcript = proxy.finish();
    let connection = &transcript.connections()[0];
    assert_eq!((connection.number, connection.exchanges.len()), (1, 1), "{transcript}");
    assert_eq!(connection.ended, Some(Ended::ByMock), "{transcript}");
    assert!(connection.received > 40 && connection.sent > 100, "{transcript}");
    assert_eq!(connection.peer, peer.stream.local_addr().unwrap());
}

#[test]
fn a_hundred_mocks_at_once_do_not_know_each_other() {
    let proxies: Vec<_> = (0..100)
        .map(|number| MockProxy::new().account("CORP", "alice", format!("pw{number}")).start().unwrap())
        .collect();
    let log_in = |number: usize, password: usize| {
        let credentials = Credentials::password("CORP\\alice", format!("pw{password}").as_str());
        Peer::to(proxies[number].address()).login(At::Proxy, &credentials, GET, "", b"").status
    };
    // All are up, ten are asked at a time: that stays below the descriptors that a process is commonly allowed.
    for ten in (0..100).collect::<Vec<_>>().chunks(10) {
        std::thread::scope(|scope| {
            for &number in ten {
                scope.spawn({
                    let log_in = &log_in;
                    move || {
                        assert_eq!(
                            (log_in(number, number), log_in(number, number + 1)),
                            (200, 407),
                            "{number}"
                        );
                    }
                });
            }
        });
    }
    for proxy in proxies {
        let transcript = proxy.finish();
        assert_eq!(transcript.authenticates().count(), 2, "{transcript}");
    }
}

#[test]
fn a82_an_address_that_others_can_reach_is_refused_unless_it_is_allowed() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:192.0.2.1]:0"] {
        let address: SocketAddr = address.parse().unwrap();
        let error = MockProxy::new().with_address(address).start().unwrap_err();
        assert!(matches!(error, Error::NotLoopback(refused) if refused == address));
        assert!(error.to_string().contains("is not a loopback address"), "{error}");
    }
    let elsewhere = || MockProxy::new().with_address("0.0.0.0:0".parse().unwrap()).allow_remote();
    let proxy = elsewhere().start().unwrap();
    let here = ("127.0.0.1", proxy.address().port()).to_socket_addrs().unwrap().next().unwrap();
    let answer = Peer::to(here).ask(GET, "");
    assert!(answer.status == 407 && answer.field("Server").unwrap().contains("test tool"), "{answer:?}");
    let squid = elsewhere().like(Personality::named("squid-5-ntlm").unwrap()).start().unwrap();
    let here = ("127.0.0.1", squid.address().port()).to_socket_addrs().unwrap().next().unwrap();
    let answer = Peer::to(here).ask(GET, "");
    assert_eq!(answer.field("Server"), Some("squid/5.7"));
    assert!(answer.field("X-Test-Tool").unwrap().contains("gatepass-mock-proxy"), "{answer:?}");
    let error = MockProxy::new().allow("no place").start().unwrap_err();
    assert_eq!(error.to_string(), "\"no place\" is not HOST[:PORT], to which it could be allowed to forward");
    let proxy = MockProxy::new().with_address("127.0.0.2:0".parse().unwrap()).start().unwrap();
    assert!(proxy.url().starts_with("http://127.0.0.2:"), "{}", proxy.url());
    assert_eq!(Peer::to(proxy.address()).ask(GET, "").status, 407);
}

#[test]
fn a_port_in_use_is_an_error_that_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = MockProxy::new().with_address(address).start().unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {address}"));
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn a_mock_serves_asynchronous_tests_on_one_thread_as_well() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let proxy = MockProxy::new().start().unwrap();
    let mut stream = tokio::net::TcpStream::connect(proxy.address()).await.unwrap();
    let request = format!("{GET}\r\nHost: h\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 407 "), "{answer}");
    assert_eq!(proxy.finish().requests().count(), 1);
}

/// Knows alice, and falls over at the sound of one name.
struct Fragile;

impl Accounts for Fragile {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        match principal.user() {
            "panic" => panic!("the account store fell over, as this test wants it to"),
            "alice" => Some(ntowf_v1("pw")),
            _ => None,
        }
    }
}

#[test]
fn a65_a_panic_of_the_account_store_ends_one_connection_and_lets_nobody_in() {
    let proxy = MockProxy::new().accounts(Arc::new(Fragile)).start().unwrap();
    let mut before = Peer::to(proxy.address());
    assert_eq!(before.login(At::Proxy, &alice(), GET, "", b"").status, 200);

    let mut fatal = Peer::to(proxy.address());
    let credentials = Credentials::password("CORP\\panic", "pw");
    let (waiting, negotiate) = gatepass_engine::Client::new(credentials).negotiate();
    let challenge = fatal.ask(GET, &At::Proxy.line(&negotiate)).challenge();
    let nonces = gatepass_engine::Nonces::random().unwrap();
    let (_, authenticate) = waiting.challenge(&challenge, nonces).unwrap();
    fatal.send(format!("{GET}\r\nHost: h\r\n{}\r\n", At::Proxy.line(&authenticate)));
    assert_eq!(fatal.rest(), b"", "a07: no answer is no identity");

    assert_eq!(before.ask(GET, "").status, 200, "a connection from before lives on");
    assert_eq!(Peer::to(proxy.address()).login(At::Proxy, &alice(), GET, "", b"").status, 200);
    let transcript = proxy.finish();
    assert_eq!(transcript.connections()[1].ended, Some(Ended::Panicked), "{transcript}");
    assert_eq!(transcript.origin().requests().count(), 3, "{transcript}");
}
