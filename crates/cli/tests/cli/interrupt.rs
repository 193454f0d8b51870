//! Ctrl-C while a program is being asked for a login.

use crate::support::gatepass;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// Whether the process `number` runs; what has ended and was not waited for does not.
fn runs(number: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(number).join("stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, fields)| !fields.starts_with('Z'))
}

/// Whether `holds` becomes true within 20 seconds.
fn soon(mut holds: impl FnMut() -> bool) -> bool {
    (0..4_000).any(|_| {
        let held = holds();
        if !held {
            thread::sleep(Duration::from_millis(5));
        }
        held
    })
}

#[test]
fn f41_a_program_that_is_asked_ends_with_the_command_however_that_is_ended() {
    for (signal, number) in [("-INT", 2), ("-TERM", 15), ("-KILL", 9)] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("numbers");
        let line = format!("sleep 600 & echo $$ $! >'{}'; wait", file.display());
        let mut command =
            gatepass(["whoami", "http://proxy.test:8080", "--credential-command", &line]).spawn();
        assert!(soon(|| fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n'))));
        let numbers = fs::read_to_string(&file).unwrap();
        let mut numbers = numbers.split_whitespace();
        assert!(numbers.clone().count() == 2 && numbers.clone().all(runs), "{numbers:?}");
        let sent = Command::new("kill").args([signal, &command.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(command.wait().unwrap().signal(), Some(number));
        assert!(soon(|| !numbers.clone().any(runs)), "{signal}: it goes on");
        assert!(numbers.all(|number| !runs(number)));
    }
}
