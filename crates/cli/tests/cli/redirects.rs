//! `gatepass fetch -L`: where a redirect leads, and what of the request goes along.

use crate::peer::Peer;
use crate::support::gatepass;
use std::fs;

#[test]
fn redirects_are_followed_where_asked() {
    let page = Peer::start(|head| {
        let answer = match head.split(' ').nth(1) {
            Some("/from") => "HTTP/1.1 302 Found\r\nLocation: /to?x\r\n",
            Some("/to?x") => "HTTP/1.1 200 OK\r\nX-There: yes\r\n",
            _ => "HTTP/1.1 404 Not Found\r\n",
        };
        format!("{answer}Content-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
    });
    let url = format!("{}/from", page.url());
    let format = "%{http_code} %{num_redirects} %{url_effective}";
    let ended = gatepass(["fetch", "-sSL", "-w", format, "-d", "body", &url]).run();
    assert_eq!(ended.stdout, format!("200 1 {}/to?x", page.url()), "{ended:?}");
    let heads = page.heads();
    assert!(heads[0].starts_with("POST /from") || heads[0].starts_with("HEAD /from"), "{heads:?}");
    assert!(heads.last().unwrap().starts_with("GET /to?x"), "{heads:?}");
    let ended = gatepass(["fetch", "-sS", "-w", format, &url]).run();
    assert_eq!(ended.stdout, format!("302 0 {url}"), "{ended:?}");
}

#[test]
fn a_redirect_treats_method_and_body_as_curl_does() {
    let page = Peer::start(|head| {
        let answer = match head.split(['/', ' ']).nth(2).and_then(|status| status.parse::<u16>().ok()) {
            Some(status) => format!("HTTP/1.1 {status} Elsewhere\r\nLocation: /there\r\n"),
            None => String::from("HTTP/1.1 200 OK\r\n"),
        };
        format!("{answer}Content-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
    });
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "a=1").unwrap();
    // Seen of curl 7.88.
    for (status, arguments, method, body) in [
        (302, &["-d", "a=1"][..], "GET", ""),
        (302, &["-X", "POST", "-d", "a=1"], "POST", ""),
        (303, &["-X", "PUT", "-d", "a=1"], "PUT", ""),
        (303, &["-T", "file"], "GET", ""),
        (301, &["-T", "file"], "PUT", "a=1"),
        (307, &["-d", "a=1"], "POST", "a=1"),
        (308, &["-X", "PATCH", "-d", "a=1"], "PATCH", "a=1"),
        (307, &["-T", "file"], "PUT", "a=1"),
        (302, &["-X", "DELETE"], "DELETE", ""),
    ] {
        let url = format!("{}/{status}", page.url());
        let run = gatepass(["fetch", "-sSL"]).in_directory(directory.path());
        let ended = run.args(arguments).args([&url]).run();
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{status} {arguments:?}");
        let last = page.heads().pop().unwrap();
        let (head, sent) = last.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("{method} /there ")), "{status} {arguments:?} {head}");
        assert_eq!(sent, body, "{status} {arguments:?} {head}");
    }
}
