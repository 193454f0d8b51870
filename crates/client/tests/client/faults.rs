//! What the network and the peers do to a login and to a tunnel, and what must be seen.
//!
//! In every row, beside what it says: at most one AUTHENTICATE reaches the peer, every connection is closed when the client
//! is gone, and the answer comes in time. The rows stand together, in their order: the file is long for that reason.

use crate::support::{
    OK, TUNNEL, alice, brief, get, large,
    login::{Login, challenge},
    patient,
    peer::{Counts, Peer},
    through,
};
use bytes::Bytes;
use gatepass_client::{Body, Client, Error, ErrorKind, Outcome, Phase, Side, Tunnel};
use gatepass_http::{
    Scheme,
    limits::{MAX_DRAIN, MAX_HEAD},
};
use http::Response;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

const SIDE: Side = Side::Proxy;
const FIELD: &str = "proxy-authorization";
const URL: &str = "http://origin.test/";
/// No row takes longer.
const BOUND: Duration = Duration::from_secs(30);

/// Plays `script` against `act`, and asserts what holds in every row.
async fn row<S, SF, A, AF>(script: S, act: A) -> (AF::Output, Arc<Counts>)
where
    S: FnOnce(Peer) -> SF,
    SF: Future<Output = ()> + Send + 'static,
    A: FnOnce(Client) -> AF,
    AF: Future,
{
    let peer = Peer::listen().await;
    let (client, counts) = (through(&peer, alice()), peer.counts());
    let script = peer.plays(script);
    let outcome = timeout(BOUND, act(client)).await.expect("the answer comes too late");
    script.await.unwrap();
    assert!(counts.authenticates() <= 1, "{} attempts to log in", counts.authenticates());
    counts.all_ended();
    (outcome, counts)
}

async fn fetch(client: Client) -> Result<Response<Bytes>, Error> {
    let (parts, body) = client.send(get(URL)).await?.into_parts();
    Ok(Response::from_parts(parts, body.read_to_end(1 << 20).await?))
}

/// The error of a row that must not log in at all.
async fn fails<S, SF>(script: S) -> Error
where
    S: FnOnce(Peer) -> SF,
    SF: Future<Output = ()> + Send + 'static,
{
    let (outcome, counts) = row(script, fetch).await;
    assert_eq!(counts.authenticates(), 0);
    outcome.unwrap_err()
}

#[tokio::test]
async fn f04_a_peer_that_accepts_and_says_nothing_ends_by_the_handshake_timeout() {
    let script = |mut peer: Peer| async move {
        let mut one = peer.accept().await;
        one.head().await;
        one.ends().await;
    };
    for tunnel in [false, true] {
        let (outcome, _) = row(script, async |client: Client| {
            let client = client.with_timeouts(brief());
            if tunnel {
                client.tunnel("origin.test", 443).await.map(drop)
            } else {
                fetch(client).await.map(drop)
            }
        })
        .await;
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout(Phase::Handshake));
        assert!(error.to_string().starts_with("the proxy 127.0.0.1:"), "{error}");
    }
}

#[tokio::test]
async fn f08_a_close_instead_of_a_407_costs_one_reconnect_with_negotiate_first() {
    let (outcome, counts) = row(
        |mut peer: Peer| async move {
            let mut one = peer.accept().await;
            assert_eq!(one.head().await.field(FIELD), None);
            one.closes();
            let mut two = peer.accept().await;
            let mut login = Login::new(SIDE);
            let head = two.head().await;
            assert_eq!(head.message(FIELD), Some(1));
            two.send(login.asks(&head)).await;
            login.grants(&two.head().await);
            two.send(OK).await;
            two.ends().await;
        },
        fetch,
    )
    .await;
    assert_eq!((outcome.unwrap().status().as_u16(), counts.connections()), (200, 2));
}

#[tokio::test]
async fn f08_a_peer_that_always_closes_is_given_up_after_two_connections() {
    let error = fails(|mut peer: Peer| async move {
        for _ in 0..2 {
            let mut one = peer.accept().await;
            one.head().await;
            one.closes();
        }
        peer.rests(Duration::from_millis(100)).await;
    })
    .await;
    assert_eq!(error.kind(), ErrorKind::Limit(SIDE));
}

#[tokio::test]
async fn f09_a_close_with_the_challenge_ends_the_login_without_an_authenticate() {
    let error = fails(|mut peer: Peer| async move {
        let mut one = peer.accept().await;
        let mut login = Login::new(SIDE);
        let head = one.head().await;
        one.send(login.asks(&head)).await;
        let head = one.head().await;
        one.send(login.asks_with(&head, "Connection: close\r\nContent-Length: 0\r\n")).await;
        one.ends().await;
        peer.rests(Duration::from_millis(100)).await;
    })
    .await;
    assert_eq!(error.kind(), ErrorKind::Handshake(SIDE));
    assert!(error.to_string().contains("closes during the handshake"), "{error}");
}

#[tokio::test]
async fn f09_a_fin_after_the_challenge_ends_the_login_on_this_connection_and_any_other() {
    let (outcome, _) = row(
        |mut peer: Peer| async move {
            let mut one = peer.accept().await;
            let mut login = Login::new(SIDE);
            let head = one.head().await;
            one.send(login.asks(&head)).await;
            let head = one.head().await;
            one.send(login.asks(&head)).await;
            one.finish().await;
            // An AUTHENTICATE may have been on its way already.
            if one.head_or_end().await.is_some() {
                one.closes();
            }
            peer.rests(Duration::from_millis(100)).await;
        },
        fetch,
    )
    .await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Handshake(SIDE));
}

#[tokio::test]
async fn f10_a_reset_after_authenticate_is_reported_and_not_tried_again() {
    let (outcome, counts) = row(
        |mut peer: Peer| async move {
            let mut one = peer.accept().await;
            let mut login = Login::new(SIDE);
            for _ in 0..2 {
                let head = one.head().await;
                one.send(login.asks(&head)).await;
            }
            one.head().await;
            one.resets();
            peer.rests(Duration::from_millis(100)).await;
        },
        fetch,
    )
    .await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), counts.authenticates()), (ErrorKind::Handshake(SIDE), 1));
    assert!(error.to_string().contains("not sent again"), "{error}");
}

#[tokio::test]
async fn f11_a_challenge_that_cannot_be_read_is_an_error_that_says_where() {
    let message = |kind: u8, length: usize| {
        let mut bytes = b"NTLMSSP\0".to_vec();
        bytes.extend_from_slice(&[kind, 0, 0, 0]);
        bytes.resize(length, 0xff);
        Scheme::Ntlm.value(&bytes)
    };
    for (value, says) in [
        ("NTLM !!!!".to_owned(), "Proxy-Authenticate"),
        ("NTLM TlRM".to_owned(), "byte"),
        (message(2, 12), "byte"),
        (message(2, 40), "byte"),
        (message(1, 40), "MessageType at byte 8"),
        (message(3, 96), "MessageType at byte 8"),
        ("NTLM".to_owned(), "no challenge of its own"),
        ("NTLM ".to_owned() + &"A".repeat(MAX_DRAIN + 4), "characters"),
        ("NTLM ".to_owned() + &"A".repeat(1 << 20), "131072 bytes"),
    ] {
        let error = fails(|mut peer: Peer| async move {
            let mut one = peer.accept().await;
            let head = one.head().await;
            one.send(Login::new(SIDE).asks(&head)).await;
            assert_eq!(one.head().await.message(FIELD), Some(1));
            let response = challenge(SIDE, &[value], "Content-Length: 0\r\n");
            one.pour(response.as_bytes(), response.len()).await;
            one.ends().await;
            peer.rests(Duration::from_millis(20)).await;
        })
        .await;
        assert!(matches!(error.kind(), ErrorKind::Handshake(SIDE) | ErrorKind::Limit(SIDE)), "{error:?}");
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
}

#[tokio::test]
async fn f12_a_407_that_offers_nothing_usable_is_delivered_as_denied_with_what_it_offers() {
    for (values, offered) in [(&[][..], &[][..]), (&["Basic realm=\"x\"", "Bearer"], &["Basic", "Bearer"])] {
        let (outcome, counts) = row(
            |mut peer: Peer| async move {
                let mut one = peer.accept().await;
                one.head().await;
                one.send(challenge(SIDE, values, "Content-Length: 4\r\n") + "page").await;
                one.ends().await;
            },
            fetch,
        )
        .await;
        let response = outcome.unwrap();
        let denied = Outcome::of(&response).denied.unwrap();
        assert_eq!((response.status().as_u16(), response.body().as_ref()), (407, &b"page"[..]));
        assert_eq!((denied.offered.join(", "), denied.presented), (offered.join(", "), false));
        assert!(offered.iter().all(|scheme| denied.to_string().contains(scheme)), "{denied}");
        assert_eq!(counts.authenticates(), 0);
    }
}

#[tokio::test]
async fn f13_a_bare_scheme_after_authenticate_is_a_refusal_and_ends_it() {
    let (outcome, counts) = row(
        |mut peer: Peer| async move {
            let mut one = peer.accept().await;
            let mut login = Login::new(SIDE);
            for _ in 0..2 {
                let head = one.head().await;
                one.send(login.asks(&head)).await;
            }
            assert_eq!(one.head().await.message(FIELD), Some(3));
            one.send(challenge(SIDE, &["NTLM"], "Content-Length: 0\r\n")).await;
            one.ends().await;
            peer.rests(Duration::from_millis(100)).await;
        },
        fetch,
    )
    .await;
    let denied = Outcome::of(&outcome.unwrap()).denied.unwrap();
    assert!(denied.to_string().contains("CORP\\alice"), "{denied}");
    assert_eq!((denied.presented, counts.authenticates()), (true, 1));
}

#[tokio::test]
async fn f14_a_second_challenge_is_an_error() {
    let (outcome, _) = row(
        |mut peer: Peer| async move {
            let mut one = peer.accept().await;
            let mut login = Login::new(SIDE);
            let head = one.head().await;
            one.send(login.asks(&head)).await;
            let head = one.head().await;
            let response = login.asks(&head);
            one.send(&response).await;
            one.head().await;
            one.send(&response).await;
            one.ends().await;
        },
        fetch,
    )
    .await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Handshake(SIDE));
}

#[tokio::test]
async fn f14_a_challenge_after_success_is_met_by_one_full_login_on_a_fresh_connection() {
    for forgives in [true, false] {
        let peer = Peer::listen().await;
        let (client, counts) = (through(&peer, alice()), peer.counts());
        let script = peer.plays(async move |mut peer: Peer| {
            let mut one = peer.accept().await;
            let mut login = Login::new(SIDE);
            for _ in 0..2 {
                let head = one.head().await;
                one.send(login.asks(&head)).await;
            }
            login.grants(&one.head().await);
            one.send(OK).await;
            let head = one.head().await;
            one.send(Login::new(SIDE).asks(&head)).await;
            one.ends().await;
            let mut two = peer.accept().await;
            let mut login = Login::new(SIDE);
            let head = two.head().await;
            two.send(login.asks(&head)).await;
            login.grants(&two.head().await);
            two.send(if forgives {
                OK.to_owned()
            } else {
                challenge(SIDE, &["NTLM"], "Content-Length: 0\r\n")
            })
            .await;
            two.ends().await;
            peer.rests(Duration::from_millis(50)).await;
        });
        assert_eq!(fetch(client.clone()).await.unwrap().status(), 200);
        let second = fetch(client.clone()).await.unwrap();
        assert_eq!(second.status().as_u16(), if forgives { 200 } else { 407 });
        assert_eq!(Outcome::of(&second).denied.is_some(), !forgives);
        drop(client);
        script.await.unwrap();
        assert_eq!((counts.connections(), counts.authenticates()), (2, 2));
        counts.all_ended();
    }
}

/// The 407s of F15: fields, and the piece that is sent over and over.
const BODIES: [(&str, &str); 4] = [
    ("", "endless "),
    ("Content-Length: 1073741824\r\n", "a gigabyte "),
    ("Transfer-Encoding: chunked\r\n", "5\r\nchunk\r\n"),
    ("Transfer-Encoding: chunked\r\n", "5;an=extension\r\nchunk\r\n"),
];

/// Much more than the sockets of both sides hold.
const FLOOD: usize = 1 << 28;
/// What has been read, or lies in the sockets' buffers, when a flood ends by the reader's limit.
const READ: usize = 1 << 24;

/// The first connection of an F15 row: NEGOTIATE is never seen on it, since its 407 cannot be read.
async fn unreadable(peer: &mut Peer, fields: &str, piece: &str, most: usize) {
    let mut one = peer.accept().await;
    let head = one.head().await;
    one.send(Login::new(SIDE).asks_with(&head, fields)).await;
    let poured = one.pour(piece.as_bytes(), most).await;
    assert!(poured < READ, "{poured} bytes were read");
    one.drains_to_end().await;
}

#[tokio::test]
async fn f15_a_407_whose_body_cannot_be_read_gives_its_connection_up_and_the_login_goes_on_on_one_other() {
    let endless = BODIES.map(|(fields, piece)| (fields, piece.repeat(512), FLOOD));
    let too_large = ("Content-Length: 99\r\n", "too short".to_owned(), 9);
    let too_small = ("Content-Length: 2\r\n", "too long".to_owned(), 8);
    for (fields, piece, most) in endless.into_iter().chain([too_large, too_small]) {
        let (outcome, _) = row(
            |mut peer: Peer| async move {
                unreadable(&mut peer, fields, &piece, most).await;
                let mut two = peer.accept().await;
                let mut login = Login::new(SIDE);
                let head = two.head().await;
                assert_eq!(head.message(FIELD), Some(1));
                two.send(login.asks(&head)).await;
                login.grants(&two.head().await);
                two.send(OK).await;
                two.ends().await;
            },
            async |client: Client| fetch(client.with_timeouts(patient())).await,
        )
        .await;
        assert_eq!(outcome.unwrap().status(), 200, "{fields:?}");
    }
}

#[tokio::test]
async fn f15_endless_407_bodies_on_each_leg_end_after_two_connections() {
    for (fields, piece) in BODIES {
        let error = fails(|mut peer: Peer| async move {
            for _ in 0..2 {
                unreadable(&mut peer, fields, &piece.repeat(512), FLOOD).await;
            }
            peer.rests(Duration::from_millis(50)).await;
        })
        .await;
        assert_eq!(error.kind(), ErrorKind::Limit(SIDE), "{error}");
        assert!(error.to_string().contains("too long"), "{error}");
    }
}

#[tokio::test]
async fn f16_a_large_body_is_held_through_the_legs_and_arrives_once_and_whole() {
    const PIECES: usize = 512;
    for continues in [true, false] {
        let (outcome, _) = row(
            async move |mut peer: Peer| {
                let mut one = peer.accept().await;
                let mut login = Login::new(SIDE);
                for method in ["HEAD", "POST"] {
                    let head = one.head().await;
                    assert_eq!(head.method, method);
                    one.hears_nothing(Duration::from_millis(20)).await;
                    one.send(login.asks(&head)).await;
                }
                let head = one.head().await;
                assert_eq!(head.field("content-length"), Some((PIECES << 16).to_string().as_str()));
                login.grants(&head);
                if continues {
                    one.send("HTTP/1.1 100 Continue\r\n\r\n").await;
                }
                for number in 0..PIECES {
                    let piece = one.bytes(1 << 16).await;
                    assert!(piece.iter().all(|byte| usize::from(*byte) == number % 251), "piece {number}");
                }
                one.send(OK).await;
                one.ends().await;
            },
            async |client: Client| {
                client.send(large(URL, PIECES)).await.unwrap().into_body().read_to_end(2).await
            },
        )
        .await;
        assert_eq!(outcome.unwrap(), "ok");
    }
}

#[tokio::test]
async fn f16_a_challenge_that_comes_during_the_body_is_an_error_that_says_so() {
    let (outcome, _) = row(
        |mut peer: Peer| async move {
            let mut one = peer.accept().await;
            let head = one.head().await;
            one.send("HTTP/1.1 200 OK\r\n\r\n").await;
            assert_eq!(head.method, "HEAD");
            let head = one.head().await;
            one.send("HTTP/1.1 100 Continue\r\n\r\n").await;
            one.bytes(1 << 16).await;
            one.send(Login::new(SIDE).asks(&head)).await;
            one.drains_to_end().await;
            peer.rests(Duration::from_millis(50)).await;
        },
        async |client: Client| client.send(large(URL, 512)).await.map(drop),
    )
    .await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upload);
    assert!(error.to_string().contains("sent once"), "{error}");
}

#[tokio::test]
async fn f18_a_head_that_dribbles_is_given_up_by_the_head_timeout() {
    let (outcome, _) = row(
        |mut peer: Peer| async move {
            let mut one = peer.accept().await;
            one.head().await;
            for byte in "HTTP/1.1 407 Proxy Authentication Required\r\n".bytes() {
                if !one.tries([byte]).await {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            one.ends().await;
        },
        async |client: Client| fetch(client.with_timeouts(patient())).await,
    )
    .await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Timeout(Phase::Head));
}

#[tokio::test]
async fn f18_a_head_beyond_the_limits_is_an_error_that_names_them() {
    let long = format!("HTTP/1.1 407 No\r\nX: {}\r\n\r\n", "x".repeat(MAX_HEAD + 1024));
    let many = format!("HTTP/1.1 407 No\r\n{}\r\n", "X: y\r\n".repeat(200));
    for head in [long, many] {
        let error = fails(|mut peer: Peer| async move {
            let mut one = peer.accept().await;
            one.head().await;
            one.pour(head.as_bytes(), head.len()).await;
            one.ends().await;
        })
        .await;
        assert_eq!(error.kind(), ErrorKind::Limit(SIDE), "{error}");
        assert!(error.to_string().contains("131072 bytes or 128 fields"), "{error}");
    }
}

/// Opens a tunnel through a proxy that lets everyone in, and plays `script` behind it.
async fn tunnelled<S, SF, A, AF>(script: S, act: A) -> AF::Output
where
    S: FnOnce(crate::support::peer::Conversation) -> SF,
    SF: Future<Output = ()> + Send + 'static,
    A: FnOnce(Tunnel) -> AF,
    AF: Future,
    S: Send + 'static,
{
    let (outcome, _) = row(
        |mut peer: Peer| async move {
            let mut one = peer.accept().await;
            assert_eq!(one.head().await.method, "CONNECT");
            script(one).await;
        },
        async |client: Client| act(client.tunnel("origin.test", 443).await.unwrap()).await,
    )
    .await;
    outcome
}

#[tokio::test]
async fn f23_a_fin_or_reset_in_a_tunnel_comes_after_all_bytes_before_it() {
    tunnelled(
        |mut one| async move {
            one.send(TUNNEL).await;
            one.send(vec![7; 1 << 20]).await;
            one.closes();
        },
        async |mut tunnel: Tunnel| {
            let mut bytes = Vec::new();
            tunnel.read_to_end(&mut bytes).await.unwrap();
            assert_eq!(bytes, vec![7; 1 << 20]);
        },
    )
    .await;
    tunnelled(
        |mut one| async move {
            one.send(TUNNEL).await;
            one.send(b"last words").await;
            // An answer shows that they have been read, since a reset may overtake them.
            assert_eq!(one.bytes(4).await, b"read");
            one.resets();
        },
        async |mut tunnel: Tunnel| {
            let mut bytes = [0; 10];
            tunnel.read_exact(&mut bytes).await.unwrap();
            assert_eq!(&bytes, b"last words");
            tunnel.write_all(b"read").await.unwrap();
            let error = tunnel.read(&mut bytes).await.unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        },
    )
    .await;
}

#[tokio::test]
async fn f24_a_half_closed_tunnel_goes_on_in_the_other_direction_to_its_end() {
    const LENGTH: usize = 10 << 20;
    let bytes =
        |from: usize| (from..from + LENGTH).map(|n| u8::try_from(n % 253).unwrap()).collect::<Vec<_>>();
    tunnelled(
        move |mut one| async move {
            one.send(TUNNEL).await;
            assert_eq!(one.rest().await, b"the client is done");
            one.send(bytes(1)).await;
            one.finish().await;
            one.closes();
        },
        async |mut tunnel: Tunnel| {
            tunnel.write_all(b"the client is done").await.unwrap();
            tunnel.shutdown().await.unwrap();
            let mut read = Vec::new();
            tunnel.read_to_end(&mut read).await.unwrap();
            assert!(read == bytes(1), "{} bytes", read.len());
        },
    )
    .await;
    tunnelled(
        move |mut one| async move {
            one.send(TUNNEL).await;
            one.send(b"the server is done").await;
            one.finish().await;
            assert!(one.rest().await == bytes(2));
            one.closes();
        },
        async |mut tunnel: Tunnel| {
            let mut read = Vec::new();
            tunnel.read_to_end(&mut read).await.unwrap();
            assert_eq!(read, b"the server is done");
            tunnel.write_all(&bytes(2)).await.unwrap();
            tunnel.shutdown().await.unwrap();
        },
    )
    .await;
}

#[tokio::test]
async fn f26_a_response_that_is_cut_ends_in_an_error_and_its_connection_is_not_kept() {
    for (response, resets) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", true),
    ] {
        let (_, counts) = row(
            |mut peer: Peer| async move {
                for _ in 0..2 {
                    let mut one = peer.accept().await;
                    one.head().await;
                    one.send(response).await;
                    // Half a second would be enough for the bytes; the reader's acknowledgement is the next connection.
                    if resets { one.resets() } else { one.closes() }
                }
            },
            async |client: Client| {
                for _ in 0..2 {
                    let error = match client.send(get(URL)).await.map(Response::into_body) {
                        Ok(body) => Body::read_to_end(body, 100).await.unwrap_err(),
                        // A reset may overtake the head.
                        Err(error) if resets => {
                            assert!(matches!(
                                error.kind(),
                                ErrorKind::Protocol(SIDE) | ErrorKind::Limit(SIDE)
                            ));
                            continue;
                        }
                        Err(error) => panic!("{error}"),
                    };
                    assert_eq!(error.kind(), ErrorKind::Download, "{error}");
                }
            },
        )
        .await;
        assert_eq!(counts.connections(), 2);
    }
}

#[tokio::test]
async fn f28_bytes_that_come_with_the_200_of_a_connect_are_the_first_of_the_tunnel() {
    for pieces in
        [&["HTTP/1.1 200 OK\r\n\r\nserver first"][..], &["HTTP/1.1 200 OK\r\n", "\r\nserver ", "first"]]
    {
        tunnelled(
            move |mut one| async move {
                for piece in pieces {
                    one.send(piece).await;
                    tokio::task::yield_now().await;
                }
                assert_eq!(one.bytes(6).await, b"answer");
                one.ends().await;
            },
            async |mut tunnel: Tunnel| {
                let mut bytes = [0; 12];
                tunnel.read_exact(&mut bytes).await.unwrap();
                assert_eq!(&bytes, b"server first");
                tunnel.write_all(b"answer").await.unwrap();
            },
        )
        .await;
    }
}
