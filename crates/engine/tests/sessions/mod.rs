//! Handshakes of Samba's client with every kind of response and key: sessions.json.

use crate::recordings::Recording;
use gatepass_wire::NegotiateFlags;
use serde_json::Value;

/// A handshake, and what Samba made of it.
pub(crate) struct Recorded {
    pub(crate) handshake: Recording,
    pub(crate) flags: NegotiateFlags,
    pub(crate) session_key: Vec<u8>,
}

pub(crate) fn all() -> Vec<Recorded> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/sessions.json");
    let entries: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    entries.iter().map(read).collect()
}

fn read(entry: &Value) -> Recorded {
    let text = |key: &str| entry[key].as_str().unwrap().to_owned();
    let bytes = |key: &str| {
        let text = text(key);
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    Recorded {
        handshake: Recording {
            name: text("id"),
            password: text("password"),
            negotiate: bytes("negotiate"),
            challenge: bytes("challenge"),
            authenticate: bytes("authenticate"),
        },
        flags: NegotiateFlags::from_bits(u32::from_str_radix(&text("flags")[2..], 16).unwrap()),
        session_key: bytes("session_key"),
    }
}
