//! The certificates of the embedded origin, made anew at every start: a CA, a server certificate from it, and bad ones.

use crate::Error;
use gatepass_backend::ChannelBindings;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};
use std::error::Error as StdError;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio_rustls::TlsAcceptor;

/// The name of the embedded origin, as clients ask the proxy for it.
pub(crate) const ORIGIN_HOST: &str = "origin.test";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BadCertificate {
    /// It was good until yesterday.
    Expired,
    /// It is good for another name.
    WrongName,
    /// No CA has signed it.
    SelfSigned,
}

/// What TLS needs at the embedded origin, and what a client needs to trust it.
pub(crate) struct Authority {
    /// The CA's certificate, in PEM.
    pub(crate) ca_pem: String,
    /// The bindings of the origin's TLS connections (`tls-server-end-point`).
    pub(crate) bindings: ChannelBindings,
    /// For HTTP/1.1 and 1.0.
    good: TlsAcceptor,
    expired: TlsAcceptor,
    wrong_name: TlsAcceptor,
    self_signed: TlsAcceptor,
}

impl Authority {
    /// Makes the keys and certificates. The CA's key is forgotten at once: nothing else is ever signed with it.
    pub(crate) fn new() -> Result<Self, Error> {
        make().map_err(Error::Certificate)
    }

    /// The origin's TLS, with the certificate that a client trusts or with one that it should not.
    pub(crate) fn acceptor(&self, bad: Option<BadCertificate>) -> TlsAcceptor {
        match bad {
            None => self.good.clone(),
            Some(BadCertificate::Expired) => self.expired.clone(),
            Some(BadCertificate::WrongName) => self.wrong_name.clone(),
            Some(BadCertificate::SelfSigned) => self.self_signed.clone(),
        }
    }
}

type Failure = Box<dyn StdError + Send + Sync>;

/// A certificate good for these days from now on, beginning at the first.
fn valid(mut params: CertificateParams, name: &str, days: RangeInclusive<i32>) -> CertificateParams {
    let at = |days: i32| {
        let span = DAY * days.unsigned_abs();
        let now = SystemTime::now();
        if days < 0 { now - span } else { now + span }
    };
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = at(*days.start()).into();
    params.not_after = at(*days.end()).into();
    params
}

/// A day on either side of today's, for clients whose clock is elsewhere; never long enough to be relied upon.
const DAYS: RangeInclusive<i32> = -1..=30;

fn make() -> Result<Authority, Failure> {
    let mut ca = valid(CertificateParams::default(), "Gatepass mock proxy, test CA", DAYS);
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?;

    let key = KeyPair::generate()?;
    let server = |names: &[&str], days| -> Result<CertificateParams, Failure> {
        let names: Vec<_> = names.iter().copied().map(String::from).collect();
        let name = names.first().cloned().unwrap_or_default();
        let mut server = valid(CertificateParams::new(names)?, &name, days);
        server.use_authority_key_identifier_extension = true;
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        Ok(server)
    };
    let names = [ORIGIN_HOST, "localhost", "127.0.0.1", "::1"];
    let certificate = server(&names, DAYS)?.signed_by(&key, &ca)?.der().clone();
    let bindings = ChannelBindings::tls_server_end_point(&certificate)?;
    let expired = server(&names, -30..=-1)?.signed_by(&key, &ca)?;
    let wrong_name = server(&["elsewhere.test"], DAYS)?.signed_by(&key, &ca)?;
    let self_signed = server(&names, DAYS)?.self_signed(&key)?;
    Ok(Authority {
        ca_pem: ca.pem(),
        bindings,
        good: acceptor(certificate, &key)?,
        expired: acceptor(expired.der().clone(), &key)?,
        wrong_name: acceptor(wrong_name.der().clone(), &key)?,
        self_signed: acceptor(self_signed.der().clone(), &key)?,
    })
}

fn acceptor(certificate: CertificateDer<'static>, key: &KeyPair) -> Result<TlsAcceptor, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivatePkcs8KeyDer::from(key.serialize_der()).into())?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec(), b"http/1.0".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(tls)))
}
