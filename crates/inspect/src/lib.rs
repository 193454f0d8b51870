//! What a token says, field by field: the name of the document, offset, length, bytes and meaning.
//!
//! Reading is tolerant, judging is not: the fields are walked as far as they can be read, then the message goes through the same
//! decoder as on the wire, whose error comes last with its offset. It is for people who look into a conversation: `gatepass
//! decode`, the mock proxy's transcript and page.
//!
//! ```
//! let negotiate = b"NTLMSSP\0\x01\0\0\0\x06\x82\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
//! let reports = gatepass_inspect::reports(negotiate);
//! assert_eq!((reports.len(), reports[0].message.as_str()), (1, "NEGOTIATE"));
//! assert!(reports[0].error.is_none());
//! ```
//! Responses are shown in full: with the server's nonce they are enough to guess a weak password. [`Report::redact`] takes them out.

mod av_pairs;
mod field;
mod gss;
mod report;
mod spnego;

pub use field::Field;
pub use gss::foreign;
pub use report::{Defect, DefectKind, Report};

/// What is said of `token`: one report, and a second one where a message of NTLM is inside.
#[must_use]
pub fn reports(token: &[u8]) -> Vec<Report> {
    let spnego = match token {
        [0x60 | 0xa0 | 0xa1, ..] => spnego::reports(token),
        _ => None,
    };
    spnego.unwrap_or_else(|| vec![gss::other(token)])
}

/// Whether `bytes` begin as a token does: NTLM, SPNEGO, Kerberos.
#[must_use]
pub fn is_token(bytes: &[u8]) -> bool {
    bytes.starts_with(&gatepass_wire::SIGNATURE) || matches!(bytes, [0x60 | 0xa0 | 0xa1 | 0x6e | 0x6f, ..])
}

/// Lower-case hex.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
