//! What a server keeps of the messages, for the MIC.

use alloc::vec::Vec;

/// The messages of a handshake as they went over the wire, one behind the other.
pub(crate) struct Messages {
    bytes: Vec<u8>,
    challenge_at: usize,
    authenticate_at: usize,
}

impl Messages {
    /// The first two, in the memory of `kept`, which is empty.
    pub(super) fn new(mut kept: Vec<u8>, negotiate: &[u8], challenge: &[u8]) -> Self {
        kept.extend_from_slice(negotiate);
        let challenge_at = kept.len();
        kept.extend_from_slice(challenge);
        Self { authenticate_at: kept.len(), bytes: kept, challenge_at }
    }

    /// The third.
    pub(crate) fn add_authenticate(&mut self, authenticate: &[u8]) {
        self.bytes.truncate(self.authenticate_at);
        self.bytes.extend_from_slice(authenticate);
    }

    /// NEGOTIATE and CHALLENGE, which the MIC covers together.
    pub(crate) fn before_authenticate(&self) -> &[u8] {
        self.bytes.get(..self.authenticate_at).unwrap_or_default()
    }

    pub(crate) fn challenge(&self) -> &[u8] {
        self.bytes.get(self.challenge_at..self.authenticate_at).unwrap_or_default()
    }

    pub(crate) fn authenticate(&self) -> &[u8] {
        self.bytes.get(self.authenticate_at..).unwrap_or_default()
    }
}
