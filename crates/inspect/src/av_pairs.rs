//! AV pairs (MS-NLMP 2.2.2.1) and the NTLMv2 client challenge (2.2.2.7), shown as far as they can be read.

use crate::field::Field;
use crate::hex as encode;
use gatepass_wire::{AvId, AvPairs, FileTime, WireStr};

/// The fields of the list `list`, which begins at `base` of the message.
pub(crate) fn pairs(base: usize, list: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut at: usize = 0;
    while let Some([i0, i1, l0, l1]) = list.get(at..).and_then(|rest| rest.first_chunk()) {
        let id = AvId(u16::from_le_bytes([*i0, *i1]));
        let length = usize::from(u16::from_le_bytes([*l0, *l1]));
        let start = at.saturating_add(4);
        let end = start.saturating_add(length);
        let (Some(value), Some(whole)) = (list.get(start..end), list.get(at..end)) else { break };
        fields.push(pair(id, base.saturating_add(at), value, whole.len()));
        at = end;
        if id == AvId::MSV_AV_EOL {
            break;
        }
    }
    if let Some(rest) = list.get(at..).filter(|rest| !rest.is_empty()) {
        let meaning = match rest.iter().all(|byte| *byte == 0) {
            true => "zeros after the list",
            false => "bytes after the list",
        };
        fields.push(Field::new("(rest)", base.saturating_add(at), rest, meaning));
    }
    fields
}

/// One pair; its offset and length are those of the whole pair, its bytes those of the value.
fn pair(id: AvId, offset: usize, value: &[u8], length: usize) -> Field {
    let mut field = if id.is_text() {
        Field::named(id.to_string(), offset, WireStr::Utf16(value))
    } else {
        Field::new(id.to_string(), offset, value, meaning(id, value))
    };
    field.length = length;
    field
}

fn meaning(id: AvId, value: &[u8]) -> String {
    match (id, value) {
        (AvId::MSV_AV_EOL, _) => String::from("end of the list"),
        (AvId::MSV_AV_FLAGS, &[a, b, c, d]) => flags(u32::from_le_bytes([a, b, c, d])),
        (AvId::MSV_AV_TIMESTAMP, bytes) => match <[u8; 8]>::try_from(bytes) {
            Ok(bytes) => FileTime::from_le_bytes(bytes).to_string(),
            Err(_) => format!("not a time: {}", encode(bytes)),
        },
        (AvId::MSV_AV_CHANNEL_BINDINGS, bytes) if bytes.iter().all(|byte| *byte == 0) => {
            String::from("zeros: the client has no channel bindings")
        }
        (_, bytes) => encode(bytes),
    }
}

fn flags(bits: u32) -> String {
    let mut text = format!("{bits:#010x}");
    for (bit, name) in [
        (AvPairs::FLAG_CONSTRAINED, "the account is constrained"),
        (AvPairs::FLAG_MIC, "the message has a MIC"),
        (AvPairs::FLAG_UNTRUSTED_SPN, "the target name is from an untrusted source"),
    ] {
        if bits & bit != 0 {
            text.push_str(&format!(", {name}"));
        }
    }
    text
}

/// The fields of an NTLMv2_RESPONSE: the proof, then the client challenge that it covers.
pub(crate) fn ntlmv2_response(base: usize, response: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut at: usize = 0;
    let mut take = |name: &str, length: usize, show: fn(&[u8]) -> String| {
        let end = at.saturating_add(length);
        if let Some(bytes) = response.get(at..end) {
            fields.push(Field::new(name, base.saturating_add(at), bytes, show(bytes)));
            at = end;
        }
    };
    take("NTProofStr", 16, encode);
    take("RespType", 1, encode);
    take("HiRespType", 1, encode);
    take("Reserved1", 2, encode);
    take("Reserved2", 4, encode);
    take("TimeStamp", 8, |bytes| match <[u8; 8]>::try_from(bytes) {
        Ok(bytes) => FileTime::from_le_bytes(bytes).to_string(),
        Err(_) => encode(bytes),
    });
    take("ChallengeFromClient", 8, encode);
    take("Reserved3", 4, encode);
    if let Some(list) = response.get(at..) {
        fields.extend(pairs(base.saturating_add(at), list));
    }
    fields
}
