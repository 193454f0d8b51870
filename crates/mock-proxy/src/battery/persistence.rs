//! Connections: the login belongs to one, which stays open, or does not.

use super::case::{Case, Ends, Group, Task};
use super::judgement;
use crate::{Fault, Leg};

fn case(name: &str, about: &str, section: &'static str) -> Case {
    Case::new(Group::Persistence, name, about, section)
}

fn closing() -> Fault {
    Fault::Header { name: "Connection".to_owned(), value: "close".to_owned() }
}

pub(super) fn cases() -> Vec<Case> {
    use Leg::{Challenge, Offer, Served, Verdict};
    vec![
        case(
            "two-pages",
            "two pages over one connection: who has logged in is not asked again",
            "RFC 9112 9.3",
        )
        .with_task(Task::Two)
        .check(judgement::one_handshake),
        case("two-pages-secure", "two pages of one origin through one tunnel", "RFC 9110 9.3.6")
            .with_task(Task::Two)
            .secure()
            .check(judgement::one_handshake),
        case(
            "closed-offer",
            "the proxy closes after the 407 that offers: a new connection is opened",
            "RFC 9112 9.6",
        )
        .like("squid-5-keepalive-off"),
        case(
            "dropped-offer",
            "the connection is closed in place of the first 407: a new one may be tried",
            "RFC 9112 9.3.1",
        )
        .fault(Offer, 1, Fault::Close)
        .ends(Ends::Either),
        case("old-offer", "the first 407 comes from a server of HTTP/1.0, which closes", "RFC 9112 9.3")
            .fault(Offer, 1, Fault::Http10),
        case(
            "close-announced",
            "the CHALLENGE comes with Connection: close, but the connection stays open",
            "RFC 9112 9.6",
        )
        .each(&[Challenge], &closing())
        .ends(Ends::Either),
        case(
            "closed-challenge",
            "the proxy closes after the CHALLENGE: its answer goes nowhere else",
            "MS-NTHT 2.2.3",
        )
        .each(&[Challenge], &Fault::Http10)
        .ends(Ends::Failure),
        case(
            "closed-after-page",
            "the proxy closes after the first page: the second has a handshake of its own",
            "RFC 9112 9.6",
        )
        .with_task(Task::Two)
        .fault(Verdict, 1, Fault::Http10)
        .attempts(2),
        case(
            "closed-behind-page",
            "the connection closes behind the first page, and nobody has said so",
            "RFC 9112 9.3.1, 9.6",
        )
        .with_task(Task::Two)
        .fault(Verdict, 1, Fault::CloseBehind)
        .attempts(2),
        case(
            "dropped-after-page",
            "the connection closes in place of the second page: a new one may be tried",
            "RFC 9112 9.3.1",
        )
        .with_task(Task::Two)
        .fault(Served, 1, Fault::Close)
        .attempts(2)
        .ends(Ends::Either),
        case(
            "forgotten-login",
            "the second request gets a 407: one more handshake with the same login",
            "RFC 9110 15.5.8",
        )
        .with_task(Task::Two)
        .fault(Served, 1, Fault::Refuse)
        .attempts(2),
        case(
            "login-required-each-time",
            "every later request gets a 407: it ends after one more handshake",
            "RFC 9110 15.5.8",
        )
        .with_task(Task::Two)
        .each(&[Served], &Fault::Refuse)
        .attempts(2)
        .ends(Ends::Either),
    ]
}
