//! What the mock's NTLM server says of itself in its CHALLENGE.

use gatepass_engine::TargetInfo;
use gatepass_wire::{AvId, Version};
use serde::{Deserialize, Serialize};
use std::ops::Not;

/// What the server's CHALLENGE says ([MS-NLMP] 2.2.1.2), at the proxy and at the embedded origin. The server means it: a client
/// that takes it as it is can log in. What it should not mean is a [`TokenFault`](crate::TokenFault).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ServerChallenge {
    /// The server's NetBIOS name; `MOCKPROXY` otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computer: Option<String>,
    /// The server's DNS name; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_computer: Option<String>,
    /// The DNS name of the forest; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_tree: Option<String>,
    /// No time, as servers before Windows Vista.
    #[serde(skip_serializing_if = "Not::not")]
    pub no_timestamp: bool,
    /// By how many seconds the server's clock is fast; slow where it is negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_skew: Option<f64>,
    /// The version, such as `10.0.20348`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Flags that this server does not know ([MS-NLMP] 2.2.2.5), as a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_flags: Option<u32>,
    /// Further pairs of the target info.
    #[serde(rename = "pair", skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<Pair>,
}

/// A pair of the target info.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pair {
    /// Its AvId ([MS-NLMP] 2.2.2.1), known or not.
    pub id: u16,
    /// Its value, as hexadecimal digits.
    pub hex: String,
}

impl Pair {
    fn value(&self) -> Option<Vec<u8>> {
        let digits = self.hex.as_bytes();
        let pairs = digits.chunks(2).map(|two| {
            let text = std::str::from_utf8(two).ok().filter(|two| two.len() == 2 && !two.starts_with('+'))?;
            u8::from_str_radix(text, 16).ok()
        });
        pairs.collect()
    }
}

impl ServerChallenge {
    /// The names of a server `computer` of this domain, and what else the target info has; or the word that is wrong, and why.
    pub(crate) fn target_info(
        &self,
        netbios_domain: &str,
        dns_domain: &str,
        computer: &str,
    ) -> Result<TargetInfo, (String, String)> {
        let computer = self.computer.as_deref().unwrap_or(computer);
        let dns_computer = format!("{}.{dns_domain}", computer.to_lowercase());
        let dns_computer = self.dns_computer.as_ref().unwrap_or(&dns_computer);
        let dns_tree = self.dns_tree.as_deref().unwrap_or(dns_domain);
        let mut info = TargetInfo::new(netbios_domain, computer).with_dns(dns_domain, dns_computer, dns_tree);
        for pair in &self.pairs {
            let value = pair
                .value()
                .ok_or_else(|| (pair.hex.clone(), format!("{:?} is no hexadecimal number", pair.hex)))?;
            info = info.with_pair(AvId(pair.id), value);
        }
        Ok(if self.no_timestamp { info.without_timestamp() } else { info })
    }

    /// The version, if one is named; or what is wrong with it.
    pub(crate) fn version(&self) -> Result<Option<Version>, (String, String)> {
        let Some(text) = &self.version else { return Ok(None) };
        let mut parts = text.split('.');
        let mut part = || parts.next().and_then(|part| part.parse::<u16>().ok());
        let (major, minor, build) = (part(), part(), part());
        let byte = |number: Option<u16>| number.and_then(|number| u8::try_from(number).ok());
        match (byte(major), byte(minor), build, parts.next()) {
            (Some(major), Some(minor), Some(build), None) => Ok(Some(Version::new(major, minor, build))),
            _ => Err((text.clone(), format!("{text:?} is no version such as 10.0.20348"))),
        }
    }
}
