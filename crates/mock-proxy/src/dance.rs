//! Who asks: the verdict on each request of a connection, and what the transcript says of it.
//!
//! The judging is [`ServerAuth`]'s alone, the same for the proxy's 407 and the origin's 401. Here the request's field is
//! handed to it, and its verdict is put into the transcript's words, with the leg that later decides what goes wrong where.

use crate::Leg;
use crate::accounts::Store;
use crate::diagnosis;
use crate::fault::{Fault, Plan, without_mic};
use crate::transcript::{Outcome, Token};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gatepass_backend::{Accounts, NtHash, Principal, Request};
use gatepass_engine::Client;
use gatepass_http::{Mechanisms, Scheme, ServerAuth, Side, Verdict, challenges};
use gatepass_spnego::Token as Spnego;
use http::{HeaderMap, HeaderName};
use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};

/// What a listener needs to ask its clients who they are.
pub(crate) struct Gate {
    pub(crate) side: Side,
    pub(crate) mechanisms: Mechanisms,
    pub(crate) accounts: Arc<dyn Accounts>,
    /// Who is refused whatever the password.
    pub(crate) store: Arc<Store>,
    pub(crate) request: Request,
}

impl Gate {
    /// The dance of a new connection.
    pub(crate) fn open(&self) -> Dance {
        let asked = Arc::new(Asked { accounts: self.accounts.clone(), last: Mutex::new(None) });
        let auth = ServerAuth::new(self.side, self.mechanisms.clone(), asked.clone(), self.request.clone());
        Dance { auth, asked, store: self.store.clone() }
    }

    /// What is offered to who says nothing: the values of the challenge field.
    pub(crate) fn offer(&self) -> Vec<String> {
        self.open().judge(&HeaderMap::new(), &Plan::default()).values
    }

    /// The values of the challenge field with a CHALLENGE, as if there had been a NEGOTIATE; the offer where no scheme has one.
    pub(crate) fn unasked_challenge(&self) -> Vec<String> {
        let offer = self.offer();
        let binds = |value: &&String| matches!(value.as_str(), "NTLM" | "Negotiate");
        let Some(scheme) = offer.iter().find(binds) else { return offer };
        let negotiate = Client::new(gatepass_backend::Credentials::Anonymous).negotiate().1;
        let value = format!("{scheme} {}", BASE64_STANDARD.encode(negotiate));
        let mut fields = HeaderMap::new();
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(self.side.credentials_field().as_bytes()), value.parse())
        {
            fields.insert(name, value);
        }
        self.open().judge(&fields, &Plan::default()).values
    }
}

/// The dance of one connection.
pub(crate) struct Dance {
    auth: ServerAuth,
    asked: Arc<Asked>,
    store: Arc<Store>,
}

/// What became of one request.
pub(crate) struct Judgement {
    pub(crate) leg: Leg,
    pub(crate) token: Option<Token>,
    pub(crate) outcome: Outcome,
    pub(crate) challenge: Option<Token>,
    /// The values of the challenge field: what is offered, or the last word to who is let in.
    pub(crate) values: Vec<String>,
    /// The value of `Persistent-Auth` for who is let in.
    pub(crate) persistent: Option<&'static str>,
    /// What goes wrong on purpose in the answer.
    pub(crate) faults: Vec<Fault>,
}

impl Judgement {
    /// A request of which nobody is asked who makes it.
    pub(crate) fn open(plan: &Plan) -> Self {
        Self { faults: plan.due(Leg::Served), ..Self::without_dance(Leg::Served, Outcome::Open) }
    }

    /// A request that makes no sense, whoever makes it.
    pub(crate) const fn invalid(reason: String) -> Self {
        Self::without_dance(Leg::Offer, Outcome::Invalid(reason))
    }

    const fn without_dance(leg: Leg, outcome: Outcome) -> Self {
        Self {
            leg,
            token: None,
            outcome,
            challenge: None,
            values: Vec::new(),
            persistent: None,
            faults: Vec::new(),
        }
    }
}

impl Dance {
    /// Judges the next request by its fields, and says what goes wrong by `plan` in the answer.
    pub(crate) fn judge(&mut self, fields: &HeaderMap, plan: &Plan) -> Judgement {
        let name = self.auth.side().credentials_field();
        let mut lines = fields.get_all(name).iter();
        let (line, further) = (lines.next(), lines.next());
        let credentials = line.map(|value| Credentials::of(value.as_bytes())).unwrap_or_default();
        let token = credentials.token;
        // What bends an AUTHENTICATE must be known before it is judged; the leg of the others is known only afterwards.
        let early = token.as_ref().filter(|token| token.is_authenticate()).map(|_| plan.due(Leg::Verdict));
        let (verdict, reason) = match further {
            Some(_) => (Err(format!("more than one {name} field")), None),
            None => {
                let value = line.map(http::HeaderValue::as_bytes);
                let (verdict, reason) = match &early {
                    Some(faults) => {
                        let bent = faults.contains(&Fault::StripMic).then(|| without_mic(value?)).flatten();
                        diagnosis::listen(|| self.auth.request(bent.as_deref().or(value)))
                    }
                    None => (self.auth.request(value), None),
                };
                (verdict.map_err(|error| sentence(&error)), reason)
            }
        };
        let (outcome, values) = match verdict {
            Ok(Verdict::Granted(last)) => (self.granted(), last.into_iter().collect()),
            Ok(Verdict::Challenge(values)) => {
                (if credentials.begun { Outcome::Challenged } else { Outcome::Offered }, values)
            }
            Ok(Verdict::Refused(values)) => (Outcome::Refused(self.refusal(reason)), values),
            Err(reason) => (Outcome::Invalid(reason), Vec::new()),
        };
        let leg = match &token {
            Some(token) if token.is_authenticate() => Leg::Verdict,
            Some(_) => Leg::Challenge,
            None if credentials.begun => Leg::Challenge,
            None if self.auth.identity().is_some() => Leg::Served,
            None => Leg::Offer,
        };
        let challenge = values.iter().find_map(|value| Credentials::of(value.as_bytes()).token);
        let faults = match (early, &outcome) {
            (Some(faults), _) => faults,
            (None, Outcome::Invalid(_)) => Vec::new(),
            (None, _) => plan.due(leg),
        };
        let persistent = self.auth.persistent_auth();
        Judgement { leg, token, outcome, challenge, values, persistent, faults }
    }

    fn granted(&self) -> Outcome {
        // A verdict without an identity would be a mistake of the server's half; a test peer must not hide it.
        self.auth.identity().map_or_else(
            || Outcome::Refused("granted, but to nobody".to_owned()),
            |principal| Outcome::Granted(principal.clone()),
        )
    }

    /// Whose login was refused, and why.
    fn refusal(&self, reason: Option<String>) -> String {
        let reason = reason
            .or_else(|| self.auth.refusal().map(|error| sentence(error)))
            .unwrap_or_else(|| "no reason is given".to_owned());
        match self.asked.take() {
            Some(principal) => match self.store.refusal(&principal) {
                Some(why) => format!("{principal}: {why}"),
                None => format!("{principal}: {reason}"),
            },
            None => reason,
        }
    }
}

/// What the transcript keeps of the value of a challenge or credentials field. Those of Basic are a password, and not looked
/// at.
#[derive(Debug, Default)]
struct Credentials {
    /// The NTLM message, out of SPNEGO where it comes in that.
    token: Option<Token>,
    /// There is a token of NTLM or Negotiate, whatever is in it.
    begun: bool,
}

/// The NTLM message in the value of a challenge or credentials field, out of SPNEGO where it comes in that.
pub(crate) fn token_in(value: &[u8]) -> Option<Token> {
    Credentials::of(value).token
}

impl Credentials {
    fn of(value: &[u8]) -> Self {
        let found = challenges([value]).filter_map(Result::ok).find_map(|challenge| {
            let scheme = challenge.known_scheme().filter(|scheme| scheme.binds_connection())?;
            Some((scheme, challenge.token().ok().flatten()?))
        });
        match found {
            Some((Scheme::Negotiate, token)) => Self { token: unwrapped(&token), begun: true },
            Some((_, token)) => Self { token: Some(Token::new(token)), begun: true },
            None => Self::default(),
        }
    }
}

/// The mechanism's token in one of SPNEGO. What is no SPNEGO is kept as it is.
fn unwrapped(token: &[u8]) -> Option<Token> {
    let inner = match Spnego::decode(token) {
        Ok(Spnego::Init(init)) => init.mech_token,
        Ok(Spnego::Resp(resp)) => resp.response_token,
        Ok(Spnego::Raw(_)) | Err(_) => Some(token),
    };
    inner.filter(|inner| !inner.is_empty()).map(|inner| Token::new(inner.to_vec()))
}

/// An error with its causes.
fn sentence(error: &dyn StdError) -> String {
    let causes = std::iter::successors(error.source(), |cause: &&dyn StdError| (*cause).source());
    // Some errors say their cause themselves.
    causes.map(ToString::to_string).fold(error.to_string(), |text, cause| {
        if text.ends_with(&cause) { text } else { format!("{text}: {cause}") }
    })
}

/// An account store that remembers who was asked for last: a refusal does not say.
struct Asked {
    accounts: Arc<dyn Accounts>,
    last: Mutex<Option<Principal>>,
}

impl Asked {
    fn take(&self) -> Option<Principal> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Accounts for Asked {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).replace(principal.clone());
        self.accounts.nt_hash(principal)
    }
}
