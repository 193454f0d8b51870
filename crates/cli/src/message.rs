//! A message of the handshake in a few lines, for `fetch -v` and `demo`.
//!
//! Names, flags and lengths are shown. The responses, the MIC and the session key are not: together with the server's
//! nonce, which is not shown either, they are all that a guess at the password needs.

use gatepass::spnego::Token as Spnego;
use gatepass::wire::{
    Authenticate, AvId, AvPairs, Challenge, DecodeError, Message as _, MessageType, Negotiate,
    NegotiateFlags, NtResponse, WireStr,
};

/// What `token` is: its type and length, such as `AUTHENTICATE, 372 bytes`.
pub(crate) fn title(token: &[u8]) -> String {
    let kind = match MessageType::peek(inside(token)) {
        Ok(kind) => kind.to_string(),
        Err(_) if Spnego::decode(token).is_ok() => String::from("SPNEGO"),
        Err(_) => String::from("token"),
    };
    format!("{kind}, {} bytes", token.len())
}

/// What is in a token of SPNEGO; another one is itself.
fn inside(token: &[u8]) -> &[u8] {
    match Spnego::decode(token) {
        Ok(Spnego::Init(init)) => init.mech_token.unwrap_or_default(),
        Ok(Spnego::Resp(resp)) => resp.response_token.unwrap_or_default(),
        Ok(Spnego::Raw(_)) | Err(_) => token,
    }
}

/// What it says, in a few lines.
pub(crate) fn summary(token: &[u8]) -> Vec<String> {
    let token = inside(token);
    if token.is_empty() {
        return Vec::new();
    }
    if let Some(what) = gatepass_inspect::foreign(token) {
        return vec![format!("{what}, {} bytes", token.len())];
    }
    let lines = match MessageType::peek(token) {
        Ok(MessageType::Negotiate) => Negotiate::decode(token).map(|message| negotiate(&message)),
        Ok(MessageType::Challenge) => Challenge::decode(token).map(|message| challenge(&message)),
        Ok(MessageType::Authenticate) => {
            Authenticate::decode(token).and_then(|message| authenticate(&message))
        }
        Err(error) => Err(error),
    };
    let lines = lines.unwrap_or_else(|error| vec![format!("malformed: {error}")]);
    lines.iter().flat_map(|line| wrapped(line)).collect()
}

/// How wide a line of a summary may be, in characters.
const WIDTH: usize = 96;

/// `line` in lines of at most [`WIDTH`], broken behind a blank or a bar; those after the first are indented. A longer word
/// stays whole.
fn wrapped(line: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in line.split_inclusive([' ', '|']) {
        let length = current.chars().count().saturating_add(word.trim_end().chars().count());
        if length > WIDTH && !current.trim().is_empty() {
            lines.push(current.trim_end().to_owned());
            current = String::from("    ");
        }
        current.push_str(word);
    }
    lines.push(current.trim_end().to_owned());
    lines
}

fn negotiate(message: &Negotiate<'_>) -> Vec<String> {
    let mut lines = vec![flags(message.flags)];
    let names = [("domain", message.domain_name), ("workstation", message.workstation)];
    lines.extend(named(names.map(|(what, name)| (what, WireStr::Oem(name)))));
    lines.extend(message.version.map(|version| format!("version {version}")));
    lines
}

fn challenge(message: &Challenge<'_>) -> Vec<String> {
    let mut lines = vec![flags(message.flags)];
    lines.extend(named([("target", message.target_name)]));
    lines.extend(message.target_info.map(|pairs| format!("target info: {}", target_info(&pairs))));
    lines.extend(message.version.map(|version| format!("version {version}")));
    lines
}

fn authenticate(message: &Authenticate<'_>) -> Result<Vec<String>, DecodeError> {
    let response = message.response()?;
    let mut lines = Vec::new();
    lines.extend(named([
        ("user", message.user_name),
        ("domain", message.domain_name),
        ("workstation", message.workstation),
    ]));
    lines.push(format!(
        "{} response of {} bytes, LM response of {} bytes, session key of {} bytes, {}",
        response.dialect(),
        message.nt_response.len(),
        message.lm_response.len(),
        message.encrypted_random_session_key.len(),
        if message.declared_mic()?.is_some() { "MIC" } else { "no MIC" },
    ));
    if let NtResponse::V2 { blob, .. } = response {
        lines.push(format!("time {}", blob.time));
        lines.push(format!("target info: {}", target_info(&blob.av_pairs)));
    }
    lines.extend(message.flags.map(flags));
    Ok(lines)
}

fn flags(flags: NegotiateFlags) -> String {
    format!("flags {:#010x} {flags}", flags.bits())
}

/// The names that are there, on one line.
fn named<const N: usize>(names: [(&str, WireStr<'_>); N]) -> Option<String> {
    let shown: Vec<String> = names
        .iter()
        .filter(|(_, name)| !name.is_empty())
        .map(|(what, name)| format!("{what} \"{name}\""))
        .collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}

/// The pairs of a target info by their short names.
fn target_info(pairs: &AvPairs<'_>) -> String {
    let shown: Vec<String> = pairs
        .iter()
        .map(|pair| {
            let pair = match pair {
                Ok(pair) => pair,
                Err(error) => return error.to_string(),
            };
            let id = pair.id.to_string();
            let name = id.strip_prefix("MsvAv").unwrap_or(&id);
            match (pair.id, pair.text()) {
                (_, Some(text)) => format!("{name} \"{text}\""),
                (AvId::MSV_AV_TIMESTAMP, None) => match pairs.timestamp() {
                    Ok(Some(time)) => format!("{name} {time}"),
                    _ => String::from(name),
                },
                (AvId::MSV_AV_FLAGS, None) => match pairs.flags() {
                    Ok(Some(bits)) => format!("{name} {bits:#x}"),
                    _ => String::from(name),
                },
                (AvId::MSV_AV_CHANNEL_BINDINGS, None) if pair.value.iter().all(|byte| *byte == 0) => {
                    format!("{name} none")
                }
                _ => format!("{name} of {} bytes", pair.value.len()),
            }
        })
        .collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    #[test]
    fn a83_no_line_of_a_summary_holds_a_response_a_key_or_a_nonce() {
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/recorded.json");
        let recorded: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(fixtures).unwrap()).unwrap();
        let mut seen = 0;
        for message in
            recorded.as_array().unwrap().iter().flat_map(|entry| entry["messages"].as_array().unwrap())
        {
            use base64::Engine as _;
            let token =
                base64::engine::general_purpose::STANDARD.decode(message["b64"].as_str().unwrap()).unwrap();
            let text = summary(&token).join("\n");
            let Ok(message) = Authenticate::decode(&token) else { continue };
            seen += 1;
            assert!(text.contains(&message.user_name.to_string()), "{text}");
            for secret in [
                message.nt_response.get(..16),
                message.lm_response.get(..16),
                message.encrypted_random_session_key.get(..16),
                message.mic.as_ref().map(|mic| &mic[..]),
            ]
            .into_iter()
            .flatten()
            .filter(|secret| secret.iter().any(|byte| *byte != 0))
            {
                assert!(!text.contains(&hex::encode(secret)), "{text}");
            }
        }
        assert!(seen > 15, "{seen}");
    }

    #[test]
    fn long_lines_are_broken_and_lose_nothing() {
        let line = format!("target info: {}, end", vec!["Name \"value\""; 20].join(", "));
        let lines = wrapped(&line);
        assert!(lines.len() > 1 && lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:?}");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&lines.join(" ")), words(&line));
        assert_eq!(wrapped(&"x".repeat(200)), ["x".repeat(200)]);
    }

    #[test]
    fn a_token_of_kerberos_is_named_inside_spnego_and_without_it() {
        let oid = gatepass::spnego::Oid::KERBEROS.contents();
        let kerberos = [&[0x60, 15, 6, 9], oid, &[1, 0]].concat();
        assert_eq!(summary(&kerberos), ["a Kerberos token, 15 bytes"]);
        let resp = gatepass::spnego::NegTokenResp { response_token: Some(&kerberos), ..Default::default() };
        let spnego = resp.encode();
        assert_eq!((title(&spnego).starts_with("SPNEGO, "), summary(&spnego)), (true, summary(&kerberos)));
    }

    #[test]
    fn a_token_that_is_none_is_said_to_be_malformed() {
        assert_eq!(title(b"xyz"), "token, 3 bytes");
        assert!(summary(b"xyz")[0].starts_with("malformed: "), "{:?}", summary(b"xyz"));
    }
}
