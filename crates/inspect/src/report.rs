//! What is said of one token: its kind, its fields, and what is wrong with it.

use crate::av_pairs::{ntlmv2_response, pairs};
use crate::field::Field;
use crate::hex as encode;
use gatepass_wire::{
    Authenticate, Challenge, DecodeError, DecodeErrorKind, Message as _, MessageType, Negotiate,
    NegotiateFlags, Origin, Version, WireStr,
};
use serde::{Deserialize, Serialize};

/// Below this length an NT response is no NTLMv2 response: a proof and the fixed part of the client challenge.
const SHORTEST_NTLMV2: usize = 44;

/// All that is said of one token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// `NEGOTIATE`, `CHALLENGE`, `AUTHENTICATE`, `NegTokenInit`, `NegTokenResp`, or what else it is.
    pub message: String,
    /// Length in bytes.
    pub length: usize,
    /// Where it was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The fields, in the order in which they lie.
    pub fields: Vec<Field>,
    /// What is wrong, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Defect>,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defect {
    /// One sentence.
    pub text: String,
    /// The document's name of the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Offset from the start of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// Whose defect it is.
    #[serde(skip)]
    pub kind: DefectKind,
}

/// Whose defect it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DefectKind {
    /// The message is malformed.
    #[default]
    Malformed,
    /// It is not for this program: another mechanism's.
    Unsupported,
}

/// The fields from which a password can be guessed, or that are a key.
const SECRETS: [&str; 7] = [
    "LmChallengeResponse",
    "NTProofStr",
    "MIC",
    "EncryptedRandomSessionKey",
    // Kerberos: whoever has them in time can use them.
    "mechToken",
    "responseToken",
    "mechListMIC",
];

impl Report {
    /// Without the bytes from which a password can be guessed, and without keys; lengths stay. What is left of an AUTHENTICATE
    /// are its names, its flags and what the client says of the server.
    pub fn redact(&mut self) {
        self.fields.iter_mut().for_each(redact);
    }

    /// The message that this is said of, put together again: zeros stand where bytes were left out. It is what it was in everything
    /// that [`redact`](Self::redact) leaves. Nobody needs to trust a report that was read from a file: a length beyond the 64 KiB
    /// that a token may have gives no bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        if self.length > gatepass_spnego::MAX_TOKEN {
            return Vec::new();
        }
        let mut message = vec![0; self.length];
        self.fields.iter().for_each(|field| field.put(&mut message));
        message
    }

    /// Reads `message` as an NTLM message.
    pub(crate) fn of_ntlm(message: &[u8]) -> Self {
        let kind = MessageType::peek(message);
        let judged = match kind {
            Ok(MessageType::Negotiate) => {
                Negotiate::decode(message).and_then(|message| message.charset().map(drop))
            }
            Ok(MessageType::Challenge) => Challenge::decode(message).and_then(|message| message.check()),
            Ok(MessageType::Authenticate) => {
                Authenticate::decode(message).and_then(|message| message.check().map(drop))
            }
            Err(error) => Err(error),
        };
        let fields = fields(message);
        Self {
            message: kind.map_or_else(|_| String::from("no NTLM message"), |kind| kind.to_string()),
            length: message.len(),
            notes: Vec::new(),
            error: judged.err().map(|error| Defect::malformed(&error, &fields)),
            fields,
        }
    }
}

fn redact(field: &mut Field) {
    if is_secret(field) {
        field.hex.clear();
        field.text = None;
        field.meaning = format!("{} bytes, left out", field.length);
        return;
    }
    field.fields.iter_mut().for_each(redact);
    // The bytes of the whole are those of its parts.
    let secrets = field.fields.iter().filter(|part| is_secret(part));
    let secrets: Vec<_> = secrets.map(|part| (part.offset, part.length)).collect();
    secrets.into_iter().for_each(|part| field.blank(part));
}

/// Whether all of it is left out. A response without parts is one of another dialect: nothing but proof. What belongs to no field
/// may be anything.
fn is_secret(field: &Field) -> bool {
    SECRETS.contains(&field.name.as_str())
        || ["(unused)", "(rest)"].contains(&field.name.as_str())
        || (field.name == "NtChallengeResponse" && field.fields.is_empty())
}

impl Defect {
    /// Of a malformed message; offsets within a list or a response become offsets of the message.
    fn malformed(error: &DecodeError, fields: &[Field]) -> Self {
        let base = match error.origin() {
            Origin::AvPairs => base(fields, "TargetInfo", 0).or(base(fields, "NtChallengeResponse", 44)),
            Origin::ClientChallenge => base(fields, "NtChallengeResponse", 16),
            _ => Some(0),
        };
        let at = base.unwrap_or_default().saturating_add(error.at());
        Self {
            text: format!("the message is malformed: {} at byte {at}: {}", error.what(), error.kind()),
            field: Some(String::from(error.what())),
            offset: Some(at),
            kind: DefectKind::Malformed,
        }
    }

    /// Of a malformed token of SPNEGO.
    pub(crate) fn of_spnego(error: &gatepass_spnego::DecodeError) -> Self {
        Self {
            text: format!(
                "the SPNEGO token is malformed: {} at byte {}: {}",
                error.what(),
                error.offset(),
                error.kind()
            ),
            field: Some(String::from(error.what())),
            offset: Some(error.offset()),
            kind: DefectKind::Malformed,
        }
    }

    /// Of a token that is not for this program.
    pub(crate) fn unsupported(text: impl Into<String>) -> Self {
        Self { text: text.into(), field: None, offset: None, kind: DefectKind::Unsupported }
    }
}

fn base(fields: &[Field], name: &str, inside: usize) -> Option<usize> {
    fields.iter().find(|field| field.name == name).map(|field| field.offset.saturating_add(inside))
}

/// The header's fields, then the payloads in the order in which they lie, then the bytes that belong to none.
fn fields(message: &[u8]) -> Vec<Field> {
    let flags = flags(message);
    let (mut header, mut payloads) = (Vec::new(), Vec::new());
    for field in gatepass_wire::fields(message) {
        match field {
            Ok(field) if field.at != field.header_at || field.bytes.is_empty() => {
                header.extend(descriptor(message, field.header_at, field.name, ""));
                if !field.bytes.is_empty() {
                    payloads.push(shown(message, flags, &field));
                }
            }
            Ok(field) => header.push(shown(message, flags, &field)),
            Err(error) if payload_defect(error.kind()) => {
                let inside = error.kind() == DecodeErrorKind::InsideHeader;
                let at = if inside { error.at().saturating_sub(4) } else { error.at() };
                header.extend(descriptor(message, at, error.what(), &format!(": {}", error.kind())));
            }
            Err(_) => {}
        }
    }
    header.sort_by_key(|field| field.offset);
    payloads.sort_by_key(|field| field.offset);
    header.append(&mut payloads);
    let rest = unclaimed(message, &header);
    header.extend(rest);
    header
}

const fn payload_defect(kind: DecodeErrorKind) -> bool {
    matches!(kind, DecodeErrorKind::OutOfBounds | DecodeErrorKind::InsideHeader | DecodeErrorKind::OddLength)
}

/// The eight bytes that say where a payload lies.
fn descriptor(message: &[u8], at: usize, name: &str, remark: &str) -> Option<Field> {
    let bytes: &[u8; 8] = message.get(at..)?.first_chunk()?;
    let [l0, l1, m0, m1, offset @ ..] = *bytes;
    let (length, max) = (u16::from_le_bytes([l0, l1]), u16::from_le_bytes([m0, m1]));
    let mut meaning = match length {
        0 => String::from("empty"),
        _ => format!("{length} bytes at {}", u32::from_le_bytes(offset)),
    };
    if max != length {
        meaning.push_str(&format!(", MaxLen {max}"));
    }
    meaning.push_str(remark);
    Some(Field::new(format!("{name}Fields"), at, bytes, meaning))
}

/// The bytes that no field covers.
fn unclaimed(message: &[u8], fields: &[Field]) -> Vec<Field> {
    let mut spans: Vec<(usize, usize)> = fields.iter().map(|field| (field.offset, field.end())).collect();
    spans.sort_unstable();
    spans.push((message.len(), message.len()));
    let mut rest = Vec::new();
    let mut covered: usize = 0;
    for (start, end) in spans {
        if let Some(gap) = message.get(covered..start).filter(|gap| !gap.is_empty()) {
            let meaning = format!("{} (belongs to no field, or to one that no flag claims)", encode(gap));
            rest.push(Field::new("(unused)", covered, gap, meaning));
        }
        covered = covered.max(end);
    }
    rest
}

/// The flags of a message, where it has them; they decide how its text is encoded.
fn flags(message: &[u8]) -> NegotiateFlags {
    let bytes =
        gatepass_wire::fields(message).filter_map(Result::ok).find(|field| field.name == "NegotiateFlags");
    let bits = bytes.and_then(|field| <[u8; 4]>::try_from(field.bytes).ok()).map(u32::from_le_bytes);
    NegotiateFlags::from_bits(bits.unwrap_or_default())
}

/// A field with its meaning.
fn shown(message: &[u8], flags: NegotiateFlags, field: &gatepass_wire::Field<'_>) -> Field {
    let gatepass_wire::Field { name, at, bytes, .. } = *field;
    let plain = |meaning: String| Field::new(name, at, bytes, meaning);
    match name {
        "Signature" => plain(format!("\"{}\"", bytes.escape_ascii())),
        "MessageType" => {
            plain(MessageType::peek(message).map_or_else(
                |_| String::from("none of the three"),
                |kind| format!("{}, {kind}", kind.number()),
            ))
        }
        "NegotiateFlags" => Field::flags(at, bytes),
        "Version" => plain(
            <[u8; 8]>::try_from(bytes)
                .map_or_else(|_| encode(bytes), |bytes| Version::from_bytes(bytes).to_string()),
        ),
        // In a NEGOTIATE, names are in the OEM code page whatever the flags say.
        "TargetName" | "DomainName" | "UserName" | "Workstation" => {
            let oem = matches!(MessageType::peek(message), Ok(MessageType::Negotiate))
                || !flags.contains(NegotiateFlags::NEGOTIATE_UNICODE);
            Field::named(name, at, if oem { WireStr::Oem(bytes) } else { WireStr::Utf16(bytes) })
        }
        "TargetInfo" => plain(String::from("what the server says of itself")).with_fields(pairs(at, bytes)),
        "MIC" => plain(format!("{}{}", encode(bytes), mic_remark(message))),
        "LmChallengeResponse" => plain(lm_meaning(bytes)),
        "NtChallengeResponse" if bytes.len() >= SHORTEST_NTLMV2 => {
            plain(String::from("NTLMv2")).with_fields(ntlmv2_response(at, bytes))
        }
        "NtChallengeResponse" if bytes.len() == 24 => plain(format!("NTLMv1: {}", encode(bytes))),
        _ => plain(encode(bytes)),
    }
}

/// A MIC counts only where the NTLMv2 response declares it.
fn mic_remark(message: &[u8]) -> &'static str {
    match Authenticate::decode(message).and_then(|message| message.declared_mic()) {
        Ok(Some(_)) => "",
        Ok(None) => " (not declared by MsvAvFlags: ignored)",
        Err(_) => " (whether it counts cannot be read)",
    }
}

fn lm_meaning(bytes: &[u8]) -> String {
    let zeros = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    match (bytes.len(), bytes.split_at_checked(8)) {
        (1, _) if zeros(bytes) => String::from("one zero byte: anonymous"),
        (24, _) if zeros(bytes) => String::from("zeros, as NTLMv2 sends to a server that told the time"),
        (24, Some((nonce, rest))) if zeros(rest) => {
            format!("client challenge {}, NTLMv1 with extended session security", encode(nonce))
        }
        _ => encode(bytes),
    }
}
