//! Runs the built command.

use std::ffi::OsStr;
use std::io::Write as _;
#[cfg(unix)]
use std::io::{BufRead as _, BufReader, Read as _};
#[cfg(unix)]
use std::process::ChildStdout;
use std::process::{Child, Command, Output, Stdio};
use std::thread;

/// Where output goes that nobody wants. (Wine's NUL cannot be written to.)
pub(crate) const NOWHERE: &str =
    if cfg!(windows) { concat!(env!("CARGO_TARGET_TMPDIR"), "/nowhere") } else { "/dev/null" };

/// A run of `gatepass` in the making: without the caller's proxies and passwords, and with nothing on standard input.
pub(crate) struct Run {
    command: Command,
    stdin: Vec<u8>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) raw: Output,
}

pub(crate) fn gatepass<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepass"));
    command.args(arguments);
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]
    {
        command.env_remove(name);
    }
    for name in [
        "GATEPASS_USER",
        "GATEPASS_PASSWORD",
        "GATEPASS_NT_HASH",
        "GATEPASS_USER_PASSWORD",
        "GATEPASS_CREDENTIAL_COMMAND",
        "NTLM_USER_FILE",
        "NETRC",
        "DBUS_SESSION_BUS_ADDRESS",
    ] {
        command.env_remove(name);
    }
    // Nobody's home: no .netrc, no helpers of git's, no bus.
    for name in ["HOME", "USERPROFILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"] {
        command.env(name, NO_HOME);
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("KRB5CCNAME", "FILE:no-ticket-in-tests");
    Run { command, stdin: Vec::new() }
}

/// A directory that is not there.
const NO_HOME: &str = if cfg!(windows) { "C:\\no-such-home" } else { "/no/such/home" };

/// Writes a file that nobody else may read, as files with passwords have to be.
pub(crate) fn write_secret(path: impl AsRef<std::path::Path>, bytes: impl AsRef<[u8]>) {
    std::fs::write(&path, bytes).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

impl Run {
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn in_directory(mut self, path: &std::path::Path) -> Self {
        self.command.current_dir(path);
        self
    }

    /// Starts it with pipes; standard input is empty.
    pub(crate) fn spawn(mut self) -> Child {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.command.spawn().unwrap()
    }

    pub(crate) fn run(mut self) -> Ended {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let bytes = self.stdin;
        // A command that does not read its input closes the pipe early, which is its right.
        let feeder = thread::spawn(move || drop(stdin.write_all(&bytes)));
        let raw = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        Ended::of(raw)
    }
}

impl Ended {
    fn of(raw: Output) -> Self {
        Self {
            code: raw.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&raw.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&raw.stderr).into_owned(),
            raw,
        }
    }

    /// Whether neither output holds anything that could drive a terminal.
    pub(crate) fn is_harmless(&self) -> bool {
        [&self.raw.stdout, &self.raw.stderr].into_iter().all(|bytes| {
            std::str::from_utf8(bytes).is_ok_and(|text| {
                text.chars().all(|c| match c {
                    '\n' => true,
                    '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => false,
                    c => !c.is_control(),
                })
            })
        })
    }
}

/// `gatepass mock-proxy` at work.
#[cfg(unix)]
pub(crate) struct MockCommand {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) url: String,
}

#[cfg(unix)]
impl MockCommand {
    /// Starts it and waits until it is ready.
    pub(crate) fn start<A: IntoIterator<Item: AsRef<OsStr>>>(arguments: A) -> Self {
        Self::start_run(gatepass(["mock-proxy"]).args(arguments))
    }

    /// Starts another command that says in the same way that it is ready.
    pub(crate) fn start_run(run: Run) -> Self {
        let mut child = run.spawn();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let url = line.strip_prefix("listening on ").and_then(|url| url.strip_suffix('\n'));
        let url = url.unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { child, stdout, url }
    }

    /// Sends `signal` to it, and gives what it said after its first line.
    pub(crate) fn end(mut self, signal: &str) -> Ended {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let mut stdout = Vec::new();
        self.stdout.read_to_end(&mut stdout).unwrap();
        let mut stderr = Vec::new();
        self.child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
        Ended::of(Output { status: self.child.wait().unwrap(), stdout, stderr })
    }
}

/// A failed test leaves no process behind.
#[cfg(unix)]
impl Drop for MockCommand {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}
