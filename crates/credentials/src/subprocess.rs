//! A program that is asked for a secret: what it may inherit, how long it may take, and how it ends.

use crate::environment::SECRET_VARIABLES;
use crate::password::MAX_LENGTH;
use std::io::{self, Read as _, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How often it is looked whether a program that has closed its output has ended.
const TICK: Duration = Duration::from_millis(5);

/// What a program said on standard output, and how it ended.
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Zeroizing<Vec<u8>>,
}

/// Why there is no output.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// It could not be started, or its output not be read.
    Failed(io::Error),
    /// It took too long, and was ended with everything that it had started.
    Hung,
    /// It said more than 64 KiB, and was ended likewise.
    Endless,
}

/// Runs `command` with `input`, for no longer than `limit`.
///
/// It is the head of a process group of its own, which is what is ended at the limit, or with this process if that ends before.
/// It must not read the terminal, therefore; it may write to standard error.
pub(crate) fn run(command: &mut Command, input: String, limit: Duration) -> Result<Output, Stopped> {
    let deadline = Instant::now().checked_add(limit);
    let left = || deadline.map_or(limit, |deadline| deadline.saturating_duration_since(Instant::now()));
    for variable in SECRET_VARIABLES {
        command.env_remove(variable);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.spawn().map_err(Stopped::Failed)?;
    // Without one it would be asked all the same: it is for the case that this process is ended meanwhile.
    #[cfg(unix)]
    let _leash = crate::leash::Leash::of(&child);
    let (said, hears) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_LENGTH.saturating_add(33)));
            let most = u64::try_from(MAX_LENGTH).unwrap_or(u64::MAX).saturating_add(1);
            let read = stdout.take(most).read_to_end(&mut bytes).map(|_| bytes);
            // Nobody listens any more when the time is over.
            let _ = said.send(read);
        });
    }
    if let Some(mut stdin) = child.stdin.take() {
        thread::spawn(move || {
            // A program that does not read its question closes the pipe, which is its right.
            let _ = stdin.write_all(input.as_bytes());
        });
    }
    let stopped = match hears.recv_timeout(left()) {
        Ok(Ok(stdout)) if stdout.len() > MAX_LENGTH => Stopped::Endless,
        Ok(Ok(stdout)) => loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(Output { status, stdout }),
                Ok(None) if left().is_zero() => break Stopped::Hung,
                Ok(None) => thread::sleep(TICK),
                Err(error) => break Stopped::Failed(error),
            }
        },
        Ok(Err(error)) => Stopped::Failed(error),
        Err(_) => Stopped::Hung,
    };
    end_with_children(&mut child);
    Err(stopped)
}

/// Ends `child` at once, with all that it has started: it was made the head of a process group
/// (`CommandExt::process_group(0)`), and has not been waited for.
pub fn end_with_children(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // The child has not been waited for, so that its number is still its own.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(windows)]
    {
        let number = child.id().to_string();
        let mut taskkill = Command::new("taskkill");
        taskkill.args(["/T", "/F", "/PID", &number]).stdin(Stdio::null()).stdout(Stdio::null());
        let _ = taskkill.stderr(Stdio::null()).status();
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn the_input_goes_in_and_the_output_comes_out() {
        let output = run(&mut shell("cat; exit 3"), "ask\n".to_owned(), Duration::from_secs(30)).unwrap();
        assert_eq!((output.stdout.as_slice(), output.status.code()), (&b"ask\n"[..], Some(3)));
        let input = "x".repeat(1_000_000);
        let output = run(&mut shell("exec <&-; echo done"), input, Duration::from_secs(30)).unwrap();
        assert_eq!(output.stdout.as_slice(), b"done\n");
    }

    #[test]
    fn a84_a_program_does_not_inherit_the_variables_that_hold_secrets() {
        let mut command = shell("env");
        for variable in SECRET_VARIABLES {
            command.env(variable, "marker-s3cret");
        }
        let output = run(command.env("KEPT", "kept"), String::new(), Duration::from_secs(30)).unwrap();
        let text = String::from_utf8(output.stdout.to_vec()).unwrap();
        assert!(text.contains("KEPT=kept") && !text.contains("marker"), "{text}");
    }

    /// Whether anything of the process group `group` still runs. What has ended and was not waited for does not.
    #[cfg(target_os = "linux")]
    fn runs(group: &str) -> bool {
        let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let stat = std::fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
            let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect();
            Some(fields[2] == group && fields[0] != "Z")
        });
        processes.into_iter().any(|runs| runs)
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn f41_a_program_that_hangs_is_ended_with_its_children() {
        for script in [
            "sleep 600",
            "exec >&-; sleep 600",
            "sleep 600 & sleep 600 & exec >&-; wait",
            "trap '' TERM HUP; while :; do sleep 600 & wait; done",
        ] {
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("group");
            let mut command = shell(&format!("echo $$ >'{}'; {script}", file.display()));
            let stopped = run(&mut command, String::new(), Duration::from_secs(1)).err().unwrap();
            assert!(matches!(stopped, Stopped::Hung), "{stopped:?}");
            let group = std::fs::read_to_string(&file).unwrap().trim().to_owned();
            // A killed process may take a moment to be gone.
            let gone = std::iter::repeat_with(|| !runs(&group)).take(2_000);
            assert!(gone.inspect(|_| thread::sleep(TICK)).any(|gone| gone), "{script}: something is left");
        }
    }

    #[test]
    fn a_program_without_an_end_or_without_a_beginning_is_no_output() {
        let stopped = run(&mut shell("yes"), String::new(), Duration::from_secs(60)).err().unwrap();
        assert!(matches!(stopped, Stopped::Endless), "{stopped:?}");
        let mut none = Command::new("/no/such/program");
        let stopped = run(&mut none, String::new(), Duration::from_secs(60)).err().unwrap();
        assert!(matches!(stopped, Stopped::Failed(_)), "{stopped:?}");
    }
}
