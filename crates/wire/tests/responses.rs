//! What an AUTHENTICATE proves, by the shape of its responses, and the key that it brings.

use gatepass_wire::{
    Authenticate, DecodeErrorKind as Kind, Message, NegotiateFlags as F, NtResponse, WireStr,
};

const ALICE: WireStr<'static> = WireStr::Utf16(b"a\0");
const NOBODY: WireStr<'static> = WireStr::EMPTY;
const SESSION_RESPONSE: &[u8; 24] = b"\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

fn message<'a>(
    user_name: WireStr<'a>,
    lm_response: &'a [u8],
    nt_response: &'a [u8],
    flags: F,
) -> Authenticate<'a> {
    Authenticate {
        lm_response,
        nt_response,
        domain_name: WireStr::EMPTY,
        user_name,
        workstation: WireStr::EMPTY,
        encrypted_random_session_key: b"",
        flags: Some(flags | F::NEGOTIATE_UNICODE),
        version: None,
        mic: None,
    }
}

fn dialect(user: WireStr<'_>, lm: &[u8], nt: &[u8], flags: F) -> Result<&'static str, (Kind, usize)> {
    let response = message(user, lm, nt, flags).response();
    response.map(|response| response.dialect()).map_err(|error| (error.kind(), error.at()))
}

#[test]
fn nobody_is_anonymous_only_without_any_response() {
    for flags in [F::EMPTY, F::NEGOTIATE_ANONYMOUS] {
        assert_eq!(dialect(NOBODY, b"", b"", flags), Ok("anonymous"));
        assert_eq!(dialect(NOBODY, b"\0", b"", flags), Ok("anonymous"));
        assert_eq!(dialect(NOBODY, b"\x01", b"", flags), Err((Kind::Size, 12)));
        assert_eq!(dialect(NOBODY, b"\0\0", b"", flags), Err((Kind::Size, 12)));
        assert_eq!(dialect(NOBODY, b"", &[1; 24], flags), Ok("NTLMv1"));
    }
}

#[test]
fn a_user_is_never_anonymous() {
    for flags in [F::EMPTY, F::NEGOTIATE_ANONYMOUS] {
        assert_eq!(dialect(ALICE, b"", b"", flags), Err((Kind::Missing, 20)));
        assert_eq!(dialect(ALICE, b"\0", b"", flags), Err((Kind::Size, 12)));
        assert_eq!(dialect(ALICE, &[1; 24], b"", flags), Ok("LM"));
    }
}

#[test]
fn twenty_four_bytes_are_ntlmv1_and_with_a_padded_nonce_its_extended_form() {
    let extended = F::NEGOTIATE_EXTENDED_SESSIONSECURITY;
    assert_eq!(dialect(ALICE, b"", &[1; 24], extended), Ok("NTLMv1"));
    assert_eq!(dialect(ALICE, &[1; 24], &[1; 24], extended), Ok("NTLMv1"));
    assert_eq!(dialect(ALICE, SESSION_RESPONSE, &[1; 24], F::EMPTY), Ok("NTLMv1"));
    let message = message(ALICE, SESSION_RESPONSE, &[1; 24], extended);
    let expected = NtResponse::V1Extended { response: &[1; 24], client_challenge: &[0xAA; 8] };
    assert_eq!(message.response(), Ok(expected));
}

#[test]
fn other_lengths_are_errors_at_their_field() {
    for length in [1, 8, 16, 23, 25, 48] {
        assert_eq!(dialect(ALICE, &[0; 48][..length], &[1; 24], F::EMPTY), Err((Kind::Size, 12)));
    }
    for length in [1, 16, 23, 25, 43] {
        assert_eq!(dialect(ALICE, b"", &[1; 48][..length], F::EMPTY), Err((Kind::Size, 20)));
    }
}

#[test]
fn the_shortest_ntlmv2_response_has_no_pairs_at_all() {
    let response = [[0; 16].as_slice(), &[1, 1], &[0; 26]].concat();
    assert_eq!(dialect(ALICE, b"", &response, F::EMPTY), Ok("NTLMv2"));
    assert_eq!(message(ALICE, b"", &response, F::EMPTY).declared_mic(), Ok(None));
}

#[test]
fn an_ntlmv2_response_of_another_type_is_refused() {
    for (at, what) in [(16, "RespType"), (17, "HiRespType")] {
        let mut response = [[0; 16].as_slice(), &[1, 1], &[0; 30]].concat();
        response[at] = 2;
        let error = message(ALICE, b"", &response, F::EMPTY).response().unwrap_err();
        assert_eq!((error.kind(), error.what(), error.at() + 16), (Kind::Value, what, at));
        let expected =
            format!("{what} at byte {} of the NTLMv2 client challenge: value not allowed", at - 16);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_session_key_counts_with_key_exchange_and_must_come_where_it_protects() {
    let exchange = F::NEGOTIATE_KEY_EXCH;
    for (flags, key, expected) in [
        (F::EMPTY, b"".as_slice(), Ok(None)),
        (F::NEGOTIATE_SIGN, b"ignored", Ok(None)),
        (exchange, b"", Ok(None)),
        (exchange, &[7; 16], Ok(Some(&[7; 16]))),
        (exchange | F::NEGOTIATE_SIGN, &[7; 16], Ok(Some(&[7; 16]))),
        // pyspnego 0.12 has one byte there, and means none.
        (exchange, b"\0", Ok(None)),
        (exchange, &[7; 15], Ok(None)),
        (exchange | F::NEGOTIATE_SIGN, &[7; 15], Err((Kind::Size, 52))),
        (exchange | F::NEGOTIATE_SIGN, b"", Err((Kind::Size, 52))),
        (exchange | F::NEGOTIATE_SEAL, b"", Err((Kind::Size, 52))),
        (exchange | F::NEGOTIATE_SEAL, &[7; 17], Err((Kind::Size, 52))),
    ] {
        let encrypted_random_session_key = key;
        let message = Authenticate { encrypted_random_session_key, ..message(ALICE, b"", &[1; 24], flags) };
        let error = |error: gatepass_wire::DecodeError| (error.kind(), error.at());
        assert_eq!(message.exchanged_key().map_err(error), expected, "{flags}, {} bytes", key.len());
        assert_eq!(message.check().map_err(error).err(), expected.err());
    }
}

#[test]
fn a_message_without_flags_exchanges_no_key() {
    let message = Authenticate {
        flags: None,
        user_name: WireStr::Oem(b"a"),
        encrypted_random_session_key: &[7; 16],
        ..message(ALICE, b"", &[1; 24], F::EMPTY)
    };
    let bytes = message.encode().unwrap();
    let decoded = Authenticate::decode(&bytes).unwrap();
    assert_eq!(decoded.encrypted_random_session_key, [7; 16]);
    assert_eq!(decoded.exchanged_key(), Ok(None));
}

#[test]
fn a_declared_mic_is_declared_whatever_else_is_wrong() {
    let flags = [6, 0, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0];
    let response = [[0; 16].as_slice(), &[1, 1], &[0; 26], &flags].concat();
    let message = Authenticate { mic: Some([9; 16]), ..message(ALICE, &[0; 23], &response, F::EMPTY) };
    assert!(message.response().is_err());
    assert_eq!(message.declared_mic(), Ok(Some([9; 16])));
}
