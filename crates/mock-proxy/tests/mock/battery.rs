//! The battery's judgement on clients that do one thing wrong each.

use crate::peer::{At, Peer};
use gatepass_backend::Credentials;
use gatepass_mock_proxy::Running;
use gatepass_mock_proxy::battery::{Case, Finish, Verdict, cases};

fn case(name: &str) -> Case {
    cases().into_iter().find(|case| case.name() == name).unwrap_or_else(|| panic!("no case {name}"))
}

/// What the battery says of a client that does `act` in the case `name` and ends like `finish`.
fn judged(name: &str, finish: &Finish, act: impl FnOnce(&Running)) -> (Verdict, String) {
    let case = case(name);
    let running = case.start().unwrap();
    act(&running);
    let finding = case.judge(&running, finish);
    (finding.verdict, finding.why)
}

fn get(running: &Running, fields: &str) -> u16 {
    let mut peer = Peer::to(running.address());
    peer.ask("GET http://origin.test/ HTTP/1.1", fields).status
}

/// A whole handshake, and the page.
fn get_page(running: &Running) {
    let mut peer = Peer::to(running.address());
    let alice = Credentials::password("CORP\\alice", "Passw0rd!");
    let page = peer.login(At::Proxy, &alice, "GET http://origin.test/ HTTP/1.1", "", b"");
    assert_eq!(page.status, 200);
}

#[test]
fn a_client_that_gets_its_page_and_says_so_passes() {
    let (verdict, why) = judged("get", &Finish::exited(0, ""), get_page);
    assert_eq!(
        (verdict, why.as_str()),
        (Verdict::Pass, "it has the page (2 requests, 1 connection, 1 AUTHENTICATE)")
    );
}

#[test]
fn a_client_that_does_not_say_how_it_ended_fails() {
    for (finish, said) in [
        (Finish::exited(3, "gone\n\n"), "exit code 3 (2 requests, 1 connection, 1 AUTHENTICATE): gone"),
        (Finish::crashed(""), "a signal ended it"),
        (Finish::timed_out(""), "it was still running when its time was over"),
    ] {
        assert_eq!(judged("get", &finish, get_page), (Verdict::Fail, said.to_owned()));
    }
    let (verdict, why) = judged("get", &Finish::exited(0, ""), |running| assert_eq!(get(running, ""), 407));
    assert_eq!(verdict, Verdict::Fail);
    assert!(why.starts_with("exit code 0, though the origin never answered"), "{why}");
    let (verdict, why) = judged("get", &Finish::exited(1, "no route"), |_| ());
    assert_eq!(
        (verdict, why.as_str()),
        (Verdict::Fail, "no request came to the proxy, exit code 1: no route")
    );
}

#[test]
fn a_client_that_shows_the_password_fails_wherever_it_does() {
    let basic = "Proxy-Authorization: Basic Q09SUFxhbGljZTpQYXNzdzByZCE=\r\n";
    let (verdict, why) =
        judged("get", &Finish::exited(22, ""), |running| assert_eq!(get(running, basic), 407));
    assert!(verdict == Verdict::Fail && why.contains("(Basic)"), "{why}");
    let (verdict, why) = judged("get", &Finish::exited(0, "logging in with Passw0rd!"), get_page);
    assert_eq!((verdict, why.as_str()), (Verdict::Fail, "it printed the password"));
}

#[test]
fn a_client_that_tries_twice_fails() {
    let (verdict, why) = judged("get", &Finish::exited(0, ""), |running| {
        get_page(running);
        get_page(running);
    });
    assert_eq!(
        (verdict, why.as_str()),
        (Verdict::Fail, "2 AUTHENTICATE messages reached the proxy, and 1 may")
    );
}

#[test]
fn a_client_that_answers_a_challenge_on_another_connection_fails() {
    let (verdict, why) = judged("get", &Finish::exited(1, ""), |running| {
        let authenticate = At::Proxy.line(b"NTLMSSP\0\x03\0\0\0");
        get(running, &authenticate);
    });
    assert_eq!(verdict, Verdict::Fail);
    assert!(why.contains("no CHALLENGE"), "{why}");
}

#[test]
fn a_client_that_shows_the_login_to_the_origin_fails() {
    for (field, said) in [
        ("Proxy-Authorization: NTLM TlRMTVNTUAABAAAA\r\n", "the origin saw Proxy-Authorization, in GET /"),
        (
            "Authorization: NTLM TlRMTVNTUAABAAAA\r\n",
            "the origin got a login (Authorization) that was for the proxy",
        ),
    ] {
        let (verdict, why) = judged("connect", &Finish::exited(0, ""), |running| {
            get_page(running);
            let mut origin = Peer::to(running.origin_address());
            assert_eq!(origin.ask("GET / HTTP/1.1", field).status, 200);
        });
        assert_eq!((verdict, why.as_str()), (Verdict::Fail, said));
    }
}

#[test]
fn a_client_that_never_gets_to_the_fault_is_not_judged_by_it() {
    let (verdict, why) =
        judged("challenge-close", &Finish::exited(1, ""), |running| assert_eq!(get(running, ""), 407));
    assert_eq!(
        (verdict, why.as_str()),
        (Verdict::NotApplicable, "it never got to: close in challenge number 1")
    );
}
