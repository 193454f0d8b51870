//! Channel bindings: what ties a login to the TLS connection that carries it (RFC 5056, RFC 5929).
//!
//! NTLM hashes the whole `gss_channel_bindings_struct` (RFC 2744 3.11) into `MsvAvChannelBindings`
//! ([MS-NLMP] 2.2.2.1); this type holds that structure.

use alloc::vec::Vec;
use core::fmt;

/// The bindings of a channel (`SEC_CHANNEL_BINDINGS`, `gss_channel_bindings_struct`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ChannelBindings {
    application_data: Vec<u8>,
    initiator: (u32, Vec<u8>),
    acceptor: (u32, Vec<u8>),
}

impl ChannelBindings {
    /// The binding `tls-unique` (RFC 5929 section 3) of a connection up to TLS 1.2: `finished` is the first Finished
    /// message of its latest handshake.
    #[must_use]
    pub fn tls_unique(finished: &[u8]) -> Self {
        let mut data = b"tls-unique:".to_vec();
        data.extend_from_slice(finished);
        Self::of(data)
    }

    /// Bindings whose `application_data` is given as it is, prefix included.
    #[must_use]
    pub fn raw(application_data: &[u8]) -> Self {
        Self::of(application_data.to_vec())
    }

    pub(crate) fn of(application_data: Vec<u8>) -> Self {
        Self { application_data, initiator: (0, Vec::new()), acceptor: (0, Vec::new()) }
    }

    /// With the addresses of both ends, each a type (`dwInitiatorAddrType`, `dwAcceptorAddrType`; the numbers of RFC 2744
    /// 3.11) and its bytes. The bindings of TLS have none.
    #[must_use]
    pub fn with_addresses(mut self, initiator: (u32, &[u8]), acceptor: (u32, &[u8])) -> Self {
        self.initiator = (initiator.0, initiator.1.to_vec());
        self.acceptor = (acceptor.0, acceptor.1.to_vec());
        self
    }

    /// The `application_data` of the structure, for instance `tls-server-end-point:` and 32 bytes.
    #[must_use]
    pub fn application_data(&self) -> &[u8] {
        &self.application_data
    }

    /// The address of the initiator, type and bytes; 0 and none unless [`with_addresses`](Self::with_addresses) gave one.
    #[must_use]
    pub fn initiator_address(&self) -> (u32, &[u8]) {
        (self.initiator.0, &self.initiator.1)
    }

    /// The address of the acceptor, as [`initiator_address`](Self::initiator_address).
    #[must_use]
    pub fn acceptor_address(&self) -> (u32, &[u8]) {
        (self.acceptor.0, &self.acceptor.1)
    }

    /// The structure as its MD5 is taken for NTLM: the type, length and bytes of the initiator's address, of the acceptor's
    /// (without an address type 0 and length 0), then the length and bytes of the application data; all numbers 32 bits,
    /// little-endian (RFC 4121 4.1.1.2).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (kind, address) in [&self.initiator, &self.acceptor] {
            bytes.extend_from_slice(&kind.to_le_bytes());
            put(&mut bytes, address);
        }
        put(&mut bytes, &self.application_data);
        bytes
    }
}

/// A length in 32 bits, and so many bytes.
fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(part);
}

/// The type of the bindings (up to the colon), and how long the rest is.
impl fmt::Debug for ChannelBindings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = self.application_data.iter().position(|byte| *byte == b':').unwrap_or_default();
        let kind = self.application_data.get(..colon).unwrap_or_default();
        write!(f, "ChannelBindings({}, {} bytes)", kind.escape_ascii(), self.application_data.len())
    }
}
