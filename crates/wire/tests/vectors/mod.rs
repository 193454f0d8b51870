//! The files of `fixtures/`, as JSON values.

use serde_json::Value;

/// Every entry of a file.
pub(crate) fn load(file: &str) -> Vec<Value> {
    let path = format!("{}/../../fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let entries: Vec<Value> = serde_json::from_str(&surrogates_as_plane_16(&text)).unwrap();
    assert!(!entries.is_empty(), "{path} has no entries");
    entries
}

/// The bytes of an entry, or of the `in` of one.
pub(crate) fn message(entry: &Value) -> Vec<u8> {
    if let Some(parts) = entry["message_parts"].as_array() {
        let part = |part: &Value| {
            hex(part[0].as_str().unwrap()).repeat(part[1].as_u64().unwrap().try_into().unwrap())
        };
        return parts.iter().flat_map(part).collect();
    }
    let text = ["message_hex", "message", "data"].iter().find_map(|key| entry[*key].as_str());
    hex(text.unwrap_or_else(|| panic!("no bytes in {entry}")))
}

fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "{text}");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// Text in the vectors may hold lone surrogates, which no Rust string can. So the escape of a surrogate
/// becomes the character of plane 16 that ends in the same four digits; no vector uses those characters
/// themselves.
fn surrogates_as_plane_16(json: &str) -> String {
    let (mut out, mut rest) = (String::new(), json);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let unit = escape.strip_prefix("\\u").and_then(|digits| digits.get(..4));
        let unit = unit.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let length = match unit {
            Some(unit @ 0xD800..=0xDFFF) => {
                out.push(char::from_u32(0x10_0000 + unit).unwrap());
                6
            }
            _ => {
                out.push_str(&escape[..2]);
                2
            }
        };
        rest = &escape[length..];
    }
    out + rest
}
