//! Other implementations of the operations that `gatepass-benches` measures.
//!
//! | peer | does |
//! |---|---|
//! | sspi 0.23 | client and server of NTLMv2, sealing |
//! | ntlmclient 0.2 | the messages, the client's response; no MIC, no key exchange |
//! | winauth 0.0.5 | the client of NTLMv2, with a MIC |
//! | ntlmssp 0.1 | the client of NTLMv2, with a MIC, no key exchange; sealing; a decoder of CHALLENGE that leaves the AV pairs alone |
//!
//! Each starts where ours does: credentials that are ready, and the same CHALLENGE. Each draws its own nonces, which none lets a
//! caller give; the figure of ours with `random` in its name does so too.

use gatepass_benches::Work;

mod ntlmclient;
mod ntlmssp;
mod sspi;
mod winauth;

/// A peer's way of doing what a figure does.
pub struct Contestant {
    /// The name of the figure.
    pub figure: &'static str,
    /// The peer, with its version.
    pub peer: &'static str,
    /// The operation.
    pub work: Box<dyn Work>,
}

impl Contestant {
    fn new(figure: &'static str, peer: &'static str, work: impl Work + 'static) -> Self {
        Self { figure, peer, work: Box::new(work) }
    }
}

impl std::fmt::Debug for Contestant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contestant")
            .field("figure", &self.figure)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

/// Every peer's operations.
#[must_use]
pub fn contestants() -> Vec<Contestant> {
    [sspi::contestants(), ntlmclient::contestants(), winauth::contestants(), ntlmssp::contestants()]
        .into_iter()
        .flatten()
        .collect()
}

/// What a peer's client says must be right, or its speed means nothing: our server accepts it.
#[cfg(test)]
fn accepts(challenge: &[u8], negotiate: &[u8], authenticate: &[u8]) {
    let verdict = gatepass_benches::messages::verify(negotiate, challenge, authenticate);
    assert!(verdict.is_ok(), "{verdict:?}");
}
