//! CHALLENGE: decoded, encoded and decoded again it is the same message.
#![no_main]

use gatepass_wire::{Challenge, Message};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(message) = Challenge::decode(bytes) else { return };
    let _ = (message.check(), format!("{message:?}"));
    let encoded = message.encode().expect("what was decoded fits");
    let again = Challenge::decode(&encoded).expect("what we wrote is sound");
    assert_eq!(again, message);
    assert_eq!(again.encode().as_ref(), Ok(&encoded));
});
