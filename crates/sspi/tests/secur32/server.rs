//! secur32 as the server.

use crate::support::{Ended, shake};
use gatepass_backend::{Backend, Credentials, ErrorKind, Request, Step};
use gatepass_engine::Ntlm;
use gatepass_sspi::{Package, Sspi, Turn};
use std::sync::Arc;

#[test]
fn a_wrong_password_and_an_unknown_user_are_refused_alike() {
    for name in ["GATEPASS-NO-SUCH-DOMAIN\\alice", "no-such-user-of-gatepass"] {
        let credentials = Credentials::password(name, "nope");
        let request = Request::new();
        let ended =
            shake(&Ntlm::new(), &Sspi::new(Package::Ntlm), &credentials, &request, &request).unwrap_err();
        let Ended::Server(error) = ended else { panic!("{name}: {ended:?}") };
        assert_eq!(error.kind(), ErrorKind::LogonDenied, "{name}: {error:?}");
    }
}

#[test]
fn a_token_that_is_none_is_refused() {
    for token in [&b""[..], b"\0", b"this is no message of NTLM at all", b"NTLMSSP\0\x03\0\0\0"] {
        let waiting = Sspi::new(Package::Ntlm).server(&Request::new()).unwrap();
        let error = waiting.step(token).unwrap_err();
        assert!(std::error::Error::source(&error).is_some(), "{}: {error:?}", token.escape_ascii());
    }
}

#[test]
fn an_authenticate_of_another_handshake_is_refused() {
    let credentials = Credentials::password("CORP\\alice", "Passw0rd!");
    let begin = || {
        let Step::Continue { token, next } = Ntlm::new().initiate(&credentials, &Request::new()).unwrap()
        else {
            panic!("NTLM has three messages")
        };
        let server = Sspi::new(Package::Ntlm).server(&Request::new()).unwrap();
        let Turn::Continue { token, next: server } = server.step(&token).unwrap() else {
            panic!("no CHALLENGE")
        };
        (token, next, server)
    };
    let (challenge, client, _) = begin();
    let (_, _, other_server) = begin();
    let Step::Complete { token: Some(authenticate), .. } = client.step(&challenge).unwrap() else {
        panic!("no AUTHENTICATE")
    };
    other_server.step(&authenticate).unwrap_err();
}

#[test]
fn the_accounts_that_are_given_are_not_asked() {
    struct Nobody;
    impl gatepass_backend::Accounts for Nobody {
        fn nt_hash(&self, _: &gatepass_backend::Principal) -> Option<gatepass_backend::NtHash> {
            panic!("Windows verifies by itself")
        }
    }
    let waiting = Sspi::new(Package::Ntlm).accept(Arc::new(Nobody), &Request::new()).unwrap();
    let Step::Continue { token, next } =
        Ntlm::new().initiate(&Credentials::password("CORP\\alice", "nope"), &Request::new()).unwrap()
    else {
        panic!("NTLM has three messages")
    };
    let Step::Continue { token, next: waiting } = waiting.step(&token).unwrap() else {
        panic!("no CHALLENGE")
    };
    let Step::Complete { token: Some(token), .. } = next.step(&token).unwrap() else {
        panic!("no AUTHENTICATE")
    };
    assert_eq!(waiting.step(&token).unwrap_err().kind(), ErrorKind::LogonDenied);
}
