//! Published and recorded tokens.

use crate::vectors;
use gatepass_spnego::{NegState, NegTokenResp, Oid, Token};

#[test]
fn each_published_token_is_read_for_what_it_says() {
    for entry in vectors::published() {
        let bytes = vectors::hex(entry["in"]["token"].as_str().unwrap());
        let token = Token::decode(&bytes).unwrap_or_else(|error| panic!("{}: {error}", entry["id"]));
        let differences = vectors::differences(entry["out"].as_object().unwrap(), &token);
        assert!(differences.is_empty(), "{}: {differences:?}", entry["id"]);
    }
}

#[test]
fn each_published_and_recorded_token_is_written_as_its_author_wrote_it() {
    let published = vectors::published();
    let published = published.iter().map(|entry| vectors::hex(entry["in"]["token"].as_str().unwrap()));
    for bytes in published.chain(vectors::recorded().1) {
        let encoded = match Token::decode(&bytes).unwrap() {
            Token::Init(init) => init.encode(),
            Token::Resp(resp) => resp.encode(),
            Token::Raw(message) => message.to_vec(),
        };
        assert_eq!(encoded, bytes);
    }
}

#[test]
fn the_recorded_handshake_runs_from_offer_to_checksums() {
    let (_, tokens) = vectors::recorded();
    let [init, challenge, authenticate, last] = &tokens[..] else { panic!("{} tokens", tokens.len()) };
    let Ok(Token::Init(init)) = Token::decode(init) else { panic!("no NegTokenInit") };
    assert!(init.mech_types.iter().eq([Oid::NTLMSSP]));
    assert!(init.mech_token.unwrap().starts_with(b"NTLMSSP\0\x01"));
    let resp = |bytes| match Token::decode(bytes) {
        Ok(Token::Resp(resp)) => resp,
        other => panic!("{other:?}"),
    };
    let challenge: NegTokenResp<'_> = resp(challenge);
    assert_eq!(challenge.neg_state, Some(NegState::AcceptIncomplete));
    assert_eq!(challenge.supported_mech, Some(Oid::NTLMSSP));
    assert_eq!(resp(authenticate).mech_list_mic.unwrap().len(), 16);
    assert_eq!(resp(last).neg_state, Some(NegState::AcceptCompleted));
    assert_eq!(resp(last).mech_list_mic.unwrap().len(), 16);
}
