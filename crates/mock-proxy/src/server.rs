//! The NTLM server behind the offers: its names, its clock, what it demands.

use crate::Error;
use crate::accounts::Domain;
use crate::script::{ServerChallenge, ServerPolicy};
use gatepass_backend::Backend;
use gatepass_engine::{
    Bindings, Error as NtlmError, NonceSource, Nonces, Ntlm, Policy, SystemNonces, TargetInfo, crypto,
};
use gatepass_http::{Basic, Mechanisms, Scheme};
use gatepass_spnego::{Oid, Spnego};
use gatepass_wire::{FileTime, NegotiateFlags, Version};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The NetBIOS name of the mock as a server.
const COMPUTER: &str = "MOCKPROXY";

/// What a mock proxy and its origin let in.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    names: TargetInfo,
    policy: Policy,
    /// Where there is a channel to be bound to.
    bindings: Bindings,
    version: Option<Version>,
    /// Seconds.
    skew: f64,
}

impl Server {
    /// A member of `domain` that is as `challenge` says and demands what `policy` says.
    pub(crate) fn new(
        domain: &Domain,
        policy: &ServerPolicy,
        challenge: &ServerChallenge,
    ) -> Result<Self, Error> {
        let wrong = |(_, what): (String, String)| Error::Policy(what);
        let withheld = NegotiateFlags::from_bits(challenge.without_flags.unwrap_or_default());
        Ok(Self {
            names: challenge.target_info(&domain.netbios, &domain.dns, COMPUTER).map_err(wrong)?,
            policy: policy.read().map_err(|(_, what)| Error::Policy(what))?.withholding(withheld),
            bindings: policy.bindings(),
            version: challenge.version().map_err(wrong)?,
            skew: challenge.clock_skew.unwrap_or_default(),
        })
    }

    /// The same, letting nobody in over TLS who does not name the channel.
    pub(crate) fn requiring_bindings(mut self) -> Self {
        self.bindings = Bindings::Required;
        self
    }

    /// All that can be offered; without TLS there is no channel that a login could be bound to.
    pub(crate) fn mechanisms(&self, over_tls: bool) -> Mechanisms {
        let bindings = if over_tls { self.bindings } else { Bindings::WhenPresent };
        let mut ntlm = Ntlm::with_nonces(Arc::new(Clock(self.skew)))
            .with_target_info(self.names.clone())
            .with_policy(self.policy.clone().with_bindings(bindings));
        if let Some(version) = self.version {
            ntlm = ntlm.with_version(version);
        }
        let ntlm: Arc<dyn Backend> = Arc::new(ntlm);
        let negotiate = Spnego::new().with_mechanism(&[Oid::NTLMSSP], ntlm.clone());
        Mechanisms::ntlm(ntlm)
            .with(Scheme::Negotiate, Arc::new(negotiate))
            .with(Scheme::Basic, Arc::new(Basic::verifying(crypto::ntowf_v1)))
    }
}

/// The system's randomness, and its clock, so many seconds fast.
#[derive(Clone, Copy, Debug)]
struct Clock(f64);

impl NonceSource for Clock {
    fn nonces(&self) -> Result<Nonces, NtlmError> {
        let nonces = SystemNonces.nonces()?;
        if self.0 == 0.0 {
            return Ok(nonces);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let by = Duration::try_from_secs_f64(self.0.abs()).unwrap_or(Duration::MAX);
        let shown = if self.0 > 0.0 { now.saturating_add(by) } else { now.saturating_sub(by) };
        Ok(nonces.with_time(FileTime::from_unix(shown)))
    }
}
