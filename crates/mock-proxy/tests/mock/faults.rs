//! What goes wrong on purpose: each kind of fault, as its bytes arrive. A kind that no row here uses fails the suite.

use crate::peer::{At, Peer, alice};
use gatepass_backend::Request;
use gatepass_engine::{Client, Nonces};
use gatepass_mock_proxy::{Error, Fault, Leg, MockProxy, Planned, Running, TokenFault};
use std::collections::BTreeSet;
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

const GET: &str = "GET http://origin.test/ HTTP/1.1";
const BODY: &str = "Who are you? This needs authentication.\n";

/// How what was read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Closed,
    Reset,
    /// Nothing more came for a while.
    Open,
}

/// All that comes, as text, and how it ends; at most 4 MiB, for what never ends.
fn heard(peer: &mut Peer) -> (String, End) {
    peer.stream.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
    let mut all = std::mem::take(&mut peer.read);
    let mut chunk = vec![0; 64 * 1024];
    let end = loop {
        match peer.stream.read(&mut chunk) {
            Ok(0) => break End::Closed,
            Ok(count) if all.len() < 4 << 20 => all.extend_from_slice(&chunk[..count]),
            Ok(_) => break End::Open,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break End::Reset,
            Err(_) => break End::Open,
        }
    };
    (String::from_utf8_lossy(&all).into_owned(), end)
}

fn mock(leg: Leg, fault: Fault) -> Running {
    MockProxy::new().account("CORP", "alice", "pw").fault(leg, 1, fault).start().unwrap()
}

/// A connection that has sent the request of `leg`, whose answer has the fault.
fn at(proxy: &Running, leg: Leg) -> Peer {
    let mut peer = Peer::to(proxy.address());
    let request = |fields: &str| format!("{GET}\r\nHost: h\r\n{fields}\r\n");
    let (waiting, negotiate) = Client::new(alice()).with_request(Request::target("HTTP/mock")).negotiate();
    match leg {
        Leg::Offer => peer.send(request("")),
        Leg::Challenge => peer.send(request(&At::Proxy.line(&negotiate))),
        Leg::Verdict => {
            let challenge = peer.ask(GET, &At::Proxy.line(&negotiate)).challenge();
            let (_, authenticate) = waiting.challenge(&challenge, Nonces::random().unwrap()).unwrap();
            peer.send(request(&At::Proxy.line(&authenticate)));
        }
        Leg::Served => {
            assert_eq!(peer.login(At::Proxy, &alice(), GET, "", b"").status, 200);
            peer.send(request(""));
        }
        Leg::Tunnel => {
            let line = format!("CONNECT {} HTTP/1.1", proxy.origin_address());
            assert_eq!(peer.login(At::Proxy, &alice(), &line, "", b"").status, 200);
            peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        }
        _ => panic!("{leg}"),
    }
    peer
}

/// What a client hears in `leg` with this fault.
fn hears(leg: Leg, fault: Fault) -> (String, End) {
    let proxy = mock(leg, fault);
    let heard = heard(&mut at(&proxy, leg));
    proxy.assert_all_faults_happened();
    heard
}

/// Whether what is heard, and how it ends, is what the fault does.
type Fits = fn(&str, End) -> bool;

/// The faults, and what must be true of what is heard in the leg of the offer.
fn rows() -> Vec<(Fault, Fits)> {
    let text = String::from;
    vec![
        (Fault::Close, |heard, end| heard.is_empty() && end == End::Closed),
        (Fault::Reset, |heard, end| heard.is_empty() && end == End::Reset),
        (Fault::HalfClose, |heard, end| heard.is_empty() && end == End::Closed),
        (Fault::Hang, |heard, end| heard.is_empty() && end == End::Open),
        (Fault::CloseAfter(20), |heard, end| heard == "HTTP/1.1 407 Proxy A" && end == End::Closed),
        (Fault::ResetAfter(9), |heard, end| "HTTP/1.1 ".starts_with(heard) && end == End::Reset),
        (Fault::Delay(0.1), |heard, end| heard.ends_with(BODY) && end == End::Open),
        (Fault::Dribble { bytes: 50, seconds: 0.01 }, |heard, end| heard.ends_with(BODY) && end == End::Open),
        (Fault::Status(599), |heard, _| heard.starts_with("HTTP/1.1 599 Proxy Authentication Required\r\n")),
        (Fault::Http10, |heard, end| {
            heard.starts_with("HTTP/1.0 407 ") && heard.ends_with(BODY) && end == End::Closed
        }),
        (Fault::OddCase, |heard, _| heard.contains("\r\npROXY-aUTHENTICATE: NTLM\r\n")),
        (Fault::Header { name: text("A"), value: text("b") }, |heard, _| heard.contains("\r\nA: b\r\n")),
        (Fault::DuplicateHeader(text("Proxy-Authenticate")), |heard, _| {
            heard.matches("\r\nProxy-Authenticate: NTLM").count() == 2
        }),
        (Fault::FoldedHeader(text("Proxy-Authenticate")), |heard, _| {
            heard.contains("\r\nProxy-Authenticate:\r\n NTLM\r\n")
        }),
        (Fault::WithoutHeader(text("Proxy-Authenticate")), |heard, _| {
            heard.starts_with("HTTP/1.1 407") && !heard.contains("NTLM")
        }),
        (Fault::Informational(3), |heard, _| {
            heard.starts_with(&format!("{}HTTP/1.1 407", "HTTP/1.1 100 Continue\r\n\r\n".repeat(3)))
        }),
        (Fault::LongHead(200_000), |heard, _| heard.contains(&"x".repeat(200_000)) && heard.ends_with(BODY)),
        (Fault::ManyHeaders(500), |heard, _| heard.contains("\r\nX-Filler-499: x\r\n")),
        (Fault::NoLength, |heard, end| {
            !heard.contains("Content-Length") && heard.ends_with(BODY) && end == End::Closed
        }),
        (Fault::ContentLength(5), |heard, end| {
            heard.contains("Content-Length: 5\r\n") && heard.ends_with(BODY) && end == End::Open
        }),
        (Fault::Chunked, |heard, _| {
            heard.contains("Transfer-Encoding: chunked")
                && heard.ends_with(&format!("28\r\n{BODY}\r\n0\r\n\r\n"))
        }),
        (Fault::HugeBody(3_000_000), |heard, _| {
            heard.contains("Content-Length: 3000000\r\n") && heard.len() > 3_000_000
        }),
        (Fault::EndlessBody, |heard, _| heard.contains("chunked") && heard.len() >= 4 << 20),
        (Fault::Trailing(text("garbage")), |heard, end| {
            heard.ends_with(&format!("{BODY}garbage")) && end == End::Open
        }),
        (Fault::CloseBehind, |heard, end| {
            heard.contains("Connection: keep-alive\r\n") && heard.ends_with(BODY) && end == End::Closed
        }),
    ]
}

#[test]
fn each_fault_of_a_response_is_heard_and_the_same_in_each_leg() {
    let works = |fault: Fault, fits: Fits| {
        let (heard, end) = hears(Leg::Offer, fault.clone());
        assert!(fits(&heard, end), "{fault}: {end:?} {}", heard.chars().take(500).collect::<String>());
        // In another leg the same thing happens to another response.
        let (other, other_end) = hears(Leg::Served, fault.clone());
        assert_eq!(end, other_end, "{fault}: {}", other.chars().take(500).collect::<String>());
        assert_eq!(heard.is_empty(), other.is_empty(), "{fault}");
    };
    std::thread::scope(|scope| {
        for (fault, fits) in rows() {
            scope.spawn(move || works(fault, fits));
        }
    });
}

#[test]
fn each_fault_of_a_tunnel_is_heard() {
    let text = String::from;
    let rows: [(Fault, Fits); 11] = [
        (Fault::Close, |heard, end| heard.is_empty() && end == End::Closed),
        (Fault::Reset, |heard, end| heard.is_empty() && end == End::Reset),
        (Fault::HalfClose, |heard, end| heard.is_empty() && end == End::Closed),
        (Fault::Hang, |heard, end| heard.is_empty() && end == End::Open),
        (Fault::CloseAfter(8), |heard, end| heard == "HTTP/1.1" && end == End::Closed),
        (Fault::ResetAfter(8), |heard, end| "HTTP/1.1".starts_with(heard) && end == End::Reset),
        (Fault::Delay(0.1), |heard, end| heard.starts_with("HTTP/1.1 200") && end == End::Open),
        (Fault::Dribble { bytes: 50, seconds: 0.01 }, |heard, _| heard.ends_with("mock proxy.\n")),
        (Fault::First(text("220 ready ")), |heard, end| {
            heard.starts_with("220 ready HTTP/1.1 200")
                && heard.ends_with("mock proxy.\n")
                && end == End::Open
        }),
        (Fault::TlsAlert, |heard, end| heard == "\u{15}\u{3}\u{3}\0\u{2}\u{2}(" && end == End::Closed),
        (Fault::Instead(text("no TLS here")), |heard, end| heard == "no TLS here" && end == End::Closed),
    ];
    for (fault, fits) in rows {
        let (heard, end) = hears(Leg::Tunnel, fault.clone());
        assert!(fits(&heard, end), "{fault}: {end:?} {heard}");
    }
}

#[test]
fn each_fault_of_a_token_is_heard() {
    let proxy = MockProxy::new().start().unwrap();
    let (whole, _) = heard(&mut at(&proxy, Leg::Challenge));
    let value = |heard: &str| {
        let line = heard.lines().find_map(|line| line.strip_prefix("Proxy-Authenticate: ")).unwrap();
        line.to_owned()
    };
    let token = |heard: &str| {
        use base64::Engine as _;
        base64::prelude::BASE64_STANDARD.decode(value(heard).strip_prefix("NTLM ").unwrap()).unwrap()
    };
    let length = token(&whole).len();
    let mut names = BTreeSet::new();
    for fault in [
        TokenFault::Empty,
        TokenFault::NotBase64,
        TokenFault::Truncated(20),
        TokenFault::Flipped(24),
        TokenFault::Negotiate,
        TokenFault::Authenticate,
        TokenFault::Padded(1000),
        TokenFault::NoTargetInfo,
        TokenFault::WithoutFlags(0x0008_0000),
        TokenFault::WithFlags(0x0000_0080),
        TokenFault::Named,
    ] {
        names.insert(fault.name());
        let (heard, _) = hears(Leg::Challenge, Fault::Token(fault.clone()));
        let fits = match &fault {
            TokenFault::Empty => value(&heard) == "NTLM",
            TokenFault::NotBase64 => value(&heard).starts_with("NTLM TlRMTVNTU*"),
            TokenFault::Truncated(_) => token(&heard).len() == 20,
            TokenFault::Flipped(_) => token(&heard).len() == length,
            TokenFault::Negotiate => token(&heard)[8] == 1,
            TokenFault::Authenticate => token(&heard)[8] == 3,
            TokenFault::Padded(_) => token(&heard).len() == length + 1000,
            TokenFault::NoTargetInfo => token(&heard)[40..44] == [0; 4] && token(&heard)[22] & 0x80 == 0,
            TokenFault::WithoutFlags(_) => token(&heard)[22] & 8 == 0,
            TokenFault::WithFlags(_) => token(&heard)[20] & 0x80 != 0,
            TokenFault::Named => value(&heard).starts_with("NTLM token=TlRM"),
            other => panic!("{other:?}"),
        };
        assert!(fits, "{fault:?}: {heard}");
    }
    assert_eq!(names, BTreeSet::from_iter(TokenFault::NAMES.iter().copied()));
}

#[test]
fn a_refusal_and_an_origin_out_of_reach_stand_in_the_place_of_what_would_have_been_answered() {
    let (heard, _) = hears(Leg::Challenge, Fault::Refuse);
    assert!(heard.starts_with("HTTP/1.1 407") && heard.contains("Proxy-Authenticate: NTLM\r\n"), "{heard}");
    let proxy = mock(Leg::Verdict, Fault::Refuse);
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.login(At::Proxy, &alice(), GET, "", b"").status, 407);
    // The verdict itself was another one.
    assert_eq!(peer.ask(GET, "").status, 200);
    let transcript = proxy.finish();
    let shown = transcript.to_string();
    assert!(shown.contains("granted to CORP\\alice") && shown.contains("    ! refuse\n"), "{shown}");
    let (heard, _) = hears(Leg::Served, Fault::Unreachable);
    assert!(heard.starts_with("HTTP/1.1 502"), "{heard}");
}

#[test]
fn a_kind_of_fault_that_no_row_uses_fails_here() {
    let mut used: BTreeSet<_> = rows().iter().map(|(fault, _)| fault.name()).collect();
    used.extend(["token", "refuse", "unreachable", "instead", "first", "tls-alert"]);
    // These have tests of their own, in out_of_turn.rs.
    used.extend(["challenge", "grant", "strip-mic", "shared-upstream", "certificate"]);
    let known: BTreeSet<_> = Fault::KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(used, known);
}

#[test]
fn a_delay_is_waited_for_and_a_dribble_takes_its_time() {
    for fault in [Fault::Delay(0.3), Fault::Dribble { bytes: 20, seconds: 0.02 }] {
        let proxy = mock(Leg::Offer, fault);
        let start = Instant::now();
        assert_eq!(Peer::to(proxy.address()).ask(GET, "").status, 407);
        assert!(start.elapsed() >= Duration::from_millis(200));
    }
}

#[test]
fn f46_a_fault_that_was_not_reached_is_named_and_one_that_cannot_be_is_refused() {
    let proxy = mock(Leg::Verdict, Fault::Close);
    let (_, end) = heard(&mut at(&proxy, Leg::Challenge));
    assert_eq!(end, End::Open);
    let unreached = proxy.unreached_faults();
    assert_eq!(unreached, [Planned { leg: Leg::Verdict, nth: Some(1), fault: Fault::Close }]);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| proxy.assert_all_faults_happened()));
    let said = *panic.unwrap_err().downcast::<String>().unwrap();
    assert!(said.starts_with("never reached: close in verdict number 1\n"), "{said}");
    let error = MockProxy::new().fault(Leg::Tunnel, 1, Fault::Chunked).start().unwrap_err();
    assert!(matches!(error, Error::Fault(_)) && error.to_string().contains("chunked in tunnel"), "{error}");
    assert!(proxy.set_faults(vec![Planned { leg: Leg::Tunnel, nth: None, fault: Fault::Chunked }]).is_err());
    // The origin passes nothing on, and has no tunnels.
    for (leg, fault) in [
        (Leg::Served, Fault::Unreachable),
        (Leg::Verdict, Fault::SharedUpstream),
        (Leg::Tunnel, Fault::Close),
    ] {
        assert!(matches!(MockProxy::new().origin_fault(leg, 1, fault).start(), Err(Error::Fault(_))));
    }
}

#[test]
fn faults_can_be_changed_while_it_works() {
    let proxy = MockProxy::new().start().unwrap();
    assert_eq!(Peer::to(proxy.address()).ask(GET, "").status, 407);
    proxy.set_faults(vec![Planned { leg: Leg::Offer, nth: None, fault: Fault::Status(418) }]).unwrap();
    assert_eq!(Peer::to(proxy.address()).ask(GET, "").status, 418);
    proxy.set_faults(Vec::new()).unwrap();
    assert_eq!(Peer::to(proxy.address()).ask(GET, "").status, 407);
}
