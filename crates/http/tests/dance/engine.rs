//! `ClientAuth` and `ServerAuth` against each other, with NTLM itself between them.

use gatepass_backend::{Accounts, Credentials, NtHash, Principal, Request};
use gatepass_engine::{Ntlm, TargetInfo, crypto::ntowf_v1};
use gatepass_http::{Body, ClientAuth, Error, First, Head, Mechanisms, Next, ServerAuth, Side, Verdict};
use std::{error::Error as _, sync::Arc};

pub(crate) struct Corp;

impl Accounts for Corp {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        match (principal.domain(), principal.user()) {
            ("CORP", "alice") => Some(ntowf_v1("Passw0rd!")),
            ("CORP", "bob") => Some(ntowf_v1("")),
            _ => None,
        }
    }
}

fn ntlm() -> Mechanisms {
    Mechanisms::ntlm(Arc::new(Ntlm::new().with_target_info(TargetInfo::new("CORP", "PROXY"))))
}

fn client(side: Side, name: &str, password: &str) -> ClientAuth {
    ClientAuth::new(side, ntlm(), Credentials::password(name, password), Request::target("HTTP/proxy"))
}

/// A server on one connection, with what it has seen there.
pub(crate) struct Connection {
    pub(crate) auth: ServerAuth,
    closes_first: bool,
    pub(crate) seen: Vec<Option<String>>,
}

impl Connection {
    fn new(side: Side) -> Self {
        Self::of(ServerAuth::new(side, ntlm(), Arc::new(Corp), Request::new()))
    }

    pub(crate) fn of(auth: ServerAuth) -> Self {
        Self { auth, closes_first: false, seen: Vec::new() }
    }

    /// Serves one request: its status and its fields.
    pub(crate) fn serve(&mut self, credentials: Option<&str>) -> (u16, Vec<(&'static str, String)>) {
        self.seen.push(credentials.map(Into::into));
        let side = self.auth.side();
        match self.auth.request(credentials.map(str::as_bytes)) {
            Ok(Verdict::Granted(last)) => {
                (200, last.map(|value| (side.challenge_field(), value)).into_iter().collect())
            }
            Ok(Verdict::Challenge(values) | Verdict::Refused(values)) => {
                let mut fields: Vec<_> =
                    values.into_iter().map(|value| (side.challenge_field(), value)).collect();
                if self.closes_first && credentials.is_none() {
                    fields.push(("Connection", "close".into()));
                }
                (side.status(), fields)
            }
            Err(error) => panic!("{error}: {:?}", error.source()),
        }
    }

    /// Runs one request of `client` until the response is its caller's, or the connection is not enough.
    pub(crate) fn run(&mut self, client: &mut ClientAuth) -> Result<Next, Error> {
        let First { mut credentials, .. } = client.first()?;
        loop {
            let (status, fields) = self.serve(credentials.as_deref());
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
            match client.response(&Head { status, minor_version: 1, fields: &fields })? {
                Next::Send { credentials: next, body } => {
                    let last = next.starts_with("Negotiate") && self.seen.len() == 2 || is(3, &next);
                    assert_eq!(body == Body::Send, last, "the body goes with AUTHENTICATE");
                    credentials = Some(next);
                }
                end => return Ok(end),
            }
        }
    }

    fn authenticates(&self) -> usize {
        self.seen.iter().flatten().filter(|value| is(3, value)).count()
    }
}

/// Whether a value carries the NTLM message `number`: base64 keeps `NTLMSSP\0` and the number that follows apart.
fn is(number: u8, value: &str) -> bool {
    let mark = ["TlRMTVNTUAAB", "TlRMTVNTUAAC", "TlRMTVNTUAAD"][usize::from(number) - 1];
    value.strip_prefix("NTLM ").is_some_and(|token| token.starts_with(mark))
}

#[test]
fn both_halves_come_to_the_same_session_key_and_the_right_name() {
    for side in [Side::Origin, Side::Proxy] {
        for (name, password, user) in [("CORP\\alice", "Passw0rd!", "alice"), ("CORP\\bob", "", "bob")] {
            let (mut client, mut server) = (client(side, name, password), Connection::new(side));
            assert!(matches!(server.run(&mut client), Ok(Next::Deliver)));
            assert!(client.authenticated());
            assert_eq!(server.auth.identity(), Some(&Principal::new("CORP", user)));
            let ours = client.context().unwrap().session_key().unwrap();
            assert!(ours.ct_eq(&server.auth.context().unwrap().session_key().unwrap()));
            // The connection serves on without a word.
            assert!(matches!(server.run(&mut client), Ok(Next::Deliver)));
            let legs: Vec<_> =
                server.seen.iter().map(|value| value.as_deref().map(|value| is(1, value))).collect();
            assert_eq!(legs, [None, Some(true), Some(false), None]);
        }
    }
}

#[test]
fn a51_a_wrong_password_or_an_unknown_name_is_one_authenticate() {
    for (name, password) in [("CORP\\alice", "wrong"), ("CORP\\mallory", "Passw0rd!"), ("CORP\\bob", " ")] {
        let (mut client, mut server) = (client(Side::Proxy, name, password), Connection::new(Side::Proxy));
        assert!(matches!(server.run(&mut client), Ok(Next::Denied)));
        assert!(server.auth.identity().is_none());
        assert!(matches!(server.run(&mut client), Err(Error::AlreadyDenied { .. })));
        assert!(matches!(client.reconnect(), Err(Error::AlreadyDenied { .. })));
        assert_eq!(server.authenticates(), 1, "{name}");
    }
}

#[test]
fn a_proxy_that_closes_the_first_connection_lets_us_in_on_the_second() {
    let mut first = Connection::new(Side::Proxy);
    first.closes_first = true;
    let mut client = client(Side::Proxy, "CORP\\alice", "Passw0rd!");
    assert!(matches!(first.run(&mut client), Ok(Next::Reconnect)));
    let mut client = client.reconnect().unwrap();
    let mut second = Connection::new(Side::Proxy);
    assert!(matches!(second.run(&mut client), Ok(Next::Deliver)));
    assert!(client.authenticated());
    assert_eq!((first.seen.len(), first.authenticates()), (1, 0));
    assert_eq!((second.seen.len(), second.authenticates()), (2, 1));
    assert!(is(1, second.seen[0].as_deref().unwrap()));
}

#[test]
fn a54_a_proxy_that_refuses_an_accepted_user_later_sees_one_more_handshake() {
    let mut client = client(Side::Proxy, "CORP\\alice", "Passw0rd!");
    let mut server = Connection::new(Side::Proxy);
    assert!(matches!(server.run(&mut client), Ok(Next::Deliver)));
    let blocked = [("Proxy-Authenticate", &b"NTLM"[..])];
    let blocked = Head { status: 407, minor_version: 1, fields: &blocked };
    let _ = client.first().unwrap();
    assert!(matches!(client.response(&blocked), Ok(Next::Reconnect)));
    let mut client = client.reconnect().unwrap();
    let mut fresh = Connection::new(Side::Proxy);
    let negotiate = client.first().unwrap().credentials.unwrap();
    let (status, fields) = fresh.serve(Some(&negotiate));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    let next = client.response(&Head { status, minor_version: 1, fields: &fields });
    assert!(matches!(next, Ok(Next::Send { credentials, .. }) if is(3, &credentials)));
    assert!(matches!(client.response(&blocked), Ok(Next::Denied)));
    assert!(matches!(client.reconnect(), Err(Error::AlreadyDenied { .. })));
}

#[test]
fn f11_a_damaged_challenge_is_an_error_with_field_and_offset_and_no_authenticate() {
    for (cut, text) in [(20, "at byte"), (40, "at byte")] {
        let mut client = client(Side::Proxy, "CORP\\alice", "Passw0rd!");
        let mut server = Connection::new(Side::Proxy);
        let _ = client.first().unwrap();
        let bare = [("Proxy-Authenticate", &b"NTLM"[..])];
        let Ok(Next::Send { credentials, .. }) =
            client.response(&Head { status: 407, minor_version: 1, fields: &bare })
        else {
            panic!("no NEGOTIATE");
        };
        let (_, fields) = server.serve(Some(&credentials));
        let damaged = fields[0].1[.."NTLM ".len() + cut].to_string();
        let fields = [("Proxy-Authenticate", damaged.as_bytes())];
        let error = client.response(&Head { status: 407, minor_version: 1, fields: &fields }).unwrap_err();
        assert!(matches!(error, Error::Mechanism { side: Side::Proxy, .. }));
        let mut cause = error.source().unwrap();
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        assert!(cause.to_string().contains(text), "{cause}");
        assert!(matches!(client.reconnect(), Err(Error::OutOfTurn { .. })));
    }
}

#[test]
fn a09_a_recorded_authenticate_is_refused_on_another_connection() {
    let mut client = client(Side::Proxy, "CORP\\alice", "Passw0rd!");
    let mut server = Connection::new(Side::Proxy);
    assert!(matches!(server.run(&mut client), Ok(Next::Deliver)));
    let [_, Some(negotiate), Some(authenticate)] = &server.seen.clone()[..] else {
        panic!("{:?}", server.seen)
    };
    let mut other = Connection::new(Side::Proxy);
    assert_eq!(other.serve(Some(negotiate)).0, 407);
    let verdict = other.auth.request(Some(authenticate.as_bytes()));
    assert!(matches!(verdict, Ok(Verdict::Refused(_))));
    assert!(other.auth.identity().is_none());
    // After a new challenge on its own connection it is worth no more.
    assert_eq!(server.serve(Some(negotiate)).0, 407);
    assert!(matches!(server.auth.request(Some(authenticate.as_bytes())), Ok(Verdict::Refused(_))));
    assert!(server.auth.identity().is_none());
}
