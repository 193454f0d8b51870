//! What is left of a secret in the memory of the process, after everything that held it is dropped.
#![cfg(target_os = "linux")]

use gatepass_backend::{Credentials, Request};
use gatepass_credentials::{Chain, CommandSource, Netrc, NtlmUserFile};
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::Command;

/// The marker with each bit turned, so that this program does not hold the marker itself.
const TURNED: &[u8] =
    &[!b'm', !b'a', !b'r', !b'k', !b'e', !b'r', !b'-', !b's', !b'3', !b'c', !b'r', !b'e', !b't'];

/// How often the marker stands in the writable memory of this process.
fn found() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut found = 0;
    for line in maps.lines().filter(|line| line.contains(" rw-p ")) {
        let (start, rest) = line.split_once('-').unwrap();
        let end = rest.split(' ').next().unwrap();
        let address = |digits: &str| u64::from_str_radix(digits, 16).unwrap();
        let length = address(end) - address(start);
        memory.seek(SeekFrom::Start(address(start))).unwrap();
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap());
        // Some mappings, such as the guard of a stack, cannot be read.
        if (&mut memory).take(length).read_to_end(&mut bytes).is_err() {
            continue;
        }
        let is_marker = |window: &[u8]| window.iter().zip(TURNED).all(|(byte, turned)| *byte == !*turned);
        found += bytes.windows(TURNED.len()).filter(|window| is_marker(window)).count();
        // What was copied here to be looked at must not be found in the next mapping.
        bytes.fill(0);
        std::hint::black_box(&bytes);
    }
    found
}

#[test]
fn a87_no_source_leaves_a_secret_in_memory() {
    let directory = tempfile::tempdir().unwrap();
    // Another process writes the files, for what this one writes stays in its memory.
    let script = "umask 077; m=marker; s=s3cret; echo \"CORP:alice:$m-$s\" >users; \
                  echo \"machine proxy.test login alice password \\\"$m-$s\\\"\" >netrc; \
                  printf 'username=alice\\npassword=%s\\n' \"$m-$s\" >answer";
    let written =
        Command::new("/bin/sh").args(["-c", script]).current_dir(directory.path()).status().unwrap();
    assert!(written.success());
    let path = |name: &str| directory.path().join(name);
    let request = Request::new().with_peer("http://proxy.test:8080");
    let chains = [
        Chain::new().with(NtlmUserFile::new(path("users"))),
        Chain::new().with(Netrc::new(path("netrc"))),
        Chain::new().with(CommandSource::new(format!("cat '{}'", path("answer").display()))),
    ];
    for chain in chains {
        let answer = chain.answer(&request);
        let Some(Credentials::Password(_, password)) = answer.credentials() else { panic!("{answer:?}") };
        assert_eq!(password.expose().len(), TURNED.len());
        assert!(found() > 0, "the search finds what is there: {answer:?}");
        let name = answer.source().map(str::to_owned);
        drop((answer, chain));
        assert_eq!(found(), 0, "{name:?} leaves the secret behind");
    }
}
