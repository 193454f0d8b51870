//! What the library answers: major and minor status, and what they mean to whoever has to do something about it.

use crate::abi::{ERRORS, GSS_CODE, MECH_CODE, OidDesc};
use crate::buffer::Filled;
use crate::oid::Oid;
use crate::table::Table;
use core::ffi::c_int;
use gatepass_backend::ErrorKind;
use std::fmt;
use std::ptr;

/// Messages that one status may have; libraries have one or two.
const MAX_MESSAGES: usize = 4;

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    call: &'static str,
    pub(crate) mechanism: Option<Oid>,
    major: u32,
    minor: u32,
    text: String,
}

/// The supplementary bits of a call that did not fail.
pub(crate) fn checked(
    table: &Table,
    mechanism: Option<Oid>,
    call: &'static str,
    major: u32,
    minor: u32,
) -> Result<u32, Status> {
    if major & ERRORS == 0 {
        return Ok(major);
    }
    let mut texts = Vec::new();
    for (code, kind) in [(minor, MECH_CODE), (major, GSS_CODE)] {
        // What went wrong is in the minor status, where the mechanism has one.
        if (kind == MECH_CODE && minor != 0) || texts.is_empty() {
            messages(table, mechanism, code, kind, &mut texts);
        }
    }
    Err(Status { call, mechanism, major, minor, text: texts.join(", ") })
}

/// The library's words for a status.
fn messages(table: &Table, mechanism: Option<Oid>, code: u32, kind: c_int, texts: &mut Vec<String>) {
    let mut desc = mechanism.map(Oid::desc);
    let mut more = 0;
    for _ in 0..MAX_MESSAGES {
        let (mut minor, mut text) = (0, Filled::new(table));
        let mechanism: *mut OidDesc = desc.as_mut().map_or(ptr::null_mut(), ptr::from_mut);
        // SAFETY: all places live through the call.
        let major = unsafe {
            (table.gss_display_status)(&raw mut minor, code, kind, mechanism, &raw mut more, text.place())
        };
        if major & ERRORS != 0 {
            return;
        }
        let shown: String =
            String::from_utf8_lossy(text.bytes()).chars().filter(|c| !c.is_control()).collect();
        if !shown.is_empty() && shown != "Success" && shown != "Unknown error" {
            texts.push(shown);
        }
        if more == 0 {
            return;
        }
    }
}

/// A cause that is worth a sentence of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The target has no principal (`KDC_ERR_S_PRINCIPAL_UNKNOWN`).
    TargetUnknown,
    /// There is no ticket, or no keytab.
    NoCredentials,
    /// The ticket is no longer valid.
    Expired,
    /// The clocks differ (`KRB_AP_ERR_SKEW`).
    TimeSkew,
    /// No KDC for the realm, or none that answers.
    NoAuthority,
    /// The password or the key is wrong, the account is closed, the token was made for somebody else or has been used.
    Denied,
    /// The channel bindings differ.
    Bindings,
    /// The peer's token makes no sense.
    Token,
    /// The message or its signature was changed.
    Altered,
    /// The context is over.
    Over,
    /// The mechanism or the function is not there.
    Unsupported,
    /// Something else, which only the library's own words explain.
    Other,
}

/// The codes of Kerberos begin here, in MIT and in Heimdal (`ERROR_TABLE_BASE_krb5`).
const KRB5: u32 = (-1_765_328_384_i32).cast_unsigned();

impl Status {
    /// What it comes down to: first by what Kerberos says (RFC 4120 7.5.9), then by what GSSAPI says (RFC 2744 3.9.1).
    pub(crate) fn cause(&self) -> Cause {
        match self.minor.wrapping_sub(KRB5) {
            // KDC_ERR_S_PRINCIPAL_UNKNOWN, KDC_ERR_MUST_USE_USER2USER
            7 | 27 => return Cause::TargetUnknown,
            // KDC_ERR_NAME_EXP, KRB_AP_ERR_TKT_EXPIRED
            1 | 32 => return Cause::Expired,
            // KDC_ERR_NEVER_VALID, KRB_AP_ERR_TKT_NYV, KRB_AP_ERR_SKEW
            11 | 33 | 37 => return Cause::TimeSkew,
            // KDC_ERR_C_PRINCIPAL_UNKNOWN, KDC_ERR_CLIENT_REVOKED, KDC_ERR_KEY_EXPIRED, KDC_ERR_PREAUTH_FAILED,
            // KRB_AP_ERR_BAD_INTEGRITY, KRB_AP_ERR_REPEAT, KRB_AP_ERR_NOT_US, KRB_AP_ERR_BADMATCH, KRB_AP_ERR_MODIFIED
            6 | 18 | 23 | 24 | 31 | 34 | 35 | 36 | 41 => return Cause::Denied,
            // KRB5_CC_NOTFOUND, KRB5_FCC_NOFILE
            141 | 195 => return Cause::NoCredentials,
            // KRB5_REALM_UNKNOWN, KRB5_KDC_UNREACH, KRB5_REALM_CANT_RESOLVE, KDC_ERR_SVC_UNAVAILABLE, KDC_ERR_PATH_NOT_ACCEPTED
            28 | 29 | 154 | 156 | 220 => return Cause::NoAuthority,
            _ => {}
        }
        match (self.major & ERRORS) >> 16 {
            1 | 16 => Cause::Unsupported,
            2 | 3 => Cause::TargetUnknown,
            4 => Cause::Bindings,
            6 => Cause::Altered,
            7 | 10 => Cause::NoCredentials,
            9 => Cause::Token,
            11 => Cause::Expired,
            8 | 12 => Cause::Over,
            15 => Cause::Denied,
            _ => Cause::Other,
        }
    }
}

impl Cause {
    pub(crate) const fn kind(self) -> ErrorKind {
        match self {
            Self::TargetUnknown => ErrorKind::TargetUnknown,
            Self::NoCredentials | Self::Expired => ErrorKind::NoCredentials,
            Self::TimeSkew => ErrorKind::TimeSkew,
            Self::NoAuthority => ErrorKind::NoAuthority,
            Self::Denied => ErrorKind::LogonDenied,
            Self::Bindings => ErrorKind::BadBindings,
            Self::Token => ErrorKind::InvalidToken,
            Self::Altered => ErrorKind::MessageAltered,
            Self::Over => ErrorKind::OutOfSequence,
            Self::Unsupported => ErrorKind::Unsupported,
            Self::Other => ErrorKind::Internal,
        }
    }
}

/// The library's own words.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() {
            write!(f, "{} answers {:#010x}, {:#010x}", self.call, self.major, self.minor)
        } else {
            f.write_str(&self.text)
        }
    }
}

#[cfg(test)]
impl Status {
    /// A status as a library would answer it.
    pub(crate) fn of(mechanism: Oid, major: u32, krb5: u32) -> Self {
        let minor = if krb5 == 0 { 0 } else { KRB5.wrapping_add(krb5) };
        Self {
            call: "gss_call",
            mechanism: Some(mechanism),
            major,
            minor,
            text: "the library's words".into(),
        }
    }
}
