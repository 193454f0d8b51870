//! What is written is read again; what is read and written is read as the same; nothing panics.

mod vectors;

use gatepass_wire::{
    Authenticate, AvId, AvPair, AvPairs, Challenge, FileTime, Message, MessageSignature, MessageType,
    Negotiate, NegotiateFlags as F, NtlmV2ClientChallenge, Version, WireStr, encode_av_pairs, fields,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Decodes as everything, asks everything; what decodes must come back the same from its own encoding.
fn survives(bytes: &[u8]) {
    let decoded = [
        Negotiate::decode(bytes).is_ok(),
        Challenge::decode(bytes).is_ok(),
        Authenticate::decode(bytes).is_ok(),
    ];
    shows_the_same(bytes);
    if decoded != [false; 3] {
        let number = MessageType::peek(bytes).unwrap().number();
        assert_eq!(decoded, [number == 1, number == 2, number == 3]);
    }
    if let Ok(message) = Negotiate::decode(bytes) {
        let _ = (message.charset(), format!("{message:?}"));
        let again = message.encode().unwrap();
        assert_eq!(Negotiate::decode(&again), Ok(message));
    }
    if let Ok(message) = Challenge::decode(bytes) {
        let _ = (message.check(), format!("{message:?} {}", message.target_name));
        let again = message.encode().unwrap();
        assert_eq!(Challenge::decode(&again), Ok(message));
    }
    if let Ok(message) = Authenticate::decode(bytes) {
        let _ = (message.check(), message.declared_mic(), format!("{message:?} {:?}", message.response()));
        let again = message.encode().unwrap();
        assert_eq!(Authenticate::decode(&again), Ok(message));
    }
    if let Ok(blob) = NtlmV2ClientChallenge::decode(bytes) {
        assert_eq!(blob.encode(), bytes);
    }
    for extended in [true, false] {
        if let Ok(signature) = MessageSignature::decode(bytes, extended) {
            assert_eq!(signature.encode(), bytes);
        }
    }
    let pairs = AvPairs::new(bytes);
    let _ = (pairs.flags(), pairs.timestamp(), pairs.channel_bindings(), pairs.target_name());
    if let Ok(list) = pairs.iter().collect::<Result<Vec<AvPair<'_>>, _>>() {
        let again = encode_av_pairs(&list).unwrap();
        let read = AvPairs::new(&again).iter().collect::<Result<Vec<_>, _>>();
        assert_eq!(read, Ok(list));
        assert!(bytes.is_empty() || bytes.starts_with(&again));
    }
}

/// What is shown of a message's fields is what decoding takes them for; what makes decoding fail is shown.
fn shows_the_same(bytes: &[u8]) {
    let shown: Vec<_> = fields(bytes).collect();
    let value = |name: &str| shown.iter().flatten().find(|field| field.name == name).map(|field| field.bytes);
    let text = |name| value(name).unwrap_or_default();
    for field in shown.iter().flatten().filter(|field| !field.bytes.is_empty()) {
        assert_eq!(bytes[field.at..][..field.bytes.len()], *field.bytes);
    }
    let error = match MessageType::peek(bytes) {
        Ok(MessageType::Negotiate) => Negotiate::decode(bytes).map(|message| {
            assert_eq!(message.domain_name, text("DomainName"));
            assert_eq!(message.workstation, text("Workstation"));
            assert_eq!(message.version.map(Version::to_bytes).as_ref().map(|v| &v[..]), value("Version"));
        }),
        Ok(MessageType::Challenge) => Challenge::decode(bytes).map(|message| {
            assert_eq!(message.target_name.as_bytes(), text("TargetName"));
            assert_eq!(message.server_challenge, text("ServerChallenge"));
            assert_eq!(message.reserved.as_ref().map(|reserved| &reserved[..]), value("Reserved"));
            assert_eq!(message.target_info.map(|pairs| pairs.as_bytes()), value("TargetInfo"));
            assert_eq!(message.version.map(Version::to_bytes).as_ref().map(|v| &v[..]), value("Version"));
        }),
        Ok(MessageType::Authenticate) => Authenticate::decode(bytes).map(|message| {
            assert_eq!(message.lm_response, text("LmChallengeResponse"));
            assert_eq!(message.nt_response, text("NtChallengeResponse"));
            assert_eq!(message.domain_name.as_bytes(), text("DomainName"));
            assert_eq!(message.user_name.as_bytes(), text("UserName"));
            assert_eq!(message.workstation.as_bytes(), text("Workstation"));
            assert_eq!(message.encrypted_random_session_key, text("EncryptedRandomSessionKey"));
            let flags = message.flags.map(|flags| flags.bits().to_le_bytes());
            assert_eq!(flags.as_ref().map(|flags| &flags[..]), value("NegotiateFlags"));
            assert_eq!(message.version.map(Version::to_bytes).as_ref().map(|v| &v[..]), value("Version"));
            assert_eq!(message.mic.as_ref().map(|mic| &mic[..]), value("MIC"));
        }),
        Err(error) => Err(error),
    };
    match error {
        Ok(()) => assert!(shown.iter().all(Result::is_ok), "{shown:?}"),
        Err(error) => assert!(shown.contains(&Err(error)), "{error} in {shown:?}"),
    }
}

/// The messages of every fixture, but for the few of many kilobytes.
fn fixtures() -> Vec<Vec<u8>> {
    let kinds = ["negotiate", "challenge", "authenticate"];
    let malformed = vectors::load("malformed.json")
        .into_iter()
        .filter(|entry| kinds.iter().any(|kind| entry["kind"] == *kind) && entry["message_hex"].is_string());
    let published = vectors::load("public.json")
        .into_iter()
        .filter(|entry| entry["fn"].as_str().is_some_and(|name| name.starts_with("decode_")))
        .filter(|entry| entry["fn"] != "decode_negtoken")
        .map(|entry| entry["in"].clone());
    let messages: Vec<_> = malformed.chain(published).map(|entry| vectors::message(&entry)).collect();
    assert!(messages.len() > 200);
    messages
}

#[test]
fn every_prefix_of_every_fixture_is_read_or_refused() {
    for message in fixtures() {
        for length in 0..=message.len() {
            survives(&message[..length]);
        }
    }
}

#[test]
fn a_change_of_any_byte_of_every_fixture_is_read_or_refused() {
    for mut message in fixtures() {
        for at in 0..message.len() {
            let before = message[at];
            for byte in
                [0, 1, 0x7F, 0x80, 0xFF, before.wrapping_add(1), before.wrapping_sub(1), before ^ 0x20]
            {
                message[at] = byte;
                survives(&message);
            }
            message[at] = before;
        }
    }
}

#[test]
fn every_change_of_one_byte_of_a_complete_message_is_read_or_refused() {
    let entries = vectors::load("malformed.json");
    for id in ["t1-ok-both", "t2-56", "t3-88"] {
        let mut message = vectors::message(entries.iter().find(|entry| entry["id"] == id).unwrap());
        for at in 0..message.len() {
            let before = message[at];
            for byte in 0..=u8::MAX {
                message[at] = byte;
                survives(&message);
            }
            message[at] = before;
        }
    }
}

fn version() -> impl Strategy<Value = Version> {
    any::<[u8; 8]>().prop_map(Version::from_bytes)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

/// Flags that say what the message has: `set` of them on, `clear` of them off, the others as they come.
fn flags(bits: u32, named: &[(F, bool)]) -> F {
    named.iter().fold(F::from_bits(bits), |flags, (flag, on)| match on {
        true => flags.with(*flag),
        false => flags.without(*flag),
    })
}

/// Text in the encoding of the flags; UTF-16 has pairs of bytes.
fn text(bytes: &[u8], unicode: bool) -> WireStr<'_> {
    match unicode {
        true => WireStr::Utf16(&bytes[..bytes.len() / 2 * 2]),
        false => WireStr::Oem(bytes),
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        survives(&bytes);
    }

    #[test]
    fn arbitrary_bytes_behind_a_good_beginning_are_read_or_refused(
        kind in 1..=3_u8, bytes in vec(prop_oneof![Just(0), 0..96_u8, any::<u8>()], 0..300)
    ) {
        survives(&[b"NTLMSSP\0".as_slice(), &[kind, 0, 0, 0], &bytes].concat());
    }

    #[test]
    fn a_negotiate_comes_back(
        bits: u32, domain_name in bytes(), workstation in bytes(), version in option::of(version())
    ) {
        let flags = flags(bits, &[
            (F::NEGOTIATE_OEM_DOMAIN_SUPPLIED, !domain_name.is_empty()),
            (F::NEGOTIATE_OEM_WORKSTATION_SUPPLIED, !workstation.is_empty()),
            (F::NEGOTIATE_VERSION, version.is_some()),
        ]);
        let message = Negotiate { flags, domain_name: &domain_name, workstation: &workstation, version };
        let encoded = message.encode().unwrap();
        prop_assert_eq!(Negotiate::decode(&encoded), Ok(message));
    }

    #[test]
    fn a_challenge_comes_back(
        bits: u32, unicode: bool, name in bytes(), server_challenge: [u8; 8], reserved: [u8; 8],
        info in option::of(bytes()), version in option::of(version())
    ) {
        let flags = flags(bits, &[
            (F::NEGOTIATE_UNICODE, unicode),
            (F::NEGOTIATE_TARGET_INFO, info.is_some()),
            (F::NEGOTIATE_VERSION, version.is_some()),
        ]);
        let target_info = info.as_deref().map(AvPairs::new);
        let target_name = text(&name, unicode);
        let reserved = Some(reserved);
        let message = Challenge { target_name, flags, server_challenge, reserved, target_info, version };
        let encoded = message.encode().unwrap();
        prop_assert_eq!(Challenge::decode(&encoded), Ok(message));
    }

    #[test]
    fn an_authenticate_comes_back(
        bits: u32, unicode: bool, (lm, nt, key) in (bytes(), bytes(), bytes()),
        (domain, user, station) in (bytes(), bytes(), bytes()),
        version in option::of(version()), mic in option::of(any::<[u8; 16]>())
    ) {
        let flags = flags(bits, &[
            (F::NEGOTIATE_UNICODE, unicode),
            (F::NEGOTIATE_VERSION, version.is_some()),
        ]);
        let message = Authenticate {
            lm_response: &lm,
            nt_response: &nt,
            domain_name: text(&domain, unicode),
            user_name: text(&user, unicode),
            workstation: text(&station, unicode),
            encrypted_random_session_key: &key,
            flags: Some(flags),
            version,
            mic,
        };
        let encoded = message.encode().unwrap();
        prop_assert_eq!(Authenticate::decode(&encoded), Ok(message));
    }

    #[test]
    fn a_client_challenge_comes_back(
        reserved: [u8; 6], ticks: u64, client_challenge: [u8; 8], reserved3: [u8; 4], pairs in bytes()
    ) {
        let av_pairs = AvPairs::new(&pairs);
        let time = FileTime::from_ticks(ticks);
        let blob = NtlmV2ClientChallenge { reserved, time, client_challenge, reserved3, av_pairs };
        let encoded = blob.encode();
        prop_assert_eq!(NtlmV2ClientChallenge::decode(&encoded), Ok(blob));
    }

    #[test]
    fn av_pairs_come_back(values in vec((11..=u16::MAX, bytes()), 0..8)) {
        let pairs: Vec<_> = values.iter().map(|(id, value)| AvPair { id: AvId(*id), value }).collect();
        let list = encode_av_pairs(&pairs).unwrap();
        prop_assert_eq!(AvPairs::new(&list).iter().collect::<Result<Vec<_>, _>>(), Ok(pairs));
    }
}
