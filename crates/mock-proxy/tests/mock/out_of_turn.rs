//! Faults in who is let in where: answers out of turn, a message changed on its way, a connection that was another's, TLS that
//! nobody should trust.

use crate::peer::{At, Peer, alice};
use gatepass_backend::Credentials;
use gatepass_engine::Client;
use gatepass_mock_proxy::{BadCertificate, Fault, Leg, MockProxy, Outcome, Running};
use gatepass_wire::{Challenge, Message as _};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, StreamOwned,
};
use std::io::{Read as _, Write as _};
use std::sync::Arc;

const GET: &str = "GET http://origin.test/ HTTP/1.1";

fn mock(leg: Leg, fault: Fault) -> Running {
    MockProxy::new().account("CORP", "alice", "pw").fault(leg, 1, fault).start().unwrap()
}

fn mallory() -> Credentials {
    Credentials::password("CORP\\mallory", "a guess")
}

#[test]
fn f14_a_challenge_comes_where_nobody_asked_for_one() {
    let proxy = mock(Leg::Offer, Fault::Challenge);
    let mut peer = Peer::to(proxy.address());
    let answer = peer.ask(GET, "");
    assert_eq!(answer.status, 407);
    Challenge::decode(&answer.challenge()).unwrap();
    // The dance goes on as if nothing had been said.
    assert_eq!(peer.ask(GET, "").field("Proxy-Authenticate"), Some("NTLM"));
    proxy.assert_all_faults_happened();

    let proxy = mock(Leg::Verdict, Fault::Challenge);
    let answer = Peer::to(proxy.address()).login(At::Proxy, &alice(), GET, "", b"");
    Challenge::decode(&answer.challenge()).unwrap();
    let transcript = proxy.finish();
    let verdict = transcript.requests().last().unwrap();
    // What was found, and what was said.
    assert!(matches!(verdict.outcome, Outcome::Granted(_)) && verdict.status == Some(407), "{transcript}");

    let proxy = mock(Leg::Served, Fault::Challenge);
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.login(At::Proxy, &alice(), GET, "", b"").status, 200);
    Challenge::decode(&peer.ask(GET, "").challenge()).unwrap();
    assert_eq!(peer.ask(GET, "").status, 200);
}

#[test]
fn a_challenge_that_no_scheme_has_is_the_offer_and_negotiate_has_one() {
    use gatepass_http::Scheme;
    let offering = |scheme| {
        let proxy = MockProxy::new().offer(&[scheme]).fault(Leg::Offer, 1, Fault::Challenge).start().unwrap();
        Peer::to(proxy.address()).ask(GET, "").field("Proxy-Authenticate").unwrap().to_owned()
    };
    assert!(offering(Scheme::Basic).starts_with("Basic realm"));
    assert!(offering(Scheme::Negotiate).starts_with("Negotiate TlRMTVNTUAAC"));
}

#[test]
fn a_request_passes_without_a_login_where_the_script_grants_it() {
    for leg in [Leg::Offer, Leg::Challenge, Leg::Verdict] {
        let proxy = mock(leg, Fault::Grant);
        let mut peer = Peer::to(proxy.address());
        let answer = match leg {
            Leg::Offer => peer.ask(GET, ""),
            Leg::Challenge => peer.ask(GET, &At::Proxy.line(&Client::new(mallory()).negotiate().1)),
            _ => peer.login(At::Proxy, &mallory(), GET, "", b""),
        };
        assert_eq!(answer.status, 200, "{leg}: {answer:?}");
        // Nobody is logged in by that.
        assert_eq!(peer.ask(GET, "").status, 407, "{leg}");
        let transcript = proxy.finish();
        assert!(!transcript.requests().any(|one| matches!(one.outcome, Outcome::Granted(_))), "{transcript}");
    }
}

#[test]
fn a02_a_middle_that_takes_the_mic_away_is_found_out() {
    let proxy = mock(Leg::Verdict, Fault::StripMic);
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.login(At::Proxy, &alice(), GET, "", b"").status, 407);
    // The second is left alone.
    assert_eq!(peer.login(At::Proxy, &alice(), GET, "", b"").status, 200);
    proxy.assert_all_faults_happened();
    let transcript = proxy.finish();
    let refused = transcript.requests().find_map(|exchange| match &exchange.outcome {
        Outcome::Refused(reason) => Some(reason.as_str()),
        _ => None,
    });
    assert!(refused.unwrap().contains("MIC"), "{transcript}");
}

#[test]
fn a13_behind_a_front_that_shares_connections_one_login_covers_another_s_request() {
    let page = "GET http://origin.test/ntlm/ HTTP/1.1";
    let both = |proxy: &Running| {
        let mut first = Peer::to(proxy.address());
        assert_eq!(first.login(At::Proxy, &alice(), GET, "", b"").status, 200);
        assert_eq!(first.login(At::Origin, &alice(), page, "", b"").status, 200);
        let mut second = Peer::to(proxy.address());
        assert_eq!(second.login(At::Proxy, &alice(), GET, "", b"").status, 200);
        second.ask(page, "")
    };
    let proxy = MockProxy::new().account("CORP", "alice", "pw").start().unwrap();
    assert_eq!(both(&proxy).status, 401, "each connection has its own way to the origin");
    let proxy = MockProxy::new()
        .account("CORP", "alice", "pw")
        .fault_each(Leg::Served, Fault::SharedUpstream)
        .fault_each(Leg::Verdict, Fault::SharedUpstream)
        .start()
        .unwrap();
    let answer = both(&proxy);
    assert_eq!((answer.status, answer.text().as_str()), (200, "Hello CORP\\alice.\n"));
}

/// Believes any certificate.
#[derive(Debug)]
struct Gullible(Arc<CryptoProvider>);

impl ServerCertVerifier for Gullible {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// What comes through a tunnel to the origin over TLS, or why TLS did not come about.
fn through_tls(proxy: &Running, gullible: bool) -> Result<String, String> {
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.login(At::Proxy, &alice(), "CONNECT origin.test:443 HTTP/1.1", "", b"").status, 200);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let config = if gullible {
        let verifier = Arc::new(Gullible(provider));
        builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
    } else {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(proxy.ca_pem().as_bytes()).unwrap()).unwrap();
        builder.with_root_certificates(roots).with_no_client_auth()
    };
    let connection = ClientConnection::new(Arc::new(config), "origin.test".try_into().unwrap()).unwrap();
    let mut tls = StreamOwned::new(connection, peer.stream);
    tls.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        .map_err(|error| error.to_string())?;
    let mut text = String::new();
    tls.read_to_string(&mut text).map_err(|error| error.to_string())?;
    Ok(text)
}

#[test]
fn a_bad_certificate_is_shown_to_who_checks_and_to_who_does_not() {
    for (bad, says) in [
        (BadCertificate::Expired, "xpired"),
        (BadCertificate::WrongName, "not valid for name"),
        (BadCertificate::SelfSigned, "UnknownIssuer"),
    ] {
        let proxy = mock(Leg::Tunnel, Fault::Certificate(bad));
        let error = through_tls(&proxy, false).unwrap_err();
        assert!(error.contains(says), "{bad:?}: {error}");
        proxy.assert_all_faults_happened();
        let proxy = mock(Leg::Tunnel, Fault::Certificate(bad));
        let text = through_tls(&proxy, true).unwrap();
        assert!(text.contains("embedded origin"), "{bad:?}: {text}");
        // The next tunnel is a good one.
        through_tls(&proxy, false).unwrap();
    }
}

#[test]
fn an_alert_ends_the_tls_of_a_tunnel() {
    let proxy = mock(Leg::Tunnel, Fault::TlsAlert);
    let error = through_tls(&proxy, true).unwrap_err();
    assert!(error.contains("HandshakeFailure"), "{error}");
}

#[test]
fn a_slow_origin_is_waited_for_through_the_proxy() {
    let proxy = MockProxy::new()
        .account("CORP", "alice", "pw")
        .origin_fault(Leg::Served, 1, Fault::Delay(0.3))
        .start()
        .unwrap();
    let start = std::time::Instant::now();
    assert_eq!(Peer::to(proxy.address()).login(At::Proxy, &alice(), GET, "", b"").status, 200);
    assert!(start.elapsed() >= std::time::Duration::from_millis(300));
    proxy.assert_all_faults_happened();
}
