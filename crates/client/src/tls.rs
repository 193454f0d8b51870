//! Whom to believe: the verification of a TLS server, apart for the proxy and for the origin.
//!
//! A [`Tls`] is a recipe. The client makes one rustls configuration of each of its two, so that proxy and origin never
//! share a session ticket, even where both are verified alike (curl's CVE-2021-22890).

use crate::Error;
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use rustls_platform_verifier::Verifier;
use std::{fmt, sync::Arc};

/// How a TLS server is verified.
///
/// The default is [`Tls::platform`].
#[derive(Clone, Default)]
pub struct Tls {
    trust: Trust,
    roots: Vec<CertificateDer<'static>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Trust {
    #[default]
    Platform,
    Roots,
    Nobody,
}

impl Tls {
    /// As the operating system verifies: its roots, its revocation, its administrator's choices.
    #[must_use]
    pub fn platform() -> Self {
        Self::default()
    }

    /// With the certificates in `pem` (one or several) as roots and no others: curl's `--cacert`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when `pem` holds no certificate, or a broken one.
    pub fn roots(pem: &[u8]) -> Result<Self, Error> {
        Ok(Self { trust: Trust::Roots, roots: certificates(pem)? })
    }

    /// With the certificates in `pem` as further roots.
    ///
    /// # Errors
    /// As [`roots`](Self::roots).
    pub fn with_extra_roots(mut self, pem: &[u8]) -> Result<Self, Error> {
        self.roots.extend(certificates(pem)?);
        Ok(self)
    }

    /// Without any verification: whoever answers is believed. Everything that is sent, passwords of pages included, may
    /// then be read and changed on the way.
    #[must_use]
    pub fn insecure_without_verification() -> Self {
        Self { trust: Trust::Nobody, roots: Vec::new() }
    }

    /// A rustls configuration of this recipe, with a session store of its own.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when the roots are not usable or the platform's verifier cannot
    /// start.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, Error> {
        let provider = Arc::new(ring::default_provider());
        let fail = |error: rustls::Error| {
            Error::invalid(format!("the TLS roots cannot be used: {}", crate::error::cause(&error)))
                .because(error)
        };
        let verifier: Arc<dyn ServerCertVerifier> = match self.trust {
            Trust::Platform if self.roots.is_empty() => {
                Arc::new(Verifier::new(provider.clone()).map_err(fail)?)
            }
            Trust::Platform => {
                Arc::new(Verifier::new_with_extra_roots(self.roots.clone(), provider.clone()).map_err(fail)?)
            }
            Trust::Roots => webpki(&self.roots, &provider)?,
            Trust::Nobody => Arc::new(Anyone(provider.clone())),
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(fail)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        // NTLM authenticates a connection, which HTTP/2 shares among requests.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tls({:?}, {} roots given)", self.trust, self.roots.len())
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if certificates.is_empty() => Err(Error::invalid(
            "there is no certificate in the given roots: they must be PEM, with BEGIN CERTIFICATE",
        )),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(Error::invalid(format!("the given roots are no PEM: {error}")).because(error)),
    }
}

fn webpki(
    roots: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, Error> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).map_err(|error| {
            Error::invalid(format!("a given root is no certificate: {}", crate::error::cause(&error)))
                .because(error)
        })?;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone())
        .build()
        .map_err(|error| Error::invalid(format!("the given roots cannot be used: {error}")).because(error))
}

/// Believes every certificate; the signatures of the handshake are still checked, so that the peer holds the key of the
/// certificate it shows.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn roots_that_hold_no_certificate_are_refused() {
        for pem in ["", "nothing", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"] {
            assert_eq!(Tls::roots(pem.as_bytes()).unwrap_err().kind(), ErrorKind::Invalid, "{pem:?}");
        }
        let empty = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(Tls::roots(empty).unwrap().config().unwrap_err().kind(), ErrorKind::Invalid);
    }

    #[test]
    fn a40_each_configuration_has_a_session_store_of_its_own() {
        let tls = Tls::insecure_without_verification();
        let (proxy, origin) = (tls.config().unwrap(), tls.config().unwrap());
        assert!(!Arc::ptr_eq(&proxy, &origin));
        assert_eq!(proxy.alpn_protocols, [b"http/1.1".to_vec()]);
    }
}
