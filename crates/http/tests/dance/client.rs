//! `ClientAuth`, step by step.

use crate::support::{
    AUTHENTICATE, CHALLENGE, Fake, NEGOTIATE, answer, challenge, client, client_of, closing_challenge, ntlm,
};
use gatepass_backend::{
    Accounts, Backend, ChannelBindings, Credentials, ErrorKind, Handshake, Request, Step,
};
use gatepass_http::{Body, ClientAuth, Error, Mechanisms, Next, Scheme, Side};
use std::sync::Arc;

/// The value that is sent next, and whether the body goes with it.
pub(crate) fn sent(next: Next) -> (String, Body) {
    match next {
        Next::Send { credentials, body } => (credentials, body),
        other => panic!("{other:?}"),
    }
}

/// A client whose AUTHENTICATE is under way.
pub(crate) fn finishing(side: Side) -> ClientAuth {
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
        assert_eq!((first.credentials, first.body), (None, Body::Probe));
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
    let with = |schemes: &[Scheme]| {
        let credentials = Credentials::password("CORP\\alice", "marker-s3cret");
        let mechanisms = Mechanisms::ntlm(Fake::backend()).only(schemes);
        ClientAuth::new(Side::Proxy, mechanisms, credentials, Request::new())
    };
    let mut auth = with(&[Scheme::Negotiate, Scheme::Basic]);
    let _ = auth.first().unwrap();
    assert!(matches!(challenge(&mut auth, &["NTLM"]), Ok(Next::Denied)));
    let mut auth = with(&[Scheme::Basic, Scheme::Ntlm]);
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
    let mut auth = ClientAuth::new(
        Side::Proxy,
        Mechanisms::ntlm(Fake::backend()),
        Credentials::CurrentUser,
        Request::new(),
    );
    let _ = auth.first().unwrap();
    let error = challenge(&mut auth, &["NTLM"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "authentication at the proxy fails: there are no credentials to log in with"
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

/// Sends the channel bindings that it is told of.
#[derive(Debug)]
struct Bound;

impl Backend for Bound {
    fn initiate(
        &self,
        credentials: &Credentials,
        request: &Request,
    ) -> Result<Step, gatepass_backend::Error> {
        let Step::Continue { next, .. } = Fake::default().initiate(credentials, request)? else {
            panic!("the fake client is done at once");
        };
        let token = request.bindings().unwrap().application_data().to_vec();
        Ok(Step::Continue { token, next })
    }

    fn accept(
        &self,
        _: Arc<dyn Accounts>,
        _: &Request,
    ) -> Result<Box<dyn Handshake>, gatepass_backend::Error> {
        Err(ErrorKind::Unsupported.into())
    }
}

#[test]
fn the_next_connection_has_its_own_bindings() {
    let mut auth = client_of(Side::Origin, Arc::new(Bound)).with_bindings(ChannelBindings::raw(b"first"));
    let _ = auth.first().unwrap();
    assert_eq!(sent(challenge(&mut auth, &["NTLM"]).unwrap()).0, ntlm(b"first"));
    let mut auth = auth.reconnect().unwrap().with_bindings(ChannelBindings::raw(b"second"));
    assert_eq!(auth.first().unwrap().credentials, Some(ntlm(b"second")));
}
