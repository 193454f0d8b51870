//! The handshake itself, with a proxy that does everything right.

use super::case::{Case, Ends, Group};
use super::judgement;
use crate::Offered::{Basic, Negotiate, Ntlm};
use crate::{Fault, Leg};

fn case(name: &str, about: &str, section: &'static str) -> Case {
    Case::new(Group::Dance, name, about, section)
}

pub(super) fn cases() -> Vec<Case> {
    let long = "Long-Passw0rd-".repeat(10);
    vec![
        case(
            "get",
            "a page through a proxy that offers NTLM, with name and password",
            "MS-NTHT 2.2.4; RFC 9110 11.7.2",
        ),
        case("get-negotiate", "NTLM within Negotiate, where Negotiate is all that is offered", "RFC 4559 4; MS-SPNG 3.2")
            .offer(&[Negotiate]),
        case("get-negotiate-and-ntlm", "Negotiate and NTLM are offered, and either will do", "RFC 9110 11.6.1")
            .offer(&[Negotiate, Ntlm]),
        case(
            "strongest-offer",
            "Negotiate, NTLM and Basic are offered, and Basic, which shows the password, is the last that a client takes",
            "RFC 7617 4; RFC 9110 17.16.1",
        )
        .offer(&[Negotiate, Ntlm, Basic]),
        case("name-beyond-ascii", "name and password with umlauts and a euro sign, in UTF-16", "MS-NLMP 2.2.1.3, 3.3.2")
            .account("CORP\\jürgen", "pässwörd€"),
        case("name-beyond-latin", "a name in Greek and a password with Cyrillic letters and an emoji", "MS-NLMP 3.3.2")
            .account("CORP\\Ωmega", "пароль😀"),
        case("long-password", "a password of 140 characters, of which none is cut off", "MS-NLMP 3.3.2")
            .account("CORP\\longpw", &long),
        case("colon-in-password", "a password with a colon, an at sign and a slash in it", "RFC 3986 3.2.1")
            .account("CORP\\colon", "a:b@c/d"),
        case(
            "name-in-another-case",
            "the name in capitals: the hash takes it in capitals, and the domain as it is written",
            "MS-NLMP 3.3.2",
        )
        .typed("CORP\\ALICE", super::case::PASSWORD),
        case(
            "ntlmv2",
            "the response is one of NTLMv2: what is older can be guessed at in hours",
            "MS-NLMP 3.3.2, 5.1",
        )
        .check(judgement::ntlm_v2),
        case(
            "mic",
            "the CHALLENGE has a timestamp, so that the AUTHENTICATE has a MIC over all three messages",
            "MS-NLMP 3.1.5.1.2",
        )
        .check(judgement::mic),
        case("nobody-asks", "the proxy lets the first request through: there is nothing to do", "RFC 9110 11.7.1")
            .fault(Leg::Offer, 1, Fault::Grant),
        case("wrong-password", "a wrong password is sent once and never again", "RFC 9110 15.5.8")
            .typed(super::case::USER, "Wr0ng!")
            .ends(Ends::Failure),
        case("unknown-user", "a user whom nobody knows gets no page, and no second attempt", "RFC 9110 15.5.8")
            .typed("CORP\\nobody", "Passw0rd!")
            .ends(Ends::Failure),
    ]
}
