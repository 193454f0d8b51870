//! One run of a client: bounded in time, and ended with all that it has started.

use gatepass_credentials::end_with_children;
use gatepass_mock_proxy::battery::Finish;
use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How much of what a client says is kept, in bytes.
const MAX_SAID: usize = 64 * 1024;
/// How often its end is looked for.
const TICK: Duration = Duration::from_millis(20);
/// How long its last words are waited for once it has ended: what it has started may hold the pipe.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs `command` for at most `limit`, or until `stop` is set.
///
/// # Errors
/// When it cannot be started.
pub(super) fn run(mut command: Command, limit: Duration, stop: &AtomicBool) -> io::Result<Finish> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let said = child.stderr.take().map(listen);
    let end = Instant::now().checked_add(limit);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if stop.load(Ordering::Relaxed) || end.is_some_and(|end| Instant::now() >= end) {
            break None;
        }
        thread::sleep(TICK);
    };
    if status.is_none() {
        end_with_children(&mut child);
    }
    let said = said.and_then(|said| said.recv_timeout(LAST_WORDS).ok()).unwrap_or_default();
    let said = String::from_utf8_lossy(&said).into_owned();
    Ok(match status {
        None => Finish::timed_out(said),
        Some(status) => match status.code() {
            Some(code) => Finish::exited(code, said),
            None => Finish::crashed(said),
        },
    })
}

/// Reads to the end, keeps the end.
fn listen(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (tell, said) = mpsc::channel();
    thread::spawn(move || {
        let (mut kept, mut piece) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = pipe.read(&mut piece) {
            kept.extend_from_slice(piece.get(..count).unwrap_or_default());
            if kept.len() > 2 * MAX_SAID {
                kept.drain(..kept.len().saturating_sub(MAX_SAID));
            }
        }
        // Nobody waits any more for who kept the pipe.
        let _ = tell.send(kept);
    });
    said
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
    fn a_client_ends_by_itself_by_a_signal_or_by_the_clock() {
        let go_on = AtomicBool::new(false);
        let run = |script, seconds| run(shell(script), Duration::from_secs(seconds), &go_on).unwrap();
        assert_eq!(run("echo out; echo said >&2; exit 3", 60), Finish::exited(3, "said\n"));
        assert_eq!(run("kill -9 $$", 60), Finish::crashed(""));
        assert_eq!(run("echo said >&2; sleep 600 & sleep 600", 1), Finish::timed_out("said\n"));
    }

    #[test]
    fn who_stops_the_battery_stops_its_clients() {
        let finish = run(shell("sleep 600"), Duration::from_secs(600), &AtomicBool::new(true)).unwrap();
        assert_eq!(finish, Finish::timed_out(""));
    }
}
