//! `ClientAuth`, step by step.

use crate::support::{
    AUTHENTICATE, CHALLENGE, Fake, NEGOTIATE, answer, challenge, client, client_of, closing_challenge, ntlm,
};
use gatepass_backend::{Credentials, Request};
use gatepass_http::{Body, ClientAuth, Error, Next, Scheme, Side, limits::MAX_CONNECTIONS};
use std::error::Error as _;

/// The value that is sent next, and whether the body goes with it.
fn sent(next: Next) -> (String, Body) {
    match next {
        Next::Send { credentials, body } => (credentials, body),
        other => panic!("{other:?}"),
    }
}

/// A client whose AUTHENTICATE is under way.
fn finishing(side: Side) -> ClientAuth {
    let mut auth = client(side);
    let _ = auth.first().unwrap();
    let _ = challenge(&mut auth, &["NTLM"]).unwrap();
    let (value, _) = sent(challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap());
    assert_eq!(value, ntlm(AUTHENTICATE));
    auth
}

#[test]
fn a_handshake_is_probe_negotiate_authenticate_and_the_body_waits_for_the_last() {
    for side in [Side::Origin, Side::Proxy] {
        let mut auth = client(side);
        let first = auth.first().unwrap();
        assert_eq!((first.credentials, first.body), (None, Body::Hold));
        assert_eq!(sent(challenge(&mut auth, &["NTLM"]).unwrap()), (ntlm(NEGOTIATE), Body::Hold));
        let authenticate = sent(challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap());
        assert_eq!(authenticate, (ntlm(AUTHENTICATE), Body::Send));
        assert!(!auth.authenticated() && auth.context().is_none());
        assert!(matches!(answer(&mut auth, 200, &[]), Ok(Next::Deliver)));
        assert!(auth.authenticated());
        assert_eq!(auth.context().unwrap().session_key().unwrap().expose(), [7; 16]);
        let next = auth.first().unwrap();
        assert_eq!((next.credentials, next.body), (None, Body::Send));
        assert!(matches!(answer(&mut auth, 404, &[]), Ok(Next::Deliver)));
        assert!(auth.authenticated());
    }
}

#[test]
fn the_strongest_danced_scheme_is_picked_wherever_it_stands() {
    for values in [
        &["Basic realm=\"a, NTLM b\", ntlm"][..],
        &["Negotiate", "Kerberos", "NtLm", "Basic realm=\"x\""],
        &[",, Digest nonce=\"a\\\"b\", qop=auth ,NTLM,"],
        &["Basic realm=\"open", "NTLM"],
    ] {
        let mut auth = client(Side::Proxy);
        let _ = auth.first().unwrap();
        assert_eq!(sent(challenge(&mut auth, values).unwrap()).0, ntlm(NEGOTIATE), "{values:?}");
    }
}

#[test]
fn a_scheme_outside_the_callers_list_is_as_good_as_none() {
    let mut auth = client(Side::Proxy).with_schemes(&[Scheme::Negotiate, Scheme::Basic]);
    let _ = auth.first().unwrap();
    assert!(matches!(challenge(&mut auth, &["NTLM"]), Ok(Next::Denied)));
    let mut auth = client(Side::Proxy).with_schemes(&[Scheme::Basic, Scheme::Ntlm]);
    let _ = auth.first().unwrap();
    assert_eq!(sent(challenge(&mut auth, &["Basic realm=\"x\", NTLM"]).unwrap()).0, ntlm(NEGOTIATE));
}

#[test]
fn a33_a_challenge_in_the_other_sides_field_gets_no_credentials() {
    for (side, field) in [(Side::Origin, "Proxy-Authenticate"), (Side::Proxy, "WWW-Authenticate")] {
        let mut auth = client(side);
        let _ = auth.first().unwrap();
        let next = answer(&mut auth, side.status(), &[(field, "NTLM")]).unwrap();
        assert!(matches!(next, Next::Denied), "{side:?} answers {field}");
    }
    assert_eq!(Side::Proxy.credentials_field(), "Proxy-Authorization");
    assert_eq!(Side::Origin.credentials_field(), "Authorization");
}

#[test]
fn a34_the_other_sides_status_is_delivered_and_answered_with_nothing() {
    for (side, status) in [(Side::Origin, 407), (Side::Proxy, 401)] {
        let fields = [("WWW-Authenticate", "NTLM"), ("Proxy-Authenticate", "NTLM")];
        let mut auth = client(side);
        let _ = auth.first().unwrap();
        assert!(matches!(answer(&mut auth, status, &fields), Ok(Next::Deliver)));
        assert!(!auth.authenticated());
        // On the last leg it means that this side is content.
        let mut auth = finishing(side);
        assert!(matches!(answer(&mut auth, status, &fields), Ok(Next::Deliver)));
        assert!(auth.authenticated());
    }
}

#[test]
fn a38_a_peer_that_does_not_ask_never_gets_a_token() {
    let mut auth = client(Side::Origin);
    for status in [200, 204, 302, 403, 404, 500] {
        assert!(auth.first().unwrap().credentials.is_none());
        let next =
            answer(&mut auth, status, &[("WWW-Authenticate", "NTLM"), ("Authentication-Info", "NTLM")]);
        assert!(matches!(next, Ok(Next::Deliver)), "{status}");
    }
}

#[test]
fn a51_a_wrong_password_is_sent_exactly_once() {
    for refusal in [
        &["NTLM"][..],
        &["Negotiate", "NTLM", "Basic realm=\"x\""],
        &["Basic realm=\"x\""],
        &["NTLM \"junk"],
        &["NTLM TlRMT"],
        &[],
    ] {
        let mut auth = finishing(Side::Proxy);
        assert!(matches!(challenge(&mut auth, refusal), Ok(Next::Denied)), "{refusal:?}");
        assert!(!auth.authenticated());
        assert!(matches!(auth.first(), Err(Error::AlreadyDenied { .. })));
        assert!(matches!(challenge(&mut auth, &["NTLM"]), Err(Error::AlreadyDenied { .. })));
        assert!(matches!(auth.reconnect(), Err(Error::AlreadyDenied { .. })));
    }
    let mut auth = finishing(Side::Proxy);
    assert!(matches!(closing_challenge(&mut auth, "NTLM"), Ok(Next::Denied)));
    assert!(matches!(auth.reconnect(), Err(Error::AlreadyDenied { .. })));
}

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
fn a_closing_first_challenge_moves_the_handshake_to_a_connection_of_its_own() {
    let proxy_close = [("Proxy-Authenticate", "NTLM"), ("Proxy-Connection", "close")];
    for fields in [[proxy_close[0], ("Connection", "Close")], proxy_close] {
        let mut auth = client(Side::Proxy);
        let _ = auth.first().unwrap();
        assert!(matches!(answer(&mut auth, 407, &fields), Ok(Next::Reconnect)));
        assert!(matches!(auth.first(), Err(Error::OutOfTurn { .. })));
        let mut auth = client(Side::Proxy);
        let _ = auth.first().unwrap();
        let _ = answer(&mut auth, 407, &fields).unwrap();
        let mut auth = auth.reconnect().unwrap();
        let first = auth.first().unwrap();
        assert_eq!((first.credentials, first.body), (Some(ntlm(NEGOTIATE)), Body::Hold));
        assert_eq!(sent(challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap()).1, Body::Send);
        assert!(matches!(answer(&mut auth, 200, &[("Connection", "close")]), Ok(Next::Deliver)));
        assert!(auth.authenticated());
    }
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
        (ntlm(NEGOTIATE), "the handshake with the proxy fails: the peer's token is not valid here"),
        (ntlm(AUTHENTICATE), "the handshake with the proxy fails: the peer's token is not valid here"),
        (ntlm(b"tw"), "the handshake with the proxy fails: the peer's token is not valid here"),
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
    assert_eq!(bodies, [Body::Hold, Body::Hold, Body::Send]);
}

#[test]
fn a_lost_pooled_connection_is_replaced_by_one_that_logs_in_at_once() {
    let mut auth = finishing(Side::Origin);
    let _ = answer(&mut auth, 200, &[]).unwrap();
    let _ = auth.first().unwrap();
    let mut auth = auth.reconnect().unwrap();
    assert!(!auth.authenticated());
    assert_eq!(auth.first().unwrap().credentials, Some(ntlm(NEGOTIATE)));
}

#[test]
fn credentials_that_the_mechanism_cannot_use_are_an_error_before_anything_is_sent() {
    let mut auth = ClientAuth::new(Side::Proxy, Fake::backend(), Credentials::CurrentUser, Request::new());
    let _ = auth.first().unwrap();
    let error = challenge(&mut auth, &["NTLM"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the handshake with the proxy fails: there are no credentials to log in with"
    );
}

#[test]
fn a62_two_tokens_in_one_response_are_an_error_and_a_repeated_one_is_not() {
    let two = ntlm(CHALLENGE);
    for (values, good) in [
        (&[&*two, "NTLM b25l"][..], false),
        (&[&*two, "NTLM", &*two], true),
        (&["NTLM", &*two], true),
        (&["Negotiate b25l", &*two], true),
        (&[&*format!("{two}, ntlm b25l")], false),
    ] {
        let mut auth = client(Side::Proxy);
        let _ = auth.first().unwrap();
        let _ = challenge(&mut auth, &["NTLM"]).unwrap();
        match challenge(&mut auth, values) {
            Ok(next) => assert!(good && sent(next).0 == ntlm(AUTHENTICATE), "{values:?}"),
            Err(error) => {
                assert!(!good, "{values:?}: {error}");
                assert_eq!(error.to_string(), "Proxy-Authenticate carries two different NTLM tokens");
            }
        }
    }
}

#[test]
fn debug_shows_where_the_dance_stands_and_no_secret_and_no_token() {
    let mut auth = client_of(Side::Proxy, Fake::backend());
    let mut shown = format!("{:?}", auth.first().unwrap());
    for value in ["NTLM", &ntlm(CHALLENGE)] {
        shown += &format!("{:?} {auth:?}", challenge(&mut auth, &[value]).unwrap());
    }
    shown +=
        &format!("{:?}", auth.response(&gatepass_http::Head { status: 200, minor_version: 1, fields: &[] }));
    assert!(shown.contains("Finishing (NTLM)") && shown.contains("NTLM (21 characters)"), "{shown}");
    for secret in ["marker", "dGhyZWU", "three", "alice"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
