//! The plain path: no credentials, or none that are asked for.

use crate::support::{OK, alice, brief, get, login::Login, peer::Peer, through, tls::Identity};
use bytes::Bytes;
use gatepass_client::{Client, ErrorKind, Event, Observer, Outcome, Phase, Proxy, Redirects, Side};
use http::{Method, Request};
use http_body_util::Full;
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn a_request_goes_out_in_origin_form_and_its_connection_serves_the_next() {
    let peer = Peer::listen().await;
    let url = peer.url();
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        for path in ["/a?b=c", "/"] {
            let head = one.head().await;
            assert_eq!((head.method.as_str(), head.target.as_str()), ("GET", path));
            assert_eq!(head.field("host"), Some(peer.address().to_string().as_str()));
            assert_eq!(head.field("connection"), None);
            one.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await;
        }
        one.ends().await;
    });
    let client = Client::new();
    for path in ["/a?b=c", ""] {
        let response = client.send(get(format!("{url}{path}"))).await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(Outcome::of(&response).denied.is_none());
        assert_eq!(response.into_body().read_to_end(5).await.unwrap(), "hello");
    }
    drop(client);
    script.await.unwrap();
}

#[tokio::test]
async fn a_plain_request_goes_to_the_proxy_in_absolute_form() {
    let peer = Peer::listen().await;
    let proxy = Proxy::parse(&peer.url()).unwrap();
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let head = one.head().await;
        assert_eq!(head.target, "http://origin.test/x");
        assert_eq!(head.field("host"), Some("origin.test"));
        assert_eq!(head.field("proxy-connection"), Some("Keep-Alive"));
        one.send("HTTP/1.1 204 No Content\r\n\r\n").await;
        one.ends().await;
    });
    let response = Client::new().with_proxy(proxy).send(get("http://origin.test/x")).await.unwrap();
    assert_eq!(response.status(), 204);
    drop(response);
    script.await.unwrap();
}

#[tokio::test]
async fn a_body_goes_out_at_once_where_nobody_is_expected_to_ask() {
    let peer = Peer::listen().await;
    let url = peer.url();
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let head = one.head().await;
        assert_eq!((head.field("content-length"), head.field("expect")), (Some("4"), None));
        assert_eq!(one.bytes(4).await, b"body");
        one.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    });
    let request = Request::post(url).body(Full::<Bytes>::from("body")).unwrap();
    assert_eq!(Client::new().send(request).await.unwrap().status(), 200);
    script.await.unwrap();
}

#[tokio::test]
async fn nobody_there_is_an_error_that_names_the_place() {
    let peer = Peer::listen().await;
    let (url, address) = (peer.url(), peer.address());
    drop(peer);
    let error = Client::new().send(get(&url)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect(Side::Origin));
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    let error =
        Client::new().with_proxy(Proxy::parse(&url).unwrap()).tunnel("a.test", 443).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect(Side::Proxy));
}

#[tokio::test]
async fn redirects_are_followed_when_asked_for() {
    let peer = Peer::listen().await;
    let url = peer.url();
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let head = one.head().await;
        assert_eq!((head.method.as_str(), head.target.as_str()), ("POST", "/a/b"));
        one.bytes(4).await;
        one.send("HTTP/1.1 303 See Other\r\nLocation: ../c\r\nContent-Length: 2\r\n\r\nno").await;
        let head = one.head().await;
        assert_eq!((head.method.as_str(), head.target.as_str()), ("GET", "/c"));
        assert_eq!(head.field("content-type"), None);
        one.send("HTTP/1.1 302 Found\r\nLocation: /d\r\nContent-Length: 0\r\n\r\n").await;
        one.head().await;
        one.send("HTTP/1.1 302 Found\r\nLocation: /e\r\nContent-Length: 0\r\n\r\n").await;
    });
    let client = Client::new().with_redirects(Redirects::at_most(2));
    let request = Request::builder().method(Method::POST).uri(format!("{url}/a/b"));
    let request = request.header("content-type", "text/plain").body(Full::<Bytes>::from("body")).unwrap();
    let error = client.send(request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit(Side::Origin));
    script.await.unwrap();
}

#[tokio::test]
async fn a_body_that_can_be_made_again_follows_a_redirect_and_the_method_may_stay() {
    let peer = Peer::listen().await;
    let url = peer.url();
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        for (target, status, location) in
            [("/a", "307 Temporary", "/b"), ("/b", "302 Found", "/c"), ("/c", "200 OK", "/")]
        {
            let head = one.head().await;
            assert_eq!((head.method.as_str(), head.target.as_str()), ("POST", target));
            if target != "/c" {
                assert_eq!(one.bytes(4).await, b"body");
            }
            one.send(&format!("HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"))
                .await;
        }
    });
    let client = Client::new().with_redirects(Redirects::at_most(2).keeping_method());
    let body = || Full::<Bytes>::from("body");
    let request = Request::builder().method(Method::POST).uri(format!("{url}/a")).body(body()).unwrap();
    let response = client.send_rewindable(request, move || Some(body())).await.unwrap();
    assert_eq!(response.status(), 200);
    script.await.unwrap();
}

#[tokio::test]
async fn a_peer_that_closes_behind_the_body_is_not_said_to_mind_the_credentials() {
    let peer = Peer::listen().await;
    let url = peer.url();
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        one.head().await;
        one.bytes(4).await;
    });
    let request =
        Request::builder().method(Method::POST).uri(&url).body(Full::<Bytes>::from("body")).unwrap();
    let error = Client::new().send(request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol(Side::Origin));
    let text = error.to_string();
    assert!(text.contains("after the body had begun to go out") && !text.contains("credentials"), "{text}");
    script.await.unwrap();
}

#[tokio::test]
async fn a_body_that_rests_too_long_ends_by_the_idle_timeout() {
    let peer = Peer::listen().await;
    let url = peer.url();
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        one.head().await;
        one.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").await;
        one.ends().await;
    });
    let response = Client::new().with_timeouts(brief()).send(get(&url)).await.unwrap();
    let error = response.into_body().read_to_end(10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout(Phase::Idle));
    script.await.unwrap();
}

#[tokio::test]
async fn tls_with_a_peer_that_says_nothing_ends_by_the_connect_timeout() {
    let peer = Peer::listen().await;
    let url = format!("https://{}", peer.address());
    let script = peer.plays(|mut peer| async move {
        peer.accept().await.drains_to_end().await;
    });
    let error = Client::new()
        .with_timeouts(brief())
        .with_tls(Identity::of("127.0.0.1").trusted())
        .send(get(&url))
        .await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Timeout(Phase::Connect));
    script.await.unwrap();
}

#[tokio::test]
async fn what_is_no_http_is_an_error_that_says_so() {
    let peer = Peer::listen().await;
    let url = peer.url();
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        one.head().await;
        one.send("220 mail.example ESMTP\r\n\r\n").await;
        one.ends().await;
    });
    let error = Client::new().send(get(&url)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol(Side::Origin));
    assert!(error.to_string().contains("does not answer in HTTP"), "{error}");
    script.await.unwrap();
}

#[derive(Debug, Default)]
struct Seen(Mutex<Vec<String>>);

impl Observer for Seen {
    fn event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(match event {
            Event::Connected { side, .. } => format!("connected to {side}"),
            Event::Request { method, target, .. } => format!("{method} {target}"),
            Event::Response { status, .. } => status.as_str().to_owned(),
            Event::Token { direction, token, .. } => format!("{direction:?} {}", token[8]),
            Event::Reused { .. } => "reused".to_owned(),
            other => format!("{other:?}"),
        });
    }
}

#[tokio::test]
async fn an_observer_sees_the_dance_in_its_order() {
    let peer = Peer::listen().await;
    let seen = Arc::new(Seen::default());
    let client = through(&peer, alice()).with_observer(seen.clone());
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let mut login = Login::new(Side::Proxy);
        for _ in 0..2 {
            let head = one.head().await;
            one.send(login.asks(&head)).await;
        }
        login.grants(&one.head().await);
        one.send(OK).await;
        one.head().await;
        one.send(OK).await;
    });
    for _ in 0..2 {
        client.send(get("http://origin.test/")).await.unwrap().into_body().read_to_end(2).await.unwrap();
    }
    script.await.unwrap();
    let request = "GET http://origin.test/";
    assert_eq!(
        *seen.0.lock().unwrap(),
        [
            "connected to the proxy",
            request,
            "407",
            "Sent 1",
            request,
            "407",
            "Received 2",
            "Sent 3",
            request,
            "200",
            "reused",
            request,
            "200",
        ]
    );
}
