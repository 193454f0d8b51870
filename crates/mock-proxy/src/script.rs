//! A script: what a mock proxy shall be like, as data (TOML, or a value of Rust).
//!
//! ```toml
//! offer = ["negotiate", "ntlm"]
//!
//! [[account]]
//! user = 'CORP\alice'
//! password = "pw"
//!
//! [policy]
//! require-mic = true
//!
//! [challenge]
//! no-timestamp = true
//!
//! [[fault]]
//! leg = "challenge"
//! nth = 2
//! fault = { close-after = 100 }
//! ```

mod challenge;
mod error;
mod policy;

pub use challenge::{Pair, ServerChallenge};
pub use error::ScriptError;
pub use policy::{Bound, Minimum, ServerPolicy};

use crate::{Personality, Place, Planned};
use gatepass_backend::{NtHash, Password, Principal};
use gatepass_http::Scheme;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a mock proxy shall be like. Every part may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Script {
    /// The peer that it is like, by name; what else the script says is in place of that peer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
    /// The schemes that are offered; NTLM alone otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offer: Vec<Offered>,
    /// The realm of Basic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<String>,
    /// The domain; that of the first account otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<Names>,
    /// What the server demands of a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<ServerPolicy>,
    /// What the server's CHALLENGE says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<ServerChallenge>,
    /// Who may log in at the proxy.
    #[serde(rename = "account", skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<Account>,
    /// Who may log in at the embedded origin; the proxy's accounts otherwise.
    #[serde(rename = "origin-account", skip_serializing_if = "Vec::is_empty")]
    pub origin_accounts: Vec<Account>,
    /// What goes wrong at the proxy.
    #[serde(rename = "fault", skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Planned>,
    /// What goes wrong at the embedded origin.
    #[serde(rename = "origin-fault", skip_serializing_if = "Vec::is_empty")]
    pub origin_faults: Vec<Planned>,
}

/// A scheme that can be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Offered {
    /// SPNEGO with NTLM inside.
    Negotiate,
    /// NTLM.
    Ntlm,
    /// The password itself.
    Basic,
}

impl From<Offered> for Scheme {
    fn from(offered: Offered) -> Self {
        match offered {
            Offered::Negotiate => Self::Negotiate,
            Offered::Ntlm => Self::Ntlm,
            Offered::Basic => Self::Basic,
        }
    }
}

/// A domain by its two names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Names {
    /// The NetBIOS name, such as `CORP`.
    pub netbios: String,
    /// The DNS name, such as `corp.test`.
    pub dns: String,
}

/// Somebody who may log in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Account {
    /// `DOMAIN\user`.
    pub user: String,
    /// The password; this or `nt-hash`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The NT hash, 32 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nt_hash: Option<String>,
    /// Refused whatever the password, and why the transcript says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
}

/// Why an account may not log in. The client learns nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Refused {
    /// `STATUS_ACCOUNT_LOCKED_OUT`
    Locked,
    /// `STATUS_ACCOUNT_DISABLED`
    Disabled,
    /// `STATUS_ACCOUNT_EXPIRED`
    Expired,
    /// `STATUS_PASSWORD_EXPIRED`
    PasswordExpired,
}

/// In words.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Locked => "the account is locked",
            Self::Disabled => "the account is disabled",
            Self::Expired => "the account has expired",
            Self::PasswordExpired => "the password has expired",
        })
    }
}

/// The user alone.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("user", &self.user)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

/// What an account is known by.
pub(crate) enum Secret {
    Password(Password),
    NtHash(NtHash),
}

impl Account {
    /// Its name and its secret, or what is wrong with it.
    pub(crate) fn read(&self) -> Result<(Principal, Secret), String> {
        let secret = match (&self.password, &self.nt_hash) {
            (Some(password), None) => Secret::Password(Password::from(password.as_str())),
            (None, Some(digits)) => Secret::NtHash(
                nt_hash(digits)
                    .ok_or_else(|| format!("the nt-hash of {} is not 32 hexadecimal digits", self.user))?,
            ),
            _ => return Err(format!("{} needs either a password or an nt-hash", self.user)),
        };
        let principal = Principal::parse(&self.user);
        if principal.user().is_empty() {
            return Err("an account has no user".to_owned());
        }
        Ok((principal, secret))
    }
}

fn nt_hash(digits: &str) -> Option<NtHash> {
    let mut hash = [0; 16];
    if digits.len() != 32 || !digits.is_ascii() {
        return None;
    }
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(NtHash::from_bytes(hash))
}

impl Script {
    /// The JSON Schema of a script, for editors.
    pub const SCHEMA: &'static str = include_str!("../script.schema.json");

    /// Reads TOML.
    ///
    /// # Errors
    /// A [`ScriptError`] that says the line and, for a word that is not known, the nearest one that is.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let script: Self = toml::from_str(text).map_err(|error| ScriptError::of_toml(text, &error))?;
        if let Some(name) = script.like.as_deref().filter(|name| Personality::named(name).is_none()) {
            return Err(ScriptError::unknown(text, name, &Personality::names()));
        }
        if let Some(policy) = &script.policy {
            policy.read().map_err(|(word, what)| ScriptError::found(text, word, what))?;
        }
        if let Some(challenge) = &script.challenge {
            let found = |(word, what): (String, String)| ScriptError::found(text, &word, what);
            challenge.target_info("", "", "").map_err(found)?;
            challenge.version().map_err(found)?;
        }
        for account in script.accounts.iter().chain(&script.origin_accounts) {
            account.read().map_err(|what| ScriptError::found(text, &account.user, what))?;
        }
        for (place, at, faults) in
            [(Place::Proxy, "", &script.faults), (Place::Origin, " at the origin", &script.origin_faults)]
        {
            if let Some(Planned { leg, fault, .. }) =
                faults.iter().find(|planned| !planned.is_possible(place))
            {
                let what = format!("the fault {} cannot happen in the leg {leg}{at}", fault.name());
                return Err(ScriptError::found(text, fault.name(), what));
            }
        }
        Ok(script)
    }

    /// The script as TOML.
    #[must_use]
    pub fn to_toml(&self) -> String {
        // Everything in it has a form in TOML: no map with keys that are not text, no value that is absent within a list.
        toml::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_that_is_shipped_is_that_of_the_types() {
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(Script)).unwrap() + "\n";
        // Whoever has changed the types: GATEPASS_WRITE=1 cargo test -p gatepass-mock-proxy
        if std::env::var_os("GATEPASS_WRITE").is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/script.schema.json"), &schema).unwrap();
        }
        assert_eq!(Script::SCHEMA, schema);
    }
}
