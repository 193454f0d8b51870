//! The embedded origin's pages, directly and through the proxy.

use crate::peer::{At, Peer, alice};
use gatepass_backend::Credentials;
use gatepass_mock_proxy::MockProxy;

#[test]
fn bytes_are_as_many_as_asked_for_and_of_the_known_pattern() {
    let proxy = MockProxy::new().start().unwrap();
    let mut peer = Peer::to(proxy.origin_address());
    for count in [0, 1, 250, 251, 252, 64_255, 64_256, 64_257, 200_000] {
        let answer = peer.ask(&format!("GET /bytes/{count} HTTP/1.1"), "");
        assert_eq!(answer.status, 200);
        assert!(answer.body.iter().enumerate().all(|(at, byte)| usize::from(*byte) == at % 251), "{count}");
        assert_eq!(answer.body.len(), count);
    }
    for path in ["/bytes/10737418241", "/bytes/-1", "/bytes/", "/bytes/x"] {
        assert_eq!(peer.ask(&format!("GET {path} HTTP/1.1"), "").status, 400, "{path}");
    }
}

#[test]
fn a64_ten_gigabytes_are_announced_and_never_made_at_once() {
    let proxy = MockProxy::new().start().unwrap();
    let mut peer = Peer::to(proxy.origin_address());
    peer.send("HEAD /bytes/10737418240 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(peer.head().field("Content-Length"), Some("10737418240"));
    peer.send("GET /bytes/10737418240 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(peer.head().status, 200);
    assert_eq!(peer.exactly(300)[250..253], [250, 0, 1]);
}

#[test]
fn echo_gives_back_the_request_without_the_values_of_credentials() {
    let proxy = MockProxy::new().start().unwrap();
    let mut peer = Peer::to(proxy.origin_address());
    peer.send(
        "POST /echo?q=1 HTTP/1.1\r\nHost: h\r\nX-A: b\r\nAuthorization: Basic c2VjcmV0\r\nCookie: s=secret\r\n\
         Content-Length: 5\r\n\r\nhe\0lo",
    );
    let text = peer.response().text();
    let wanted = "POST /echo?q=1 HTTP/1.1\nhost: h\nx-a: b\nauthorization: (not shown)\ncookie: (not shown)\n\
                  content-length: 5\n\nbody: 5 bytes\nhe\0lo";
    assert_eq!(text, wanted);
    peer.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    assert!(peer.response().text().ends_with("\n\nbody: 3 bytes\nabc"));
}

#[test]
fn echo_has_a_limit_and_says_so() {
    let proxy = MockProxy::new().start().unwrap();
    let body = vec![b'x'; 16 * 1024 * 1024 + 1];
    let mut peer = Peer::to(proxy.origin_address());
    peer.send(format!("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", 2 * body.len()));
    peer.send(&body);
    let answer = peer.response();
    assert_eq!((answer.status, answer.field("Connection")), (413, Some("close")));
    assert_eq!(answer.text(), "/echo takes up to 16777216 bytes; /digest takes any number.\n");
}

#[test]
fn digest_tells_length_and_hash() {
    let proxy = MockProxy::new().start().unwrap();
    let mut peer = Peer::to(proxy.origin_address());
    peer.send("POST /digest HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    peer.send(vec![b'x'; 1_000_000]);
    let hash = "1b977e9f84f1b26b6ed7f68b0498faee2385ea4125bd29adce4a7d9106ba3134";
    assert_eq!(peer.response().text(), format!("1000000 bytes, SHA-256 {hash}\n"));
    assert_eq!(proxy.transcript().origin().requests().next().unwrap().request_body, 1_000_000);
    peer.send("POST /digest HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    peer.finish_sending();
    let answer = peer.response();
    assert_eq!(answer.status, 400);
    assert!(answer.text().starts_with("The body broke off after 3 bytes"), "{}", answer.text());
}

#[test]
fn a_status_comes_with_what_belongs_to_it() {
    let proxy = MockProxy::new().start().unwrap();
    let mut peer = Peer::to(proxy.origin_address());
    for (status, field) in [
        (200, None),
        (204, None),
        (302, Some(("Location", "/"))),
        (304, None),
        (401, Some(("WWW-Authenticate", "NTLM"))),
        (404, None),
        (407, Some(("Proxy-Authenticate", "NTLM"))),
        (503, None),
        (799, None),
    ] {
        let answer = peer.ask(&format!("GET /status/{status} HTTP/1.1"), "");
        assert_eq!(answer.status, status);
        if let Some((name, value)) = field {
            assert_eq!(answer.field(name), Some(value), "{status}");
        }
        assert_eq!(answer.body.is_empty(), matches!(status, 204 | 304), "{status}");
    }
    for path in ["/status/100", "/status/1000", "/status/", "/status/abc"] {
        assert_eq!(peer.ask(&format!("GET {path} HTTP/1.1"), "").status, 400, "{path}");
    }
    assert_eq!(peer.ask("GET /nowhere HTTP/1.1", "").status, 404);
}

#[test]
fn guarded_pages_are_the_same_pages_for_those_who_may() {
    let proxy = MockProxy::new().account("CORP", "alice", "pw").start().unwrap();
    let mut peer = Peer::to(proxy.origin_address());
    assert_eq!(peer.ask("GET /ntlm/bytes/3 HTTP/1.1", "").status, 401);
    let line = "POST /ntlm/echo HTTP/1.1";
    let answer = peer.login(At::Origin, &alice(), line, "Content-Length: 2\r\n", b"hi");
    assert!(answer.text().ends_with("body: 2 bytes\nhi"), "{}", answer.text());
    assert_eq!(peer.ask("GET /ntlm/bytes/3 HTTP/1.1", "").body, [0, 1, 2]);
    // Not below it, only beginning like it.
    assert_eq!(Peer::to(proxy.origin_address()).ask("GET /ntlmer HTTP/1.1", "").status, 404);
}

#[test]
fn guarded_pages_over_tls_take_the_bindings_of_their_own_certificate_only() {
    use gatepass_backend::{ChannelBindings, Request};
    use gatepass_engine::{Client, Nonces};
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let proxy = MockProxy::new().account("CORP", "alice", "pw").start().unwrap();
    let line = "GET /ntlm/ HTTP/1.1";
    let ca = CertificateDer::from_pem_slice(proxy.ca_pem().as_bytes()).unwrap();
    for good in [true, false] {
        let mut peer = Peer::to(proxy.secure_origin_address()).tls(proxy.ca_pem());
        assert_eq!(peer.ask(line, "").status, 401);
        let shown = peer.stream.conn.peer_certificates().unwrap()[0].clone();
        let certificate = if good { &shown } else { &ca };
        let bindings = ChannelBindings::tls_server_end_point(certificate).unwrap();
        let request = Request::new().with_bindings(bindings);
        let (waiting, negotiate) = Client::new(alice()).with_request(request).negotiate();
        let challenge = peer.ask(line, &At::Origin.line(&negotiate)).challenge();
        let (_, authenticate) = waiting.challenge(&challenge, Nonces::random().unwrap()).unwrap();
        let answer = peer.ask(line, &At::Origin.line(&authenticate));
        assert_eq!(answer.status, if good { 200 } else { 401 });
    }
}

#[test]
fn the_origin_knows_nobody_of_the_proxy_once_it_has_accounts_of_its_own() {
    let proxy =
        MockProxy::new().account("CORP", "alice", "pw").origin_account("CORP", "bob", "pw").start().unwrap();
    let log_in = |name: &str| {
        let credentials = Credentials::password(name, "pw");
        Peer::to(proxy.origin_address())
            .login(At::Origin, &credentials, "GET /ntlm/ HTTP/1.1", "", b"")
            .status
    };
    assert_eq!((log_in("CORP\\alice"), log_in("CORP\\bob")), (401, 200));
}
