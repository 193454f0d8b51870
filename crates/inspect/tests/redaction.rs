//! What is left of a recorded handshake when it is redacted, and that nothing of a message is lost when it is not.

use serde_json::Value;

fn recorded() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/recorded.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn tokens(entry: &Value) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let messages = entry["messages"].as_array().unwrap().iter();
    messages
        .map(|message| base64::prelude::BASE64_STANDARD.decode(message["b64"].as_str().unwrap()).unwrap())
        .collect()
}

#[test]
fn every_byte_of_every_recorded_message_belongs_to_a_field() {
    for entry in recorded() {
        for token in tokens(&entry) {
            for report in gatepass_inspect::reports(&token) {
                assert!(report.error.is_none(), "{}: {report:?}", entry["name"]);
                if report.message.starts_with("Neg") {
                    continue;
                }
                let mut covered = vec![false; report.length];
                for field in &report.fields {
                    covered[field.offset..field.offset + field.length].fill(true);
                }
                assert!(covered.iter().all(|covered| *covered), "{}: {report:?}", entry["name"]);
            }
        }
    }
}

#[test]
fn a83_a_redacted_report_has_no_response_no_mic_and_no_key() {
    let mut seen = 0;
    for entry in recorded() {
        for token in tokens(&entry) {
            let mut reports = gatepass_inspect::reports(&token);
            let whole = serde_json::to_string(&reports).unwrap();
            reports.iter_mut().for_each(gatepass_inspect::Report::redact);
            let redacted = serde_json::to_string(&reports).unwrap();
            for field in [
                "LmChallengeResponse",
                "NtChallengeResponse",
                "NTProofStr",
                "MIC",
                "EncryptedRandomSessionKey",
            ] {
                for secret in secrets(&serde_json::from_str(&whole).unwrap(), field) {
                    seen += 1;
                    assert!(
                        whole.contains(&secret) && !redacted.contains(&secret),
                        "{}: {field}",
                        entry["name"]
                    );
                }
            }
            assert!(reports.iter().any(|report| !report.fields.is_empty()));
        }
    }
    assert!(seen > 60, "{seen}");
}

/// The bytes of the fields of this name, wherever they are; zeros and empty ones are no secrets.
fn secrets(value: &Value, name: &str) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().flat_map(|one| secrets(one, name)).collect(),
        Value::Object(fields) => {
            let own = (fields.get("name").and_then(Value::as_str) == Some(name))
                .then(|| fields["hex"].as_str().unwrap().to_owned())
                .filter(|hex| hex.len() >= 16 && hex.bytes().any(|digit| digit != b'0'));
            own.into_iter().chain(fields.values().flat_map(|one| secrets(one, name))).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn a_message_is_put_together_again_from_its_report_without_what_was_left_out() {
    use gatepass_wire::{Authenticate, Message as _, MessageType};
    for entry in recorded() {
        for token in tokens(&entry) {
            for mut report in gatepass_inspect::reports(&token) {
                if report.message.starts_with("Neg") {
                    continue;
                }
                let json = serde_json::to_string(&report).unwrap();
                assert_eq!(serde_json::from_str::<gatepass_inspect::Report>(&json).unwrap(), report);
                let whole = report.bytes();
                assert!(
                    token.windows(whole.len()).any(|window| window == whole),
                    "{}: {report:?}",
                    entry["name"]
                );
                report.redact();
                let left = report.bytes();
                assert_eq!(MessageType::peek(&left), MessageType::peek(&whole));
                if let (Ok(whole), Ok(left)) = (Authenticate::decode(&whole), Authenticate::decode(&left)) {
                    assert_eq!((left.flags, left.user_name), (whole.flags, whole.user_name));
                    assert_eq!(left.nt_response.len(), whole.nt_response.len());
                    assert!(left.lm_response.iter().all(|byte| *byte == 0), "{}", entry["name"]);
                    assert!(left.nt_response.iter().take(16).all(|byte| *byte == 0), "{}", entry["name"]);
                }
            }
        }
    }
    let long = gatepass_inspect::Report { length: usize::MAX, ..Default::default() };
    assert!(long.bytes().is_empty());
}
