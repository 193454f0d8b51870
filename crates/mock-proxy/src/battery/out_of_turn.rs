//! Answers out of turn, and what somebody between client and server does: the client ends, and believes nobody whom it should not.

use super::case::{Case, Ends, Group};
use crate::{BadCertificate, Fault, Leg};

const TURNS: &str = "MS-NTHT 3.1.5; MS-NLMP 3.1.5.1.2";
const IDENTITY: &str = "RFC 9110 4.3.4";

fn tunnel(name: &str, about: &str, section: &'static str, fault: Fault) -> Case {
    // One more tunnel, on a connection of its own, may be tried where the first broke.
    Case::new(Group::Connect, name, about, section)
        .secure()
        .each(&[Leg::Tunnel], &fault)
        .ends(Ends::Failure)
        .attempts(2)
}

pub(super) fn cases() -> Vec<Case> {
    let certificate = |name, about, bad| tunnel(name, about, IDENTITY, Fault::Certificate(bad));
    vec![
        Case::new(Group::Faults, "challenge-unasked", "the first 407 has a CHALLENGE already", TURNS)
            .fault(Leg::Offer, 1, Fault::Challenge)
            .ends(Ends::Either),
        Case::new(
            Group::Faults,
            "challenge-again",
            "each AUTHENTICATE is answered with another CHALLENGE",
            TURNS,
        )
        .each(&[Leg::Verdict], &Fault::Challenge)
        .ends(Ends::Failure),
        Case::new(Group::Faults, "granted-early", "the NEGOTIATE is answered with the page", TURNS)
            .fault(Leg::Challenge, 1, Fault::Grant)
            .ends(Ends::Either),
        Case::new(
            Group::Faults,
            "closed-behind-challenge",
            "the connection is closed behind the CHALLENGE, without a word of it",
            "RFC 9112 9.3.1, 9.6",
        )
        .fault(Leg::Challenge, 1, Fault::CloseBehind)
        .ends(Ends::Either),
        Case::new(
            Group::Security,
            "mic-stripped",
            "somebody takes the MIC out of the AUTHENTICATE: refused, and no second attempt",
            "MS-NLMP 3.2.5.1.2",
        )
        .each(&[Leg::Verdict], &Fault::StripMic)
        .ends(Ends::Failure),
        Case::new(
            Group::Security,
            "shared-upstream",
            "the proxy has one connection to the origin for all: no matter to who logs in at the proxy alone",
            "RFC 9110 11.2",
        )
        .each(&[Leg::Verdict, Leg::Served], &Fault::SharedUpstream)
        .ends(Ends::Page),
        certificate("tunnel-expired", "the certificate has expired", BadCertificate::Expired),
        certificate("tunnel-wrong-name", "the certificate is another host's", BadCertificate::WrongName),
        certificate("tunnel-self-signed", "no CA has signed the certificate", BadCertificate::SelfSigned),
        tunnel("tunnel-alert", "TLS is answered with an alert", "RFC 8446 6.2", Fault::TlsAlert),
        tunnel(
            "tunnel-greeting",
            "text comes before TLS, as from a server that speaks first",
            "RFC 8446 6.2",
            Fault::First("220 ready\r\n".to_owned()),
        ),
    ]
}
