//! A list of AV pairs: what a naive reader finds in it, and what is sound survives encoding, pair by pair.
#![no_main]

use gatepass_fuzz::naive;
use gatepass_wire::{AvPair, AvPairs, encode_av_pairs};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let pairs = AvPairs::new(bytes);
    let _ = (
        pairs.flags(),
        pairs.timestamp(),
        pairs.channel_bindings(),
        pairs.target_name(),
        format!("{pairs:?}"),
    );
    let naive = naive::av_pairs(bytes);
    let Ok(list) = pairs.iter().collect::<Result<Vec<AvPair<'_>>, _>>() else {
        assert!(pairs.validate().is_err());
        return assert_eq!(naive, None);
    };
    assert_eq!(Some(list.iter().map(|pair| (pair.id.0, pair.value)).collect()), naive);
    assert_eq!(pairs.validate(), Ok(()));
    // Without the bytes that follow the end mark a list that fitted still fits; with them it may have been longer.
    let Ok(encoded) = encode_av_pairs(&list) else { return assert!(bytes.len() > 0xffff) };
    assert_eq!(AvPairs::new(&encoded).iter().collect::<Result<Vec<_>, _>>().as_ref(), Ok(&list));
});
