//! The certificates of the embedded origin, made anew at every start: a CA, and a server certificate from it.

use crate::Error;
use gatepass_backend::ChannelBindings;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The name of the embedded origin, as clients ask the proxy for it.
pub(crate) const ORIGIN_HOST: &str = "origin.test";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What TLS needs at the embedded origin, and what a client needs to trust it.
#[derive(Debug)]
pub(crate) struct Authority {
    /// The CA's certificate, in PEM.
    pub(crate) ca_pem: String,
    /// The origin's TLS, for HTTP/1.1 and 1.0.
    pub(crate) tls: Arc<rustls::ServerConfig>,
    /// The bindings of the origin's TLS connections (`tls-server-end-point`).
    pub(crate) bindings: ChannelBindings,
}

impl Authority {
    /// Makes the keys and certificates. The CA's key is forgotten at once: nothing else is ever signed with it.
    pub(crate) fn new() -> Result<Self, Error> {
        make().map_err(Error::Certificate)
    }
}

fn make() -> Result<Authority, Box<dyn StdError + Send + Sync>> {
    let now = SystemTime::now();
    let valid = |mut params: CertificateParams, name: &str| {
        params.distinguished_name.remove(DnType::CommonName);
        params.distinguished_name.push(DnType::CommonName, name);
        // A day on either side of today's, for clients whose clock is elsewhere; never long enough to be relied upon.
        params.not_before = (now - DAY).into();
        params.not_after = (now + 30 * DAY).into();
        params
    };

    let mut ca = valid(CertificateParams::default(), "Gatepass mock proxy, test CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?;

    let names = [ORIGIN_HOST, "localhost", "127.0.0.1", "::1"].map(String::from);
    let mut server = valid(CertificateParams::new(names)?, ORIGIN_HOST);
    server.use_authority_key_identifier_extension = true;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = server.signed_by(&key, &ca)?.der().clone();
    let bindings = ChannelBindings::tls_server_end_point(&certificate)?;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivatePkcs8KeyDer::from(key.serialize_der()).into())?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec(), b"http/1.0".to_vec()];
    Ok(Authority { ca_pem: ca.pem(), tls: Arc::new(tls), bindings })
}
