//! `gatepass whoami`, `login` and `logout`, as far as they go without a keyring; tests/credentials.sh has some.

use crate::support::{Ended, Run, gatepass, write_secret};

const MARKER: &str = "marker-s3cret";
const PLACE: &str = "http://proxy.test:8080";

fn whoami() -> Run {
    gatepass(["whoami", PLACE])
}

/// What is said of the place, in a line of its own.
fn said(ended: &Ended) -> &str {
    assert!(!ended.stdout.contains(MARKER) && !ended.stderr.contains(MARKER), "{ended:?}");
    ended.stdout.lines().next().unwrap_or_default()
}

#[test]
fn each_source_answers_and_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = directory.path().join(name);
        write_secret(&path, text);
        path.to_str().unwrap().to_owned()
    };
    let netrc = file("netrc", format!("machine proxy.test login NET\\rc password {MARKER}\n"));
    let users = file("users", format!("FILE:user:{MARKER}\n"));
    let environment = |run: Run| run.env("GATEPASS_USER", "ENV\\user").env("GATEPASS_PASSWORD", MARKER);
    let command =
        |run: Run| run.env("GATEPASS_CREDENTIAL_COMMAND", "echo username=CMD/user& echo password=x");
    let (with_netrc, with_users) =
        (|run: Run| run.env("NETRC", &netrc), |run: Run| run.env("NTLM_USER_FILE", &users));

    // With all of them the first in the documented order answers; without it the next.
    for (run, expected) in [
        (
            environment(with_users(with_netrc(command(whoami())))),
            r"ENV\user (password), from the environment",
        ),
        (with_users(with_netrc(command(whoami()))), r"FILE\user (password), from NTLM_USER_FILE"),
        (with_netrc(command(whoami())), r"NET\rc (password), from netrc"),
        (command(whoami()), r"CMD\user (password), from the credential command"),
    ] {
        let ended = run.run();
        assert_eq!((said(&ended), ended.code), (format!("{PLACE}: {expected}").as_str(), 0), "{ended:?}");
    }
    let hash =
        whoami().env("GATEPASS_USER", "alice").env("GATEPASS_NT_HASH", "a4f49c406510bdcab6824ee7c30fd852");
    assert_eq!(said(&hash.run()), format!("{PLACE}: alice (NT hash), from the environment"));
    let nobody = whoami().run();
    // Windows always has somebody who is logged in.
    let (known, code) = if cfg!(windows) {
        ("no password is known, if one is needed; store one: gatepass login", 0)
    } else {
        ("no login is known; store one: gatepass login", 1)
    };
    assert_eq!((said(&nobody), nobody.code), (format!("{PLACE}: {known}").as_str(), code));
    let own =
        if cfg!(windows) { "\n  or else by Negotiate: as the user who is" } else { "\nKerberos: not used, " };
    assert!(nobody.stdout.contains(own), "{nobody:?}");
}

#[test]
fn a_source_that_fails_is_named_and_the_next_one_answers() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users");
    write_secret(&path, format!("alice:1:X:{MARKER}:[U]:\n"));
    let ended = whoami()
        .env("GATEPASS_USER", "alice")
        .env("GATEPASS_NT_HASH", MARKER)
        .env("NTLM_USER_FILE", path.to_str().unwrap())
        .env("GATEPASS_CREDENTIAL_COMMAND", "echo username=bob& echo password=x")
        .run();
    assert_eq!(
        (said(&ended), ended.code),
        (format!("{PLACE}: bob (password), from the credential command").as_str(), 0)
    );
    for part in
        ["the environment: GATEPASS_NT_HASH is not 32 hex digits", "line 1: the NT hash is not 32 hex digits"]
    {
        assert!(ended.stdout.contains(part), "{ended:?}");
    }
}

#[test]
fn the_proxies_of_the_environment_are_shown_with_the_login_in_their_url() {
    let ended = gatepass(["whoami"])
        .env("http_proxy", &format!("http://CORP%5Calice:{MARKER}@a.test:1"))
        .env("https_proxy", "http://b.test:2")
        .env("GATEPASS_USER", "bob")
        .env("GATEPASS_PASSWORD", MARKER)
        .run();
    let expected = [
        "http://b.test:2: bob (password), from the environment",
        "http://a.test:1: CORP\\alice (password), from the proxy's URL",
    ];
    let places = ended.stdout.lines().filter(|line| !line.starts_with(' '));
    assert!(places.eq(expected) && ended.code == 0, "{ended:?}");
}

#[test]
fn a36_a_login_for_another_host_is_not_shown() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("netrc");
    write_secret(&path, "machine other.test login a password b\ndefault login anonymous password me\n");
    let ended = whoami().env("NETRC", path.to_str().unwrap()).run();
    assert_eq!(ended.code, i32::from(!cfg!(windows)), "{ended:?}");
    assert!(!ended.stdout.contains("netrc"), "{ended:?}");
}

#[test]
fn what_cannot_be_done_is_said_with_what_to_do() {
    for (arguments, code, part) in [
        (&["whoami"][..], 2, "no proxy is configured"),
        (&["whoami", "proxy"], 2, "name the port"),
        (&["whoami", "http://alice:marker-s3cret@proxy:1"], 2, "without a user name"),
    ] {
        let ended = gatepass(arguments).run();
        assert_eq!(ended.code, code, "{ended:?}");
        assert!(ended.stderr.contains(part) && !ended.stderr.contains(MARKER), "{ended:?}");
    }
    let several =
        gatepass(["login", "-u", "alice"]).env("http_proxy", "http://a:1").env("https_proxy", "http://b:1");
    let ended = several.env("GATEPASS_PASSWORD", MARKER).run();
    assert!(ended.code == 2 && ended.stderr.contains("name one: http://b:1, http://a:1"), "{ended:?}");
    let ended = gatepass(["login", PLACE]).env("GATEPASS_PASSWORD", MARKER).run();
    assert!(ended.code == 2 && ended.stderr.contains("name the user"), "{ended:?}");
    let ended = gatepass(["login", PLACE, "-u", "alice", "--store", "drawer"]).run();
    assert!(ended.code == 2 && ended.stderr.contains("keyrings of this platform are"), "{ended:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn f41_without_a_bus_there_is_no_secret_service_and_a_sentence_says_so() {
    let ended = gatepass(["login", PLACE, "-u", "alice", "--store", "secret-service"])
        .env("GATEPASS_PASSWORD", MARKER)
        .run();
    assert_eq!(ended.code, 23, "{ended:?}");
    assert!(ended.stderr.contains("start a keyring daemon in a D-Bus session"), "{ended:?}");
    assert!(!ended.stderr.contains(MARKER) && !ended.stderr.contains("os error"), "{ended:?}");
}
