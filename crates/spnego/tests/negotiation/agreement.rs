//! Negotiations in which nobody interferes.

use crate::peers::{Alice, Ticket, alice, ntlm, signing, ticket_then_ntlm, undisturbed};
use gatepass_backend::{Attributes, Backend, Credentials, ErrorKind, Request, Step};
use gatepass_engine::Ntlm;
use gatepass_spnego::{
    MechTypes, NegState, NegTokenInit, NegTokenResp, Oid, Spnego, Token, encode_mech_types,
};
use std::sync::Arc;

fn init(token: &[u8]) -> NegTokenInit<'_> {
    match Token::decode(token) {
        Ok(Token::Init(init)) => init,
        other => panic!("{other:?}"),
    }
}

fn resp(token: &[u8]) -> NegTokenResp<'_> {
    match Token::decode(token) {
        Ok(Token::Resp(resp)) => resp,
        other => panic!("{other:?}"),
    }
}

#[test]
fn ntlm_alone_with_integrity_exchanges_checksums_and_goes_on_with_its_messages() {
    let ended = undisturbed(&ntlm(), &ntlm(), &signing());
    let [offer, challenge, authenticate, last] = &ended.said[..] else { panic!("{:02x?}", ended.said) };
    assert!(init(offer).mech_types.iter().eq([Oid::NTLMSSP]));
    assert!(init(offer).mech_token.is_some_and(|token| token.starts_with(b"NTLMSSP\0")));
    assert_eq!(resp(challenge).neg_state, Some(NegState::AcceptIncomplete));
    assert_eq!(resp(challenge).supported_mech, Some(Oid::NTLMSSP));
    assert_eq!(resp(authenticate).neg_state, Some(NegState::AcceptIncomplete));
    assert_eq!(resp(authenticate).mech_list_mic.unwrap().len(), 16);
    assert_eq!(resp(last).neg_state, Some(NegState::AcceptCompleted));
    assert_eq!(resp(last).mech_list_mic.unwrap().len(), 16);
    assert_ne!(resp(last).mech_list_mic, resp(authenticate).mech_list_mic);
    let (mut client, mut server) = ended.agreed();
    assert_eq!(server.peer().unwrap().user(), "alice");
    assert!(client.session_key().unwrap().ct_eq(&server.session_key().unwrap()));
    // The checksum took the first number, three messages the next.
    let signature = client.sign(b"next").unwrap();
    assert_eq!(signature[12..], [4, 0, 0, 0]);
    server.verify(b"next", &signature).unwrap();
}

#[test]
fn ntlm_alone_without_integrity_exchanges_no_checksums() {
    let ended = undisturbed(&ntlm(), &ntlm(), &Request::new());
    assert_eq!(ended.said.len(), 4);
    assert!(ended.said[1..].iter().all(|token| resp(token).mech_list_mic.is_none()));
    assert_eq!(resp(&ended.said[3]).neg_state, Some(NegState::AcceptCompleted));
    let (client, _) = ended.agreed();
    assert!(!client.attributes().contains(Attributes::INTEGRITY));
}

#[test]
fn the_first_choice_of_one_leg_is_over_after_the_servers_answer() {
    let both = ticket_then_ntlm(Ticket::OneLeg);
    let ended = undisturbed(&both, &both, &Request::new());
    let [offer, last] = &ended.said[..] else { panic!("{:02x?}", ended.said) };
    assert!(init(offer).mech_types.iter().eq([Oid::MS_KERBEROS, Oid::KERBEROS, Oid::NTLMSSP]));
    assert_eq!(init(offer).mech_token, Some(&b"ticket"[..]));
    assert_eq!(resp(last).neg_state, Some(NegState::AcceptCompleted));
    assert_eq!(resp(last).supported_mech, Some(Oid::MS_KERBEROS));
    ended.agreed();
}

#[test]
fn the_first_choice_with_mutual_authentication_gets_its_proof() {
    let both = ticket_then_ntlm(Ticket::Mutual);
    let ended = undisturbed(&both, &both, &Request::new());
    assert_eq!(resp(&ended.said[1]).response_token, Some(&b"proof"[..]));
    assert_eq!(ended.said.len(), 2);
    ended.agreed();
}

#[test]
fn either_name_of_kerberos_is_the_first_choice() {
    let server = Spnego::new().with_mechanism(&[Oid::KERBEROS], Arc::new(Ticket::Mutual));
    let ended = undisturbed(&ticket_then_ntlm(Ticket::Mutual), &server, &Request::new());
    // The server does not know the first name, so it asks for the mechanism's token again, and for the checksums.
    assert_eq!(resp(&ended.said[1]).neg_state, Some(NegState::RequestMic));
    assert_eq!(resp(&ended.said[1]).supported_mech, Some(Oid::KERBEROS));
    let client = Spnego::new().with_mechanism(&[Oid::KERBEROS], Arc::new(Ticket::Mutual));
    let ended = undisturbed(&client, &ticket_then_ntlm(Ticket::Mutual), &Request::new());
    assert_eq!(resp(&ended.said[1]).supported_mech, Some(Oid::KERBEROS));
    ended.agreed();
}

#[test]
fn a_server_without_the_first_choice_falls_back_and_both_check_the_list() {
    let ended = undisturbed(&ticket_then_ntlm(Ticket::Mutual), &ntlm(), &Request::new());
    let [_, choice, negotiate, _, authenticate, last] = &ended.said[..] else {
        panic!("{:02x?}", ended.said)
    };
    assert_eq!(resp(choice).neg_state, Some(NegState::RequestMic));
    assert_eq!(resp(choice).supported_mech, Some(Oid::NTLMSSP));
    assert_eq!(resp(choice).response_token, None);
    assert!(resp(negotiate).response_token.unwrap().starts_with(b"NTLMSSP\0\x01"));
    assert!(resp(authenticate).mech_list_mic.is_some() && resp(last).mech_list_mic.is_some());
    let (client, _) = ended.agreed();
    assert!(client.attributes().contains(Attributes::INTEGRITY), "required of a second choice");
}

#[test]
fn a_second_choice_of_one_leg_sends_token_and_checksum_together() {
    let client = Spnego::new()
        .with_mechanism(&[Oid::NTLMSSP], Arc::new(Ntlm::new()))
        .with_mechanism(&[Oid::KERBEROS], Arc::new(Ticket::OneLeg));
    let server = Spnego::new().with_mechanism(&[Oid::KERBEROS], Arc::new(Ticket::OneLeg));
    let ended = undisturbed(&client, &server, &Request::new());
    let [_, choice, ticket, last] = &ended.said[..] else { panic!("{:02x?}", ended.said) };
    assert_eq!(resp(choice).neg_state, Some(NegState::RequestMic));
    assert!(resp(ticket).response_token.is_some() && resp(ticket).mech_list_mic.is_some());
    assert!(resp(last).mech_list_mic.is_some());
    ended.agreed();
}

#[test]
fn a_second_choice_whose_last_token_is_the_servers_exchanges_checksums_from_there() {
    let client = Spnego::new()
        .with_mechanism(&[Oid::NTLMSSP], Arc::new(Ntlm::new()))
        .with_mechanism(&[Oid::KERBEROS], Arc::new(Ticket::Mutual));
    let server = Spnego::new().with_mechanism(&[Oid::KERBEROS], Arc::new(Ticket::Mutual));
    let ended = undisturbed(&client, &server, &Request::new());
    let [_, _, ticket, proof, mic, last] = &ended.said[..] else { panic!("{:02x?}", ended.said) };
    assert_eq!(resp(ticket).mech_list_mic, None);
    assert!(resp(proof).response_token.is_some() && resp(proof).mech_list_mic.is_some());
    assert_eq!(resp(proof).neg_state, Some(NegState::AcceptIncomplete));
    assert_eq!(resp(mic).response_token, None);
    assert!(resp(mic).mech_list_mic.is_some());
    assert_eq!(resp(last).neg_state, Some(NegState::AcceptCompleted));
    assert_eq!(resp(last).mech_list_mic, None);
    ended.agreed();
}

#[test]
fn a_mechanism_that_cannot_begin_is_not_offered() {
    for kind in [
        ErrorKind::NoCredentials,
        ErrorKind::TargetUnknown,
        ErrorKind::NoAuthority,
        ErrorKind::TimeSkew,
        ErrorKind::Unsupported,
        ErrorKind::Policy,
    ] {
        let client = ticket_then_ntlm(Ticket::Fails(kind));
        let ended = undisturbed(&client, &ticket_then_ntlm(Ticket::Mutual), &Request::new());
        assert!(init(&ended.said[0]).mech_types.iter().eq([Oid::NTLMSSP]), "{kind:?}");
        ended.agreed();
    }
}

#[test]
fn a_login_that_was_refused_is_not_tried_again_with_another_mechanism() {
    for kind in [ErrorKind::LogonDenied, ErrorKind::Internal] {
        let client = ticket_then_ntlm(Ticket::Fails(kind));
        assert_eq!(client.initiate(&alice(), &Request::new()).unwrap_err().kind(), kind);
    }
}

#[test]
fn when_no_mechanism_can_begin_every_reason_is_told_and_the_first_is_the_kind() {
    let client = Spnego::new()
        .with_mechanism(&[Oid::KERBEROS], Arc::new(Ticket::Fails(ErrorKind::NoAuthority)))
        .with_mechanism(&[Oid::NTLMSSP], Arc::new(Ntlm::new()));
    let error = client.initiate(&Credentials::CurrentUser, &Request::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoAuthority);
    let reasons = core::error::Error::source(&error).unwrap().to_string();
    assert_eq!(reasons, "no authority could be reached; NTLM cannot use these credentials");
    let error = Spnego::new().initiate(&alice(), &Request::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn there_is_no_negotiation_without_a_connection() {
    let request = Request::new().with_requirements(Attributes::DATAGRAM);
    assert!(Ntlm::new().initiate(&alice(), &request).is_ok(), "NTLM alone can");
    assert_eq!(ntlm().initiate(&alice(), &request).unwrap_err().kind(), ErrorKind::Unsupported);
    let Step::Continue { token, .. } = ntlm().initiate(&alice(), &Request::new()).unwrap() else {
        panic!("NTLM alone begins with a token");
    };
    let server = ntlm().accept(Arc::new(Alice), &request).unwrap();
    assert_eq!(server.step(&token).unwrap_err().kind(), ErrorKind::Policy);
}

#[test]
fn negoex_and_unknown_mechanisms_are_passed_over() {
    let list = encode_mech_types(&[Oid::NEGOEX, Oid::KERBEROS_USER_TO_USER, Oid::NTLMSSP]);
    let offer = NegTokenInit {
        mech_types: MechTypes::decode(&list).unwrap(),
        req_flags: None,
        mech_token: Some(b"NEGOEXTS"),
        neg_hints: None,
        mech_list_mic: None,
    };
    let server = ntlm().accept(Arc::new(Alice), &Request::new()).unwrap();
    let Ok(Step::Continue { token, .. }) = server.step(&offer.encode()) else { panic!("no answer") };
    assert_eq!(resp(&token).supported_mech, Some(Oid::NTLMSSP));
    assert_eq!(resp(&token).response_token, None);
}

#[test]
fn a_client_with_nothing_in_common_is_refused() {
    let client = Spnego::new().with_mechanism(&[Oid::KERBEROS], Arc::new(Ticket::Mutual));
    let ended = undisturbed(&client, &ntlm(), &Request::new());
    assert_eq!(ended.server_error(), Some(ErrorKind::Unsupported));
}

#[test]
fn a_wrong_password_is_denied_as_without_spnego() {
    let wrong = Credentials::password("CORP\\alice", "wrong");
    let Ok(Step::Continue { token, next }) = ntlm().initiate(&wrong, &signing()) else { panic!("no offer") };
    let server = ntlm().accept(Arc::new(Alice), &Request::new()).unwrap();
    let Ok(Step::Continue { token, next: server }) = server.step(&token) else { panic!("no challenge") };
    let Ok(Step::Continue { token, .. }) = next.step(&token) else { panic!("no answer") };
    assert_eq!(server.step(&token).unwrap_err().kind(), ErrorKind::LogonDenied);
}

#[test]
fn ntlm_without_spnego_is_answered_in_kind() {
    let ended = undisturbed(&Ntlm::new(), &ntlm(), &signing());
    assert_eq!(ended.said.len(), 3);
    assert!(ended.said.iter().all(|token| token.starts_with(b"NTLMSSP\0")));
    ended.agreed();
    let without = Spnego::new().with_mechanism(&[Oid::KERBEROS], Arc::new(Ticket::Mutual));
    let ended = undisturbed(&Ntlm::new(), &without, &signing());
    assert_eq!(ended.server_error(), Some(ErrorKind::Unsupported));
}
