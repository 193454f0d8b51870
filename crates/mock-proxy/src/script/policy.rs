//! What the mock's NTLM server demands of a client, and what it puts up with.

use gatepass_engine::{Bindings, Dialect, Policy};
use serde::{Deserialize, Serialize};
use std::ops::Not;
use std::time::Duration;

/// What the server demands of a client, at the proxy and at the embedded origin. What is left out is as the engine has it:
/// NTLMv2 alone, a MIC where one is declared, bindings compared where there are any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ServerPolicy {
    /// The weakest response that is taken, where it is allowed at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Minimum>,
    /// Lets NTLMv1 in. Whoever listens to one such login gets the NT hash. Only in a build with the feature `legacy`.
    #[serde(skip_serializing_if = "Not::not")]
    pub allow_ntlm_v1_insecure: bool,
    /// Lets LMv2 in without NTLMv2, which evades MIC, bindings and target name. LM itself is never let in: accounts are known by
    /// their NT hashes. Only in a build with the feature `legacy`.
    #[serde(skip_serializing_if = "Not::not")]
    pub allow_lm_v2_insecure: bool,
    /// Refuses clients that send no MIC.
    #[serde(skip_serializing_if = "Not::not")]
    pub require_mic: bool,
    /// What becomes of a client that names another channel or none, where there is one: at the origin over https.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bindings: Option<Bound>,
    /// The service names, such as `HTTP/origin.test`, of which a client must mean one; all are taken where none is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// By how many seconds the time in a client's response may differ from that of the server's CHALLENGE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_skew: Option<f64>,
}

/// The responses of [MS-NLMP] 3.3, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Minimum {
    /// NTLMv1.
    NtlmV1,
    /// NTLMv1 with extended session security.
    #[serde(rename = "ntlmv1-extended")]
    NtlmV1Extended,
    /// LMv2 without NTLMv2.
    LmV2,
    /// NTLMv2.
    NtlmV2,
}

/// Extended Protection: what is done with channel bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// They are not looked at.
    None,
    /// A client that names another channel is refused; one that names none is not.
    WhenPresent,
    /// A client that does not name the channel is refused.
    Required,
}

impl ServerPolicy {
    /// The engine's policy, but for bindings, which only a channel of TLS has; or the word that is wrong, and why.
    pub(crate) fn read(&self) -> Result<Policy, (&'static str, String)> {
        let mut policy = Policy::new().with_targets(self.targets.iter().cloned());
        if let Some(minimum) = self.minimum {
            policy = policy.with_minimum(match minimum {
                Minimum::NtlmV1 => Dialect::V1,
                Minimum::NtlmV1Extended => Dialect::V1Extended,
                Minimum::LmV2 => Dialect::LmV2,
                Minimum::NtlmV2 => Dialect::V2,
            });
        }
        if self.require_mic {
            policy = policy.requiring_mic();
        }
        if let Some(seconds) = self.max_skew {
            let skew = Duration::try_from_secs_f64(seconds)
                .map_err(|_| ("max-skew", format!("{seconds} is no number of seconds")))?;
            policy = policy.with_maximum_skew(skew);
        }
        older(policy, self)
    }

    /// What is done with bindings where there is a channel; as the engine has it otherwise.
    pub(crate) fn bindings(&self) -> Bindings {
        match self.bindings {
            None | Some(Bound::WhenPresent) => Bindings::WhenPresent,
            Some(Bound::None) => Bindings::Ignored,
            Some(Bound::Required) => Bindings::Required,
        }
    }
}

#[cfg(feature = "legacy")]
fn older(policy: Policy, wanted: &ServerPolicy) -> Result<Policy, (&'static str, String)> {
    let policy = if wanted.allow_ntlm_v1_insecure { policy.allow_ntlm_v1_insecure() } else { policy };
    Ok(if wanted.allow_lm_v2_insecure { policy.allow_lm_insecure() } else { policy })
}

#[cfg(not(feature = "legacy"))]
fn older(policy: Policy, wanted: &ServerPolicy) -> Result<Policy, (&'static str, String)> {
    let word = match (wanted.allow_ntlm_v1_insecure, wanted.allow_lm_v2_insecure) {
        (true, _) => "allow-ntlm-v1-insecure",
        (false, true) => "allow-lm-v2-insecure",
        (false, false) => return Ok(policy),
    };
    Err((word, format!("{word} needs a build of gatepass-mock-proxy with the feature `legacy`")))
}
