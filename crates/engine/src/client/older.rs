//! The answers that are not NTLMv2 ([MS-NLMP] 3.3.1, 3.1.5.1.2). They have no AV pairs, and so no MIC.

use super::{Answered, AwaitingChallenge, VERSION, text};
use crate::crypto::{Rc4, Side};
use crate::{Dialect, Error, Session};
use alloc::vec::Vec;
use gatepass_backend::{Principal, SessionKey};
use gatepass_wire::{Authenticate, Message, NegotiateFlags as Flags};

/// What goes into AUTHENTICATE, and the KeyExchangeKey.
struct Response {
    nt: Vec<u8>,
    lm: Vec<u8>,
    key_exchange_key: SessionKey,
}

impl AwaitingChallenge {
    /// Answers in a dialect other than NTLMv2.
    pub(super) fn answer_older(
        self,
        dialect: Dialect,
        answered: &Answered<'_>,
    ) -> Result<(Session, Vec<u8>), Error> {
        let mut flags = answered.flags;
        let nobody = Principal::default();
        let (principal, response) = if dialect == Dialect::Anonymous {
            // For nobody there is no protection of messages (3.4).
            if flags.intersects(Flags::NEGOTIATE_SIGN | Flags::NEGOTIATE_SEAL) {
                return Err(Error::NoCredentials);
            }
            flags = flags | Flags::NEGOTIATE_ANONYMOUS;
            let key_exchange_key = SessionKey::from_bytes(&[0; 16]);
            (&nobody, Response { nt: Vec::new(), lm: [0].into(), key_exchange_key })
        } else {
            self.client.identity.older_response(dialect, answered, &self.client.policy)?
        };
        let exchanged = flags.contains(Flags::NEGOTIATE_KEY_EXCH);
        let mut encrypted = *answered.nonces.session_key;
        let key = if exchanged {
            Rc4::keyed(&response.key_exchange_key).apply(&mut encrypted);
            SessionKey::from_bytes(&*answered.nonces.session_key)
        } else {
            response.key_exchange_key
        };

        let unicode = flags.contains(Flags::NEGOTIATE_UNICODE);
        let (mut domain, mut user, mut workstation) = (Vec::new(), Vec::new(), Vec::new());
        self.client.encode(principal.domain(), unicode, &mut domain)?;
        self.client.encode(principal.user(), unicode, &mut user)?;
        self.client.encode(&self.client.workstation, unicode, &mut workstation)?;
        let authenticate = Authenticate {
            lm_response: &response.lm,
            nt_response: &response.nt,
            domain_name: text(&domain, unicode),
            user_name: text(&user, unicode),
            workstation: text(&workstation, unicode),
            encrypted_random_session_key: if exchanged { &encrypted } else { &[] },
            flags: Some(flags),
            version: Some(VERSION),
            mic: None,
        }
        .encode()?;
        Ok((Session::new(flags, key, Side::Client), authenticate))
    }
}

#[cfg(not(feature = "legacy"))]
impl super::Identity {
    /// Without the feature `legacy` no policy permits any of them.
    fn older_response(
        &self,
        _: Dialect,
        _: &Answered<'_>,
        _: &crate::Policy,
    ) -> Result<(&Principal, Response), Error> {
        Err(Error::Policy(crate::Requirement::Dialect))
    }
}

#[cfg(feature = "legacy")]
mod legacy {
    use super::{Answered, Dialect, Error, Flags, Principal, Response};
    use crate::client::Identity;
    use crate::crypto::{self, LmHash, response_v2};
    use crate::{Policy, Requirement};
    use alloc::vec::Vec;
    use gatepass_backend::{Credentials, NtHash};

    impl Identity {
        /// The response in `dialect`, which the policy permits.
        pub(super) fn older_response(
            &self,
            dialect: Dialect,
            answered: &Answered<'_>,
            policy: &Policy,
        ) -> Result<(&Principal, Response), Error> {
            let (server_challenge, client_challenge) =
                (&answered.message.server_challenge, &answered.nonces.challenge);
            if dialect == Dialect::LmV2 {
                let (principal, key) = self.response_key()?;
                let lm = response_v2::lm_response_v2(&key, server_challenge, client_challenge);
                let [proof @ .., _, _, _, _, _, _, _, _] = &lm;
                let key_exchange_key = crypto::kxkey(&crypto::session_base_key_v2(&key, proof));
                return Ok((principal, Response { nt: Vec::new(), lm: lm.into(), key_exchange_key }));
            }
            let (principal, nt_hash, lm_hash) = self.hashes()?;
            let flags = match dialect {
                Dialect::V1Extended => answered.flags,
                _ => answered.flags.without(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY),
            };
            // An LM response is made where it is wanted, and where the session key is made of the LM hash; nowhere else.
            let lm_key = flags.intersects(Flags::NEGOTIATE_LM_KEY | Flags::REQUEST_NON_NT_SESSION_KEY);
            let wants_lm = dialect == Dialect::Lm || (lm_key && dialect == Dialect::V1);
            if wants_lm && !policy.permits(Dialect::Lm) {
                return Err(Error::Policy(Requirement::Dialect));
            }
            let known = if wants_lm { Some(lm_hash.ok_or(Error::NoCredentials)?) } else { None };
            let no_lm_response = known.is_none();
            let lm_hash = known.unwrap_or(LmHash::from_bytes([0; 16]));
            let ours = crypto::compute_response_v1(
                flags,
                &nt_hash,
                &lm_hash,
                server_challenge,
                client_challenge,
                no_lm_response,
            );
            // The document has no key for an LM response that comes alone; Samba's is that of REQUEST_NON_NT_SESSION_KEY
            // (recording legacy-cntlm-LM).
            let alone = dialect == Dialect::Lm;
            let key_flags = if alone { flags | Flags::REQUEST_NON_NT_SESSION_KEY } else { flags };
            let key_exchange_key = crypto::kxkey_v1(
                key_flags,
                &ours.session_base_key,
                &ours.lm_response,
                server_challenge,
                &lm_hash,
            );
            let nt = if alone { Vec::new() } else { ours.nt_response.into() };
            Ok((principal, Response { nt, lm: ours.lm_response.into(), key_exchange_key }))
        }

        /// The name and the hashes; that of LM only from a password.
        fn hashes(&self) -> Result<(&Principal, NtHash, Option<LmHash>), Error> {
            match self {
                Self::Credentials(Credentials::Password(principal, password)) => {
                    let password = password.expose();
                    Ok((principal, crypto::ntowf_v1(password), Some(crypto::lmowf_v1(password))))
                }
                Self::Credentials(Credentials::NtHash(principal, hash)) => {
                    Ok((principal, hash.clone(), None))
                }
                _ => Err(Error::NoCredentials),
            }
        }
    }
}
