//! A password that is on its own in a file, on standard input or in a variable.
//!
//! It is taken as it is: one newline at the end of a file is removed, nothing else is trimmed or normalised, and bytes that
//! are not UTF-8 are an error rather than a wrong password that locks an account.

use crate::Error;
use crate::secret_file::{SecretFile, read_text};
use gatepass_backend::Password;
use std::env::{self, VarError};
use std::io::Read;
use std::path::Path;

/// The longest file with secrets that is read, in bytes. NTLM itself knows no limit; Windows' is 256 characters.
pub(crate) const MAX_LENGTH: usize = 64 * 1024;

/// The password in the file at `path`.
///
/// # Errors
/// When it cannot be read, is longer than 64 KiB, is not UTF-8, or others than the user (and root) may read or write it.
pub fn password_in_file(path: &Path) -> Result<Password, Error> {
    let what = format!("the password file {}", path.display());
    match SecretFile::read(path, &what)? {
        Some(file) => Ok(password(&file.guarded()?)),
        None => Err(Error::new(format!("cannot open {what}: there is no such file"))),
    }
}

/// The password that `source`, called `what` in errors, holds.
///
/// # Errors
/// When it cannot be read, is longer than 64 KiB, or is not UTF-8.
pub fn password_on(source: impl Read, what: &str) -> Result<Password, Error> {
    Ok(password(&read_text(source, what)?))
}

/// The password in the environment variable `name`, if it is set.
///
/// # Errors
/// When it is not UTF-8.
pub fn password_in_variable(name: &str) -> Result<Option<Password>, Error> {
    Ok(variable(name)?.map(Password::from))
}

/// The text in the environment variable `name`, if it is set.
pub(crate) fn variable(name: &str) -> Result<Option<String>, Error> {
    match env::var(name) {
        Ok(text) => Ok(Some(text)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(Error::new(format!("{name} is not UTF-8; set it again"))),
    }
}

fn password(text: &str) -> Password {
    let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    Password::from(line.unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn reads(bytes: &[u8]) -> Result<String, Error> {
        password_on(bytes, "the password").map(|password| String::from(password.expose()))
    }

    #[test]
    fn a88_one_newline_is_removed_and_nothing_else() {
        for (bytes, expected) in [
            ("Passw0rd!\n", "Passw0rd!"),
            ("Passw0rd!\r\n", "Passw0rd!"),
            ("Passw0rd!", "Passw0rd!"),
            ("two\n\n", "two\n"),
            (" spaced \t\n", " spaced \t"),
            ("\n", ""),
            ("", ""),
            ("пароль😀\n", "пароль😀"),
            ("cr\r", "cr\r"),
        ] {
            assert_eq!(reads(bytes.as_bytes()).unwrap(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a88_composed_and_decomposed_letters_stay_as_they_are() {
        assert_eq!(reads("\u{e9}\n".as_bytes()).unwrap(), "\u{e9}");
        assert_eq!(reads("e\u{301}\n".as_bytes()).unwrap(), "e\u{301}");
    }

    #[test]
    fn a88_bytes_that_are_not_utf_8_are_an_error() {
        for bytes in [&b"p\xe4ssword\n"[..], b"\xff\xfep\0w\0", b"\xef\xbb\xbfpw\n"] {
            let error = reads(bytes).unwrap_err().to_string();
            assert!(error.contains("save it") && !error.contains("ssword\u{fffd}"), "{error}");
        }
    }

    #[test]
    fn an_endless_password_file_is_an_error() {
        let error = password_on(io::repeat(b'a'), "the password").unwrap_err();
        assert!(error.to_string().contains("longer than 65536 bytes"), "{error}");
    }
}
