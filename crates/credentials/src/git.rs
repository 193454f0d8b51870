//! git's credential helpers, by `git credential fill`.

use crate::subprocess::{self, Stopped};
use crate::{Error, Place, error::reason, key_value};
use gatepass_backend::{CredentialSource, Credentials, Request};
use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What git would use for the peer: the helpers of the user's and the machine's configuration are asked, and nobody at the
/// terminal. git runs outside of any repository, so that no repository's configuration can name a helper.
#[derive(Clone, Debug)]
pub struct GitCredential {
    program: OsString,
    limit: Duration,
}

impl GitCredential {
    /// The `git` of the search path, for at most 10 seconds.
    #[must_use]
    pub fn new() -> Self {
        Self { program: OsString::from("git"), limit: Duration::from_secs(10) }
    }

    /// With another program in place of `git`.
    #[must_use]
    pub fn with_program(self, program: impl Into<OsString>) -> Self {
        Self { program: program.into(), ..self }
    }

    fn ask(&self, place: &Place) -> Result<Option<Credentials>, Error> {
        // Without a helper there is nobody to ask, and `fill` could only fail.
        let helpers = self.git(&["config", "--get-regexp", r"^credential\.(.*\.)?helper$"]);
        match subprocess::run(&mut { helpers }, String::new(), self.limit) {
            Ok(output) if !output.status.success() => return Ok(None),
            Ok(_) => {}
            Err(Stopped::Failed(error)) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(stopped) => return Err(self.stopped(&stopped)),
        }
        let question = key_value::question(place);
        let output = subprocess::run(&mut self.git(&["credential", "fill"]), question, self.limit)
            .map_err(|stopped| self.stopped(&stopped))?;
        // `fill` fails where no helper knew both name and password, for then it would have to ask.
        if output.status.success() {
            key_value::read(&output.stdout, "git credential fill")
        } else {
            Ok(None)
        }
    }

    fn stopped(&self, stopped: &Stopped) -> Error {
        Error::new(match stopped {
            Stopped::Failed(error) => format!("git cannot be started: {}", reason(error)),
            Stopped::Hung => format!(
                "git credential fill did not answer within {} seconds and was ended; a helper of git's hangs, see: \
                 git config --get-all credential.helper",
                self.limit.as_secs_f32()
            ),
            Stopped::Endless => {
                String::from("git credential fill printed more than 64 KiB; check git's helpers")
            }
        })
    }

    fn git(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["-c", "credential.interactive=false"]).args(arguments);
        // No helper asks on the terminal or in a window; an empty program stands for none.
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "").env("GCM_INTERACTIVE", "never");
        for variable in
            ["SSH_ASKPASS", "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_TRACE", "GIT_TRACE_CURL"]
        {
            command.env_remove(variable);
        }
        let root = if cfg!(windows) { std::env::var_os("SystemRoot") } else { Some(OsString::from("/")) };
        if let Some(root) = root {
            command.env("GIT_CEILING_DIRECTORIES", &root).current_dir(root);
        }
        command.stderr(Stdio::null());
        command
    }
}

impl Default for GitCredential {
    fn default() -> Self {
        Self::new()
    }
}

impl CredentialSource for GitCredential {
    fn name(&self) -> &str {
        "git's credential helpers"
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, gatepass_backend::Error> {
        Ok(Place::of(request)?.map_or(Ok(None), |place| self.ask(&place))?)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    /// A git whose configuration names a helper, and whose `fill` runs `script`.
    fn git(script: &str) -> (tempfile::TempDir, GitCredential) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("git");
        let text = format!("#!/bin/sh\ncase \"$3\" in config) exit 0;; esac\n{script}\n");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let source =
            GitCredential { limit: Duration::from_secs(20), ..GitCredential::new().with_program(path) };
        (directory, source)
    }

    fn asked(source: &GitCredential) -> Result<Option<String>, String> {
        let found = source.credentials(&Request::new().with_peer("http://proxy.corp:8080"));
        match found.map_err(|error| Error::sentence_of(&error))? {
            Some(Credentials::Password(who, password)) => Ok(Some(format!("{who}={}", password.expose()))),
            None => Ok(None),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn git_is_asked_outside_of_any_repository_and_asks_nobody_itself() {
        let script = r#"echo "username=$(pwd)"; echo "password=$GIT_TERMINAL_PROMPT$GIT_ASKPASS$SSH_ASKPASS $(cat | tr '\n' ' ')""#;
        let (_directory, source) = git(script);
        let expected = "/=0 protocol=http host=proxy.corp:8080";
        // The user name "/" separates nothing but itself.
        let found = asked(&source).unwrap().unwrap();
        assert_eq!(found.trim_end(), expected.trim_start_matches('/'));
    }

    #[test]
    fn a_git_that_knows_nothing_or_is_not_there_is_no_failure() {
        let (_directory, source) = git("echo 'fatal: terminal prompts disabled' >&2; exit 128");
        assert_eq!(asked(&source), Ok(None));
        assert_eq!(asked(&GitCredential::new().with_program("/no/such/git")), Ok(None));
        let (_directory, source) = git("echo garbage");
        assert!(asked(&source).unwrap_err().contains("git credential fill answers with something else"));
        let (_directory, source) = git("sleep 600");
        let sentence = asked(&GitCredential { limit: Duration::from_millis(200), ..source }).unwrap_err();
        assert!(sentence.contains("was ended; a helper of git's hangs"), "{sentence}");
    }
}
