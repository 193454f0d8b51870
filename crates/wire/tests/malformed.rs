//! Every malformed or unusual message of `fixtures/malformed.json`: refused at the byte that is wrong, or
//! read for what it says.

#[path = "vectors/decoded.rs"]
mod decoded;
mod vectors;

use decoded::{decoded, differences};
use gatepass_wire::{Authenticate, Challenge, DecodeError, Message, Negotiate};
use serde_json::Value;

#[test]
fn malformed_negotiates_fail_at_their_byte_and_odd_ones_are_read() {
    assert_eq!(failures("negotiate"), Vec::<String>::new());
}

#[test]
fn malformed_challenges_fail_at_their_byte_and_odd_ones_are_read() {
    assert_eq!(failures("challenge"), Vec::<String>::new());
}

#[test]
fn malformed_authenticates_fail_at_their_byte_and_odd_ones_are_read() {
    assert_eq!(failures("authenticate"), Vec::<String>::new());
}

fn failures(kind: &str) -> Vec<String> {
    let entries: Vec<Value> =
        vectors::load("malformed.json").into_iter().filter(|entry| entry["kind"] == kind).collect();
    assert!(entries.len() > 30, "only {} entries of kind {kind}", entries.len());
    entries
        .iter()
        .flat_map(|entry| failure(kind, entry).map(|why| format!("{}: {why}", entry["id"])))
        .collect()
}

fn failure(kind: &str, entry: &Value) -> Option<String> {
    let bytes = vectors::message(entry);
    let result = decoded(kind, &bytes).and_then(|out| match entry["check"].as_str() {
        Some("decode") => Ok(out),
        Some("process") => process(kind, &bytes).map(|()| out),
        other => panic!("unknown check {other:?}"),
    });
    match (entry["level"].as_str(), entry["expect"].as_str(), result) {
        (Some("may"), ..) => None,
        (Some("must" | "should"), Some("error"), Err(error)) => match entry["at"].as_u64() {
            Some(at) if usize::try_from(at) != Ok(error.at()) => Some(format!("{error}, instead of {at}")),
            _ => None,
        },
        (Some("must" | "should"), Some("ok"), Ok(out)) => {
            let differences = entry["out"].as_object().map(|expected| differences(expected, &out));
            differences.filter(|list| !list.is_empty()).map(|list| list.join(", "))
        }
        (level, expect, result) => Some(format!("{level:?} be {expect:?}, is {result:?}")),
    }
}

/// What a receiver checks, beside credentials.
fn process(kind: &str, bytes: &[u8]) -> Result<(), DecodeError> {
    match kind {
        "negotiate" => Negotiate::decode(bytes)?.charset().map(drop),
        "challenge" => Challenge::decode(bytes)?.check(),
        _ => Authenticate::decode(bytes)?.check().map(drop),
    }
}
