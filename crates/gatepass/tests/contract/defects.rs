//! Backends with one defect each: the suite must find it.
//!
//! | part | where the defect sits |
//! |---|---|
//! | [`Defective`] | what it makes of requests, credentials and accounts |
//! | `Running` | the handshake |
//! | `Protected` | the context |

use gatepass::{
    Accounts, Attributes, Backend, ChannelBindings, Credentials, Error, ErrorKind, Handshake, NtHash,
    Principal, Request, SecurityContext, SessionKey, Step,
};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

/// What is wrong with a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    SaysMoreThanIsDue,
    LetsEverybodyIn,
    TellsUnknownUsersApart,
    CallsABadTokenAFailureOfThePlatform,
    PanicsOnAnEmptyToken,
    PanicsOnAShortToken,
    StepsOnItsOwnThreadOnly,
    ConcludesAtOnce,
    GivesAwayThePasswordInErrors,
    GivesAwayThePasswordInDebug,
    SendsOtherBindings,
    LooksAtNoBindings,
    InventsBindings,
    PassesOverDelegation,
    HasAPasswordForTheCurrentUser,
    ShoutsNames,
    HasOneKeyForAll,
    ClaimsToSeal,
    SignsTheStartOnly,
    SignsNothingForNothing,
    SealsByDoingNothing,
    VerifiesAnything,
    VerifiesTwice,
    LivesOnAfterAnError,
    CountsNoDatagrams,
    SignsTheListAsAMessage,
}

/// A backend with a defect.
#[derive(Debug)]
pub(crate) struct Defective(pub(crate) Arc<dyn Backend>, pub(crate) Defect);

impl Defective {
    fn request(&self, request: &Request) -> Request {
        let bindings = ChannelBindings::raw(b"tls-server-end-point:another");
        let bare = Request::new().with_requirements(request.requirements());
        match (self.1, request.bindings()) {
            (Defect::SendsOtherBindings, Some(_)) | (Defect::InventsBindings, None) => {
                request.clone().with_bindings(bindings)
            }
            (Defect::LooksAtNoBindings, _) => bare,
            (Defect::PassesOverDelegation, _) => {
                let possible = Attributes::from_bits(request.requirements().bits() & !1);
                request.clone().with_requirements(possible)
            }
            _ => request.clone(),
        }
    }
}

impl Backend for Defective {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        let somebody = Credentials::password("CORP\\alice", super::pairs::PASSWORD);
        let credentials = match credentials {
            Credentials::CurrentUser if self.1 == Defect::HasAPasswordForTheCurrentUser => &somebody,
            credentials => credentials,
        };
        let unknown = Arc::new(AtomicBool::new(false));
        after(self.1, self.0.initiate(credentials, &self.request(request)), &unknown)
    }

    fn accept(&self, accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        let unknown = Arc::new(AtomicBool::new(false));
        let watched = Arc::new(Watched(accounts, Arc::clone(&unknown)));
        let inner = self.0.accept(watched, &self.request(request))?;
        Ok(Box::new(Running { inner, defect: self.1, unknown, thread: thread::current().id() }))
    }
}

/// Accounts that tell when they were asked in vain.
struct Watched(Arc<dyn Accounts>, Arc<AtomicBool>);

impl Accounts for Watched {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        let found = self.0.nt_hash(principal);
        self.1.store(found.is_none(), Relaxed);
        found
    }
}

struct Running {
    inner: Box<dyn Handshake>,
    defect: Defect,
    unknown: Arc<AtomicBool>,
    thread: ThreadId,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Running")?;
        if self.defect == Defect::GivesAwayThePasswordInDebug {
            write!(f, "{:?}", super::pairs::PASSWORD.as_bytes())?;
        }
        Ok(())
    }
}

impl Handshake for Running {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        match self.defect {
            Defect::PanicsOnAnEmptyToken => assert!(token[0] > 0 || token.len() > 1),
            Defect::PanicsOnAShortToken => assert_eq!(token[..8].len(), 8),
            Defect::StepsOnItsOwnThreadOnly if self.thread != thread::current().id() => {
                return Err(ErrorKind::Internal.into());
            }
            _ => {}
        }
        after(self.defect, self.inner.step(token), &self.unknown)
    }

    fn conclude(self: Box<Self>) -> Result<Box<dyn SecurityContext>, Error> {
        match self.defect {
            Defect::ConcludesAtOnce => Ok(Box::new(Nothing)),
            _ => self.inner.conclude(),
        }
    }
}

/// What becomes of a step.
fn after(defect: Defect, step: Result<Step, Error>, unknown: &Arc<AtomicBool>) -> Result<Step, Error> {
    match step {
        Ok(Step::Continue { token, next: inner }) => {
            let next =
                Running { inner, defect, unknown: Arc::clone(unknown), thread: thread::current().id() };
            Ok(Step::Continue { token, next: Box::new(next) })
        }
        Ok(Step::Complete { token, context }) => {
            let more = defect == Defect::SaysMoreThanIsDue;
            let token = token.or(more.then(|| b"and another thing".to_vec()));
            let peer = context.peer().map(|peer| Principal::new(peer.domain(), peer.user().to_uppercase()));
            let seen = Mutex::new(Vec::new());
            Ok(Step::Complete { token, context: Box::new(Protected { inner: context, defect, peer, seen }) })
        }
        Err(error) => match (defect, error.kind()) {
            (Defect::LetsEverybodyIn, ErrorKind::LogonDenied) => {
                Ok(Step::Complete { token: None, context: Box::new(Nothing) })
            }
            (Defect::TellsUnknownUsersApart, kind) if unknown.load(Relaxed) => {
                Err(Error::new(kind).with_token(b"no such user".to_vec()))
            }
            (Defect::CallsABadTokenAFailureOfThePlatform, ErrorKind::InvalidToken) => {
                Err(ErrorKind::Internal.into())
            }
            (Defect::GivesAwayThePasswordInErrors, kind) => {
                Err(Error::with_source(kind, format!("not {}", super::pairs::PASSWORD)))
            }
            _ => Err(error),
        },
    }
}

#[derive(Debug)]
struct Protected {
    inner: Box<dyn SecurityContext>,
    defect: Defect,
    /// The peer's name in capitals.
    peer: Option<Principal>,
    /// The signatures that were verified.
    seen: Mutex<Vec<Vec<u8>>>,
}

impl Protected {
    fn counted(&self, number: u32) -> u32 {
        if self.defect == Defect::CountsNoDatagrams { 0 } else { number }
    }
}

impl SecurityContext for Protected {
    fn attributes(&self) -> Attributes {
        let claimed = match self.defect {
            Defect::ClaimsToSeal => Attributes::CONFIDENTIALITY,
            _ => Attributes::none(),
        };
        self.inner.attributes() | claimed
    }

    fn peer(&self) -> Option<&Principal> {
        match self.defect {
            Defect::ShoutsNames => self.peer.as_ref(),
            _ => self.inner.peer(),
        }
    }

    fn session_key(&self) -> Option<SessionKey> {
        match self.defect {
            Defect::HasOneKeyForAll => Some(SessionKey::from_bytes(&[7; 16])),
            _ => self.inner.session_key(),
        }
    }

    fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        if self.defect == Defect::SignsNothingForNothing && message.is_empty() {
            return Ok(Vec::new());
        }
        let signed = match self.defect {
            Defect::SignsTheStartOnly => message.get(..65536).unwrap_or(message),
            _ => message,
        };
        match self.inner.sign(signed) {
            Err(error) if self.defect == Defect::LivesOnAfterAnError => match error.kind() {
                ErrorKind::OutOfSequence => Ok(vec![0; 16]),
                _ => Err(error),
            },
            result => result,
        }
    }

    fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let mut seen = self.seen.lock().unwrap();
        let twice = self.defect == Defect::VerifiesTwice && seen.iter().any(|one| one == signature);
        if twice || self.defect == Defect::VerifiesAnything {
            return Ok(());
        }
        self.inner.verify(message, signature).inspect(|()| seen.push(signature.to_vec()))
    }

    fn seal(&mut self, message: &mut [u8]) -> Result<Vec<u8>, Error> {
        match self.defect {
            Defect::SealsByDoingNothing => self.inner.sign(message),
            _ => self.inner.seal(message),
        }
    }

    fn unseal(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        match self.defect {
            Defect::SealsByDoingNothing => self.inner.verify(message, signature),
            _ => self.inner.unseal(message, signature),
        }
    }

    fn sign_datagram(&mut self, number: u32, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.inner.sign_datagram(self.counted(number), message)
    }

    fn verify_datagram(&mut self, number: u32, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.inner.verify_datagram(self.counted(number), message, signature)
    }

    fn mech_list_mic(&mut self, list: &[u8]) -> Result<Vec<u8>, Error> {
        match self.defect {
            Defect::SignsTheListAsAMessage => self.inner.sign(list),
            _ => self.inner.mech_list_mic(list),
        }
    }

    fn verify_mech_list_mic(&mut self, list: &[u8], mic: &[u8]) -> Result<(), Error> {
        self.inner.verify_mech_list_mic(list, mic)
    }
}

/// A context that nobody proved anything for.
#[derive(Debug)]
struct Nothing;

impl SecurityContext for Nothing {
    fn attributes(&self) -> Attributes {
        Attributes::none()
    }

    fn peer(&self) -> Option<&Principal> {
        None
    }

    fn session_key(&self) -> Option<SessionKey> {
        None
    }

    fn sign(&mut self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(ErrorKind::Unsupported.into())
    }

    fn verify(&mut self, _: &[u8], _: &[u8]) -> Result<(), Error> {
        Err(ErrorKind::Unsupported.into())
    }

    fn seal(&mut self, _: &mut [u8]) -> Result<Vec<u8>, Error> {
        Err(ErrorKind::Unsupported.into())
    }

    fn unseal(&mut self, _: &mut [u8], _: &[u8]) -> Result<(), Error> {
        Err(ErrorKind::Unsupported.into())
    }
}
