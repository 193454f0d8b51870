//! Every bound that this crate enforces, from both sides.

use crate::support::{AliceAndBob, CHALLENGE, Fake, NEGOTIATE, base64, challenge, client, client_of, ntlm};
use gatepass_backend::Request;
use gatepass_http::{
    Error, Mechanisms, Next, ServerAuth, Side, TokenError, challenges,
    limits::{MAX_CONNECTIONS, MAX_DRAIN, MAX_FIELDS, MAX_HEAD, MAX_INFORMATIONAL, MAX_LEGS, MAX_TOKEN},
};
use std::sync::Arc;

#[test]
fn the_bounds_are_those_that_the_documentation_names() {
    assert_eq!((MAX_TOKEN, MAX_HEAD, MAX_FIELDS, MAX_DRAIN), (65536, 131_072, 128, 65536));
    assert_eq!((MAX_LEGS, MAX_CONNECTIONS, MAX_INFORMATIONAL), (5, 2, 20));
}

#[test]
fn a_token_of_64_kib_of_base64_is_taken_and_a_longer_one_is_not() {
    let longest = vec![0x5a; MAX_TOKEN / 4 * 3];
    let value = ntlm(&longest);
    assert_eq!(value.len(), "NTLM ".len() + MAX_TOKEN);
    let token = |value: &str| challenges([value.as_bytes()]).next().unwrap().unwrap().token();
    assert_eq!(token(&value).unwrap().unwrap(), longest);
    assert_eq!(token(&format!("{value}AAAA")), Err(TokenError::TooLong { length: MAX_TOKEN + 4 }));
    assert_eq!(token(&format!("{value}=")), Err(TokenError::TooLong { length: MAX_TOKEN + 1 }));
    // Windows' largest Kerberos token fits.
    assert!(base64(&[0; 48_000]).len() <= MAX_TOKEN);
}

#[test]
fn a_client_sends_five_messages_for_a_handshake_and_no_sixth() {
    for (more, good) in [(2, true), (3, false), (usize::MAX, false)] {
        let mut auth = client_of(Side::Proxy, Arc::new(Fake { more }));
        let _ = auth.first().unwrap();
        let mut sent = 1;
        let mut value = "NTLM".to_string();
        let end = loop {
            match challenge(&mut auth, &[&value]) {
                Ok(Next::Send { .. }) => sent += 1,
                end => break end,
            }
            value = ntlm(CHALLENGE);
        };
        assert_eq!(sent, MAX_LEGS);
        match end {
            Err(Error::RepeatedChallenge { .. }) => assert!(good),
            Err(Error::TooManyLegs { .. }) => assert!(!good),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_server_takes_five_messages_of_a_handshake_and_no_sixth() {
    let mut auth = ServerAuth::new(
        Side::Proxy,
        Mechanisms::ntlm(Arc::new(Fake { more: 9 })),
        Arc::new(AliceAndBob),
        Request::new(),
    );
    let value = ntlm(NEGOTIATE);
    for _ in 0..MAX_LEGS {
        assert!(auth.request(Some(value.as_bytes())).is_ok());
    }
    assert!(matches!(auth.request(Some(value.as_bytes())), Err(Error::TooManyLegs { .. })));
    // The next handshake counts anew.
    assert!(auth.request(Some(value.as_bytes())).is_ok());
}

#[test]
fn a_request_uses_two_connections_and_no_third() {
    let mut auth = client(Side::Proxy);
    for _ in 1..MAX_CONNECTIONS {
        let _ = auth.first().unwrap();
        auth = auth.reconnect().unwrap();
    }
    let _ = auth.first().unwrap();
    assert!(matches!(auth.reconnect(), Err(Error::TooManyConnections { .. })));
}

#[test]
fn of_a_long_offer_sixteen_names_are_kept() {
    let mut auth = client(Side::Proxy);
    let _ = auth.first().unwrap();
    let many: Vec<_> = (0..1000).map(|number| format!("Scheme{number}")).collect();
    assert!(matches!(challenge(&mut auth, &[&many.join(", ")]), Ok(Next::Denied)));
    assert_eq!(auth.offered(), &many[..16]);
}
