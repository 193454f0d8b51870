//! Negotiate with NTLM inside, and both halves: RFC 4559 over RFC 4178 over [MS-NLMP].

use crate::engine::{Connection, Corp};
use gatepass_backend::{Attributes, Credentials, Request};
use gatepass_engine::Ntlm;
use gatepass_http::{ClientAuth, Error, Head, Mechanisms, Next, Scheme, ServerAuth, Side};
use gatepass_spnego::{Oid, Spnego};
use std::sync::Arc;

fn negotiate() -> Mechanisms {
    let spnego = Spnego::new().with_mechanism(&[Oid::NTLMSSP], Arc::new(Ntlm::new()));
    Mechanisms::new().with(Scheme::Negotiate, Arc::new(spnego))
}

fn client(password: &str, request: Request) -> ClientAuth {
    ClientAuth::new(Side::Origin, negotiate(), Credentials::password("CORP\\alice", password), request)
}

fn server() -> Connection {
    Connection::of(ServerAuth::new(Side::Origin, negotiate(), Arc::new(Corp), Request::new()))
}

#[test]
fn both_halves_agree_in_three_legs_and_the_connection_serves_on() {
    for requirements in [Attributes::none(), Attributes::INTEGRITY] {
        let request = Request::new().with_requirements(requirements);
        let (mut client, mut server) = (client("Passw0rd!", request), server());
        for _ in 0..2 {
            assert!(matches!(server.run(&mut client), Ok(Next::Deliver)));
        }
        assert!(client.authenticated());
        assert_eq!(server.auth.identity().unwrap().user(), "alice");
        let ours = client.context().unwrap().session_key().unwrap();
        assert!(ours.ct_eq(&server.auth.context().unwrap().session_key().unwrap()));
        assert_eq!(server.seen.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, true, false]);
    }
}

#[test]
fn a51_a_wrong_password_is_refused_once() {
    let (mut client, mut server) = (client("wrong", Request::new()), server());
    assert!(matches!(server.run(&mut client), Ok(Next::Denied)));
    assert!(matches!(server.run(&mut client), Err(Error::AlreadyDenied { .. })));
    assert_eq!(server.seen.len(), 3);
    assert!(server.auth.identity().is_none());
}

#[test]
fn a22_a_checksum_that_the_server_did_not_make_is_an_error_although_the_status_is_200() {
    for (damage, good) in [(None, true), (Some(1), false), (Some(16), false)] {
        let request = Request::new().with_requirements(Attributes::INTEGRITY);
        let (mut client, mut server) = (client("Passw0rd!", request), server());
        let mut credentials = client.first().unwrap().credentials;
        let end = loop {
            let (status, fields) = server.serve(credentials.as_deref());
            let mut fields: Vec<_> =
                fields.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
            if let (200, Some(from_end)) = (status, damage) {
                let value = std::str::from_utf8(&fields[0].1).unwrap().to_owned();
                let mut token = gatepass_http::challenges([value.as_bytes()])
                    .next()
                    .unwrap()
                    .unwrap()
                    .token()
                    .unwrap()
                    .unwrap();
                let at = token.len() - from_end;
                token[at] ^= 1;
                fields[0].1 = Scheme::Negotiate.value(&token).into_bytes();
            }
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
            match client.response(&Head { status, minor_version: 1, fields: &fields }) {
                Ok(Next::Send { credentials: next, .. }) => credentials = Some(next),
                end => break end,
            }
        };
        assert_eq!(matches!(end, Ok(Next::Deliver)), good, "{damage:?}: {end:?}");
        assert_eq!(matches!(end, Err(Error::Mechanism { .. })), !good, "{damage:?}");
        assert_eq!(client.authenticated(), good);
    }
}
