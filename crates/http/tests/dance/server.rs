//! `ServerAuth`, request by request.

use crate::support::{AUTHENTICATE, AliceAndBob, CHALLENGE, Fake, NEGOTIATE, ntlm};
use gatepass_backend::{Accounts, Backend, Credentials, ErrorKind, Handshake, Request, Step};
use gatepass_http::{Error, Mechanisms, ServerAuth, Side, Verdict};
use std::sync::Arc;

fn server() -> ServerAuth {
    ServerAuth::new(Side::Proxy, Mechanisms::ntlm(Fake::backend()), Arc::new(AliceAndBob), Request::new())
}

fn ask(auth: &mut ServerAuth, token: &[u8]) -> Result<Verdict, Error> {
    auth.request(Some(ntlm(token).as_bytes()))
}

/// A connection on which alice has logged in.
fn alice() -> ServerAuth {
    let mut auth = server();
    assert!(
        matches!(ask(&mut auth, NEGOTIATE), Ok(Verdict::Challenge(values)) if values == [ntlm(CHALLENGE)])
    );
    assert!(auth.identity().is_none());
    assert!(matches!(ask(&mut auth, AUTHENTICATE), Ok(Verdict::Granted(None))));
    assert_eq!(auth.identity().unwrap().user(), "alice");
    auth
}

fn asked(verdict: Result<Verdict, Error>) -> bool {
    matches!(verdict, Ok(Verdict::Challenge(values)) if values == ["NTLM"])
}

#[test]
fn an_identity_holds_for_the_connection_and_comes_with_its_session_key() {
    let mut auth = alice();
    for value in [None, Some(&b"NTLM"[..]), None] {
        assert!(matches!(auth.request(value), Ok(Verdict::Granted(None))));
        assert_eq!(auth.identity().unwrap().user(), "alice");
    }
    assert_eq!(auth.context().unwrap().session_key().unwrap().expose(), [7; 16]);
}

#[test]
fn a09_a_handshake_begun_on_one_connection_does_not_end_on_another() {
    let mut one = server();
    let _ = ask(&mut one, NEGOTIATE).unwrap();
    let mut two = server();
    assert!(matches!(ask(&mut two, AUTHENTICATE), Err(Error::Mechanism { .. })));
    assert!(two.identity().is_none());
    // Nor does one that was broken off go on: a request without credentials ends it.
    assert!(asked(one.request(None)));
    assert!(matches!(ask(&mut one, AUTHENTICATE), Err(Error::Mechanism { .. })));
    assert!(one.identity().is_none());
}

#[test]
fn a10_the_old_identity_survives_neither_a_failed_nor_a_new_handshake() {
    let mut auth = alice();
    assert!(matches!(ask(&mut auth, NEGOTIATE), Ok(Verdict::Challenge(_))));
    assert!(auth.identity().is_none() && auth.context().is_none());
    assert!(matches!(ask(&mut auth, b"three:mallory"), Ok(Verdict::Refused(_))));
    assert!(asked(auth.request(None)) && auth.identity().is_none());

    let mut auth = alice();
    assert!(matches!(ask(&mut auth, NEGOTIATE), Ok(Verdict::Challenge(_))));
    assert!(asked(auth.request(None)) && auth.identity().is_none());

    for bad in
        [&b"NTLM dHdv"[..], b"NTLM TlRMT", b"NTLM \"", b"Basic YWxpY2U6cHc=", b"Negotiate b25l", b"\xff", b""]
    {
        let mut auth = alice();
        let _ = auth.request(Some(bad));
        assert!(auth.identity().is_none(), "{}", bad.escape_ascii());
        assert!(asked(auth.request(None)), "{}", bad.escape_ascii());
    }

    let mut auth = alice();
    let _ = ask(&mut auth, NEGOTIATE).unwrap();
    assert!(matches!(ask(&mut auth, b"three:bob"), Ok(Verdict::Granted(None))));
    assert_eq!(auth.identity().unwrap().user(), "bob");
}

#[test]
fn a_refusal_keeps_its_reason_to_the_server_until_the_next_request() {
    let mut auth = server();
    let _ = ask(&mut auth, NEGOTIATE).unwrap();
    assert!(matches!(ask(&mut auth, b"three:mallory"), Ok(Verdict::Refused(values)) if values == ["NTLM"]));
    assert_eq!(auth.refusal().unwrap().kind(), ErrorKind::LogonDenied);
    // The same connection may try anew.
    let _ = ask(&mut auth, NEGOTIATE).unwrap();
    assert!(auth.refusal().is_none());
    assert!(matches!(ask(&mut auth, AUTHENTICATE), Ok(Verdict::Granted(None))));
}

#[test]
fn a_context_without_a_name_is_no_identity() {
    let mut auth = server();
    let _ = ask(&mut auth, NEGOTIATE).unwrap();
    assert!(matches!(ask(&mut auth, b"three:nobody"), Ok(Verdict::Refused(_))));
    assert!(auth.identity().is_none() && auth.context().is_none());
}

#[test]
fn a_malformed_field_is_an_error_that_says_where() {
    for (value, text) in [
        (&b"NTLM \"abc"[..], "Proxy-Authorization cannot be read: line 1, byte 5: unexpected `\\\"`"),
        (b"NTLM TlRMT", "Proxy-Authorization cannot be read: line 1: the token is not base64: 5 characters"),
        (b"NTLM b25l, NTLM b25l", "Proxy-Authorization must hold one scheme with its credentials"),
        (b"", "Proxy-Authorization must hold one scheme with its credentials"),
        (b"NTLM \x1b[2J", "line 1, byte 5: unexpected `\\x1b`"),
        (b"NTLM dHdv", "authentication at the proxy fails: the peer's token is not valid here"),
    ] {
        let error = server().request(Some(value)).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
}

/// Fails every token with an error of its kind.
#[derive(Clone, Copy, Debug)]
struct Fails(ErrorKind);

impl Backend for Fails {
    fn initiate(&self, _: &Credentials, _: &Request) -> Result<Step, gatepass_backend::Error> {
        Err(self.0.into())
    }
    fn accept(
        &self,
        _: Arc<dyn Accounts>,
        _: &Request,
    ) -> Result<Box<dyn Handshake>, gatepass_backend::Error> {
        Ok(Box::new(*self))
    }
}

impl Handshake for Fails {
    fn step(self: Box<Self>, _: &[u8]) -> Result<Step, gatepass_backend::Error> {
        Err(self.0.into())
    }
}

#[test]
fn a_judgement_is_a_refusal_and_a_defect_is_an_error() {
    for (kind, refused) in [
        (ErrorKind::LogonDenied, true),
        (ErrorKind::BadBindings, true),
        (ErrorKind::MessageAltered, true),
        (ErrorKind::TargetUnknown, true),
        (ErrorKind::Policy, true),
        (ErrorKind::TimeSkew, true),
        (ErrorKind::InvalidToken, false),
        (ErrorKind::NoCredentials, false),
        (ErrorKind::OutOfSequence, false),
        (ErrorKind::Unsupported, false),
        (ErrorKind::NoAuthority, false),
        (ErrorKind::Internal, false),
    ] {
        let mut auth = ServerAuth::new(
            Side::Proxy,
            Mechanisms::ntlm(Arc::new(Fails(kind))),
            Arc::new(AliceAndBob),
            Request::new(),
        );
        match ask(&mut auth, NEGOTIATE) {
            Ok(Verdict::Refused(values)) => assert!(refused && values == ["NTLM"], "{kind:?}"),
            Err(Error::Mechanism { error, .. }) => assert!(!refused && error.kind() == kind, "{kind:?}"),
            other => panic!("{kind:?}: {other:?}"),
        }
        assert_eq!(auth.refusal().map(gatepass_backend::Error::kind), refused.then_some(kind));
        assert!(auth.identity().is_none());
    }
}
