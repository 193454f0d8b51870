//! Tokens out of turn, and tokens that are broken, in every state.

use crate::peers::{Alice, Ticket, alice, converse, ntlm, signing, ticket_then_ntlm, undisturbed};
use gatepass_backend::{Backend, Error, ErrorKind, Handshake, Request, Step};
use gatepass_spnego::{NegState, NegTokenResp, Oid, Spnego, Token};
use std::error::Error as _;
use std::sync::Arc;

/// A side that waits for its `turn`th token of a conversation over NTLM as second choice: even turns are the server's.
fn waiting(turn: usize) -> Box<dyn Handshake> {
    let (client, server) = (ticket_then_ntlm(Ticket::Mutual), ntlm());
    let Ok(Step::Continue { mut token, next }) = client.initiate(&alice(), &Request::new()) else {
        panic!("no offer")
    };
    let mut current = server.accept(Arc::new(Alice), &Request::new()).unwrap();
    let mut other = Some(next);
    for number in 0..turn {
        let next;
        (token, next) = match current.step(&token) {
            Ok(Step::Continue { token, next }) => (token, Some(next)),
            Ok(Step::Complete { token: Some(token), .. }) => (token, None),
            end => panic!("{number}: {end:?}"),
        };
        current = std::mem::replace(&mut other, next).unwrap();
    }
    current
}

fn refused(turn: usize, token: &[u8]) -> (ErrorKind, String) {
    let error: Error = waiting(turn).step(token).map(|step| panic!("{step:?}")).unwrap_err();
    (error.kind(), error.source().map(ToString::to_string).unwrap_or_default())
}

const RESP: NegTokenResp<'_> =
    NegTokenResp { neg_state: None, supported_mech: None, response_token: None, mech_list_mic: None };

#[test]
fn a_refusal_ends_the_negotiation_in_every_state() {
    let reject = NegTokenResp { neg_state: Some(NegState::Reject), ..RESP }.encode();
    for turn in 1..=5 {
        assert_eq!(refused(turn, &reject).0, ErrorKind::LogonDenied, "{turn}");
    }
}

#[test]
fn what_is_out_of_turn_is_refused_by_name() {
    let ntlm = b"NTLMSSP\0\x01\0\0\0\x17\x82\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let token = NegTokenResp { response_token: Some(ntlm), ..RESP };
    let mic = NegTokenResp { mech_list_mic: Some(&[1; 16]), ..RESP };
    let state = |state| NegTokenResp { neg_state: Some(state), ..RESP };
    let chosen = NegTokenResp { supported_mech: Some(Oid::NTLMSSP), ..RESP };
    for (turn, answer, what) in [
        (0, RESP, "NegTokenResp"),
        (1, NegTokenResp { supported_mech: Some(Oid::NEGOEX), ..RESP }, "supportedMech"),
        (1, RESP, "responseToken"),
        (1, NegTokenResp { response_token: Some(ntlm), ..chosen }, "responseToken"),
        (1, NegTokenResp { mech_list_mic: Some(&[1; 16]), ..chosen }, "mechListMIC"),
        (1, NegTokenResp { neg_state: Some(NegState::AcceptCompleted), ..chosen }, "accept-completed"),
        (2, mic, "responseToken"),
        (2, NegTokenResp { response_token: Some(ntlm), ..mic }, "mechListMIC"),
        (2, NegTokenResp { response_token: Some(&[]), ..RESP }, "responseToken"),
        (3, state(NegState::AcceptCompleted), "responseToken"),
        (4, state(NegState::AcceptCompleted), "responseToken"),
        (5, token, "responseToken"),
        (5, state(NegState::AcceptIncomplete), "negState"),
        (5, state(NegState::RequestMic), "negState"),
    ] {
        let refused = refused(turn, &answer.encode());
        assert_eq!(refused, (ErrorKind::InvalidToken, format!("{what} out of turn")), "{turn} {answer:?}");
    }
    for turn in 1..=5 {
        assert_eq!(refused(turn, ntlm).1, "NTLM without SPNEGO out of turn", "{turn}");
        let offer = converse(&ntlm_client(), &ntlm_client(), &signing(), |_, token| token).said.remove(0);
        assert_eq!(refused(turn, &offer).1, "NegTokenInit out of turn", "{turn}");
    }
}

fn ntlm_client() -> Spnego {
    ntlm()
}

#[test]
fn a_client_is_not_done_before_its_mechanism_is() {
    let ended =
        converse(&ntlm(), &ntlm(), &signing(), |number, token| match (number, Token::decode(&token)) {
            (1, Ok(Token::Resp(resp))) => {
                NegTokenResp { neg_state: Some(NegState::AcceptCompleted), ..resp }.encode()
            }
            _ => token,
        });
    assert_eq!(ended.client_error(), Some(ErrorKind::InvalidToken));
    // Nor is one leg enough where a proof should come.
    let both = ticket_then_ntlm(Ticket::Mutual);
    let ended = converse(&both, &both, &Request::new(), |number, token| match number {
        1 => NegTokenResp { neg_state: Some(NegState::AcceptCompleted), ..RESP }.encode(),
        _ => token,
    });
    assert_eq!(ended.client_error(), Some(ErrorKind::InvalidToken));
}

#[test]
fn a_server_that_waits_for_nothing_that_exists_is_refused() {
    let both = ticket_then_ntlm(Ticket::Bare);
    let ended = converse(&both, &both, &Request::new(), |number, token| match number {
        1 => NegTokenResp { neg_state: Some(NegState::AcceptIncomplete), ..RESP }.encode(),
        _ => token,
    });
    assert_eq!(ended.client_error(), Some(ErrorKind::InvalidToken));
}

#[test]
fn every_prefix_and_every_change_of_one_byte_of_every_token_is_refused_or_survived_in_every_state() {
    let said = undisturbed(&ticket_then_ntlm(Ticket::Mutual), &ntlm(), &Request::new()).said;
    assert_eq!(said.len(), 6);
    for (turn, token) in said.iter().enumerate() {
        for end in 0..token.len() {
            assert!(waiting(turn).step(&token[..end]).is_err(), "{turn}: {end} bytes");
        }
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] ^= 1 << (at % 8);
            // Whether it is refused is the mechanism's affair: much of NTLM's first message means nothing.
            let _ = waiting(turn).step(&changed);
        }
    }
}
