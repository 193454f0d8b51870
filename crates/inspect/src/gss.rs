//! Tokens of other mechanisms: named, not read.

use crate::report::{Defect, Report};
use gatepass_spnego::Oid;

/// The report of a token that is not SPNEGO's.
pub(crate) fn other(bytes: &[u8]) -> Report {
    match foreign(bytes).filter(|_| is_der(bytes)) {
        Some(kind) => Report {
            message: String::from(kind),
            length: bytes.len(),
            error: Some(Defect::unsupported(format!(
                "this is {kind}, which is not decoded: only NTLM and SPNEGO are"
            ))),
            ..Report::default()
        },
        None => Report::of_ntlm(bytes),
    }
}

/// Whether a DER header says that the bytes are as many as they are.
fn is_der(bytes: &[u8]) -> bool {
    match *bytes {
        [_, 0x82, high, low, ref rest @ ..] => usize::from(u16::from_be_bytes([high, low])) == rest.len(),
        [_, 0x81, length, ref rest @ ..] => usize::from(length) == rest.len(),
        [_, length @ ..=0x7f, ref rest @ ..] => usize::from(length) == rest.len(),
        _ => false,
    }
}

/// What a token of the GSS-API is that is neither NTLM nor SPNEGO, by its first bytes and the object identifiers near them.
#[must_use]
pub fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let head = bytes.get(..bytes.len().min(128)).unwrap_or_default();
    let kerberos = [Oid::KERBEROS, Oid::MS_KERBEROS]
        .into_iter()
        .any(|oid| head.windows(oid.contents().len()).any(|window| window == oid.contents()));
    match (bytes, kerberos) {
        ([0x60, ..], true) => Some("a Kerberos token"),
        ([0x60, ..], false) => Some("a GSS-API token"),
        ([0x6e, ..], _) => Some("a Kerberos AP-REQ"),
        ([0x6f, ..], _) => Some("a Kerberos AP-REP"),
        _ => None,
    }
}
