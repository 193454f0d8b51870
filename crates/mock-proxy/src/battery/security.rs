//! What must never happen: a login that goes where it does not belong, or goes twice.

use super::case::{Case, Ends, Group, OTHER_PASSWORD, Task, USER};
use super::judgement;
use crate::Offered::{Basic, Ntlm};
use crate::{Fault, Leg, Refused, TokenFault};

fn case(name: &str, about: &str, section: &'static str) -> Case {
    Case::new(Group::Security, name, about, section)
}

/// A response that nobody asked for.
const FORGED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";

fn locations(target: &str) -> [Fault; 2] {
    let name = "Location".to_owned();
    [Fault::WithoutHeader(name.clone()), Fault::Header { name, value: target.to_owned() }]
}

pub(super) fn cases() -> Vec<Case> {
    use Leg::{Challenge, Offer, Verdict};
    let refused = |why| {
        move |script: &mut crate::Script| {
            for account in &mut script.accounts {
                account.refused = Some(why);
            }
        }
    };
    let mut cases = vec![
        case(
            "wrong-password-twice",
            "two pages with a wrong password: the second is no second attempt",
            "RFC 9110 15.5.8",
        )
        .with_task(Task::Two)
        .typed(USER, "Wr0ng!")
        .ends(Ends::Failure),
        case("locked-account", "the account is locked, and no second attempt keeps it so", "RFC 9110 15.5.8")
            .scripted(refused(Refused::Locked))
            .ends(Ends::Failure),
        case("expired-password", "the password has expired: one attempt", "RFC 9110 15.5.8")
            .scripted(refused(Refused::PasswordExpired))
            .ends(Ends::Failure),
        case("another-users-password", "the password is somebody else's: one attempt", "RFC 9110 15.5.8")
            .typed(USER, OTHER_PASSWORD)
            .ends(Ends::Failure),
        case(
            "endless-407",
            "the proxy offers anew after every good login: it ends after one attempt",
            "RFC 9110 15.5.8",
        )
        .each(&[Verdict], &Fault::Refuse)
        .ends(Ends::Failure),
        case("endless-407-connect", "the same in a tunnel", "RFC 9110 15.5.8")
            .secure()
            .each(&[Verdict], &Fault::Refuse)
            .ends(Ends::Failure),
        case(
            "basic-only",
            "a proxy that wants the password itself does not get it",
            "RFC 7617 4; RFC 9110 17.16.1",
        )
        .offer(&[Basic])
        .ends(Ends::Failure),
        case(
            "basic-after-refusal",
            "NTLM was refused, and Basic is offered too: no password goes there",
            "RFC 7617 4",
        )
        .offer(&[Ntlm, Basic])
        .typed(USER, "Wr0ng!")
        .ends(Ends::Failure),
        case("basic-after-defect", "the CHALLENGE is broken, and Basic is offered too", "RFC 7617 4")
            .offer(&[Ntlm, Basic])
            .each(&[Challenge], &Fault::Token(TokenFault::Truncated(20)))
            .ends(Ends::Failure),
        case(
            "origin-asks-407",
            "the origin, in a tunnel, asks for the login of the proxy",
            "RFC 9110 11.7.2",
        )
        .secure()
        .at("/status/407")
        .ends(Ends::Failure),
        case(
            "origin-asks-401",
            "the origin asks for a login: that of the proxy is not for it",
            "RFC 9110 11.6.2, 17.16.1",
        )
        .at("/ntlm/")
        .ends(Ends::Failure),
        case("origin-asks-401-secure", "the same over https", "RFC 9110 11.6.2, 17.16.1")
            .secure()
            .at("/ntlm/")
            .ends(Ends::Failure),
        case(
            "forged-answer",
            "behind the 407 comes an answer that nobody asked for: it is not the page",
            "RFC 9112 9.3, 11.1",
        )
        .fault(Offer, 1, Fault::Trailing(FORGED.to_owned()))
        .fault(Challenge, 1, Fault::Trailing(FORGED.to_owned()))
        .ends(Ends::Either),
        case("users-apart", "two users in one run: no connection is both", "RFC 9112 9.3; MS-NTHT 2.2.4")
            .with_task(Task::Users)
            .attempts(2)
            .check(judgement::identities_apart),
        case(
            "ntlmv1-never",
            "without target info and extended session security: NTLMv2, or nothing",
            "MS-NLMP 5.1, 3.3.2",
        )
        .each(&[Challenge], &Fault::Token(TokenFault::NoTargetInfo))
        .each(&[Challenge], &Fault::Token(TokenFault::WithoutFlags(0x0008_0000)))
        .check(judgement::ntlm_v2)
        .ends(Ends::Either),
    ];
    let redirect = case(
        "redirect",
        "a redirect within the origin: the proxy's login stays the proxy's",
        "RFC 9110 15.4",
    )
    .with_task(Task::Follow)
    .at("/status/302")
    .attempts(2);
    let mut elsewhere = case(
        "redirect-to-https",
        "from http to https: the tunnel's origin sees nothing of the login",
        "RFC 9110 15.4, 11.7.2",
    )
    .with_task(Task::Follow)
    .at("/status/302")
    .attempts(2);
    for fault in locations("https://origin.test/echo") {
        elsewhere = elsewhere.origin_fault(fault);
    }
    cases.extend([redirect, elsewhere]);
    cases
}
