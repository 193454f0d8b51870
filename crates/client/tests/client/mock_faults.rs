//! The client through each fault that the mock proxy knows, in each leg: it survives, or fails with one typed error in bounded time,
//! and no password is tried twice.
//!
//! The faults are the examples of the mock's own list, so that a kind that it learns has no row here until somebody has
//! thought about what must be seen. Where the network decides whether the fault or the next message comes first, both ends
//! are good ones.

use crate::support::get;
use gatepass::Credentials;
use gatepass_client::{Client, ErrorKind, Phase, Proxy, Side, Timeouts, Tls};
use gatepass_mock_proxy::{BadCertificate, Fault, Leg, MockProxy, Script, TokenFault};
use std::time::Duration;
use tokio::{task::JoinSet, time::timeout};

/// No row takes longer.
const BOUND: Duration = Duration::from_secs(30);

/// What is seen of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// A response with this status, read to its end.
    Status(u16),
    /// An error of this kind.
    Error(ErrorKind),
}

const OK: Seen = Seen::Status(200);
const REFUSED: Seen = Seen::Status(407);
const LIMIT: Seen = Seen::Error(ErrorKind::Limit(Side::Proxy));
const PROTOCOL: Seen = Seen::Error(ErrorKind::Protocol(Side::Proxy));
const HANDSHAKE: Seen = Seen::Error(ErrorKind::Handshake(Side::Proxy));
const TLS: Seen = Seen::Error(ErrorKind::Tls(Side::Origin));
const CUT: Seen = Seen::Error(ErrorKind::Download);

/// What may be seen with a fault of this kind in this leg. `None`: nobody has thought about it.
fn wanted(kind: &str, leg: Leg) -> Option<&'static [Seen]> {
    Some(match (kind, leg) {
        // What is no more than unusual.
        (
            "delay" | "dribble" | "odd-case" | "duplicate-header" | "folded-header" | "informational"
            | "chunked",
            _,
        )
        | ("shared-upstream" | "grant", _) => &[OK],
        // The login begins anew on another connection, once, unless AUTHENTICATE was sent.
        ("close" | "reset" | "half-close", Leg::Offer | Leg::Challenge | Leg::Served) => &[OK],
        ("close" | "reset" | "half-close", Leg::Verdict) => &[HANDSHAKE],
        // A connection that ends with the response, said or unsaid, is no place for the next leg.
        ("close-behind" | "http10" | "no-length" | "header", Leg::Challenge) => &[HANDSHAKE],
        ("close-behind" | "http10" | "no-length" | "header", _) => &[OK],
        // Bytes that belong to no response: the connection is given up.
        ("content-length" | "trailing", Leg::Challenge) => &[HANDSHAKE, OK],
        ("content-length" | "trailing", _) => &[OK],
        // A head that is cut. Of a reset the bytes before may be lost, and then it is a plain reset.
        ("close-after", Leg::Offer | Leg::Challenge | Leg::Verdict | Leg::Served) => &[PROTOCOL],
        ("reset-after", Leg::Offer | Leg::Challenge | Leg::Served) => &[PROTOCOL, OK],
        ("reset-after", Leg::Verdict) => &[PROTOCOL, HANDSHAKE],
        // More than is read.
        ("long-head" | "many-headers", _) => &[LIMIT],
        ("huge-body" | "endless-body", Leg::Offer) => &[OK],
        ("huge-body" | "endless-body", Leg::Challenge) => &[HANDSHAKE],
        ("huge-body" | "endless-body", _) => &[LIMIT],
        // Silence.
        ("hang", Leg::Tunnel) => &[Seen::Error(ErrorKind::Timeout(Phase::Connect))],
        ("hang", _) => {
            &[Seen::Error(ErrorKind::Timeout(Phase::Handshake)), Seen::Error(ErrorKind::Timeout(Phase::Idle))]
        }
        // A response that ends the matter.
        ("status", _) => &[Seen::Status(403)],
        ("unreachable", _) => &[Seen::Status(502)],
        ("without-header", Leg::Offer | Leg::Challenge) | ("strip-mic", _) => &[REFUSED],
        ("without-header", _) => &[OK],
        // The dance out of step. On a connection that had a login before, one new login is in order (F19).
        ("token" | "refuse", Leg::Challenge) | ("challenge", Leg::Verdict) => &[HANDSHAKE],
        ("token", Leg::Verdict | Leg::Served) | ("refuse" | "challenge", Leg::Served) => &[OK],
        ("refuse", Leg::Verdict) => &[REFUSED],
        ("challenge", Leg::Offer) => &[OK],
        ("close" | "reset" | "half-close" | "close-after" | "reset-after", Leg::Tunnel) => &[TLS],
        ("certificate" | "tls-alert" | "first" | "instead", Leg::Tunnel) => &[TLS],
        _ => return None,
    })
}

/// The same, where the example of the list says too little, or takes too long.
fn further() -> Vec<(Leg, Vec<Fault>, &'static [Seen])> {
    let token = |fault| vec![Fault::Token(fault)];
    let mut rows: Vec<(Leg, Vec<Fault>, &'static [Seen])> = vec![
        (Leg::Offer, vec![Fault::Informational(50)], &[LIMIT]),
        (Leg::Challenge, vec![Fault::Informational(50)], &[LIMIT]),
        (Leg::Verdict, vec![Fault::Informational(50)], &[LIMIT]),
        (Leg::Challenge, vec![Fault::LongHead(129 << 10)], &[LIMIT]),
        (
            Leg::Challenge,
            vec![Fault::Dribble { bytes: 1, seconds: 0.05 }],
            &[Seen::Error(ErrorKind::Timeout(Phase::Handshake))],
        ),
        (Leg::Verdict, vec![Fault::HugeBody(100_000), Fault::Chunked, Fault::CloseAfter(50_000)], &[CUT]),
        (
            Leg::Verdict,
            vec![Fault::HugeBody(100_000), Fault::Chunked, Fault::ResetAfter(50_000)],
            &[CUT, PROTOCOL, HANDSHAKE],
        ),
        (Leg::Verdict, vec![Fault::ContentLength(5_000), Fault::CloseBehind], &[CUT]),
        (Leg::Offer, vec![Fault::ContentLength(5_000), Fault::CloseBehind], &[OK]),
        (Leg::Challenge, vec![Fault::ContentLength(5_000)], &[HANDSHAKE]),
        // The MIC covers the challenge that was sent: what a middle changes in it is found out by the server.
        (Leg::Challenge, token(TokenFault::Padded(1_000)), &[REFUSED]),
        (Leg::Challenge, token(TokenFault::NoTargetInfo), &[REFUSED]),
        (Leg::Challenge, token(TokenFault::Padded(1 << 20)), &[LIMIT]),
    ];
    for fault in [
        TokenFault::Empty,
        TokenFault::NotBase64,
        TokenFault::Truncated(20),
        TokenFault::Flipped(8),
        TokenFault::Negotiate,
        TokenFault::Authenticate,
        TokenFault::WithoutFlags(1),
        TokenFault::WithFlags(0x4000),
        TokenFault::Named,
    ] {
        rows.push((Leg::Challenge, token(fault), &[HANDSHAKE]));
    }
    for bad in [BadCertificate::SelfSigned, BadCertificate::WrongName] {
        rows.push((Leg::Tunnel, vec![Fault::Certificate(bad)], &[TLS]));
    }
    rows
}

/// All rows: the examples of the list, and the others.
fn rows() -> Vec<(Leg, Vec<Fault>, &'static [Seen])> {
    let mut rows = further();
    for kind in Fault::KINDS {
        for leg in kind.legs {
            let text = format!("[[fault]]\nleg = \"{leg}\"\nfault = {}\n", kind.example);
            let fault = match Script::parse(&text).unwrap().faults.remove(0).fault {
                // The example's pieces are of one byte, which takes its time.
                Fault::Dribble { seconds, .. } => Fault::Dribble { bytes: 100, seconds },
                Fault::Delay(_) => Fault::Delay(0.2),
                other => other,
            };
            let wanted =
                wanted(kind.name, *leg).unwrap_or_else(|| panic!("no row for {} in {leg}", kind.name));
            rows.push((*leg, vec![fault], wanted));
        }
    }
    rows
}

fn client(mock: &gatepass_mock_proxy::Running) -> Client {
    let span = Duration::from_secs(6);
    let timeouts =
        Timeouts::default().with_connect(span).with_head(span).with_handshake(span).with_idle(span);
    let alice = Credentials::password("CORP\\alice", "pw");
    Client::new()
        .with_proxy(Proxy::parse(&mock.url()).unwrap().with_credentials(alice))
        .with_tls(Tls::roots(mock.ca_pem().as_bytes()).unwrap())
        .with_timeouts(timeouts)
}

/// Plays a row: the faults are in the first response of the leg.
async fn play(leg: Leg, faults: Vec<Fault>, wanted: &[Seen]) {
    let plain = MockProxy::new().account("CORP", "alice", "pw");
    let mock = faults.iter().fold(plain, |mock, fault| mock.fault(leg, 1, fault.clone())).start().unwrap();
    let client = client(&mock);
    let url = if leg == Leg::Tunnel { mock.secure_origin_url() } else { mock.origin_url() };
    let fetch = async || {
        let (parts, body) = client.send(get(&url)).await?.into_parts();
        body.read_to_end(1 << 20).await?;
        Ok::<_, gatepass_client::Error>(parts.status.as_u16())
    };
    if leg == Leg::Served {
        assert_eq!(fetch().await.unwrap(), 200);
    }
    let seen =
        timeout(BOUND, fetch()).await.unwrap_or_else(|_| panic!("{faults:?} in {leg}: no answer in time"));
    mock.assert_all_faults_happened();
    let attempts = mock.transcript().authenticates().count();
    let (seen, text) = match seen {
        Ok(status) => (Seen::Status(status), String::new()),
        Err(error) => (Seen::Error(error.kind()), error.to_string()),
    };
    let told = || format!("{faults:?} in {leg}: {seen:?} {text}\n{}", mock.transcript());
    assert!(wanted.contains(&seen), "{}", told());
    // Nothing is secret in what is said, and there is something said.
    assert_eq!(matches!(seen, Seen::Error(_)), !text.is_empty(), "{}", told());
    // One attempt; a second one only where the first had been good and the connection with it is gone.
    assert!(attempts <= if leg == Leg::Served { 2 } else { 1 }, "{attempts} attempts: {}", told());
    if leg != Leg::Served && leg != Leg::Tunnel {
        // Whatever it was, it is over: the next request gets through.
        let next = timeout(BOUND, fetch()).await.unwrap_or_else(|_| panic!("the next hangs: {}", told()));
        assert_eq!(next.unwrap(), 200, "{}", told());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_in_each_leg_is_survived_or_one_error_and_no_second_attempt() {
    let mut playing = JoinSet::new();
    for (leg, faults, wanted) in rows() {
        playing.spawn(play(leg, faults, wanted));
    }
    let mut count = 0;
    while let Some(row) = playing.join_next().await {
        row.unwrap();
        count += 1;
    }
    assert_eq!(count, rows().len());
}

#[tokio::test]
async fn f24_f28_a_server_that_speaks_first_is_heard_first_and_whole() {
    let greeting = "220 ready\r\n".to_owned();
    let mock = MockProxy::new()
        .account("CORP", "alice", "pw")
        .fault(Leg::Tunnel, 1, Fault::First(greeting.clone()))
        .start()
        .unwrap();
    let mut tunnel = client(&mock).tunnel("origin.test", 80).await.unwrap();
    let mut heard = vec![0; greeting.len()];
    tokio::io::AsyncReadExt::read_exact(&mut tunnel, &mut heard).await.unwrap();
    assert_eq!(heard, greeting.as_bytes());
    mock.assert_all_faults_happened();
}
