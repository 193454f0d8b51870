//! NEGOTIATE: what a naive reader finds in it, and decoded, encoded and decoded again it is the same message.
#![no_main]

use gatepass_fuzz::naive::{self, Values};
use gatepass_wire::{Message, Negotiate};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let decoded = Negotiate::decode(bytes);
    let values = naive::negotiate(bytes);
    let Ok(message) = decoded else { return assert!(values.is_none(), "{decoded:?}") };
    let (flags, version) =
        (message.flags.bits().to_le_bytes(), message.version.map(|version| version.to_bytes()));
    let mut ours = Values::from([
        ("NegotiateFlags", &flags[..]),
        ("DomainName", message.domain_name),
        ("Workstation", message.workstation),
    ]);
    ours.extend(version.as_ref().map(|version| ("Version", &version[..])));
    assert_eq!(Some(ours), values);

    let _ = (message.charset(), format!("{message:?}"));
    let encoded = message.encode().expect("what was decoded fits");
    let again = Negotiate::decode(&encoded).expect("what we wrote is sound");
    assert_eq!(again, message);
    assert_eq!(again.encode().as_ref(), Ok(&encoded));
});
