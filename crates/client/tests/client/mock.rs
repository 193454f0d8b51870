//! The client through the mock proxy: whole pages, whole logins, with the proxy's transcript as the witness.

use crate::support::{by_engine, get, large, post};
use gatepass::Credentials;
use gatepass_client::{Client, ErrorKind, Outcome, Proxy, Scope, Side, Tls};
use gatepass_http::Scheme;
use gatepass_mock_proxy::{MockProxy, Running};
use sha2::{Digest, Sha256};

fn start() -> Running {
    offering(&[Scheme::Ntlm])
}

fn offering(schemes: &[Scheme]) -> Running {
    let mock = MockProxy::new().account("CORP", "alice", "pw").origin_account("CORP", "bob", "b0b");
    mock.offer(schemes).start().unwrap()
}

fn client(mock: &Running, password: &str) -> Client {
    let alice = Credentials::password("CORP\\alice", password);
    by_engine()
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

#[tokio::test]
async fn by_negotiate_pages_and_bodies_cost_one_login_for_each_way() {
    let mock = offering(&[Scheme::Negotiate, Scheme::Ntlm]);
    let client = client(&mock, "pw");
    for origin in origins(&mock) {
        let bob = Credentials::password("CORP\\bob", "b0b");
        let client = client.clone().with_origin_credentials(Scope::parse(&origin).unwrap(), bob);
        for _ in 0..2 {
            let response = client.send(post(format!("{origin}ntlm/echo"), "a body")).await.unwrap();
            assert_eq!(response.status(), 200);
            let text = response.into_body().read_to_end(10_000).await.unwrap();
            let text = String::from_utf8(text.to_vec()).unwrap();
            assert!(text.starts_with("POST ") && text.ends_with("a body"), "{text}");
        }
    }
    let transcript = mock.finish();
    // The schemes: what was sent was SPNEGO, in which the transcript finds NTLM.
    assert_eq!(transcript.authenticates().count(), 2, "{transcript}");
    assert_eq!(transcript.origin().authenticates().count(), 2, "{transcript}");
    // No request was acted upon without its body.
    let posts = transcript.origin().requests().filter(|one| one.method == "POST" && one.status == Some(200));
    assert_eq!(posts.map(|exchange| exchange.request_body).collect::<Vec<_>>(), [6, 6, 6, 6], "{transcript}");
}

#[tokio::test]
async fn f20_basic_goes_with_each_request_and_its_connection_is_nobodys_in_between() {
    let mock = offering(&[Scheme::Basic]);
    let basic = || gatepass::mechanisms().allow_basic_over_plain_http_insecure();
    let client = client(&mock, "pw").with_mechanisms(Side::Proxy, basic());
    let page = format!("{}echo", mock.origin_url());
    for _ in 0..3 {
        let response = client.send(post(&page, "a body")).await.unwrap();
        assert_eq!(response.status(), 200);
        let text = response.into_body().read_to_end(10_000).await.unwrap();
        assert!(!String::from_utf8_lossy(&text).to_ascii_lowercase().contains("authorization"));
    }
    let transcript = mock.finish();
    assert_eq!(transcript.connections().len(), 1, "{transcript}");
    let with_credentials: Vec<_> =
        transcript.requests().map(|exchange| exchange.has_field("proxy-authorization")).collect();
    assert_eq!(with_credentials, [false, true, true, true], "{transcript}");
}

#[tokio::test]
async fn a23_without_the_word_for_plain_http_basic_is_left_alone() {
    let mock = offering(&[Scheme::Basic]);
    let [plain, secure] = origins(&mock);
    for mechanisms in [gatepass::mechanisms(), gatepass::mechanisms().allow_basic()] {
        let client = client(&mock, "pw").with_mechanisms(Side::Proxy, mechanisms);
        let response = client.send(get(&plain)).await.unwrap();
        let denied = Outcome::of(&response).denied.unwrap();
        assert_eq!((denied.offered, denied.presented), (vec!["Basic".to_owned()], false));
        assert_eq!(client.send(get(&secure)).await.unwrap_err().kind(), ErrorKind::Denied(Side::Proxy));
    }
    let transcript = mock.finish();
    assert!(transcript.requests().all(|exchange| !exchange.has_field("proxy-authorization")), "{transcript}");

    // The control: the origin behind TLS gets the password with one word, and the origin in the clear does not.
    let mock = MockProxy::new().account("CORP", "bob", "b0b").offer(&[Scheme::Basic]).start().unwrap();
    for (url, status) in [(mock.secure_origin_url(), 200), (mock.origin_url(), 401)] {
        let bob = Credentials::password("CORP\\bob", "b0b");
        let client = by_engine()
            .with_proxy(
                Proxy::parse(&mock.url())
                    .unwrap()
                    .with_credentials(Credentials::password("CORP\\bob", "b0b")),
            )
            .with_mechanisms(Side::Proxy, gatepass::mechanisms().allow_basic_over_plain_http_insecure())
            .with_tls(Tls::roots(mock.ca_pem().as_bytes()).unwrap())
            .with_mechanisms(Side::Origin, gatepass::mechanisms().allow_basic())
            .with_origin_credentials(Scope::parse(&url).unwrap(), bob);
        assert_eq!(client.send(get(format!("{url}ntlm/"))).await.unwrap().status(), status, "{url}");
    }
}
