//! The attacks on an acceptor, each test named after its row. Messages come from recorded foreign
//! clients, and each test first shows that the untampered original is accepted.

mod recordings;

use gatepass_backend::{Accounts, Backend, Credentials, ErrorKind, NtHash, Principal, Request, Step};
use gatepass_engine::{Accepted, AwaitingAuthenticate, Error, Incompatible, Ntlm, crypto};
use gatepass_wire::{
    Authenticate, AvId, AvPair, Challenge, Message, NegotiateFlags as Flags, NtResponse, WireStr,
    encode_av_pairs,
};
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

#[derive(Clone, Copy, PartialEq)]
enum Mic {
    Right,
    Wrong,
    Absent,
}

/// The recorded message with these MsvAvFlags in the place of its own, its proof made anew with the right password: what
/// a client that says so would send.
fn forge(recording: &Recording, flags: &[&[u8]], mic: Mic) -> Vec<u8> {
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    let challenge = Challenge::decode(&recording.challenge).unwrap();
    let NtResponse::V2 { blob, .. } = message.response().unwrap() else { panic!("{}", recording.name) };
    let mut pairs: Vec<_> = blob.av_pairs.iter().map(Result::unwrap).collect();
    pairs.retain(|pair| pair.id != AvId::MSV_AV_FLAGS);
    pairs.extend(flags.iter().map(|value| AvPair { id: AvId::MSV_AV_FLAGS, value }));
    let pairs = encode_av_pairs(&pairs).unwrap();
    let (user, domain) = (message.user_name.to_text().unwrap(), message.domain_name.to_text().unwrap());
    let response = crypto::compute_response_v2(
        &crypto::ntowf_v2(&user, &domain, &crypto::ntowf_v1(&recording.password)),
        &challenge.server_challenge,
        &blob.client_challenge,
        blob.time,
        &pairs,
    );
    let exported = gatepass_backend::SessionKey::from_bytes(&[0x42; 16]);
    let key = crypto::rc4k(response.session_base_key.expose(), exported.expose()).unwrap();
    let forged = Authenticate {
        nt_response: &response.nt_response,
        encrypted_random_session_key: &key,
        mic: (mic != Mic::Absent).then_some([0; 16]),
        ..message
    };
    let mut bytes = forged.encode().unwrap();
    if mic == Mic::Right {
        let right = crypto::mic(&exported, &recording.negotiate, &recording.challenge, &bytes);
        Authenticate::put_mic(&mut bytes, &right).unwrap();
    }
    bytes
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
fn a03_a_pair_of_flags_cannot_take_back_the_mic_that_another_declares() {
    let recording = with_mic();
    let (none, declared) = ([0, 0, 0, 0], [2, 0, 0, 0]);
    for flags in [[&none[..], &declared], [&declared, &none]] {
        let right = verdict(&recording, &forge(&recording, &flags, Mic::Right));
        assert!(right.unwrap().mic_proved());
        for tampered in [Mic::Wrong, Mic::Absent] {
            let denied = verdict(&recording, &forge(&recording, &flags, tampered));
            assert_eq!(denied.err(), Some(Error::Denied), "{flags:?}");
        }
    }
    // The control of the forgery itself: where none is declared, none is needed.
    assert!(!verdict(&recording, &forge(&recording, &[&none], Mic::Absent)).unwrap().mic_proved());
}

#[test]
fn a04_unknown_bits_beside_the_mic_bit_do_not_hide_it() {
    let recording = with_mic();
    for flags in [2_u32, 6, 0x8000_0002, 0xffff_ffff] {
        let flags: &[u8] = &flags.to_le_bytes();
        assert!(verdict(&recording, &forge(&recording, &[flags], Mic::Right)).unwrap().mic_proved());
        for tampered in [Mic::Wrong, Mic::Absent] {
            let denied = verdict(&recording, &forge(&recording, &[flags], tampered));
            assert_eq!(denied.err(), Some(Error::Denied), "{flags:?}");
        }
    }
}

#[test]
fn a04_flags_of_a_wrong_size_are_malformed_and_not_absent() {
    let recording = with_mic();
    for size in [0, 3, 5] {
        let message = forge(&recording, &[&[2, 0, 0, 0, 0][..size]], Mic::Absent);
        let error = verdict(&recording, &message).err().unwrap();
        assert!(matches!(error, Error::Malformed(error) if error.what() == "MsvAvFlags"), "{error:?}");
    }
}

#[test]
fn a05_an_lm_response_alone_is_no_way_round_the_blob() {
    let recording = without_mic();
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    let alone = Authenticate { nt_response: b"", ..message }.encode().unwrap();
    assert_eq!(verdict(&recording, &alone).err(), Some(Error::Denied));
}

#[test]
fn a06_nobody_is_never_accepted_whatever_the_shape() {
    let recording = without_mic();
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
