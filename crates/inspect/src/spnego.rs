//! SPNEGO's own fields (RFC 4178 4.2, [MS-SPNG] 2.2.1), and the mechanism's token inside.

use crate::field::Field;
use crate::gss::foreign;
use crate::hex as encode;
use crate::report::{Defect, Report};
use gatepass_spnego::{DecodeError, DecodeErrorKind, NegState, NegTokenInit, NegTokenResp, Oid, Token};
use gatepass_wire::{MessageType, SIGNATURE};

/// What begins a message of NegoEx ([MS-NEGOEX] 2.2.6).
const NEGOEX: &[u8; 8] = b"NEGOEXTS";

/// The reports of a token that is SPNEGO's by its first byte: its own, and that of the NTLM message inside. `None` when it
/// belongs to another mechanism of the GSS-API.
pub(crate) fn reports(bytes: &[u8]) -> Option<Vec<Report>> {
    match Token::decode(bytes) {
        Ok(Token::Init(init)) => Some(of_init(bytes, &init)),
        Ok(Token::Resp(resp)) => Some(of_resp(bytes, &resp)),
        Ok(Token::Raw(_)) => None,
        Err(error) if error.what() == "thisMech" && error.kind() == DecodeErrorKind::Value => None,
        Err(error) => Some(of_broken(bytes, &error)),
    }
}

fn of_init(bytes: &[u8], init: &NegTokenInit<'_>) -> Vec<Report> {
    let name = if init.neg_hints.is_some() { "NegTokenInit2" } else { "NegTokenInit" };
    let oids: Vec<Oid<'_>> = init.mech_types.iter().collect();
    let list = init.mech_types.as_bytes();
    let each = oids.iter().map(|oid| field(bytes, "mechType", oid.contents(), mechanism(*oid)));
    let mut fields = vec![
        field(bytes, "mechTypes", list, format!("{} offered, the preferred one first", oids.len()))
            .with_fields(each.collect()),
    ];
    let flags = |flags: &[u8]| format!("{} (no longer used: RFC 4178 4.2.1)", encode(flags));
    fields.extend(init.req_flags.map(|part| field(bytes, "reqFlags", part, flags(part))));
    fields.extend(init.mech_token.map(|part| field(bytes, "mechToken", part, inside(part))));
    fields.extend(init.neg_hints.map(|part| field(bytes, "negHints", part, part.escape_ascii().to_string())));
    fields.extend(init.mech_list_mic.map(|part| field(bytes, "mechListMIC", part, encode(part))));
    with_inner(bytes, name, fields, "mechToken", init.mech_token)
}

fn of_resp(bytes: &[u8], resp: &NegTokenResp<'_>) -> Vec<Report> {
    let mut fields = Vec::new();
    // It is the first field, and one byte in three layers of DER: [0], ENUMERATED, and what is in it.
    let state = resp.neg_state.zip(bytes.windows(5).position(|window| matches!(window, [0xa0, 3, 10, 1, _])));
    if let Some((state, at)) = state {
        let at = at.saturating_add(4);
        let byte = bytes.get(at..=at).unwrap_or_default();
        fields.push(Field::new("negState", at, byte, state_name(state)));
    }
    fields
        .extend(resp.supported_mech.map(|oid| field(bytes, "supportedMech", oid.contents(), mechanism(oid))));
    fields.extend(resp.response_token.map(|part| field(bytes, "responseToken", part, inside(part))));
    fields.extend(resp.mech_list_mic.map(|part| field(bytes, "mechListMIC", part, encode(part))));
    with_inner(bytes, "NegTokenResp", fields, "responseToken", resp.response_token)
}

/// What cannot be read as SPNEGO may still hold a message that can.
fn of_broken(bytes: &[u8], error: &DecodeError) -> Vec<Report> {
    let at = bytes.windows(SIGNATURE.len()).position(|window| window == SIGNATURE);
    let inner = at.and_then(|at| bytes.get(at..));
    let mut reports = with_inner(bytes, "SPNEGO", Vec::new(), "what cannot be read", inner);
    if let Some(report) = reports.first_mut() {
        report.error = Some(Defect::of_spnego(error));
    }
    reports
}

fn with_inner(
    bytes: &[u8],
    name: &str,
    fields: Vec<Field>,
    place: &str,
    token: Option<&[u8]>,
) -> Vec<Report> {
    let message = String::from(name);
    let mut reports = vec![Report { message, length: bytes.len(), fields, ..Report::default() }];
    if let Some(token) = token.filter(|token| token.starts_with(&SIGNATURE)) {
        let mut inner = Report::of_ntlm(token);
        inner.notes.push(format!("in {place}, at byte {}", offset(bytes, token)));
        reports.push(inner);
    }
    reports
}

fn field(bytes: &[u8], name: &str, part: &[u8], meaning: impl Into<String>) -> Field {
    Field::new(name, offset(bytes, part), part, meaning)
}

/// Where `part` lies in the token that it was borrowed from.
fn offset(bytes: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr().saturating_sub(bytes.as_ptr().addr())
}

/// What a mechanism's token is.
fn inside(token: &[u8]) -> String {
    match token {
        _ if token.starts_with(&SIGNATURE) => {
            MessageType::peek(token).map_or_else(|_| String::from("NTLM"), |kind| format!("NTLM {kind}"))
        }
        _ if token.starts_with(NEGOEX) => String::from("NegoEx"),
        _ => foreign(token).map_or_else(|| encode(token), String::from),
    }
}

/// The name of a mechanism, and its number.
fn mechanism(oid: Oid<'_>) -> String {
    let name = [
        (Oid::SPNEGO, "SPNEGO"),
        (Oid::NTLMSSP, "NTLM"),
        (Oid::KERBEROS, "Kerberos"),
        (Oid::MS_KERBEROS, "Kerberos, as Windows 2000 numbered it"),
        (Oid::KERBEROS_USER_TO_USER, "Kerberos, user to user"),
        (Oid::NEGOEX, "NegoEx"),
    ];
    let name = name.into_iter().find_map(|(known, name)| (known == oid).then_some(name));
    format!("{oid} ({})", name.unwrap_or("unknown"))
}

const fn state_name(state: NegState) -> &'static str {
    match state {
        NegState::AcceptCompleted => "0, accept-completed",
        NegState::AcceptIncomplete => "1, accept-incomplete",
        NegState::Reject => "2, reject",
        NegState::RequestMic => "3, request-mic",
    }
}
