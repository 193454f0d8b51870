//! What peers do to `ClientAuth`, and what comes of it.

use crate::{
    client::{finishing, sent},
    support::{AUTHENTICATE, CHALLENGE, NEGOTIATE, answer, challenge, client, closing_challenge, ntlm},
};
use gatepass_http::{Body, ClientAuth, Error, Next, Side, limits::MAX_CONNECTIONS};
use std::error::Error as _;

#[test]
fn f13_a_bare_challenge_after_authenticate_is_denied_once() {
    let mut auth = finishing(Side::Proxy);
    assert!(matches!(challenge(&mut auth, &["NTLM"]), Ok(Next::Denied)));
    assert_eq!(auth.offered(), ["NTLM"]);
    assert!(matches!(challenge(&mut auth, &["NTLM"]), Err(Error::AlreadyDenied { .. })));
}

/// An authenticated client whose next request is challenged; the connection that takes over, its NEGOTIATE under way.
fn reauthenticating(mut auth: ClientAuth, value: &str) -> ClientAuth {
    assert!(auth.first().unwrap().credentials.is_none());
    assert!(matches!(challenge(&mut auth, &[value]), Ok(Next::Reconnect)));
    assert!(!auth.authenticated());
    let mut auth = auth.reconnect().unwrap();
    let first = auth.first().unwrap();
    assert_eq!((first.credentials, first.body), (Some(ntlm(NEGOTIATE)), Body::Hold));
    auth
}

#[test]
fn a54_a_blocked_page_on_an_authenticated_connection_costs_one_handshake_at_most() {
    let mut auth = finishing(Side::Proxy);
    let _ = answer(&mut auth, 200, &[]).unwrap();
    let _ = auth.first().unwrap();
    assert!(matches!(answer(&mut auth, 403, &[]), Ok(Next::Deliver)));
    let mut auth = reauthenticating(auth, "NTLM");
    assert_eq!(sent(challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap()).0, ntlm(AUTHENTICATE));
    assert!(matches!(challenge(&mut auth, &["NTLM"]), Ok(Next::Denied)));
    assert!(matches!(auth.reconnect(), Err(Error::AlreadyDenied { .. })));
}

#[test]
fn f14_a_second_challenge_is_an_error_and_one_after_success_is_a_full_handshake_once() {
    let mut auth = finishing(Side::Proxy);
    let again = challenge(&mut auth, &[&ntlm(CHALLENGE)]);
    assert!(matches!(again, Err(Error::RepeatedChallenge { side: Side::Proxy })));
    assert!(matches!(auth.reconnect(), Err(Error::OutOfTurn { .. })));

    let mut auth = finishing(Side::Proxy);
    let _ = answer(&mut auth, 200, &[]).unwrap();
    let mut auth = reauthenticating(auth, &ntlm(CHALLENGE));
    let _ = challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap();
    assert!(matches!(challenge(&mut auth, &[&ntlm(CHALLENGE)]), Err(Error::RepeatedChallenge { .. })));
}

#[test]
fn f19_a_proxy_that_forgot_gets_one_handshake_for_each_request() {
    let mut auth = finishing(Side::Proxy);
    let _ = answer(&mut auth, 200, &[]).unwrap();
    for _ in 0..3 {
        auth = reauthenticating(auth, "NTLM");
        let _ = challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap();
        assert!(matches!(answer(&mut auth, 200, &[]), Ok(Next::Deliver)));
        assert!(auth.authenticated());
    }
}

#[test]
fn f08_a_peer_that_closes_instead_of_asking_gets_one_more_connection_with_negotiate_first() {
    let mut auth = client(Side::Proxy);
    let _ = auth.first().unwrap();
    let mut auth = auth.reconnect().unwrap();
    assert_eq!(auth.first().unwrap().credentials, Some(ntlm(NEGOTIATE)));
    assert!(matches!(auth.reconnect(), Err(Error::TooManyConnections { side: Side::Proxy })));
}

#[test]
fn f09_a_challenge_that_closes_is_not_answered_on_another_connection() {
    let mut auth = client(Side::Proxy);
    let _ = auth.first().unwrap();
    let _ = challenge(&mut auth, &["NTLM"]).unwrap();
    let error = closing_challenge(&mut auth, &ntlm(CHALLENGE)).unwrap_err();
    assert_eq!(error.to_string(), "the proxy closes during the handshake");
    assert!(matches!(auth.first(), Err(Error::OutOfTurn { .. })));
    assert!(matches!(auth.reconnect(), Err(Error::OutOfTurn { .. })));
}

#[test]
fn f10_a_connection_lost_after_authenticate_is_reported_and_not_replaced() {
    let error = finishing(Side::Proxy).reconnect().unwrap_err();
    assert!(matches!(error, Error::ClosedBeforeVerdict { side: Side::Proxy }));
    assert!(error.to_string().starts_with("the proxy closed the connection before"));
}

#[test]
fn f11_a_bad_challenge_is_an_error_that_says_where_and_no_authenticate_follows() {
    let long = format!("NTLM {}", "QUFB".repeat(1 << 18));
    for (value, text) in [
        (ntlm(NEGOTIATE), "authentication at the proxy fails: the peer's token is not valid here"),
        (ntlm(AUTHENTICATE), "authentication at the proxy fails: the peer's token is not valid here"),
        (ntlm(b"tw"), "authentication at the proxy fails: the peer's token is not valid here"),
        (
            "NTLM ****".into(),
            "Proxy-Authenticate cannot be read: line 1, byte 9: the line ends in the middle",
        ),
        ("NTLM d-HdvbbA".into(), "line 1: the token is not base64: `-` at character 1"),
        ("NTLM dHdvA".into(), "line 1: the token is not base64: 5 characters are no whole number of bytes"),
        ("NTLM ".into(), "the proxy answers the first message of the handshake with no challenge of its own"),
        (long, "the token has 1048576 characters, more than the limit of 65536"),
    ] {
        let mut auth = client(Side::Proxy);
        let _ = auth.first().unwrap();
        let _ = challenge(&mut auth, &["NTLM"]).unwrap();
        let error = challenge(&mut auth, &[&value]).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
        assert!(matches!(challenge(&mut auth, &[&ntlm(CHALLENGE)]), Err(Error::OutOfTurn { .. })));
    }
    let mut auth = client(Side::Proxy);
    let _ = auth.first().unwrap();
    let _ = challenge(&mut auth, &["NTLM"]).unwrap();
    let error = challenge(&mut auth, &[&ntlm(b"tw")]).unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "no `two` at byte 0");
}

#[test]
fn f12_a_challenge_of_no_use_is_denied_with_its_schemes_listed() {
    for (values, offered) in [
        (&[][..], &[][..]),
        (&["Kerberos", "Foo a=b, BASIC realm=\"x\"", "basic"], &["Kerberos", "Foo", "BASIC"]),
    ] {
        let mut auth = client(Side::Proxy);
        let _ = auth.first().unwrap();
        assert!(matches!(challenge(&mut auth, values), Ok(Next::Denied)));
        assert_eq!(auth.offered(), offered);
        let mut auth = client(Side::Proxy);
        let _ = auth.first().unwrap();
        let _ = challenge(&mut auth, &["NTLM"]).unwrap();
        assert!(matches!(challenge(&mut auth, values), Ok(Next::Denied)));
        assert_eq!(auth.offered(), offered);
    }
}

#[test]
fn a55_a_peer_that_closes_or_asks_for_ever_meets_a_bound() {
    // It closes on every leg that can be repeated.
    let mut auth = client(Side::Proxy);
    let mut connections = 1;
    let error = loop {
        let _ = auth.first().unwrap();
        match auth.reconnect() {
            Ok(next) => auth = next,
            Err(error) => break error,
        }
        connections += 1;
    };
    assert_eq!(connections, MAX_CONNECTIONS);
    assert_eq!(error.to_string(), "the proxy ended 2 connections without serving the request");
    // It closes with each of its challenges.
    let mut auth = client(Side::Proxy);
    let _ = auth.first().unwrap();
    let _ = closing_challenge(&mut auth, "NTLM").unwrap();
    let mut auth = auth.reconnect().unwrap();
    let _ = auth.first().unwrap();
    assert!(matches!(closing_challenge(&mut auth, "NTLM"), Err(Error::Unanswered { .. })));
    assert!(auth.reconnect().is_err());
    // It never gives a token.
    let mut auth = client(Side::Proxy);
    let _ = auth.first().unwrap();
    let _ = challenge(&mut auth, &["NTLM"]).unwrap();
    assert!(matches!(challenge(&mut auth, &["NTLM"]), Err(Error::Unanswered { .. })));
    assert!(challenge(&mut auth, &["NTLM"]).is_err());
}

#[test]
fn f15_a_connection_given_up_for_its_long_body_restarts_the_leg_once() {
    // The caller gives up the connection of a 407 whose body does not end, whatever it has already been told to send.
    let mut auth = client(Side::Proxy);
    let _ = auth.first().unwrap();
    let _ = challenge(&mut auth, &["NTLM"]).unwrap();
    let mut auth = auth.reconnect().unwrap();
    assert_eq!(auth.first().unwrap().credentials, Some(ntlm(NEGOTIATE)));
    // The CHALLENGE's body does not end either: the head is not given in, so no AUTHENTICATE has been made.
    assert!(matches!(auth.reconnect(), Err(Error::TooManyConnections { .. })));
}

#[test]
fn f16_no_leg_but_the_last_takes_the_body_along() {
    let mut auth = client(Side::Origin);
    let mut bodies = vec![auth.first().unwrap().body];
    bodies.push(sent(challenge(&mut auth, &["NTLM"]).unwrap()).1);
    bodies.push(sent(challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap()).1);
    assert_eq!(bodies, [Body::Probe, Body::Hold, Body::Send]);
}

#[test]
fn a_lost_pooled_connection_is_replaced_once_for_each_request() {
    let mut auth = finishing(Side::Proxy);
    let _ = answer(&mut auth, 200, &[]).unwrap();
    for _ in 0..3 {
        // It was lost while nothing was under way, which costs no request anything.
        auth = auth.reconnect().unwrap();
        auth = auth.reconnect().unwrap();
        let _ = auth.first().unwrap();
        let _ = challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap();
        let _ = answer(&mut auth, 200, &[]).unwrap();
    }
    let _ = auth.first().unwrap();
    let mut auth = auth.reconnect().unwrap();
    let _ = auth.first().unwrap();
    assert!(matches!(auth.reconnect(), Err(Error::TooManyConnections { .. })));
}

#[test]
fn requests_that_were_served_do_not_count_for_the_next() {
    let mut auth = client(Side::Origin);
    for _ in 0..5 {
        let _ = auth.first().unwrap();
        let _ = answer(&mut auth, 200, &[]).unwrap();
    }
    let _ = auth.first().unwrap();
    assert!(matches!(closing_challenge(&mut auth, "NTLM"), Ok(Next::Reconnect)));
    let mut auth = auth.reconnect().unwrap();
    assert_eq!(auth.first().unwrap().credentials, Some(ntlm(NEGOTIATE)));
}
