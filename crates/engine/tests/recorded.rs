//! Handshakes of foreign clients with foreign servers: our server must come to the verdict of theirs, to their session
//! key and their MIC; our client must say, byte for byte, what a foreign client said with the same nonces.

mod recordings;

use gatepass_backend::{Attributes, ChannelBindings, Credentials, Principal, Request};
use gatepass_engine::{
    Accepted, AwaitingAuthenticate, Bindings, Client, Error, Nonces, Policy, Server, TargetInfo, crypto,
};
use gatepass_wire::{Authenticate, Challenge, FileTime, Message, NegotiateFlags, NtResponse};
use recordings::Recording;
use serde_json::Value;

/// A handshake, what its server made of it, and what was worked out of it without this project.
struct Recorded {
    handshake: Recording,
    entry: Value,
}

impl std::ops::Deref for Recorded {
    type Target = Recording;
    fn deref(&self) -> &Recording {
        &self.handshake
    }
}

impl Recorded {
    /// Whether the server let the client in.
    fn accepted(&self) -> bool {
        self.entry["status"] == "AF" || self.entry["status"] == 200
    }

    fn analysis(&self, key: &str) -> Option<&str> {
        self.entry["analysis"][key].as_str()
    }

    fn has_mic(&self) -> bool {
        self.entry["analysis"]["mic_ok"] == true
    }

    /// The bytes of a value in hexadecimal.
    fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        let text = self.entry[key].as_str()?;
        Some(
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect(),
        )
    }
}

fn verify(recording: &Recorded, password: Option<&str>) -> Result<Accepted, Error> {
    let mut waiting = AwaitingAuthenticate::resume(&recording.negotiate, &recording.challenge)?;
    if let Some(data) = recording.bytes("channel_binding_application_data") {
        let request = Request::new().with_bindings(ChannelBindings::raw(&data));
        let server = Server::new(TargetInfo::default())
            .with_request(request)
            .with_policy(Policy::new().with_bindings(Bindings::Required));
        waiting = waiting.with_policy_of(server);
    }
    let claim = waiting.authenticate(&recording.authenticate)?;
    claim.verify(password.map(crypto::ntowf_v1).as_ref())
}

/// Every handshake: with NTLMv2, and below.
fn by_dialect() -> (Vec<Recorded>, Vec<Recorded>) {
    let all = recordings::all().into_iter().map(|(handshake, entry)| Recorded { handshake, entry });
    let (v2, below): (Vec<_>, Vec<_>) = all.partition(|one| one.analysis("kind") == Some("NTLMv2"));
    assert_eq!((v2.len(), below.len()), (18, 3));
    (v2, below)
}

fn ntlmv2() -> Vec<Recorded> {
    by_dialect().0
}

fn named(name: &str) -> Recorded {
    ntlmv2().into_iter().find(|recording| recording.name == name).unwrap()
}

#[test]
fn each_ntlmv2_handshake_is_accepted_with_the_key_of_its_server() {
    for recording in ntlmv2() {
        let name = &recording.name;
        assert!(recording.accepted(), "{name}");
        let accepted =
            verify(&recording, Some(&recording.password)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let wanted = recording.bytes("exported_session_key").unwrap();
        assert_eq!(accepted.session().exported_session_key().expose(), wanted, "{name}");
        assert_eq!(accepted.mic_proved(), recording.has_mic(), "{name}");
        let text = |key| recording.analysis(key).unwrap_or_default();
        assert_eq!(accepted.principal(), &Principal::new(text("type3_domain"), text("type3_user")), "{name}");
        assert_eq!(accepted.workstation().unwrap_or_default(), text("type3_workstation"), "{name}");
        assert_eq!(accepted.target_name(), recording.analysis("target_name"), "{name}");
        let bound = recording.bytes("channel_binding_application_data").is_some();
        assert_eq!(accepted.bindings_proved(), bound, "{name}");
    }
}

#[test]
fn a01_no_ntlmv2_handshake_is_accepted_with_another_password_or_without_an_account() {
    for recording in ntlmv2() {
        let other = format!("{}x", recording.password);
        for password in [Some(other.as_str()), Some(""), None] {
            assert_eq!(verify(&recording, password).err(), Some(Error::Denied), "{}", recording.name);
        }
    }
}

#[test]
fn a_response_below_ntlmv2_is_denied_even_with_the_right_password() {
    for recording in by_dialect().1 {
        assert_eq!(
            verify(&recording, Some(&recording.password)).err(),
            Some(Error::Denied),
            "{}",
            recording.name
        );
    }
}

/// The client's nonce and time in a recorded response, and the nonce that became the session key.
fn nonces(recording: &Recorded) -> Nonces {
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    let NtResponse::V2 { blob, .. } = message.response().unwrap() else { panic!("{}", recording.name) };
    let key = recording.bytes("exported_session_key").unwrap();
    Nonces::fixed_for_tests(blob.client_challenge, key.try_into().unwrap(), FileTime::default())
}

#[test]
fn nt_proof_and_session_base_key_are_those_of_every_foreign_client() {
    for recording in ntlmv2() {
        let message = Authenticate::decode(&recording.authenticate).unwrap();
        let NtResponse::V2 { proof, raw, blob } = message.response().unwrap() else { panic!() };
        let challenge = Challenge::decode(&recording.challenge).unwrap().server_challenge;
        let (user, domain) = (message.user_name.to_text().unwrap(), message.domain_name.to_text().unwrap());
        let key = crypto::ntowf_v2(&user, &domain, &crypto::ntowf_v1(&recording.password));
        assert_eq!(crypto::nt_proof(&key, &challenge, raw), *proof, "{}", recording.name);

        // Those that end with the document's four zero bytes can be made anew from their parts.
        if let Some(pairs) = blob.av_pairs.as_bytes().strip_suffix(&[0; 8]) {
            let pairs = [pairs, &[0; 4]].concat();
            let response =
                crypto::compute_response_v2(&key, &challenge, &blob.client_challenge, blob.time, &pairs);
            assert_eq!(response.nt_response, message.nt_response, "{}", recording.name);
            assert!(
                message.lm_response == response.lm_response || message.lm_response == [0; 24],
                "{}",
                recording.name
            );
        }
    }
}

/// Our client in the place of the recorded one, with its nonces.
fn replay(recording: &Recorded) -> (gatepass_engine::Session, Vec<u8>, Vec<u8>) {
    let text = |key| recording.analysis(key).unwrap_or_default();
    let principal = Principal::new(text("type3_domain"), text("type3_user"));
    let mut request = Request::new();
    // Where the server offers to seal, the recorded client had asked for it.
    let offered = Challenge::decode(&recording.challenge).unwrap().flags;
    if offered.contains(NegotiateFlags::NEGOTIATE_SEAL) {
        request = request.with_requirements(Attributes::CONFIDENTIALITY);
    }
    if let Some(name) = recording.analysis("target_name") {
        request = request.with_target(name);
    }
    if let Some(data) = recording.bytes("channel_binding_application_data") {
        request = request.with_bindings(ChannelBindings::raw(&data));
    }
    let credentials = Credentials::Password(principal, recording.password.as_str().into());
    let client = Client::new(credentials).with_request(request).with_workstation(text("type3_workstation"));
    let (waiting, negotiate) = client.negotiate();
    let (session, authenticate) = waiting.challenge(&recording.challenge, nonces(recording)).unwrap();
    (session, negotiate, authenticate)
}

#[test]
fn our_client_says_byte_for_byte_what_pyspnego_said_with_the_same_nonces() {
    let pyspnego: Vec<_> = ntlmv2().into_iter().filter(Recorded::has_mic).collect();
    assert_eq!(pyspnego.len(), 6);
    for recording in pyspnego {
        let (session, _, authenticate) = replay(&recording);
        let ours = Authenticate::decode(&authenticate).unwrap();
        let theirs = Authenticate::decode(&recording.authenticate).unwrap();
        assert_eq!(ours.nt_response, theirs.nt_response, "{}", recording.name);
        assert_eq!(ours.lm_response, theirs.lm_response, "{}", recording.name);
        assert_eq!(ours.domain_name, theirs.domain_name, "{}", recording.name);
        assert_eq!(ours.user_name, theirs.user_name, "{}", recording.name);
        assert_eq!(ours.workstation, theirs.workstation, "{}", recording.name);
        assert_eq!(
            ours.encrypted_random_session_key, theirs.encrypted_random_session_key,
            "{}",
            recording.name
        );
        let key = recording.bytes("exported_session_key").unwrap();
        assert_eq!(session.exported_session_key().expose(), key, "{}", recording.name);
    }
}

#[test]
fn our_client_answers_every_recorded_challenge_soundly() {
    for recording in ntlmv2() {
        let (session, negotiate, authenticate) = replay(&recording);
        let handshake = Recording { negotiate, authenticate, ..recording.handshake.clone() };
        let ours = Recorded { handshake, entry: recording.entry.clone() };
        let accepted = verify(&ours, Some(&recording.password)).unwrap();
        assert!(accepted.mic_proved(), "{}", recording.name);
        assert!(accepted.session().exported_session_key().ct_eq(session.exported_session_key()));
    }
}

#[test]
fn a16_the_bindings_of_a_recorded_certificate_hash_to_the_recorded_pair() {
    let recording = named("gssntlmssp-pyspnego-cbt");
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    let NtResponse::V2 { blob, .. } = message.response().unwrap() else { panic!() };
    let data = recording.bytes("channel_binding_application_data").unwrap();
    let hash = crypto::cbt_hash(&ChannelBindings::raw(&data));
    assert_eq!(blob.av_pairs.channel_bindings().unwrap(), Some(&hash));
}

#[test]
fn a16_zeros_in_place_of_bindings_are_none() {
    let zeros = recordings::named("samba-proxy-get");
    let request = Request::new().with_bindings(ChannelBindings::raw(b"tls-server-end-point:x"));
    let verify_with = |server: Server| {
        let waiting = AwaitingAuthenticate::resume(&zeros.negotiate, &zeros.challenge).unwrap();
        let claim = waiting.with_policy_of(server).authenticate(&zeros.authenticate).unwrap();
        claim.verify(Some(&crypto::ntowf_v1(&zeros.password))).map(|accepted| accepted.bindings_proved())
    };
    let server = || Server::new(TargetInfo::default()).with_request(request.clone());
    assert_eq!(verify_with(Server::new(TargetInfo::default())), Ok(false));
    assert_eq!(verify_with(server()), Ok(false));
    assert_eq!(
        verify_with(server().with_policy(Policy::new().with_bindings(Bindings::Required))),
        Err(Error::BadBindings)
    );
}
