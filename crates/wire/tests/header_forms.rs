//! The lengths that the three headers have in the wild, and each optional part left out.

use gatepass_wire::{
    Authenticate, AvPairs, Challenge, DecodeErrorKind, Message, MessageType, Negotiate, NegotiateFlags as F,
    NtResponse, SIGNATURE, Version, WireStr,
};

const VERSION: Version = Version::new(10, 0, 17763);
const CORP: WireStr<'static> = WireStr::Utf16(b"C\0O\0R\0P\0");
const INFO: &[u8] = &[2, 0, 2, 0, b'D', 0, 0, 0, 0, 0];

fn negotiate() -> Negotiate<'static> {
    let flags =
        F::NEGOTIATE_OEM_DOMAIN_SUPPLIED | F::NEGOTIATE_OEM_WORKSTATION_SUPPLIED | F::NEGOTIATE_VERSION;
    Negotiate { flags, domain_name: b"CORP", workstation: b"WS", version: Some(VERSION) }
}

fn challenge() -> Challenge<'static> {
    Challenge {
        target_name: CORP,
        flags: F::NEGOTIATE_UNICODE | F::NEGOTIATE_TARGET_INFO | F::NEGOTIATE_VERSION,
        server_challenge: *b"12345678",
        reserved: Some([0; 8]),
        target_info: Some(AvPairs::new(INFO)),
        version: Some(VERSION),
    }
}

fn authenticate() -> Authenticate<'static> {
    Authenticate {
        lm_response: &[1; 24],
        nt_response: &[2; 24],
        domain_name: CORP,
        user_name: WireStr::Utf16(b"u\0"),
        workstation: WireStr::Utf16(b"w\0"),
        encrypted_random_session_key: &[3; 16],
        flags: Some(F::NEGOTIATE_UNICODE | F::NEGOTIATE_VERSION | F::NEGOTIATE_KEY_EXCH),
        version: Some(VERSION),
        mic: Some([4; 16]),
    }
}

/// Encodes, expects the first payload right behind a header of `header` bytes, and decodes the same again.
fn comes_back<'a, M: Message<'a> + PartialEq + std::fmt::Debug>(
    message: &M,
    bytes: &'a mut Vec<u8>,
    (field, header): (usize, u32),
) {
    *bytes = message.encode().unwrap();
    let offset = u32::from_le_bytes(bytes[field + 4..field + 8].try_into().unwrap());
    assert_eq!(offset, header);
    assert_eq!(M::decode(bytes).as_ref(), Ok(message));
}

#[test]
fn each_type_is_the_number_behind_the_signature() {
    let [n, c, a] = [negotiate().encode(), challenge().encode(), authenticate().encode()].map(Result::unwrap);
    for (number, kind, bytes) in
        [(1, MessageType::Negotiate, n), (2, MessageType::Challenge, c), (3, MessageType::Authenticate, a)]
    {
        assert_eq!(bytes[..12], [SIGNATURE.as_slice(), &[number, 0, 0, 0]].concat());
        assert_eq!(MessageType::peek(&bytes), Ok(kind));
        assert_eq!((kind.number(), kind as u32), (number.into(), number.into()));
    }
}

#[test]
fn a_negotiate_has_40_bytes_with_a_version_and_32_without() {
    comes_back(&negotiate(), &mut Vec::new(), (16, 40));
    comes_back(&Negotiate { version: None, ..negotiate() }, &mut Vec::new(), (16, 32));
}

#[test]
fn a_negotiate_of_16_bytes_is_read() {
    let message = Negotiate::decode(b"NTLMSSP\0\x01\0\0\0\x02\x02\0\0").unwrap();
    let flags = F::NEGOTIATE_OEM | F::NEGOTIATE_NTLM;
    assert_eq!(message, Negotiate { flags, domain_name: b"", workstation: b"", version: None });
}

#[test]
fn a_challenge_has_56_48_or_32_bytes() {
    comes_back(&challenge(), &mut Vec::new(), (12, 56));
    comes_back(&Challenge { version: None, ..challenge() }, &mut Vec::new(), (12, 48));
    let old = Challenge {
        flags: F::NEGOTIATE_UNICODE,
        reserved: None,
        target_info: None,
        version: None,
        ..challenge()
    };
    comes_back(&old, &mut Vec::new(), (12, 32));
}

#[test]
fn a_challenge_with_target_info_or_version_has_its_reserved_bytes() {
    let old = Challenge { flags: F::EMPTY, reserved: None, target_info: None, version: None, ..challenge() };
    let old = Challenge { target_name: WireStr::Oem(b"CORP"), ..old };
    for (message, header) in [
        (Challenge { flags: F::NEGOTIATE_TARGET_INFO, target_info: Some(AvPairs::new(INFO)), ..old }, 48),
        (Challenge { flags: F::NEGOTIATE_VERSION, version: Some(VERSION), ..old }, 56),
        (Challenge { reserved: Some([0; 8]), ..old }, 48),
    ] {
        let whole = Challenge { reserved: Some([0; 8]), ..message };
        assert_eq!(message.encode(), whole.encode());
        comes_back(&whole, &mut Vec::new(), (12, header));
    }
}

#[test]
fn an_authenticate_has_88_72_64_or_52_bytes() {
    comes_back(&authenticate(), &mut Vec::new(), (12, 88));
    comes_back(&Authenticate { mic: None, ..authenticate() }, &mut Vec::new(), (12, 72));
    comes_back(&Authenticate { mic: None, version: None, ..authenticate() }, &mut Vec::new(), (12, 64));
    let old = Authenticate {
        domain_name: WireStr::Oem(b"CORP"),
        user_name: WireStr::Oem(b"u"),
        workstation: WireStr::Oem(b"w"),
        encrypted_random_session_key: &[],
        flags: None,
        version: None,
        mic: None,
        ..authenticate()
    };
    comes_back(&old, &mut Vec::new(), (12, 52));
    comes_back(&Authenticate { encrypted_random_session_key: &[3; 16], ..old }, &mut Vec::new(), (12, 60));
}

#[test]
fn a_mic_without_a_version_follows_eight_zeros() {
    let flags = Some(F::NEGOTIATE_UNICODE | F::NEGOTIATE_KEY_EXCH);
    let message = Authenticate { flags, version: None, ..authenticate() };
    let mut bytes = Vec::new();
    comes_back(&message, &mut bytes, (12, 88));
    assert_eq!(bytes[64..88], [[0; 8].as_slice(), &[4; 16]].concat());
}

#[test]
fn a_version_flag_without_room_for_a_version_is_no_error() {
    comes_back(&Negotiate { version: None, ..negotiate() }, &mut Vec::new(), (16, 32));
    let authenticate = Authenticate { version: None, mic: None, ..authenticate() };
    assert!(authenticate.flags.unwrap().contains(F::NEGOTIATE_VERSION));
    comes_back(&authenticate, &mut Vec::new(), (12, 64));
}

#[test]
fn the_mic_is_patched_in_place_and_everything_else_stays() {
    let mut bytes = authenticate().encode().unwrap();
    let before = bytes.clone();
    Authenticate::put_mic(&mut bytes, &[9; 16]).unwrap();
    assert_eq!(Authenticate::decode(&bytes).unwrap().mic, Some([9; 16]));
    assert_eq!(Authenticate::around_mic(&bytes), Authenticate::around_mic(&before));
    assert_eq!(Authenticate::around_mic(&bytes), Ok((&before[..72], &before[88..])));
    assert_eq!(bytes[Authenticate::MIC_RANGE], [9; 16]);
}

#[test]
fn a_message_that_ends_before_its_mic_cannot_be_patched() {
    let mut bytes = authenticate().encode().unwrap();
    bytes.truncate(87);
    let before = bytes.clone();
    let error = Authenticate::put_mic(&mut bytes, &[9; 16]).unwrap_err();
    assert_eq!((error.kind(), error.what(), error.at()), (DecodeErrorKind::Truncated, "MIC", 87));
    assert_eq!(Authenticate::around_mic(&bytes), Err(error));
    assert_eq!(bytes, before);
}

#[test]
fn a60_each_part_of_a_negotiate_can_be_missing() {
    let full = negotiate();
    for message in [
        Negotiate { domain_name: b"", ..full },
        Negotiate { workstation: b"", ..full },
        Negotiate { domain_name: b"", workstation: b"", ..full },
        Negotiate { version: None, ..full },
        Negotiate { flags: F::EMPTY, domain_name: b"", workstation: b"", version: None },
    ] {
        assert_eq!(Negotiate::decode(&message.encode().unwrap()), Ok(message));
    }
}

#[test]
fn a60_each_part_of_a_challenge_can_be_missing() {
    let full = challenge();
    let without = |flag| full.flags.without(flag);
    for message in [
        Challenge { target_name: WireStr::EMPTY, ..full },
        Challenge { target_info: None, flags: without(F::NEGOTIATE_TARGET_INFO), ..full },
        Challenge { target_info: Some(AvPairs::new(&[])), ..full },
        Challenge { version: None, flags: without(F::NEGOTIATE_VERSION), ..full },
        Challenge { version: None, ..full },
    ] {
        assert_eq!(Challenge::decode(&message.encode().unwrap()), Ok(message));
        assert_eq!(message.check(), Ok(()));
    }
}

#[test]
fn a60_each_part_of_an_authenticate_can_be_missing() {
    let full = authenticate();
    for message in [
        Authenticate { lm_response: b"", ..full },
        Authenticate { nt_response: b"", ..full },
        Authenticate { lm_response: b"", nt_response: b"", ..full },
        Authenticate { domain_name: WireStr::EMPTY, ..full },
        Authenticate { user_name: WireStr::EMPTY, ..full },
        Authenticate { workstation: WireStr::EMPTY, ..full },
        Authenticate { encrypted_random_session_key: b"", ..full },
        Authenticate { version: None, mic: None, ..full },
    ] {
        assert_eq!(Authenticate::decode(&message.encode().unwrap()), Ok(message));
    }
    let nobody = Authenticate {
        lm_response: b"",
        nt_response: b"",
        domain_name: WireStr::EMPTY,
        user_name: WireStr::EMPTY,
        workstation: WireStr::EMPTY,
        encrypted_random_session_key: b"",
        flags: Some(F::NEGOTIATE_UNICODE),
        version: None,
        mic: None,
    };
    assert_eq!(Authenticate::decode(&nobody.encode().unwrap()), Ok(nobody));
    assert_eq!(nobody.check(), Ok(NtResponse::Anonymous));
}

#[test]
fn debug_shows_neither_responses_nor_keys() {
    let message = authenticate();
    let text = format!("{message:?} {:?}", message.response());
    for secret in ["[1, 1", "[2, 2", "[3, 3", "[4, 4", "0101", "0202", "0303", "0404"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(text.contains("24 bytes") && text.contains("CORP"), "{text}");
}
