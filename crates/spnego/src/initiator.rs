//! The client.
//!
//! ```text
//! initiate --> Offered --supportedMech: the first--------> Chosen --responseToken--> Chosen, until the mechanism is done
//!                      --supportedMech: another one------> Chosen                 --> Finishing, or Complete
//!              Finishing --accept-completed--> Complete
//! ```
//! | state | waits for | sends |
//! |---|---|---|
//! | `Offered` | the server's choice | NegTokenInit before; then the chosen mechanism's next token, or another's first one |
//! | `Chosen` | the mechanism's next token | the mechanism's next token; after its last, mechListMIC with it |
//! | `Finishing` | mechListMIC and accept-completed | nothing more |

use crate::failure::none_began;
use crate::mechanism::{Mechanism, with_integrity};
use crate::reply::{answer, resp};
use crate::{Failure, MechTypes, NegState, NegTokenInit, NegTokenResp, encode_mech_types};
use alloc::{boxed::Box, vec::Vec};
use gatepass_backend::{
    Attributes, Credentials, Error, ErrorKind, Handshake, Request, SecurityContext, Step,
};

/// Begins the first mechanism that can begin, and offers it and all after it.
pub(crate) fn initiate(
    mechanisms: &[Mechanism],
    credentials: &Credentials,
    request: &Request,
) -> Result<Step, Error> {
    // In SPNEGO the client has the first word (RFC 4178 section 4.2.1), without a connection the server.
    if request.requirements().contains(Attributes::DATAGRAM) {
        return Err(ErrorKind::Unsupported.into());
    }
    let mut errors = Vec::new();
    let mut rest = mechanisms;
    while let Some((first, others)) = rest.split_first() {
        match first.backend.initiate(credentials, request) {
            Ok(step) => return offer(step, first, others, credentials, request),
            Err(error) if cannot_begin(error.kind()) => errors.push(error),
            Err(error) => return Err(error),
        }
        rest = others;
    }
    Err(none_began(errors))
}

/// Whether the mechanism failed before it could try a login.
fn cannot_begin(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NoCredentials
            | ErrorKind::TargetUnknown
            | ErrorKind::NoAuthority
            | ErrorKind::TimeSkew
            | ErrorKind::Unsupported
            | ErrorKind::Policy
    )
}

fn offer(
    step: Step,
    first: &Mechanism,
    others: &[Mechanism],
    credentials: &Credentials,
    request: &Request,
) -> Result<Step, Error> {
    let oids: Vec<_> =
        first.oids.iter().chain(others.iter().flat_map(|other| &other.oids)).copied().collect();
    let list = encode_mech_types(&oids);
    let (mech_token, state) = match step {
        Step::Continue { token, next } => (Some(token), Mech::Running(next)),
        Step::Complete { token, context } => (token, Mech::Done(context)),
    };
    let token = NegTokenInit {
        mech_types: MechTypes::decode(&list)?,
        req_flags: None,
        mech_token: mech_token.as_deref(),
        neg_hints: None,
        mech_list_mic: None,
    }
    .encode();
    let next = Offered {
        list,
        first: first.clone(),
        optimistic: state,
        others: others.to_vec(),
        credentials: credentials.clone(),
        request: request.clone(),
    };
    Ok(Step::Continue { token, next: Box::new(next) })
}

/// How far the mechanism is.
#[derive(Debug)]
enum Mech {
    Running(Box<dyn Handshake>),
    Done(Box<dyn SecurityContext>),
}

impl Mech {
    fn conclude(self) -> Result<Box<dyn SecurityContext>, Error> {
        match self {
            Self::Running(handshake) => handshake.conclude(),
            Self::Done(context) => Ok(context),
        }
    }
}

/// The server has not chosen yet.
#[derive(Debug)]
struct Offered {
    list: Vec<u8>,
    first: Mechanism,
    optimistic: Mech,
    others: Vec<Mechanism>,
    credentials: Credentials,
    request: Request,
}

impl Handshake for Offered {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let answer = answer(token)?;
        let strict = self.request.requirements() != Attributes::none();
        let chosen =
            |mechanism: &&Mechanism| answer.supported_mech.is_none_or(|oid| mechanism.oids.contains(&oid));
        if chosen(&&self.first) {
            let demand = match answer.neg_state {
                Some(NegState::RequestMic) => Demand::Requested,
                _ => Demand::Optional,
            };
            return Chosen { list: self.list, mech: self.optimistic, demand, strict }.take(&answer);
        }
        let other = self.others.iter().find(chosen).ok_or(Failure::OutOfTurn("supportedMech"))?;
        // The server knows of the other mechanism only that it has it.
        match answer {
            NegTokenResp { response_token: Some(_), .. } => Err(Failure::OutOfTurn("responseToken").into()),
            NegTokenResp { mech_list_mic: Some(_), .. } => Err(Failure::OutOfTurn("mechListMIC").into()),
            NegTokenResp { neg_state: Some(NegState::AcceptCompleted), .. } => {
                Err(Failure::OutOfTurn("accept-completed").into())
            }
            _ => {
                let begun = other.backend.initiate(&self.credentials, &with_integrity(&self.request))?;
                go_on(self.list, begun, Demand::Required, strict, &NegTokenResp::default())
            }
        }
    }
    /// A server that says nothing has chosen nothing else.
    fn conclude(self: Box<Self>) -> Result<Box<dyn SecurityContext>, Error> {
        self.optimistic.conclude()
    }
}

/// The server has chosen a mechanism, which is under way, or done without a word of the server. A supportedMech that comes now
/// is passed over ([MS-SPNG] 3.3.5).
#[derive(Debug)]
struct Chosen {
    list: Vec<u8>,
    mech: Mech,
    demand: Demand,
    /// The caller requires something of the context.
    strict: bool,
}

/// Whether the server's checksum of the list must come (RFC 4178 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demand {
    /// The first choice was taken: nothing can have been lost.
    Optional,
    /// It was, but the server wants the checksums exchanged, if the mechanism can make them.
    Requested,
    /// Another choice was taken.
    Required,
}

impl Handshake for Chosen {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        self.take(&answer(token)?)
    }

    fn conclude(self: Box<Self>) -> Result<Box<dyn SecurityContext>, Error> {
        // The checksum comes after the mechanism.
        if self.demand == Demand::Optional {
            self.mech.conclude()
        } else {
            Err(Failure::NoMechListMic.into())
        }
    }
}

impl Chosen {
    fn take(self, answer: &NegTokenResp<'_>) -> Result<Step, Error> {
        let mut answer = *answer;
        // Windows 2000 repeats the token in the place of the checksum (Samba and pyspnego pass over it too). Where nothing
        // depends on the checksum that is harmless.
        if self.demand == Demand::Optional && answer.mech_list_mic == answer.response_token {
            answer.mech_list_mic = None;
        }
        let step = match (self.mech, answer.response_token) {
            (Mech::Running(handshake), Some(token)) => handshake.step(token)?,
            (Mech::Done(context), None) => Step::Complete { token: None, context },
            _ => return Err(Failure::OutOfTurn("responseToken").into()),
        };
        go_on(self.list, step, self.demand, self.strict, &answer)
    }
}

/// What follows from the mechanism's step and the rest of the server's answer.
fn go_on(
    list: Vec<u8>,
    step: Step,
    demand: Demand,
    strict: bool,
    answer: &NegTokenResp<'_>,
) -> Result<Step, Error> {
    let completed = answer.neg_state == Some(NegState::AcceptCompleted);
    let (token, mut context) = match step {
        Step::Continue { .. } if completed => return Err(Failure::OutOfTurn("accept-completed").into()),
        Step::Continue { .. } if answer.mech_list_mic.is_some() => {
            return Err(Failure::OutOfTurn("mechListMIC").into());
        }
        Step::Continue { token, next } => {
            let token = resp(NegState::AcceptIncomplete, Some(&token), None);
            let next = Chosen { list, mech: Mech::Running(next), demand, strict };
            return Ok(Step::Continue { token, next: Box::new(next) });
        }
        Step::Complete { token, context } => (token, context),
    };
    let protects = context.attributes().contains(Attributes::INTEGRITY);
    if demand == Demand::Required && !protects {
        return Err(Failure::Unprotected.into());
    }
    let mut due = Due { demanded: protects && demand != Demand::Optional, possible: protects };
    due.check(&mut *context, &list, answer.mech_list_mic)?;
    if completed {
        return match token {
            Some(_) => Err(Failure::OutOfTurn("accept-completed").into()),
            None => due.complete(context),
        };
    }
    // The server waits for the mechanism's last token, for the checksum, or for both.
    let mic = if protects { Some(context.mech_list_mic(&list)?) } else { None };
    if token.is_none() && mic.is_none() {
        return Err(Failure::OutOfTurn("accept-incomplete").into());
    }
    let state = if due.possible { NegState::AcceptIncomplete } else { NegState::AcceptCompleted };
    let token = resp(state, token.as_deref(), mic.as_deref());
    Ok(Step::Continue { token, next: Box::new(Finishing { list, context, due, strict }) })
}

/// What the server still owes of its checksum.
#[derive(Clone, Copy, Debug)]
struct Due {
    demanded: bool,
    possible: bool,
}

impl Due {
    fn check(
        &mut self,
        context: &mut dyn SecurityContext,
        list: &[u8],
        mic: Option<&[u8]>,
    ) -> Result<(), Error> {
        // Without integrity it cannot be read, and nothing depends on it.
        if let (Some(mic), true) = (mic, self.possible) {
            context.verify_mech_list_mic(list, mic)?;
            *self = Self { demanded: false, possible: false };
        }
        Ok(())
    }

    fn complete(self, context: Box<dyn SecurityContext>) -> Result<Step, Error> {
        if self.demanded {
            return Err(Failure::NoMechListMic.into());
        }
        Ok(Step::Complete { token: None, context })
    }
}

/// The mechanism is done, and all is sent.
#[derive(Debug)]
struct Finishing {
    list: Vec<u8>,
    context: Box<dyn SecurityContext>,
    due: Due,
    strict: bool,
}

impl Handshake for Finishing {
    fn step(mut self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let answer = answer(token)?;
        if answer.response_token.is_some() {
            return Err(Failure::OutOfTurn("responseToken").into());
        }
        if !matches!(answer.neg_state, Some(NegState::AcceptCompleted) | None) {
            return Err(Failure::OutOfTurn("negState").into());
        }
        self.due.check(&mut *self.context, &self.list, answer.mech_list_mic)?;
        self.due.complete(self.context)
    }

    /// The server has our checksum, and refuses a list that was changed on its way. Its own may have no room: Squid's answer to a
    /// CONNECT that NTLM opened, where Kerberos was the first choice, has none. Nothing is proved by such a server, and whoever
    /// requires nothing of the context believes nothing that it did not believe before the login.
    fn conclude(self: Box<Self>) -> Result<Box<dyn SecurityContext>, Error> {
        if self.due.demanded && self.strict {
            return Err(Failure::NoMechListMic.into());
        }
        Ok(self.context)
    }
}
