//! `gatepass tap` before the mock proxy, and `gatepass replay` of what it wrote.

use crate::support::{MockCommand, gatepass, write_secret};
use std::fs;

/// A mock proxy, and a tap before it that has written what a client did.
fn recorded(directory: &std::path::Path, options: &[&str]) -> (MockCommand, crate::support::Ended) {
    let mock = MockCommand::start(["--account", "CORP\\alice:m4rker"]);
    let run = gatepass(["tap", "--to", &mock.url, "--jsonl", "t.jsonl", "--har", "t.har", "--live"]);
    let tap = MockCommand::start_run(run.args(options).in_directory(directory));
    for url in ["http://origin.test/", "http://origin.test/bytes/7"] {
        let ended = gatepass(["fetch", "-s", "-x", &tap.url, "-U", "CORP\\alice:m4rker", url]).run();
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    let ended = tap.end("-TERM");
    assert_eq!(ended.code, 0, "{ended:?}");
    (mock, ended)
}

#[test]
fn a83_what_a_tap_writes_has_nothing_to_guess_the_password_from_and_can_be_played_again() {
    let directory = tempfile::tempdir().unwrap();
    let (mock, ended) = recorded(directory.path(), &["--fixture", "tapped", "--transcript"]);
    assert!(ended.stdout.contains("granted to CORP\\alice"), "{ended:?}");
    let path = directory.path().join("t.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let written = text.clone() + &fs::read_to_string(directory.path().join("t.har")).unwrap() + &ended.stdout;
    for secret in ["m4rker", "TlRMTVNTUAAD", "4e544c4d5353500003"] {
        assert!(!written.contains(secret), "{secret} in {written}");
    }
    let fixture = fs::read_to_string(directory.path().join("tapped.json")).unwrap();
    assert!(fixture.contains("\"password\": \"replaced\"") && !fixture.contains("m4rker"), "{fixture}");
    assert!(fixture.contains("tapped-2"), "each connection logged in: {fixture}");

    let again = || {
        gatepass(["replay", path.to_str().unwrap(), "--against", &mock.url])
            .env("GATEPASS_PASSWORD", "m4rker")
    };
    let same = again().args(["--user", "CORP\\alice"]).run();
    assert_eq!(same.code, 0, "{same:?}");
    assert!(same.stdout.starts_with("no difference in "), "{same:?}");
    let other = MockCommand::start(["--account", "CORP\\alice:m4rker", "--like", "squid-5-ntlm"]);
    let ended =
        gatepass(["replay", path.to_str().unwrap(), "--against", &other.url, "--user", "CORP\\alice"])
            .env("GATEPASS_PASSWORD", "m4rker")
            .run();
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stdout.starts_with("differs: connection 1, request 1: "), "{ended:?}");
    assert!(ended.stdout.contains("not compared: date, ") && ended.is_harmless(), "{ended:?}");
    let nobody = again().run();
    assert_eq!(nobody.code, 2, "{nobody:?}");
    assert!(nobody.stderr.contains("say who with --user"), "{nobody:?}");
    let wrong = again().args(["--user", "CORP\\bob"]).run();
    assert_eq!(wrong.code, 1, "{wrong:?}");
}

#[test]
fn responses_stay_where_that_is_said_and_the_password_comes_from_a_file() {
    let directory = tempfile::tempdir().unwrap();
    write_secret(directory.path().join("password"), "m4rker\n");
    let (_mock, _) = recorded(
        directory.path(),
        &["--keep-responses", "--fixture", "tapped", "--password-file", "password"],
    );
    assert!(fs::read_to_string(directory.path().join("t.jsonl")).unwrap().contains("TlRMTVNTUAAD"));
    assert!(
        fs::read_to_string(directory.path().join("tapped.json"))
            .unwrap()
            .contains("\"password\": \"m4rker\"")
    );
}

#[test]
fn what_cannot_be_tapped_or_played_is_said_in_a_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.jsonl");
    fs::write(&path, "{\"format\":1,\"program\":\"x\"}\n{\"at\":0}\n").unwrap();
    let transcript = path.to_str().unwrap();
    for (arguments, code, said) in [
        (vec!["tap", "--to", "https://proxy.test"], 4, "plain HTTP, not https"),
        (vec!["tap", "--to", "proxy.test"], 2, "HOST:PORT"),
        (vec!["tap", "--to", "p.test:1", "--listen", "0.0.0.0:0"], 2, "not a loopback address"),
        (vec!["tap", "--to", "p.test:1", "--fixture", "../x"], 2, "--fixture wants a name"),
        (vec!["replay", transcript, "--against", "p.test:1"], 26, "is no transcript: line 2: "),
        (vec!["replay", "/no/such/file", "--against", "p.test:1"], 26, "cannot read the transcript"),
    ] {
        let ended = gatepass(&arguments).run();
        assert_eq!(ended.code, code, "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(said), "{arguments:?}: {ended:?}");
    }
    fs::write(&path, include_str!("../../../mock-proxy/tests/mock/transcript.jsonl")).unwrap();
    let ended = gatepass(["replay", transcript, "--against", "127.0.0.1:1", "--user", "a"])
        .env("GATEPASS_PASSWORD", "x")
        .run();
    assert_eq!(ended.code, 7, "{ended:?}");
}

#[test]
fn a89_hostile_names_are_shown_and_written_without_driving_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let mock = MockCommand::start(["--account", "CORP\\alice:pw"]);
    let run = gatepass(["tap", "--to", &mock.url, "--jsonl", "t.jsonl", "--live", "--transcript"]);
    let tap = MockCommand::start_run(run.in_directory(directory.path()));
    let user = "CO\u{1b}[2J\u{9b}RP\\al\u{7}\u{202e}\r\nice:pw";
    let ended = gatepass(["fetch", "-s", "-x", &tap.url, "-U", user, "http://origin.test/"]).run();
    assert_eq!(ended.code, 0, "{ended:?}");
    let ended = tap.end("-TERM");
    assert!(ended.is_harmless() && ended.stdout.contains("refused"), "{ended:?}");
    let text = fs::read_to_string(directory.path().join("t.jsonl")).unwrap();
    assert!(text.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{text}");
    assert!(gatepass_mock_proxy::Transcript::from_jsonl(&text).is_ok());
    let mock = mock.end("-TERM");
    assert!(mock.is_harmless(), "{mock:?}");
}
