//! The grammar of challenges: no line of any bytes makes it panic or loop, and what it finds stands in the line.
#![no_main]

use gatepass_http::challenges;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let mut found = 0;
    for challenge in challenges(lines.iter().copied()) {
        found += 1;
        match challenge {
            Ok(challenge) => {
                let line = lines[challenge.line];
                assert!(line.windows(challenge.scheme.len()).any(|part| part == challenge.scheme.as_bytes()));
                let _ = challenge.token();
            }
            Err(error) => assert!(error.at <= lines[error.line].len()),
        }
    }
    assert!(found <= bytes.len());
});
