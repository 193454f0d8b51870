//! What a test says of a transcript.

use crate::peer::{At, Peer, alice};
use gatepass_mock_proxy::{MockProxy, Transcript};
use std::panic::{AssertUnwindSafe, catch_unwind};

const GET: &str = "GET http://origin.test/status/204 HTTP/1.1";

fn fails(transcript: &Transcript, check: fn(&Transcript)) -> String {
    let caught = catch_unwind(AssertUnwindSafe(|| check(transcript)));
    *caught.unwrap_err().downcast::<String>().unwrap()
}

#[test]
fn an_assertion_that_does_not_hold_prints_the_transcript() {
    let proxy = MockProxy::new().account("CORP", "alice", "pw").start().unwrap();
    assert_eq!(Peer::to(proxy.address()).login(At::Proxy, &alice(), GET, "", b"").status, 204);
    let leaking = "Proxy-Authorization: Basic x\r\n";
    assert_eq!(Peer::to(proxy.origin_address()).ask("GET /status/204 HTTP/1.1", leaking).status, 204);
    let mut peer = Peer::to(proxy.address());
    peer.send("CONNECT origin.test:443 HTTP/1.1\r\nHost: h\r\nAuthorization: Basic x\r\n\r\n");
    assert_eq!(peer.head().status, 407);
    let transcript = proxy.finish();
    transcript.assert_logged_in("corp\\ALICE").assert_attempts(1).assert_connections(2);
    for (check, says) in [
        ((|one| _ = one.assert_logged_in("CORP\\bob")) as fn(&Transcript), "CORP\\bob has not logged in"),
        (|one| _ = one.assert_attempts(0), "1 attempts to log in, not 0"),
        (|one| _ = one.assert_connections(1), "2 connections to the proxy, not 1"),
        (|one| _ = one.assert_no_leak(), "credentials for the proxy went to the origin"),
    ] {
        let said = fails(&transcript, check);
        assert!(said.starts_with(says) && said.contains("granted to CORP\\alice"), "{said}");
    }
}
