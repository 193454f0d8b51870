//! Many at once: proxies in one process, handshakes at one proxy. A program of its own, so that no other test waits for these.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gatepass_backend::{Credentials, Request};
use gatepass_engine::{Client, Nonces};
use gatepass_mock_proxy::MockProxy;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

const GET: &str = "GET http://origin.test/status/204 HTTP/1.1";
/// No login takes longer, however many there are.
const BOUND: Duration = Duration::from_secs(60);

/// Many descriptors are open here at a time: as many as the system lets this process have.
fn open_many() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        setrlimit(Resource::Nofile, limit).unwrap();
    }
}

/// The status and the token of an answer without a body of interest.
async fn ask(stream: &mut TcpStream, token: &[u8]) -> (u16, Vec<u8>) {
    let value = BASE64_STANDARD.encode(token);
    let request = format!("{GET}\r\nHost: h\r\nProxy-Authorization: NTLM {value}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    let (head, body) = loop {
        assert_ne!(stream.read_buf(&mut heard).await.unwrap(), 0, "cut");
        if let Some(end) = heard.windows(4).position(|four| four == b"\r\n\r\n") {
            break (String::from_utf8(heard[..end].to_vec()).unwrap(), heard.len() - end - 4);
        }
    };
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
    let length = field("Content-Length: ").map_or(0, |length| length.parse::<usize>().unwrap());
    stream.read_exact(&mut vec![0; length - body]).await.unwrap();
    let token = field("Proxy-Authenticate: NTLM ").map(|text| BASE64_STANDARD.decode(text).unwrap());
    (head[9..12].parse().unwrap(), token.unwrap_or_default())
}

/// Logs in on a connection of its own, which stays open.
async fn log_in(proxy: SocketAddr, credentials: Credentials) -> (u16, TcpStream) {
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    let request = Request::target("HTTP/mock");
    let (waiting, negotiate) = Client::new(credentials).with_request(request).negotiate();
    let (status, challenge) = ask(&mut stream, &negotiate).await;
    assert_eq!(status, 407);
    let (_, authenticate) = waiting.challenge(&challenge, Nonces::random().unwrap()).unwrap();
    (ask(&mut stream, &authenticate).await.0, stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_proxies_in_one_process_know_their_own_account_alone() {
    open_many();
    let proxies: Vec<_> = (0..200)
        .map(|number| MockProxy::new().account("CORP", "alice", format!("pw{number}")).start().unwrap())
        .collect();
    let mut logins = JoinSet::new();
    for (number, proxy) in proxies.iter().enumerate() {
        let address = proxy.address();
        logins.spawn(timeout(BOUND, async move {
            let with = |password| log_in(address, Credentials::password("CORP\\alice", password));
            let (right, _right) = with(format!("pw{number}")).await;
            let (wrong, _wrong) = with(format!("pw{}", number + 1)).await;
            (right, wrong)
        }));
    }
    while let Some(login) = logins.join_next().await {
        assert_eq!(login.unwrap().unwrap(), (204, 407));
    }
    for proxy in proxies {
        proxy.finish().assert_attempts(2).assert_connections(2).assert_logged_in("CORP\\alice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_handshakes_at_once_end_without_an_error() {
    open_many();
    let proxy = MockProxy::new().account("CORP", "alice", "pw").start().unwrap();
    let mut logins = JoinSet::new();
    for _ in 0..2_000 {
        let address = proxy.address();
        // The connection ends with its login: the mock serves a bounded number at a time, and the others wait.
        logins.spawn(timeout(BOUND, async move {
            log_in(address, Credentials::password("CORP\\alice", "pw")).await.0
        }));
    }
    while let Some(login) = logins.join_next().await {
        assert_eq!(login.unwrap().unwrap(), 204);
    }
    proxy.finish().assert_attempts(2_000).assert_connections(2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a96_f32_a_flood_of_connections_that_say_nothing_is_served_up_to_the_limit_and_then_over() {
    open_many();
    let proxy = MockProxy::new().account("CORP", "alice", "pw").start().unwrap();
    let mut flood = Vec::new();
    for _ in 0..1_500 {
        // Beyond what is served and what the system queues, a connection is not accepted.
        match timeout(Duration::from_secs(4), TcpStream::connect(proxy.address())).await {
            Ok(stream) => flood.push(stream.unwrap()),
            Err(_) => break,
        }
    }
    assert!(flood.len() >= 1_024, "{}", flood.len());
    assert!(proxy.transcript().connections().len() <= 1_024, "{}", proxy.transcript().connections().len());
    drop(flood);
    let login = timeout(BOUND, log_in(proxy.address(), Credentials::password("CORP\\alice", "pw"))).await;
    assert_eq!(login.unwrap().0, 204);
}
