//! Bodies: an upload goes through once and whole, and the body of a 407 is not the page.

use super::case::{Case, Ends, Group, Task};
use super::judgement;
use crate::{Fault, Leg};

fn case(name: &str, about: &str, section: &'static str) -> Case {
    Case::new(Group::Bodies, name, about, section)
}

/// More than anybody needs to say no.
const HUGE: u64 = 64 << 20;

pub(super) fn cases() -> Vec<Case> {
    use Leg::{Challenge, Offer, Verdict};
    let upload = |length| Task::Upload(length);
    vec![
        case("post", "a body of 10,000 bytes reaches the origin once and whole", "RFC 9110 9.3.3")
            .with_task(upload(10_000))
            .check(judgement::uploaded_once),
        case("post-large", "a body of 8 MiB reaches the origin once and whole", "RFC 9110 9.3.3, 10.1.1")
            .with_task(upload(8 << 20))
            .check(judgement::uploaded_once),
        case(
            "post-held-back",
            "a body of 1 MiB is not sent into the 407s: it waits for the last leg",
            "RFC 9110 10.1.1",
        )
        .with_task(upload(1 << 20))
        .check(judgement::uploaded_once)
        .check(judgement::body_held_back),
        case("post-wrong-password", "a wrong password, and a body that nobody wants", "RFC 9110 15.5.8")
            .with_task(upload(1 << 20))
            .typed(super::case::USER, "Wr0ng!")
            .ends(Ends::Failure),
        case(
            "post-cut",
            "the proxy closes instead of answering the upload: it is not sent a second time",
            "RFC 9110 9.2.2",
        )
        .with_task(upload(10_000))
        .fault(Verdict, 1, Fault::Close)
        .check(judgement::not_uploaded_twice)
        .ends(Ends::Failure),
        case("page-large", "a page of 4 MiB", "RFC 9112 6.3").at("/bytes/4194304"),
        case("page-chunked", "the page comes in chunks", "RFC 9112 7.1").fault(Verdict, 1, Fault::Chunked),
        case("page-without-length", "the page ends with the connection", "RFC 9112 6.3").fault(
            Verdict,
            1,
            Fault::NoLength,
        ),
        case(
            "page-cut",
            "the connection closes before the page has the length that was announced",
            "RFC 9112 8",
        )
        .at("/bytes/100000")
        .fault(Verdict, 1, Fault::CloseAfter(50_000))
        .ends(Ends::Failure),
        case("page-too-short", "the page is announced to be longer than it is", "RFC 9112 8")
            .at("/bytes/1000")
            .fault(Verdict, 1, Fault::ContentLength(2_000))
            .ends(Ends::Failure),
        case("407-chunked", "the bodies of the 407s come in chunks", "RFC 9112 7.1")
            .each(&[Offer, Challenge], &Fault::Chunked),
        case("407-large", "the bodies of the 407s are 50,000 bytes long", "RFC 9112 6.3")
            .each(&[Offer, Challenge], &Fault::HugeBody(50_000)),
        case("407-huge", "the body of a 407 is 64 MiB: it is read to its end, or given up", "RFC 9112 9.6")
            .each(&[Offer, Challenge], &Fault::HugeBody(HUGE))
            .ends(Ends::Either),
        case("407-endless", "the body of a 407 has no end: it is given up", "RFC 9112 9.6, 9.5")
            .each(&[Offer, Challenge], &Fault::EndlessBody)
            .ends(Ends::Either),
        case("407-without-length", "the body of the first 407 ends with the connection", "RFC 9112 6.3")
            .fault(Offer, 1, Fault::NoLength),
        case(
            "407-length-too-small",
            "the body of the 407 is longer than it says, and its rest is no answer",
            "RFC 9112 6.3",
        )
        .fault(Offer, 1, Fault::ContentLength(5))
        .ends(Ends::Either),
    ]
}
