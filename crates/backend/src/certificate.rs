//! The bindings of a TLS connection whose server showed a certificate (RFC 5929 section 4).

use crate::ChannelBindings;
use core::fmt;
use der::{
    Decode, Reader, SliceReader, Tagged,
    asn1::{AnyRef, ContextSpecific, ObjectIdentifier},
};
use sha2::{Digest, Sha256, Sha384, Sha512, Sha512_256};
use spki::AlgorithmIdentifierRef;

impl ChannelBindings {
    /// The binding `tls-server-end-point` (RFC 5929 section 4) of a TLS connection whose server showed the certificate
    /// `certificate` (DER): the type with which Windows' Extended Protection works.
    ///
    /// The certificate is hashed with the hash function of its own signature; where that is MD5 or SHA-1, with SHA-256.
    /// SHA-224 is taken at its word. RSASSA-PSS counts as its `hashAlgorithm`. For signatures in which the RFC finds no
    /// hash function (Ed25519, Ed448) or that are not known here, SHA-256 is used, as the JDK's `TlsChannelBinding` does.
    ///
    /// # Errors
    /// [`CertificateError`] when `certificate` is not the DER form of an X.509 certificate.
    pub fn tls_server_end_point(certificate: &[u8]) -> Result<Self, CertificateError> {
        let mut data = b"tls-server-end-point:".to_vec();
        match signature_hash(certificate)? {
            Hash::Sha224 => data.extend_from_slice(&sha2::Sha224::digest(certificate)),
            Hash::Sha256 => data.extend_from_slice(&Sha256::digest(certificate)),
            Hash::Sha384 => data.extend_from_slice(&Sha384::digest(certificate)),
            Hash::Sha512 => data.extend_from_slice(&Sha512::digest(certificate)),
            Hash::Sha512_256 => data.extend_from_slice(&Sha512_256::digest(certificate)),
        }
        Ok(Self::of(data))
    }
}

/// The bytes are no X.509 certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateError(der::Error);

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not the DER form of an X.509 certificate: {}", self.0)
    }
}

impl core::error::Error for CertificateError {}

impl From<der::Error> for CertificateError {
    fn from(error: der::Error) -> Self {
        Self(error)
    }
}

#[derive(Clone, Copy)]
enum Hash {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_256,
}

const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// The signature algorithms whose hash function is not SHA-256 (RFC 4055, RFC 5758, RFC 8017), and the bare hash
/// functions that RSASSA-PSS names. What is not listed is hashed with SHA-256.
const HASHES: [(ObjectIdentifier, Hash); 15] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.14"), Hash::Sha224), // sha224WithRSAEncryption
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"), Hash::Sha384), // sha384WithRSAEncryption
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"), Hash::Sha512), // sha512WithRSAEncryption
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.16"), Hash::Sha512_256), // sha512-256WithRSAEncryption
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.1"), Hash::Sha224),   // ecdsa-with-SHA224
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"), Hash::Sha384),   // ecdsa-with-SHA384
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"), Hash::Sha512),   // ecdsa-with-SHA512
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.1"), Hash::Sha224), // id-dsa-with-sha224
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.3"), Hash::Sha384), // id-dsa-with-sha384
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.4"), Hash::Sha512), // id-dsa-with-sha512
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.4"), Hash::Sha224), // id-sha224
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"), Hash::Sha384), // id-sha384
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"), Hash::Sha512), // id-sha512
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.6"), Hash::Sha512_256), // id-sha512-256
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"), Hash::Sha256), // id-sha256
];

fn hash_of(algorithm: ObjectIdentifier) -> Hash {
    HASHES.iter().find(|(known, _)| *known == algorithm).map_or(Hash::Sha256, |(_, hash)| *hash)
}

/// The hash function of `certificate`'s own signature: `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm,
/// signatureValue }` (RFC 5280 4.1).
fn signature_hash(certificate: &[u8]) -> Result<Hash, der::Error> {
    let mut reader = SliceReader::new(certificate)?;
    let algorithm = reader.sequence(|fields| {
        let tbs = AnyRef::decode(fields)?;
        tbs.tag().assert_eq(der::Tag::Sequence)?;
        let algorithm = AlgorithmIdentifierRef::decode(fields)?;
        AnyRef::decode(fields)?.tag().assert_eq(der::Tag::BitString)?;
        Ok::<_, der::Error>(algorithm)
    })?;
    reader.finish()?;
    if algorithm.oid == RSASSA_PSS { Ok(pss_hash(&algorithm)) } else { Ok(hash_of(algorithm.oid)) }
}

/// `RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] DEFAULT sha1, .. }` (RFC 4055 3.1). The default, SHA-1, counts as
/// SHA-256; so do parameters that cannot be read.
fn pss_hash(algorithm: &AlgorithmIdentifierRef<'_>) -> Hash {
    let Some(parameters) = algorithm.parameters else { return Hash::Sha256 };
    let read = parameters.sequence(|fields| {
        let hash = ContextSpecific::<AlgorithmIdentifierRef<'_>>::decode_explicit(fields, der::TagNumber(0))?;
        while !fields.is_finished() {
            AnyRef::decode(fields)?;
        }
        Ok::<_, der::Error>(hash)
    });
    match read {
        Ok(Some(hash)) => hash_of(hash.value.oid),
        Ok(None) | Err(_) => Hash::Sha256,
    }
}
