//! A22: somebody between both sides makes them choose what they would not have chosen.

use crate::peers::{Alice, Ended, Ticket, alice, converse, ntlm, signing, ticket_then_ntlm, undisturbed};
use gatepass_backend::{Attributes, Backend, ErrorKind, Handshake, Request, Step};
use gatepass_engine::Ntlm;
use gatepass_spnego::{
    MechTypes, NegState, NegTokenInit, NegTokenResp, Oid, Spnego, Token, encode_mech_types,
};
use std::sync::Arc;

/// The offer with another list and another optimistic token.
fn offering(token: &[u8], oids: &[Oid<'_>], mech_token: Option<&[u8]>) -> Vec<u8> {
    let Ok(Token::Init(init)) = Token::decode(token) else { panic!("no offer") };
    let list = encode_mech_types(oids);
    NegTokenInit { mech_types: MechTypes::decode(&list).unwrap(), mech_token, ..init }.encode()
}

fn edited(token: &[u8], edit: impl FnOnce(&mut NegTokenResp<'_>)) -> Vec<u8> {
    let Ok(Token::Resp(mut resp)) = Token::decode(token) else { panic!("no answer") };
    edit(&mut resp);
    resp.encode()
}

/// Both sides have both mechanisms, and would agree on the first.
fn between(middle: impl FnMut(usize, Vec<u8>) -> Vec<u8>) -> Ended {
    let both = ticket_then_ntlm(Ticket::Mutual);
    undisturbed(&both, &both, &Request::new()).agreed();
    converse(&both, &both, &signing(), middle)
}

#[test]
fn a22_kerberos_deleted_from_the_list_is_noticed_by_the_server_and_then_by_the_client() {
    let delete = |number, token: Vec<u8>| {
        if number == 0 { offering(&token, &[Oid::NTLMSSP], None) } else { token }
    };
    let ended = between(delete);
    assert_eq!(ended.server_error(), Some(ErrorKind::MessageAltered), "{ended:?}");
    assert_eq!(ended.completed(), (false, false));
    // With the client's checksum taken out, the server lets the client's first choice in; the client does not believe it.
    for leave in [true, false] {
        let ended = between(|number, token| match number {
            4 => edited(&token, |resp| resp.mech_list_mic = None),
            5 if !leave => edited(&token, |resp| resp.mech_list_mic = Some(&[1; 16])),
            _ => delete(number, token),
        });
        assert_eq!(ended.client_error(), Some(ErrorKind::MessageAltered), "{ended:?}");
    }
}

#[test]
fn a22_kerberos_replaced_by_a_mechanism_that_nobody_has_is_noticed() {
    let ended = between(|number, token| match number {
        0 => offering(&token, &[Oid::NEGOEX, Oid::NTLMSSP], None),
        _ => token,
    });
    assert_eq!(ended.server_error(), Some(ErrorKind::MessageAltered), "{ended:?}");
    assert_eq!(ended.completed(), (false, false));
}

#[test]
fn a22_a_server_that_picks_the_weaker_mechanism_must_prove_the_list() {
    let client = ticket_then_ntlm(Ticket::Mutual);
    // The control: the fall-back itself is allowed.
    undisturbed(&client, &ntlm(), &signing()).agreed();
    for (what, mic) in [
        ("missing", None),
        ("empty", Some(&[][..])),
        ("wrong", Some(&[1; 16][..])),
        ("short", Some(&[1][..])),
    ] {
        for request in [signing(), Request::new()] {
            let to_client = |number, token: Vec<u8>| match number {
                5 => edited(&token, |resp| resp.mech_list_mic = mic),
                _ => token,
            };
            let ended = converse(&client, &ntlm(), &request, to_client);
            assert_eq!(ended.client_error(), Some(ErrorKind::MessageAltered), "{what} for the client");
            let to_server = |number, token: Vec<u8>| match number {
                4 => edited(&token, |resp| resp.mech_list_mic = mic),
                _ => token,
            };
            let ended = converse(&client, &ntlm(), &request, to_server);
            assert_eq!(ended.server_error(), Some(ErrorKind::MessageAltered), "{what} for the server");
        }
    }
}

#[test]
fn a22_the_checksum_does_not_depend_on_the_state_that_the_middle_writes() {
    // request-mic made accept-incomplete: both sides know on their own what was chosen.
    let client = ticket_then_ntlm(Ticket::Mutual);
    let ended = converse(&client, &ntlm(), &Request::new(), |number, token| match number {
        1 => edited(&token, |resp| resp.neg_state = Some(NegState::AcceptIncomplete)),
        5 => edited(&token, |resp| resp.mech_list_mic = None),
        _ => token,
    });
    assert_eq!(ended.client_error(), Some(ErrorKind::MessageAltered));
}

#[test]
fn a22_the_protection_that_carries_the_checksum_cannot_be_cleared() {
    // NEGOTIATE_SIGN taken out of NEGOTIATE, or out of CHALLENGE, of the second choice.
    let client = ticket_then_ntlm(Ticket::Mutual);
    for (leg, at) in [(2, 12), (3, 20)] {
        let ended = converse(&client, &ntlm(), &Request::new(), |number, token| {
            if number != leg {
                return token;
            }
            let Ok(Token::Resp(resp)) = Token::decode(&token) else { panic!("no answer") };
            let mut message = resp.response_token.unwrap().to_vec();
            assert_eq!(message[at] & 0x10, 0x10);
            message[at] &= !0x10;
            NegTokenResp { response_token: Some(&message), ..resp }.encode()
        });
        assert_eq!(ended.completed(), (false, false));
        let refused = if leg == 2 { ended.server_error() } else { ended.client_error() };
        assert_eq!(refused, Some(ErrorKind::Policy), "{leg}");
    }
}

#[test]
fn a22_a_second_choice_that_cannot_protect_the_list_is_refused_on_either_side() {
    let ntlm_then = |ticket| {
        Spnego::new()
            .with_mechanism(&[Oid::NTLMSSP], Arc::new(Ntlm::new()))
            .with_mechanism(&[Oid::KERBEROS], Arc::new(ticket))
    };
    let only = |ticket| Spnego::new().with_mechanism(&[Oid::KERBEROS], Arc::new(ticket));
    let ended = undisturbed(&ntlm_then(Ticket::OneLeg), &only(Ticket::Bare), &Request::new());
    assert_eq!(ended.server_error(), Some(ErrorKind::Policy));
    let ended = undisturbed(&ntlm_then(Ticket::Bare), &only(Ticket::OneLeg), &Request::new());
    assert_eq!(ended.client_error(), Some(ErrorKind::Policy));
    // As the first choice it may be as it is.
    undisturbed(&only(Ticket::Bare), &only(Ticket::Bare), &Request::new()).agreed();
}

#[test]
fn a22_the_checksum_of_a_first_choice_may_be_absent_but_not_wrong() {
    let absent = |number, token: Vec<u8>| match number {
        2 => edited(&token, |resp| resp.mech_list_mic = None),
        _ => token,
    };
    let (client, server) = (ntlm(), ntlm());
    assert_eq!(converse(&client, &server, &signing(), absent).completed(), (true, true));
    for leg in [2, 3] {
        let ended = converse(&client, &server, &signing(), |number, token| match number {
            number if number == leg => edited(&token, |resp| resp.mech_list_mic = Some(&[1; 16])),
            _ => token,
        });
        let refused = if leg == 2 { ended.server_error() } else { ended.client_error() };
        assert_eq!(refused, Some(ErrorKind::MessageAltered), "{leg}");
    }
}

#[test]
fn a22_request_mic_for_the_first_choice_is_a_demand() {
    let request = |number, token: Vec<u8>| match number {
        1 => edited(&token, |resp| resp.neg_state = Some(NegState::RequestMic)),
        _ => token,
    };
    assert_eq!(converse(&ntlm(), &ntlm(), &signing(), request).completed(), (true, true));
    let ended = converse(&ntlm(), &ntlm(), &signing(), |number, token| match number {
        3 => edited(&token, |resp| resp.mech_list_mic = None),
        _ => request(number, token),
    });
    assert_eq!(ended.client_error(), Some(ErrorKind::MessageAltered));
    // Where there is nothing to make the checksum with, the server decides.
    assert_eq!(converse(&ntlm(), &ntlm(), &Request::new(), request).completed(), (true, true));
}

#[test]
fn a22_a_token_repeated_as_checksum_is_tolerated_for_the_first_choice_alone() {
    // As Windows 2000 answers.
    fn repeat(token: &[u8]) -> Vec<u8> {
        edited(token, |resp| resp.mech_list_mic = resp.response_token)
    }
    let ended = converse(&ntlm(), &ntlm(), &signing(), |number, token| match number {
        1 => repeat(&token),
        _ => token,
    });
    assert_eq!(ended.completed(), (true, true));
    let client = ticket_then_ntlm(Ticket::Mutual);
    let ended = converse(&client, &ntlm(), &signing(), |number, token| match number {
        3 => repeat(&token),
        _ => token,
    });
    assert_eq!(ended.client_error(), Some(ErrorKind::MessageAltered));
}

/// The client's handshake when it has sent the token `number`, counted from 0.
fn waiting_after(number: usize, client: &Spnego, server: &Spnego, request: &Request) -> Box<dyn Handshake> {
    let mut step = client.initiate(&alice(), request).unwrap();
    let mut accepting = Some(server.accept(Arc::new(Alice), &Request::new()).unwrap());
    for sent in 0.. {
        let Step::Continue { token, next } = step else { panic!("{step:?}") };
        if sent == number {
            return next;
        }
        let Step::Continue { token, next: then } = accepting.take().unwrap().step(&token).unwrap() else {
            panic!("the server is done");
        };
        accepting = Some(then);
        step = next.step(&token).unwrap();
    }
    unreachable!()
}

#[test]
fn a22_a_server_that_goes_on_without_its_last_token_has_taken_the_first_choice_or_has_our_checksum() {
    let requiring = |what| (Request::new().with_requirements(what), true);
    for (request, strict) in [
        (Request::new(), false),
        (signing(), true),
        requiring(Attributes::CONFIDENTIALITY),
        requiring(Attributes::REPLAY_DETECT),
        requiring(Attributes::SEQUENCE_DETECT),
    ] {
        let first = waiting_after(1, &ntlm(), &ntlm(), &request).conclude().unwrap();
        assert_eq!(first.session_key().unwrap().expose().len(), 16);
        // Kerberos first, NTLM taken: NEGOTIATE waits for more than silence. With AUTHENTICATE the server has got our checksum of
        // the list; that its own does not come is an error for whoever requires something of the context.
        let second = |number| waiting_after(number, &ticket_then_ntlm(Ticket::OneLeg), &ntlm(), &request);
        assert_eq!(second(1).conclude().unwrap_err().kind(), ErrorKind::MessageAltered);
        let ended = second(2).conclude();
        assert_eq!(ended.err().map(|error| error.kind()), strict.then_some(ErrorKind::MessageAltered));
        // Before the mechanism has heard anything, silence is no end of it, unless it needs to hear nothing.
        let unheard = waiting_after(0, &ntlm(), &ntlm(), &request);
        assert_eq!(unheard.conclude().unwrap_err().kind(), ErrorKind::Unsupported);
        let ticket = |ticket| waiting_after(0, &ticket_then_ntlm(ticket), &ntlm(), &request);
        assert!(ticket(Ticket::OneLeg).conclude().is_ok());
        assert_eq!(ticket(Ticket::Mutual).conclude().unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
