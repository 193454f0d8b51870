//! What these programs get from whoever calls them, and say to them at the end.

use std::error::Error;
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use gatepass::Password;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The password from `GATEPASS_PASSWORD` or the first line of standard input; never from the command line, which every user of
/// the machine can read.
pub(crate) fn password() -> Result<Password> {
    if let Ok(password) = std::env::var("GATEPASS_PASSWORD") {
        return Ok(Password::from(password));
    }
    if io::stdin().is_terminal() {
        return Err("the terminal would show the password: put it in GATEPASS_PASSWORD, or pipe it in".into());
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(Password::from(line))
}

/// The end of `program`: an error with all its causes on one line of standard error.
pub(crate) fn end(program: &str, result: Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    let mut text = format!("{program}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    // Nobody is left to tell when this fails.
    let _ = writeln!(io::stderr(), "{text}");
    ExitCode::FAILURE
}
