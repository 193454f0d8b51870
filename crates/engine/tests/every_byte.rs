//! Every prefix and every changed byte of every message in the fixtures, put to every step: nothing panics, and nothing that was
//! tampered with is let in. (The decoders alone: the test of this name in gatepass-wire.)
//!
//! A step computes a proof, so that all 255 other values of each byte take minutes: CI tries them all, built with optimisation
//! and `GATEPASS_EVERY_VALUE=1`. Otherwise it is the lowest bit, the highest, and all of them.

mod recordings;
mod sessions;

use gatepass_backend::{Attributes, Credentials, NtHash, Request};
use gatepass_engine::{
    AwaitingAuthenticate, AwaitingChallenge, Client, Nonces, Policy, Server, TargetInfo, crypto,
};
use gatepass_wire::FileTime;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Beyond this a message is one of those that are large and nothing else.
const LONGEST: usize = 1024;

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits =
        text.len() > 1 && text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit());
    digits.then(|| {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    })
}

/// What a byte is changed by.
fn changes() -> Vec<u8> {
    match std::env::var_os("GATEPASS_EVERY_VALUE") {
        Some(_) => (1..=u8::MAX).collect(),
        None => vec![0x01, 0x80, 0xff],
    }
}

/// Every message of the fixtures, of a bearable length.
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
    found.into_iter().filter(|input| input.starts_with(b"NTLMSSP\0") && input.len() <= LONGEST).collect()
}

fn nonces() -> Nonces {
    Nonces::fixed_for_tests([1; 8], [2; 16], FileTime::from_unix_seconds(1_800_000_000))
}

/// Both sides under the laxest policy, so that every branch can be reached, each at the step that `input` may be for.
struct Steps {
    policy: Policy,
    request: Request,
    negotiate: Vec<u8>,
    challenge: Vec<u8>,
    /// Of a password that nobody has.
    hashes: (NtHash, crypto::LmHash),
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
            hashes: (crypto::ntowf_v1("not a password"), crypto::lmowf_v1("not a password")),
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
        let hashes = &self.hashes;
        let verdict = claim.and_then(|claim| claim.verify_with_lm_hash(Some(&hashes.0), Some(&hashes.1)));
        verdict.is_ok_and(|accepted| !accepted.is_anonymous())
    }
}

/// Runs `test` with each of `inputs`, on as many threads as there are processors.
fn each(inputs: &[Vec<u8>], test: impl Fn(&[u8]) + Sync) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(input) = inputs.get(next.fetch_add(1, Relaxed)) {
            test(input);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get());
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
}

#[test]
fn no_prefix_and_no_changed_byte_of_any_fixture_panics_in_a_step_or_lets_anybody_in() {
    let (steps, changes) = (Steps::new(), changes());
    let inputs = inputs();
    assert!(inputs.len() > 300, "{}", inputs.len());
    each(&inputs, |input| {
        for length in 0..=input.len() {
            assert!(!steps.take(&input[..length]));
        }
        let mut changed = input.to_vec();
        for at in 0..input.len() {
            for change in &changes {
                changed[at] = input[at] ^ change;
                assert!(!steps.take(&changed));
            }
            changed[at] = input[at];
        }
    });
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
