//! TLS servers with a certificate of their own making.

use gatepass_client::Tls;
use rcgen::{CertificateParams, KeyPair};
use std::sync::Arc;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

/// A server's certificate for `name`, and what uses it.
pub(crate) struct Identity {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) certificate: Vec<u8>,
    pem: String,
}

impl Identity {
    pub(crate) fn of(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
        let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap();
        Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificate: certificate.der().to_vec(),
            pem: certificate.pem(),
        }
    }

    /// Trust in this certificate and no other.
    pub(crate) fn trusted(&self) -> Tls {
        Tls::roots(self.pem.as_bytes()).unwrap()
    }
}
