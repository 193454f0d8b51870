//! The client ([MS-NLMP] 3.1.5.1).
//!
//! ```text
//! Client --negotiate--> AwaitingChallenge --challenge--> Session
//!                       NEGOTIATE goes out               CHALLENGE came in, AUTHENTICATE goes out
//! ```

use crate::crypto::{self, Rc4, Side};
use crate::{Error, Incompatible, Nonces, Session, settle, target};
use alloc::{string::String, vec::Vec};
use core::fmt;
use gatepass_backend::{Credentials, NtHash, Principal, Request, SessionKey};
use gatepass_wire::{
    Authenticate, AvPairs, Challenge, Message, Negotiate, NegotiateFlags as Flags, Version, WireStr, utf16le,
};

/// The VERSION that this engine sends: a field for people who debug, on which nothing depends ([MS-NLMP] 2.2.2.10). It
/// is always there, for gss-ntlmssp refuses a NEGOTIATE that is shorter than 40 bytes.
pub(crate) const VERSION: Version = Version::new(10, 0, 0);

/// A client that has not begun.
#[derive(Debug)]
pub struct Client {
    credentials: Credentials,
    request: Request,
    workstation: String,
}

impl Client {
    /// A client with these credentials: a password, or the NT hash of one. The name is sent as it is. No domain means
    /// that an empty one is sent and hashed, and the server takes its own (recording curl-7.88-no-domain); so it is
    /// with `user@realm`.
    #[must_use]
    pub fn new(credentials: Credentials) -> Self {
        Self { credentials, request: Request::new(), workstation: String::new() }
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

    /// Begins: the state that waits for CHALLENGE, and the NEGOTIATE for the server.
    #[must_use]
    pub fn negotiate(self) -> (AwaitingChallenge, Vec<u8>) {
        let flags = settle::client(self.request.requirements());
        let message = Negotiate { flags, domain_name: b"", workstation: b"", version: Some(VERSION) };
        // Only a name can be too long, and there is none.
        let negotiate = message.encode().unwrap_or_default();
        (AwaitingChallenge { client: self, flags, negotiate: negotiate.clone() }, negotiate)
    }
}

/// A client that waits for CHALLENGE.
pub struct AwaitingChallenge {
    client: Client,
    /// What NEGOTIATE offered.
    flags: Flags,
    /// NEGOTIATE as it went out, for the MIC.
    negotiate: Vec<u8>,
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
    /// requires, [`Error::Incompatible`] for want of a charset or when a name cannot be written in the server's,
    /// [`Error::NoCredentials`] for credentials other than a password or an NT hash, [`Error::TooLong`] when a name does
    /// not fit. AUTHENTICATE then does not exist.
    pub fn challenge(self, challenge: &[u8], nonces: Nonces) -> Result<(Session, Vec<u8>), Error> {
        let message = Challenge::decode(challenge)?;
        let requirements = self.client.request.requirements();
        settle::possible(requirements)?;
        let flags = settle::settle(message.flags, self.flags, settle::required(requirements))?;
        let (principal, nt_hash) = identity(&self.client.credentials)?;

        let info = message.target_info.unwrap_or(AvPairs::new(&[]));
        let timestamp = info.timestamp()?;
        let target_info =
            target::answer(info, self.client.request.bindings(), self.client.request.target_name())?;
        let response = crypto::compute_response_v2(
            &crypto::ntowf_v2(principal.user(), principal.domain(), &nt_hash),
            &message.server_challenge,
            &nonces.challenge,
            timestamp.unwrap_or(nonces.now),
            &target_info,
        );
        // With a timestamp the LM response is of no use to the server (3.1.5.1.2), and more to guess by for a listener.
        let lm_response = if timestamp.is_some() { [0; 24] } else { response.lm_response };

        let key_exchange_key = crypto::kxkey(&response.session_base_key);
        let (key, encrypted_key) = if flags.contains(Flags::NEGOTIATE_KEY_EXCH) {
            let mut encrypted = *nonces.session_key;
            Rc4::keyed(&key_exchange_key).apply(&mut encrypted);
            (SessionKey::from_bytes(&*nonces.session_key), Some(encrypted))
        } else {
            (key_exchange_key, None)
        };

        let unicode = flags.contains(Flags::NEGOTIATE_UNICODE);
        let (domain, user) = (encode(principal.domain(), unicode)?, encode(principal.user(), unicode)?);
        let workstation = encode(&self.client.workstation, unicode)?;
        let mut authenticate = Authenticate {
            lm_response: &lm_response,
            nt_response: &response.nt_response,
            domain_name: text(&domain, unicode),
            user_name: text(&user, unicode),
            workstation: text(&workstation, unicode),
            encrypted_random_session_key: encrypted_key.as_ref().map(|key| &key[..]).unwrap_or_default(),
            flags: Some(flags),
            version: Some(VERSION),
            mic: Some([0; 16]),
        }
        .encode()?;
        let mic = crypto::mic(&key, &self.negotiate, challenge, &authenticate);
        Authenticate::put_mic(&mut authenticate, &mic)?;
        Ok((Session::new(flags, key, Side::Client), authenticate))
    }
}

impl fmt::Debug for AwaitingChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitingChallenge").field("client", &self.client).finish_non_exhaustive()
    }
}

/// The name and the NT hash in `credentials`.
fn identity(credentials: &Credentials) -> Result<(&Principal, NtHash), Error> {
    match credentials {
        Credentials::Password(principal, password) => Ok((principal, crypto::ntowf_v1(password.expose()))),
        Credentials::NtHash(principal, hash) => Ok((principal, hash.clone())),
        _ => Err(Error::NoCredentials),
    }
}

/// `name` in the charset of the message. The OEM code page of the server is not known, so OEM is ASCII.
fn encode(name: &str, unicode: bool) -> Result<Vec<u8>, Error> {
    if unicode {
        Ok(utf16le(name))
    } else if name.is_ascii() {
        Ok(name.as_bytes().to_vec())
    } else {
        Err(Error::Incompatible(Incompatible::Name))
    }
}

/// `bytes`, as [`encode`] made them.
pub(crate) const fn text(bytes: &[u8], unicode: bool) -> WireStr<'_> {
    if unicode { WireStr::Utf16(bytes) } else { WireStr::Oem(bytes) }
}
