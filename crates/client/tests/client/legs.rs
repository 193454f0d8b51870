//! The legs of a login that works: who is asked what, in which order, on which connection.

use crate::support::{
    OK, TUNNEL, alice, by_engine, get,
    login::{Login, PASSWORD},
    patient,
    peer::Peer,
    post, through,
    tls::Identity,
    wrong,
};
use gatepass::{ChannelBindings, Credentials};
use gatepass_client::{ErrorKind, Host, Outcome, Proxy, Scope, Side};
use std::time::Duration;

const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

#[tokio::test]
async fn a_login_to_a_proxy_takes_three_legs_and_serves_the_connection() {
    let peer = Peer::listen().await;
    let (client, counts) = (through(&peer, alice()), peer.counts());
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let mut login = Login::new(Side::Proxy);
        for message in [None, Some(1)] {
            let head = one.head().await;
            assert_eq!(head.message("proxy-authorization"), message);
            one.send(login.asks(&head)).await;
        }
        let head = one.head().await;
        assert_eq!((head.method.as_str(), head.target.as_str()), ("GET", "http://origin.test/"));
        assert_eq!(login.grants(&head), "CORP\\alice");
        one.send(OK).await;
        let head = one.head().await;
        assert_eq!(head.field("proxy-authorization"), None);
        one.send(OK).await;
        one.ends().await;
    });
    for _ in 0..2 {
        let response = client.send(get("http://origin.test/")).await.unwrap();
        assert_eq!(response.into_body().read_to_end(2).await.unwrap(), "ok");
    }
    drop(client);
    script.await.unwrap();
    assert_eq!((counts.connections(), counts.authenticates()), (1, 1));
}

#[tokio::test]
async fn proxy_and_origin_are_convinced_by_two_identities_on_one_connection() {
    let peer = Peer::listen().await;
    let bob = Credentials::password("CORP\\bob", PASSWORD);
    let client =
        through(&peer, alice()).with_origin_credentials(Scope::parse("http://origin.test").unwrap(), bob);
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let (mut proxy, mut origin) = (Login::new(Side::Proxy), Login::new(Side::Origin));
        for _ in 0..2 {
            let head = one.head().await;
            assert_eq!(head.field("authorization"), None);
            one.send(proxy.asks(&head)).await;
        }
        let head = one.head().await;
        assert_eq!(proxy.grants(&head), "CORP\\alice");
        let kept = "Proxy-Support: Session-Based-Authentication\r\nContent-Length: 0\r\n";
        one.send(origin.asks_with(&head, kept)).await;
        let head = one.head().await;
        assert_eq!(head.field("proxy-authorization"), None);
        one.send(origin.asks_with(&head, kept)).await;
        let head = one.head().await;
        assert_eq!(origin.grants(&head), "CORP\\bob");
        one.send(OK).await;
    });
    assert_eq!(client.send(get("http://origin.test/")).await.unwrap().status(), 200);
    script.await.unwrap();
}

#[tokio::test]
async fn a_proxy_that_does_not_ask_lets_the_origin_ask() {
    let peer = Peer::listen().await;
    let bob = Credentials::password("CORP\\bob", PASSWORD);
    let client =
        through(&peer, alice()).with_origin_credentials(Scope::parse("http://origin.test").unwrap(), bob);
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let mut origin = Login::new(Side::Origin);
        for _ in 0..2 {
            let head = one.head().await;
            assert_eq!(head.field("proxy-authorization"), None);
            let kept = "Proxy-Support: Session-Based-Authentication\r\nContent-Length: 0\r\n";
            one.send(origin.asks_with(&head, kept)).await;
        }
        assert_eq!(origin.grants(&one.head().await), "CORP\\bob");
        one.send(OK).await;
    });
    assert_eq!(client.send(get("http://origin.test/")).await.unwrap().status(), 200);
    script.await.unwrap();
}

#[tokio::test]
async fn a42_a_login_at_an_origin_does_not_go_through_a_proxy_that_may_share_its_connection() {
    let peer = Peer::listen().await;
    let bob = Credentials::password("CORP\\bob", PASSWORD);
    let client =
        through(&peer, alice()).with_origin_credentials(Scope::parse("http://origin.test").unwrap(), bob);
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let head = one.head().await;
        one.send(Login::new(Side::Origin).asks(&head)).await;
        one.ends().await;
    });
    let error = client.send(get("http://origin.test/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Handshake(Side::Origin));
    assert!(error.to_string().contains("Session-Based-Authentication"), "{error}");
    script.await.unwrap();
}

#[tokio::test]
async fn a_tunnel_is_opened_by_a_login_and_the_origin_in_it_gets_another_bound_to_its_certificate() {
    let peer = Peer::listen().await;
    let identity = Identity::of("origin.test");
    let (acceptor, certificate) = (identity.acceptor.clone(), identity.certificate.clone());
    let bob = Credentials::password("CORP\\bob", PASSWORD);
    let client = through(&peer, alice())
        .with_tls(identity.trusted())
        .with_origin_credentials(Scope::parse("https://origin.test").unwrap(), bob);
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let mut proxy = Login::new(Side::Proxy);
        for _ in 0..2 {
            let head = one.head().await;
            assert_eq!((head.method.as_str(), head.target.as_str()), ("CONNECT", "origin.test:443"));
            one.send(proxy.asks(&head)).await;
        }
        assert_eq!(proxy.grants(&one.head().await), "CORP\\alice");
        one.send(TUNNEL).await;
        let mut one = one.secures(&acceptor).await.unwrap();
        let mut origin =
            Login::bound(Side::Origin, ChannelBindings::tls_server_end_point(&certificate).unwrap());
        for _ in 0..2 {
            let head = one.head().await;
            assert_eq!((head.method.as_str(), head.target.as_str()), ("GET", "/x"));
            assert_eq!(head.field("host"), Some("origin.test"));
            one.send(origin.asks(&head)).await;
        }
        assert_eq!(origin.grants(&one.head().await), "CORP\\bob");
        one.send(OK).await;
        // The connection serves the next request to this origin, without another CONNECT.
        assert_eq!(one.head().await.target, "/y");
        one.send(OK).await;
        one.ends().await;
    });
    for path in ["x", "y"] {
        let response = client.send(get(format!("https://origin.test/{path}"))).await.unwrap();
        assert_eq!(Outcome::of(&response).connect_status.unwrap(), 200);
        assert_eq!(response.into_body().read_to_end(2).await.unwrap(), "ok");
    }
    drop(client);
    script.await.unwrap();
}

#[tokio::test]
async fn a_proxy_over_tls_is_verified_by_a_trust_of_its_own() {
    let peer = Peer::listen().await;
    let (proxy, origin) = (Identity::of("proxy.test"), Identity::of("origin.test"));
    let (acceptor, certificate) = (proxy.acceptor.clone(), proxy.certificate.clone());
    let url = format!("https://proxy.test:{}", peer.address().port());
    let client = by_engine()
        .with_proxy(Proxy::parse(&url).unwrap().with_credentials(alice()))
        .with_addresses(Host::parse("proxy.test").unwrap(), peer.address().port(), vec![peer.address()])
        .with_proxy_tls(proxy.trusted())
        .with_tls(origin.trusted());
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await.secures(&acceptor).await.unwrap();
        let mut login =
            Login::bound(Side::Proxy, ChannelBindings::tls_server_end_point(&certificate).unwrap());
        for _ in 0..2 {
            let head = one.head().await;
            one.send(login.asks(&head)).await;
        }
        assert_eq!(login.grants(&one.head().await), "CORP\\alice");
        one.send(OK).await;
    });
    assert_eq!(client.send(get("http://origin.test/")).await.unwrap().status(), 200);
    script.await.unwrap();
}

#[tokio::test]
async fn a_body_waits_until_the_proxy_has_let_us_in() {
    let peer = Peer::listen().await;
    let client = through(&peer, alice());
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let mut login = Login::new(Side::Proxy);
        let head = one.head().await;
        assert_eq!((head.method.as_str(), head.field("content-length")), ("HEAD", None));
        one.send(login.asks(&head)).await;
        let head = one.head().await;
        assert_eq!((head.method.as_str(), head.field("content-length")), ("POST", Some("0")));
        one.send(login.asks(&head)).await;
        let head = one.head().await;
        assert_eq!((head.method.as_str(), head.field("content-length")), ("POST", Some("4")));
        assert_eq!(head.field("expect"), Some("100-continue"));
        login.grants(&head);
        one.hears_nothing(Duration::from_millis(200)).await;
        one.send(CONTINUE).await;
        assert_eq!(one.bytes(4).await, b"body");
        one.send(OK).await;
        // A light body asks no longer where we have been let in.
        let head = one.head().await;
        assert_eq!((head.field("content-length"), head.field("expect")), (Some("6"), None));
        assert_eq!(one.bytes(6).await, b"second");
        one.send(OK).await;
    });
    for body in ["body", "second"] {
        let response = client.send(post("http://origin.test/", body)).await.unwrap();
        assert_eq!(response.into_body().read_to_end(2).await.unwrap(), "ok");
    }
    script.await.unwrap();
}

#[tokio::test]
async fn a_body_goes_after_a_while_where_nobody_says_continue() {
    let peer = Peer::listen().await;
    let client = through(&peer, alice()).with_timeouts(patient());
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let head = one.head().await;
        assert_eq!(head.method, "HEAD");
        one.send("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 7\r\n\r\n").await;
        let head = one.head().await;
        assert_eq!((head.method.as_str(), head.field("expect")), ("POST", Some("100-continue")));
        assert_eq!(one.bytes(4).await, b"body");
        one.send(OK).await;
    });
    assert_eq!(client.send(post("http://origin.test/", "body")).await.unwrap().status(), 200);
    script.await.unwrap();
}

#[tokio::test]
async fn a_challenge_that_comes_only_for_the_real_request_is_met_on_a_fresh_connection() {
    let peer = Peer::listen().await;
    let (client, counts) = (through(&peer, alice()), peer.counts());
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        assert_eq!(one.head().await.method, "HEAD");
        one.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n").await;
        let head = one.head().await;
        assert_eq!(head.field("expect"), Some("100-continue"));
        one.send(Login::new(Side::Proxy).asks(&head)).await;
        one.ends().await;
        let mut two = peer.accept().await;
        let mut login = Login::new(Side::Proxy);
        let head = two.head().await;
        assert_eq!((head.message("proxy-authorization"), head.field("content-length")), (Some(1), Some("0")));
        two.send(login.asks(&head)).await;
        let head = two.head().await;
        login.grants(&head);
        two.send(CONTINUE).await;
        assert_eq!(two.bytes(4).await, b"body");
        two.send(OK).await;
        two.ends().await;
    });
    assert_eq!(client.send(post("http://origin.test/", "body")).await.unwrap().status(), 200);
    drop(client);
    script.await.unwrap();
    assert_eq!((counts.connections(), counts.authenticates()), (2, 1));
}

#[tokio::test]
async fn a_peer_that_does_not_know_expect_gets_the_body_without_it() {
    let peer = Peer::listen().await;
    let client = through(&peer, alice());
    let script = peer.plays(|mut peer| async move {
        for expects in [true, false] {
            let mut one = peer.accept().await;
            if expects {
                assert_eq!(one.head().await.method, "HEAD");
                one.send("HTTP/1.1 200 OK\r\n\r\n").await;
            }
            let head = one.head().await;
            assert_eq!((head.method.as_str(), head.field("expect").is_some()), ("POST", expects));
            if expects {
                one.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n").await;
                one.ends().await;
            } else {
                assert_eq!(one.bytes(4).await, b"body");
                one.send(OK).await;
            }
        }
    });
    assert_eq!(client.send(post("http://origin.test/", "body")).await.unwrap().status(), 200);
    script.await.unwrap();
}

#[tokio::test]
async fn a_proxy_that_closes_with_its_first_407_gets_negotiate_first_on_the_next_connection() {
    let peer = Peer::listen().await;
    let client = through(&peer, alice());
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let head = one.head().await;
        one.send(Login::new(Side::Proxy).asks_with(&head, "Connection: close\r\n") + "a page").await;
        one.closes();
        let mut two = peer.accept().await;
        let mut login = Login::new(Side::Proxy);
        let head = two.head().await;
        assert_eq!(head.message("proxy-authorization"), Some(1));
        two.send(login.asks(&head)).await;
        assert_eq!(login.grants(&two.head().await), "CORP\\alice");
        two.send(OK).await;
    });
    assert_eq!(client.send(get("http://origin.test/")).await.unwrap().status(), 200);
    script.await.unwrap();
}

#[tokio::test]
async fn a_kept_connection_that_is_gone_is_replaced_without_a_word() {
    let peer = Peer::listen().await;
    let (client, counts) = (through(&peer, alice()), peer.counts());
    let script = peer.plays(|mut peer| async move {
        for _ in 0..2 {
            let mut one = peer.accept().await;
            let mut login = Login::new(Side::Proxy);
            for _ in 0..2 {
                let head = one.head().await;
                one.send(login.asks(&head)).await;
            }
            login.grants(&one.head().await);
            one.send(OK).await;
            one.closes();
        }
    });
    for _ in 0..2 {
        let response = client.send(get("http://origin.test/")).await.unwrap();
        assert_eq!(response.into_body().read_to_end(2).await.unwrap(), "ok");
    }
    script.await.unwrap();
    assert_eq!(counts.connections(), 2);
}

#[tokio::test]
async fn a_refused_body_never_leaves_and_the_refusal_is_the_response() {
    let peer = Peer::listen().await;
    let (client, counts) = (through(&peer, wrong()), peer.counts());
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let mut login = Login::new(Side::Proxy);
        for _ in 0..3 {
            let head = one.head().await;
            one.send(login.asks_with(&head, "Content-Length: 0\r\n")).await;
        }
        one.ends().await;
    });
    let response = client.send(post("http://origin.test/", vec![0; 1 << 20])).await.unwrap();
    assert_eq!(response.status(), 407);
    assert!(Outcome::of(&response).denied.unwrap().presented);
    drop(response);
    script.await.unwrap();
    assert_eq!((counts.connections(), counts.authenticates()), (1, 1));
}
