//! What ends a program when this one is gone before it.
//!
//! A program that is asked for a login is the head of a process group of its own, so Ctrl-C at the terminal does not reach it;
//! and whoever would end it at its limit of time is gone then. A handler of signals would be the whole process's affair, and see
//! neither SIGKILL nor a crash. So a shell waits at a pipe whose other end is held here, and the system closes that end however
//! this process ends.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

/// A line means that the program has ended, and its number may be another's; the end of the pipe without one, that it has not.
const WAIT: &str = r#"read -r ended || kill -s KILL -- "-$1""#;

/// Ends a process group if this process ends first. Dropped when the program has been waited for.
#[derive(Debug)]
pub(crate) struct Leash(Child);

impl Leash {
    /// For `program`, the head of a process group.
    pub(crate) fn of(program: &Child) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", WAIT, "sh", &program.id().to_string()]).env_clear().process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        shell.spawn().map(Self)
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        // It fails only if the shell is gone, and then there is nothing to be said to it.
        let _ = self.0.stdin.take().map(|mut pipe| pipe.write_all(b"\n"));
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;

    fn program() -> Child {
        Command::new("/bin/sh").args(["-c", "sleep 600"]).process_group(0).spawn().unwrap()
    }

    #[test]
    fn a_program_whose_asker_is_gone_is_ended() {
        let mut program = program();
        let mut leash = Leash::of(&program).unwrap();
        drop(leash.0.stdin.take());
        assert!(leash.0.wait().unwrap().success());
        assert_eq!(program.wait().unwrap().signal(), Some(9));
    }

    #[test]
    fn a_program_that_was_waited_for_is_left_alone() {
        let mut program = program();
        drop(Leash::of(&program).unwrap());
        assert!(program.try_wait().unwrap().is_none(), "another may have its number by now");
        program.kill().unwrap();
        program.wait().unwrap();
    }
}
