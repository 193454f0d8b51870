//! What goes wrong in each leg: the client survives it or says so, in bounded time and without a second attempt.

use super::case::{Case, Ends, Group};
use crate::{Fault, Leg, TokenFault};

/// Where a client may begin anew, and where it must not.
const RETRIES: &str = "RFC 9112 9.3.1, 8";
/// How long to wait is for the client to say, but not for ever.
const TIMES: &str = "RFC 9112 9.5";
const TOKENS: &str = "MS-NTHT 2.2.3; MS-NLMP 2.2.1.2";
/// `NEGOTIATE_UNICODE`
const UNICODE: u32 = 0x0000_0001;
/// `NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY`
const EXTENDED_SESSION_SECURITY: u32 = 0x0008_0000;
/// `NTLMSSP_NEGOTIATE_LM_KEY`
const LM_KEY: u32 = 0x0000_0080;

/// What a connection can do to each response.
fn connection_faults(leg: Leg) -> Vec<Case> {
    let dribble = Fault::Dribble { bytes: 16, seconds: 0.01 };
    [
        (Fault::Close, "closes the connection in place of", RETRIES, Ends::Either),
        (Fault::Reset, "resets the connection in place of", RETRIES, Ends::Either),
        (Fault::HalfClose, "closes its sending side in place of", RETRIES, Ends::Either),
        (Fault::Hang, "says nothing in place of", TIMES, Ends::Either),
        (Fault::CloseAfter(40), "closes in the middle of", RETRIES, Ends::Either),
        (Fault::ResetAfter(40), "resets in the middle of", RETRIES, Ends::Either),
        (Fault::Delay(1.0), "waits a second before", TIMES, Ends::Page),
        (dribble, "sends in small pieces", TIMES, Ends::Page),
        (
            Fault::WithoutHeader("Proxy-Authenticate".to_owned()),
            "names no scheme in",
            "RFC 9110 15.5.8",
            Ends::Either,
        ),
        (Fault::LongHead(300_000), "has a field of 300,000 bytes in", "RFC 9110 5.4", Ends::Either),
        (Fault::ManyHeaders(500), "has five hundred further fields in", "RFC 9110 5.4", Ends::Either),
        (Fault::Status(500), "has the status 500 in", "RFC 9110 15.6.1", Ends::Either),
    ]
    .into_iter()
    .map(|(fault, does, section, ends)| {
        let (what, ends) = match leg {
            Leg::Offer => ("the first 407", ends),
            Leg::Challenge => ("the CHALLENGE", ends),
            _ if matches!(fault, Fault::WithoutHeader(_)) => ("the answer to the AUTHENTICATE", Ends::Page),
            _ => ("the answer to the AUTHENTICATE", ends),
        };
        let (name, about) = (format!("{leg}-{}", fault.name()), format!("the proxy {does} {what}"));
        Case::new(Group::Faults, &name, &about, section).fault(leg, 1, fault).ends(ends)
    })
    .collect()
}

/// What can be wrong with a CHALLENGE, in each of them.
fn token_faults() -> Vec<Case> {
    [
        ("empty", "there is none", TokenFault::Empty, Ends::Failure),
        ("not-base64", "it is not base64", TokenFault::NotBase64, Ends::Failure),
        ("truncated", "it ends after 20 bytes", TokenFault::Truncated(20), Ends::Failure),
        ("flipped-signature", "its signature is not that of NTLM", TokenFault::Flipped(1), Ends::Failure),
        ("flipped-length", "the length of its target info is beyond its end", TokenFault::Flipped(41), Ends::Either),
        ("negotiate", "it is a NEGOTIATE", TokenFault::Negotiate, Ends::Failure),
        ("authenticate", "it is an AUTHENTICATE", TokenFault::Authenticate, Ends::Failure),
        ("padded", "it has sixteen bytes behind its end", TokenFault::Padded(16), Ends::Either),
        ("long", "it is 60,000 bytes long", TokenFault::Padded(60_000), Ends::Either),
        ("no-target-info", "it has no target info", TokenFault::NoTargetInfo, Ends::Either),
        ("no-unicode", "it withdraws Unicode", TokenFault::WithoutFlags(UNICODE), Ends::Either),
        ("named", "token= stands before it", TokenFault::Named, Ends::Either),
    ]
    .into_iter()
    .map(|(name, about, fault, ends)| {
        let about = format!("the CHALLENGE is not as it should be: {about}");
        Case::new(Group::Faults, &format!("token-{name}"), &about, TOKENS)
            .each(&[Leg::Challenge], &Fault::Token(fault))
            .ends(ends)
    })
    .chain([Case::new(
        Group::Faults,
        "token-old-flags",
        "the CHALLENGE withdraws extended session security and claims LM_KEY: the answer is NTLMv2, or there is none",
        "MS-NLMP 3.1.5.1.2, 5.1",
    )
    .each(&[Leg::Challenge], &Fault::Token(TokenFault::WithoutFlags(EXTENDED_SESSION_SECURITY)))
    .each(&[Leg::Challenge], &Fault::Token(TokenFault::WithFlags(LM_KEY)))
    .check(super::judgement::ntlm_v2)
    .ends(Ends::Either)])
    .collect()
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<_> =
        [Leg::Offer, Leg::Challenge, Leg::Verdict].into_iter().flat_map(connection_faults).collect();
    cases.extend(token_faults());
    cases.extend([
        Case::new(
            Group::Faults,
            "challenge-refused",
            "the proxy answers every NEGOTIATE with a bare offer: it ends, and not after many turns",
            "RFC 9110 15.5.8",
        )
        .each(&[Leg::Challenge], &Fault::Refuse)
        .ends(Ends::Failure),
        Case::new(
            Group::Faults,
            "origin-unreachable",
            "the login is good, and the proxy cannot reach the origin: 502",
            "RFC 9110 15.6.3",
        )
        .fault(Leg::Verdict, 1, Fault::Unreachable)
        .ends(Ends::Failure),
    ]);
    cases
}
