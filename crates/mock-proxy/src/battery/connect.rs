//! Tunnels: CONNECT answers the 407, and nothing of that reaches the origin.

use super::case::{Case, Ends, Group, Task};
use crate::{Fault, Leg, Offered};

fn case(name: &str, about: &str, section: &'static str) -> Case {
    Case::new(Group::Connect, name, about, section).secure()
}

/// An answer that is no TLS.
const PLAIN: &str = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("connect", "a page over https, through a tunnel", "RFC 9110 9.3.6; MS-NTHT 2.2.4"),
        case(
            "connect-negotiate",
            "a tunnel from a proxy that offers Negotiate alone",
            "RFC 9110 9.3.6; RFC 4559 4",
        )
        .offer(&[Offered::Negotiate]),
        case(
            "connect-wrong-password",
            "a tunnel with a wrong password: refused, and no second attempt",
            "RFC 9110 15.5.8",
        )
        .typed(super::case::USER, "Wr0ng!")
        .ends(Ends::Failure),
        case("connect-post", "a body of 100,000 bytes through a tunnel", "RFC 9110 9.3.6")
            .with_task(Task::Upload(100_000))
            .check(super::judgement::uploaded_once),
        case(
            "connect-closed-offer",
            "the proxy closes after its first 407, as Squid's keep_alive off does",
            "RFC 9112 9.6",
        )
        .like("squid-5-keepalive-off"),
        case(
            "connect-intercepted",
            "the proxy ends TLS itself, with a certificate that the client trusts",
            "RFC 9110 9.3.6",
        )
        .like("zscaler"),
        case(
            "connect-refused",
            "the login is good, and the proxy refuses the tunnel with 403",
            "RFC 9110 9.3.6",
        )
        .fault(Leg::Verdict, 1, Fault::Status(403))
        .ends(Ends::Failure),
        case(
            "connect-unreachable",
            "the login is good, and the proxy cannot reach the origin: 502",
            "RFC 9110 15.6.3",
        )
        .fault(Leg::Verdict, 1, Fault::Unreachable)
        .ends(Ends::Failure),
        case("connect-informational", "two 100 Continue before the answer to CONNECT", "RFC 9110 15.2")
            .fault(Leg::Verdict, 1, Fault::Informational(2)),
        case("tunnel-not-tls", "plain HTTP comes where TLS should, within the tunnel", "RFC 8446 6.2")
            .fault(Leg::Tunnel, 1, Fault::Instead(PLAIN.to_owned()))
            .ends(Ends::Failure),
        case("tunnel-closed", "the tunnel is closed before a byte of the origin's has come", "RFC 9112 9.8")
            .fault(Leg::Tunnel, 1, Fault::Close)
            .ends(Ends::Either),
        case("tunnel-cut", "the tunnel is closed in the middle of the TLS handshake", "RFC 8446 6.1")
            .fault(Leg::Tunnel, 1, Fault::CloseAfter(200))
            .ends(Ends::Either),
        case("tunnel-reset", "the tunnel is reset in the middle of the TLS handshake", "RFC 9110 9.3.6")
            .fault(Leg::Tunnel, 1, Fault::ResetAfter(200))
            .ends(Ends::Either),
        case("tunnel-silent", "nothing comes through the tunnel, and it stays open", "RFC 9112 9.5")
            .fault(Leg::Tunnel, 1, Fault::Hang)
            .ends(Ends::Either),
    ]
    .into_iter()
    // One more tunnel, on a connection of its own, may be tried where the first broke without an answer.
    .map(|case| if case.name().starts_with("tunnel-") { case.attempts(2) } else { case })
    .collect()
}
