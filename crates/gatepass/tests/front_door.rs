//! What can be reached through the front door alone.

use gatepass::{Backend, Client, Credentials, ErrorKind, Nonces, Request, Step};

#[test]
fn the_platform_s_backend_begins_with_a_negotiate_message() {
    let credentials = Credentials::password("CORP\\alice", "secret");
    let step = gatepass::platform().initiate(&credentials, &Request::new()).unwrap();
    let Step::Continue { token, .. } = step else { panic!("a client begins with a token") };
    assert_eq!(token[..12], *b"NTLMSSP\0\x01\0\0\0");
}

#[test]
fn without_single_sign_on_the_current_user_has_no_credentials() {
    let error = gatepass::platform().initiate(&Credentials::CurrentUser, &Request::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoCredentials);
}

#[test]
fn a63_a_message_of_another_leg_is_no_challenge() {
    let (_, negotiate) = Client::new(Credentials::password("u", "p")).negotiate();
    let (waiting, _) = Client::new(Credentials::password("u", "p")).negotiate();
    let error = waiting.challenge(&negotiate, Nonces::random().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidToken);
}

#[test]
fn backends_are_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let backend = gatepass::platform();
    shared(&backend);
    assert!(format!("{backend:?}").starts_with("Ntlm"), "and shown: {:?}", &*backend as &dyn Backend);
}
