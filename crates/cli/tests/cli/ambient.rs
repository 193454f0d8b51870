//! Logins that nobody typed: which source a proxy gets, and that a server gets none of them.

use crate::support::{Ended, Run, gatepass, write_secret};
use gatepass_mock_proxy::{MockProxy, Running};
#[cfg(unix)]
use std::fs;
use std::path::Path;

const MARKER: &str = "marker-s3cret";

fn proxy() -> Running {
    MockProxy::new().account("CORP", "alice", MARKER).start().unwrap()
}

fn fetch(proxy: &Running, url: &str) -> Run {
    gatepass([
        "fetch",
        "-s",
        "-S",
        "-v",
        "-o",
        crate::support::NOWHERE,
        "-w",
        "%{http_code}",
        "-x",
        &proxy.url(),
        url,
    ])
}

/// Standard output and exit code.
fn end(ended: &Ended) -> (&str, i32) {
    for output in [&ended.stdout, &ended.stderr] {
        assert!(!output.contains(MARKER), "{ended:?}");
    }
    (&ended.stdout, ended.code)
}

fn secret(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    write_secret(&path, text);
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_proxy_gets_the_login_that_a_source_knows_and_v_says_which() {
    let (mock, directory) = (proxy(), tempfile::tempdir().unwrap());
    let netrc =
        secret(directory.path(), "netrc", &format!("machine 127.0.0.1 login CORP\\alice password {MARKER}"));
    let users = secret(directory.path(), "users", &format!("CORP:alice:{MARKER}\n"));
    let answer = secret(directory.path(), "answer", &format!("username=CORP\\alice\npassword={MARKER}\n"));
    let command = format!("{} {answer}", if cfg!(windows) { "type" } else { "cat" });
    for (variables, source) in [
        (&[("GATEPASS_USER", "CORP\\alice"), ("GATEPASS_PASSWORD", MARKER)][..], "the environment"),
        (&[("NTLM_USER_FILE", &users)], "NTLM_USER_FILE"),
        (&[("NETRC", &netrc)], "netrc"),
        (&[("GATEPASS_CREDENTIAL_COMMAND", &command)], "the credential command"),
    ] {
        for url in ["http://origin.test/echo", "https://origin.test/echo"] {
            let run = variables
                .iter()
                .fold(fetch(&mock, url).args(["-k"]), |run, (name, value)| run.env(name, value));
            let ended = run.run();
            assert_eq!(end(&ended), ("200", 0), "{source}: {ended:?}");
            let line =
                format!("login for {}: CORP\\alice, from {source}\n", mock.url().trim_end_matches('/'));
            assert!(ended.stderr.contains(&line), "{line}: {ended:?}");
        }
    }
    let option = fetch(&mock, "http://origin.test/").args(["--credential-command", &command]).run();
    assert_eq!(end(&option), ("200", 0), "{option:?}");
}

#[test]
fn a_source_that_fails_is_said_and_the_next_one_lets_in() {
    let (mock, directory) = (proxy(), tempfile::tempdir().unwrap());
    let users = secret(directory.path(), "users", &format!("CORP:alice:{MARKER}\n"));
    let ended = fetch(&mock, "http://origin.test/")
        .env("GATEPASS_USER", "CORP\\alice")
        .env("GATEPASS_NT_HASH", "no hash")
        .env("NTLM_USER_FILE", &users)
        .run();
    assert_eq!(end(&ended), ("200", 0), "{ended:?}");
    assert!(ended.stderr.contains("GATEPASS_NT_HASH is not 32 hex digits"), "{ended:?}");
    assert!(ended.stderr.contains("from NTLM_USER_FILE"), "{ended:?}");
}

#[test]
fn what_is_given_comes_before_what_is_found() {
    let mock = proxy();
    let given = fetch(&mock, "http://origin.test/").args(["-U", &format!("CORP\\alice:{MARKER}")]);
    let ended = given.env("GATEPASS_USER", "CORP\\bob").env("GATEPASS_PASSWORD", "wrong").run();
    assert_eq!(end(&ended), ("200", 0), "{ended:?}");
    // GATEPASS_PASSWORD belongs to -U where -U has none.
    let given = fetch(&mock, "http://origin.test/").args(["-U", "CORP\\alice"]);
    let ended = given.env("GATEPASS_USER", "CORP\\bob").env("GATEPASS_PASSWORD", MARKER).run();
    assert_eq!(end(&ended), ("200", 0), "{ended:?}");
}

#[test]
fn a51_a_wrong_login_that_was_found_is_sent_once_and_no_other_source_is_tried() {
    let (mock, directory) = (proxy(), tempfile::tempdir().unwrap());
    let users = secret(directory.path(), "users", &format!("CORP:alice:{MARKER}\n"));
    let ended = fetch(&mock, "http://origin.test/")
        .env("GATEPASS_USER", "CORP\\alice")
        .env("GATEPASS_PASSWORD", "wrong")
        .env("NTLM_USER_FILE", &users)
        .run();
    assert_eq!(end(&ended), ("407", 0), "{ended:?}");
    assert_eq!(ended.stderr.matches("AUTHENTICATE").count(), 2, "once in the head, once decoded: {ended:?}");
}

#[cfg(unix)]
#[test]
fn a_command_runs_once_for_a_proxy_and_not_at_all_without_need() {
    let (mock, directory) = (proxy(), tempfile::tempdir().unwrap());
    let answer = secret(directory.path(), "answer", &format!("username=CORP\\alice\npassword={MARKER}\n"));
    let count = directory.path().join("count");
    let command = format!("echo run >>'{}'; cat '{answer}'", count.display());
    let more =
        ["-k", "-o", "/dev/null", "-o", "/dev/null", "https://origin.test/echo", "http://origin.test/"];
    let ended =
        fetch(&mock, "http://origin.test/echo").args(more).env("GATEPASS_CREDENTIAL_COMMAND", &command).run();
    assert_eq!(end(&ended), ("200200200", 0), "{ended:?}");
    assert_eq!(fs::read_to_string(&count).unwrap(), "run\n");
    let open = MockProxy::new().offer(&[]).start().unwrap();
    let direct = gatepass([
        "fetch",
        "-s",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        &format!("http://{}/", open.origin_address()),
    ]);
    assert_eq!(direct.env("GATEPASS_CREDENTIAL_COMMAND", &command).run().code, 0);
    assert_eq!(fs::read_to_string(&count).unwrap(), "run\n");
}

/// Windows always has somebody who is logged in.
#[cfg(not(windows))]
#[test]
fn with_nothing_at_all_there_is_one_sentence_that_says_what_to_do() {
    let mock = proxy();
    for url in ["http://origin.test/", "https://origin.test/"] {
        let ended =
            gatepass(["fetch", "-s", "-S", "-o", crate::support::NOWHERE, "-x", &mock.url(), url]).run();
        assert_eq!(ended.code, 94, "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
        for part in [mock.url().trim_end_matches('/'), "give -U, or store one by gatepass login"] {
            assert!(ended.stderr.contains(part), "{part}: {ended:?}");
        }
    }
}

#[test]
fn a38_a_server_never_gets_what_was_meant_for_the_proxy() {
    let directory = tempfile::tempdir().unwrap();
    let origin = MockProxy::new().origin_account("CORP", "alice", MARKER).start().unwrap();
    let url = format!("http://{}/ntlm/", origin.origin_address());
    let netrc =
        secret(directory.path(), "netrc", &format!("machine 127.0.0.1 login CORP\\alice password {MARKER}"));
    let run = || gatepass(["fetch", "-s", "-S", "-o", crate::support::NOWHERE, "-w", "%{http_code}", &url]);
    let ended =
        run().env("GATEPASS_USER", "CORP\\alice").env("GATEPASS_PASSWORD", MARKER).env("NETRC", &netrc).run();
    assert_eq!(end(&ended), ("401", 0), "{ended:?}");
    for arguments in [&["-n"][..], &["--netrc"], &["--netrc-optional"], &["--netrc-file", &netrc]] {
        let ended = run().args(arguments).env("NETRC", &netrc).run();
        assert_eq!(end(&ended), ("200", 0), "{arguments:?}: {ended:?}");
    }
    let ended = run().args(["--netrc-file", "/no/such/netrc"]).run();
    assert!(ended.code == 26 && ended.stderr.contains("is not there"), "{ended:?}");
}

/// A session bus that takes connections and says nothing: a keyring behind it would be waited for.
#[cfg(target_os = "linux")]
#[test]
fn no_keyring_is_asked_for_a_server_unless_a_mechanism_is_named() {
    use std::os::unix::net::UnixListener;
    let (mock, directory) = (proxy(), tempfile::tempdir().unwrap());
    let path = directory.path().join("bus");
    let bus = UnixListener::bind(&path).unwrap();
    bus.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", mock.origin_address());
    let ended = gatepass(["fetch", "-s", "-o", crate::support::NOWHERE, "-w", "%{http_code}", &url])
        .env("DBUS_SESSION_BUS_ADDRESS", &format!("unix:path={}", path.display()))
        .run();
    assert_eq!(end(&ended), ("200", 0), "{ended:?}");
    assert!(bus.accept().is_err(), "somebody asked the bus");
}
