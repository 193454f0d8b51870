//! The fixtures that concern SPNEGO.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatepass_spnego::{NegState, Oid, Token};
use serde_json::{Map, Value, json};

/// Every entry of a file of `fixtures/`.
fn load(file: &str) -> Vec<Value> {
    let path = format!("{}/../../fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    // Lone surrogates, which no Rust string can hold, stand in entries about text; none of those is read here.
    serde_json::from_str(&text.replace("\\ud", "\\u0")).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The malformed and the unusual tokens.
pub(crate) fn malformed() -> Vec<Value> {
    let entries: Vec<Value> =
        load("malformed.json").into_iter().filter(|entry| entry["kind"] == "spnego").collect();
    assert!(entries.len() > 40, "only {} entries", entries.len());
    entries
}

/// The published tokens.
pub(crate) fn published() -> Vec<Value> {
    let entries: Vec<Value> =
        load("public.json").into_iter().filter(|entry| entry["fn"] == "decode_negtoken").collect();
    assert!(entries.len() >= 7, "only {} entries", entries.len());
    entries
}

/// The recorded handshake that was wrapped in SPNEGO, and its tokens with the server's last one.
pub(crate) fn recorded() -> (Value, Vec<Vec<u8>>) {
    let entry =
        load("recorded.json").into_iter().find(|entry| entry["name"] == "pyspnego-negotiate").unwrap();
    let last = entry["detail"].as_str().unwrap().split_once(' ').unwrap().0;
    let messages =
        entry["messages"].as_array().unwrap().iter().map(|message| message["b64"].as_str().unwrap());
    let tokens = messages.chain([last]).map(|text| STANDARD.decode(text).unwrap()).collect();
    (entry, tokens)
}

/// Every token of the fixtures, good and bad.
pub(crate) fn all() -> Vec<Vec<u8>> {
    let published = published().iter().map(|entry| hex(entry["in"]["token"].as_str().unwrap())).collect();
    let malformed = malformed().iter().map(message).collect();
    [published, malformed, recorded().1].concat()
}

/// The bytes of a malformed entry.
pub(crate) fn message(entry: &Value) -> Vec<u8> {
    match entry["message_parts"].as_array() {
        None => hex(entry["message_hex"].as_str().unwrap()),
        Some(parts) => parts
            .iter()
            .flat_map(|part| {
                hex(part[0].as_str().unwrap()).repeat(part[1].as_u64().unwrap().try_into().unwrap())
            })
            .collect(),
    }
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "{text}");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn shown(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the `out` of an entry says that differs from `token`.
pub(crate) fn differences(out: &Map<String, Value>, token: &Token<'_>) -> Vec<String> {
    let decoded = decoded(token);
    let differs = |(key, value): (&String, &Value)| match decoded.get(key) {
        Some(ours) if ours == value => None,
        ours => Some(format!("{key} is {ours:?}, should be {value}")),
    };
    out.iter().filter_map(differs).collect()
}

/// A token under the names of the vectors.
fn decoded(token: &Token<'_>) -> Value {
    match token {
        Token::Init(init) => json!({
            "type": "init",
            "mech_types": init.mech_types.iter().map(|oid| oid.to_string()).collect::<Vec<_>>(),
            "req_flags": init.req_flags.map(shown),
            "mech_token": init.mech_token.map(shown),
            "neg_hints": init.neg_hints.map(shown),
            "mech_list_mic": init.mech_list_mic.map(shown),
        }),
        Token::Resp(resp) => json!({
            "type": "resp",
            "neg_state": resp.neg_state.map(|state| match state {
                NegState::AcceptCompleted => 0,
                NegState::AcceptIncomplete => 1,
                NegState::Reject => 2,
                NegState::RequestMic => 3,
            }),
            "supported_mech": resp.supported_mech.as_ref().map(Oid::to_string),
            "response_token": resp.response_token.map(shown),
            "mech_list_mic": resp.mech_list_mic.map(shown),
        }),
        Token::Raw(message) => json!({ "type": "raw", "ntlm": shown(message) }),
    }
}
