//! The challenge fields of `fixtures/malformed.json`, entry by entry.

use gatepass_http::{Scheme, challenges};
use serde::Deserialize;

/// An entry of the file. Every key of a header entry is named here: a new one fails until it is consumed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    kind: String,
    check: String,
    expect: String,
    level: String,
    name: String,
    values_hex: Option<Vec<String>>,
    values_text: Option<Vec<String>>,
    values_parts: Option<Vec<Vec<(String, usize)>>>,
    what: String,
    #[expect(dead_code, reason = "where it was seen is for people")]
    seen_in: Option<String>,
    out: Option<Out>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Out {
    challenges: Vec<(String, Option<String>)>,
}

impl Entry {
    fn values(&self) -> Vec<Vec<u8>> {
        if let Some(lines) = &self.values_parts {
            return lines
                .iter()
                .map(|parts| parts.iter().flat_map(|(hex, count)| unhex(hex).repeat(*count)).collect())
                .collect();
        }
        let values: Vec<_> = self.values_hex.iter().flatten().map(|hex| unhex(hex)).collect();
        if let Some(texts) = &self.values_text {
            assert!(values.iter().eq(texts.iter().map(|text| text.as_bytes())), "{}", self.id);
        }
        values
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// The NTLM and Negotiate challenges of a field, each with its token in hex; why it is unusable otherwise.
fn offers(values: &[Vec<u8>]) -> Result<Vec<(String, Option<String>)>, String> {
    let mut offers = Vec::new();
    for challenge in challenges(values.iter().map(Vec::as_slice)) {
        let challenge = challenge.map_err(|error| error.to_string())?;
        if matches!(challenge.known_scheme(), Some(Scheme::Ntlm | Scheme::Negotiate)) {
            let token = challenge.token().map_err(|error| error.to_string())?;
            let hex = token.map(|token| token.iter().map(|byte| format!("{byte:02x}")).collect());
            offers.push((challenge.scheme.to_ascii_lowercase(), hex));
        }
    }
    if offers.is_empty() { Err("neither NTLM nor Negotiate".into()) } else { Ok(offers) }
}

#[test]
fn every_header_entry_comes_out_as_the_file_says() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/malformed.json");
    let text = std::fs::read_to_string(file).unwrap();
    // Names that are lone surrogates stand in entries of other kinds; no Rust string can hold them.
    let all: Vec<serde_json::Value> = serde_json::from_str(&text.replace("\\ud", "\\\\ud")).unwrap();
    let mut checked = 0;
    for entry in all.into_iter().filter(|entry| entry["kind"] == "header") {
        let entry: Entry = serde_json::from_value(entry).unwrap();
        assert_eq!((&*entry.kind, &*entry.check), ("header", "decode"), "{}", entry.id);
        let authorization = entry.name.ends_with("Authorization");
        assert!(authorization || entry.name.ends_with("-Authenticate"), "{}", entry.id);
        let seen = offers(&entry.values());
        if entry.level != "may" {
            let expected = entry.out.map(|out| out.challenges);
            assert_eq!(entry.expect == "ok", expected.is_some(), "{}", entry.id);
            assert_eq!(seen.clone().ok(), expected, "{}: {} {:?}", entry.id, entry.what, seen.err());
        }
        checked += 1;
    }
    assert!(checked >= 43, "the file has lost its header entries: {checked}");
}
