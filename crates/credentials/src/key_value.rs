//! The lines in which git and its credential helpers speak (git-credential(1), INPUT/OUTPUT FORMAT): `key=value`, and an
//! empty line at the end. Besides git's keys there is `nt_hash`, 32 hex digits in place of the password.

use crate::{Error, Place, nt_hash};
use gatepass_backend::{Credentials, NtHash, Password, Principal};
#[cfg(any(test, feature = "keyring"))]
use zeroize::Zeroizing;

/// The question: who asks.
pub(crate) fn question(place: &Place) -> String {
    format!("protocol={}\nhost={}\n\n", place.scheme(), place.authority())
}

/// `credentials` as lines. `None` for those that have no secret, and for a name or password that no line can hold.
#[cfg(any(test, feature = "keyring"))]
pub(crate) fn write(credentials: &Credentials) -> Option<Zeroizing<String>> {
    let name = |principal: &Principal| match principal.domain() {
        "" => principal.user().to_owned(),
        domain => format!("{domain}\\{}", principal.user()),
    };
    let (user, key, secret) = match credentials {
        Credentials::Password(who, password) => {
            (name(who), "password", Zeroizing::new(password.expose().to_owned()))
        }
        Credentials::NtHash(who, hash) => (name(who), "nt_hash", nt_hash::write(hash)),
        _ => return None,
    };
    if [user.as_str(), secret.as_str()].iter().any(|value| value.contains(['\n', '\0'])) {
        return None;
    }
    let parts = ["username=", &user, "\n", key, "=", &secret, "\n"];
    // In one piece, so that no shorter copy is left behind.
    let length = parts.iter().map(|part| part.len()).sum();
    let mut lines = Zeroizing::new(String::with_capacity(length));
    parts.iter().for_each(|part| lines.push_str(part));
    Some(lines)
}

/// The answer of `what`: `None` where it is empty, or has no user name and secret.
pub(crate) fn read(bytes: &[u8], what: &str) -> Result<Option<Credentials>, Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        Error::new(format!(
            "{what} answers with bytes that are not UTF-8; it must print username=… and password=…"
        ))
    })?;
    let (mut user, mut password, mut hash) = (None, None, None);
    for (number, line) in (1..).zip(text.split('\n')) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match line.split_once('=') {
            None if line.is_empty() => break,
            None => {
                return Err(Error::new(format!(
                    "{what} answers with something else than lines of key=value (line {number}); it must print username=… \
                     and password=…"
                )));
            }
            Some(("username", value)) => user = Some(value),
            Some(("password", value)) => password = Some(value),
            Some(("nt_hash", value)) => hash = Some(value),
            // `protocol`, `host`, `quit` and what later versions of git may say.
            Some(_) => {}
        }
    }
    let secret = match (password, hash) {
        (Some(password), _) => Secret::Password(Password::from(password)),
        (None, Some(digits)) => Secret::Hash(nt_hash::read(digits).ok_or_else(|| {
            Error::new(format!("{what} answers with an nt_hash that is not 32 hex digits; correct it"))
        })?),
        (None, None) => return Ok(None),
    };
    let Some(user) = user.filter(|user| !user.is_empty()) else {
        return Err(Error::new(format!(
            "{what} answers with a secret and no user name; it must print username=…"
        )));
    };
    let principal = Principal::parse(user);
    Ok(Some(match secret {
        Secret::Password(password) => Credentials::Password(principal, password),
        Secret::Hash(hash) => Credentials::NtHash(principal, hash),
    }))
}

enum Secret {
    Password(Password),
    Hash(NtHash),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_names_scheme_host_and_port() {
        let ask = |url: &str| question(&Place::parse(url).unwrap());
        assert_eq!(ask("http://Proxy:8080"), "protocol=http\nhost=proxy:8080\n\n");
        assert_eq!(ask("https://proxy:443/x"), "protocol=https\nhost=proxy\n\n");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let hash = nt_hash::read("a4f49c406510bdcab6824ee7c30fd852").unwrap();
        for (credentials, lines) in [
            (
                Credentials::password("CORP\\alice", " p=w\u{fc}\t"),
                "username=CORP\\alice\npassword= p=w\u{fc}\t\n",
            ),
            (Credentials::password("alice@corp.test", ""), "username=alice@corp.test\npassword=\n"),
            (
                Credentials::NtHash(Principal::new("CORP", "alice"), hash),
                "username=CORP\\alice\nnt_hash=a4f49c406510bdcab6824ee7c30fd852\n",
            ),
        ] {
            let written = write(&credentials).unwrap();
            assert_eq!(written.as_str(), lines);
            let again = read(written.as_bytes(), "it").unwrap().unwrap();
            assert_eq!(write(&again).unwrap().as_str(), lines);
        }
        for credentials in [
            Credentials::CurrentUser,
            Credentials::password("alice", "a\nb"),
            Credentials::password("alice\npassword=x", "b"),
            Credentials::password("alice", "a\0"),
        ] {
            assert!(write(&credentials).is_none(), "{credentials:?}");
        }
    }

    #[test]
    fn an_answer_without_a_secret_is_none() {
        for text in ["", "\n", "protocol=http\nhost=a\n", "username=alice\n\n", "\npassword=x\nusername=y"] {
            assert!(read(text.as_bytes(), "it").unwrap().is_none(), "{text:?}");
        }
    }

    #[test]
    fn a83_garbage_is_an_error_that_does_not_repeat_it() {
        for bytes in [
            &b"marker-s3cret"[..],
            b"username=alice\nmarker-s3cret\n",
            b"\x7fELF\xff\xfe marker-s3cret",
            b"password=marker-s3cret\n",
            b"username=\npassword=marker-s3cret\n",
            b"username=alice\nnt_hash=marker-s3cret\n",
            b"{\"username\": \"marker-s3cret\"}\n",
        ] {
            let error = read(bytes, "the command").unwrap_err().to_string();
            assert!(error.starts_with("the command answers with") && !error.contains("marker"), "{error}");
        }
    }
}
