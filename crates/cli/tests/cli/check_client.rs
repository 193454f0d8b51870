//! `gatepass check-client`: the battery, our own client in it, and clients that misbehave.

use crate::support::{Ended, gatepass};
use gatepass_mock_proxy::Script;
use serde_json::Value;

fn cases(ended: &Ended) -> Vec<Value> {
    let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|e| panic!("{e}: {ended:?}"));
    report["cases"].as_array().unwrap().clone()
}

fn verdict<'a>(cases: &'a [Value], name: &str) -> (&'a str, &'a str) {
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    (case["verdict"].as_str().unwrap(), case["why"].as_str().unwrap())
}

#[test]
fn gatepass_fetch_passes_every_case_of_the_battery() {
    let ended = gatepass(["check-client", "--recipe", "gatepass", "--json"]).run();
    let cases = cases(&ended);
    assert!(cases.len() >= 40, "{}", cases.len());
    // It has one login for a proxy in a run.
    let unwelcome = |case: &&Value| case["verdict"] != "pass" && case["name"] != "users-apart";
    let others: Vec<_> = cases.iter().filter(unwelcome).collect();
    assert!(others.is_empty(), "{others:#?}");
    assert_eq!(ended.code, 0);
}

#[test]
fn a_command_of_any_kind_is_checked_with_the_proxy_in_its_environment() {
    let fetch = [env!("CARGO_BIN_EXE_gatepass"), "fetch", "-sS", "-f", "-m", "{timeout}", "{url}"];
    let chosen =
        ["check-client", "--json", "--case", "get", "--case", "wrong-password", "--case", "post", "--"];
    let ended = gatepass(chosen).args(fetch).run();
    let cases = cases(&ended);
    assert_eq!(verdict(&cases, "get").0, "pass", "{cases:?}");
    assert_eq!(verdict(&cases, "wrong-password").0, "pass", "{cases:?}");
    assert_eq!(verdict(&cases, "post").0, "not-applicable", "{cases:?}");
    assert_eq!(ended.code, 0);
}

#[test]
fn a_client_that_shows_its_password_fails_and_the_exit_code_says_so() {
    let fetch = [env!("CARGO_BIN_EXE_gatepass"), "fetch", "-sS", "-f", "--proxy-basic", "{url}"];
    let ended = gatepass(["check-client", "--case", "strongest-offer", "--case", "basic-only", "--"])
        .args(fetch)
        .run();
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stdout.contains("FAIL basic-only"), "{ended:?}");
    assert!(ended.stdout.contains("(Basic)") && ended.stdout.contains("[RFC 7617 4"), "{ended:?}");
    assert!(ended.is_harmless());
}

#[cfg(unix)]
#[test]
fn a_client_without_an_end_is_ended_with_its_children_and_one_that_never_asks_fails() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("child");
    let script = format!("sleep 600 & echo $! >'{}'; wait", file.display());
    let ended =
        gatepass(["check-client", "--json", "--timeout", "2", "--case", "get", "--", "/bin/sh", "-c"])
            .args([script.as_str(), "{url}"])
            .run();
    assert_eq!(verdict(&cases(&ended), "get"), ("fail", "it was still running when its time was over"));
    let child = std::fs::read_to_string(&file).unwrap();
    let runs = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        stat.contains("(sleep)") && !stat.contains(") Z ")
    };
    // A killed process may take a moment to be gone.
    let pause = || std::thread::sleep(std::time::Duration::from_millis(20));
    assert!(
        (0..500).any(|_| !runs() || {
            pause();
            false
        }),
        "something is left: {child}"
    );

    let ended = gatepass(["check-client", "--json", "--case", "get", "--"])
        .args(["/bin/sh", "-c", "echo 'no idea' >&2; exit 7", "{url}"])
        .run();
    let cases = cases(&ended);
    assert_eq!(verdict(&cases, "get"), ("fail", "no request came to the proxy, exit code 7: no idea"));
    assert_eq!(ended.code, 1);
}

#[test]
fn the_cases_are_listed_and_the_script_of_each_can_be_had() {
    let ended = gatepass(["check-client", "--list"]).run();
    let names: Vec<_> = ended.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() >= 40 && names.contains(&"challenge-close"), "{names:?}");
    let one = gatepass(["check-client", "--list", "--case", "connect/connect", "--case", "get"]).run();
    assert_eq!(one.stdout.lines().count(), 2, "{one:?}");
    let ended = gatepass(["check-client", "--script-of", "challenge-close"]).run();
    assert_eq!(Script::parse(&ended.stdout).unwrap().faults.len(), 1, "{ended:?}");
    let ended = gatepass(["check-client", "--list-recipes"]).run();
    assert!(ended.stdout.contains("curl") && ended.stdout.contains("java"), "{ended:?}");
}

#[test]
fn junit_xml_has_a_case_for_each_and_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("junit.xml");
    let ended = gatepass([
        "check-client",
        "--recipe",
        "gatepass",
        "--case",
        "get",
        "--case",
        "users-apart",
        "--junit",
    ])
    .args([&file])
    .run();
    assert_eq!(ended.code, 0, "{ended:?}");
    let xml = std::fs::read_to_string(&file).unwrap();
    assert!(xml.contains("tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\""), "{xml}");
    assert!(xml.contains("<testcase classname=\"dance\" name=\"get\"") && xml.contains("<skipped "), "{xml}");
}

#[test]
fn what_cannot_be_checked_is_said_with_what_to_do() {
    for (arguments, code, said) in [
        (&["check-client"][..], 2, "-- COMMAND"),
        (&["check-client", "--", "curl"], 2, "no {url}"),
        (&["check-client", "--case", "no-such", "--list"], 2, "--list"),
        (&["check-client", "--script-of", "dance"], 2, "a group"),
        (&["check-client", "--recipe", "no-such"], 26, "--list-recipes"),
        (&["check-client", "--", "/no/such/client", "{url}"], 26, "cannot start /no/such/client"),
    ] {
        let ended = gatepass(arguments).run();
        assert_eq!(ended.code, code, "{ended:?}");
        assert!(ended.stderr.contains(said), "{arguments:?}: {ended:?}");
    }
}
