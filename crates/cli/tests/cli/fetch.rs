//! `gatepass fetch` through the mock proxy: what a script written for curl expects.

use crate::peer::Peer;
use crate::support::{NOWHERE, Run, gatepass, write_secret};
use gatepass::http::Scheme;
use gatepass_mock_proxy::{MockProxy, Running};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A mock proxy with alice at the proxy and bob at the server, and a directory with its CA.
struct Stage {
    proxy: Running,
    directory: TempDir,
}

impl Stage {
    fn new() -> Self {
        Self::offering(&[Scheme::Ntlm])
    }

    fn offering(schemes: &[Scheme]) -> Self {
        let proxy = MockProxy::new()
            .account("CORP", "alice", "Passw0rd!")
            .origin_account("CORP", "bob", "Bob!")
            .offer(schemes);
        let stage = Self { proxy: proxy.start().unwrap(), directory: tempfile::tempdir().unwrap() };
        fs::write(stage.path("ca.pem"), stage.proxy.ca_pem()).unwrap();
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// `gatepass fetch` through the proxy, in the directory.
    fn fetch<const N: usize>(&self, arguments: [&str; N]) -> Run {
        let run = gatepass(["fetch", "-x", &self.proxy.url(), "--cacert", "ca.pem"]);
        run.in_directory(self.directory.path()).args(arguments)
    }
}

const ALICE: [&str; 2] = ["-U", "CORP\\alice:Passw0rd!"];

#[test]
fn the_codes_of_each_way_are_curls() {
    let stage = Stage::new();
    let line = ["-s", "-o", NOWHERE, "-w", "%{http_code}/%{http_connect}", "-m", "20", "--proxy-ntlm"];
    for (url, user, codes, exit) in [
        ("http://origin.test/", "CORP\\alice:Passw0rd!", "200/000", 0),
        ("http://origin.test/", "CORP\\alice:nope", "407/000", 0),
        ("https://origin.test/", "CORP\\alice:Passw0rd!", "200/200", 0),
        ("https://origin.test/", "CORP\\alice:nope", "000/407", 56),
    ] {
        let ended = stage.fetch(line).args(["-U", user, url]).run();
        assert_eq!((ended.stdout.as_str(), ended.code), (codes, exit), "{url} {user} {ended:?}");
        assert_eq!(ended.stderr, "", "-s says nothing");
    }
    let ended = stage.fetch(["-f", "-U", "CORP\\alice:nope", "http://origin.test/"]).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (22, ""), "{ended:?}");
    let transcript = stage.proxy.finish();
    assert_eq!(transcript.authenticates().count(), 5, "one attempt a command: {transcript}");
}

#[test]
fn proxy_and_server_get_identities_of_their_own() {
    let stage = Stage::new();
    for url in ["http://origin.test/ntlm/", "https://origin.test/ntlm/"] {
        let ended = stage.fetch(ALICE).args(["-s", "-w", "%{http_code}", "-o", NOWHERE, url]).run();
        assert_eq!(ended.stdout, "401", "{ended:?}");
        for option in ["--anyauth", "--ntlm"] {
            let ended = stage.fetch(ALICE).args(["-fsS", option, "-u", "CORP\\bob:Bob!", url]).run();
            assert_eq!(ended.code, 0, "{ended:?}");
            assert_eq!(ended.stdout, "Hello CORP\\bob.\n", "{ended:?}");
        }
    }
    let ended = stage.fetch(ALICE).args(["-fsS", "http://CORP%5Cbob:Bob%21@origin.test/ntlm/"]).run();
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[test]
fn passwords_come_from_elsewhere_than_the_command_line() {
    let stage = Stage::new();
    write_secret(stage.path("pw"), "Passw0rd!\n");
    write_secret(stage.path("bob"), "Bob!");
    let page = "http://origin.test/";
    let both = ["-U", "CORP\\alice", "-u", "CORP\\bob", "http://origin.test/ntlm/"];
    for run in [
        stage.fetch(["--password-file", "pw", "-U", "CORP\\alice", page]),
        stage.fetch(["--password-stdin", "-U", "CORP\\alice", page]).stdin("Passw0rd!\n"),
        stage.fetch(["-U", "CORP\\alice", page]).env("GATEPASS_PASSWORD", "Passw0rd!"),
        stage.fetch(["-U", "CORP\\alice", "--password-file", "pw", page]).env("GATEPASS_PASSWORD", "wrong"),
        stage.fetch(both).args(["--password-file", "pw", "--user-password-file", "bob"]),
        stage.fetch(both).env("GATEPASS_PASSWORD", "Passw0rd!").env("GATEPASS_USER_PASSWORD", "Bob!"),
        stage.fetch(["-u", "CORP\\bob", "--password-file", "bob", "http://origin.test/ntlm/"]).args(ALICE),
    ] {
        let ended = run.args(["-fsS"]).run();
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    let ended = stage.fetch(["-U", "CORP\\alice", page]).run();
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains("--password-file, --password-stdin or GATEPASS_PASSWORD"), "{ended:?}");
}

#[test]
fn bodies_go_out_as_curl_sends_them() {
    let stage = Stage::new();
    fs::write(stage.path("data"), "line one\r\nline two\n").unwrap();
    for (arguments, method, body, kind) in [
        (&["-d", "a=1", "-d", "b=2"][..], "POST", "a=1&b=2", "application/x-www-form-urlencoded"),
        (&["-d", "@data"], "POST", "line oneline two", "application/x-www-form-urlencoded"),
        (&["--data-binary", "@data"], "POST", "line one\r\nline two\n", "application/x-www-form-urlencoded"),
        (&["--data-raw", "@data"], "POST", "@data", "application/x-www-form-urlencoded"),
        (
            &["--data-raw", "x", "-d", "y", "--data-binary", "z"],
            "POST",
            "x&y&z",
            "application/x-www-form-urlencoded",
        ),
        (&["-X", "PATCH", "-H", "content-type: text/plain", "-d", "p"], "PATCH", "p", "text/plain"),
        (&["-T", "data"], "PUT", "line one\r\nline two\n", ""),
        (&["-T", "-"], "PUT", "from a pipe", ""),
        (&["-d", ""], "POST", "", "application/x-www-form-urlencoded"),
    ] {
        let run = stage.fetch(ALICE).args(["-fsS"]).args(arguments).args(["http://origin.test/echo"]);
        let ended = run.stdin("from a pipe").run();
        assert_eq!(ended.code, 0, "{arguments:?} {ended:?}");
        assert!(ended.stdout.starts_with(&format!("{method} ")), "{arguments:?} {ended:?}");
        assert!(ended.stdout.ends_with(body), "{arguments:?} {ended:?}");
        let head = ended.stdout.to_ascii_lowercase();
        assert_eq!(kind.is_empty(), !head.contains("content-type:"), "{arguments:?} {ended:?}");
        assert!(head.contains(kind), "{arguments:?} {ended:?}");
    }
}

#[test]
fn no_body_is_uploaded_into_a_407() {
    let stage = Stage::new();
    fs::write(stage.path("big"), vec![7; 5_000_000]).unwrap();
    for url in ["http://origin.test/digest", "https://origin.test/digest"] {
        let ended =
            stage.fetch(ALICE).args(["-fsS", "-w", "%{size_upload}", "-o", NOWHERE, "-T", "big", url]).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (0, "5000000"), "{ended:?}");
    }
    let transcript = stage.proxy.finish();
    for exchange in transcript.requests().filter(|exchange| exchange.status == Some(407)) {
        assert_eq!(exchange.request_body, 0, "{transcript}");
    }
    assert_eq!(transcript.origin().requests().filter(|request| request.request_body == 5_000_000).count(), 2);
}

#[test]
fn heads_are_printed_where_they_are_asked_for() {
    let stage = Stage::new();
    let ended = stage.fetch(ALICE).args(["-sI", "http://origin.test/"]).run();
    assert!(
        ended.stdout.starts_with("HTTP/1.1 200 OK\r\n") && ended.stdout.ends_with("\r\n\r\n"),
        "{ended:?}"
    );
    let ended = stage.fetch(ALICE).args(["-si", "http://origin.test/status/404"]).run();
    assert!(ended.stdout.starts_with("HTTP/1.1 404 Not Found\r\n"), "{ended:?}");
    assert!(ended.stdout.split_once("\r\n\r\n").is_some_and(|(_, body)| !body.is_empty()), "{ended:?}");
    let ended = stage.fetch(ALICE).args(["-s", "-D", "head", "-o", "body", "https://origin.test/"]).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""), "{ended:?}");
    assert!(fs::read_to_string(stage.path("head")).unwrap().starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(fs::read_to_string(stage.path("body")).unwrap().contains("embedded origin"));
}

#[test]
fn several_urls_go_to_several_files() {
    let stage = Stage::new();
    let ended = stage
        .fetch(ALICE)
        .args([
            "-fsS",
            "-o",
            "one",
            "-O",
            "-o",
            "three",
            "-w",
            "%{urlnum} %{size_download} %{filename_effective}\\n",
        ])
        .args(["http://origin.test/bytes/1", "http://origin.test/bytes/20", "http://origin.test/bytes/300"])
        .run();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "0 1 one\n1 20 20\n2 300 three\n"), "{ended:?}");
    for (name, length) in [("one", 1), ("20", 20), ("three", 300)] {
        assert_eq!(fs::metadata(stage.path(name)).unwrap().len(), length, "{name}");
    }
    assert_eq!(stage.proxy.transcript().connections().len(), 1, "one login for all of them");
    // A failure in the middle does not keep the others back, and the last URL decides.
    let failing = ["http://origin.test/status/500", "http://origin.test/"];
    let ended = stage.fetch(ALICE).args(["-fsS"]).args(failing).run();
    assert!(ended.code == 0 && ended.stderr.contains("500"), "{ended:?}");
    assert!(ended.stdout.contains("embedded origin"), "{ended:?}");
    let ended = stage.fetch(ALICE).args(["-fsS", "--fail-early"]).args(failing).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (22, ""), "{ended:?}");
}

#[test]
fn a51_a_refused_login_is_not_tried_again_for_the_next_url() {
    for url in ["http://origin.test/", "https://origin.test/"] {
        let stage = Stage::new();
        let ended = stage.fetch(["-U", "CORP\\alice:wrong", "-s", "-S", url, url, url]).run();
        assert_eq!(ended.code, 67, "{ended:?}");
        assert!(ended.stderr.contains("the other URLs are not tried"), "{ended:?}");
        let transcript = stage.proxy.finish();
        assert_eq!(transcript.authenticates().count(), 1, "{transcript}");
    }
    let stage = Stage::new();
    let page = "http://origin.test/ntlm/";
    let ended = stage.fetch(ALICE).args(["-u", "CORP\\bob:wrong", "-s", page, page]).run();
    assert_eq!((ended.code, ended.stderr.as_str()), (67, ""), "{ended:?}");
    let transcript = stage.proxy.finish();
    assert_eq!(transcript.origin().authenticates().count(), 1, "{transcript}");
}

#[test]
fn fields_of_the_command_line_are_sent_and_left_out() {
    let page = Peer::start(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec());
    let head = |arguments: &[&str]| {
        let ended = gatepass(["fetch", "-sS"]).args(arguments).args([page.url()]).run();
        assert_eq!(ended.code, 0, "{ended:?}");
        page.heads().pop().unwrap().to_ascii_lowercase()
    };
    let plain = head(&[]);
    assert!(plain.contains("user-agent: gatepass/") && plain.contains("accept: */*"), "{plain}");
    let own = head(&[
        "-H",
        "X-One: 1",
        "-H",
        "Accept:",
        "-H",
        "X-Empty;",
        "-A",
        "me",
        "-e",
        "http://r/",
        "-r",
        "0-9",
        "-b",
        "a=1",
        "-b",
        "b=2",
    ]);
    for line in [
        "x-one: 1\r\n",
        "x-empty: \r\n",
        "user-agent: me\r\n",
        "referer: http://r/\r\n",
        "range: bytes=0-9\r\n",
        "cookie: a=1; b=2\r\n",
    ] {
        assert!(own.contains(line), "{line:?} {own}");
    }
    assert!(!own.contains("accept:"), "{own}");
    assert!(head(&["-G", "-d", "a=1", "-d", "b=ü"]).starts_with("get /?a=1&b=%c3%bc http/1.1"));
    assert!(head(&["-X", "DELETE"]).starts_with("delete / "));
}

#[test]
fn an_address_stands_in_for_any_name_and_a_malformed_one_has_curls_code() {
    let page =
        Peer::start(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi".to_vec());
    let address = page.url();
    let port = address.rsplit(':').next().unwrap();
    let url = format!("http://any.test:{port}/");
    for rules in [
        &[format!("*:{port}:127.0.0.1")][..],
        &[format!("any.test:{port}:127.0.0.1"), format!("*:{port}:127.0.0.9")],
        &[format!("-any.test:{port}"), format!("+any.test:{port}:127.0.0.1")],
    ] {
        let rules = rules.iter().flat_map(|rule| ["--resolve", rule]);
        let ended = gatepass(["fetch", "-sS"]).args(rules).args([&url]).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (0, "hi"), "{ended:?}");
    }
    let ended = gatepass(["fetch", "-sS", "--resolve", "any.test", &url]).run();
    assert!(ended.code == 49 && ended.stderr.contains("--resolve wants"), "{ended:?}");
}

#[test]
fn an_option_given_twice_counts_as_it_was_given_last_and_no_time_is_no_limit() {
    let page =
        Peer::start(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi".to_vec());
    let twice =
        ["-ss", "--compressed", "-X", "PUT", "-X", "POST", "-m", "9", "-m", "0", "--connect-timeout", "0"];
    let ended = gatepass(["fetch"]).args(twice).args([page.url()]).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "hi"), "{ended:?}");
    assert!(page.heads()[0].starts_with("POST / "), "{:?}", page.heads());
}

#[test]
fn fields_of_a_response_are_written_as_scripts_look_for_them() {
    let page = Peer::start(|_| {
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\nETag: 1\r\nWWW-Authenticate: NTLM\r\ncontent-length: 0\r\n\
          Connection: close\r\n\r\n"
            .to_vec()
    });
    let ended = gatepass(["fetch", "-sI", &page.url()]).run();
    for line in ["\r\nLocation: /x\r\n", "\r\nETag: 1", "\r\nWWW-Authenticate: NTLM", "\r\nContent-Length: 0"]
    {
        assert!(ended.stdout.contains(line), "{line:?} {ended:?}");
    }
}

#[test]
fn the_proxy_comes_from_the_environment_and_not_for_every_host() {
    let stage = Stage::new();
    let proxy = stage.proxy.url();
    let with_login = proxy.replace("http://", "http://CORP%5Calice:Passw0rd%21@");
    let fetch = || gatepass(["fetch", "-fsS"]).in_directory(stage.directory.path());
    for run in [
        fetch().args(ALICE).env("http_proxy", &proxy).args(["http://origin.test/"]),
        fetch().env("http_proxy", &with_login).args(["http://origin.test/"]),
        fetch().args(["--cacert", "ca.pem"]).env("HTTPS_PROXY", &with_login).args(["https://origin.test/"]),
        fetch().env("all_proxy", &with_login).args(["origin.test"]),
    ] {
        let ended = run.run();
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    let seen = stage.proxy.transcript().connections().len();
    let direct = format!("http://{}/", stage.proxy.origin_address());
    let named = format!("http://origin.test:{}/", stage.proxy.origin_address().port());
    let stand_in = format!("origin.test:{}:127.0.0.1", stage.proxy.origin_address().port());
    for run in [
        fetch().env("http_proxy", &proxy).env("no_proxy", "127.0.0.1").args([&direct]),
        fetch().args(["-x", &proxy, "--noproxy", "*", &direct]),
        fetch().env("http_proxy", &proxy).args(["-x", "", &direct]),
        fetch().env("http_proxy", &proxy).args(["--noproxy", "test", "--resolve", &stand_in, &named]),
    ] {
        let ended = run.run();
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    assert_eq!(stage.proxy.finish().connections().len(), seen, "none of the last four went to the proxy");
}

#[test]
fn the_conversation_is_shown_decoded_and_without_responses() {
    let stage = Stage::new();
    let ended = stage.fetch(ALICE).args(["-v", "https://origin.test/"]).run();
    assert_eq!(ended.code, 0, "{ended:?}");
    for part in [
        "* connected to the proxy ",
        "> CONNECT origin.test:443",
        "proxy-authorization: NTLM <NEGOTIATE, 40 bytes>",
        "proxy-authenticate: NTLM <CHALLENGE, ",
        "proxy-authorization: NTLM <AUTHENTICATE, ",
        "user \"alice\", domain \"CORP\"",
        "NTLMv2 response of ",
        "NEGOTIATE, 40 bytes to the proxy",
        "UNICODE|",
        "< HTTP/1.1 200 OK",
    ] {
        assert!(ended.stderr.contains(part), "{part}\n{}", ended.stderr);
    }
    assert!(!ended.stderr.contains("TlRMTVNTUA"), "{}", ended.stderr);
    assert!(ended.is_harmless());
}

#[test]
fn a89_a_hostile_server_does_not_reach_the_terminal_through_v_or_an_error() {
    let hostile = Peer::start(|_| {
        b"HTTP/1.1 407 \x1b]0;t\x07\r\nX-Evil: \x9b31m\xe2\x80\xae\x1b[2J\r\nProxy-Authenticate: NTLM \x1b[2J\r\n\
          Content-Length: 0\r\nConnection: close\r\n\r\n"
            .to_vec()
    });
    let ended = gatepass(["fetch", "-v", "-x", &hostile.url(), "-U", "a:b", "http://origin.test/"]).run();
    assert!(ended.is_harmless(), "{ended:?}");
    assert!(!ended.stderr.is_empty());
}

#[test]
fn a23_basic_is_used_where_its_option_allows_it_and_not_unnoticed() {
    let stage = Stage::offering(&[Scheme::Basic]);
    let page = "http://origin.test/";
    for options in [&[][..], &["--proxy-anyauth"], &["--proxy-ntlm"], &["--proxy-negotiate", "--proxy-ntlm"]]
    {
        let ended = stage.fetch(ALICE).args(options).args(["-sSf", page]).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (22, ""), "{options:?}: {ended:?}");
        assert!(ended.stderr.contains("offers Basic only"), "{ended:?}");
    }
    for options in [&["--proxy-basic"][..], &["--proxy-anyauth", "--proxy-basic"]] {
        let ended = stage.fetch(ALICE).args(options).args(["-sSf", page]).run();
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.stderr.contains("in clear text"), "{ended:?}");
    }
    // -s takes the warning away, -v shows no password.
    let ended = stage.fetch(ALICE).args(["-s", "--proxy-basic", page]).run();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
    let ended = stage.fetch(ALICE).args(["-v", "--proxy-basic", page]).run();
    assert!(ended.stderr.contains("Basic <token, 20 bytes>"), "{ended:?}");
    for secret in ["Passw0rd", "Q09SUFxhbGljZTpQYXNzdzByZCE"] {
        assert!(!ended.stderr.contains(secret), "{ended:?}");
    }
    // The word for the proxy is none for the server.
    let both = ["-s", "-o", NOWHERE, "-w", "%{http_code}", "--proxy-basic", "-u", "CORP\\bob:Bob!"];
    for (option, code) in [("--anyauth", "401"), ("--basic", "200")] {
        let ended = stage.fetch(ALICE).args(both).args([option, "http://origin.test/ntlm/"]).run();
        assert_eq!(ended.stdout, code, "{option}: {ended:?}");
    }
}

#[test]
fn negotiate_is_preferred_and_shown_with_what_is_in_it() {
    let stage = Stage::offering(&[Scheme::Negotiate, Scheme::Ntlm, Scheme::Basic]);
    for (options, scheme) in [
        (&[][..], "Negotiate AUTHENTICATE"),
        (&["--proxy-negotiate"], "Negotiate AUTHENTICATE"),
        (&["--proxy-ntlm"], "NTLM AUTHENTICATE"),
        (&["--proxy-basic", "--proxy-ntlm"], "NTLM AUTHENTICATE"),
    ] {
        for url in ["http://origin.test/", "https://origin.test/"] {
            let ended = stage.fetch(ALICE).args(options).args(["-v", "-d", "x=y", url]).run();
            assert_eq!(ended.code, 0, "{ended:?}");
            assert!(ended.stderr.contains(scheme), "{options:?}: {ended:?}");
            assert!(ended.stderr.contains("user \"alice\""), "{ended:?}");
        }
    }
    assert_eq!(stage.proxy.finish().authenticates().count(), 8);
}
