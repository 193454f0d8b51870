//! The recorded handshakes of other people's clients with other people's servers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::{borrow::ToOwned, string::String, vec, vec::Vec};

/// A handshake as it went over the wire.
#[derive(Clone)]
pub(crate) struct Recording {
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) negotiate: Vec<u8>,
    pub(crate) challenge: Vec<u8>,
    pub(crate) authenticate: Vec<u8>,
}

/// Every handshake of recorded.json, and all that the file says of it.
pub(crate) fn all() -> Vec<(Recording, Value)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/recorded.json");
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let entries: Vec<Value> = serde_json::from_str(&text).unwrap();
    entries.into_iter().map(|entry| (read(&entry), entry)).collect()
}

/// The handshake with this name.
pub(crate) fn named(name: &str) -> Recording {
    let found = all().into_iter().map(|(recording, _)| recording).find(|recording| recording.name == name);
    found.unwrap_or_else(|| panic!("{name}"))
}

fn read(entry: &Value) -> Recording {
    let mut messages = [vec![], vec![], vec![]];
    for message in entry["messages"].as_array().unwrap() {
        let token = STANDARD.decode(message["b64"].as_str().unwrap()).unwrap();
        if let Some(message) = unwrap(&token) {
            let number = usize::from(message[8]).checked_sub(1).unwrap();
            messages[number] = message.to_vec();
        }
    }
    let [negotiate, challenge, authenticate] = messages;
    let text = |key: &str| entry[key].as_str().unwrap().to_owned();
    Recording { name: text("name"), password: text("password"), negotiate, challenge, authenticate }
}

/// The NTLM message in a token, which may be wrapped in SPNEGO: there it fills an OCTET STRING.
fn unwrap(token: &[u8]) -> Option<&[u8]> {
    let start = token.windows(8).position(|window| window == b"NTLMSSP\0")?;
    let length = match token[..start] {
        [] => token.len(),
        [.., 4, 0x82, high, low] => usize::from(u16::from_be_bytes([high, low])),
        [.., 4, 0x81, length] | [.., 4, length] => usize::from(length),
        _ => panic!("no OCTET STRING"),
    };
    Some(&token[start..][..length])
}
