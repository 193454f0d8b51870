//! What a client claims to be, and the one way to an identity ([MS-NLMP] 3.2.5.1.2).
//!
//! ```text
//! Claim --verify--> Accepted      NTProofStr fits, the MIC fits where there must be one, the bindings fit
//!               \-> Error         otherwise
//! ```

use crate::crypto::{self, Rc4, ResponseKey, Side};
use crate::redacted::Redacted;
use crate::server::AwaitingAuthenticate;
use crate::{Accepted, Error, Incompatible, Session, accepted::Proved, settle};
use alloc::{string::String, vec::Vec};
use core::fmt;
use gatepass_backend::{NtHash, Principal, SessionKey};
use gatepass_wire::{Authenticate, AvId, AvPair, Message, NegotiateFlags as Flags, NtResponse, WireStr};
use subtle::{Choice, ConstantTimeEq};

/// What AUTHENTICATE says. Nothing of it is proved.
///
/// There is one try at it: what was refused is gone, and so is the challenge that it answered.
/// ```compile_fail,E0382
/// # use gatepass_engine::{Claim, crypto::ntowf_v1};
/// # fn guess(claim: Claim) {
/// let _ = claim.verify(Some(&ntowf_v1("secret")));
/// let _ = claim.verify(Some(&ntowf_v1("hunter2"))); // the claim was moved
/// # }
/// ```
pub struct Claim {
    waiting: AwaitingAuthenticate,
    authenticate: Vec<u8>,
    principal: Principal,
    workstation: Option<String>,
    target_name: Option<String>,
    flags: Flags,
    proof: [u8; 16],
    /// The client's response behind NTProofStr.
    temp: Vec<u8>,
    encrypted_key: Option<[u8; 16]>,
    mic: Mic,
    /// Each MsvAvChannelBindings but those of zeros, which say that there are none. A client that hands on what a relay
    /// planted in CHALLENGE has one too many.
    bindings: Vec<[u8; 16]>,
}

#[derive(Clone, Copy)]
enum Mic {
    /// MsvAvFlags declares none.
    Undeclared,
    /// MsvAvFlags, which NTProofStr covers, declares one, and the message has no place for it: it was cut out.
    Missing,
    Declared([u8; 16]),
}

impl Claim {
    pub(crate) fn read(waiting: AwaitingAuthenticate, bytes: &[u8]) -> Result<Self, Error> {
        let message = Authenticate::decode(bytes)?;
        let NtResponse::V2 { proof, raw, blob } = message.response()? else {
            tracing::debug!("denied: the response is below NTLMv2");
            return Err(Error::Denied);
        };
        let mic = match message.declared_mic() {
            Ok(mic) => mic.map_or(Mic::Undeclared, Mic::Declared),
            // The response is sound, so this is all that can be wrong: a refusal like any other, after the same work.
            Err(_) => Mic::Missing,
        };
        // A header without flags (52 bytes) is that of a client that keeps to the offer.
        let said = message.flags.unwrap_or(waiting.flags);
        let flags = said & waiting.flags;
        settle::demand(flags, settle::required(waiting.policy.request.requirements()))?;

        let principal = Principal::new(name(message.domain_name)?, name(message.user_name)?);
        if principal.user().is_empty() || said.contains(Flags::NEGOTIATE_ANONYMOUS) {
            tracing::debug!("denied: an anonymous logon with a response");
            return Err(Error::Denied);
        }
        let key_exchanged = flags.contains(Flags::NEGOTIATE_KEY_EXCH);
        let encrypted_key = message.exchanged_key()?.copied().filter(|_| key_exchanged);
        let (mut bindings, mut target_names) = (Vec::new(), Vec::new());
        for pair in blob.av_pairs {
            let AvPair { id, value } = pair?;
            match id {
                AvId::MSV_AV_CHANNEL_BINDINGS => bindings.extend(<[u8; 16]>::try_from(value)),
                AvId::MSV_AV_TARGET_NAME => target_names.push(value),
                _ => {}
            }
        }
        bindings.retain(|hash| *hash != [0; 16]);
        Ok(Self {
            principal,
            workstation: message.workstation.to_text().filter(|name| !name.is_empty()),
            target_name: only(&target_names).and_then(|name| WireStr::Utf16(name).to_text()),
            flags,
            proof: *proof,
            temp: raw.to_vec(),
            encrypted_key,
            mic,
            bindings,
            authenticate: bytes.to_vec(),
            waiting,
        })
    }

    /// The name under which to look for the NT hash: to the letter what the client sent, and what will be hashed.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whether the claim is proved by `nt_hash`, the NT hash of [`principal`](Self::principal); `None` when there is no
    /// such account.
    ///
    /// NTProofStr is compared always, the MIC wherever MsvAvFlags declares one or the server requires one; both in
    /// constant time, and each after all the work is done.
    ///
    /// # Errors
    /// [`Error::Denied`], whether the account is unknown, the password wrong or the MIC wrong or missing;
    /// [`Error::BadBindings`] for a client that proved who it is and named another channel, or none where one is
    /// required.
    pub fn verify(self, nt_hash: Option<&NtHash>) -> Result<Accepted, Error> {
        let known = Choice::from(u8::from(nt_hash.is_some()));
        let stand_in = NtHash::from_bytes([0; 16]);
        let nt_hash = nt_hash.unwrap_or(&stand_in);
        let response_key = crypto::ntowf_v2(self.principal.user(), self.principal.domain(), nt_hash);
        let proof = crypto::nt_proof(&response_key, &self.waiting.server_challenge, &self.temp);
        let proved = proof.ct_eq(&self.proof);
        let key = self.exported_session_key(&response_key);
        let mic = self.mic_fits(&key);
        let bindings = self.bindings_fit();
        if !bool::from(known & proved & mic) {
            tracing::debug!(
                user = %Redacted(self.principal.user()),
                domain = %Redacted(self.principal.domain()),
                known = bool::from(known),
                proof = bool::from(proved),
                mic = bool::from(mic),
                "denied"
            );
            return Err(Error::Denied);
        }
        let Some(bindings) = bindings else {
            tracing::debug!(user = %Redacted(self.principal.user()), "denied: channel bindings");
            return Err(Error::BadBindings);
        };
        let proved = Proved { mic: matches!(self.mic, Mic::Declared(_)), bindings };
        let session = Session::new(self.flags, key, Side::Server);
        Ok(Accepted::new(self.principal, self.workstation, self.target_name, proved, session))
    }

    fn exported_session_key(&self, response_key: &ResponseKey) -> SessionKey {
        let base = crypto::session_base_key_v2(response_key, &self.proof);
        let key_exchange_key = crypto::kxkey(&base);
        match self.encrypted_key {
            Some(encrypted) => {
                let mut key = zeroize::Zeroizing::new(encrypted);
                Rc4::keyed(&key_exchange_key).apply(&mut *key);
                SessionKey::from_bytes(&*key)
            }
            None => key_exchange_key,
        }
    }

    /// Whether the MIC is in order: right where there is one, absent only where none is due.
    fn mic_fits(&self, key: &SessionKey) -> Choice {
        let AwaitingAuthenticate { negotiate, challenge, policy, .. } = &self.waiting;
        match self.mic {
            Mic::Undeclared => Choice::from(u8::from(!policy.requires_mic)),
            Mic::Missing => {
                // Computed all the same, so that a MIC that was cut out costs what a wrong one does.
                let _ = crypto::mic(key, negotiate, challenge, &self.authenticate);
                Choice::from(0)
            }
            Mic::Declared(mic) => crypto::mic(key, negotiate, challenge, &self.authenticate).ct_eq(&mic),
        }
    }

    /// Whether the client named this server's channel; `None` when that is a refusal.
    fn bindings_fit(&self) -> Option<bool> {
        let policy = &self.waiting.policy;
        match (policy.request.bindings().map(crypto::cbt_hash), self.bindings.as_slice()) {
            (Some(ours), [first, rest @ ..]) => {
                let equal = rest.iter().fold(ours.ct_eq(first), |equal, other| equal & ours.ct_eq(other));
                bool::from(equal).then_some(true)
            }
            _ => (!policy.requires_bindings).then_some(false),
        }
    }
}

/// The one value that all of `values` have.
fn only<'a>(values: &[&'a [u8]]) -> Option<&'a [u8]> {
    let (first, rest) = values.split_first()?;
    rest.iter().all(|other| other == first).then_some(*first)
}

/// A name of AUTHENTICATE, which must be text to the last unit: it is looked up, hashed and reported.
fn name(name: WireStr<'_>) -> Result<String, Error> {
    name.to_text().ok_or(Error::Incompatible(Incompatible::Name))
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("principal", &self.principal)
            .field("workstation", &self.workstation)
            .field("target_name", &self.target_name)
            .field("flags", &self.flags)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::digest::work;
    use crate::recordings;

    fn claim(recording: &recordings::Recording, authenticate: &[u8]) -> Claim {
        let waiting = AwaitingAuthenticate::resume(&recording.negotiate, &recording.challenge).unwrap();
        waiting.authenticate(authenticate).unwrap()
    }

    #[test]
    fn a11_unknown_user_wrong_password_and_bad_mic_look_alike_and_cost_alike() {
        for name in ["pyspnego-proxy-get", "curl-7.88-proxy-get"] {
            let recording = recordings::named(name);
            let right = crypto::ntowf_v1(&recording.password);
            let wrong = crypto::ntowf_v1("another");
            let (cost, accepted) =
                work::of(|| claim(&recording, &recording.authenticate).verify(Some(&right)));
            assert!(accepted.is_ok(), "{name}");
            assert!(cost > 10, "{name}: {cost} compressions");
            for hash in [None, Some(&wrong)] {
                let (work, denied) = work::of(|| claim(&recording, &recording.authenticate).verify(hash));
                assert_eq!(denied.err(), Some(Error::Denied), "{name}");
                assert_eq!(work, cost, "{name}");
            }
        }
    }

    #[test]
    fn a11_a_mic_that_is_wrong_or_cut_out_costs_what_a_good_one_does() {
        let recording = recordings::named("pyspnego-proxy-get");
        let right = crypto::ntowf_v1(&recording.password);
        let (cost, _) = work::of(|| claim(&recording, &recording.authenticate).verify(Some(&right)));
        let mut wrong = recording.authenticate.clone();
        wrong[80] ^= 1;
        let message = Authenticate::decode(&recording.authenticate).unwrap();
        let cut_out = Authenticate { mic: None, ..message }.encode().unwrap();
        for message in [wrong, cut_out] {
            let (work, denied) = work::of(|| claim(&recording, &message).verify(Some(&right)));
            assert_eq!(denied.err(), Some(Error::Denied));
            // The message without a MIC is shorter by 16 bytes, for which the hash may need a block less.
            assert!((cost.saturating_sub(1)..=cost).contains(&work), "{work} and {cost}");
        }
    }
}
