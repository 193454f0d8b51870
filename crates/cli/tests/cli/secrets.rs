//! No secret in any output, none on the command line.

use crate::peer::Peer;
#[cfg(unix)]
use crate::support::MockCommand;
use crate::support::{Ended, gatepass, write_secret};
use gatepass::engine::crypto::ntowf_v1;
use gatepass_mock_proxy::MockProxy;
use std::fs;

const MARKER: &str = "marker-s3cret-Ü";
/// `NTLMSSP\0` and the type of an AUTHENTICATE, as it begins in base64.
const AUTHENTICATE: &str = "TlRMTVNTUAAD";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    // Without the padding and the last digit, which depend on what follows.
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    text.trim_end_matches('=').split_at(text.trim_end_matches('=').len() - 1).0.to_owned()
}

/// The marker in each form in which it could leak; the NT hash too, unless it is what was asked for.
fn forms(with_hash: bool) -> Vec<Vec<u8>> {
    let utf8 = MARKER.as_bytes();
    let utf16 = gatepass::wire::utf16le(MARKER);
    let hash = ntowf_v1(MARKER);
    let mut forms = vec![
        utf8.to_vec(),
        utf16.clone(),
        hex(utf8).into_bytes(),
        hex(&utf16).into_bytes(),
        base64(utf8).into_bytes(),
        base64(&utf16).into_bytes(),
        AUTHENTICATE.as_bytes().to_vec(),
        b"NTLMSSP\0\x03".to_vec(),
    ];
    if with_hash {
        forms.push(hash.expose().to_vec());
        forms.push(hex(hash.expose()).into_bytes());
        forms.push(base64(hash.expose()).into_bytes());
    }
    forms
}

fn leaks_nothing(ended: &Ended, what: &str, with_hash: bool) {
    for form in forms(with_hash) {
        for output in [&ended.raw.stdout, &ended.raw.stderr] {
            let found = output.windows(form.len()).any(|window| window == form);
            assert!(
                !found,
                "{what} shows {:?}:\n{}",
                String::from_utf8_lossy(&form),
                String::from_utf8_lossy(output)
            );
        }
    }
}

#[test]
fn a83_the_search_finds_what_it_looks_for() {
    let ended = gatepass(["hash"]).stdin(MARKER).run();
    assert!(std::panic::catch_unwind(|| leaks_nothing(&ended, "hash", true)).is_err(), "{ended:?}");
}

#[test]
fn a83_no_output_of_any_command_holds_the_password() {
    let mock = MockProxy::new().account("CORP", "alice", MARKER).start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca.pem");
    fs::write(&ca, mock.ca_pem()).unwrap();
    let ca = ca.to_str().unwrap();
    let broken = Peer::start(|head| {
        let offer = if head.contains("Authorization: NTLM") { "NTLM TlRMTVNTUAACAAAA" } else { "NTLM" };
        format!("HTTP/1.1 407 Proxy\r\nProxy-Authenticate: {offer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .into_bytes()
    });
    let good = format!("CORP\\alice:{MARKER}");
    let wrong = format!("CORP\\bob:{MARKER}");
    let in_url = format!("{}x", mock.url()).replace("http://", &format!("http://alice:{MARKER}@"));
    let all = "%{http_code} %{errormsg} %{url} %{url_effective} %{exitcode}";
    for (proxy, user, url) in [
        (mock.url(), &good, "http://origin.test/echo"),
        (mock.url(), &good, "https://origin.test/echo"),
        (mock.url(), &wrong, "http://origin.test/"),
        (mock.url(), &wrong, "https://origin.test/"),
        (broken.url(), &good, "http://origin.test/"),
        ("http://127.0.0.1:1".to_owned(), &good, "http://origin.test/"),
        (in_url, &good, "http://origin.test/"),
        (mock.url(), &good, "no such://url"),
    ] {
        for more in [&[][..], &["-d", "body"]] {
            let ended =
                gatepass(["fetch", "-v", "-w", all, "--cacert", ca, "-x", &proxy, "-U", user, "-u", user])
                    .args(more)
                    .args([url])
                    .env("RUST_LOG", "trace")
                    .env("RUST_BACKTRACE", "1")
                    .run();
            leaks_nothing(&ended, &format!("fetch {url}"), true);
        }
    }
    for run in [
        gatepass(["fetch", "-v", "-x", &mock.url(), "-U", "CORP\\alice", "http://origin.test/"]),
        gatepass(["fetch", "-v", "-x", &mock.url(), "-U", "CORP\\carol", "https://origin.test/"]),
        gatepass(["demo", "--proxy", &mock.url(), "--user", "CORP\\alice", "--url", "http://origin.test/"]),
        gatepass(["demo", "--proxy", &mock.url(), "--user", "CORP\\carol", "--url", "http://origin.test/"]),
        gatepass(["demo"]),
    ] {
        leaks_nothing(&run.env("GATEPASS_PASSWORD", MARKER).run(), "a command", true);
    }
    // The logins that nobody types, and the commands that show or store them.
    let secrets = |name: &str, text: String| {
        let path = directory.path().join(name);
        write_secret(&path, text);
        path.to_str().unwrap().to_owned()
    };
    let hash = hex(ntowf_v1(MARKER).expose());
    let users = secrets("users", format!("CORP:alice:{MARKER}\n"));
    let hashes = secrets("hashes", format!("CORP\\alice:1:X:{hash}:[U]:\n"));
    let netrc = secrets("netrc", format!("machine 127.0.0.1 login CORP\\alice password \"{MARKER}\" \n"));
    let torn = secrets("torn", format!("machine 127.0.0.1 login CORP\\alice password \"{MARKER}\n"));
    let answer = secrets("answer", format!("username=CORP\\alice\npassword={MARKER}\n"));
    let garbage = secrets("garbage", MARKER.to_owned());
    let show = if cfg!(windows) { "type" } else { "cat" };
    for (name, value) in [
        ("GATEPASS_PASSWORD", MARKER.to_owned()),
        ("GATEPASS_NT_HASH", hash),
        ("GATEPASS_NT_HASH", MARKER.to_owned()),
        ("NTLM_USER_FILE", users),
        ("NTLM_USER_FILE", hashes),
        ("NETRC", netrc),
        ("NETRC", torn),
        ("GATEPASS_CREDENTIAL_COMMAND", format!("{show} {answer}")),
        ("GATEPASS_CREDENTIAL_COMMAND", format!("{show} {garbage}")),
        ("GATEPASS_CREDENTIAL_COMMAND", format!("echo {MARKER}")),
    ] {
        let mut runs = vec![
            gatepass(["fetch", "-v", "-x", &mock.url(), "http://origin.test/"]),
            gatepass(["whoami", &mock.url()]),
            gatepass(["login", &mock.url(), "--user", "CORP\\alice", "--hash", "--store", "nowhere"]),
        ];
        // Elsewhere the keyring is that of whoever runs the tests.
        if cfg!(target_os = "linux") {
            runs.push(gatepass(["login", &mock.url(), "--user", "CORP\\alice"]));
            runs.push(gatepass(["logout", &mock.url()]));
        }
        for run in runs {
            let run =
                run.env("GATEPASS_USER", if name.starts_with("GATEPASS_") { "CORP\\alice" } else { "" });
            let ended = run.env(name, &value).env("RUST_LOG", "trace").run();
            leaks_nothing(&ended, &format!("a command with {name}"), true);
        }
    }
    leaks_nothing(&gatepass(["hash", "--user", "alice"]).stdin(MARKER).run(), "hash", false);
}

#[cfg(unix)]
#[test]
fn a83_the_transcript_of_the_mock_proxy_holds_no_password() {
    let directory = tempfile::tempdir().unwrap();
    let accounts = directory.path().join("accounts");
    fs::write(&accounts, format!("CORP\\alice:{MARKER}\n")).unwrap();
    let mock = MockCommand::start(["--transcript", "--accounts-file", accounts.to_str().unwrap()]);
    for user in ["CORP\\alice", "CORP\\bob"] {
        let ended = gatepass(["fetch", "-sS", "-x", &mock.url, "-U", user, "http://origin.test/"])
            .env("GATEPASS_PASSWORD", MARKER)
            .run();
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    let ended = mock.end("-TERM");
    assert!(ended.stdout.contains("AUTHENTICATE, ") && ended.stdout.contains("refused"), "{ended:?}");
    leaks_nothing(&ended, "mock-proxy --transcript", true);
}

#[test]
fn a83_an_accounts_password_in_a_broken_url_is_not_repeated() {
    for arguments in [
        ["fetch", "http://alice:marker-s3cret-Ü@exa mple/", "-s"],
        ["fetch", "-x", "http://alice:marker-s3cret-Ü@exa mple/"],
        ["fetch", "-x", "socks5://alice:marker-s3cret-Ü@example/"],
    ] {
        let ended = gatepass(arguments).args(["-S", "http://127.0.0.1:1/"]).run();
        assert_ne!(ended.code, 0);
        leaks_nothing(&ended, "fetch", true);
    }
}

#[test]
fn a84_help_says_that_a_password_on_the_command_line_is_seen_by_others() {
    let help = gatepass(["fetch", "--help"]).run().stdout.replace('\n', " ");
    for part in [
        "can be read by every user of this machine",
        "--password-file",
        "--password-stdin",
        "GATEPASS_PASSWORD",
    ] {
        assert!(help.contains(part), "{part}");
    }
    let short = gatepass(["fetch", "-h"]).run().stdout.replace('\n', " ");
    assert!(short.contains("can be read by every user of this machine"), "{short}");
}

#[cfg(target_os = "linux")]
#[test]
fn a84_the_process_list_shows_no_password() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("password");
    write_secret(&path, MARKER);
    let path = path.to_str().unwrap();
    let (_listener, silent) = Peer::silent();
    for mut child in [
        gatepass([
            "fetch",
            "-m",
            "20",
            "-x",
            &silent,
            "-U",
            "CORP\\alice",
            "--password-file",
            path,
            "http://a.test/",
        ])
        .spawn(),
        gatepass(["fetch", "-m", "20", "-x", &silent, "-U", "CORP\\alice", "http://a.test/"])
            .env("GATEPASS_PASSWORD", MARKER)
            .spawn(),
    ] {
        // The line is empty as long as the kernel has not put it in place.
        let line = std::iter::repeat_with(|| fs::read(format!("/proc/{}/cmdline", child.id())).unwrap())
            .take(1_000)
            .inspect(|_| std::thread::sleep(std::time::Duration::from_millis(5)))
            .find(|line| !line.is_empty())
            .unwrap_or_default();
        let status = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(status.is_none() && line.starts_with(b"/"), "the command had ended");
        assert!(!line.windows(MARKER.len()).any(|window| window == MARKER.as_bytes()));
    }
}
