//! AUTHENTICATE: decoded, encoded and decoded again it is the same message, and its response is the same response.
#![no_main]

use gatepass_wire::{Authenticate, Message};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(message) = Authenticate::decode(bytes) else { return };
    let _ = format!("{message:?}");
    let encoded = message.encode().expect("what was decoded fits");
    let again = Authenticate::decode(&encoded).expect("what we wrote is sound");
    assert_eq!(again, message);
    assert_eq!(again.check(), message.check());
    assert_eq!(again.encode().as_ref(), Ok(&encoded));
});
