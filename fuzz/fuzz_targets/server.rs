//! The server's steps: what comes from nobody proves nothing, whatever it is; what comes from alice proves it is she, unless
//! a byte of it was changed.
#![no_main]

use arbitrary::Arbitrary;
use gatepass_engine::Dialect;
use gatepass_fuzz::parties::{Leniency, PASSWORD, credentials, nonces, verdict};
use gatepass_fuzz::tampering::Tampering;
use gatepass_wire::{Challenge, Message, Negotiate, NegotiateFlags as Flags};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    leniency: Leniency,
    what: What<'a>,
}

#[derive(Arbitrary, Debug)]
enum What<'a> {
    /// A NEGOTIATE of nobody.
    Negotiate(&'a [u8]),
    /// An AUTHENTICATE of nobody.
    Authenticate(&'a [u8]),
    /// A login of alice, and what becomes of its messages.
    Login { mic: bool, tampering: [Tampering<'a>; 3] },
}

/// What the server alone says, and what it says unasked.
const ITS_OWN: Flags = Flags::TARGET_TYPE_DOMAIN
    .with(Flags::TARGET_TYPE_SERVER)
    .with(Flags::NEGOTIATE_TARGET_INFO)
    .with(Flags::NEGOTIATE_VERSION);

fn negotiate(leniency: Leniency, negotiate: &[u8]) {
    let Ok((_, challenge)) = leniency.server().negotiate(negotiate, nonces()) else { return };
    let challenge = Challenge::decode(&challenge).expect("what we wrote is sound");
    assert_eq!(challenge.check(), Ok(()));
    let offered = Negotiate::decode(negotiate).expect("it was answered").flags;
    assert!(offered.contains(challenge.flags.without(ITS_OWN)), "{} of {offered}", challenge.flags);
}

/// Whoever sends this does not know the password.
fn authenticate(leniency: Leniency, authenticate: &[u8]) {
    let (_, negotiate) = leniency.client(credentials(true)).negotiate();
    let (waiting, _) = leniency.server().negotiate(&negotiate, nonces()).expect("the client is ours");
    if let Ok(accepted) = verdict(waiting, authenticate, PASSWORD) {
        assert!(accepted.is_anonymous() && leniency.policy().permits(Dialect::Anonymous));
    }
}

fn login(leniency: Leniency, mic: bool, [first, second, third]: [Tampering<'_>; 3]) {
    let server = if mic { leniency.server_for_mic() } else { leniency.server() };
    let (client, sent) = leniency.client(credentials(true)).negotiate();
    let arrived = first.of(&sent);
    let Ok((waiting, challenge)) = server.negotiate(&arrived, nonces()) else { return };
    let seen = second.of(&challenge);
    let Ok((ours, answer)) = client.challenge(&seen, nonces()) else { return };
    let taken = third.of(&answer);
    let unaltered = (&arrived, &seen, &taken) == (&sent, &challenge, &answer);
    match verdict(waiting, &taken, PASSWORD) {
        Ok(accepted) if accepted.is_anonymous() => assert!(leniency.policy().permits(Dialect::Anonymous)),
        Ok(accepted) => {
            assert!(!mic || accepted.mic_proved());
            // The older dialects prove less, but who allows none of them has every byte proved.
            assert!(unaltered || accepted.dialect() != Dialect::V2 && !leniency.is_strict());
            let theirs = accepted.session();
            assert!(
                !unaltered || theirs.exported_session_key().expose() == ours.exported_session_key().expose()
            );
        }
        Err(error) => assert!(!unaltered || leniency.dialect().is_some(), "{error}"),
    }
}

libfuzzer_sys::fuzz_target!(|input: Input<'_>| {
    match input.what {
        What::Negotiate(bytes) => negotiate(input.leniency, bytes),
        What::Authenticate(bytes) => authenticate(input.leniency, bytes),
        What::Login { mic, tampering } => login(input.leniency, mic, tampering),
    }
});
