//! Paths that lead to another machine, where Windows would log in with the user's own login.

use crate::support::gatepass;
use std::fs;

#[test]
fn a39_no_file_of_another_machine_is_opened_on_windows() {
    let directory = tempfile::tempdir().unwrap();
    for share in [
        r"\\no-such-host.invalid\share\file",
        "//no-such-host.invalid/share/file",
        "file://no-such-host.invalid/f",
    ] {
        let at = format!("@{share}");
        for (code, arguments) in [
            (26, vec!["decode", "--file", share]),
            (26, vec!["hash", "--password-file", share]),
            (
                26,
                vec![
                    "fetch",
                    "-x",
                    "http://127.0.0.1:1",
                    "-U",
                    "a",
                    "--password-file",
                    share,
                    "http://o.test/",
                ],
            ),
            (77, vec!["fetch", "--cacert", share, "https://127.0.0.1:1/"]),
            (77, vec!["fetch", "-x", "https://127.0.0.1:1", "--proxy-cacert", share, "http://o.test/"]),
            (26, vec!["fetch", "-T", share, "http://127.0.0.1:1/"]),
            (26, vec!["fetch", "-d", &at, "http://127.0.0.1:1/"]),
            (26, vec!["mock-proxy", "--accounts-file", share]),
        ] {
            let ended = gatepass(&arguments).in_directory(directory.path()).run();
            assert_eq!(ended.code, code, "{arguments:?}: {ended:?}");
            // Elsewhere it is the name of a file that is not there.
            assert_eq!(
                ended.stderr.contains("path to another machine"),
                cfg!(windows),
                "{arguments:?}: {ended:?}"
            );
        }
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}
