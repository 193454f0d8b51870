//! The response in AUTHENTICATE, and its comparison with the one that the account's hashes give ([MS-NLMP] 3.3,
//! 3.2.5.1.2).

#[cfg(feature = "legacy")]
use crate::crypto::LmHash;
use crate::crypto::ResponseKey;
use crate::{Dialect, Policy, crypto, settle};
use core::ops::Range;
use gatepass_backend::{NtHash, Principal, SessionKey};
use gatepass_wire::{Authenticate, NegotiateFlags as Flags, NtResponse};
use subtle::Choice;
#[cfg(feature = "legacy")]
use subtle::ConstantTimeEq;

/// A response that the policy permits.
pub(super) enum Response {
    Anonymous,
    #[cfg(feature = "legacy")]
    Lm([u8; 24]),
    /// With the LM response, of which a session key may be made; Java sends none (recordings of its NTLMv1).
    #[cfg(feature = "legacy")]
    V1 {
        response: [u8; 24],
        lm_response: [u8; 24],
    },
    #[cfg(feature = "legacy")]
    V1Extended {
        response: [u8; 24],
        client_challenge: [u8; 8],
    },
    V2 {
        proof: [u8; 16],
        /// Where the client's response behind NTProofStr stands in the message.
        temp: Range<usize>,
    },
}

/// What is known of a response.
pub(super) struct Proof {
    pub(super) comparison: Comparison,
    pub(super) dialect: Dialect,
    pub(super) key_exchange_key: SessionKey,
}

/// Whether a response fits.
pub(super) enum Comparison {
    Made(Choice),
    /// That of NTLMv2: the keys come from what the client says NTProofStr is, so that whether it is so can be found out
    /// beside the MIC under them.
    ToMake {
        response_key: ResponseKey,
        proof: [u8; 16],
        temp: Range<usize>,
        is_known: Choice,
    },
}

/// The hashes of an account. Where there is none, zeros stand in for them, so that the work is the same.
pub(super) struct Hashes {
    nt: NtHash,
    is_known: Choice,
    #[cfg(feature = "legacy")]
    lm: LmHash,
    #[cfg(feature = "legacy")]
    is_lm_known: Choice,
}

impl Hashes {
    pub(super) fn new(nt: Option<&NtHash>) -> Self {
        Self {
            is_known: Choice::from(u8::from(nt.is_some())),
            nt: nt.cloned().unwrap_or(NtHash::from_bytes([0; 16])),
            #[cfg(feature = "legacy")]
            lm: LmHash::from_bytes([0; 16]),
            #[cfg(feature = "legacy")]
            is_lm_known: Choice::from(0),
        }
    }

    #[cfg(feature = "legacy")]
    pub(super) fn with_lm(mut self, lm: Option<&LmHash>) -> Self {
        self.is_lm_known = Choice::from(u8::from(lm.is_some()));
        self.lm = lm.cloned().unwrap_or(self.lm);
        self
    }

    pub(super) fn is_known(&self) -> bool {
        self.is_known.into()
    }
}

impl Response {
    /// The response of `message`, which `bytes` are, if it is of a dialect that `policy` permits.
    pub(super) fn read(
        response: &NtResponse<'_>,
        message: &Authenticate<'_>,
        bytes: &[u8],
        policy: &Policy,
    ) -> Option<Self> {
        let permitted = |dialect, response| policy.permits(dialect).then_some(response);
        match *response {
            NtResponse::Anonymous => permitted(Dialect::Anonymous, Self::Anonymous),
            NtResponse::V2 { proof, raw, .. } => {
                permitted(Dialect::V2, Self::V2 { proof: *proof, temp: place(raw, bytes) })
            }
            #[cfg(feature = "legacy")]
            NtResponse::Lm(response) => {
                // Which of the two it is, only the comparison tells.
                let either = policy.permits(Dialect::Lm) || policy.permits(Dialect::LmV2);
                either.then_some(Self::Lm(*response))
            }
            #[cfg(feature = "legacy")]
            NtResponse::V1(response) => {
                let lm_response = message.lm_response.try_into().unwrap_or([0; 24]);
                permitted(Dialect::V1, Self::V1 { response: *response, lm_response })
            }
            #[cfg(feature = "legacy")]
            NtResponse::V1Extended { response, client_challenge } => permitted(
                Dialect::V1Extended,
                Self::V1Extended { response: *response, client_challenge: *client_challenge },
            ),
            #[cfg(not(feature = "legacy"))]
            _ => {
                let _ = message;
                None
            }
        }
    }

    /// The dialect, where it shows.
    pub(super) const fn dialect(&self) -> Option<Dialect> {
        match self {
            Self::Anonymous => Some(Dialect::Anonymous),
            #[cfg(feature = "legacy")]
            Self::Lm(_) => None,
            #[cfg(feature = "legacy")]
            Self::V1 { .. } => Some(Dialect::V1),
            #[cfg(feature = "legacy")]
            Self::V1Extended { .. } => Some(Dialect::V1Extended),
            Self::V2 { .. } => Some(Dialect::V2),
        }
    }

    /// `flags` without the protection of messages that `policy` does not put up with. For nobody there is none (3.4).
    pub(super) fn protected(&self, flags: Flags, policy: &Policy) -> Flags {
        match self {
            Self::Anonymous => flags.without(Flags::NEGOTIATE_SIGN | Flags::NEGOTIATE_SEAL),
            _ => settle::protected(flags, policy),
        }
    }

    /// The key that `hashes` give, and the comparison with what they give.
    #[cfg_attr(
        not(feature = "legacy"),
        expect(unused_variables, reason = "the flags choose between keys of the older dialects")
    )]
    pub(super) fn prove(
        &self,
        principal: &Principal,
        server_challenge: &[u8; 8],
        flags: Flags,
        hashes: &Hashes,
    ) -> Proof {
        let (proved, dialect, key_exchange_key) = match self {
            Self::V2 { proof, temp } => {
                let response_key = crypto::ntowf_v2(principal.user(), principal.domain(), &hashes.nt);
                let key_exchange_key = crypto::kxkey(&crypto::session_base_key_v2(&response_key, proof));
                let (proof, temp, is_known) = (*proof, temp.clone(), hashes.is_known);
                let comparison = Comparison::ToMake { response_key, proof, temp, is_known };
                return Proof { comparison, dialect: Dialect::V2, key_exchange_key };
            }
            Self::Anonymous => (Choice::from(1), Dialect::Anonymous, SessionKey::from_bytes(&[0; 16])),
            #[cfg(feature = "legacy")]
            Self::V1Extended { response, client_challenge } => {
                let (proved, key) =
                    older::prove_v1_extended(response, client_challenge, server_challenge, hashes);
                (proved, Dialect::V1Extended, key)
            }
            #[cfg(feature = "legacy")]
            Self::V1 { response, lm_response } => {
                let (proved, key) = older::prove_v1(response, lm_response, server_challenge, flags, hashes);
                (proved, Dialect::V1, key)
            }
            #[cfg(feature = "legacy")]
            Self::Lm(response) => older::prove_lm(response, principal, server_challenge, flags, hashes),
        };
        Proof { comparison: Comparison::Made(proved), dialect, key_exchange_key }
    }
}

/// Where `part` of `whole` stands in it.
fn place(part: &[u8], whole: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
    start..start.saturating_add(part.len())
}

/// The comparisons of the dialects before NTLMv2.
#[cfg(feature = "legacy")]
mod older {
    use super::{Choice, ConstantTimeEq, Dialect, Flags, Hashes, Principal, SessionKey, crypto};

    const EXTENDED: Flags = Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY;

    pub(super) fn prove_v1_extended(
        response: &[u8; 24],
        client_challenge: &[u8; 8],
        server_challenge: &[u8; 8],
        hashes: &Hashes,
    ) -> (Choice, SessionKey) {
        let ours = crypto::compute_response_v1(
            EXTENDED,
            &hashes.nt,
            &hashes.lm,
            server_challenge,
            client_challenge,
            false,
        );
        let key = crypto::kxkey_v1(
            EXTENDED,
            &ours.session_base_key,
            &ours.lm_response,
            server_challenge,
            &hashes.lm,
        );
        (ours.nt_response.ct_eq(response) & hashes.is_known, key)
    }

    /// Which form the response has, the LM response tells and not the flag: Java announces extended session security and
    /// answers without it, and Samba's server derives its keys so.
    pub(super) fn prove_v1(
        response: &[u8; 24],
        lm_response: &[u8; 24],
        server_challenge: &[u8; 8],
        flags: Flags,
        hashes: &Hashes,
    ) -> (Choice, SessionKey) {
        let flags = flags.without(EXTENDED);
        let ours =
            crypto::compute_response_v1(flags, &hashes.nt, &hashes.lm, server_challenge, &[0; 8], true);
        let base = &ours.session_base_key;
        let key = crypto::kxkey_v1(flags, base, lm_response, server_challenge, &hashes.lm);
        let needs_lm = flags.intersects(Flags::NEGOTIATE_LM_KEY | Flags::REQUEST_NON_NT_SESSION_KEY);
        let has_lm = hashes.is_lm_known | Choice::from(u8::from(!needs_lm));
        (ours.nt_response.ct_eq(response) & hashes.is_known & has_lm, key)
    }

    /// LMv2 if it fits as such, else LM. The document has no key for an LM response that comes alone; Samba takes that of
    /// REQUEST_NON_NT_SESSION_KEY (recording legacy-cntlm-LM), and for LMv2 the HMAC of the proof, as in NTLMv2.
    pub(super) fn prove_lm(
        response: &[u8; 24],
        principal: &Principal,
        server_challenge: &[u8; 8],
        flags: Flags,
        hashes: &Hashes,
    ) -> (Choice, Dialect, SessionKey) {
        let [proof @ .., _, _, _, _, _, _, _, _] = response;
        let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, client_challenge @ ..] = response;
        let response_key = crypto::ntowf_v2(principal.user(), principal.domain(), &hashes.nt);
        let is_v2 = crypto::nt_proof(&response_key, server_challenge, client_challenge).ct_eq(proof)
            & hashes.is_known;
        let key_v2 = crypto::session_base_key_v2(&response_key, proof);

        let flags = flags.without(EXTENDED).with(Flags::REQUEST_NON_NT_SESSION_KEY);
        let is_v1 = crypto::desl(hashes.lm.expose(), server_challenge).ct_eq(response) & hashes.is_lm_known;
        let base = SessionKey::from_bytes(&[0; 16]);
        let key_v1 = crypto::kxkey_v1(flags, &base, response, server_challenge, &hashes.lm);
        if bool::from(is_v2) { (is_v2, Dialect::LmV2, key_v2) } else { (is_v1, Dialect::Lm, key_v1) }
    }
}
