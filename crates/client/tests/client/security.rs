//! Attacks on a client and its secrets, each test named after its row. The rows stand together, in their order: the file is
//! long for that reason.

use crate::support::{
    OK, TUNNEL, alice, by_engine, get,
    log::Log,
    login::{Login, PASSWORD, challenge},
    peer::Peer,
    post, through,
    tls::Identity,
    wrong,
};
use gatepass::{
    CredentialSource, Credentials, Platform,
    crypto::ntowf_v1,
    wire::{Authenticate, Message as _},
};
use gatepass_client::{
    Client, ErrorKind, Event, Host, Observer, Outcome, Proxies, Proxy, Redirects, Scope, Side,
};
use gatepass_http::{
    Scheme,
    limits::{MAX_DRAIN, MAX_HEAD},
};
use http::Request;
use std::{sync::Arc, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const NOTHING: Duration = Duration::from_millis(50);

/// `client` with `peer` in the place of `name`, on port 80.
fn at(client: Client, name: &str, peer: &Peer) -> Client {
    client.with_addresses(Host::parse(name).unwrap(), 80, vec![peer.address()])
}

fn scope(url: &str) -> Scope {
    Scope::parse(url).unwrap()
}

/// A request for `url` with fields of the caller's own that are meant for one reader each.
fn loaded(url: &str) -> Request<http_body_util::Empty<bytes::Bytes>> {
    let mut request = get(url);
    for (name, value) in [
        ("authorization", "Bearer for-the-origin"),
        ("cookie", "for=the-origin"),
        ("proxy-authorization", "Basic Zm9yOnRoZS1wcm94eQ=="),
        ("x-own", "for-the-origin"),
        ("user-agent", "test/1"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn a33_the_head_of_a_connect_carries_nothing_for_the_origin_and_the_tunnel_nothing_for_the_proxy() {
    let peer = Peer::listen().await;
    let identity = Identity::of("origin.test");
    let acceptor = identity.acceptor.clone();
    let client = through(&peer, alice()).with_tls(identity.trusted());
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let head = one.head().await;
        let names: Vec<&str> = head.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["host", "proxy-connection", "user-agent", "proxy-authorization"]);
        one.send(TUNNEL).await;
        let mut one = one.secures(&acceptor).await.unwrap();
        let head = one.head().await;
        assert_eq!((head.field("proxy-authorization"), head.field("proxy-connection")), (None, None));
        assert_eq!(head.field("authorization"), Some("Bearer for-the-origin"));
        one.send(OK).await;
    });
    assert_eq!(client.send(loaded("https://origin.test/")).await.unwrap().status(), 200);
    script.await.unwrap();
}

#[tokio::test]
async fn a33_no_proxy_authorization_reaches_an_origin_directly_or_after_a_redirect_out_of_the_proxy() {
    let (proxy, direct) = (Peer::listen().await, Peer::listen().await);
    let proxies = Proxies::all(Proxy::parse(&proxy.url()).unwrap().with_credentials(alice()))
        .with_no_proxy(gatepass_client::NoProxy::parse("direct.test"));
    let client = by_engine().with_proxy(proxies).with_redirects(Redirects::at_most(5));
    let client = at(client, "direct.test", &direct);
    let proxy = proxy.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        assert!(one.head().await.field("proxy-authorization").is_some());
        one.send("HTTP/1.1 302 Found\r\nLocation: http://direct.test/\r\nContent-Length: 0\r\n\r\n").await;
    });
    let direct = direct.plays(|mut peer| async move {
        for _ in 0..2 {
            let mut one = peer.accept().await;
            let head = one.head().await;
            assert_eq!((head.field("proxy-authorization"), head.target.as_str()), (None, "/"));
            one.send(OK).await;
        }
    });
    for url in ["http://proxied.test/", "http://direct.test/"] {
        assert_eq!(client.send(loaded(url)).await.unwrap().status(), 200);
    }
    proxy.await.unwrap();
    direct.await.unwrap();
}

#[tokio::test]
async fn a34_a_407_that_does_not_come_from_the_proxy_is_a_response_like_another() {
    let refusal = || challenge(Side::Proxy, &["NTLM"], "Content-Length: 0\r\n");
    let direct = Peer::listen().await;
    let client = at(by_engine().with_origin_credentials(scope("*"), alice()), "origin.test", &direct);
    let script = direct.plays(async move |mut peer: Peer| {
        let mut one = peer.accept().await;
        one.head().await;
        one.send(refusal()).await;
        one.hears_nothing(NOTHING).await;
    });
    let response = client.send(get("http://origin.test/")).await.unwrap();
    assert_eq!((response.status().as_u16(), Outcome::of(&response).denied), (407, None));
    script.await.unwrap();

    let peer = Peer::listen().await;
    let identity = Identity::of("origin.test");
    let acceptor = identity.acceptor.clone();
    let client =
        through(&peer, alice()).with_tls(identity.trusted()).with_origin_credentials(scope("*"), alice());
    let script = peer.plays(async move |mut peer: Peer| {
        let mut one = peer.accept().await;
        one.head().await;
        one.send(TUNNEL).await;
        let mut one = one.secures(&acceptor).await.unwrap();
        one.head().await;
        one.send(refusal()).await;
        one.hears_nothing(NOTHING).await;
    });
    let response = client.send(get("https://origin.test/")).await.unwrap();
    assert_eq!((response.status().as_u16(), Outcome::of(&response).denied), (407, None));
    script.await.unwrap();
}

#[tokio::test]
async fn a34_a_401_to_a_connect_gets_no_credentials_of_the_origin() {
    let peer = Peer::listen().await;
    let (client, counts) =
        (through(&peer, alice()).with_origin_credentials(scope("*"), alice()), peer.counts());
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        one.head().await;
        one.send(challenge(Side::Origin, &["NTLM"], "Content-Length: 4\r\n") + "page").await;
        one.ends().await;
        peer.rests(NOTHING).await;
    });
    let error = client.send(get("https://origin.test/")).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Refused, 401));
    assert_eq!(error.response().unwrap().body(), "page");
    script.await.unwrap();
    assert_eq!(counts.authenticates(), 0);
}

/// A source that writes down for whom it was asked, and knows alice.
#[derive(Debug, Default)]
struct Asked(std::sync::Mutex<Vec<String>>);

impl CredentialSource for Asked {
    fn name(&self) -> &str {
        "the list"
    }

    fn credentials(&self, request: &gatepass::Request) -> Result<Option<Credentials>, gatepass::Error> {
        self.0.lock().unwrap().push(request.peer().unwrap_or_default().to_owned());
        Ok(Some(alice()))
    }
}

#[tokio::test]
async fn a35_single_sign_on_is_for_the_named_origin_and_not_for_one_that_a_redirect_leads_to() {
    let (here, there) = (Peer::listen().await, Peer::listen().await);
    let asked = Arc::new(Asked::default());
    let platform = Platform::new().with_credentials(Arc::<Asked>::clone(&asked));
    let client = by_engine()
        .with_redirects(Redirects::at_most(1))
        .with_mechanisms(Side::Origin, platform.mechanisms())
        .with_origin_credentials(scope("http://here.test"), Credentials::CurrentUser);
    let client = at(at(client, "here.test", &here), "there.test", &there);
    let here = here.plays(async move |mut peer: Peer| {
        let mut one = peer.accept().await;
        assert_eq!(one.head().await.field("authorization"), None);
        one.send(challenge(Side::Origin, &["NTLM"], "Content-Length: 0\r\n")).await;
        assert!(one.head().await.field("authorization").unwrap().starts_with("NTLM TlRMTVNTUAAB"));
        one.send("HTTP/1.1 302 Over There\r\nLocation: http://there.test/\r\nContent-Length: 0\r\n\r\n")
            .await;
    });
    let there = there.plays(async move |mut peer: Peer| {
        let mut one = peer.accept().await;
        assert_eq!(one.head().await.field("authorization"), None);
        one.send(challenge(Side::Origin, &["NTLM"], "Connection: close\r\nContent-Length: 0\r\n")).await;
        one.ends().await;
    });
    let response = client.send(get("http://here.test/")).await.unwrap();
    assert_eq!((response.status().as_u16(), Outcome::of(&response).denied), (401, None));
    here.await.unwrap();
    there.await.unwrap();
    assert_eq!(*asked.0.lock().unwrap(), ["http://here.test:80"]);
}

#[tokio::test]
async fn a35_a_redirect_to_another_origin_carries_no_credentials() {
    let (here, there) = (Peer::listen().await, Peer::listen().await);
    let port = there.address().port();
    let client = by_engine()
        .with_redirects(Redirects::at_most(9))
        .with_origin_credentials(scope("http://here.test"), alice())
        .with_addresses(Host::parse("here.test").unwrap(), port, vec![there.address()]);
    let client = at(at(client, "here.test", &here), "there.test", &there);
    let elsewhere = [
        "http://there.test/".to_owned(),
        format!("http://here.test:{port}/"),
        "http://u:p@there.test/".to_owned(),
        "//there.test/".to_owned(),
    ];
    let hops = elsewhere.len();
    let sends = elsewhere.clone();
    let here = here.plays(async move |mut peer: Peer| {
        for location in sends {
            let mut one = peer.accept().await;
            assert_eq!(one.head().await.field("authorization"), Some("Bearer for-the-origin"));
            one.send(format!("HTTP/1.1 307 Over There\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"))
                .await;
        }
    });
    let counts = there.counts();
    let there = there.plays(async move |mut peer: Peer| {
        for _ in 0..hops {
            let mut one = peer.accept().await;
            let head = one.head().await;
            for name in ["authorization", "cookie"] {
                assert_eq!(head.field(name), None);
            }
            assert_ne!(head.field("host"), Some("here.test"));
            one.send(challenge(Side::Origin, &["NTLM"], "Connection: close\r\nContent-Length: 0\r\n")).await;
            one.ends().await;
        }
    });
    for _ in 0..hops {
        let response = client.send(loaded("http://here.test/")).await.unwrap();
        assert_eq!((response.status().as_u16(), Outcome::of(&response).denied), (401, None));
    }
    here.await.unwrap();
    there.await.unwrap();
    assert_eq!(counts.authenticates(), 0);
}

#[tokio::test]
async fn a36_the_credentials_of_one_proxy_never_reach_another() {
    let (one, other) = (Peer::listen().await, Peer::listen().await);
    let environment = [
        ("http_proxy", format!("http://CORP%5Calice:{PASSWORD}@{}", one.address())),
        ("https_proxy", other.url()),
    ];
    let proxies = Proxies::from_environment(|name| {
        environment.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())
    });
    let client = by_engine().with_proxy(proxies.unwrap()).with_redirects(Redirects::at_most(5));
    let counts = other.counts();
    let one = one.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let mut login = Login::new(Side::Proxy);
        for _ in 0..2 {
            let head = one.head().await;
            one.send(login.asks(&head)).await;
        }
        login.grants(&one.head().await);
        one.send("HTTP/1.1 302 Found\r\nLocation: https://origin.test/\r\nContent-Length: 0\r\n\r\n").await;
    });
    let other = other.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let head = one.head().await;
        assert_eq!((head.method.as_str(), head.field("proxy-authorization")), ("CONNECT", None));
        one.send(challenge(Side::Proxy, &["NTLM"], "Content-Length: 0\r\n")).await;
        one.ends().await;
    });
    let error = client.send(get("http://origin.test/")).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Refused, 407));
    one.await.unwrap();
    other.await.unwrap();
    assert_eq!(counts.authenticates(), 0);
}

#[tokio::test]
async fn a36_changed_credentials_leave_the_old_login_and_its_connection_behind() {
    let peer = Peer::listen().await;
    let url = peer.url();
    let client = through(&peer, alice());
    let script = peer.plays(|mut peer| async move {
        for who in ["CORP\\alice", "CORP\\bob"] {
            let mut one = peer.accept().await;
            let mut login = Login::new(Side::Proxy);
            for _ in 0..2 {
                let head = one.head().await;
                one.send(login.asks(&head)).await;
            }
            assert_eq!(login.grants(&one.head().await), who);
            one.send(OK).await;
            if who.ends_with("alice") {
                one.ends().await;
            }
        }
        let mut one = peer.accept().await;
        assert_eq!(one.head().await.field("proxy-authorization"), None);
        one.send(challenge(Side::Proxy, &["NTLM"], "Content-Length: 0\r\n")).await;
        one.ends().await;
    });
    let read = async |client: &Client| {
        let response = client.send(get("http://origin.test/")).await.unwrap();
        let status = response.status().as_u16();
        response.into_body().read_to_end(2).await.unwrap();
        status
    };
    assert_eq!(read(&client).await, 200);
    let bob = Proxy::parse(&url).unwrap().with_credentials(Credentials::password("CORP\\bob", PASSWORD));
    let client = client.with_proxy(bob);
    assert_eq!(read(&client).await, 200);
    let client = client.with_proxy(Proxy::parse(&url).unwrap());
    assert_eq!(read(&client).await, 407);
    drop(client);
    script.await.unwrap();
}

#[tokio::test]
async fn a38_a_401_of_an_origin_that_no_scope_covers_gets_no_token() {
    for (scopes, answered) in [(&["http://other.test", "https://origin.test"][..], false), (&["*"], true)] {
        let peer = Peer::listen().await;
        let client = at(by_engine(), "origin.test", &peer);
        let client =
            scopes.iter().fold(client, |client, text| client.with_origin_credentials(scope(text), alice()));
        let script = peer.plays(async move |mut peer: Peer| {
            let mut one = peer.accept().await;
            let mut login = Login::new(Side::Origin);
            let head = one.head().await;
            one.send(login.asks(&head)).await;
            if answered {
                let head = one.head().await;
                one.send(login.asks(&head)).await;
                login.grants(&one.head().await);
                one.send(OK).await;
            } else {
                one.hears_nothing(NOTHING).await;
            }
        });
        let response = client.send(get("http://origin.test/")).await.unwrap();
        assert_eq!(response.status().as_u16(), if answered { 200 } else { 401 });
        script.await.unwrap();
    }
}

#[tokio::test]
async fn a40_no_byte_of_a_login_goes_to_a_proxy_whose_certificate_is_not_trusted() {
    for (trusted, name) in [(false, "proxy.test"), (true, "other.test")] {
        let peer = Peer::listen().await;
        let identity = Identity::of(name);
        let acceptor = identity.acceptor.clone();
        let port = peer.address().port();
        let proxy = Proxy::parse(&format!("https://proxy.test:{port}")).unwrap().with_credentials(alice());
        let stranger = Identity::of("proxy.test");
        let client = by_engine()
            .with_proxy(proxy)
            .with_addresses(Host::parse("proxy.test").unwrap(), port, vec![peer.address()])
            // What an origin may show is no matter.
            .with_tls(identity.trusted())
            .with_proxy_tls(if trusted { identity.trusted() } else { stranger.trusted() });
        let script = peer.plays(async move |mut peer: Peer| {
            if let Some(mut one) = peer.accept().await.secures(&acceptor).await {
                assert!(one.head_or_end().await.is_none(), "a head came");
            }
        });
        let error = client.send(get("http://origin.test/")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls(Side::Proxy), "{error}");
        script.await.unwrap();
    }
}

#[tokio::test]
async fn a51_a_wrong_password_is_exactly_one_attempt_that_names_proxy_and_user() {
    let script = |mut peer: Peer| async move {
        let mut one = peer.accept().await;
        let mut login = Login::new(Side::Proxy);
        for _ in 0..3 {
            let head = one.head().await;
            one.send(login.asks(&head)).await;
        }
        one.ends().await;
        peer.rests(NOTHING).await;
    };
    for url in ["http://origin.test/", "https://origin.test/"] {
        let peer = Peer::listen().await;
        let (client, counts, address) = (through(&peer, wrong()), peer.counts(), peer.address());
        let script = peer.plays(script);
        let text = match client.send(get(url)).await {
            Ok(response) => {
                assert_eq!(response.status(), 407);
                Outcome::of(&response).denied.unwrap().to_string()
            }
            Err(error) => {
                assert_eq!(
                    (error.kind(), error.status().unwrap().as_u16()),
                    (ErrorKind::Denied(Side::Proxy), 407)
                );
                error.to_string()
            }
        };
        assert!(text.contains("CORP\\alice") && text.contains(&address.to_string()), "{text}");
        script.await.unwrap();
        assert_eq!((counts.connections(), counts.authenticates()), (1, 1));
    }
}

#[tokio::test]
async fn a51_a_wrong_password_at_an_origin_is_exactly_one_attempt() {
    let peer = Peer::listen().await;
    let client =
        at(by_engine().with_origin_credentials(scope("http://origin.test"), wrong()), "origin.test", &peer);
    let counts = peer.counts();
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        let mut login = Login::new(Side::Origin);
        for _ in 0..3 {
            let head = one.head().await;
            one.send(login.asks(&head)).await;
        }
        one.ends().await;
        peer.rests(NOTHING).await;
    });
    let response = client.send(post("http://origin.test/", "body")).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), Outcome::of(&response).denied.unwrap().side),
        (401, Side::Origin)
    );
    drop(response);
    script.await.unwrap();
    assert_eq!((counts.connections(), counts.authenticates()), (1, 1));
}

#[tokio::test]
async fn a53_a_refused_password_is_tried_by_no_other_scheme_address_or_spelling() {
    // All that can be used, and all of it on offer on each leg, the refusal included; a CHALLENGE stands alone.
    let all = || gatepass::mechanisms().allow_basic_over_plain_http_insecure();
    const NTLM: [Scheme; 2] = [Scheme::Ntlm, Scheme::Basic];
    const NEGOTIATE: [Scheme; 3] = [Scheme::Negotiate, Scheme::Ntlm, Scheme::Basic];
    for (name, domain, user, offer) in [
        ("CORP\\alice", "CORP", "alice", &NTLM[..]),
        ("CORP\\alice", "CORP", "alice", &NEGOTIATE),
        ("alice@corp.test", "", "alice@corp.test", &NEGOTIATE),
    ] {
        for side in [Side::Proxy, Side::Origin] {
            let (first, second) = (Peer::listen().await, Peer::listen().await);
            let credentials = Credentials::password(name, "not-the-s3cret-marker");
            let (host, port) = match side {
                Side::Proxy => ("proxy.test", 3128),
                Side::Origin => ("origin.test", 80),
            };
            let client = match side {
                Side::Proxy => {
                    let proxy = Proxy::parse("http://proxy.test:3128").unwrap().with_credentials(credentials);
                    by_engine().with_proxy(proxy)
                }
                Side::Origin => by_engine().with_origin_credentials(scope("http://origin.test"), credentials),
            };
            let addresses = vec![first.address(), second.address()];
            let client = client
                .with_addresses(Host::parse(host).unwrap(), port, addresses)
                .with_mechanisms(side, all());
            let (counts, others) = (first.counts(), second.counts());
            let script = first.plays(async move |mut peer: Peer| {
                let mut one = peer.accept().await;
                let mut login = Login::offering(side, all().only(offer));
                for leg in 0..3 {
                    let head = one.head().await;
                    one.send(login.asks(&head)).await;
                    if leg == 2 {
                        let token = head.token(side.credentials_field()).unwrap();
                        let message = Authenticate::decode(&token).unwrap();
                        let names = (message.domain_name.to_string(), message.user_name.to_string());
                        assert_eq!((names.0.as_str(), names.1.as_str()), (domain, user));
                    }
                }
                one.ends().await;
                peer.rests(NOTHING).await;
            });
            let response = client.send(get("http://origin.test/")).await.unwrap();
            assert_eq!(response.status().as_u16(), side.status());
            assert!(Outcome::of(&response).denied.unwrap().presented);
            drop(response);
            script.await.unwrap();
            assert_eq!((counts.connections(), counts.authenticates()), (1, 1));
            assert_eq!(others.connections(), 0);
        }
    }
}

#[tokio::test]
async fn a55_a_proxy_that_closes_or_asks_for_ever_is_given_up() {
    let closes = |last: usize| {
        move |mut peer: Peer| async move {
            // On each connection the peer closes after `last` legs.
            while let Ok(mut one) = tokio::time::timeout(Duration::from_millis(200), peer.accept()).await {
                let mut login = Login::new(Side::Proxy);
                for leg in 0..=last {
                    let Some(head) = one.head_or_end().await else { break };
                    if leg < last {
                        one.send(login.asks(&head)).await;
                    }
                }
            }
        }
    };
    for last in 0..3 {
        let peer = Peer::listen().await;
        let (client, counts) = (through(&peer, alice()), peer.counts());
        let script = peer.plays(closes(last));
        client.send(get("http://origin.test/")).await.unwrap_err();
        script.await.unwrap();
        assert!(counts.connections() <= 2 && counts.authenticates() <= 1, "{last}: {counts:?}");
    }
    let peer = Peer::listen().await;
    let (client, counts) = (through(&peer, alice()), peer.counts());
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        while one.head_or_end().await.is_some() {
            one.send(challenge(Side::Proxy, &["NTLM"], "Content-Length: 0\r\n")).await;
        }
    });
    let error = client.send(get("http://origin.test/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Handshake(Side::Proxy));
    script.await.unwrap();
    assert_eq!((counts.connections(), counts.authenticates()), (1, 0));
}

#[tokio::test]
async fn a64_an_endless_head_or_407_body_is_read_no_further_than_its_limit() {
    // What lies in the buffers of the sockets and of hyper counts with what was read.
    const SLACK: usize = 8 << 20;
    for (start, limit) in [
        ("HTTP/1.1 407 No\r\n", MAX_HEAD),
        ("HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\n\r\n", MAX_DRAIN),
        ("HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nTransfer-Encoding: chunked\r\n\r\n1;", MAX_DRAIN),
    ] {
        let peer = Peer::listen().await;
        let client = through(&peer, alice());
        let script = peer.plays(async move |mut peer: Peer| {
            for _ in 0..2 {
                let Ok(mut one) = tokio::time::timeout(Duration::from_millis(300), peer.accept()).await
                else {
                    break;
                };
                one.head().await;
                one.send(start).await;
                let poured = one.pour("X-Field: value\r\n".repeat(4096).as_bytes(), 1 << 30).await;
                assert!(poured < limit + SLACK, "{poured} bytes were read");
                one.closes();
            }
        });
        let error = client.send(get("http://origin.test/")).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Limit(Side::Proxy) | ErrorKind::Handshake(Side::Proxy)),
            "{error:?}"
        );
        script.await.unwrap();
    }
}

#[tokio::test]
async fn a64_a_content_encoding_passes_untouched() {
    let peer = Peer::listen().await;
    let client = at(by_engine(), "origin.test", &peer);
    let script = peer.plays(|mut peer| async move {
        let mut one = peer.accept().await;
        assert_eq!(one.head().await.field("accept-encoding"), None);
        one.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbomb").await;
    });
    let response = client.send(get("http://origin.test/")).await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert_eq!(response.into_body().read_to_end(4).await.unwrap(), "bomb");
    script.await.unwrap();
}

#[tokio::test]
async fn a69_a_host_that_is_none_is_refused_before_anything_is_sent() {
    let mut peer = Peer::listen().await;
    let client = through(&peer, alice());
    for host in ["a\r\nX: y", "a b", "", "a\0", "a/b", "u@a", "a:1", "ä.test", "[::1", "a%0d%0a"] {
        let error = client.tunnel(host, 443).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{host:?}");
    }
    assert_eq!(client.tunnel("a.test", 0).await.unwrap_err().kind(), ErrorKind::Invalid);
    for url in ["http://u:p@a.test/", "https://a_b%0d%0a/", "http://[::1%25]/", "/relative", "ftp://a.test/"]
    {
        let Ok(uri) = url.parse::<http::Uri>() else { continue };
        let error = client.send(Request::get(uri).body(String::new()).unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
    }
    peer.rests(NOTHING).await;
    assert_eq!(peer.counts().connections(), 0);
}

#[tokio::test]
async fn a75_a_2xx_to_a_connect_opens_the_tunnel_whatever_framing_it_names() {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.0 299 Fine\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ] {
        let peer = Peer::listen().await;
        let client = through(&peer, alice());
        let script = peer.plays(async move |mut peer: Peer| {
            let mut one = peer.accept().await;
            one.head().await;
            one.send(head.to_owned() + "5\r\nbytes").await;
            assert_eq!(one.bytes(4).await, b"more");
        });
        let mut tunnel = client.tunnel("origin.test", 443).await.unwrap();
        let mut bytes = [0; 8];
        tunnel.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"5\r\nbytes");
        tunnel.write_all(b"more").await.unwrap();
        script.await.unwrap();
    }
}

#[tokio::test]
async fn a75_anything_but_a_2xx_to_a_connect_is_an_error_and_not_followed() {
    let redirect =
        "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.test/\r\nContent-Length: 0\r\n\r\n".to_owned();
    let page = "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\npage".to_owned();
    let flood = "HTTP/1.1 100 Continue\r\n\r\n".repeat(21) + TUNNEL;
    for (response, kind, status) in [
        (redirect, ErrorKind::Refused, Some(302)),
        (page, ErrorKind::Refused, Some(403)),
        (flood, ErrorKind::Limit(Side::Proxy), None),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n".to_owned(), ErrorKind::Protocol(Side::Proxy), None),
    ] {
        let peer = Peer::listen().await;
        let client = through(&peer, alice()).with_redirects(Redirects::at_most(5));
        let script = peer.plays(async move |mut peer: Peer| {
            let mut one = peer.accept().await;
            one.head().await;
            one.send(response).await;
            one.ends().await;
            peer.rests(NOTHING).await;
        });
        let error = client.send(get("https://origin.test/")).await.unwrap_err();
        assert_eq!((error.kind(), error.status().map(|status| status.as_u16())), (kind, status));
        script.await.unwrap();
    }
}

#[derive(Debug, Default)]
struct Shown(std::sync::Mutex<String>);

/// Everything of an event but the tokens, which are shown to whoever observes on purpose.
impl Observer for Shown {
    fn event(&self, event: &Event<'_>) {
        if !matches!(event, Event::Token { .. }) {
            *self.0.lock().unwrap() += &format!("{event:?}\n");
        }
    }
}

#[tokio::test]
async fn a83_no_secret_is_in_a_log_an_error_an_event_or_a_debug_text() {
    let (log, shown) = (Log::default(), Arc::new(Shown::default()));
    let _guard = tracing::subscriber::set_default(log.clone());
    let mut texts = Vec::new();
    for credentials in [alice(), wrong()] {
        // Other tests may be meeting a place of the log for the first time just now, and find no listener.
        tracing::callsite::rebuild_interest_cache();
        let peer = Peer::listen().await;
        let url = format!("http://CORP%5Calice:{PASSWORD}@{}", peer.address());
        texts.push(format!("{:?}", Proxy::parse(&url).unwrap()));
        let client = through(&peer, credentials)
            .with_observer(shown.clone())
            .with_origin_credentials(scope("*"), alice());
        texts.push(format!("{client:?} {client:#?}"));
        let script = peer.plays(|mut peer| async move {
            let mut one = peer.accept().await;
            let mut login = Login::new(Side::Proxy);
            while let Some(head) = one.head_or_end().await {
                let asks: Option<String> = match login.request(&head) {
                    crate::support::login::Answer::Ask(values) => {
                        Some(challenge(Side::Proxy, &values, "Content-Length: 0\r\n"))
                    }
                    crate::support::login::Answer::Granted(_) => None,
                };
                one.send(asks.unwrap_or_else(|| TUNNEL.to_owned() + "no TLS here at all")).await;
            }
        });
        let error = client.send(get("https://origin.test/")).await.unwrap_err();
        let mut source: Option<&dyn std::error::Error> = Some(&error);
        while let Some(one) = source {
            texts.push(format!("{one} {one:?} {one:#?}"));
            source = one.source();
        }
        script.abort();
    }
    texts.push(shown.0.lock().unwrap().clone());
    texts.push(log.text());
    let all = texts.join("\n");
    assert!(log.text().contains("denied"), "the log is not heard: {all}");
    assert!(all.contains("CONNECT"), "the events are not heard: {all}");
    let hash = ntowf_v1(PASSWORD);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let wide: Vec<u8> = PASSWORD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for secret in [
        PASSWORD.to_owned(),
        String::from_utf8_lossy(&wide).into_owned(),
        hex(PASSWORD.as_bytes()),
        hex(&wide),
        hex(hash.expose()),
        "TlRMTVNTUAAD".to_owned(),
        hex(b"NTLMSSP\0\x03"),
        "NTLMSSP\\0\\x03".to_owned(),
    ] {
        assert!(!all.to_lowercase().contains(&secret.to_lowercase()), "{secret} in {all}");
    }
    let list = |bytes: &[u8]| format!("{bytes:?}").trim_matches(['[', ']']).to_owned();
    for bytes in [PASSWORD.as_bytes(), &wide, hash.expose().as_slice(), b"NTLMSSP\0\x03"] {
        assert!(!all.contains(&list(bytes)), "{bytes:?} in {all}");
    }
}
