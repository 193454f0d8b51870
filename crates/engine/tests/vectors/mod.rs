//! The fixtures as the tests of this crate read them.

use gatepass_wire::NegotiateFlags;
use serde_json::{Map, Value};

/// An entry of a vector file.
#[derive(Clone)]
pub(crate) struct Vector(Value);

fn load(name: &str) -> Vec<Vector> {
    let path = format!("{}/../../fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    match serde_json::from_str(&text).unwrap() {
        Value::Array(entries) => entries.into_iter().map(Vector).collect(),
        _ => panic!("{path} is no list"),
    }
}

/// The entries of public.json for `function`.
pub(crate) fn public(function: &str) -> Vec<Vector> {
    load("public").into_iter().filter(|entry| entry.0["fn"] == function).collect()
}

impl Vector {
    pub(crate) fn id(&self) -> &str {
        self.0["id"].as_str().unwrap()
    }

    pub(crate) fn out(&self) -> &Map<String, Value> {
        self.0["out"].as_object().unwrap()
    }

    pub(crate) fn optional(&self, key: &str) -> Option<String> {
        self.0["in"][key].as_str().map(str::to_owned)
    }

    pub(crate) fn text(&self, key: &str) -> String {
        self.optional(key).unwrap_or_else(|| panic!("{}: {key}", self.id()))
    }

    pub(crate) fn bytes(&self, key: &str) -> Vec<u8> {
        hex(&self.text(key))
    }

    pub(crate) fn flags(&self) -> NegotiateFlags {
        let text = self.text("flags");
        NegotiateFlags::from_bits(u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap())
    }

    /// A boolean, false where it is absent.
    pub(crate) fn boolean(&self, key: &str) -> bool {
        self.0["in"][key].as_bool().unwrap_or_default()
    }

    pub(crate) fn number(&self, key: &str) -> u32 {
        u32::try_from(self.0["in"][key].as_u64().unwrap()).unwrap()
    }
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "{text}");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap()
}
