//! `SECURITY_STATUS`: what SSPI says went wrong, as a kind of the joint and as a sentence that says what to do.

use gatepass_backend::{Error, ErrorKind};
use std::fmt;

/// A function of secur32 that failed: which, with which status, and what to do about it.
///
/// It is the source of the [`Error`] that a backend returns. Whom a server refused, and why, is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    function: &'static str,
    status: u32,
}

impl Failure {
    pub(crate) const fn new(function: &'static str, status: i32) -> Self {
        Self { function, status: status.cast_unsigned() }
    }

    /// The function that failed.
    #[must_use]
    pub const fn function(&self) -> &'static str {
        self.function
    }

    /// The status that it returned, such as `0x8009030e` (`SEC_E_NO_CREDENTIALS`).
    #[must_use]
    pub const fn status(&self) -> u32 {
        self.status
    }

    /// The kind of error that the status means.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        row(self.status).map_or(ErrorKind::Internal, |row| row.kind)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match row(self.status) {
            Some(Row { name, advice, .. }) => {
                write!(f, "{} failed with {name} ({:#010x}): {advice}", self.function, self.status)
            }
            None => write!(
                f,
                "{} failed with {:#010x}: look the number up with `certutil -error {:#010x}`, and in the System event log",
                self.function, self.status, self.status
            ),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::with_source(failure.kind(), failure)
    }
}

/// A status, its name, its kind, and what to do.
struct Row {
    status: u32,
    name: &'static str,
    kind: ErrorKind,
    advice: &'static str,
}

fn row(status: u32) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.status == status)
}

macro_rules! rows {
    ($($status:literal $name:ident $kind:ident $advice:literal)*) => {
        /// Every `SEC_E_*` of winerror.h.
        const ROWS: &[Row] = &[$(Row {
            status: $status, name: stringify!($name), kind: ErrorKind::$kind, advice: $advice,
        }),*];

        #[cfg(all(windows, test))]
        const OF_WINDOWS: &[(u32, i32)] = &[$(($status, windows_sys::Win32::Foundation::$name)),*];
    };
}

rows! {
    0x8009_0300 SEC_E_INSUFFICIENT_MEMORY Internal "the system has no memory left; close programs and try again"
    0x8009_0301 SEC_E_INVALID_HANDLE Internal "the security context is gone; begin the login anew"
    0x8009_0302 SEC_E_UNSUPPORTED_FUNCTION Unsupported "this security package cannot do that; ask for less, or use another package"
    0x8009_0303 SEC_E_TARGET_UNKNOWN TargetUnknown "the domain knows no account with this service principal name; address the host by its full name, or register the name with `setspn -S`"
    0x8009_0304 SEC_E_INTERNAL_ERROR Internal "the Local Security Authority failed; see the System event log, and log on to Windows anew"
    0x8009_0305 SEC_E_SECPKG_NOT_FOUND Unsupported "this machine does not have the security package; list what it has with gatepass_sspi::packages()"
    0x8009_0306 SEC_E_NOT_OWNER NoCredentials "the credentials belong to another user; log in on the thread that runs as their owner"
    0x8009_0307 SEC_E_CANNOT_INSTALL Internal "the security package does not start; see the System event log"
    0x8009_0308 SEC_E_INVALID_TOKEN InvalidToken "the peer sent something else than the next message of this login; see whether a middlebox changed it, or whether the peer speaks another mechanism"
    0x8009_0309 SEC_E_CANNOT_PACK Internal "the credentials cannot be handed to the system; see the System event log"
    0x8009_030a SEC_E_QOP_NOT_SUPPORTED Unsupported "this quality of protection does not exist here; ask for integrity and confidentiality when the login begins"
    0x8009_030b SEC_E_NO_IMPERSONATION Unsupported "the client does not allow to act as itself; it has to ask for more than identification"
    0x8009_030c SEC_E_LOGON_DENIED LogonDenied "check user name, password and the state of the account; do not try often, accounts get locked"
    0x8009_030d SEC_E_UNKNOWN_CREDENTIALS NoCredentials "the system does not take these credentials; check the form of the name: DOMAIN\\user or user@domain"
    0x8009_030e SEC_E_NO_CREDENTIALS NoCredentials "nobody is logged in whose credentials this package could use; log on with a domain account, or name a user and a password"
    0x8009_030f SEC_E_MESSAGE_ALTERED MessageAltered "the message or its signature was changed on its way; see what stands between the two sides"
    0x8009_0310 SEC_E_OUT_OF_SEQUENCE OutOfSequence "messages have to be verified in the order in which they were signed; begin the login anew"
    0x8009_0311 SEC_E_NO_AUTHENTICATING_AUTHORITY NoAuthority "no domain controller can be reached; check network, VPN and DNS (`nltest /dsgetdc:`)"
    0x8009_0316 SEC_E_BAD_PKGID Unsupported "this machine does not have the security package; list what it has with gatepass_sspi::packages()"
    0x8009_0317 SEC_E_CONTEXT_EXPIRED OutOfSequence "the login has run out; begin it anew"
    0x8009_0318 SEC_E_INCOMPLETE_MESSAGE InvalidToken "the peer's message was cut; see whether something between the two sides limits the length of header fields"
    0x8009_0320 SEC_E_INCOMPLETE_CREDENTIALS NoCredentials "the credentials lack a part; name a user and a password"
    0x8009_0321 SEC_E_BUFFER_TOO_SMALL Internal "a message is longer than the package says its messages can be; see MaxTokenSize in the registry"
    0x8009_0322 SEC_E_WRONG_PRINCIPAL TargetUnknown "the server is not who the service principal name says; check for a name that is registered twice with `setspn -X`"
    0x8009_0324 SEC_E_TIME_SKEW TimeSkew "the clocks of this machine and of the domain are too far apart; set this one with `w32tm /resync`"
    0x8009_0325 SEC_E_UNTRUSTED_ROOT NoAuthority "the certificate of a smart card or domain controller is not trusted; install its root"
    0x8009_0326 SEC_E_ILLEGAL_MESSAGE InvalidToken "the peer's message breaks the rules of its mechanism; see whether a middlebox changed it"
    0x8009_0327 SEC_E_CERT_UNKNOWN NoCredentials "the certificate cannot be used; see the System event log"
    0x8009_0328 SEC_E_CERT_EXPIRED NoCredentials "the certificate has expired; renew it"
    0x8009_0329 SEC_E_ENCRYPT_FAILURE OutOfSequence "the message could not be encrypted; begin the login anew"
    0x8009_0330 SEC_E_DECRYPT_FAILURE MessageAltered "the message could not be decrypted: it was changed, or came out of turn"
    0x8009_0331 SEC_E_ALGORITHM_MISMATCH Policy "both sides have no algorithm in common; see the Kerberos encryption types that both allow"
    0x8009_0332 SEC_E_SECURITY_QOS_FAILED Policy "the peer does not offer the protection that is required; require less, or change the policy of the peer"
    0x8009_0333 SEC_E_UNFINISHED_CONTEXT_DELETED OutOfSequence "the login was ended before it was complete; begin it anew"
    0x8009_0334 SEC_E_NO_TGT_REPLY TargetUnknown "the peer sent no ticket of its own; use a server whose account has a service principal name"
    0x8009_0335 SEC_E_NO_IP_ADDRESSES NoAuthority "this machine has no IP address; connect it to the network"
    0x8009_0336 SEC_E_WRONG_CREDENTIAL_HANDLE OutOfSequence "the login was begun with other credentials; begin it anew"
    0x8009_0337 SEC_E_CRYPTO_SYSTEM_INVALID Internal "the system's cryptography failed; see the System event log"
    0x8009_0338 SEC_E_MAX_REFERRALS_EXCEEDED NoAuthority "the domains refer to each other without end; check their trusts"
    0x8009_0339 SEC_E_MUST_BE_KDC NoAuthority "only a domain controller can do that; check which machine answers as one"
    0x8009_033a SEC_E_STRONG_CRYPTO_NOT_SUPPORTED Unsupported "the peer wants stronger cryptography than there is here; update this system"
    0x8009_033b SEC_E_TOO_MANY_PRINCIPALS NoAuthority "the domain controller answered with more names than it was asked for; see its event log"
    0x8009_033c SEC_E_NO_PA_DATA NoAuthority "the domain controller did not say how to prove the password; see its event log"
    0x8009_033d SEC_E_PKINIT_NAME_MISMATCH NoCredentials "the certificate is not that of the user who logs in; choose another one"
    0x8009_033e SEC_E_SMARTCARD_LOGON_REQUIRED NoCredentials "this account may log in with a smart card only; insert it"
    0x8009_033f SEC_E_SHUTDOWN_IN_PROGRESS Internal "the system is shutting down; try again when it is up"
    0x8009_0340 SEC_E_KDC_INVALID_REQUEST NoAuthority "the domain controller does not understand the request; see its event log"
    0x8009_0341 SEC_E_KDC_UNABLE_TO_REFER NoAuthority "the domain controller knows no way to the target's domain; check the trusts"
    0x8009_0342 SEC_E_KDC_UNKNOWN_ETYPE Policy "the domain controller has no encryption type in common with the account; see msDS-SupportedEncryptionTypes"
    0x8009_0343 SEC_E_UNSUPPORTED_PREAUTH NoCredentials "the domain controller wants another kind of proof than a password; see its event log"
    0x8009_0345 SEC_E_DELEGATION_REQUIRED Policy "the target wants to act as the user: require delegation, if that is meant"
    0x8009_0346 SEC_E_BAD_BINDINGS BadBindings "the login belongs to another TLS connection: something between the two sides ends TLS, or a client sends no bindings where the server wants them"
    0x8009_0347 SEC_E_MULTIPLE_ACCOUNTS TargetUnknown "several accounts have this name; find them with `setspn -X`"
    0x8009_0348 SEC_E_NO_KERB_KEY NoCredentials "there is no Kerberos key for this account; set its password anew"
    0x8009_0349 SEC_E_CERT_WRONG_USAGE NoCredentials "the certificate is not meant for logging in; choose another one"
    0x8009_0350 SEC_E_DOWNGRADE_DETECTED Policy "something tries to have a weaker mechanism used; check network and DNS, and whether a domain controller can be reached"
    0x8009_0351 SEC_E_SMARTCARD_CERT_REVOKED NoCredentials "the smart card's certificate is revoked; get a new one"
    0x8009_0352 SEC_E_ISSUING_CA_UNTRUSTED NoCredentials "the issuer of the certificate is not trusted; install its root"
    0x8009_0353 SEC_E_REVOCATION_OFFLINE_C NoAuthority "whether the certificate is revoked cannot be found out; check the way to its revocation list"
    0x8009_0354 SEC_E_PKINIT_CLIENT_FAILURE NoCredentials "the client's certificate was not accepted; see the domain controller's event log"
    0x8009_0355 SEC_E_SMARTCARD_CERT_EXPIRED NoCredentials "the smart card's certificate has expired; renew it"
    0x8009_0356 SEC_E_NO_S4U_PROT_SUPPORT Unsupported "the domain controller cannot act for other users; use a newer one"
    0x8009_0357 SEC_E_CROSSREALM_DELEGATION_FAILURE Policy "the user's rights cannot be passed on into another domain; do not require delegation"
    0x8009_0358 SEC_E_REVOCATION_OFFLINE_KDC NoAuthority "whether the domain controller's certificate is revoked cannot be found out; check the way to its revocation list"
    0x8009_0359 SEC_E_ISSUING_CA_UNTRUSTED_KDC NoAuthority "the issuer of the domain controller's certificate is not trusted; install its root"
    0x8009_035a SEC_E_KDC_CERT_EXPIRED NoAuthority "the domain controller's certificate has expired; its administrator has to renew it"
    0x8009_035b SEC_E_KDC_CERT_REVOKED NoAuthority "the domain controller's certificate is revoked; its administrator has to renew it"
    0x8009_035d SEC_E_INVALID_PARAMETER Internal "secur32 does not take an argument; report this with the text of the error"
    0x8009_035e SEC_E_DELEGATION_POLICY Policy "policy forbids that the target acts as the user; do not require delegation"
    0x8009_035f SEC_E_POLICY_NLTM_ONLY Policy "policy allows NTLM alone for this target; use the package NTLM"
    0x8009_0361 SEC_E_NO_CONTEXT NoCredentials "no login session belongs to this; log on to Windows anew"
    0x8009_0362 SEC_E_PKU2U_CERT_FAILURE NoCredentials "the online identity's certificate was not accepted; log on to Windows anew"
    0x8009_0363 SEC_E_MUTUAL_AUTH_FAILED Policy "the server could not prove who it is; check its service principal name with `setspn -Q`"
    0x8009_0365 SEC_E_ONLY_HTTPS_ALLOWED Policy "this is allowed over https alone; use https"
    0x8009_0367 SEC_E_APPLICATION_PROTOCOL_MISMATCH Policy "both sides have no application protocol in common; check which protocols they offer"
    0x8009_0369 SEC_E_INVALID_UPN_NAME NoCredentials "the user name is no user principal name; write user@domain"
    0x8009_036a SEC_E_EXT_BUFFER_TOO_SMALL Internal "an output buffer is too small; report this with the text of the error"
    0x8009_036b SEC_E_INSUFFICIENT_BUFFERS Internal "an output buffer is missing; report this with the text of the error"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_a_kind_has_that_kind() {
        // SEC_E_NO_CREDENTIALS -> NoCredentials -> SEC_E_NO_CREDENTIALS, and so on for each kind of the joint.
        for kind in [
            ErrorKind::InvalidToken,
            ErrorKind::LogonDenied,
            ErrorKind::NoCredentials,
            ErrorKind::TargetUnknown,
            ErrorKind::BadBindings,
            ErrorKind::MessageAltered,
            ErrorKind::OutOfSequence,
            ErrorKind::Unsupported,
            ErrorKind::Policy,
            ErrorKind::TimeSkew,
            ErrorKind::NoAuthority,
            ErrorKind::Internal,
        ] {
            let failure = Failure::new("F", kind.security_status().cast_signed());
            assert_eq!(failure.kind(), kind);
        }
    }

    #[test]
    fn each_status_has_a_row_and_each_row_says_what_to_do() {
        for pair in ROWS.windows(2) {
            assert!(pair[0].status < pair[1].status, "{}", pair[1].name);
        }
        for row in ROWS {
            assert!(row.name.starts_with("SEC_E_"), "{}", row.name);
            assert!(row.advice.len() > 20 && !row.advice.ends_with('.'), "{}", row.name);
        }
        assert_eq!(ROWS.len(), 78);
    }

    #[test]
    fn a_failure_names_function_and_status_and_what_to_do() {
        let error = Error::from(Failure::new("AcquireCredentialsHandleW", 0x8009_030e_u32.cast_signed()));
        assert_eq!(error.kind(), ErrorKind::NoCredentials);
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(
            source.starts_with(
                "AcquireCredentialsHandleW failed with SEC_E_NO_CREDENTIALS (0x8009030e): nobody is logged in"
            ),
            "{source}"
        );
        let unknown = Failure::new("EncryptMessage", 5);
        assert_eq!(unknown.kind(), ErrorKind::Internal);
        assert!(unknown.to_string().contains("certutil -error 0x00000005"), "{unknown}");
    }

    #[test]
    #[cfg(windows)]
    fn the_numbers_are_those_of_windows() {
        for (own, windows) in OF_WINDOWS {
            assert_eq!(*own, windows.cast_unsigned());
        }
    }
}
