//! Failures as errors of the joint: the kind for the program, a sentence with the next thing to try for the person.

use crate::oid::Oid;
use crate::status::{Cause, Status};
use gatepass_backend::{Error, ErrorKind};
use std::fmt;

/// A failed call, with what it was for.
#[derive(Debug)]
pub(crate) struct Failure {
    status: Status,
    stage: Stage,
}

/// What was being done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A client begins, to reach this target.
    Begin(String),
    /// A client goes on.
    Continue,
    /// A server begins, with its own keys.
    Serve,
    /// A server looks at a client's token.
    Accept,
    /// A message is signed, sealed or checked.
    Message,
}

impl Failure {
    /// The error of the joint.
    pub(crate) fn error(status: Status, stage: Stage) -> Error {
        let kind = match (status.cause(), &stage) {
            // Whatever it is, nothing has been sent yet, and another mechanism may be tried.
            (Cause::Other | Cause::Token | Cause::Altered | Cause::Over, Stage::Begin(_)) => {
                ErrorKind::NoAuthority
            }
            // KRB_AP_ERR_BAD_INTEGRITY too: here it is the message that does not fit the key.
            (Cause::Other | Cause::Token | Cause::Denied, Stage::Message) => ErrorKind::MessageAltered,
            // gss-ntlmssp has no better word for a wrong password or an unknown user.
            (Cause::Other, Stage::Accept) if status.mechanism != Some(Oid::KERBEROS) => {
                ErrorKind::LogonDenied
            }
            (Cause::Altered | Cause::Over, Stage::Accept | Stage::Continue) => ErrorKind::LogonDenied,
            (Cause::TimeSkew, Stage::Accept) => ErrorKind::TimeSkew,
            (cause, _) => cause.kind(),
        };
        Error::with_source(kind, Self { status, stage })
    }

    /// The cause, and what to do.
    fn sentence(&self) -> Option<String> {
        let mechanism = self.status.mechanism.unwrap_or(Oid::KERBEROS);
        let kerberos = mechanism != Oid::NTLMSSP;
        Some(match (self.status.cause(), &self.stage) {
            (Cause::NoCredentials, Stage::Serve) if kerberos => {
                "this server has no Kerberos key: give it a keytab (KRB5_KTNAME) that its user can read".to_owned()
            }
            (Cause::NoCredentials, Stage::Serve) => {
                "gss-ntlmssp has no accounts to check a login with: name a file in NTLM_USER_FILE, or run winbind"
                    .to_owned()
            }
            (Cause::NoCredentials, _) if kerberos => {
                "there is no Kerberos ticket: run kinit, or log in to the domain".to_owned()
            }
            (Cause::NoCredentials, _) => {
                "gss-ntlmssp knows no user: name a file in NTLM_USER_FILE, or log in to a domain with winbind".to_owned()
            }
            (Cause::Expired, Stage::Accept) => "the client's ticket has expired".to_owned(),
            (Cause::Expired, _) => "the Kerberos ticket has expired: run kinit again".to_owned(),
            (Cause::TimeSkew, Stage::Accept) => {
                "the client's clock and this one are too far apart: set both by the same time server".to_owned()
            }
            (Cause::TimeSkew, _) => {
                "the clock of this machine and that of the domain are too far apart: set this one by the domain's".to_owned()
            }
            (Cause::TargetUnknown, Stage::Begin(target)) => format!(
                "Kerberos knows no service {target}: use the name by which the domain knows that host, have its service principal \
                 name registered, or, if it is in another realm, name that in krb5.conf (domain_realm)"
            ),
            (Cause::NoAuthority, Stage::Begin(target)) => format!(
                "no Kerberos server can be found or reached to ask for {target}: check the realm in krb5.conf, the DNS and the \
                 network"
            ),
            (Cause::NoAuthority, _) => {
                "no Kerberos server can be found or reached: check the realm in krb5.conf, the DNS and the network".to_owned()
            }
            (Cause::Denied, Stage::Begin(_)) => {
                "Kerberos refuses the name, the password or the ticket: check them, or run kinit again".to_owned()
            }
            (Cause::Unsupported, _) => format!("{} is not available here", mechanism.title()),
            (Cause::Other, Stage::Begin(target)) => {
                format!("{} cannot begin a login for {target}", mechanism.title())
            }
            _ => return None,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sentence() {
            Some(sentence) => write!(f, "{sentence} ({})", self.status),
            None => self.status.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    const ROUTINE: u32 = 0x0001_0000;

    #[test]
    fn each_cause_of_no_login_is_a_sentence_with_the_next_thing_to_try() {
        let begin = || Stage::Begin("HTTP/proxy.corp.test".to_owned());
        let failure = 13 * ROUTINE;
        for (major, krb5, stage, kind, words) in [
            (7 * ROUTINE, 0, begin(), ErrorKind::NoCredentials, "no Kerberos ticket: run kinit"),
            (failure, 195, begin(), ErrorKind::NoCredentials, "no Kerberos ticket: run kinit"),
            (11 * ROUTINE, 0, begin(), ErrorKind::NoCredentials, "has expired: run kinit again"),
            (failure, 32, begin(), ErrorKind::NoCredentials, "has expired: run kinit again"),
            (failure, 37, begin(), ErrorKind::TimeSkew, "too far apart: set this one"),
            (failure, 7, begin(), ErrorKind::TargetUnknown, "no service HTTP/proxy.corp.test: use the name"),
            (failure, 7, begin(), ErrorKind::TargetUnknown, "in another realm, name that in krb5.conf"),
            (failure, 154, begin(), ErrorKind::NoAuthority, "no Kerberos server"),
            (failure, 156, begin(), ErrorKind::NoAuthority, "check the realm in krb5.conf"),
            (failure, 24, begin(), ErrorKind::LogonDenied, "check them"),
            (failure, 0, begin(), ErrorKind::NoAuthority, "Kerberos cannot begin a login for HTTP/proxy"),
            (16 * ROUTINE, 0, begin(), ErrorKind::Unsupported, "Kerberos is not available here"),
            (7 * ROUTINE, 0, Stage::Serve, ErrorKind::NoCredentials, "a keytab (KRB5_KTNAME)"),
            (failure, 37, Stage::Accept, ErrorKind::TimeSkew, "the client's clock"),
            (failure, 31, Stage::Accept, ErrorKind::LogonDenied, "the library's words"),
            (4 * ROUTINE, 0, Stage::Accept, ErrorKind::BadBindings, "the library's words"),
            (9 * ROUTINE, 0, Stage::Accept, ErrorKind::InvalidToken, "the library's words"),
            (6 * ROUTINE, 0, Stage::Message, ErrorKind::MessageAltered, "the library's words"),
            (failure, 31, Stage::Message, ErrorKind::MessageAltered, "the library's words"),
        ] {
            let error = Failure::error(Status::of(Oid::KERBEROS, major, krb5), stage.clone());
            let sentence = error.source().unwrap().to_string();
            assert_eq!(error.kind(), kind, "{sentence}");
            assert!(sentence.contains(words), "{stage:?}: {sentence}");
            assert!(sentence.contains("the library's words"), "{sentence}");
        }
    }

    #[test]
    fn a_failure_of_gss_ntlmssp_without_a_name_is_a_refused_client() {
        let failure = Status::of(Oid::NTLMSSP, 13 * ROUTINE, 0);
        assert_eq!(Failure::error(failure, Stage::Accept).kind(), ErrorKind::LogonDenied);
        let failure = Status::of(Oid::KERBEROS, 13 * ROUTINE, 0);
        assert_eq!(Failure::error(failure, Stage::Accept).kind(), ErrorKind::Internal);
    }

    #[test]
    fn ntlm_without_accounts_is_not_told_to_run_kinit() {
        let begin = Stage::Begin("HTTP/proxy".to_owned());
        for stage in [begin, Stage::Serve] {
            let error = Failure::error(Status::of(Oid::NTLMSSP, 7 * ROUTINE, 0), stage);
            let sentence = error.source().unwrap().to_string();
            assert!(sentence.contains("NTLM_USER_FILE") && !sentence.contains("kinit"), "{sentence}");
        }
    }
}
