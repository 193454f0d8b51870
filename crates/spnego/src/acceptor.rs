//! The server.
//!
//! ```text
//! Acceptor --NegTokenInit--> Chosen --responseToken--> Chosen, until the mechanism is done
//!                                                  --> Complete, or AwaitingMic --mechListMIC--> Complete
//!          --NTLM without SPNEGO--> the mechanism itself
//! ```
//! Every error that is not of NTLM without SPNEGO carries a NegTokenResp with `reject` ([`Error::token`]), for protocols that
//! have a place for it.

use crate::mechanism::{Mechanism, with_integrity};
use crate::reply::{answer, rejecting, resp};
use crate::{Failure, NegState, NegTokenInit, NegTokenResp, Oid, Token};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::fmt;
use gatepass_backend::{Accounts, Attributes, Error, Handshake, Request, SecurityContext, Step};

/// A server that has heard nothing yet.
pub(crate) struct Acceptor {
    mechanisms: Vec<Mechanism>,
    accounts: Arc<dyn Accounts>,
    request: Request,
}

impl Acceptor {
    pub(crate) fn new(mechanisms: Vec<Mechanism>, accounts: Arc<dyn Accounts>, request: Request) -> Self {
        Self { mechanisms, accounts, request }
    }

    fn mechanism(&self, oid: Oid<'_>) -> Option<&Mechanism> {
        self.mechanisms.iter().find(|mechanism| mechanism.oids.contains(&oid))
    }

    fn choose(&self, init: &NegTokenInit<'_>) -> Result<Step, Error> {
        let mut offered = init.mech_types.iter();
        let known = offered.find_map(|oid| Some((oid, self.mechanism(oid)?)));
        let (oid, mechanism) = known.ok_or(Failure::NoCommonMechanism)?;
        let first = init.mech_types.iter().next().is_some_and(|first| mechanism.oids.contains(&first));
        let request = if first { self.request.clone() } else { with_integrity(&self.request) };
        let handshake = mechanism.backend.accept(Arc::clone(&self.accounts), &request)?;
        let list = init.mech_types.as_bytes().to_vec();
        let chosen = Chosen { list, handshake, demanded: !first };
        match init.mech_token {
            Some(token) if first => chosen.take(token, init.mech_list_mic, Some(oid)),
            // The optimistic token is another mechanism's.
            _ => {
                let state = if first { NegState::AcceptIncomplete } else { NegState::RequestMic };
                let answer = NegTokenResp {
                    neg_state: Some(state),
                    supported_mech: Some(oid),
                    ..NegTokenResp::default()
                };
                Ok(Step::Continue { token: answer.encode(), next: Box::new(chosen) })
            }
        }
    }
}

impl Handshake for Acceptor {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        match Token::decode(token).map_err(|error| rejecting(error.into()))? {
            Token::Init(init) => self.choose(&init).map_err(rejecting),
            Token::Resp(_) => Err(rejecting(Failure::OutOfTurn("NegTokenResp").into())),
            Token::Raw(message) => {
                let ntlm = self.mechanism(Oid::NTLMSSP).ok_or(Failure::NoCommonMechanism)?;
                ntlm.backend.accept(Arc::clone(&self.accounts), &self.request)?.step(message)
            }
        }
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor")
            .field("mechanisms", &self.mechanisms)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// A mechanism is chosen and under way.
#[derive(Debug)]
struct Chosen {
    /// The client's list as it came.
    list: Vec<u8>,
    handshake: Box<dyn Handshake>,
    /// Whether the client's checksum of the list must come.
    demanded: bool,
}

impl Handshake for Chosen {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let taken = answer(token).and_then(|answer| {
            let token = answer.response_token.ok_or(Failure::OutOfTurn("responseToken"))?;
            self.take(token, answer.mech_list_mic, None)
        });
        taken.map_err(rejecting)
    }
}

impl Chosen {
    /// Takes the mechanism's next token; `choice` is what the first answer must name.
    fn take(self, token: &[u8], mic: Option<&[u8]>, choice: Option<Oid<'_>>) -> Result<Step, Error> {
        let mut answer = NegTokenResp { supported_mech: choice, ..NegTokenResp::default() };
        let (token, mut context) = match self.handshake.step(token)? {
            // No client can have a checksum before the mechanism is done, but in NegTokenInit it means nothing.
            Step::Continue { .. } if mic.is_some() && choice.is_none() => {
                return Err(Failure::OutOfTurn("mechListMIC").into());
            }
            Step::Continue { token, next } => {
                answer.neg_state = Some(NegState::AcceptIncomplete);
                answer.response_token = Some(&token);
                let next = Self { handshake: next, ..self };
                return Ok(Step::Continue { token: answer.encode(), next: Box::new(next) });
            }
            Step::Complete { token, context } => (token, context),
        };
        let protects = context.attributes().contains(Attributes::INTEGRITY);
        if self.demanded && !protects {
            return Err(Failure::Unprotected.into());
        }
        // Without integrity it cannot be read, and nothing depends on it.
        let mic = mic.filter(|_| protects);
        if let Some(mic) = mic {
            context.verify_mech_list_mic(&self.list, mic)?;
        }
        let waits = self.demanded && mic.is_none();
        // Whoever sends the mechanism's last token sends the checksum with it.
        if waits && token.is_none() {
            return Err(Failure::NoMechListMic.into());
        }
        let ours = if waits || mic.is_some() { Some(context.mech_list_mic(&self.list)?) } else { None };
        answer.neg_state = Some(if waits { NegState::AcceptIncomplete } else { NegState::AcceptCompleted });
        answer.response_token = token.as_deref();
        answer.mech_list_mic = ours.as_deref();
        let token = answer.encode();
        Ok(if waits {
            Step::Continue { token, next: Box::new(AwaitingMic { list: self.list, context }) }
        } else {
            Step::Complete { token: Some(token), context }
        })
    }
}

/// The mechanism is done, and the client's checksum is missing.
#[derive(Debug)]
struct AwaitingMic {
    list: Vec<u8>,
    context: Box<dyn SecurityContext>,
}

impl Handshake for AwaitingMic {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        self.finish(token).map_err(rejecting)
    }
}

impl AwaitingMic {
    fn finish(mut self, token: &[u8]) -> Result<Step, Error> {
        let answer = answer(token)?;
        if answer.response_token.is_some() {
            return Err(Failure::OutOfTurn("responseToken").into());
        }
        let mic = answer.mech_list_mic.ok_or(Failure::NoMechListMic)?;
        self.context.verify_mech_list_mic(&self.list, mic)?;
        let token = resp(NegState::AcceptCompleted, None, None);
        Ok(Step::Complete { token: Some(token), context: self.context })
    }
}
