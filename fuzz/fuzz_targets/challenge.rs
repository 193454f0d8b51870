//! CHALLENGE: what a naive reader finds in it, and decoded, encoded and decoded again it is the same message.
#![no_main]

use gatepass_fuzz::naive::{self, Values};
use gatepass_wire::{Challenge, Message};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let decoded = Challenge::decode(bytes);
    let values = naive::challenge(bytes);
    let Ok(message) = decoded else { return assert!(values.is_none(), "{decoded:?}") };
    let (flags, version) =
        (message.flags.bits().to_le_bytes(), message.version.map(|version| version.to_bytes()));
    let mut ours = Values::from([
        ("NegotiateFlags", &flags[..]),
        ("ServerChallenge", &message.server_challenge[..]),
        ("TargetName", message.target_name.as_bytes()),
    ]);
    ours.extend(message.reserved.as_ref().map(|reserved| ("Reserved", &reserved[..])));
    ours.extend(message.target_info.map(|info| ("TargetInfo", info.as_bytes())));
    ours.extend(version.as_ref().map(|version| ("Version", &version[..])));
    assert_eq!(Some(ours), values);

    let _ = (message.check(), format!("{message:?}"));
    let encoded = message.encode().expect("what was decoded fits");
    let again = Challenge::decode(&encoded).expect("what we wrote is sound");
    assert_eq!(again, message);
    assert_eq!(again.encode().as_ref(), Ok(&encoded));
});
