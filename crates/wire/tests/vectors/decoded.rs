//! Messages in the shape of the vectors' `out`.

use gatepass_wire::{Authenticate, AvPairs, Challenge, DecodeError, Message, Negotiate};
use serde_json::{Map, Value, json};

/// Decodes one of the three messages, or a list of AV pairs.
pub(crate) fn decoded(kind: &str, bytes: &[u8]) -> Result<Value, DecodeError> {
    Ok(match kind {
        "negotiate" => {
            let message = Negotiate::decode(bytes)?;
            json!({
                "flags": flags(message.flags.bits()),
                "domain": text(message.domain_name.iter().copied().map(u16::from)),
                "workstation": text(message.workstation.iter().copied().map(u16::from)),
                "version": message.version.map(|version| hex(&version.to_bytes())),
            })
        }
        "challenge" => {
            let message = Challenge::decode(bytes)?;
            json!({
                "flags": flags(message.flags.bits()),
                "target_name": text(message.target_name.units()),
                "server_challenge": hex(&message.server_challenge),
                "target_info": hex(message.target_info.map(|pairs| pairs.as_bytes()).unwrap_or_default()),
                "version": message.version.map(|version| hex(&version.to_bytes())),
            })
        }
        "authenticate" => {
            let message = Authenticate::decode(bytes)?;
            json!({
                "lm_response": hex(message.lm_response),
                "nt_response": hex(message.nt_response),
                "domain": text(message.domain_name.units()),
                "user": text(message.user_name.units()),
                "workstation": text(message.workstation.units()),
                "encrypted_session_key": hex(message.encrypted_random_session_key),
                "flags": message.flags.map(|set| flags(set.bits())),
                "version": message.version.map(|version| hex(&version.to_bytes())),
                "mic": message.declared_mic().ok().flatten().map(|mic| hex(&mic)),
            })
        }
        "av_pairs" => {
            let pairs = AvPairs::new(bytes).iter();
            let pairs = pairs.map(|pair| pair.map(|pair| json!([pair.id.0, hex(pair.value)])));
            json!({ "pairs": pairs.collect::<Result<Vec<_>, _>>()? })
        }
        _ => panic!("no such message: {kind}"),
    })
}

/// The keys of `expected` that differ in `got`, with both values.
pub(crate) fn differences(expected: &Map<String, Value>, got: &Value) -> Vec<String> {
    expected
        .iter()
        .map(|(key, value)| match value {
            Value::String(string) => (key, json!(text(units(string)))),
            other => (key, other.clone()),
        })
        .filter(|(key, value)| got.get(key) != Some(value))
        .map(|(key, value)| format!("{key}: {:?} instead of {value}", got.get(key)))
        .collect()
}

fn flags(bits: u32) -> String {
    format!("{bits:#010x}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A character a code unit, surrogates as characters of plane 16.
fn text(units: impl IntoIterator<Item = u16>) -> String {
    let character = |unit| char::from_u32(unit).or(char::from_u32(0x10_0000 + unit)).unwrap();
    units.into_iter().map(|unit| character(u32::from(unit))).collect()
}

/// The code units of a text in which surrogates may be characters of plane 16.
fn units(text: &str) -> Vec<u16> {
    let unit = |c: char| match u32::from(c) {
        unit @ 0x10_D800..=0x10_DFFF => vec![u16::try_from(unit - 0x10_0000).unwrap()],
        _ => c.encode_utf16(&mut [0; 2]).to_vec(),
    };
    text.chars().flat_map(unit).collect()
}
