//! The NTLMv2 client challenge: encoded, it is what was decoded, byte for byte.
#![no_main]

use gatepass_wire::NtlmV2ClientChallenge;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(blob) = NtlmV2ClientChallenge::decode(bytes) else { return };
    let _ = (blob.av_pairs.validate(), format!("{blob:?}"));
    assert_eq!(blob.encode(), bytes);
});
