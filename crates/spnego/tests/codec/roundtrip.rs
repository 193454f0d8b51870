//! What is written is read again; nothing that is read panics.

use crate::vectors;
use gatepass_spnego::{MechTypes, NegState, NegTokenInit, NegTokenResp, Oid, Token, encode_mech_types};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Decodes; what decodes must come back the same from its own encoding.
fn survives(bytes: &[u8]) {
    match Token::decode(bytes) {
        Ok(token @ Token::Init(init)) => {
            assert_eq!(Token::decode(&init.encode()), Ok(token));
        }
        Ok(token @ Token::Resp(resp)) => {
            assert_eq!(Token::decode(&resp.encode()), Ok(token));
        }
        Ok(Token::Raw(message)) => assert_eq!(message, bytes),
        Err(error) => assert!(error.offset() <= bytes.len(), "{error}"),
    }
}

#[test]
fn every_prefix_and_every_change_of_one_byte_of_every_fixture_is_read_or_refused() {
    let tokens = vectors::all();
    assert!(tokens.len() > 60, "{}", tokens.len());
    for token in tokens.into_iter().filter(|token| token.len() < 700) {
        let _ = format!("{:?}", Token::decode(&token));
        for end in 0..=token.len() {
            survives(&token[..end]);
        }
        for at in 0..token.len() {
            let mut changed = token.clone();
            for value in 0..=u8::MAX {
                changed[at] = value;
                survives(&changed);
            }
        }
    }
}

#[test]
fn no_prefix_of_a_token_is_a_token() {
    for token in vectors::recorded().1 {
        assert!(Token::decode(&token).is_ok());
        for end in 0..token.len() {
            assert!(Token::decode(&token[..end]).is_err(), "{end} bytes");
        }
    }
}

fn bytes() -> impl Strategy<Value = Option<Vec<u8>>> {
    option::of(vec(any::<u8>(), 0..300))
}

fn oid() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 1..20).prop_filter("an OID", |contents| Oid::from_contents(contents).is_ok())
}

fn state() -> impl Strategy<Value = Option<NegState>> {
    let states =
        [NegState::AcceptCompleted, NegState::AcceptIncomplete, NegState::Reject, NegState::RequestMic];
    option::of(prop::sample::select(states.to_vec()))
}

proptest! {
    #[test]
    fn an_init_is_read_as_it_was_written(
        oids in vec(oid(), 1..5),
        (flags, token, hints, mic) in (bytes(), bytes(), bytes(), bytes()),
    ) {
        let oids: Vec<Oid<'_>> = oids.iter().map(|oid| Oid::from_contents(oid).unwrap()).collect();
        let list = encode_mech_types(&oids);
        let mech_types = MechTypes::decode(&list).unwrap();
        prop_assert_eq!(mech_types.iter().collect::<Vec<_>>(), oids);
        let init = NegTokenInit {
            mech_types,
            req_flags: flags.as_deref(),
            mech_token: token.as_deref(),
            neg_hints: hints.as_deref(),
            mech_list_mic: mic.as_deref(),
        };
        let bytes = init.encode();
        prop_assert_eq!(Token::decode(&bytes), Ok(Token::Init(init)));
    }

    #[test]
    fn a_resp_is_read_as_it_was_written(
        neg_state in state(), mech in option::of(oid()), token in bytes(), mic in bytes(),
    ) {
        let resp = NegTokenResp {
            neg_state,
            supported_mech: mech.as_ref().map(|oid| Oid::from_contents(oid).unwrap()),
            response_token: token.as_deref(),
            mech_list_mic: mic.as_deref(),
        };
        let bytes = resp.encode();
        prop_assert_eq!(Token::decode(&bytes), Ok(Token::Resp(resp)));
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        start in prop::sample::select(vec![&b""[..], b"\x60", b"\xa1", b"NTLMSSP\0"]),
        rest in vec(any::<u8>(), 0..100),
    ) {
        survives(&[start, &rest].concat());
    }
}
