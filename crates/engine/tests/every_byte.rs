//! Every prefix and every changed byte of every message in the fixtures, put to every decoder and every step: nothing panics,
//! and nothing that was tampered with is let in.

mod recordings;
mod sessions;

use gatepass_backend::{Attributes, Credentials, Request};
use gatepass_engine::{
    AwaitingAuthenticate, AwaitingChallenge, Client, Nonces, Policy, Server, TargetInfo, crypto,
};
use gatepass_wire::{
    Authenticate, AvPairs, Challenge, FileTime, Message, MessageSignature, Negotiate, NtlmV2ClientChallenge,
    WireStr, fields,
};
use std::collections::BTreeSet;

/// Beyond this a message is one of those that are large and nothing else.
const LONGEST: usize = 1024;

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits =
        text.len() > 1 && text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit());
    digits.then(|| {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    })
}

/// Every byte string of the fixtures, and every recorded message, of a bearable length.
fn inputs() -> Vec<Vec<u8>> {
    let mut found = BTreeSet::new();
    for name in ["public", "malformed", "sessions"] {
        let path = format!("{}/../../fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
        // By its quotes alone: not all of its text is Unicode.
        found.extend(std::fs::read_to_string(path).unwrap().split('"').filter_map(bytes));
    }
    for (recording, _) in recordings::all() {
        assert!(!recording.name.is_empty() && !recording.password.is_empty());
        found.extend([recording.negotiate, recording.challenge, recording.authenticate]);
    }
    let sessions = sessions::all();
    assert!(sessions.iter().all(|one| one.flags.bits() != 0 && one.session_key.len() == 16));
    found.extend(sessions.into_iter().map(|one| one.handshake.authenticate));
    found.into_iter().filter(|input| input.len() <= LONGEST).collect()
}

fn nonces() -> Nonces {
    Nonces::fixed_for_tests([1; 8], [2; 16], FileTime::from_unix_seconds(1_800_000_000))
}

/// Decodes in every way that there is, and shows what came of it.
fn decode(input: &[u8]) {
    if let Ok(message) = Negotiate::decode(input) {
        let _ = (message.charset(), message.encode(), format!("{message:?}"));
    }
    if let Ok(message) = Challenge::decode(input) {
        let _ = (message.check(), message.encode(), format!("{message:?}"));
    }
    if let Ok(message) = Authenticate::decode(input) {
        let _ = (message.check(), message.response(), message.declared_mic(), message.encode());
        let _ = format!("{message:?}");
    }
    let pairs = AvPairs::new(input);
    let _ =
        (pairs.validate(), pairs.flags(), pairs.timestamp(), pairs.channel_bindings(), pairs.target_name());
    let _ = NtlmV2ClientChallenge::decode(input).map(|blob| format!("{blob:?}"));
    for extended in [true, false] {
        let _ = MessageSignature::decode(input, extended);
    }
    let _ = (WireStr::Utf16(input).to_text(), WireStr::Oem(input).to_text(), fields(input));
}

/// Both sides under the laxest policy, so that every branch can be reached, each at the step that `input` may be for.
struct Steps {
    policy: Policy,
    request: Request,
    negotiate: Vec<u8>,
    challenge: Vec<u8>,
}

impl Steps {
    fn new() -> Self {
        let policy = Policy::new()
            .allow_ntlm_v1_insecure()
            .allow_lm_insecure()
            .allow_weak_keys_insecure()
            .allow_anonymous();
        let recording = recordings::named("pyspnego-proxy-get");
        Self {
            policy,
            request: Request::target("HTTP/x").with_requirements(Attributes::INTEGRITY),
            negotiate: recording.negotiate,
            challenge: recording.challenge,
        }
    }

    fn server(&self) -> Server {
        Server::new(TargetInfo::new("CORP", "DC1")).with_policy(self.policy.clone())
    }

    fn client(&self) -> Client {
        Client::new(Credentials::password("CORP\\alice", "p"))
            .with_policy(self.policy.clone())
            .with_request(self.request.clone())
    }

    /// Puts `input` to every step; whether it was let in as somebody, with a password that nobody has.
    fn take(&self, input: &[u8]) -> bool {
        let _ = self.server().negotiate(input, nonces());
        let waiting: AwaitingChallenge = self.client().negotiate().0;
        let _ = waiting.challenge(input, nonces());
        let _ = self.client().answer(input, nonces());
        let _ = AwaitingAuthenticate::resume(input, input);
        let waiting = AwaitingAuthenticate::resume(&self.negotiate, &self.challenge).unwrap();
        let claim = waiting.with_policy_of(self.server()).authenticate(input);
        let hashes = (crypto::ntowf_v1("not a password"), crypto::lmowf_v1("not a password"));
        let verdict = claim.and_then(|claim| claim.verify_with_lm_hash(Some(&hashes.0), Some(&hashes.1)));
        verdict.is_ok_and(|accepted| !accepted.is_anonymous())
    }
}

#[test]
fn no_prefix_and_no_changed_byte_of_any_fixture_panics_in_a_decoder() {
    let inputs = inputs();
    assert!(inputs.len() > 700, "{}", inputs.len());
    for input in &inputs {
        for length in 0..=input.len() {
            decode(&input[..length]);
        }
        let mut changed = input.clone();
        for at in 0..input.len() {
            for change in [0x01, 0x80, 0xff] {
                changed[at] ^= change;
                decode(&changed);
                changed[at] ^= change;
            }
        }
    }
}

#[test]
fn no_prefix_and_no_changed_byte_of_any_fixture_panics_in_a_step_or_lets_anybody_in() {
    let steps = Steps::new();
    for input in inputs().iter().filter(|input| input.starts_with(b"NTLMSSP\0")) {
        for length in 0..=input.len() {
            assert!(!steps.take(&input[..length]));
        }
        let mut changed = input.clone();
        for at in 0..input.len() {
            changed[at] ^= 0xff;
            assert!(!steps.take(&changed));
            changed[at] ^= 0xff;
        }
    }
}

#[test]
fn no_prefix_and_no_changed_byte_of_a_protected_message_panics_or_is_accepted() {
    for recorded in sessions::all() {
        let handshake = &recorded.handshake;
        let steps = Steps::new();
        let session = || {
            let waiting = AwaitingAuthenticate::resume(&handshake.negotiate, &handshake.challenge).unwrap();
            let claim = waiting.with_policy_of(steps.server()).authenticate(&handshake.authenticate).unwrap();
            let password = &handshake.password;
            let hashes = (crypto::ntowf_v1(password), crypto::lmowf_v1(password));
            claim.verify_with_lm_hash(Some(&hashes.0), Some(&hashes.1)).unwrap().into_session()
        };
        let mut signature = session().protect().sign(b"a message of the other direction").unwrap().to_vec();
        for at in 0..signature.len() {
            assert!(session().protect().verify(b"message", &signature[..at]).is_err());
            signature[at] ^= 0xff;
            assert!(session().protect().verify(b"message", &signature).is_err());
            assert!(session().protect().unseal(&mut b"message".to_vec(), &signature).is_err());
            assert!(session().datagrams().verify(0, b"message", &signature).is_err());
            signature[at] ^= 0xff;
        }
    }
}
