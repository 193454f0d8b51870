//! The client's step: whatever CHALLENGE comes, an answer settles nothing that one side did not say, proves alice's password to
//! the server that sent it and no other one, and shows nothing of it.
#![no_main]

use arbitrary::Arbitrary;
use gatepass_backend::{Attributes, Request};
use gatepass_engine::AwaitingAuthenticate;
use gatepass_fuzz::parties::{Leniency, PASSWORD, capabilities, credentials, nonces, verdict};
use gatepass_wire::{Authenticate, Challenge, Message, Negotiate, NegotiateFlags as Flags, utf16le};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    leniency: Leniency,
    requirements: u32,
    connectionless: bool,
    challenge: &'a [u8],
}

libfuzzer_sys::fuzz_target!(|input: Input<'_>| {
    let Input { leniency, challenge, .. } = input;
    let requirements = Attributes::from_bits(input.requirements);
    let request = Request::target("HTTP/proxy.example").with_requirements(requirements);
    let client = leniency.client(credentials(true)).with_request(request.clone());
    let (offered, negotiate, answer) = if input.connectionless {
        (Flags::from_bits(u32::MAX), Vec::new(), client.answer(challenge, nonces()))
    } else {
        let (waiting, negotiate) = client.negotiate();
        let offered = Negotiate::decode(&negotiate).expect("what we wrote is sound").flags;
        (offered, negotiate, waiting.challenge(challenge, nonces()))
    };
    let Ok((session, authenticate)) = answer else { return };
    let theirs = Challenge::decode(challenge).expect("it was answered").flags;
    let settled = capabilities(session.flags());
    assert!((offered & theirs).contains(settled), "{settled} of {offered} and {theirs}");
    if requirements.contains(Attributes::CONFIDENTIALITY) {
        assert!(settled.contains(Flags::NEGOTIATE_SIGN | Flags::NEGOTIATE_SEAL));
    }
    if leniency.is_strict() && requirements.contains(Attributes::INTEGRITY) {
        assert!(settled.contains(Flags::NEGOTIATE_SIGN | Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY));
    }

    let message = Authenticate::decode(&authenticate).expect("what we wrote is sound");
    assert!(message.check().is_ok());
    for secret in [PASSWORD.as_bytes(), &utf16le(PASSWORD)] {
        let shown_in = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
        // What the server says of its names comes back.
        assert!(!shown_in(&authenticate) || shown_in(challenge));
    }
    if theirs.contains(Flags::NEGOTIATE_DATAGRAM) != input.connectionless {
        // A server that says this to a client that did not take it up would not go on itself.
        return;
    }
    let waiting = || {
        let waiting = AwaitingAuthenticate::resume(&negotiate, challenge).expect("it was answered");
        waiting.with_policy_of(leniency.server().with_request(request.clone()))
    };
    let accepted = verdict(waiting(), &authenticate, PASSWORD).expect("the answer is right");
    assert_eq!(accepted.principal().user(), "alice");
    assert_eq!(capabilities(accepted.session().flags()), settled);
    assert_eq!(accepted.session().exported_session_key().expose(), session.exported_session_key().expose());
    assert!(verdict(waiting(), &authenticate, "wrong horse").is_err());
    let mut other = challenge.to_vec();
    other[24] ^= 1;
    let other = AwaitingAuthenticate::resume(&negotiate, &other).expect("it differs in the nonce alone");
    let other = other.with_policy_of(leniency.server().with_request(request));
    assert!(verdict(other, &authenticate, PASSWORD).is_err(), "an answer is good for one nonce");
});
