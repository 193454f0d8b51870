//! A command of the user's that knows logins: `pass`, a password manager's, a script.

use crate::subprocess::{self, Stopped};
use crate::{Error, Place, error::reason, key_value};
use gatepass_backend::{CredentialSource, Credentials, Request};
use std::process::Command;
use std::time::Duration;

/// A line for the shell (`/bin/sh -c`, on Windows `cmd /C`), spoken to as git speaks to its credential helpers.
///
/// On standard input it gets `protocol=http`, `host=proxy.corp:8080` and an empty line; it answers with `username=…` and
/// `password=…` (or `nt_hash=…`) and exit code 0, or with nothing where it knows nothing. So that
/// `git credential-libsecret get` is such a command as it stands. It cannot ask on the terminal; what it writes to standard
/// error is seen.
///
/// It runs for no longer than its limit, 30 seconds where nothing else is said, and no longer than the program that asks; then it
/// is ended with what it has started.
#[derive(Clone)]
pub struct CommandSource {
    line: String,
    limit: Duration,
}

impl CommandSource {
    /// The command `line`.
    #[must_use]
    pub fn new(line: impl Into<String>) -> Self {
        Self { line: line.into(), limit: Duration::from_secs(30) }
    }

    /// The command in the environment variable `GATEPASS_CREDENTIAL_COMMAND`, if it is set.
    ///
    /// # Errors
    /// When the variable is not UTF-8.
    pub fn from_environment() -> Result<Option<Self>, Error> {
        let line = crate::password::variable("GATEPASS_CREDENTIAL_COMMAND")?;
        Ok(line.filter(|line| !line.trim().is_empty()).map(Self::new))
    }

    /// With another limit of time.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    fn ask(&self, place: &Place) -> Result<Option<Credentials>, Error> {
        let output = subprocess::run(&mut shell(&self.line), key_value::question(place), self.limit);
        let output = output.map_err(|stopped| {
            Error::new(match stopped {
                Stopped::Failed(error) => format!("the shell cannot be started: {}", reason(&error)),
                Stopped::Hung => format!(
                    "the command did not answer within {} seconds and was ended; run it by hand, it may be waiting for input",
                    self.limit.as_secs_f32()
                ),
                Stopped::Endless => {
                    String::from("the command printed more than 64 KiB; it must print username=… and password=…")
                }
            })
        })?;
        if !output.status.success() {
            let how = match output.status.code() {
                Some(127) => String::from("was not found by the shell; check its name"),
                Some(126) => String::from("may not be executed; check its mode"),
                Some(code) => format!("ended with exit code {code}; run it by hand to see why"),
                None => String::from("was ended by a signal; run it by hand to see why"),
            };
            return Err(Error::new(format!("the command {how}")));
        }
        key_value::read(&output.stdout, "the command")
    }
}

/// The line itself is not shown: it may hold a secret.
impl std::fmt::Debug for CommandSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommandSource").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl CredentialSource for CommandSource {
    fn name(&self) -> &str {
        "the credential command"
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, gatepass_backend::Error> {
        Ok(Place::of(request)?.map_or(Ok(None), |place| self.ask(&place))?)
    }
}

#[cfg(not(windows))]
fn shell(line: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]);
    command
}

#[cfg(windows)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    // cmd has quotes of its own, and takes the rest of its command line as it is.
    std::os::windows::process::CommandExt::raw_arg(&mut command, format!("/D /S /C \"{line}\""));
    command
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Option<String>, String> {
        let source = CommandSource::new(line).with_limit(Duration::from_secs(20));
        let found = source.credentials(&Request::new().with_peer("http://proxy.corp:8080"));
        match found.map_err(|error| Error::sentence_of(&error))? {
            Some(Credentials::Password(who, password)) => Ok(Some(format!("{who}={}", password.expose()))),
            Some(Credentials::NtHash(who, _)) => Ok(Some(format!("{who}#"))),
            None => Ok(None),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_command_is_told_who_asks_and_answers_with_a_login() {
        let line =
            r#"read p; read h; read e; printf 'username=CORP\\%s\npassword=%s %s\n\n' alice "$p" "$h$e""#;
        assert_eq!(asked(line).unwrap().unwrap(), "CORP\\alice=protocol=http host=proxy.corp:8080");
        let hash = "echo username=alice; echo nt_hash=a4f49c406510bdcab6824ee7c30fd852";
        assert_eq!(asked(hash).unwrap().as_deref(), Some("alice#"));
        assert_eq!(asked("cat").unwrap(), None, "a command that repeats the question knows nothing");
        assert_eq!(asked("true").unwrap(), None);
        let nobody = CommandSource::new("exit 1").credentials(&Request::new());
        assert!(nobody.unwrap().is_none(), "nobody asks");
    }

    #[test]
    fn f41_each_failure_of_a_command_is_a_sentence_that_says_what_to_try() {
        for (line, part) in [
            ("exit 1", "exit code 1; run it by hand"),
            ("/no/such/command 2>&-", "check its name"),
            ("kill -9 $$", "by a signal"),
            ("echo marker-s3cret", "lines of key=value (line 1)"),
            ("printf 'username=a\\n\\377marker-s3cret\\n'", "not UTF-8"),
            ("yes", "more than 64 KiB"),
        ] {
            let sentence = asked(line).unwrap_err();
            assert!(sentence.contains(part) && !sentence.contains("marker"), "{line}: {sentence}");
        }
        let hanging = CommandSource::new("sleep 600").with_limit(Duration::from_millis(100));
        let error = hanging.credentials(&Request::new().with_peer("http://proxy:1")).unwrap_err();
        let sentence = Error::sentence_of(&error);
        assert!(
            sentence.starts_with("the command did not answer within 0.1 seconds and was ended"),
            "{sentence}"
        );
    }

    #[test]
    fn a83_debug_of_a_command_does_not_show_its_line() {
        let shown = format!("{:?}", CommandSource::new("echo password=marker"));
        assert!(shown.contains("CommandSource") && !shown.contains("marker"), "{shown}");
    }
}
