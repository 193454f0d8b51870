//! Values that do not fit their length fields are refused, never cut.

use gatepass_wire::{
    Authenticate, AvId, AvPair, AvPairs, Challenge, Message, Negotiate, NegotiateFlags as F, TooLong,
    WireStr, encode_av_pairs,
};

const LONG: &[u8] = &[b'A'; 70_000];
const FULL: &[u8] = &[b'A'; 65_535];
/// The most that UTF-16 text can have.
const TEXT: &[u8] = &[b'A'; 65_534];

fn negotiate() -> Negotiate<'static> {
    let flags = F::NEGOTIATE_OEM_DOMAIN_SUPPLIED | F::NEGOTIATE_OEM_WORKSTATION_SUPPLIED;
    Negotiate { flags, domain_name: FULL, workstation: FULL, version: None }
}

fn challenge() -> Challenge<'static> {
    Challenge {
        target_name: WireStr::Utf16(TEXT),
        flags: F::NEGOTIATE_UNICODE | F::NEGOTIATE_TARGET_INFO,
        server_challenge: [0; 8],
        reserved: Some([0; 8]),
        target_info: Some(AvPairs::new(FULL)),
        version: None,
    }
}

fn authenticate() -> Authenticate<'static> {
    Authenticate {
        lm_response: FULL,
        nt_response: FULL,
        domain_name: WireStr::Utf16(TEXT),
        user_name: WireStr::Utf16(TEXT),
        workstation: WireStr::Utf16(TEXT),
        encrypted_random_session_key: FULL,
        flags: Some(F::NEGOTIATE_UNICODE),
        version: None,
        mic: Some([0; 16]),
    }
}

#[test]
fn a58_the_longest_values_come_back_whole() {
    assert_eq!(Negotiate::decode(&negotiate().encode().unwrap()), Ok(negotiate()));
    assert_eq!(Challenge::decode(&challenge().encode().unwrap()), Ok(challenge()));
    assert_eq!(Authenticate::decode(&authenticate().encode().unwrap()), Ok(authenticate()));
}

#[test]
fn a58_a_longer_value_is_refused_by_name_and_length() {
    let text = WireStr::Utf16(LONG);
    let (n, c, a) = (negotiate(), challenge(), authenticate());
    for (what, result) in [
        ("DomainName", Negotiate { domain_name: LONG, ..n }.encode()),
        ("Workstation", Negotiate { workstation: LONG, ..n }.encode()),
        ("TargetName", Challenge { target_name: text, ..c }.encode()),
        ("TargetInfo", Challenge { target_info: Some(AvPairs::new(LONG)), ..c }.encode()),
        ("LmChallengeResponse", Authenticate { lm_response: LONG, ..a }.encode()),
        ("NtChallengeResponse", Authenticate { nt_response: LONG, ..a }.encode()),
        ("DomainName", Authenticate { domain_name: text, ..a }.encode()),
        ("UserName", Authenticate { user_name: text, ..a }.encode()),
        ("Workstation", Authenticate { workstation: text, ..a }.encode()),
        ("EncryptedRandomSessionKey", Authenticate { encrypted_random_session_key: LONG, ..a }.encode()),
        ("MsvAvTargetName", encode_av_pairs(&[AvPair { id: AvId::MSV_AV_TARGET_NAME, value: LONG }])),
    ] {
        let error = result.unwrap_err();
        assert_eq!((error.what(), error.length(), error.maximum()), (what, 70_000, 65_535));
    }
}

#[test]
fn a58_a_list_is_bounded_as_a_whole() {
    let half = AvPair { id: AvId(0x1234), value: &FULL[..32_760] };
    let list = encode_av_pairs(&[half, half]).unwrap();
    assert_eq!(list.len(), 65_532);
    let most = AvPair { id: AvId(0x1234), value: &FULL[..65_527] };
    assert_eq!(encode_av_pairs(&[most]).unwrap().len(), TooLong::MAXIMUM);
    let more = AvPair { id: AvId(0x1234), value: &FULL[..65_528] };
    assert_eq!(encode_av_pairs(&[more]).unwrap_err().length(), 65_536);
    let error = encode_av_pairs(&[half, half, half]).unwrap_err();
    assert_eq!((error.what(), error.length()), ("AvPairs", 98_296));
}
