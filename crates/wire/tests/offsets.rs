//! A56: offset and length of every payload field, at every edge.

use gatepass_wire::{
    Authenticate, AvPairs, Challenge, DecodeError, DecodeErrorKind as Kind, Message, Negotiate,
    NegotiateFlags as F, WireStr,
};

/// A payload field: its name, its place, the bytes of the header that no payload may touch.
type Field = (&'static str, usize, usize);
type Decode = fn(&[u8]) -> Result<(), DecodeError>;

fn messages() -> [(Vec<u8>, Vec<Field>, Decode); 3] {
    let flags = F::NEGOTIATE_OEM_DOMAIN_SUPPLIED | F::NEGOTIATE_OEM_WORKSTATION_SUPPLIED;
    let negotiate = Negotiate { flags, domain_name: b"CORP", workstation: b"WS", version: None };
    let challenge = Challenge {
        target_name: WireStr::Utf16(b"C\0O\0"),
        flags: F::NEGOTIATE_UNICODE | F::NEGOTIATE_TARGET_INFO,
        server_challenge: [0; 8],
        reserved: Some([0; 8]),
        target_info: Some(AvPairs::new(&[0; 4])),
        version: None,
    };
    let authenticate = Authenticate {
        lm_response: &[0; 24],
        nt_response: &[0; 24],
        domain_name: WireStr::Utf16(b"C\0"),
        user_name: WireStr::Utf16(b"u\0"),
        workstation: WireStr::Utf16(b"w\0"),
        encrypted_random_session_key: &[0; 16],
        flags: Some(F::NEGOTIATE_UNICODE),
        version: None,
        mic: None,
    };
    [
        (negotiate.encode().unwrap(), vec![("DomainName", 16, 32), ("Workstation", 24, 32)], |bytes| {
            Negotiate::decode(bytes).map(drop)
        }),
        (challenge.encode().unwrap(), vec![("TargetName", 12, 32), ("TargetInfo", 40, 48)], |bytes| {
            Challenge::decode(bytes).map(drop)
        }),
        (
            authenticate.encode().unwrap(),
            vec![
                ("LmChallengeResponse", 12, 52),
                ("NtChallengeResponse", 20, 52),
                ("DomainName", 28, 52),
                ("UserName", 36, 52),
                ("Workstation", 44, 52),
                ("EncryptedRandomSessionKey", 52, 60),
            ],
            |bytes| Authenticate::decode(bytes).map(drop),
        ),
    ]
}

fn with(message: &[u8], at: usize, length: u16, offset: u32) -> Vec<u8> {
    let mut bytes = message.to_vec();
    bytes[at..at + 2].copy_from_slice(&length.to_le_bytes());
    bytes[at + 4..at + 8].copy_from_slice(&offset.to_le_bytes());
    bytes
}

#[test]
fn a56_every_edge_of_offset_and_length_is_read_or_named() {
    for (message, fields, decode) in messages() {
        decode(&message).unwrap();
        let size = u32::try_from(message.len()).unwrap();
        for (what, at, header) in fields {
            let header = u32::try_from(header).unwrap();
            for offset in [0, 12, header - 1, size - 1, size, size + 1, 1 << 31, u32::MAX - 1, u32::MAX] {
                decode(&with(&message, at, 0, offset)).unwrap_or_else(|error| panic!("{what}: {error}"));
                for length in [1, 2, 65_534, 65_535] {
                    // The last byte of the message is inside: the next test has it.
                    if (length, offset) == (1, size - 1) {
                        continue;
                    }
                    let error = decode(&with(&message, at, length, offset)).unwrap_err();
                    let expected = match offset < header {
                        true => (Kind::InsideHeader, what, at + 4),
                        false => (Kind::OutOfBounds, what, at),
                    };
                    assert_eq!((error.kind(), error.what(), error.at()), expected, "{length} at {offset}");
                }
            }
        }
    }
}

#[test]
fn a56_a_payload_of_the_last_byte_is_read_unless_it_is_utf_16_text() {
    for (message, fields, decode) in messages() {
        let last = u32::try_from(message.len()).unwrap() - 1;
        for (what, at, _) in fields {
            let result = decode(&with(&message, at, 1, last));
            let oem = message.starts_with(b"NTLMSSP\0\x01");
            let text = !oem && ["TargetName", "DomainName", "UserName", "Workstation"].contains(&what);
            match result {
                Err(error) => {
                    assert!(text, "{error}");
                    assert_eq!((error.kind(), error.what(), error.at()), (Kind::OddLength, what, at));
                }
                Ok(()) => assert!(!text, "{what}"),
            }
        }
    }
}

#[test]
fn a56_payloads_may_share_every_byte() {
    for (message, fields, decode) in messages() {
        let shared = u32::try_from(message.len() - 2).unwrap();
        let bytes = fields.iter().fold(message, |bytes, (_, at, _)| with(&bytes, *at, 2, shared));
        assert_eq!(decode(&bytes), Ok(()));
    }
}
