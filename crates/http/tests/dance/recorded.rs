//! `ServerAuth` with what foreign clients sent to a real domain, out of `fixtures/recorded.json`.

use crate::support::FakeContext;
use gatepass_backend::{
    Accounts, Backend, Credentials, Error, ErrorKind, Handshake, NtHash, Principal, Request, Step,
};
use gatepass_engine::{AwaitingAuthenticate, crypto::ntowf_v1};
use gatepass_http::{Mechanisms, ServerAuth, Side, Verdict, challenges};
use std::sync::Arc;

/// One handshake: the values of the fields, and who it is.
#[derive(Clone, Debug)]
struct Recording {
    name: String,
    user: String,
    password: String,
    negotiate: String,
    challenge: String,
    authenticate: String,
}

/// The accepted NTLMv2 handshakes whose messages stand in the fields as they are.
fn recordings() -> Vec<Recording> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/recorded.json");
    let all: Vec<serde_json::Value> = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    all.iter()
        .filter(|entry| entry["analysis"]["kind"] == "NTLMv2")
        .map(|entry| {
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_string();
            let message = |index: usize| format!("NTLM {}", text(&entry["messages"][index]["b64"]));
            Recording {
                name: text(&entry["name"]),
                user: text(&entry["user"]),
                password: text(&entry["password"]),
                negotiate: message(0),
                challenge: message(1),
                authenticate: message(2),
            }
        })
        .filter(|recording| recording.negotiate.starts_with("NTLM TlRMTVNTUAAB"))
        .collect()
}

fn bytes(value: &str) -> Vec<u8> {
    challenges([value.as_bytes()]).next().unwrap().unwrap().token().unwrap().unwrap()
}

/// A server that gives out the recorded CHALLENGE.
#[derive(Clone, Debug)]
struct Replay(Recording);

impl Backend for Replay {
    fn initiate(&self, _: &Credentials, _: &Request) -> Result<Step, Error> {
        Err(ErrorKind::Unsupported.into())
    }
    fn accept(&self, _: Arc<dyn Accounts>, _: &Request) -> Result<Box<dyn Handshake>, Error> {
        Ok(Box::new(self.clone()))
    }
}

impl Handshake for Replay {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        if token != bytes(&self.0.negotiate) {
            return Err(ErrorKind::InvalidToken.into());
        }
        let token = bytes(&self.0.challenge);
        Ok(Step::Continue { token, next: Box::new(Challenged(self.0)) })
    }
}

#[derive(Debug)]
struct Challenged(Recording);

impl Handshake for Challenged {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let waiting = AwaitingAuthenticate::resume(&bytes(&self.0.negotiate), &bytes(&self.0.challenge))?;
        let accepted = waiting.authenticate(token)?.verify(Some(&ntowf_v1(&self.0.password)))?;
        let peer = accepted.principal().clone();
        Ok(Step::Complete { token: None, context: Box::new(FakeContext(Some(peer))) })
    }
}

/// The recordings carry their own password.
struct Nobody;

impl Accounts for Nobody {
    fn nt_hash(&self, _: &Principal) -> Option<NtHash> {
        None
    }
}

fn server(recording: &Recording) -> ServerAuth {
    ServerAuth::new(
        Side::Proxy,
        Mechanisms::ntlm(Arc::new(Replay(recording.clone()))),
        Arc::new(Nobody),
        Request::new(),
    )
}

fn log_in(auth: &mut ServerAuth, recording: &Recording) {
    let name = &recording.name;
    let verdict = auth.request(Some(recording.negotiate.as_bytes()));
    assert!(matches!(verdict, Ok(Verdict::Challenge(values)) if values == [&*recording.challenge]), "{name}");
    assert!(auth.identity().is_none(), "{name}");
    let verdict = auth.request(Some(recording.authenticate.as_bytes()));
    assert!(matches!(verdict, Ok(Verdict::Granted(None))), "{name}: {verdict:?} {:?}", auth.refusal());
    assert_eq!(auth.identity().unwrap().user(), recording.user, "{name}");
}

/// The value with the last byte of its NTProofStr flipped ([MS-NLMP] 2.2.1.3: the field of the response is at byte 20).
fn tampered(value: &str) -> String {
    let mut token = bytes(value);
    let offset = usize::from(u16::from_le_bytes([token[24], token[25]]));
    token[offset + 15] ^= 1;
    gatepass_http::Scheme::Ntlm.value(&token)
}

#[test]
fn the_recorded_clients_are_let_in() {
    let all = recordings();
    assert!(all.len() >= 17, "{}", all.len());
    for recording in &all {
        log_in(&mut server(recording), recording);
    }
}

#[test]
fn a10_the_identity_of_a_recorded_client_does_not_survive_a_failed_handshake() {
    for recording in &recordings() {
        let mut auth = server(recording);
        log_in(&mut auth, recording);
        assert!(matches!(auth.request(None), Ok(Verdict::Granted(None))));
        let _ = auth.request(Some(recording.negotiate.as_bytes())).unwrap();
        assert!(auth.identity().is_none());
        let verdict = auth.request(Some(tampered(&recording.authenticate).as_bytes()));
        assert!(matches!(verdict, Ok(Verdict::Refused(_))), "{}: {verdict:?}", recording.name);
        assert_eq!(auth.refusal().unwrap().kind(), ErrorKind::LogonDenied);
        assert!(matches!(auth.request(None), Ok(Verdict::Challenge(_))));
        assert!(auth.identity().is_none() && auth.context().is_none());
    }
}

#[test]
fn a10_a_new_negotiate_alone_ends_the_identity_of_a_recorded_client() {
    for recording in &recordings() {
        let mut auth = server(recording);
        log_in(&mut auth, recording);
        let _ = auth.request(Some(recording.negotiate.as_bytes())).unwrap();
        assert!(matches!(auth.request(None), Ok(Verdict::Challenge(values)) if values == ["NTLM"]));
        assert!(auth.identity().is_none());
        // The original is the control: the same bytes let the client in again.
        log_in(&mut auth, recording);
    }
}

#[test]
fn a09_a_recorded_authenticate_does_not_open_a_connection_that_did_not_challenge() {
    for recording in &recordings() {
        let mut auth = server(recording);
        assert!(auth.request(Some(recording.authenticate.as_bytes())).is_err(), "{}", recording.name);
        assert!(auth.identity().is_none());
    }
}

#[test]
fn a13_the_login_of_a_recorded_client_is_that_of_one_connection() {
    // A front that mixes the requests of several clients on one connection would give all of them the first one's identity,
    // so what knows the identity must not be handed to another connection: it cannot be copied.
    trait Copies {
        const CLONE: bool = false;
    }
    struct Probe<T>(T);
    impl<T> Copies for Probe<T> {}
    impl<T: Clone> Probe<T> {
        const CLONE: bool = true;
    }
    const { assert!(!Probe::<ServerAuth>::CLONE && Probe::<String>::CLONE) };
    for recording in &recordings() {
        let backend = Arc::new(Replay(recording.clone()));
        let connection = || {
            let mechanisms = Mechanisms::ntlm(backend.clone());
            ServerAuth::new(Side::Proxy, mechanisms, Arc::new(Nobody), Request::new())
        };
        let (mut one, mut other) = (connection(), connection());
        log_in(&mut one, recording);
        assert!(matches!(other.request(None), Ok(Verdict::Challenge(values)) if values == ["NTLM"]));
        assert!(other.identity().is_none() && other.context().is_none(), "{}", recording.name);
        assert!(matches!(one.request(None), Ok(Verdict::Granted(None))));
    }
}
