//! The client ([MS-NLMP] 3.1.5.1).
//!
//! ```text
//! Client --negotiate--> AwaitingChallenge --challenge--> Session
//!                       NEGOTIATE goes out               CHALLENGE came in, AUTHENTICATE goes out
//!        --answer----------------------------------------> Session      the same without a NEGOTIATE, for datagrams
//! ```

mod older;

use crate::crypto::{self, Completion, ResponseKey, Side, response_v2};
use crate::{Dialect, Error, Incompatible, Nonces, Policy, Requirement, Session, settle, target};
use alloc::{string::String, vec::Vec};
use core::{fmt, ops::Range};
use gatepass_backend::{Credentials, Principal, Request, SessionKey};
use gatepass_wire::{
    Authenticate, AvPairs, Challenge, Message, Negotiate, NegotiateFlags as Flags, Version, WireStr,
    extend_utf16le,
};

/// The VERSION that this engine sends: a field for people who debug, on which nothing depends ([MS-NLMP] 2.2.2.10). It
/// is always there, for gss-ntlmssp refuses a NEGOTIATE that is shorter than 40 bytes.
pub(crate) const VERSION: Version = Version::new(10, 0, 0);

/// How long the NEGOTIATE of this engine is, in bytes: it has no names.
const NEGOTIATE: usize = 40;

/// A client that has not begun.
#[derive(Debug)]
pub struct Client {
    identity: Identity,
    request: Request,
    workstation: String,
    policy: Policy,
    dialect: Option<Dialect>,
}

/// As whom the client logs in.
#[derive(Debug)]
enum Identity {
    Credentials(Credentials),
    ResponseKey(Principal, ResponseKey),
}

impl Client {
    /// A client with these credentials: a password, the NT hash of one, the NTOWFv2 that was kept of either, or those of nobody
    /// (`Anonymous`). The name is sent as it is. No domain means that an empty one is sent and hashed, and the server takes its own (recording curl-7.88-no-domain); so it is
    /// with `user@realm`.
    #[must_use]
    pub fn new(credentials: Credentials) -> Self {
        Self::of(match credentials {
            Credentials::NtOwfV2(principal, key) => {
                Identity::ResponseKey(principal, ResponseKey::from_bytes(*key.expose()))
            }
            other => Identity::Credentials(other),
        })
    }

    /// A client whose NTOWFv2 is known: [`ntowf_v2`](crypto::ntowf_v2) of the user and domain of `principal` and of the
    /// NT hash. It is half of the work that a handshake makes, and need be done only once.
    #[must_use]
    pub fn from_response_key(principal: Principal, key: ResponseKey) -> Self {
        Self::of(Identity::ResponseKey(principal, key))
    }

    fn of(identity: Identity) -> Self {
        Self {
            identity,
            request: Request::new(),
            workstation: String::new(),
            policy: Policy::default(),
            dialect: None,
        }
    }

    /// With a target name, channel bindings, requirements (the arguments of `InitializeSecurityContext`).
    #[must_use]
    pub fn with_request(mut self, request: Request) -> Self {
        self.request = request;
        self
    }

    /// With the name of this machine, which AUTHENTICATE tells the server; none is sent otherwise.
    #[must_use]
    pub fn with_workstation(mut self, name: impl Into<String>) -> Self {
        self.workstation = name.into();
        self
    }

    /// With what it puts up with: dialects below NTLMv2, weak keys; and the code page of a server without Unicode.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Answers with this dialect, which the policy must permit. Otherwise it is NTLMv2; or, where the policy permits
    /// NTLMv1 and the server sends no target info, without which there was no NTLMv2 in its time, NTLMv1.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Begins: the state that waits for CHALLENGE, and the NEGOTIATE for the server.
    #[must_use]
    pub fn negotiate(self) -> (AwaitingChallenge, Vec<u8>) {
        let flags = settle::client(self.request.requirements(), &self.policy, self.dialect);
        let message = Negotiate { flags, domain_name: b"", workstation: b"", version: Some(VERSION) };
        // Only a name can be too long, and there is none.
        let negotiate = message.encode().unwrap_or_default();
        let kept = negotiate.as_slice().try_into().ok();
        (AwaitingChallenge { client: self, flags, negotiate: kept }, negotiate)
    }
}

impl Client {
    /// Answers the CHALLENGE of a server that began without a NEGOTIATE, for datagrams ([MS-NLMP] 1.3.1.2, 3.1.5.2.1): the
    /// session, which is one for [`Session::datagrams`], and the AUTHENTICATE.
    ///
    /// # Errors
    /// As [`AwaitingChallenge::challenge`]; [`Error::Policy`] too when the server does not mean datagrams.
    pub fn answer(self, challenge: &[u8], nonces: Nonces) -> Result<(Session, Vec<u8>), Error> {
        let connectionless = Flags::NEGOTIATE_DATAGRAM | Flags::NEGOTIATE_KEY_EXCH;
        let flags = settle::client(self.request.requirements(), &self.policy, self.dialect) | connectionless;
        AwaitingChallenge { client: self, flags, negotiate: None }.challenge(challenge, nonces)
    }
}

/// A client that waits for CHALLENGE.
pub struct AwaitingChallenge {
    client: Client,
    /// What NEGOTIATE offered.
    flags: Flags,
    /// NEGOTIATE as it went out, for the MIC; `None` where none did.
    negotiate: Option<[u8; NEGOTIATE]>,
}

impl AwaitingChallenge {
    /// Answers CHALLENGE: the session, and the AUTHENTICATE for the server. Whether the server lets the client in, only
    /// the server can say; of the server nothing is proved until it signs a message.
    ///
    /// The time is that of the server's MsvAvTimestamp, or `nonces`' where there is none. There is always a MIC: the
    /// document's condition for it is a timestamp from the server, but who stands in between could take that out, and
    /// the flag that announces the target info too.
    ///
    /// # Errors
    /// [`Error::Malformed`] when `challenge` is no CHALLENGE, [`Error::Policy`] when the server lacks what the request
    /// requires or the policy does not permit the dialect, [`Error::Incompatible`] for want of a charset or when a name cannot be written in the server's,
    /// [`Error::NoCredentials`] for credentials of which the dialect can make nothing, [`Error::TooLong`] when a name does
    /// not fit. AUTHENTICATE then does not exist.
    //
    // Longer than a screen: the steps are those of 3.1.5.1.2, in its order, on one piece of memory.
    pub fn challenge(self, challenge: &[u8], nonces: Nonces) -> Result<(Session, Vec<u8>), Error> {
        let message = Challenge::decode(challenge)?;
        let Client { request, policy, .. } = &self.client;
        let connectionless = self.flags & Flags::NEGOTIATE_DATAGRAM;
        settle::possible(request.requirements(), connectionless != Flags::EMPTY)?;
        let required = settle::required(request.requirements(), policy) | connectionless;
        let flags = settle::agree(message.flags, self.flags, required, policy)?;
        let answered = Answered { bytes: challenge, message, flags, nonces };
        match self.dialect(&answered)? {
            Dialect::V2 => self.answer_v2(answered),
            dialect => self.answer_older(dialect, &answered),
        }
    }

    /// The dialect of the answer.
    fn dialect(&self, answered: &Answered<'_>) -> Result<Dialect, Error> {
        let Client { identity, policy, dialect, .. } = &self.client;
        let extended = answered.flags.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
        let dialect = match *dialect {
            // There is nothing to prove, and nothing to permit: the caller says whose login it is.
            _ if identity.is_anonymous() => return Ok(Dialect::Anonymous),
            Some(Dialect::V1Extended) if !extended => {
                return Err(Error::Policy(Requirement::ExtendedSessionSecurity));
            }
            Some(dialect) => dialect,
            None if answered.message.target_info.is_some() => Dialect::V2,
            None if extended && policy.permits(Dialect::V1Extended) => Dialect::V1Extended,
            None if policy.permits(Dialect::V1) => Dialect::V1,
            None => Dialect::V2,
        };
        if policy.permits(dialect) { Ok(dialect) } else { Err(Error::Policy(Requirement::Dialect)) }
    }

    /// Answers with NTLMv2.
    fn answer_v2(self, answered: Answered<'_>) -> Result<(Session, Vec<u8>), Error> {
        let Answered { bytes: challenge, message, flags, nonces } = answered;
        let (principal, response_key) = self.client.identity.response_key()?;
        let info = message.target_info.unwrap_or(AvPairs::new(&[]));
        let timestamp = info.timestamp()?;
        // One piece of memory for all that AUTHENTICATE is put together from: the names, and the response behind them.
        let unicode = flags.contains(Flags::NEGOTIATE_UNICODE);
        let names = [principal.domain(), principal.user(), &self.client.workstation];
        let request = &self.client.request;
        let size = names
            .iter()
            .fold(response_v2::FIXED, |size, name| size.saturating_add(name.len()))
            .saturating_mul(2)
            .saturating_add(target::answer_size(info, request.target_name()));
        let mut parts = Vec::with_capacity(size);
        let mut ends = [0; 3];
        for (name, end) in names.into_iter().zip(&mut ends) {
            self.client.encode(name, unicode, &mut parts)?;
            *end = parts.len();
        }
        let [domain_end, user_end, names_end] = ends;
        response_v2::begin(&mut parts, &nonces.challenge, timestamp.unwrap_or(nonces.now));
        target::write_answer(&mut parts, info, request.bindings(), request.target_name())?;
        parts.extend_from_slice(&response_v2::END);
        let server_challenge = &message.server_challenge;
        // With a timestamp the LM response is of no use to the server (3.1.5.1.2), and more to guess by for a listener.
        let lm_response = match timestamp {
            Some(_) => [0; 24],
            None => response_v2::lm_response_v2(&response_key, server_challenge, &nonces.challenge),
        };
        let exchanges = flags.contains(Flags::NEGOTIATE_KEY_EXCH);
        let part = |range: Range<usize>| parts.get(range).unwrap_or_default();
        let mut authenticate = Authenticate {
            lm_response: &lm_response,
            nt_response: part(names_end..parts.len()),
            domain_name: text(part(0..domain_end), unicode),
            user_name: text(part(domain_end..user_end), unicode),
            workstation: text(part(user_end..names_end), unicode),
            encrypted_random_session_key: if exchanges { &[0; 16] } else { &[] },
            flags: Some(flags),
            version: Some(VERSION),
            mic: Some([0; 16]),
        }
        .encode()?;
        let temp = part(names_end.saturating_add(response_v2::PROOF)..parts.len());
        let negotiate = self.negotiate.as_ref().map_or(&[][..], |message| message);
        let completion =
            Completion { response_key: &response_key, server_challenge, temp, negotiate, challenge };
        let (header, rest) = Authenticate::split_at_response(&mut authenticate)?;
        let (key, mic) = if exchanges {
            let mic = completion.with_exchange(&nonces.session_key, header, rest);
            (SessionKey::from_bytes(&*nonces.session_key), mic)
        } else {
            let response_at = header.len();
            completion.without_exchange(&mut authenticate, response_at)
        };
        Authenticate::put_mic(&mut authenticate, &mic)?;
        Ok((Session::new(flags, key, Side::Client), authenticate))
    }
}

/// A CHALLENGE that is to be answered, and what was settled.
struct Answered<'a> {
    bytes: &'a [u8],
    message: Challenge<'a>,
    flags: Flags,
    nonces: Nonces,
}

impl Client {
    /// Appends `name` in the charset of the message.
    fn encode(&self, name: &str, unicode: bool, out: &mut Vec<u8>) -> Result<(), Error> {
        if unicode {
            extend_utf16le(out, name);
            return Ok(());
        }
        let bytes = self.policy.code_page().encode(name).ok_or(Error::Incompatible(Incompatible::Name))?;
        out.extend_from_slice(&bytes);
        Ok(())
    }
}

impl Identity {
    const fn is_anonymous(&self) -> bool {
        matches!(self, Self::Credentials(Credentials::Anonymous))
    }

    /// The name, and NTOWFv2.
    fn response_key(&self) -> Result<(&Principal, ResponseKey), Error> {
        let (principal, nt_hash) = match self {
            Self::ResponseKey(principal, key) => return Ok((principal, key.clone())),
            Self::Credentials(Credentials::Password(principal, password)) => {
                (principal, crypto::ntowf_v1(password.expose()))
            }
            Self::Credentials(Credentials::NtHash(principal, hash)) => (principal, hash.clone()),
            Self::Credentials(_) => return Err(Error::NoCredentials),
        };
        Ok((principal, crypto::ntowf_v2(principal.user(), principal.domain(), &nt_hash)))
    }
}

impl fmt::Debug for AwaitingChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitingChallenge").field("client", &self.client).finish_non_exhaustive()
    }
}

/// `bytes` in the charset of a message.
pub(crate) const fn text(bytes: &[u8], unicode: bool) -> WireStr<'_> {
    if unicode { WireStr::Utf16(bytes) } else { WireStr::Oem(bytes) }
}
