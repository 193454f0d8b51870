//! `settle` for any flags of both sides: what the rules of the document make of them, flag by flag.
#![no_main]

#[path = "../../crates/engine/tests/truth_table/mod.rs"]
mod truth_table;

use gatepass_engine::{Error, settle};
use gatepass_wire::NegotiateFlags as Flags;

/// The flags that can be demanded.
const DEMANDED: Flags = Flags::NEGOTIATE_SIGN
    .with(Flags::NEGOTIATE_SEAL)
    .with(Flags::NEGOTIATE_128)
    .with(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY)
    .with(Flags::NEGOTIATE_DATAGRAM);

libfuzzer_sys::fuzz_target!(|input: (u32, u32, u32)| {
    let [offered, ours, required] = [input.0, input.1, input.2].map(Flags::from_bits);
    let table = truth_table::expected(offered, ours);
    assert_eq!(settle(offered, ours, Flags::EMPTY), table);
    let demanded = required & DEMANDED;
    match (settle(offered, ours, required), table) {
        (Ok(flags), table) => {
            assert_eq!(Ok(flags), table);
            assert!(flags.contains(demanded), "{demanded} of {flags}");
        }
        (Err(Error::Policy(_)), Ok(flags)) => assert!(!flags.contains(demanded), "{demanded} of {flags}"),
        // What is wrong in two ways may be refused for either.
        (Err(_), Err(_)) => {}
        (Err(error), Ok(flags)) => panic!("{error} instead of {flags}"),
    }
});
