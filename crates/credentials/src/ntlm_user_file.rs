//! The file that `NTLM_USER_FILE` names, as gss-ntlmssp and Heimdal read it.
//!
//! A line is `DOMAIN:USER:PASSWORD`, or in the manner of Samba's smbpasswd `USER:UID:LMHASH:NTHASH:FLAGS:…`, where the user
//! may be `DOMAIN\USER`. The number of fields tells which, so that no password in it can hold a colon. Lines that begin
//! with `#`, and those with fewer than three fields, are comments.

use crate::secret_file::SecretFile;
use crate::{Error, nt_hash};
use gatepass_backend::{CredentialSource, Credentials, Password, Principal, Request};
use std::path::{Path, PathBuf};

/// The first line of the file, or the first for one user. The LM hash is not used.
#[derive(Clone, Debug)]
pub struct NtlmUserFile {
    path: Option<PathBuf>,
    user: Option<Principal>,
}

impl NtlmUserFile {
    /// The file that the environment variable `NTLM_USER_FILE` names.
    #[must_use]
    pub fn from_environment() -> Self {
        let path = std::env::var_os("NTLM_USER_FILE").filter(|path| !path.is_empty()).map(PathBuf::from);
        Self { path, user: None }
    }

    /// The file at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: Some(path.into()), user: None }
    }

    /// Only the line of `user`, in any case of its letters; a domain counts where `user` names one.
    #[must_use]
    pub fn with_user(self, user: Principal) -> Self {
        Self { user: Some(user), ..self }
    }

    fn find(&self, path: &Path) -> Result<Option<Credentials>, Error> {
        let what = format!("NTLM_USER_FILE={}", path.display());
        let file = SecretFile::read(path, &what)?.ok_or_else(|| {
            Error::new(format!("{what}: there is no such file; unset it or check its name"))
        })?;
        let text = file.guarded()?;
        for (number, line) in (1..).zip(text.lines()) {
            match entry(line) {
                Some(Entry { principal, secret }) if self.wants(&principal) => {
                    return secret.credentials(principal).map(Some).ok_or_else(|| {
                        Error::new(format!(
                            "{what}, line {number}: the NT hash is not 32 hex digits; correct the line"
                        ))
                    });
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn wants(&self, principal: &Principal) -> bool {
        let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
        self.user.as_ref().is_none_or(|user| {
            same(user.user(), principal.user())
                && (user.domain().is_empty()
                    || principal.domain().is_empty()
                    || same(user.domain(), principal.domain()))
        })
    }
}

impl CredentialSource for NtlmUserFile {
    fn name(&self) -> &str {
        "NTLM_USER_FILE"
    }

    fn credentials(&self, _: &Request) -> Result<Option<Credentials>, gatepass_backend::Error> {
        Ok(self.path.as_deref().map_or(Ok(None), |path| self.find(path))?)
    }
}

struct Entry<'a> {
    principal: Principal,
    secret: Secret<'a>,
}

enum Secret<'a> {
    Password(&'a str),
    Hash(&'a str),
}

impl Secret<'_> {
    fn credentials(self, principal: Principal) -> Option<Credentials> {
        Some(match self {
            Self::Password(password) => Credentials::Password(principal, Password::from(password)),
            Self::Hash(digits) => Credentials::NtHash(principal, nt_hash::read(digits)?),
        })
    }
}

fn entry(line: &str) -> Option<Entry<'_>> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = line.splitn(5, ':');
    let (first, second, third) = (fields.next()?, fields.next()?, fields.next()?);
    match (fields.next(), fields.next()) {
        (None, _) => {
            Some(Entry { principal: Principal::new(first, second), secret: Secret::Password(third) })
        }
        // Four fields are neither form; gss-ntlmssp skips such a line too.
        (Some(_), None) => None,
        (Some(hash), Some(_)) => {
            let (domain, user) = first.split_once('\\').unwrap_or(("", first));
            Some(Entry { principal: Principal::new(domain, user), secret: Secret::Hash(hash) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::NamedTempFile, NtlmUserFile) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let source = NtlmUserFile::new(file.path());
        (file, source)
    }

    fn found(source: &NtlmUserFile) -> Option<String> {
        match source.credentials(&Request::new()).unwrap()? {
            Credentials::Password(who, password) => Some(format!("{who}={}", password.expose())),
            Credentials::NtHash(who, hash) => Some(format!("{who}#{}", nt_hash::write(&hash).as_str())),
            other => panic!("{other:?}"),
        }
    }

    const LINES: &str = "# CORP:nobody:x\nno entry\nCORP:alice:Passw0rd! \r\nOTHER:bob:\n\
        carol:1000:XXXX:A4F49C406510BDCAB6824EE7C30FD852:[U ]:LCT-0\n\
        CORP\\dave:0:X:a4f49c406510bdcab6824ee7c30fd852:\nCORP:erin:four:fields\n:frank:wild\n";

    #[test]
    fn without_a_name_the_first_line_counts_and_with_one_its_own() {
        let (_file, source) = file(LINES);
        assert_eq!(found(&source).as_deref(), Some("CORP\\alice=Passw0rd! "));
        for (user, expected) in [
            ("ALICE", Some("CORP\\alice=Passw0rd! ")),
            ("corp\\Alice", Some("CORP\\alice=Passw0rd! ")),
            ("CORP\\bob", None),
            ("bob", Some("OTHER\\bob=")),
            ("carol", Some("carol#a4f49c406510bdcab6824ee7c30fd852")),
            ("CORP\\dave", Some("CORP\\dave#a4f49c406510bdcab6824ee7c30fd852")),
            ("erin", None),
            ("X\\frank", Some("frank=wild")),
            ("nobody", None),
        ] {
            let source = source.clone().with_user(Principal::parse(user));
            assert_eq!(found(&source).as_deref(), expected, "{user}");
        }
    }

    #[test]
    fn a_bad_hash_is_named_by_its_line_and_not_shown() {
        let (_file, source) = file("#\ncarol:1:X:marker:[U]:\n");
        let error = Error::sentence_of(&source.credentials(&Request::new()).unwrap_err());
        assert!(error.contains("line 2") && !error.contains("marker"), "{error}");
    }

    #[test]
    fn a_file_that_is_named_and_is_not_there_is_an_error() {
        let source = NtlmUserFile::new("/no/such/file");
        let error = Error::sentence_of(&source.credentials(&Request::new()).unwrap_err());
        assert!(error.starts_with("NTLM_USER_FILE=/no/such/file: there is no such file"), "{error}");
    }
}
