//! Where a password comes from, so that none ever needs to stand on the command line.
//!
//! In this order: `--password-file`, `--password-stdin`, the environment (`GATEPASS_PASSWORD`), a prompt without echo
//! when standard input is a terminal. What is read is taken as it is: one newline at the end is removed, nothing else is
//! trimmed or normalised, and bytes that are not UTF-8 are an error rather than a wrong password that locks an account.

use crate::exit::{Exit, Failure, Reason};
use crate::local_path::local;
use gatepass::backend::Password;
use std::env::{self, VarError};
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

/// The environment variable that holds a password.
pub(crate) const VARIABLE: &str = "GATEPASS_PASSWORD";

/// The longest password file that is read, in bytes. NTLM itself knows no limit; Windows' is 256 characters.
const MAX_PASSWORD: u64 = 64 * 1024;

/// The options that name a source.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct PasswordArgs {
    /// Read the password from FILE (UTF-8; one newline at its end is removed)
    #[arg(long, value_name = "FILE", help_heading = "Password")]
    password_file: Option<PathBuf>,
    /// Read the password from standard input (UTF-8; one newline at its end is removed)
    #[arg(long, conflicts_with = "password_file", help_heading = "Password")]
    password_stdin: bool,
}

impl PasswordArgs {
    /// The password of `whom`, from the first source that there is.
    pub(crate) fn password(&self, whom: &str) -> Result<Password, Failure> {
        match self.named()? {
            Some(password) => Ok(password),
            None => from_prompt(whom),
        }
    }

    /// The password from the first source that there is, without asking anybody.
    pub(crate) fn named(&self) -> Result<Option<Password>, Failure> {
        if let Some(path) = &self.password_file {
            return from_file(path).map(Some);
        }
        if self.password_stdin {
            return from_stdin().map(Some);
        }
        from_variable(VARIABLE)
    }

    /// Whether standard input is taken by the password.
    pub(crate) const fn takes_stdin(&self) -> bool {
        self.password_stdin
    }
}

/// The password in the file at `path`.
pub(crate) fn from_file(path: &Path) -> Result<Password, Failure> {
    let shown = path.display();
    let file = local(path).and_then(File::open).map_err(|error| {
        Failure::new(Exit::READ, format!("cannot open the password file {shown}: {}", Reason(&error)))
    })?;
    read(file, &format!("the password file {shown}"))
}

/// The password on standard input.
pub(crate) fn from_stdin() -> Result<Password, Failure> {
    read(io::stdin().lock(), "the password on standard input")
}

/// The password in the environment variable `name`, if it is set.
pub(crate) fn from_variable(name: &str) -> Result<Option<Password>, Failure> {
    match env::var(name) {
        Ok(text) => Ok(Some(Password::from(text))),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            Err(Failure::new(Exit::USAGE, format!("{name} is not UTF-8; set it again")))
        }
    }
}

/// Asks for the password of `whom`, without echo; only on a terminal.
pub(crate) fn from_prompt(whom: &str) -> Result<Password, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::USAGE,
            format!(
                "there is no password for {whom} and no terminal to ask on; use --password-file, --password-stdin or {VARIABLE}"
            ),
        ));
    }
    match rpassword::prompt_password(format!("Password for {}: ", crate::screen::escape(whom))) {
        Ok(text) => Ok(Password::from(text)),
        Err(error) => Err(Failure::new(Exit::READ, format!("cannot read the password: {}", Reason(&error)))),
    }
}

fn read(source: impl Read, what: &str) -> Result<Password, Failure> {
    let mut bytes = Vec::new();
    source
        .take(MAX_PASSWORD.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(Exit::READ, format!("cannot read {what}: {}", Reason(&error))))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_PASSWORD) {
        return Err(Failure::new(Exit::READ, format!("{what} is longer than {MAX_PASSWORD} bytes")));
    }
    let Ok(mut text) = String::from_utf8(bytes) else {
        return Err(Failure::new(Exit::READ, format!("{what} is not UTF-8; save it as UTF-8")));
    };
    if text.starts_with('\u{feff}') {
        return Err(Failure::new(
            Exit::READ,
            format!("{what} begins with a byte order mark; save it without one"),
        ));
    }
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(Password::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(bytes: &[u8]) -> Result<String, Failure> {
        read(bytes, "the password").map(|password| String::from(password.expose()))
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
            let failure = reads(bytes).unwrap_err();
            assert_eq!(failure.exit(), Exit::READ);
            assert!(!failure.sentence().unwrap().contains("ssword\u{fffd}"));
        }
    }

    #[test]
    fn an_endless_password_file_is_an_error() {
        let failure = read(io::repeat(b'a'), "the password").unwrap_err();
        assert!(failure.sentence().unwrap().contains("longer than 65536 bytes"), "{failure:?}");
    }
}
