//! Every prefix of every byte string in the fixtures, and every byte of it with each of its 255 other values, put to every
//! decoder that may read it: nothing panics, and what an error names lies in the message.

mod vectors;

use base64::Engine as _;
use gatepass_wire::{
    Authenticate, AvPairs, Challenge, DecodeError, Message, MessageSignature, Negotiate,
    NtlmV2ClientChallenge, SIGNATURE, WireStr, fields,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Beyond this a message is one of those that are large and nothing else.
const LONGEST: usize = 1024;

/// Every text in `value`, at any depth.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(list) => list.iter().for_each(|value| texts(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

/// The bytes that a text stands for: hexadecimal, or a message in base64.
fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.starts_with("TlRMTVNTU") {
        return base64::engine::general_purpose::STANDARD.decode(text).ok();
    }
    let hex = !text.is_empty() && text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit());
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    hex.then(|| (0..text.len()).step_by(2).map(byte).collect())
}

/// Every byte string of the fixtures, of a bearable length: the messages, and all the others.
fn inputs() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut found = BTreeSet::new();
    for file in ["public.json", "malformed.json", "sessions.json", "recorded.json"] {
        let entries = vectors::load(file);
        found.extend(entries.iter().filter(|entry| entry["message_parts"].is_array()).map(vectors::message));
        let mut all = Vec::new();
        entries.iter().for_each(|entry| texts(entry, &mut all));
        found.extend(all.into_iter().filter_map(bytes));
    }
    found.into_iter().filter(|input| input.len() <= LONGEST).partition(|input| input.starts_with(&SIGNATURE))
}

fn within(error: DecodeError, input: &[u8]) {
    assert!(error.at() <= input.len(), "{error} of {} bytes", input.len());
}

/// All that a receiver asks of a message of any type.
fn as_message(input: &[u8]) {
    match Negotiate::decode(input) {
        Ok(message) => drop(message.charset()),
        Err(error) => within(error, input),
    }
    match Challenge::decode(input) {
        Ok(message) => drop(message.check()),
        Err(error) => within(error, input),
    }
    match Authenticate::decode(input) {
        Ok(message) => drop(message.check()),
        Err(error) => within(error, input),
    }
}

/// What decodes can be written, and is then read as the same.
fn rewritten(input: &[u8]) {
    if let Ok(message) = Negotiate::decode(input) {
        assert_eq!(Negotiate::decode(&message.encode().unwrap()), Ok(message));
    }
    if let Ok(message) = Challenge::decode(input) {
        assert_eq!(Challenge::decode(&message.encode().unwrap()), Ok(message));
    }
    if let Ok(message) = Authenticate::decode(input) {
        assert_eq!(Authenticate::decode(&message.encode().unwrap()), Ok(message));
    }
}

/// All that can be asked of the parts of a message.
fn as_part(input: &[u8]) {
    let pairs = AvPairs::new(input);
    match pairs.validate() {
        Ok(()) => {}
        Err(error) => within(error, input),
    }
    let _ = (pairs.flags(), pairs.timestamp(), pairs.channel_bindings(), pairs.target_name());
    match NtlmV2ClientChallenge::decode(input) {
        Ok(blob) => assert_eq!(blob.encode(), input),
        Err(error) => within(error, input),
    }
    for extended in [true, false] {
        let _ =
            MessageSignature::decode(input, extended).map(|signature| assert_eq!(signature.encode(), input));
    }
}

/// What shows `input` to people.
fn shown(input: &[u8]) {
    let _ = (WireStr::Utf16(input).to_text(), WireStr::Oem(input).to_text());
    let _ = (WireStr::Utf16(input).to_string(), WireStr::Oem(input).to_string());
    let fields: Vec<_> = fields(input).collect();
    let _ = format!("{fields:?} {:?} {:?}", AvPairs::new(input), NtlmV2ClientChallenge::decode(input));
    let _ = format!("{:?}", Negotiate::decode(input));
    let _ = format!("{:?}", Challenge::decode(input));
    let _ = Authenticate::decode(input).map(|message| format!("{message:?} {:?}", message.response()));
}

/// Puts every prefix and every change of one byte of each of `inputs` to `decode`; every prefix, and every byte with all its bits
/// changed, to the rest.
fn each(inputs: &[Vec<u8>], decode: fn(&[u8])) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(input) = inputs.get(next.fetch_add(1, Relaxed)) {
            for end in 0..=input.len() {
                decode(&input[..end]);
                rewritten(&input[..end]);
                shown(&input[..end]);
            }
            let mut changed = input.clone();
            for at in 0..input.len() {
                for change in 1..=u8::MAX {
                    changed[at] = input[at] ^ change;
                    decode(&changed);
                }
                rewritten(&changed);
                shown(&changed);
                changed[at] = input[at];
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get());
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
}

#[test]
fn every_prefix_and_every_changed_byte_of_every_message_is_read_or_refused() {
    let (messages, _) = inputs();
    assert!(messages.len() > 300, "{}", messages.len());
    each(&messages, as_message);
}

#[test]
fn every_prefix_and_every_changed_byte_of_everything_else_is_read_or_refused() {
    let (_, parts) = inputs();
    assert!(parts.len() > 400, "{}", parts.len());
    each(&parts, as_part);
}
