//! What a client claims to be, and the one way to an identity ([MS-NLMP] 3.2.5.1.2).
//!
//! ```text
//! Claim --verify--> Accepted      the response fits, the MIC fits where there must be one, the policy is met
//!               \-> Error         otherwise
//! ```

mod response;

use crate::crypto::{self, Rc4, Side};
use crate::redacted::Redacted;
use crate::server::AwaitingAuthenticate;
use crate::{
    Accepted, Bindings, Dialect, Error, Incompatible, Session, accepted::Names, accepted::Proved, code_page,
    settle,
};
use alloc::string::String;
use core::fmt;
use gatepass_backend::{NtHash, Principal, SessionKey};
use gatepass_wire::{
    Authenticate, AvId, AvPair, AvPairs, Challenge, FileTime, Message, NegotiateFlags as Flags, NtResponse,
    WireStr,
};
use response::{Comparison, Hashes, Response};
use subtle::{Choice, ConstantTimeEq};

/// What AUTHENTICATE says. Nothing of it is proved.
///
/// It holds all that is needed to verify it, so it may wait, on another thread too, for a store of accounts that is asked
/// asynchronously.
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
    /// With AUTHENTICATE among its messages.
    waiting: AwaitingAuthenticate,
    principal: Principal,
    names: Names,
    /// What both sides said.
    flags: Flags,
    response: Response,
    encrypted_key: Option<[u8; 16]>,
    mic: Mic,
    blob: Blob,
}

#[derive(Clone, Copy)]
enum Mic {
    /// MsvAvFlags declares none.
    Undeclared,
    /// MsvAvFlags, which NTProofStr covers, declares one, and the message has no place for it: it was cut out.
    Missing,
    Declared([u8; 16]),
}

/// What an NTLMv2 response says beside the proof; the older ones say nothing.
#[derive(Default)]
struct Blob {
    time: Option<FileTime>,
    /// The client has the target name from a source that it does not trust.
    untrusted: bool,
    /// MsvAvChannelBindings, but those of zeros, which say that there are none. A client that hands on what a relay planted
    /// in CHALLENGE has one too many.
    bindings: Said<[u8; 16]>,
}

/// What is said once, or several times alike, or not alike.
#[derive(Clone, Copy, Default)]
enum Said<T> {
    #[default]
    Nothing,
    One(T),
    Contradictory,
}

impl<T: PartialEq + Copy> Said<T> {
    fn add(&mut self, value: T) {
        *self = match *self {
            Self::Nothing => Self::One(value),
            Self::One(said) if said == value => Self::One(said),
            Self::One(_) | Self::Contradictory => Self::Contradictory,
        };
    }

    fn one(self) -> Option<T> {
        if let Self::One(value) = self { Some(value) } else { None }
    }
}

impl Claim {
    pub(crate) fn read(mut waiting: AwaitingAuthenticate, bytes: &[u8]) -> Result<Self, Error> {
        let message = Authenticate::decode(bytes)?;
        let policy = &waiting.policy;
        let said_response = message.response()?;
        let Some(response) = Response::read(&said_response, &message, bytes, policy) else {
            tracing::debug!(dialect = said_response.dialect(), "denied: the response is below NTLMv2");
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
        let required = settle::required(waiting.request.requirements(), policy)
            .with(waiting.flags & Flags::NEGOTIATE_DATAGRAM);
        settle::demand(response.protected(flags, policy), required)?;

        let (principal, workstation) = if response.dialect() == Some(Dialect::Anonymous) {
            (Principal::default(), WireStr::EMPTY)
        } else {
            let principal = principal(&message, &waiting)?;
            if principal.user().is_empty() || said.contains(Flags::NEGOTIATE_ANONYMOUS) {
                tracing::debug!("denied: an anonymous logon with a response");
                return Err(Error::Denied);
            }
            (principal, message.workstation)
        };
        let key_exchanged = flags.contains(Flags::NEGOTIATE_KEY_EXCH);
        let encrypted_key = message.exchanged_key()?.copied().filter(|_| key_exchanged);
        let (blob, target) = Blob::read(&said_response)?;
        let names = Names::read(workstation, target, policy.code_page());
        waiting.messages.add_authenticate(bytes);
        Ok(Self { waiting, principal, names, flags, response, encrypted_key, mic, blob })
    }

    /// The name under which to look for the NT hash: to the letter what the client sent, and what will be hashed. Empty for
    /// nobody.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whether the client claims to be nobody, for whom there is nothing to look up. Such a claim exists only after
    /// [`Policy::allow_anonymous`](crate::Policy::allow_anonymous).
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.response.dialect() == Some(Dialect::Anonymous)
    }

    /// Whether the claim is proved by `nt_hash`, the NT hash of [`principal`](Self::principal); `None` when there is no
    /// such account.
    ///
    /// The response is compared always, the MIC wherever MsvAvFlags declares one or the server requires one; both in
    /// constant time, and each after all the work is done.
    ///
    /// # Errors
    /// [`Error::Denied`], whether the account is unknown, the password wrong or the MIC wrong or missing. For a client that
    /// proved who it is: [`Error::BadBindings`] when it named another channel, or none where one is required;
    /// [`Error::WrongTarget`] when it means none of the policy's targets; [`Error::TimeSkew`] when its time is too far from
    /// the server's.
    pub fn verify(self, nt_hash: Option<&NtHash>) -> Result<Accepted, Error> {
        self.prove(Hashes::new(nt_hash))
    }

    /// [`verify`](Self::verify) where the LM hash is known too: without it there is no LM response to compare, and no
    /// session key that is made of it.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    #[cfg(feature = "legacy")]
    pub fn verify_with_lm_hash(
        self,
        nt_hash: Option<&NtHash>,
        lm_hash: Option<&crypto::LmHash>,
    ) -> Result<Accepted, Error> {
        self.prove(Hashes::new(nt_hash).with_lm(lm_hash))
    }

    fn prove(self, hashes: Hashes) -> Result<Accepted, Error> {
        let policy = &self.waiting.policy;
        let proof = self.response.prove(&self.principal, &self.waiting.server_challenge, self.flags, &hashes);
        let key = self.exported_session_key(proof.key_exchange_key);
        let (proved, mic) = self.compare(&proof.comparison, &key);
        let (bindings, target, time) = (self.bindings_fit(), self.target_fits(), self.time_fits());
        let permitted = policy.permits(proof.dialect);
        if !bool::from(proved & mic) || !permitted {
            tracing::debug!(
                user = %Redacted(self.principal.user()),
                domain = %Redacted(self.principal.domain()),
                dialect = %proof.dialect,
                known = hashes.is_known(),
                proof = bool::from(proved),
                mic = bool::from(mic),
                "denied"
            );
            return Err(Error::Denied);
        }
        let refused = |reason, error| {
            tracing::debug!(user = %Redacted(self.principal.user()), "denied: {reason}");
            Err(error)
        };
        let Some(bindings) = bindings else { return refused("channel bindings", Error::BadBindings) };
        let Some(target) = target else { return refused("target name", Error::WrongTarget) };
        if !time {
            return refused("time", Error::TimeSkew);
        }
        let proved =
            Proved { dialect: proof.dialect, mic: matches!(self.mic, Mic::Declared(_)), bindings, target };
        let session = Session::new(self.response.protected(self.flags, policy), key, Side::Server);
        Ok(Accepted::new(self.principal, self.names, proved, session))
    }

    fn exported_session_key(&self, key_exchange_key: SessionKey) -> SessionKey {
        match self.encrypted_key {
            Some(encrypted) => {
                let mut key = zeroize::Zeroizing::new(encrypted);
                Rc4::keyed(&key_exchange_key).apply(&mut *key);
                SessionKey::from_bytes(&*key)
            }
            None => key_exchange_key,
        }
    }

    /// Whether the response fits, and whether the MIC is in order: right where there is one, absent only where none is due.
    fn compare(&self, comparison: &Comparison, key: &SessionKey) -> (Choice, Choice) {
        let AwaitingAuthenticate { messages, policy, server_challenge, .. } = &self.waiting;
        let absent = Choice::from(u8::from(!policy.mic));
        let (response_key, proof, temp, is_known) = match comparison {
            // There was no MIC before NTLMv2.
            Comparison::Made(fits) => return (*fits, absent),
            Comparison::ToMake { response_key, proof, temp, is_known } => {
                (response_key, proof, temp.clone(), *is_known)
            }
        };
        let authenticate = messages.authenticate();
        let proved = [server_challenge, authenticate.get(temp).unwrap_or_default()];
        let both = || {
            crypto::mic_beside_proof(key, messages.before_authenticate(), authenticate, response_key, proved)
        };
        let (ours, mic) = match self.mic {
            Mic::Undeclared => (crypto::nt_proof(response_key, server_challenge, proved[1]), absent),
            // Computed all the same, so that a MIC that was cut out costs what a wrong one does.
            Mic::Missing => (both().1, Choice::from(0)),
            Mic::Declared(mic) => {
                let (ours, proof) = both();
                (proof, ours.ct_eq(&mic))
            }
        };
        (ours.ct_eq(proof) & is_known, mic)
    }

    /// Whether the client named this server's channel; `None` when that is a refusal.
    fn bindings_fit(&self) -> Option<bool> {
        let AwaitingAuthenticate { policy, request, .. } = &self.waiting;
        if policy.bindings == Bindings::Ignored {
            return Some(false);
        }
        match (request.bindings().map(crypto::cbt_hash), self.blob.bindings) {
            (Some(ours), Said::One(theirs)) => bool::from(ours.ct_eq(&theirs)).then_some(true),
            (Some(_), Said::Contradictory) => None,
            _ => (policy.bindings != Bindings::Required).then_some(false),
        }
    }

    /// Whether the client means a service of this server; `None` when that is a refusal.
    fn target_fits(&self) -> Option<bool> {
        let targets = &self.waiting.policy.targets;
        if targets.is_empty() {
            return Some(false);
        }
        let name = self.names.target().filter(|_| !self.blob.untrusted)?;
        targets.iter().any(|target| target.eq_ignore_ascii_case(name)).then_some(true)
    }

    /// Whether the response is as old as the CHALLENGE, within the policy's limits. Without a time on either side that
    /// cannot be said, and is not assumed.
    fn time_fits(&self) -> bool {
        let Some(skew) = self.waiting.policy.skew else { return true };
        let challenge = Challenge::decode(self.waiting.messages.challenge()).ok();
        let info = challenge.as_ref().and_then(|challenge| challenge.target_info);
        let now = info.and_then(|info| info.timestamp().ok().flatten());
        now.zip(self.blob.time).is_some_and(|(now, time)| now.abs_diff(time) <= skew)
    }
}

impl Blob {
    /// With the one MsvAvTargetName.
    fn read<'a>(response: &NtResponse<'a>) -> Result<(Self, Option<&'a [u8]>), Error> {
        let NtResponse::V2 { blob, .. } = response else { return Ok((Self::default(), None)) };
        let (mut bindings, mut target_name) = (Said::Nothing, Said::Nothing);
        for pair in blob.av_pairs {
            let AvPair { id, value } = pair?;
            match (id, <[u8; 16]>::try_from(value)) {
                (AvId::MSV_AV_CHANNEL_BINDINGS, Ok(hash)) if hash.iter().any(|byte| *byte != 0) => {
                    bindings.add(hash);
                }
                (AvId::MSV_AV_TARGET_NAME, _) => target_name.add(value),
                _ => {}
            }
        }
        let flags = blob.av_pairs.flags()?.unwrap_or_default();
        let untrusted = flags & AvPairs::FLAG_UNTRUSTED_SPN != 0;
        Ok((Self { time: Some(blob.time), untrusted, bindings }, target_name.one()))
    }
}

/// The names under which an account is looked up, hashed and reported: each must be text to the last unit.
fn principal(message: &Authenticate<'_>, waiting: &AwaitingAuthenticate) -> Result<Principal, Error> {
    let names = [message.domain_name, message.user_name];
    let mut text = String::with_capacity(names.iter().map(|name| name.as_bytes().len()).sum());
    let mut user_at = 0;
    for name in names {
        user_at = text.len();
        if !code_page::extend(name, waiting.policy.code_page(), &mut text) {
            return Err(Error::Incompatible(Incompatible::Name));
        }
    }
    Principal::joined(text, user_at).ok_or(Error::Incompatible(Incompatible::Name))
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("principal", &self.principal)
            .field("names", &self.names)
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
