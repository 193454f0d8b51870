//! Where a password comes from, so that none ever needs to stand on the command line.
//!
//! In this order: `--password-file`, `--password-stdin`, the environment (`GATEPASS_PASSWORD`), a prompt without echo
//! when standard input is a terminal. How each is read is said in `gatepass_credentials`.

use crate::exit::{Exit, Failure};
use gatepass::backend::Password;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// The environment variable that holds a password.
pub(crate) const VARIABLE: &str = "GATEPASS_PASSWORD";

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

/// The password in the file at `path`, which must be closed to other users.
pub(crate) fn from_file(path: &Path) -> Result<Password, Failure> {
    gatepass_credentials::password_in_file(path).map_err(|error| Failure::new(Exit::READ, error.to_string()))
}

/// The password on standard input.
pub(crate) fn from_stdin() -> Result<Password, Failure> {
    gatepass_credentials::password_on(io::stdin().lock(), "the password on standard input")
        .map_err(|error| Failure::new(Exit::READ, error.to_string()))
}

/// The password in the environment variable `name`, if it is set.
pub(crate) fn from_variable(name: &str) -> Result<Option<Password>, Failure> {
    gatepass_credentials::password_in_variable(name)
        .map_err(|error| Failure::new(Exit::USAGE, error.to_string()))
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
    gatepass_credentials::prompt_for_password(&crate::screen::escape(whom))
        .map_err(|error| Failure::new(Exit::READ, error.to_string()))
}
