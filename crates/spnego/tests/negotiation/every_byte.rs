//! Every prefix and every changed byte of every token of a negotiation, put to the side that reads it: nothing panics, and where
//! both sides come to an end all the same, they agree and the peer is who it was.
//!
//! A negotiation computes proofs, so that all 255 other values of each byte take minutes: CI tries them all, built with
//! optimisation and `GATEPASS_EVERY_VALUE=1`. Otherwise it is the lowest bit, the highest, and all of them.

use crate::peers::{Ticket, converse, ntlm, signing, ticket_then_ntlm, undisturbed};
use gatepass_backend::{Principal, Request};
use gatepass_spnego::Spnego;

fn changes() -> Vec<u8> {
    match std::env::var_os("GATEPASS_EVERY_VALUE") {
        Some(_) => (1..=u8::MAX).collect(),
        None => vec![0x01, 0x80, 0xff],
    }
}

/// Lets both sides talk, and changes one token on its way.
fn disturbed(
    client: &Spnego,
    server: &Spnego,
    request: &Request,
    number: usize,
    change: impl Fn(&mut Vec<u8>),
) {
    let ended = converse(client, server, request, |n, mut token| {
        if n == number {
            change(&mut token);
        }
        token
    });
    if ended.completed() == (true, true) {
        let (_, server) = ended.agreed();
        assert!(server.peer().is_none_or(|peer| *peer == Principal::parse("CORP\\alice")));
    }
}

#[test]
fn no_prefix_and_no_changed_byte_of_a_token_panics_or_makes_two_sides_disagree() {
    let (one, both) = (ntlm(), ticket_then_ntlm(Ticket::Mutual));
    let changes = changes();
    let mut places = 0;
    for (client, server, request) in
        [(&one, &one, Request::new()), (&one, &one, signing()), (&both, &one, signing())]
    {
        let said = undisturbed(client, server, &request).said;
        for (number, token) in said.iter().enumerate() {
            for length in 0..token.len() {
                disturbed(client, server, &request, number, |token| token.truncate(length));
            }
            for at in 0..token.len() {
                places += 1;
                for by in &changes {
                    disturbed(client, server, &request, number, |token| token[at] ^= by);
                }
            }
        }
    }
    assert!(places > 1_500, "{places}");
}
