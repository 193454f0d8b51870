//! `gatepass mock-proxy`, started and stopped as a test of another language would.

use crate::support::{MockCommand, NOWHERE, gatepass};
use std::fs;

#[test]
fn it_says_when_it_is_ready_serves_and_ends_on_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let directory = tempfile::tempdir().unwrap();
        let ca = directory.path().join("ca.pem");
        let ca = ca.to_str().unwrap();
        let mock = MockCommand::start(["--account", "CORP\\alice:pw", "--ca-file", ca, "--transcript"]);
        for url in ["http://origin.test/", "https://origin.test/"] {
            let ended =
                gatepass(["fetch", "-s", "-x", &mock.url, "-U", "CORP\\alice:pw", "--cacert", ca, url]).run();
            assert_eq!(ended.code, 0, "{ended:?}");
            assert!(ended.stdout.contains("embedded origin"), "{ended:?}");
        }
        let ended = mock.end(signal);
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.stdout.contains("granted to CORP\\alice"), "{ended:?}");
        assert!(ended.is_harmless());
    }
}

#[test]
fn the_first_line_is_exactly_the_address() {
    let mock = MockCommand::start(["--account", "CORP\\alice:pw"]);
    let port: u16 = mock.url.strip_prefix("http://127.0.0.1:").unwrap().parse().unwrap();
    assert_ne!(port, 0);
    let ended = mock.end("-TERM");
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (0, "", ""));
}

#[test]
fn the_address_of_the_page_has_its_token_and_is_said_before_anybody_can_come() {
    for page in [&["--page"][..], &["--page", "127.0.0.1:0"]] {
        let mock = MockCommand::start(["--account", "CORP\\alice:pw"].iter().chain(page));
        let ended = mock.end("-TERM");
        let url =
            ended.stdout.strip_prefix("page at http://127.0.0.1:").and_then(|rest| rest.strip_suffix('\n'));
        let (port, token) = url.and_then(|url| url.split_once("/#")).unwrap_or_else(|| panic!("{ended:?}"));
        assert_ne!(port.parse::<u16>().unwrap(), 0);
        assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
    }
    let ended = gatepass(["mock-proxy", "--page", "0.0.0.0:0"]).run();
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains("0.0.0.0:0 is not a loopback address"), "{ended:?}");
}

#[test]
fn a_default_account_is_announced() {
    let mock = MockCommand::start::<[&str; 0]>([]);
    let ended =
        gatepass(["fetch", "-s", "-x", &mock.url, "-U", "CORP\\alice:gatepass", "http://origin.test/"]).run();
    assert_eq!(ended.code, 0, "{ended:?}");
    let ended = mock.end("-TERM");
    assert!(ended.stderr.contains("CORP\\alice with the password gatepass"), "{ended:?}");
}

#[test]
fn a84_accounts_come_from_a_file_so_that_no_secret_stands_on_the_command_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("accounts");
    fs::write(&path, "# comment\n\nCORP\\alice:p:w \nCORP\\bob:пароль😀\n").unwrap();
    let mock = MockCommand::start(["--accounts-file", path.to_str().unwrap()]);
    for (user, code) in [
        ("CORP\\alice:p:w ", "200"),
        ("CORP\\alice:p:w", "407"),
        ("corp\\BOB:пароль😀", "200"),
        ("CORP\\carol:", "407"),
    ] {
        let ended = gatepass(["fetch", "-s", "-o", NOWHERE, "-w", "%{http_code}", "-x", &mock.url])
            .args(["-U", user, "http://origin.test/"])
            .run();
        assert_eq!(ended.stdout, code, "{user}: {ended:?}");
    }
    drop(mock.end("-TERM"));
    fs::write(&path, "CORP\\alice:pw\nmarker-s3cret\n").unwrap();
    let ended = gatepass(["mock-proxy", "--accounts-file", path.to_str().unwrap()]).run();
    assert_eq!(ended.code, 26, "{ended:?}");
    assert!(ended.stderr.contains("line 2") && !ended.stderr.contains("marker"), "{ended:?}");
}

#[test]
fn a82_it_listens_on_loopback_unless_told_otherwise_and_on_a_free_port_only() {
    let ended = gatepass(["mock-proxy", "--listen", "0.0.0.0:0"]).run();
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(
        ended.stderr.contains("not a loopback address") && ended.stderr.contains("--allow-remote"),
        "{ended:?}"
    );
    let remote =
        MockCommand::start(["--listen", "0.0.0.0:0", "--allow-remote", "--account", "CORP\\alice:pw"]);
    let ended = remote.end("-TERM");
    assert!(ended.code == 0 && ended.stderr.contains("other machines reach this proxy"), "{ended:?}");
    let ended = gatepass(["mock-proxy", "--allow", "no place"]).run();
    assert!(ended.code == 2 && ended.stderr.contains("is not HOST[:PORT]"), "{ended:?}");
    let mock = MockCommand::start(["--account", "CORP\\alice:pw"]);
    let address = mock.url.strip_prefix("http://").unwrap();
    let ended = gatepass(["mock-proxy", "--listen", address]).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
    assert!(ended.stderr.contains("cannot listen on"), "{ended:?}");
    let ended = gatepass(["mock-proxy", "--account", "marker-s3cret"]).run();
    assert_eq!(ended.code, 2);
    assert!(!ended.stderr.contains("marker"), "{ended:?}");
}

#[test]
fn it_offers_what_it_is_told_to() {
    for (offer, option, code) in [
        ("ntlm", "--proxy-negotiate", "407"),
        ("negotiate,basic", "--proxy-negotiate", "200"),
        ("negotiate,basic", "--proxy-basic", "200"),
        ("negotiate,basic", "--proxy-ntlm", "407"),
    ] {
        let mock = MockCommand::start(["--account", "CORP\\alice:pw", "--offer", offer]);
        let ended = gatepass(["fetch", "-s", "-o", NOWHERE, "-w", "%{http_code}", "-x", &mock.url, option])
            .args(["-U", "CORP\\alice:pw", "http://origin.test/"])
            .run();
        assert_eq!(ended.stdout, code, "{offer} {option}: {ended:?}");
    }
}

#[test]
fn a_script_is_followed_and_a_fault_that_was_not_reached_is_named_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("faults.toml");
    let text = "[[account]]\nuser = 'CORP\\alice'\npassword = 'pw'\n\
                [[fault]]\nleg = 'offer'\nnth = 1\nfault = { status = 418 }\n\
                [[fault]]\nleg = 'tunnel'\nfault = 'reset'\n";
    fs::write(&path, text).unwrap();
    let mock = MockCommand::start(["--script", path.to_str().unwrap(), "--transcript"]);
    let fetch = || {
        gatepass(["fetch", "-s", "-o", NOWHERE, "-w", "%{http_code}", "-x", &mock.url])
            .args(["http://origin.test/"])
            .run()
            .stdout
    };
    assert_eq!((fetch(), fetch()), (String::from("418"), String::from("407")));
    let ended = mock.end("-TERM");
    assert!(ended.stdout.contains("! status"), "{ended:?}");
    assert!(ended.stderr.contains("never reached: reset in each tunnel"), "{ended:?}");
}

#[test]
fn an_unknown_word_in_a_script_is_refused_with_file_line_and_the_nearest_known_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("faults.toml");
    fs::write(&path, "[[fault]]\nleg = 'offer'\nfalt = 'close'\n").unwrap();
    let ended = gatepass(["mock-proxy", "--script", path.to_str().unwrap()]).run();
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains("faults.toml:3: unknown field `falt`"), "{ended:?}");
    assert!(ended.stderr.contains("did you mean `fault`?"), "{ended:?}");
}

#[test]
fn the_faults_are_listed_and_the_schema_is_json() {
    let ended = gatepass(["mock-proxy", "--list-faults"]).run();
    assert_eq!(ended.code, 0, "{ended:?}");
    for part in ["close-after", "fault = { dribble = ", "no-target-info"] {
        assert!(ended.stdout.contains(part), "{part}: {ended:?}");
    }
    let ended = gatepass(["mock-proxy", "--print-schema"]).run();
    let schema: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, &schema["title"]), (0, &serde_json::Value::from("Script")));
}

#[test]
fn it_is_like_a_known_peer_and_says_what_that_rests_on() {
    let mock = MockCommand::start(["--account", "CORP\\alice:pw", "--like", "squid-5-all"]);
    let ended = gatepass(["fetch", "-s", "-i", "-x", &mock.url, "http://origin.test/"]).run();
    assert!(ended.stdout.contains("\nServer: squid/5.7\r\nMime-Version: 1.0\r\n"), "{ended:?}");
    let ended =
        gatepass(["fetch", "-s", "-x", &mock.url, "-U", "CORP\\alice:pw", "http://origin.test/"]).run();
    assert_eq!(ended.code, 0, "{ended:?}");
    let ended = gatepass(["mock-proxy", "--list-personalities"]).run();
    assert!(ended.stdout.contains("rests on a recording of Squid 5.7"), "{ended:?}");
    let ended = gatepass(["mock-proxy", "--like", "squid"]).run();
    assert!(ended.code == 2 && ended.stderr.contains("it knows squid-5-ntlm, "), "{ended:?}");
}

#[test]
fn a83_records_are_written_as_it_happens_and_without_secrets_unless_they_are_wanted() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (lines, archive, keytab) = (path("t.jsonl"), path("t.har"), path("k.keytab"));
    for reveal in [false, true] {
        let options = [
            "--account",
            "CORP\\alice:m4rker",
            "--live",
            "--jsonl",
            &lines,
            "--har",
            &archive,
            "--key-log",
            &keytab,
        ];
        let mock = MockCommand::start(options.into_iter().chain(reveal.then_some("--reveal")));
        let ended =
            gatepass(["fetch", "-s", "-x", &mock.url, "-U", "CORP\\alice:m4rker", "http://origin.test/"])
                .run();
        assert_eq!(ended.code, 0, "{ended:?}");
        let at_once = fs::read_to_string(&lines).unwrap();
        assert!(at_once.contains("\"kind\":\"granted\""), "{at_once}");
        let ended = mock.end("-TERM");
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.stdout.contains("granted to CORP\\alice"), "{ended:?}");
        assert!(ended.stdout.contains("AUTHENTICATE, "), "{ended:?}");
        let written = fs::read_to_string(&lines).unwrap() + &fs::read_to_string(&archive).unwrap();
        assert!(
            written.starts_with("{\"format\":1,") && written.contains("\"version\": \"1.2\""),
            "{written}"
        );
        assert_eq!(written.contains("TlRMTVNTUAAD"), reveal, "{written}");
        for text in [&written, &ended.stdout, &ended.stderr] {
            assert!(!text.contains("m4rker"), "{text}");
        }
        let hash = gatepass(["hash", "--password-stdin"]).stdin("m4rker").run();
        let keys = fs::read(&keytab).unwrap();
        let hex = keys.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let hash = hash.stdout.split_whitespace().find(|word| word.len() == 32).unwrap().to_lowercase();
        assert!(hex.contains(&hash), "{hash} in {hex}");
        #[cfg(unix)]
        for file in [&lines, &archive, &keytab] {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    let ended = gatepass(["mock-proxy", "--jsonl", "/no/such/directory/t.jsonl"]).run();
    assert_eq!(ended.code, 23, "{ended:?}");
    assert!(ended.stderr.contains("cannot write /no/such/directory/t.jsonl"), "{ended:?}");
}
