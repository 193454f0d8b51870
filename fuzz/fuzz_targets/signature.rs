//! Both forms of the signature: encoded, it is what was decoded, byte for byte.
#![no_main]

use gatepass_wire::MessageSignature;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for extended in [true, false] {
        let Ok(signature) = MessageSignature::decode(bytes, extended) else { continue };
        assert_eq!(signature.encode(), bytes);
    }
});
