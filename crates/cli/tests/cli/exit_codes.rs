//! The exit codes of `gatepass fetch`, which are curl's, each with a sentence.

use crate::peer::Peer;
use crate::support::{Ended, NOWHERE, gatepass};
use gatepass_mock_proxy::MockProxy;
use std::net::{Ipv4Addr, TcpListener};

/// Runs `gatepass fetch` with `arguments` and expects `code` and one sentence.
fn fails<const N: usize>(code: i32, arguments: [&str; N]) -> Ended {
    let ended = gatepass(["fetch"]).args(arguments).env("RES_OPTIONS", "timeout:1 attempts:1").run();
    assert_eq!(ended.code, code, "{arguments:?}: {ended:?}");
    assert!(ended.stderr.starts_with("gatepass: ") && ended.stderr.ends_with('\n'), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    for trace in ["Error {", "Error(", "Some(", "kind:", "panicked", "os error"] {
        assert!(!ended.stderr.contains(trace), "{ended:?}");
    }
    ended
}

fn closed_port() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn what_the_command_line_says_wrongly() {
    fails(2, ["--no-such-option", "http://127.0.0.1/"]);
    fails(2, ["-m", "soon", "http://127.0.0.1/"]);
    fails(2, ["-H", "no colon", "http://127.0.0.1/"]);
    fails(49, ["--resolve", "a:b", "http://127.0.0.1/"]);
    fails(2, ["-X", "GE T", "http://127.0.0.1/"]);
    fails(1, ["ftp://127.0.0.1/"]);
    fails(3, ["http://exa mple/"]);
    fails(3, ["http://127.0.0.1:99999/"]);
    fails(26, ["-T", "/no/such/file", "http://127.0.0.1:1/"]);
    fails(26, ["-d", "@/no/such/file", "http://127.0.0.1:1/"]);
    fails(77, ["--cacert", "/no/such/file", "https://127.0.0.1:1/"]);
    fails(77, ["--cacert", NOWHERE, "https://127.0.0.1:1/"]);
    fails(2, ["-U", "alice", "-x", "http://127.0.0.1:1", "http://127.0.0.1:1/"]);
}

#[test]
fn mechanisms_that_are_not_built_in_are_refused_before_anything_is_sent() {
    for option in ["--proxy-digest", "--digest"] {
        let ended = fails(4, [option, "http://127.0.0.1:1/"]);
        assert!(ended.stderr.contains(option), "{ended:?}");
    }
    fails(4, ["-x", "socks5://127.0.0.1:1", "http://127.0.0.1:1/"]);
}

#[test]
fn names_and_connections() {
    fails(5, ["-x", "http://no-such-host.invalid:3128", "http://127.0.0.1/"]);
    fails(6, ["http://no-such-host.invalid/"]);
    fails(7, [&closed_port()]);
    fails(7, ["-x", &closed_port(), "http://127.0.0.1/"]);
}

#[test]
fn servers_that_do_not_answer_as_they_should() {
    let garbage = Peer::start(|_| b"SSH-2.0-OpenSSH_9.2\r\n".to_vec());
    fails(8, [&garbage.url()]);
    let mute = Peer::start(|_| Vec::new());
    fails(52, [&mute.url()]);
    let short = Peer::start(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort".to_vec());
    let ended = fails(18, [&short.url()]);
    assert_eq!(ended.stdout, "short");
    let (_listener, url) = Peer::silent();
    let ended = fails(28, ["-m", "0.3", &url]);
    assert!(ended.stderr.contains("0.3 s"), "{ended:?}");
}

#[test]
fn tls() {
    let mock = MockProxy::new().start().unwrap();
    let other = MockProxy::new().start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca.pem");
    std::fs::write(&ca, other.ca_pem()).unwrap();
    let ca = ca.to_str().unwrap();
    let secure = format!("https://{}/", mock.secure_origin_address());
    fails(60, ["--cacert", ca, &secure]);
    fails(35, ["--cacert", ca, &format!("https://{}/", mock.origin_address())]);
    let ended = gatepass(["fetch", "-k", &secure]).run();
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[test]
fn output_that_cannot_be_written() {
    let page = Peer::start(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_vec());
    fails(23, ["-o", "/", &page.url()]);
    fails(23, ["-o", "/no/such/directory/file", &page.url()]);
    fails(23, ["-O", &page.url()]);
}

#[test]
fn statuses_with_and_without_f() {
    let page = Peer::start(|_| b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone".to_vec());
    let ended = gatepass(["fetch", &page.url()]).run();
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (0, "gone", ""));
    assert_eq!(fails(22, ["-f", &page.url()]).stdout, "");
    assert_eq!(fails(22, ["--fail-with-body", &page.url()]).stdout, "gone");
    let ended = gatepass(["fetch", "-sf", &page.url()]).run();
    assert_eq!((ended.code, ended.stderr.as_str()), (22, ""));
    let ended = gatepass(["fetch", "-sSf", &page.url()]).run();
    assert!(ended.code == 22 && ended.stderr.contains("404"), "{ended:?}");
}

#[test]
fn redirects_without_end() {
    let again = Peer::start(|_| {
        b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
    });
    fails(47, ["-L", "--max-redirs", "3", &again.url()]);
    assert_eq!(again.heads().len(), 4);
    fails(47, ["-L", "--max-redirs", "0", &again.url()]);
    let ended = gatepass(["fetch", "-w", "%{http_code} %{redirect_url}", &again.url()]).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, format!("302 {}/again", again.url()).as_str()));
}

#[test]
fn a_peer_that_breaks_the_handshake() {
    let broken = Peer::start(|head| {
        let offer = if head.contains("Authorization: NTLM") { "NTLM TlRMTVNTUAACAAAA" } else { "NTLM" };
        format!("HTTP/1.1 407 Proxy\r\nProxy-Authenticate: {offer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .into_bytes()
    });
    let ended = fails(94, ["-x", &broken.url(), "-U", "CORP\\alice:pw", "http://origin.test/"]);
    assert!(ended.stderr.contains("proxy"), "{ended:?}");
}

/// Windows always has somebody who is logged in.
#[cfg(not(windows))]
#[test]
fn a_proxy_that_wants_a_login_where_there_is_none() {
    let mock = MockProxy::new().account("CORP", "alice", "pw").start().unwrap();
    for url in ["http://origin.test/", "https://origin.test/"] {
        for login in [&[][..], &["-U", ":"]] {
            let ended = gatepass(["fetch", "-sS", "-x", &mock.url(), url]).args(login).run();
            assert_eq!(ended.code, 94, "{ended:?}");
            assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
            let words = format!(
                "wants a login, and there is none: no name and password are known for {}",
                mock.url()
            );
            assert!(ended.stderr.contains(&words), "{ended:?}");
            let ended = gatepass(["fetch", "-sS", "-k", "-v", "-x", &mock.url(), url])
                .args(login)
                .env("GATEPASS_USER", "CORP\\alice")
                .env("GATEPASS_PASSWORD", "pw")
                .run();
            assert_eq!(ended.code, 0, "{ended:?}");
            assert!(ended.stderr.contains("* login for http://127.0.0.1"), "{ended:?}");
        }
    }
    let transcript = mock.finish();
    assert_eq!(transcript.authenticates().count(), 4, "{transcript}");
}

#[test]
fn a_tunnel_that_is_refused() {
    let mock = MockProxy::new().account("CORP", "alice", "pw").start().unwrap();
    let ended = fails(56, ["-x", &mock.url(), "-U", "CORP\\alice:wrong", "https://origin.test/"]);
    assert!(ended.stderr.contains("refused the login of CORP\\alice"), "{ended:?}");
    let elsewhere = fails(56, ["-x", &mock.url(), "-U", "CORP\\alice:pw", "https://elsewhere.test/"]);
    assert!(elsewhere.stderr.contains("403"), "{elsewhere:?}");
}

#[test]
fn a_reader_that_goes_away_ends_the_program_without_a_word() {
    let mock = MockProxy::new().start().unwrap();
    let url = format!("http://{}/bytes/100000000", mock.origin_address());
    for run in [gatepass(["fetch", "-s", "-S", &url]), gatepass(["demo"])] {
        let mut child = run.spawn();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(23), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}
