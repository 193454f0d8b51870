//! What is refused, by whom, and with which words.

use crate::support::{Ended, Users, protected, shake};
use gatepass_backend::{
    Attributes, Backend, Credentials, Error, ErrorKind, NtHash, Principal, Request, Step,
};
use gatepass_engine::Ntlm;
use gatepass_sspi::{Package, Sspi};
use std::error::Error as _;
use std::sync::Arc;

fn source(error: &Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn a_wrong_password_is_refused_by_the_engine_and_not_known_to_the_client() {
    for name in ["CORP\\alice", "CORP\\nobody"] {
        let request = protected();
        let credentials = Credentials::password(name, "nope");
        let ended =
            shake(&Sspi::new(Package::Ntlm), &Ntlm::new(), &credentials, &request, &request).unwrap_err();
        let Ended::Server(error) = ended else { panic!("{name}: {ended:?}") };
        assert_eq!(error.kind(), ErrorKind::LogonDenied, "{name}");
        assert!(error.source().is_none(), "{name}");
    }
}

#[test]
fn what_sspi_cannot_log_in_with_is_said_so() {
    let hash = Credentials::NtHash(Principal::parse("CORP\\alice"), NtHash::from_bytes([7; 16]));
    for (credentials, says) in [(hash, "NT hash"), (Credentials::Anonymous, "as the current user")] {
        let error = Sspi::new(Package::Ntlm).initiate(&credentials, &Request::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoCredentials);
        assert!(source(&error).contains(says), "{}", source(&error));
    }
}

#[test]
fn what_ntlm_cannot_do_is_not_done_without_it() {
    for required in [Attributes::DELEGATE, Attributes::MUTUAL_AUTH] {
        let request = Request::target("HTTP/proxy.corp.test").with_requirements(required);
        let credentials = Credentials::password("CORP\\alice", "Passw0rd!");
        let ended = shake(&Sspi::new(Package::Ntlm), &Ntlm::new(), &credentials, &request, &Request::new());
        let Ended::Client(error) = ended.unwrap_err() else {
            panic!("the server does not know what was required")
        };
        assert!(
            matches!(error.kind(), ErrorKind::Policy | ErrorKind::Unsupported),
            "{required:?}: {error:?}"
        );
    }
    let datagrams = Request::new().with_requirements(Attributes::DATAGRAM);
    let error = Sspi::new(Package::Ntlm).accept(Arc::new(Users), &datagrams).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn every_prefix_of_a_challenge_is_refused_without_harm() {
    let request = protected();
    let credentials = Credentials::password("CORP\\alice", "Passw0rd!");
    let begin = || match Sspi::new(Package::Ntlm).initiate(&credentials, &request).unwrap() {
        Step::Continue { token, next } => (token, next),
        Step::Complete { .. } => panic!("NTLM has three messages"),
    };
    let (negotiate, _) = begin();
    let server = Ntlm::new().accept(Arc::new(Users), &request).unwrap();
    let Step::Continue { token: challenge, .. } = server.step(&negotiate).unwrap() else {
        panic!("no CHALLENGE")
    };
    // Each costs a process under Wine: every fourth, and each of the ends.
    let lengths =
        (0..challenge.len()).filter(|length| length % 4 == 0 || *length < 4 || *length + 4 > challenge.len());
    let mut whole = 0;
    for length in lengths {
        let (_, next) = begin();
        match next.step(&challenge[..length]) {
            Err(error) => assert_ne!(error.kind(), ErrorKind::LogonDenied, "{length}"),
            // What the last bytes say may be left out of what is answered; the answer is then judged by the server.
            Ok(_) => whole += 1,
        }
        assert!(whole == 0 || length >= 48, "a challenge of {length} bytes was answered");
    }
}

#[test]
fn a_token_of_another_leg_is_no_challenge() {
    let request = protected();
    let credentials = Credentials::password("CORP\\alice", "Passw0rd!");
    for wrong in ["negotiate", "garbage", "empty"] {
        let Step::Continue { token, next } =
            Sspi::new(Package::Ntlm).initiate(&credentials, &request).unwrap()
        else {
            panic!("NTLM has three messages")
        };
        let token = match wrong {
            "negotiate" => token,
            "garbage" => b"this is no message of NTLM at all".to_vec(),
            _ => Vec::new(),
        };
        let error = next.step(&token).unwrap_err();
        assert!(!source(&error).is_empty(), "{wrong}: {error:?}");
    }
}

#[test]
fn a_package_that_has_no_credentials_says_what_to_do() {
    // Kerberos knows no such target on any machine.
    let request = Request::target("HTTP/no.such.host.invalid");
    let credentials = Credentials::password("alice@NO.SUCH.REALM.INVALID", "Passw0rd!");
    let error = Sspi::new(Package::Kerberos).initiate(&credentials, &request).unwrap_err();
    let says = source(&error);
    assert!(says.contains(" failed with ") && says.contains(": "), "{error:?}");
    assert!(!format!("{error:?}").contains("Passw0rd!"));
}
