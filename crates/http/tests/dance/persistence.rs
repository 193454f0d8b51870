//! How long a login lasts: for the connection, or for one request.

use crate::{
    client::sent,
    support::{AUTHENTICATE, CHALLENGE, Fake, FakeContext, NEGOTIATE, answer, base64, challenge, ntlm},
};
use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, Error as Failure, ErrorKind, Handshake, Request,
    SecurityContext, Step,
};
use gatepass_http::{Body, ClientAuth, Error, Mechanisms, Next, Scheme, Side};
use std::sync::Arc;

/// What a one-leg mechanism does with what comes after its ticket.
#[derive(Clone, Copy, Debug)]
enum Ticket {
    /// It is done with the ticket.
    Done,
    /// It listens to a last word, and can do without one.
    Listens,
    /// It must hear one.
    Demands,
    /// It cannot tell.
    Unsure,
}

impl Backend for Ticket {
    fn initiate(&self, _: &Credentials, _: &Request) -> Result<Step, Failure> {
        let token = b"ticket".to_vec();
        Ok(match self {
            Self::Done => Step::Complete { token: Some(token), context: Box::new(FakeContext(None)) },
            _ => Step::Continue { token, next: Box::new(*self) },
        })
    }
    fn accept(&self, _: Arc<dyn Accounts>, _: &Request) -> Result<Box<dyn Handshake>, Failure> {
        Err(ErrorKind::Unsupported.into())
    }
}

impl Handshake for Ticket {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Failure> {
        match token {
            b"proof" => Ok(Step::Complete { token: None, context: Box::new(FakeContext(None)) }),
            b"more" => Ok(Step::Continue { token: b"more".to_vec(), next: self }),
            b"no" => Err(ErrorKind::LogonDenied.into()),
            _ => Err(ErrorKind::MessageAltered.into()),
        }
    }
    fn conclude(self: Box<Self>) -> Result<Box<dyn SecurityContext>, Failure> {
        match *self {
            Self::Done | Self::Listens => Ok(Box::new(FakeContext(None))),
            Self::Demands => Err(ErrorKind::MessageAltered.into()),
            Self::Unsure => Err(ErrorKind::Unsupported.into()),
        }
    }
}

fn client(mechanisms: Mechanisms, request: Request) -> ClientAuth {
    ClientAuth::new(Side::Origin, mechanisms, Credentials::password("alice", "marker-s3cret"), request)
}

fn kerberos(ticket: Ticket) -> ClientAuth {
    client(Mechanisms::new().with(Scheme::Negotiate, Arc::new(ticket)), Request::new())
}

fn negotiate(token: &[u8]) -> String {
    format!("Negotiate {}", base64(token))
}

#[test]
fn f20_what_is_done_with_one_token_authenticates_a_request_and_not_the_connection() {
    for ticket in [Ticket::Done, Ticket::Listens] {
        let mut auth = kerberos(ticket);
        let _ = auth.first().unwrap();
        let (value, _) = sent(challenge(&mut auth, &["Negotiate"]).unwrap());
        assert_eq!(value, negotiate(b"ticket"));
        assert!(matches!(answer(&mut auth, 200, &[]), Ok(Next::Deliver)));
        for _ in 0..3 {
            assert!(!auth.authenticated() && auth.context().is_some());
            let first = auth.first().unwrap();
            assert_eq!((first.credentials, first.body), (Some(negotiate(b"ticket")), Body::Send));
            assert!(matches!(answer(&mut auth, 404, &[]), Ok(Next::Deliver)));
        }
    }
}

#[test]
fn f20_persistent_auth_says_which_it_is() {
    for (said, persists) in [("true", true), ("false", false)] {
        let mut auth = kerberos(Ticket::Done);
        let _ = auth.first().unwrap();
        let _ = challenge(&mut auth, &["Negotiate"]).unwrap();
        let _ = answer(&mut auth, 200, &[("Persistent-Auth", said)]).unwrap();
        assert_eq!(auth.authenticated(), persists);
        assert_eq!(auth.first().unwrap().credentials.is_none(), persists);
    }
    // Negotiate with NTLM inside lasts, unless the server says otherwise; so does NTLM.
    for scheme in [Scheme::Negotiate, Scheme::Ntlm] {
        for (said, persists) in [(&[][..], true), (&[("persistent-auth", "False")], false)] {
            let mut auth = client(Mechanisms::new().with(scheme, Fake::backend()), Request::new());
            let _ = auth.first().unwrap();
            let _ = challenge(&mut auth, &[scheme.name()]).unwrap();
            let _ = challenge(&mut auth, &[&scheme.value(CHALLENGE)]).unwrap();
            let _ = answer(&mut auth, 200, said).unwrap();
            assert_eq!(auth.authenticated(), persists);
            let first = auth.first().unwrap();
            assert_eq!(first.credentials, (!persists).then(|| scheme.value(NEGOTIATE)), "{scheme}");
        }
    }
}

#[test]
fn f20_ntlm_by_request_is_a_handshake_for_each_and_a_refusal_ends_it() {
    let mut auth = client(Mechanisms::ntlm(Fake::backend()), Request::new());
    let _ = auth.first().unwrap();
    let mut next = challenge(&mut auth, &["NTLM"]).unwrap();
    for _ in 0..3 {
        assert_eq!(sent(next).0, ntlm(NEGOTIATE));
        assert_eq!(sent(challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap()).0, ntlm(AUTHENTICATE));
        let _ = answer(&mut auth, 200, &[("Persistent-Auth", "false")]).unwrap();
        let first = auth.first().unwrap();
        assert_eq!(first.body, Body::Hold);
        next = Next::Send { credentials: first.credentials.unwrap(), body: first.body };
    }
    let _ = challenge(&mut auth, &[&ntlm(CHALLENGE)]).unwrap();
    assert!(matches!(challenge(&mut auth, &["NTLM"]), Ok(Next::Denied)));
}

#[test]
fn basic_goes_with_each_request_and_a_lost_connection_is_replaced() {
    let mechanisms = Mechanisms::new().allow_basic_over_plain_http_insecure();
    let value = format!("Basic {}", base64(b"alice:marker-s3cret"));
    let mut auth = client(mechanisms, Request::new());
    let _ = auth.first().unwrap();
    assert_eq!(sent(challenge(&mut auth, &["Basic realm=\"x\""]).unwrap()), (value.clone(), Body::Send));
    let _ = answer(&mut auth, 200, &[]).unwrap();
    let mut auth = auth.reconnect().unwrap();
    for _ in 0..2 {
        assert_eq!(auth.first().unwrap().credentials.as_deref(), Some(&*value));
        let _ = answer(&mut auth, 200, &[]).unwrap();
    }
    let _ = auth.first().unwrap();
    assert!(matches!(auth.reconnect(), Err(Error::ClosedBeforeVerdict { .. })));
}

#[test]
fn the_last_word_of_the_peer_is_given_to_the_mechanism() {
    for field in ["WWW-Authenticate", "Authentication-Info"] {
        for (token, text) in [
            (&b"proof"[..], ""),
            (b"other", "authentication at the server fails: the message or its signature was altered"),
            (b"more", "the server goes on although the handshake is not complete"),
        ] {
            let mut auth = kerberos(Ticket::Demands);
            let _ = auth.first().unwrap();
            assert_eq!(sent(challenge(&mut auth, &["Negotiate"]).unwrap()).1, Body::Probe);
            let value = negotiate(token);
            match answer(&mut auth, 200, &[("X", "y"), (field, &value)]) {
                Ok(Next::Deliver) => assert!(text.is_empty() && auth.context().is_some()),
                Err(error) => {
                    assert_eq!(error.to_string(), text, "{field}");
                    assert!(matches!(auth.reconnect(), Err(Error::OutOfTurn { .. })));
                }
                other => panic!("{other:?}"),
            }
        }
    }
    // The proxy's words are not the server's.
    for field in ["Proxy-Authenticate", "Proxy-Authentication-Info"] {
        let mut auth = kerberos(Ticket::Unsure);
        let _ = auth.first().unwrap();
        let _ = challenge(&mut auth, &["Negotiate"]).unwrap();
        assert!(matches!(answer(&mut auth, 200, &[(field, &negotiate(b"proof"))]), Ok(Next::Deliver)));
        assert!(auth.context().is_none(), "{field}");
    }
}

#[test]
fn a22_silence_after_the_last_token_is_enough_only_where_mechanism_and_caller_agree() {
    /// Two tokens, the second of which waits for `0`.
    #[derive(Clone, Copy, Debug)]
    struct Twice(Ticket);
    impl Backend for Twice {
        fn initiate(&self, _: &Credentials, _: &Request) -> Result<Step, Failure> {
            Ok(Step::Continue { token: b"one".to_vec(), next: Box::new(*self) })
        }
        fn accept(&self, _: Arc<dyn Accounts>, _: &Request) -> Result<Box<dyn Handshake>, Failure> {
            Err(ErrorKind::Unsupported.into())
        }
    }
    impl Handshake for Twice {
        fn step(self: Box<Self>, _: &[u8]) -> Result<Step, Failure> {
            Ok(Step::Continue { token: b"two".to_vec(), next: Box::new(self.0) })
        }
    }
    let mutual = Request::new().with_requirements(Attributes::MUTUAL_AUTH);
    for (ticket, request, good) in [
        (Ticket::Listens, Request::new(), true),
        (Ticket::Unsure, Request::new(), true),
        (Ticket::Unsure, mutual.clone(), false),
        (Ticket::Demands, Request::new(), false),
        (Ticket::Demands, mutual, false),
    ] {
        let finishing = || {
            let mechanisms = Mechanisms::new().with(Scheme::Negotiate, Arc::new(Twice(ticket)));
            let mut auth = client(mechanisms, request.clone());
            let _ = auth.first().unwrap();
            let _ = challenge(&mut auth, &["Negotiate"]).unwrap();
            let next = challenge(&mut auth, &[&negotiate(b"any")]).unwrap();
            assert_eq!(sent(next), (negotiate(b"two"), Body::Send));
            auth
        };
        let mut auth = finishing();
        match answer(&mut auth, 200, &[]) {
            Ok(Next::Deliver) => assert!(good && auth.authenticated(), "{ticket:?}"),
            Err(Error::Unfinished { .. } | Error::Mechanism { .. }) => assert!(!good, "{ticket:?}"),
            other => panic!("{ticket:?}: {other:?}"),
        }
        // The control: a good last word is enough for each, a bad one for none.
        let mut auth = finishing();
        assert!(matches!(
            answer(&mut auth, 200, &[("WWW-Authenticate", &negotiate(b"proof"))]),
            Ok(Next::Deliver)
        ));
        assert!(auth.authenticated());
        let mut auth = finishing();
        assert!(answer(&mut auth, 200, &[("WWW-Authenticate", &negotiate(b"bad"))]).is_err());
        assert!(answer(&mut finishing(), 200, &[("WWW-Authenticate", "Negotiate dHdvA")]).is_err());
        // In a 401 it may be a refusal in the mechanism's own words, or one more question.
        let mut auth = finishing();
        assert!(matches!(challenge(&mut auth, &[&negotiate(b"no")]), Ok(Next::Denied)));
        let mut auth = finishing();
        assert_eq!(sent(challenge(&mut auth, &[&negotiate(b"more")]).unwrap()).0, negotiate(b"more"));
        assert!(matches!(challenge(&mut auth, &["Negotiate"]), Ok(Next::Denied)));
        assert!(matches!(finishing().reconnect(), Err(Error::ClosedBeforeVerdict { .. })));
    }
}

#[test]
fn a_first_token_that_is_neither_answered_nor_asked_for_again_was_not_needed() {
    let mut auth = kerberos(Ticket::Unsure);
    let _ = auth.first().unwrap();
    let _ = challenge(&mut auth, &["Negotiate"]).unwrap();
    assert!(matches!(answer(&mut auth, 200, &[]), Ok(Next::Deliver)));
    assert!(!auth.authenticated() && auth.first().unwrap().credentials.is_none());
}
