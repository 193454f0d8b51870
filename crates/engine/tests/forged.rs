//! AUTHENTICATE as a client would send it that says other things than the recorded one, with a proof that fits: attacks on
//! what the response declares, each test named after its row.

mod recordings;

use gatepass_backend::{ChannelBindings, Request, SessionKey};
use gatepass_engine::{Accepted, AwaitingAuthenticate, Error, Policy, Server, TargetInfo, crypto};
use gatepass_wire::{Authenticate, AvId, AvPair, AvPairs, Challenge, Message, NtResponse, encode_av_pairs};
use recordings::Recording;

fn with_mic() -> Recording {
    recordings::named("pyspnego-proxy-get")
}

fn waiting(recording: &Recording) -> AwaitingAuthenticate {
    AwaitingAuthenticate::resume(&recording.negotiate, &recording.challenge).unwrap()
}

/// The verdict on `authenticate` in the place of the recorded one, with the right password.
fn verdict(recording: &Recording, authenticate: &[u8]) -> Result<Accepted, Error> {
    waiting(recording).authenticate(authenticate)?.verify(Some(&crypto::ntowf_v1(&recording.password)))
}

#[derive(Clone, Copy, PartialEq)]
enum Mic {
    Right,
    Wrong,
    Absent,
}

/// The recorded message with these MsvAvFlags in the place of its own.
fn forge(recording: &Recording, flags: &[&[u8]], mic: Mic) -> Vec<u8> {
    let pairs: Vec<_> = flags.iter().map(|value| AvPair { id: AvId::MSV_AV_FLAGS, value }).collect();
    forge_pairs(recording, &pairs, mic)
}

/// The recorded message with these pairs in the place of its own of the same ids, its proof made anew with the right
/// password: what a client that says so would send.
fn forge_pairs(recording: &Recording, said: &[AvPair<'_>], mic: Mic) -> Vec<u8> {
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    let challenge = Challenge::decode(&recording.challenge).unwrap();
    let NtResponse::V2 { blob, .. } = message.response().unwrap() else { panic!("{}", recording.name) };
    let mut pairs: Vec<_> = blob.av_pairs.iter().map(Result::unwrap).collect();
    pairs.retain(|pair| said.iter().all(|other| other.id != pair.id));
    pairs.extend(said);
    let pairs = encode_av_pairs(&pairs).unwrap();
    let (user, domain) = (message.user_name.to_text().unwrap(), message.domain_name.to_text().unwrap());
    let response = crypto::compute_response_v2(
        &crypto::ntowf_v2(&user, &domain, &crypto::ntowf_v1(&recording.password)),
        &challenge.server_challenge,
        &blob.client_challenge,
        blob.time,
        &pairs,
    );
    let exported = SessionKey::from_bytes(&[0x42; 16]);
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
fn a03_a_planted_binding_beside_the_client_s_own_is_no_binding() {
    let recording = recordings::named("gssntlmssp-pyspnego-cbt");
    let ours = ChannelBindings::raw(b"tls-server-end-point:of this server");
    let (planted, own) = (crypto::cbt_hash(&ours), [0x11; 16]);
    let verdict = |hashes: &[&[u8]]| {
        let id = AvId::MSV_AV_CHANNEL_BINDINGS;
        let pairs: Vec<_> = hashes.iter().map(|value| AvPair { id, value }).collect();
        let server =
            Server::new(TargetInfo::default()).with_request(Request::new().with_bindings(ours.clone()));
        let claim = waiting(&recording)
            .with_policy_of(server)
            .authenticate(&forge_pairs(&recording, &pairs, Mic::Right))
            .unwrap();
        claim.verify(Some(&crypto::ntowf_v1(&recording.password))).map(|accepted| accepted.bindings_proved())
    };
    assert_eq!(verdict(&[&planted]), Ok(true));
    assert_eq!(verdict(&[&planted, &[0; 16]]), Ok(true));
    for hashes in [[&planted[..], &own], [&own, &planted], [&own, &own]] {
        assert_eq!(verdict(&hashes), Err(Error::BadBindings));
    }
}

#[test]
fn a03_a_planted_target_name_is_not_reported_as_the_client_s() {
    let recording = with_mic();
    let target_name = |names: &[&[u8]]| {
        let pairs: Vec<_> =
            names.iter().map(|value| AvPair { id: AvId::MSV_AV_TARGET_NAME, value }).collect();
        let accepted = verdict(&recording, &forge_pairs(&recording, &pairs, Mic::Right)).unwrap();
        accepted.target_name().map(str::to_owned)
    };
    assert_eq!(target_name(&[b"a\0"]).as_deref(), Some("a"));
    assert_eq!(target_name(&[b"a\0", b"a\0"]).as_deref(), Some("a"));
    assert_eq!(target_name(&[b"a\0", b"b\0"]), None);
}

#[test]
fn a17_a_target_name_with_a_port_from_an_untrusted_source_or_said_twice_is_another() {
    let recording = recordings::named("pyspnego-proxy-get");
    let verdict = |names: &[&str], flags: u32| {
        let names: Vec<Vec<u8>> = names.iter().map(|name| gatepass_wire::utf16le(name)).collect();
        let mut said: Vec<_> =
            names.iter().map(|value| AvPair { id: AvId::MSV_AV_TARGET_NAME, value }).collect();
        let flags = flags.to_le_bytes();
        said.push(AvPair { id: AvId::MSV_AV_FLAGS, value: &flags });
        let message = forge_pairs(&recording, &said, Mic::Right);
        let policy = Policy::new().with_targets(["HTTP/a"]);
        let server = Server::new(TargetInfo::default()).with_policy(policy);
        let claim = waiting(&recording).with_policy_of(server).authenticate(&message).unwrap();
        claim.verify(Some(&crypto::ntowf_v1(&recording.password))).map(|accepted| accepted.target_proved())
    };
    assert_eq!(verdict(&["HTTP/a"], AvPairs::FLAG_MIC), Ok(true));
    assert_eq!(verdict(&["HTTP/a", "HTTP/a"], AvPairs::FLAG_MIC), Ok(true));
    assert_eq!(verdict(&["HTTP/a"], AvPairs::FLAG_MIC | 1), Ok(true));
    for (names, flags) in [
        (&["HTTP/a:8080"][..], AvPairs::FLAG_MIC),
        (&["HTTP/b"], AvPairs::FLAG_MIC),
        (&["HTTP/a", "HTTP/b"], AvPairs::FLAG_MIC),
        (&["HTTP/a"], AvPairs::FLAG_MIC | AvPairs::FLAG_UNTRUSTED_SPN),
        (&[], AvPairs::FLAG_MIC),
    ] {
        assert_eq!(verdict(names, flags), Err(Error::WrongTarget), "{names:?} {flags:#x}");
    }
}
