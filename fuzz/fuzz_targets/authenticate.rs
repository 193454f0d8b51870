//! AUTHENTICATE: what a naive reader finds in it, and decoded, encoded and decoded again it is the same message with the same
//! response.
#![no_main]

use gatepass_fuzz::naive::{self, Values};
use gatepass_wire::{Authenticate, Message};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let decoded = Authenticate::decode(bytes);
    let values = naive::authenticate(bytes);
    let Ok(message) = decoded else { return assert!(values.is_none(), "{decoded:?}") };
    let flags = message.flags.map(|flags| flags.bits().to_le_bytes());
    let version = message.version.map(|version| version.to_bytes());
    let mut ours = Values::from([
        ("LmChallengeResponse", message.lm_response),
        ("NtChallengeResponse", message.nt_response),
        ("DomainName", message.domain_name.as_bytes()),
        ("UserName", message.user_name.as_bytes()),
        ("Workstation", message.workstation.as_bytes()),
        ("EncryptedRandomSessionKey", message.encrypted_random_session_key),
    ]);
    ours.extend(flags.as_ref().map(|flags| ("NegotiateFlags", &flags[..])));
    ours.extend(version.as_ref().map(|version| ("Version", &version[..])));
    ours.extend(message.mic.as_ref().map(|mic| ("MIC", &mic[..])));
    assert_eq!(Some(ours), values);

    let _ = format!("{message:?}");
    let encoded = message.encode().expect("what was decoded fits");
    let again = Authenticate::decode(&encoded).expect("what we wrote is sound");
    assert_eq!(again, message);
    assert_eq!(again.check(), message.check());
    assert_eq!(again.encode().as_ref(), Ok(&encoded));
});
