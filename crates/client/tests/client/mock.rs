//! The client through the mock proxy: whole pages, whole logins, with the proxy's transcript as the witness.

use crate::support::{get, large};
use gatepass::Credentials;
use gatepass_client::{Client, ErrorKind, Outcome, Proxy, Scope, Side, Tls};
use gatepass_mock_proxy::{MockProxy, Running};
use sha2::{Digest, Sha256};

fn start() -> Running {
    MockProxy::new().account("CORP", "alice", "pw").origin_account("CORP", "bob", "b0b").start().unwrap()
}

fn client(mock: &Running, password: &str) -> Client {
    let alice = Credentials::password("CORP\\alice", password);
    Client::new()
        .with_proxy(Proxy::parse(&mock.url()).unwrap().with_credentials(alice))
        .with_tls(Tls::roots(mock.ca_pem().as_bytes()).unwrap())
}

fn origins(mock: &Running) -> [String; 2] {
    [mock.origin_url(), mock.secure_origin_url()]
}

#[tokio::test]
async fn pages_over_http_and_https_cost_one_login_for_each_way() {
    let mock = start();
    let client = client(&mock, "pw");
    for origin in origins(&mock) {
        for _ in 0..3 {
            let response = client.send(get(format!("{origin}bytes/10"))).await.unwrap();
            assert_eq!(response.status(), 200);
            assert_eq!(response.into_body().read_to_end(10).await.unwrap().len(), 10);
        }
    }
    let transcript = mock.finish();
    assert_eq!((transcript.authenticates().count(), transcript.connections().len()), (2, 2), "{transcript}");
}

#[tokio::test]
async fn proxy_and_origin_let_in_one_identity_each() {
    let mock = start();
    let client = client(&mock, "pw");
    for origin in origins(&mock) {
        let bob = Credentials::password("CORP\\bob", "b0b");
        let client = client.clone().with_origin_credentials(Scope::parse(&origin).unwrap(), bob);
        let response = client.send(get(format!("{origin}ntlm/status/204"))).await.unwrap();
        assert_eq!(response.status(), 204, "{origin}");
    }
    assert_eq!(mock.finish().authenticates().count(), 2);
}

#[tokio::test]
async fn a_wrong_password_is_one_attempt_for_a_request_and_one_for_a_tunnel() {
    let mock = start();
    let client = client(&mock, "wrong");
    let [plain, secure] = origins(&mock);
    let response = client.send(get(plain)).await.unwrap();
    assert_eq!((response.status().as_u16(), Outcome::of(&response).denied.is_some()), (407, true));
    let error = client.send(get(secure)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied(Side::Proxy));
    let transcript = mock.finish();
    assert_eq!(transcript.authenticates().count(), 2, "{transcript}");
}

#[tokio::test]
async fn large_bodies_stream_in_both_directions() {
    const PIECES: usize = 1024;
    let mock = start();
    let client = client(&mock, "pw");
    let mut hash = Sha256::new();
    for number in 0..PIECES {
        hash.update(vec![u8::try_from(number % 251).unwrap(); 1 << 16]);
    }
    let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    for origin in origins(&mock) {
        let response = client.send(large(&format!("{origin}digest"), PIECES)).await.unwrap();
        let text = response.into_body().read_to_end(1000).await.unwrap();
        assert_eq!(text, format!("{} bytes, SHA-256 {hex}\n", PIECES << 16));

        let response = client.send(get(format!("{origin}bytes/67108864"))).await.unwrap();
        let (mut body, mut length) = (response.into_body(), 0);
        while let Some(chunk) = body.chunk().await.unwrap() {
            length += chunk.len();
        }
        assert_eq!(length, 64 << 20);
    }
    let transcript = mock.finish();
    let in_challenges: u64 = transcript
        .requests()
        .filter(|exchange| exchange.status == Some(407))
        .map(|exchange| exchange.request_body)
        .sum();
    assert_eq!(in_challenges, 0, "{transcript}");
}
