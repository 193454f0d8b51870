//! Malformed and unusual tokens: refused at the byte that is wrong, or read for what they say.

use crate::vectors;
use gatepass_spnego::{DecodeErrorKind as Kind, MAX_TOKEN, NegTokenInit, NegTokenResp, Oid, Token};
use serde_json::Value;

#[test]
fn each_malformed_token_of_the_fixtures_fails_at_its_byte_and_each_odd_one_is_read() {
    let failures: Vec<String> = vectors::malformed()
        .iter()
        .flat_map(|entry| failure(entry).map(|why| format!("{}: {why}", entry["id"])))
        .collect();
    assert_eq!(failures, Vec::<String>::new());
}

fn failure(entry: &Value) -> Option<String> {
    assert_eq!(entry["check"], "decode");
    let bytes = vectors::message(entry);
    match (entry["level"].as_str(), entry["expect"].as_str(), Token::decode(&bytes)) {
        (Some("may"), Some("error" | "ok"), _) => None,
        (Some("must" | "should"), Some("error"), Err(error)) => match entry["at"].as_u64() {
            Some(at) if usize::try_from(at) != Ok(error.at()) => Some(format!("{error}, instead of {at}")),
            _ => None,
        },
        (Some("must" | "should"), Some("ok"), Ok(token)) => {
            let differences = vectors::differences(entry["out"].as_object()?, &token);
            (!differences.is_empty()).then(|| differences.join(", "))
        }
        (level, expect, result) => Some(format!("{level:?} be {expect:?}, is {result:?}")),
    }
}

/// Tags and lengths around contents, from the inside out.
fn under(tags: &[u8], contents: &[u8]) -> Vec<u8> {
    tags.iter().rev().fold(contents.to_vec(), |inner, tag| {
        let length = u32::try_from(inner.len()).unwrap().to_be_bytes();
        // The longest form there is: it is read like the shortest.
        [&[*tag, 0x84], &length[..], &inner].concat()
    })
}

fn init(fields: &[u8]) -> Vec<u8> {
    let framed = [under(&[6], Oid::SPNEGO.contents()), under(&[0xa0, 0x30], fields)].concat();
    under(&[0x60], &framed)
}

fn mech_types() -> Vec<u8> {
    under(&[0xa0, 0x30, 6], Oid::NTLMSSP.contents())
}

#[test]
fn a61_each_defect_of_der_has_its_verdict() {
    let with = |field: &[u8]| init(&[&mech_types(), field].concat());
    for (name, token, kind) in [
        ("the rest of the table is read", with(&[]), None),
        ("mechListMIC of NegTokenInit2", with(&under(&[0xa4, 4], b"mic")), None),
        (
            "mechListMIC twice",
            with(&[under(&[0xa3, 4], b"one"), under(&[0xa4, 4], b"two")].concat()),
            Some(Kind::Order),
        ),
        ("a sixth field", with(&under(&[0xa5, 4], b"?")), Some(Kind::Order)),
        ("a field with a primitive tag", with(&under(&[0x82, 4], b"?")), Some(Kind::Order)),
        (
            "tags in the wrong order",
            init(&[under(&[0xa2, 4], b"token"), mech_types()].concat()),
            Some(Kind::Order),
        ),
        ("no mechTypes", init(&under(&[0xa2, 4], b"token")), Some(Kind::Missing)),
        ("empty mechTypes", init(&under(&[0xa0, 0x30], b"")), Some(Kind::Missing)),
        ("an indefinite length", with(&[0xa2, 0x80, 4, 0, 0, 0]), Some(Kind::Indefinite)),
        ("a length of five bytes", with(&[0xa2, 0x85, 0, 0, 0, 0, 2, 4, 0]), Some(Kind::OutOfBounds)),
        ("a length past the end", with(&[0xa2, 3, 4, 0]), Some(Kind::OutOfBounds)),
        (
            "a length past the end of the enclosing field",
            with(&[0xa2, 2, 4, 1, 0xa3, 2, 4, 0]),
            Some(Kind::OutOfBounds),
        ),
        ("a length of four gigabytes", with(&[0xa2, 0x84, 0xff, 0xff, 0xff, 0xff]), Some(Kind::OutOfBounds)),
        ("a tag of two bytes", with(&[0xbf, 0x22, 0]), Some(Kind::Tag)),
        ("a constructed OCTET STRING", with(&under(&[0xa2, 0x24, 4], b"part")), Some(Kind::Tag)),
        ("a huge OID", init(&under(&[0xa0, 0x30, 6], &[0x81; 60_000])), Some(Kind::TooLong)),
        ("an OID with a leading zero", init(&under(&[0xa0, 0x30, 6], &[0x2b, 0x80, 1])), Some(Kind::Value)),
        ("an OID cut short", init(&under(&[0xa0, 0x30, 6], &[0x2b, 0x86])), Some(Kind::Value)),
        ("bytes after the token", [with(&[]), vec![0]].concat(), Some(Kind::Trailing)),
        (
            "another mechanism's framing",
            under(&[0x60], &under(&[6], Oid::KERBEROS.contents())),
            Some(Kind::Value),
        ),
        ("a state of four", under(&[0xa1, 0x30, 0xa0, 10], &[4]), Some(Kind::Value)),
        ("a supportedMech of nothing", under(&[0xa1, 0x30, 0xa1, 6], &[]), Some(Kind::Value)),
    ] {
        let kind_of = |token: &[u8]| Token::decode(token).err().map(|error| error.kind());
        assert_eq!(kind_of(&token), kind, "{name}");
    }
}

#[test]
fn a61_depth_is_refused_without_recursion_wherever_it_stands() {
    // What may nest as deep as it likes in the grammar is nothing; what is opaque is not looked into.
    for depth in [9, 4_000] {
        let mut deep = Vec::new();
        for _ in 0..depth {
            let length = u16::try_from(deep.len()).unwrap().to_be_bytes();
            deep = [&[0x30, 0x82], &length[..], &deep].concat();
        }
        for (field, kind) in [(0xa0, Kind::Tag), (0xa1, Kind::Tag), (0xa2, Kind::Tag)] {
            let fields = if field == 0xa0 {
                under(&[field], &deep)
            } else {
                [mech_types(), under(&[field], &deep)].concat()
            };
            assert_eq!(Token::decode(&init(&fields)).unwrap_err().kind(), kind, "{depth} {field:02x}");
        }
        assert_eq!(Token::decode(&deep).unwrap_err().kind(), Kind::Tag);
        let hints = init(&[mech_types(), under(&[0xa3], &deep)].concat());
        assert!(matches!(Token::decode(&hints), Ok(Token::Init(NegTokenInit { neg_hints: Some(_), .. }))));
    }
}

#[test]
fn a61_a_token_of_64_kib_is_read_and_one_more_byte_is_refused() {
    let overhead =
        NegTokenResp { response_token: Some(&[0; MAX_TOKEN / 2]), ..NegTokenResp::default() }.encode().len()
            - MAX_TOKEN / 2;
    let longest = vec![7; MAX_TOKEN - overhead];
    let token = NegTokenResp { response_token: Some(&longest), ..NegTokenResp::default() }.encode();
    assert_eq!(token.len(), MAX_TOKEN);
    assert!(matches!(Token::decode(&token), Ok(Token::Resp(resp)) if resp.response_token == Some(&longest)));
    let error = Token::decode(&[&token[..], &[0]].concat()).unwrap_err();
    assert_eq!((error.kind(), error.at()), (Kind::TooLong, MAX_TOKEN));
    let many = NegTokenInit {
        mech_types: gatepass_spnego::MechTypes::decode(&gatepass_spnego::encode_mech_types(
            &[Oid::NTLMSSP; 5_000],
        ))
        .unwrap(),
        req_flags: None,
        mech_token: None,
        neg_hints: None,
        mech_list_mic: None,
    }
    .encode();
    assert!(matches!(Token::decode(&many), Ok(Token::Init(init)) if init.mech_types.iter().count() == 5_000));
}

#[test]
fn an_error_names_the_field_and_the_byte_of_the_token() {
    let token = [0xa1, 9, 0x30, 7, 0xa0, 5, 10, 3, 0, 0, 0];
    let error = Token::decode(&token).unwrap_err();
    assert_eq!((error.what(), error.origin(), error.at(), error.offset()), ("negState", 8, 0, 8));
    assert_eq!(error.to_string(), "negState at byte 8 of the token: value not allowed");
}
