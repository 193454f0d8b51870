//! Two honest parties: alice, who has a password, and a server that knows it.

use arbitrary::Arbitrary;
use gatepass_backend::{Accounts, Credentials, NtHash, Principal};
use gatepass_engine::{
    AwaitingAuthenticate, Client, Dialect, Error, NonceSource, Nonces, Policy, Server, Session, TargetInfo,
    crypto,
};
use gatepass_wire::{FileTime, NegotiateFlags};

/// What alice proves, and nobody else can.
pub const PASSWORD: &str = "correct horse";
pub const SERVER_CHALLENGE: [u8; 8] = *b"\x01\x23\x45\x67\x89\xab\xcd\xef";

/// Nonces that are the same in every run, so that a finding can be repeated.
#[derive(Debug)]
pub struct Fixed;

impl NonceSource for Fixed {
    fn nonces(&self) -> Result<Nonces, Error> {
        Ok(nonces())
    }
}

/// See [`Fixed`].
pub fn nonces() -> Nonces {
    Nonces::fixed_for_tests(SERVER_CHALLENGE, [0x55; 16], FileTime::from_unix_seconds(1_800_000_000))
}

/// Alice, and whether she knows her password.
pub fn credentials(right: bool) -> Credentials {
    Credentials::password("CORP\\alice", if right { PASSWORD } else { "wrong horse" })
}

/// Knows alice alone.
pub struct Alice;

impl Accounts for Alice {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        principal.user().eq_ignore_ascii_case("alice").then(|| crypto::ntowf_v1(PASSWORD))
    }
}

/// What a party puts up with.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Leniency {
    allowed: u8,
    dialect: u8,
}

impl Leniency {
    pub fn policy(self) -> Policy {
        let mut policy = Policy::new();
        if self.allowed & 1 != 0 {
            policy = policy.allow_ntlm_v1_insecure();
        }
        if self.allowed & 2 != 0 {
            policy = policy.allow_lm_insecure();
        }
        if self.allowed & 4 != 0 {
            policy = policy.allow_weak_keys_insecure();
        }
        if self.allowed & 8 != 0 {
            policy = policy.allow_anonymous();
        }
        policy
    }

    /// Whether nothing is allowed that the document's last dialect does not need.
    pub fn is_strict(self) -> bool {
        self.allowed & 7 == 0
    }

    /// The dialect that the client is told to speak, if any.
    pub fn dialect(self) -> Option<Dialect> {
        [
            None,
            Some(Dialect::Lm),
            Some(Dialect::V1),
            Some(Dialect::V1Extended),
            Some(Dialect::LmV2),
            Some(Dialect::V2),
        ][usize::from(self.dialect) % 6]
    }

    pub fn client(self, credentials: Credentials) -> Client {
        let client = Client::new(credentials).with_policy(self.policy());
        self.dialect().into_iter().fold(client, Client::with_dialect)
    }

    pub fn server(self) -> Server {
        Server::new(TargetInfo::new("CORP", "DC1")).with_policy(self.policy())
    }

    /// A server that wants the MIC too, which the older dialects do not have.
    pub fn server_for_mic(self) -> Server {
        Server::new(TargetInfo::new("CORP", "DC1")).with_policy(self.policy().requiring_mic())
    }
}

/// The verdict of a server that knows this password, on AUTHENTICATE.
pub fn verdict(
    waiting: AwaitingAuthenticate,
    authenticate: &[u8],
    password: &str,
) -> Result<gatepass_engine::Accepted, Error> {
    let (nt_hash, lm_hash) = (crypto::ntowf_v1(password), crypto::lmowf_v1(password));
    waiting.authenticate(authenticate)?.verify_with_lm_hash(Some(&nt_hash), Some(&lm_hash))
}

/// Both ends of a session after a handshake in which the client asked for all protection there is and the server said
/// `flags`; `None` where that comes to no session.
pub fn sessions(leniency: Leniency, flags: u32, requirements: u32) -> Option<(Session, Session)> {
    use gatepass_backend::{Attributes, Request};
    use gatepass_wire::{AvPairs, Challenge, Message, WireStr};
    let request = Request::new().with_requirements(Attributes::from_bits(requirements));
    let flags = NegotiateFlags::from_bits(flags);
    let datagram = flags.contains(NegotiateFlags::NEGOTIATE_DATAGRAM);
    let challenge = Challenge {
        target_name: WireStr::EMPTY,
        flags: flags.without(NegotiateFlags::NEGOTIATE_LOCAL_CALL),
        server_challenge: SERVER_CHALLENGE,
        reserved: None,
        target_info: flags
            .contains(NegotiateFlags::NEGOTIATE_TARGET_INFO)
            .then(|| AvPairs::new(b"\x02\x00\x02\x00C\x00\x00\x00\x00\x00")),
        version: None,
    };
    let challenge = challenge.encode().ok()?;
    let client = leniency.client(credentials(true)).with_request(request);
    let (negotiate, answer) = if datagram {
        (Vec::new(), client.answer(&challenge, nonces()).ok()?)
    } else {
        let (waiting, negotiate) = client.negotiate();
        (negotiate, waiting.challenge(&challenge, nonces()).ok()?)
    };
    let (ours, authenticate) = answer;
    let waiting = AwaitingAuthenticate::resume(&negotiate, &challenge).ok()?;
    let accepted = verdict(waiting.with_policy_of(leniency.server()), &authenticate, PASSWORD).ok()?;
    let theirs = accepted.into_session();
    assert_eq!(capabilities(ours.flags()), capabilities(theirs.flags()));
    assert_eq!(ours.exported_session_key().expose(), theirs.exported_session_key().expose());
    Some((ours, theirs))
}

/// Without the flag that is no capability: NEGOTIATE_VERSION says what stands in a message.
pub fn capabilities(flags: NegotiateFlags) -> NegotiateFlags {
    flags.without(NegotiateFlags::NEGOTIATE_VERSION)
}
