//! What can be reached through the front door alone.

use gatepass::{
    Accounts, Backend, Client, Credentials, ErrorKind, Nonces, NtHash, Ntlm, Principal, Request, Step,
    crypto::ntowf_v1,
    wire::{Authenticate, Challenge, Message as _, NtResponse},
};
use std::sync::Arc;

/// An account store with one password.
struct Everyone;

impl Accounts for Everyone {
    fn nt_hash(&self, _: &Principal) -> Option<NtHash> {
        Some(ntowf_v1("secret"))
    }
}

/// The nonces of server and client, and the session key, of one handshake of the engine's backend with itself.
fn handshake() -> [Vec<u8>; 3] {
    let (backend, request) = (Ntlm::new(), Request::new());
    let client = backend.initiate(&Credentials::password("CORP\\alice", "secret"), &request).unwrap();
    let Step::Continue { token: negotiate, next: client } = client else { panic!() };
    let server = backend.accept(Arc::new(Everyone), &request).unwrap().step(&negotiate).unwrap();
    let Step::Continue { token: challenge, next: server } = server else { panic!() };
    let Step::Complete { token: Some(authenticate), context } = client.step(&challenge).unwrap() else {
        panic!()
    };
    let Step::Complete { context: theirs, .. } = server.step(&authenticate).unwrap() else { panic!() };
    let (ours, theirs) = (context.session_key().unwrap(), theirs.session_key().unwrap());
    assert!(ours.ct_eq(&theirs));
    let message = Authenticate::decode(&authenticate).unwrap();
    let Ok(NtResponse::V2 { blob, .. }) = message.response() else { panic!() };
    [
        Challenge::decode(&challenge).unwrap().server_challenge.to_vec(),
        blob.client_challenge.to_vec(),
        ours.expose().to_vec(),
    ]
}

#[test]
fn a12_no_two_handshakes_share_a_nonce_or_a_session_key() {
    let (one, other) = (handshake(), handshake());
    for (one, other) in one.iter().zip(&other) {
        assert_ne!(one, other);
        assert!(one.iter().any(|byte| *byte != 0));
    }
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
    assert!(format!("{backend:?}").contains("Negotiate"), "and shown: {:?}", &*backend as &dyn Backend);
}
