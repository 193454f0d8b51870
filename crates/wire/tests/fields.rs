//! The fields of a message as they are shown, good or bad.

use gatepass_wire::{
    Authenticate, AvPairs, Challenge, DecodeErrorKind, Field, Message, NegotiateFlags as F, Version, WireStr,
    fields,
};

fn challenge() -> Vec<u8> {
    let message = Challenge {
        target_name: WireStr::Utf16(b"C\0O\0"),
        flags: F::NEGOTIATE_UNICODE | F::NEGOTIATE_TARGET_INFO | F::NEGOTIATE_VERSION,
        server_challenge: *b"12345678",
        reserved: Some([0; 8]),
        target_info: Some(AvPairs::new(&[0; 4])),
        version: Some(Version::new(10, 0, 17763)),
    };
    message.encode().unwrap()
}

#[test]
fn fields_come_in_the_order_of_the_header_with_the_place_of_their_payload() {
    let bytes = challenge();
    let places: Vec<_> = fields(&bytes)
        .map(Result::unwrap)
        .map(|Field { name, header_at, at, bytes }| (name, header_at, at, bytes.len()))
        .collect();
    assert_eq!(
        places,
        [
            ("Signature", 0, 0, 8),
            ("MessageType", 8, 8, 4),
            ("TargetName", 12, 56, 4),
            ("NegotiateFlags", 20, 20, 4),
            ("ServerChallenge", 24, 24, 8),
            ("Reserved", 32, 32, 8),
            ("TargetInfo", 40, 60, 4),
            ("Version", 48, 48, 8),
        ]
    );
}

#[test]
fn an_empty_payload_is_placed_at_its_field() {
    let mut bytes = challenge();
    bytes[12..20].copy_from_slice(&[0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
    let name = fields(&bytes).map(Result::unwrap).find(|field| field.name == "TargetName");
    assert_eq!(name, Some(Field { name: "TargetName", header_at: 12, at: 12, bytes: &[] }));
}

#[test]
fn each_defect_stands_in_its_place_and_the_rest_is_shown() {
    let mut bytes = challenge();
    bytes[12] = 3;
    bytes[42..48].fill(0xFF);
    let shown: Vec<_> = fields(&bytes).collect();
    let defects: Vec<_> = shown
        .iter()
        .enumerate()
        .filter_map(|(n, field)| field.err().map(|error| (n, error.kind(), error.what(), error.at())))
        .collect();
    assert_eq!(
        defects,
        [
            (2, DecodeErrorKind::OddLength, "TargetName", 12),
            (6, DecodeErrorKind::OutOfBounds, "TargetInfo", 40),
        ]
    );
    assert_eq!(shown[4].unwrap().bytes, b"12345678");
    assert_eq!(shown.len(), 8);
}

#[test]
fn a_message_cut_in_its_header_is_shown_up_to_there() {
    let bytes = challenge();
    let shown: Vec<_> = fields(&bytes[..27]).collect();
    let names: Vec<_> = shown.iter().flatten().map(|field| field.name).collect();
    assert_eq!(names, ["Signature", "MessageType", "NegotiateFlags"]);
    let last = shown.last().unwrap().unwrap_err();
    assert_eq!((last.kind(), last.what(), last.at()), (DecodeErrorKind::Truncated, "ServerChallenge", 27));
}

#[test]
fn fields_that_only_some_headers_have_are_shown_where_they_are() {
    let names = |bytes: &[u8]| fields(bytes).flatten().map(|field| field.name).collect::<Vec<_>>();
    let short = Challenge {
        target_name: WireStr::Oem(b"CORP"),
        flags: F::EMPTY,
        server_challenge: [0; 8],
        reserved: None,
        target_info: None,
        version: None,
    };
    assert!(!names(&short.encode().unwrap()).contains(&"Reserved"));
    let long = Challenge { reserved: Some([0; 8]), ..short };
    assert!(names(&long.encode().unwrap()).contains(&"Reserved"));
    // The flags promise a target info, but the message ends right before its field.
    assert_eq!(names(&challenge()[..40]).last(), Some(&"Reserved"));
    assert!(!names(&challenge()[..39]).contains(&"Reserved"));

    let old = Authenticate {
        lm_response: &[1; 24],
        nt_response: &[2; 24],
        domain_name: WireStr::Oem(b"CORP"),
        user_name: WireStr::Oem(b"u"),
        workstation: WireStr::Oem(b"w"),
        encrypted_random_session_key: &[3; 16],
        flags: None,
        version: None,
        mic: None,
    };
    assert_eq!(names(&old.encode().unwrap()).last(), Some(&"EncryptedRandomSessionKey"));
    let older = Authenticate { encrypted_random_session_key: b"", ..old };
    assert_eq!(names(&older.encode().unwrap()).last(), Some(&"Workstation"));
}

#[test]
fn what_is_no_message_has_no_fields() {
    for bytes in [b"".as_slice(), b"NTLMSSP\0", b"NTLMSSP\0\x04\0\0\0", b"GET / HTTP/1.1"] {
        let shown: Vec<_> = fields(bytes).collect();
        assert!(matches!(shown[..], [Err(_)]), "{shown:?}");
    }
}
