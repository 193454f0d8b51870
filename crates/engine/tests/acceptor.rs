//! The attacks on an acceptor, each test named after its row. Messages come from recorded foreign
//! clients, and each test first shows that the untampered original is accepted.

mod recordings;

use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, ErrorKind, NtHash, Principal, Request, Step,
};
use gatepass_engine::{
    Accepted, AwaitingAuthenticate, Client, Error, Incompatible, Nonces, Ntlm, Policy, Requirement, Server,
    TargetInfo, crypto,
};
use gatepass_wire::{Authenticate, FileTime, Message, NegotiateFlags as Flags, WireStr};
use recordings::Recording;
use std::sync::Arc;

/// With a MIC, and an exchanged key.
fn with_mic() -> Recording {
    recordings::named("pyspnego-proxy-get")
}

/// Without either.
fn without_mic() -> Recording {
    recordings::named("curl-7.88-proxy-get")
}

fn waiting(recording: &Recording) -> AwaitingAuthenticate {
    AwaitingAuthenticate::resume(&recording.negotiate, &recording.challenge).unwrap()
}

/// The verdict on `authenticate` in the place of the recorded one, with the right password.
fn verdict(recording: &Recording, authenticate: &[u8]) -> Result<Accepted, Error> {
    verdict_with(recording, authenticate, &recording.password)
}

fn verdict_with(recording: &Recording, authenticate: &[u8], password: &str) -> Result<Accepted, Error> {
    waiting(recording).authenticate(authenticate)?.verify(Some(&crypto::ntowf_v1(password)))
}

/// `message` with its MIC filled with zeros.
fn zeroed(message: &[u8]) -> Vec<u8> {
    let mut message = message.to_vec();
    message[Authenticate::MIC_RANGE].fill(0);
    message
}

/// `message` without these bytes of its header, its payloads moved up.
fn cut(message: &[u8], range: std::ops::Range<usize>) -> Vec<u8> {
    let mut cut = message.to_vec();
    for field in [12, 20, 28, 36, 44, 52] {
        let place = field + 4..field + 8;
        let offset = u32::from_le_bytes(cut[place.clone()].try_into().unwrap());
        cut[place].copy_from_slice(&(offset - u32::try_from(range.len()).unwrap()).to_le_bytes());
    }
    cut.drain(range);
    cut
}

#[test]
fn a01_a_wrong_password_is_denied_whatever_becomes_of_the_mic() {
    let (with, without) = (with_mic(), without_mic());
    assert!(verdict(&with, &with.authenticate).is_ok());
    assert!(verdict(&without, &without.authenticate).is_ok());
    let messages = [
        (&with, with.authenticate.clone()),
        (&with, zeroed(&with.authenticate)),
        (&with, cut(&with.authenticate, 72..88)),
        (&without, without.authenticate.clone()),
    ];
    for (recording, mut message) in messages {
        for _with_and_without_extended_session_security in 0..2 {
            let denied = verdict_with(recording, &message, "wrong");
            assert_eq!(denied.err(), Some(Error::Denied), "{}", recording.name);
            message[62] ^= 0x08;
        }
    }
}

#[test]
fn a02_drop_the_mic_by_zeros_by_cutting_it_out_or_with_the_version() {
    let recording = with_mic();
    assert!(verdict(&recording, &recording.authenticate).unwrap().mic_proved());
    for message in [
        zeroed(&recording.authenticate),
        cut(&recording.authenticate, 72..88),
        cut(&recording.authenticate, 64..88),
    ] {
        assert_eq!(verdict(&recording, &message).err(), Some(Error::Denied));
    }
}

#[test]
fn a02_no_changed_byte_of_a_message_with_a_mic_is_accepted() {
    let recording = with_mic();
    assert!(verdict(&recording, &recording.authenticate).is_ok());
    for at in 0..recording.authenticate.len() {
        for change in [0x01, 0x02, 0x80, 0xff] {
            let mut message = recording.authenticate.clone();
            message[at] ^= change;
            assert!(verdict(&recording, &message).is_err(), "byte {at}");
        }
    }
    for length in 0..recording.authenticate.len() {
        assert!(verdict(&recording, &recording.authenticate[..length]).is_err(), "the first {length} bytes");
    }
}

#[test]
fn a05_an_lm_response_alone_is_no_way_round_the_blob() {
    let recording = without_mic();
    assert!(verdict(&recording, &recording.authenticate).is_ok());
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    let alone = Authenticate { nt_response: b"", ..message }.encode().unwrap();
    assert_eq!(verdict(&recording, &alone).err(), Some(Error::Denied));
}

#[test]
fn a06_nobody_is_never_accepted_whatever_the_shape() {
    let recording = without_mic();
    assert!(verdict(&recording, &recording.authenticate).is_ok());
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    let empty = NtHash::from_bytes(*crypto::ntowf_v1("").expose());
    for anonymous in [true, false] {
        for named in [true, false] {
            for (nt, lm) in [(&b""[..], &b"\0"[..]), (b"", b""), (message.nt_response, message.lm_response)] {
                if !anonymous && named && !nt.is_empty() {
                    continue; // that is alice
                }
                let flag = if anonymous { Flags::NEGOTIATE_ANONYMOUS } else { Flags::EMPTY };
                let shape = Authenticate {
                    nt_response: nt,
                    lm_response: lm,
                    user_name: if named { message.user_name } else { WireStr::Oem(b"") },
                    flags: message.flags.map(|flags| flags | flag),
                    ..message
                };
                let shape = shape.encode().unwrap();
                for hash in [None, Some(&empty), Some(&crypto::ntowf_v1(&recording.password))] {
                    let verdict =
                        waiting(&recording).authenticate(&shape).and_then(|claim| claim.verify(hash));
                    assert!(verdict.is_err(), "flag {anonymous}, name {named}, {} bytes", nt.len());
                }
            }
        }
    }
}

#[test]
fn a06_a_proof_for_the_empty_name_is_still_nobody_s() {
    let recording = with_mic();
    let (client, negotiate) = Client::new(Credentials::password("CORP\\", "p")).negotiate();
    let nonces = Nonces::fixed_for_tests([1; 8], [2; 16], FileTime::default());
    let (_, authenticate) = client.challenge(&recording.challenge, nonces).unwrap();
    let waiting = AwaitingAuthenticate::resume(&negotiate, &recording.challenge).unwrap();
    let verdict =
        waiting.authenticate(&authenticate).and_then(|claim| claim.verify(Some(&crypto::ntowf_v1("p"))));
    assert_eq!(verdict.err(), Some(Error::Denied));
}

/// A store that cannot answer.
struct Broken;

impl Accounts for Broken {
    fn nt_hash(&self, _: &Principal) -> Option<NtHash> {
        panic!("the store is broken")
    }
}

/// A store without accounts.
struct Empty;

impl Accounts for Empty {
    fn nt_hash(&self, _: &Principal) -> Option<NtHash> {
        None
    }
}

fn behind_the_joint(accounts: Arc<dyn Accounts>) -> Result<Step, gatepass_backend::Error> {
    let ntlm = Ntlm::new();
    let credentials = Credentials::password("CORP\\alice", "");
    let Step::Continue { token, next: client } = ntlm.initiate(&credentials, &Request::new())? else {
        panic!()
    };
    let Step::Continue { token, next: server } = ntlm.accept(accounts, &Request::new())?.step(&token)? else {
        panic!()
    };
    let Step::Complete { token: Some(token), .. } = client.step(&token)? else { panic!() };
    server.step(&token)
}

#[test]
fn a07_a_store_that_finds_nobody_or_breaks_lets_nobody_in() {
    let denied = behind_the_joint(Arc::new(Empty)).unwrap_err();
    assert_eq!(denied.kind(), ErrorKind::LogonDenied);
    let broken = std::panic::catch_unwind(|| behind_the_joint(Arc::new(Broken)).is_ok());
    assert!(broken.is_err(), "the panic is the store's, and no context comes of it");
}

#[test]
fn a07_an_unknown_account_has_no_password_that_would_let_anybody_in() {
    // Where there is no account, a hash stands in for the work's sake. Whoever guesses which one gains nothing by it.
    let recording = with_mic();
    for guess in [[0; 16], [0xff; 16], *crypto::ntowf_v1("").expose()] {
        let credentials = Credentials::NtHash(Principal::new("CORP", "nobody"), NtHash::from_bytes(guess));
        let (client, negotiate) = Client::new(credentials).negotiate();
        let nonces = Nonces::fixed_for_tests([1; 8], [2; 16], FileTime::default());
        let (_, authenticate) = client.challenge(&recording.challenge, nonces).unwrap();
        let claim = || {
            let waiting = AwaitingAuthenticate::resume(&negotiate, &recording.challenge).unwrap();
            waiting.authenticate(&authenticate).unwrap()
        };
        assert!(claim().verify(Some(&NtHash::from_bytes(guess))).is_ok(), "the message itself is sound");
        assert_eq!(claim().verify(None).err(), Some(Error::Denied));
    }
}

#[test]
fn a08_a_name_with_a_lone_surrogate_is_never_an_identity() {
    let recording = recordings::named("java17-proxy-get");
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    assert!(verdict(&recording, &message.encode().unwrap()).is_ok(), "written anew it is the same");
    for units in [&b"a\0\x00\xd8"[..], b"\x00\xdc", b"\x00\xdc\x00\xd8"] {
        let name = WireStr::Utf16(units);
        for tampered in
            [Authenticate { user_name: name, ..message }, Authenticate { domain_name: name, ..message }]
        {
            let error = verdict(&recording, &tampered.encode().unwrap()).err();
            assert_eq!(error, Some(Error::Incompatible(Incompatible::Name)));
        }
    }
}

#[test]
fn a08_a_name_in_an_unknown_code_page_is_never_an_identity() {
    let recording = without_mic();
    assert!(verdict(&recording, &recording.authenticate).is_ok());
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    let tampered = Authenticate { user_name: WireStr::Oem(b"j\xfcrgen"), ..message }.encode().unwrap();
    let error = verdict(&recording, &tampered).err();
    assert_eq!(error, Some(Error::Incompatible(Incompatible::Name)));
}

#[test]
fn a10_a_failed_step_leaves_no_state_behind() {
    // Steps take their state by value, so an old identity cannot survive in it; what is left to show is that a
    // handshake which failed gives no context, and that a new one begins from nothing.
    let recording = with_mic();
    assert!(verdict(&recording, &recording.authenticate).is_ok());
    let claim = waiting(&recording).authenticate(&recording.authenticate).unwrap();
    assert_eq!(claim.verify(None).err(), Some(Error::Denied));
    assert!(waiting(&recording).authenticate(b"NTLMSSP\0\x03\0\0\0").is_err());
}

#[test]
fn a18_a_flag_that_is_changed_in_a_foreign_handshake_with_a_mic_is_denied() {
    let recording = with_mic();
    assert!(verdict(&recording, &recording.authenticate).is_ok());
    for bit in 0..32 {
        let mut tampered = recording.clone();
        tampered.negotiate[12 + bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verdict(&tampered, &recording.authenticate).err(), Some(Error::Denied), "bit {bit}");
        let mut tampered = recording.clone();
        tampered.challenge[20 + bit / 8] ^= 1 << (bit % 8);
        assert!(verdict(&tampered, &recording.authenticate).is_err(), "bit {bit}");
    }
}

#[test]
fn a_server_may_require_the_mic_that_a_client_does_not_declare() {
    for (recording, wanted) in [(with_mic(), None), (without_mic(), Some(Error::Denied))] {
        let server = Server::new(TargetInfo::default()).with_policy(Policy::new().requiring_mic());
        let claim = waiting(&recording).with_policy_of(server).authenticate(&recording.authenticate).unwrap();
        assert_eq!(claim.verify(Some(&crypto::ntowf_v1(&recording.password))).err(), wanted);
    }
}

#[test]
fn a18_a_client_cannot_settle_on_more_than_was_offered() {
    let recording = without_mic();
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    let original = verdict(&recording, &recording.authenticate).unwrap();
    let more = Flags::NEGOTIATE_KEY_EXCH | Flags::NEGOTIATE_SEAL | Flags::NEGOTIATE_SIGN;
    let greedy = Authenticate {
        flags: message.flags.map(|flags| flags | more),
        encrypted_random_session_key: &[7; 16],
        ..message
    };
    let accepted = verdict(&recording, &greedy.encode().unwrap()).unwrap();
    assert!(!accepted.session().flags().intersects(more));
    assert!(accepted.session().exported_session_key().ct_eq(original.session().exported_session_key()));
}

#[test]
fn a18_a_server_that_requires_protection_is_not_content_with_the_offer_of_it() {
    let recording = with_mic();
    let request = Request::new().with_requirements(Attributes::INTEGRITY);
    let claim = |message: &[u8]| {
        let server = Server::new(TargetInfo::default()).with_request(request.clone());
        waiting(&recording).with_policy_of(server).authenticate(message).map(drop)
    };
    assert_eq!(claim(&recording.authenticate), Ok(()));
    let mut message = Authenticate::decode(&recording.authenticate).unwrap();
    message.flags = message.flags.map(|flags| flags.without(Flags::NEGOTIATE_SIGN));
    assert_eq!(claim(&message.encode().unwrap()), Err(Error::Policy(Requirement::Integrity)));
}
