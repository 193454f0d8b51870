//! Heads: all the ways in which the same offer can be written.

use super::case::{Case, Ends, Group};
use crate::{Fault, Leg};

fn case(name: &str, about: &str, section: &'static str) -> Case {
    Case::new(Group::Layouts, name, about, section)
}

fn offering(value: &str) -> Fault {
    Fault::Header { name: "Proxy-Authenticate".to_owned(), value: value.to_owned() }
}

/// Like a known peer, with its page in the end.
fn peer(name: &str, about: &str) -> Case {
    case(name, about, "RFC 9110 11.7.1").like(name)
}

pub(super) fn cases() -> Vec<Case> {
    const FIELD: &str = "Proxy-Authenticate";
    let turns = [Leg::Offer, Leg::Challenge];
    vec![
        peer("all-in-one-line", "all schemes in one field, separated by commas"),
        peer("all-in-lines", "each scheme in a field of its own, the strongest first"),
        peer("all-reversed", "each scheme in a field of its own, Basic first"),
        peer("squid-5-ntlm", "heads and pages as Squid 5 writes them, with NTLM"),
        peer("squid-5-all", "heads and pages as Squid 5 writes them, with Negotiate, NTLM and Basic"),
        peer("isa-tmg", "heads and pages as ISA and TMG write them, which close after the offer"),
        peer("bluecoat", "heads and pages as Blue Coat writes them"),
        case(
            "squid-5-wrapper",
            "Squid's wrapper writes token= before the token of Negotiate, which no document knows",
            "RFC 9110 11.2",
        )
        .like("squid-5-wrapper")
        .ends(Ends::Either),
        case("kerberos-only", "a proxy that wants Kerberos alone: no password goes there", "RFC 4559 4")
            .like("kerberos-only")
            .ends(Ends::Failure),
        case("unknown-scheme", "a scheme that nobody knows beside NTLM", "RFC 9110 11.1")
            .each(&[Leg::Offer], &offering("Passport1.4 realm=\"x\", da-status=failed")),
        case("comma-in-realm", "a realm with a comma and with a scheme's name in it", "RFC 9110 11.2, 5.6.4")
            .each(&[Leg::Offer], &offering("Basic realm=\"a, NTLM \\\"b\\\", Basic\"")),
        case("odd-case", "field names in unusual case", "RFC 9110 5.1").each(&turns, &Fault::OddCase),
        case("folded", "the offer is folded over two lines", "RFC 9112 5.2")
            .each(&turns, &Fault::FoldedHeader(FIELD.to_owned())),
        case("duplicate", "each offer and each CHALLENGE comes twice", "RFC 9110 5.3")
            .each(&turns, &Fault::DuplicateHeader(FIELD.to_owned())),
        case(
            "proxy-connection",
            "Proxy-Connection: keep-alive, which is no field of HTTP/1.1",
            "RFC 9112 C.2.2",
        )
        .each(&turns, &Fault::Header { name: "Proxy-Connection".to_owned(), value: "keep-alive".to_owned() }),
        case("informational", "three 100 Continue before each 407", "RFC 9110 15.2")
            .each(&turns, &Fault::Informational(3)),
        case("many-fields", "sixty further fields in each 407", "RFC 9110 5.4")
            .each(&turns, &Fault::ManyHeaders(60)),
        case("long-field", "a field of 8,000 bytes in each 407", "RFC 9110 5.4")
            .each(&turns, &Fault::LongHead(8_000)),
    ]
}
