//! Which scheme is used, which comes after it, and when Basic is.

use crate::{
    client::sent,
    support::{
        AUTHENTICATE, AliceAndBob, CHALLENGE, Fake, NEGOTIATE, answer, base64, challenge, closing_challenge,
        ntlm,
    },
};
use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, Error as Failure, ErrorKind, Handshake, NtHash, Principal,
    Request, Step,
};
use gatepass_http::{Basic, Body, ClientAuth, Error, Mechanisms, Next, Scheme, ServerAuth, Side, Verdict};
use std::sync::Arc;

/// A mechanism that cannot begin, for this reason.
#[derive(Debug)]
struct Fails(ErrorKind);

impl Backend for Fails {
    fn initiate(&self, _: &Credentials, _: &Request) -> Result<Step, Failure> {
        Err(self.0.into())
    }
    fn accept(&self, _: Arc<dyn Accounts>, _: &Request) -> Result<Box<dyn Handshake>, Failure> {
        Err(self.0.into())
    }
}

/// Negotiate and NTLM, both the fake mechanism, and Basic with every word that it needs.
fn all() -> Mechanisms {
    Mechanisms::ntlm(Fake::backend())
        .with(Scheme::Negotiate, Fake::backend())
        .allow_basic_over_plain_http_insecure()
}

fn client(mechanisms: Mechanisms) -> ClientAuth {
    let credentials = Credentials::password("CORP\\alice", "marker-s3cret");
    let mut auth = ClientAuth::new(Side::Proxy, mechanisms, credentials, Request::target("HTTP/proxy"));
    let _ = auth.first().unwrap();
    auth
}

fn negotiate(token: &[u8]) -> String {
    format!("Negotiate {}", base64(token))
}

fn basic() -> String {
    format!("Basic {}", base64(b"CORP\\alice:marker-s3cret"))
}

/// What any header could show of the password.
fn shows_password(value: &str) -> bool {
    value.to_ascii_lowercase().starts_with("basic") || value.contains("marker")
}

#[test]
fn the_strongest_common_scheme_is_used_in_whatever_order_they_stand() {
    for (values, value, body) in [
        (&["Basic realm=\"x\"", "NTLM", "Negotiate"][..], negotiate(NEGOTIATE), Body::Probe),
        (&["NTLM, Basic realm=\"x\""], ntlm(NEGOTIATE), Body::Hold),
        (&["Digest nonce=x, BASIC realm=\"x\", charset=\"UTF-8\""], basic(), Body::Send),
    ] {
        assert_eq!(sent(challenge(&mut client(all()), values).unwrap()), (value, body), "{values:?}");
    }
}

#[test]
fn a23_the_password_itself_is_never_sent_unless_basic_is_allowed() {
    let ntlm_only = || Mechanisms::ntlm(Fake::backend());
    for mechanisms in [
        ntlm_only(),
        ntlm_only().allow_basic(), // but this is plain HTTP
        ntlm_only().with(Scheme::Basic, Arc::new(Basic::new())),
    ] {
        for value in ["Basic realm=\"x\"", "basic realm=x", "bAsIc", "Negotiate, BASIC realm=\"x\""] {
            let mut auth = client(mechanisms.clone());
            assert!(matches!(challenge(&mut auth, &[value]), Ok(Next::Denied)), "{value}");
            assert!(!auth.offered().is_empty());
        }
        // NTLM and Basic, then Basic alone after the failure.
        let mut auth = client(mechanisms);
        let _ = challenge(&mut auth, &["NTLM", "Basic realm=\"x\""]).unwrap();
        let _ = challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap();
        assert!(matches!(challenge(&mut auth, &["Basic realm=\"x\""]), Ok(Next::Denied)));
        assert!(matches!(auth.first(), Err(Error::AlreadyDenied { .. })));
    }
    // Over TLS one word is enough.
    let credentials = Credentials::password("CORP\\alice", "marker-s3cret");
    let mut auth =
        ClientAuth::new(Side::Origin, ntlm_only().allow_basic(), credentials, Request::new()).over_tls();
    let _ = auth.first().unwrap();
    assert_eq!(sent(challenge(&mut auth, &["Basic realm=\"x\""]).unwrap()), (basic(), Body::Send));
}

#[test]
fn a23_a_handshake_that_broke_does_not_end_in_basic_even_where_that_is_allowed() {
    for ending in [
        &["NTLM", "Basic realm=\"x\""][..], // unanswered
        &["Basic realm=\"x\""],             // the offer has changed
        &["NTLM bm8gY2hhbGxlbmdl", "Basic realm=\"x\""],
        &["NTLM ****", "Basic realm=\"x\""],
    ] {
        let mut auth = client(all().only(&[Scheme::Ntlm, Scheme::Basic]));
        assert_eq!(sent(challenge(&mut auth, &["NTLM", "Basic realm=\"x\""]).unwrap()).0, ntlm(NEGOTIATE));
        match challenge(&mut auth, ending) {
            Ok(Next::Denied)
            | Err(Error::Unanswered { .. } | Error::Mechanism { .. } | Error::Token { .. })
            | Err(Error::Grammar { .. }) => {}
            other => panic!("{ending:?}: {other:?}"),
        }
    }
    // Nor is it sent to a peer that closes instead of asking for it.
    let mut auth = client(all().only(&[Scheme::Basic])).reconnect().unwrap();
    assert!(auth.first().unwrap().credentials.is_none());
}

#[test]
fn a_mechanism_that_cannot_begin_makes_room_for_the_next_on_the_same_connection() {
    for (kind, falls) in [
        (ErrorKind::NoCredentials, true),
        (ErrorKind::TargetUnknown, true),
        (ErrorKind::NoAuthority, true),
        (ErrorKind::TimeSkew, true),
        (ErrorKind::Unsupported, true),
        (ErrorKind::Policy, true),
        (ErrorKind::LogonDenied, false),
        (ErrorKind::Internal, false),
    ] {
        let mut auth = client(all().with(Scheme::Negotiate, Arc::new(Fails(kind))));
        match challenge(&mut auth, &["Negotiate", "NTLM", "Basic realm=\"x\""]) {
            Ok(next) => assert!(falls && sent(next).0 == ntlm(NEGOTIATE), "{kind:?}"),
            // A23, A53: a password that was refused goes nowhere else.
            Err(Error::Mechanism { error, .. }) => assert!(!falls && error.kind() == kind),
            Err(other) => panic!("{kind:?}: {other}"),
        }
    }
    // Nothing can begin: the reason of the strongest is told.
    let none = Mechanisms::ntlm(Arc::new(Fails(ErrorKind::NoCredentials)))
        .with(Scheme::Negotiate, Arc::new(Fails(ErrorKind::NoAuthority)));
    let error = challenge(&mut client(none), &["NTLM, Negotiate"]).unwrap_err();
    assert_eq!(error.to_string(), "authentication at the proxy fails: no authority could be reached");
}

#[test]
fn a_first_token_that_comes_to_nothing_makes_room_for_the_next() {
    let offer = ["Negotiate", "NTLM", "Basic realm=\"x\""];
    // The peer asks anew: on the same connection.
    for again in [&offer[..], &["NTLM"], &["Kerberos, NTLM"]] {
        let mut auth = client(all());
        assert_eq!(sent(challenge(&mut auth, &offer).unwrap()).0, negotiate(NEGOTIATE));
        assert_eq!(sent(challenge(&mut auth, again).unwrap()).0, ntlm(NEGOTIATE), "{again:?}");
        assert_eq!(sent(challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap()).0, ntlm(AUTHENTICATE));
        assert!(matches!(answer(&mut auth, 200, &[]), Ok(Next::Deliver)));
        assert!(auth.authenticated());
    }
    // It asks anew and closes, or it is in the middle of what is no use (Squid's wrapper): on the next connection.
    for (close, value) in
        [(true, "Negotiate, NTLM"), (false, "Negotiate token=\"b2Rk\""), (false, "Negotiate ****")]
    {
        let mut auth = client(all());
        let _ = challenge(&mut auth, &offer).unwrap();
        let next = if close { closing_challenge(&mut auth, value) } else { challenge(&mut auth, &[value]) };
        assert!(matches!(next, Ok(Next::Reconnect)), "{value}: {next:?}");
        let mut auth = auth.reconnect().unwrap();
        let first = auth.first().unwrap();
        assert_eq!((first.credentials, first.body), (Some(ntlm(NEGOTIATE)), Body::Hold));
        assert_eq!(sent(challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap()).0, ntlm(AUTHENTICATE));
        assert!(matches!(challenge(&mut auth, &offer), Ok(Next::Denied)));
    }
    // Squid's wrapper again, with a token that could be answered: only where there is nothing else.
    let wrapped = format!("Negotiate token={}", base64(CHALLENGE));
    let mut auth = client(all());
    let _ = challenge(&mut auth, &offer).unwrap();
    assert!(matches!(challenge(&mut auth, &[&wrapped]), Ok(Next::Reconnect)));
    let mut auth = client(all());
    let _ = challenge(&mut auth, &["Negotiate"]).unwrap();
    assert_eq!(sent(challenge(&mut auth, &[&wrapped]).unwrap()).0, negotiate(AUTHENTICATE));
    // Each is begun once.
    let mut auth = client(all());
    let _ = challenge(&mut auth, &offer).unwrap();
    let _ = challenge(&mut auth, &offer).unwrap();
    assert!(matches!(challenge(&mut auth, &offer), Err(Error::Unanswered { .. })));
}

#[test]
fn a_peer_that_closes_instead_of_asking_gets_what_it_offers_on_the_next_connection() {
    let mut auth = client(all()).reconnect().unwrap();
    assert_eq!(auth.first().unwrap().credentials, Some(ntlm(NEGOTIATE)));
    assert_eq!(sent(challenge(&mut auth, &["Negotiate"]).unwrap()).0, negotiate(NEGOTIATE));
    let mut auth = client(all().only(&[Scheme::Negotiate, Scheme::Basic])).reconnect().unwrap();
    assert_eq!(auth.first().unwrap().credentials, Some(negotiate(NEGOTIATE)));
    let fails = all().with(Scheme::Ntlm, Arc::new(Fails(ErrorKind::NoCredentials)));
    let mut auth = client(fails).reconnect().unwrap();
    assert_eq!(auth.first().unwrap().credentials, Some(negotiate(NEGOTIATE)));
}

#[test]
fn a53_after_a_refusal_the_password_goes_by_no_other_road() {
    let offer = ["Negotiate", "NTLM", "Basic realm=\"x\""];
    for refusal in [&offer[..], &["NTLM"], &["Basic realm=\"x\""], &["Negotiate", "NTLM"]] {
        let mut auth = client(all());
        let _ = challenge(&mut auth, &offer).unwrap();
        let (value, body) = sent(challenge(&mut auth, &[&negotiate(CHALLENGE)]).unwrap());
        assert_eq!((value, body), (negotiate(AUTHENTICATE), Body::Send));
        assert!(matches!(challenge(&mut auth, refusal), Ok(Next::Denied)), "{refusal:?}");
        assert!(matches!(auth.first(), Err(Error::AlreadyDenied { .. })));
        assert!(matches!(auth.reconnect(), Err(Error::AlreadyDenied { .. })));
    }
    let mut auth = client(all().only(&[Scheme::Basic]));
    assert_eq!(sent(challenge(&mut auth, &offer).unwrap()).0, basic());
    assert!(matches!(challenge(&mut auth, &offer), Ok(Next::Denied)));
    assert!(matches!(auth.reconnect(), Err(Error::AlreadyDenied { .. })));
}

#[test]
fn a53_an_accepted_login_that_is_asked_for_again_stays_with_its_scheme_and_leaves_basic_alone() {
    let accepted = || {
        let mut auth = client(all());
        let _ = challenge(&mut auth, &["NTLM"]).unwrap();
        let _ = challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap();
        let _ = answer(&mut auth, 200, &[]).unwrap();
        let _ = auth.first().unwrap();
        auth
    };
    let mut auth = accepted();
    assert!(matches!(challenge(&mut auth, &["Negotiate", "NTLM"]), Ok(Next::Reconnect)));
    assert_eq!(auth.reconnect().unwrap().first().unwrap().credentials, Some(ntlm(NEGOTIATE)));
    let mut auth = accepted();
    assert!(matches!(challenge(&mut auth, &["Basic realm=\"x\""]), Ok(Next::Denied)));
}

#[test]
fn a42_a_connection_is_authenticated_through_a_proxy_only_where_that_keeps_it_apart() {
    let shared = |mechanisms| {
        let credentials = Credentials::password("CORP\\alice", "marker-s3cret");
        let mut auth = ClientAuth::new(Side::Origin, mechanisms, credentials, Request::new()).behind_proxy();
        let _ = auth.first().unwrap();
        auth
    };
    let asks = ("WWW-Authenticate", "Negotiate, NTLM, Basic realm=\"x\"");
    for support in [None, Some("Session-Based"), Some("none")] {
        let fields: Vec<_> =
            [asks].into_iter().chain(support.map(|value| ("Proxy-Support", value))).collect();
        let mut auth = shared(Mechanisms::ntlm(Fake::backend()));
        let error = answer(&mut auth, 401, &fields).unwrap_err();
        assert!(matches!(error, Error::SharedConnection { side: Side::Origin }), "{error}");
        assert!(error.to_string().contains("use https"), "{error}");
        assert!(matches!(auth.reconnect(), Err(Error::OutOfTurn { .. })));
        // Basic is about a request: it may go, if it is allowed to.
        assert_eq!(sent(answer(&mut shared(all()), 401, &fields).unwrap()).0, basic());
    }
    for support in ["Session-Based-Authentication", "x, session-based-authentication"] {
        let mut auth = shared(all());
        let next = answer(&mut auth, 401, &[asks, ("Proxy-Support", support)]).unwrap();
        assert_eq!(sent(next).0, negotiate(NEGOTIATE));
    }
}

#[test]
fn basic_takes_a_name_and_a_password_and_nothing_that_it_cannot_carry() {
    let token =
        |credentials: &Credentials, request: &Request| match Basic::new().initiate(credentials, request) {
            Ok(Step::Complete { token: Some(token), .. }) => Ok(String::from_utf8(token).unwrap()),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.kind()),
        };
    let any = Request::new();
    for (name, password, expected) in [
        ("CORP\\alice", "pw", Ok("CORP\\alice:pw")),
        ("alice@corp.test", "p:w", Ok("alice@corp.test:p:w")),
        ("jürgen", "pässwörd€", Ok("jürgen:pässwörd€")),
        ("alice", "", Ok("alice:")),
        ("al:ice", "pw", Err(ErrorKind::Unsupported)),
        ("al\nice", "pw", Err(ErrorKind::Unsupported)),
        ("alice", "p\0w", Err(ErrorKind::Unsupported)),
    ] {
        assert_eq!(
            token(&Credentials::password(name, password), &any),
            expected.map(String::from),
            "{name:?}"
        );
    }
    let hash = Credentials::NtHash(Principal::parse("alice"), NtHash::from_bytes([1; 16]));
    for credentials in [hash, Credentials::CurrentUser, Credentials::Anonymous] {
        assert_eq!(token(&credentials, &any), Err(ErrorKind::NoCredentials));
    }
    let signing = Request::new().with_requirements(Attributes::INTEGRITY);
    assert_eq!(token(&Credentials::password("alice", "pw"), &signing), Err(ErrorKind::Unsupported));
}

#[test]
fn nothing_is_sent_for_a_login_without_a_connection() {
    let datagrams = Request::new().with_requirements(Attributes::DATAGRAM);
    let credentials = Credentials::password("CORP\\alice", "marker-s3cret");
    let mut auth = ClientAuth::new(Side::Proxy, all(), credentials, datagrams);
    let _ = auth.first().unwrap();
    match challenge(&mut auth, &["Negotiate", "NTLM"]) {
        Err(Error::Mechanism { error, .. }) => assert_eq!(error.kind(), ErrorKind::Unsupported),
        other => panic!("{other:?}"),
    }
}

/// A hash for tests: nothing but the length.
fn by_length(password: &str) -> NtHash {
    NtHash::from_bytes([u8::try_from(password.len()).unwrap(); 16])
}

fn server(mechanisms: Mechanisms) -> ServerAuth {
    ServerAuth::new(Side::Proxy, mechanisms, Arc::new(AliceAndBob), Request::new())
}

#[test]
fn a_server_offers_what_it_has_by_strength_and_basic_identifies_one_request() {
    let verifying = Arc::new(Basic::verifying(by_length));
    let mut auth = server(all().with(Scheme::Basic, verifying));
    let offered = ["Negotiate", "NTLM", "Basic realm=\"login\", charset=\"UTF-8\""];
    assert!(matches!(auth.request(None), Ok(Verdict::Challenge(values)) if values == offered));
    let named = all().with_realm("the \"gate\"\r\n");
    assert!(matches!(
        server(named).request(None),
        Ok(Verdict::Challenge(values)) if values[2] == "Basic realm=\"the \\\"gate\\\"\", charset=\"UTF-8\""
    ));
    // AliceAndBob's hashes are of the length 0.
    for (text, good) in [("CORP\\alice:", true), ("CORP\\alice:x", false), ("CORP\\mallory:", false)] {
        let value = format!("Basic {}", base64(text.as_bytes()));
        match auth.request(Some(value.as_bytes())) {
            Ok(Verdict::Granted(None)) => {
                assert!(good && auth.identity().unwrap().user() == "alice");
                assert_eq!(auth.persistent_auth(), Some("false"));
            }
            Ok(Verdict::Refused(values)) => assert!(!good && values == offered, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
        assert!(matches!(auth.request(None), Ok(Verdict::Challenge(_))), "{text}");
        assert!(auth.identity().is_none());
    }
    for text in [&b"alice"[..], b"\xff:"] {
        let value = format!("Basic {}", base64(text));
        assert!(auth.request(Some(value.as_bytes())).is_err(), "{}", text.escape_ascii());
    }
    assert!(!shows_password(&format!("{auth:?}")));
}

#[test]
fn a_server_takes_up_another_scheme_in_the_middle_of_a_handshake_from_its_beginning() {
    let mut auth = server(all().only(&[Scheme::Negotiate, Scheme::Ntlm]));
    let ask = |auth: &mut ServerAuth, value: String| auth.request(Some(value.as_bytes()));
    let answers =
        |verdict, value: String| matches!(verdict, Ok(Verdict::Challenge(values)) if values == [value]);
    assert!(answers(ask(&mut auth, negotiate(NEGOTIATE)), negotiate(CHALLENGE)));
    assert!(answers(ask(&mut auth, ntlm(NEGOTIATE)), ntlm(CHALLENGE)));
    // An answer under the other name belongs to no handshake.
    assert!(matches!(ask(&mut auth, negotiate(AUTHENTICATE)), Err(Error::Mechanism { .. })));
    assert!(auth.identity().is_none());
    let _ = ask(&mut auth, ntlm(NEGOTIATE)).unwrap();
    assert_eq!(auth.persistent_auth(), None);
    assert!(matches!(ask(&mut auth, ntlm(AUTHENTICATE)), Ok(Verdict::Granted(None))));
    assert_eq!(auth.persistent_auth(), Some("true"));
    assert_eq!(auth.identity().unwrap().user(), "alice");
}
