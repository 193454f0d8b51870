//! What can be wrong with the token of a challenge.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gatepass_wire::{Authenticate, Challenge, Message as _, NegotiateFlags};
use serde::{Deserialize, Serialize};

/// One thing that is wrong with the token of a challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum TokenFault {
    /// No token: the scheme alone.
    Empty,
    /// Characters that base64 does not have.
    NotBase64,
    /// Only the first so many bytes.
    Truncated(u32),
    /// The byte at this offset inverted.
    Flipped(u32),
    /// A NEGOTIATE in place of the CHALLENGE.
    Negotiate,
    /// An AUTHENTICATE in place of the CHALLENGE.
    Authenticate,
    /// So many bytes of zero behind the token.
    Padded(u32),
    /// A CHALLENGE without target info, as NT 4 sent it.
    NoTargetInfo,
    /// A CHALLENGE that withdraws these flags.
    WithoutFlags(u32),
    /// A CHALLENGE that claims these flags.
    WithFlags(u32),
    /// `token=` before it, as a helper of Squid writes it.
    Named,
}

impl TokenFault {
    /// The names of all, as a script has them.
    pub const NAMES: &'static [&'static str] = &[
        "empty",
        "not-base64",
        "truncated",
        "flipped",
        "negotiate",
        "authenticate",
        "padded",
        "no-target-info",
        "without-flags",
        "with-flags",
        "named",
    ];

    /// Its name in a script.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotBase64 => "not-base64",
            Self::Truncated(_) => "truncated",
            Self::Flipped(_) => "flipped",
            Self::Negotiate => "negotiate",
            Self::Authenticate => "authenticate",
            Self::Padded(_) => "padded",
            Self::NoTargetInfo => "no-target-info",
            Self::WithoutFlags(_) => "without-flags",
            Self::WithFlags(_) => "with-flags",
            Self::Named => "named",
        }
    }

    /// The value of a challenge field with this wrong in it. A value without a token stays as it is.
    pub(crate) fn bend(&self, value: &str) -> String {
        let Some((scheme, text)) = value.split_once(' ') else { return value.to_owned() };
        let Ok(mut token) = BASE64_STANDARD.decode(text) else { return value.to_owned() };
        let index = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        match self {
            Self::Empty => return scheme.to_owned(),
            Self::NotBase64 => return format!("{scheme} {}", text.replacen('A', "*", 1)),
            Self::Named => return format!("{scheme} token={text}"),
            Self::Truncated(length) => token.truncate(index(*length)),
            Self::Flipped(at) => token.iter_mut().skip(index(*at)).take(1).for_each(|byte| *byte = !*byte),
            Self::Padded(length) => token.resize(token.len() + index(*length), 0),
            Self::Negotiate => retype(&mut token, 1),
            Self::Authenticate => retype(&mut token, 3),
            Self::NoTargetInfo => rewrite(&mut token, |challenge| {
                challenge.target_info = None;
                challenge.flags = challenge.flags.without(NegotiateFlags::NEGOTIATE_TARGET_INFO);
            }),
            Self::WithoutFlags(bits) => rewrite(&mut token, |challenge| {
                challenge.flags = challenge.flags.without(NegotiateFlags::from_bits(*bits));
            }),
            Self::WithFlags(bits) => rewrite(&mut token, |challenge| {
                challenge.flags = challenge.flags.with(NegotiateFlags::from_bits(*bits));
            }),
        }
        format!("{scheme} {}", BASE64_STANDARD.encode(token))
    }
}

/// The value of a credentials field with zeros in the place of the MIC of its AUTHENTICATE ([MS-NLMP] 2.2.1.3), or `None` where
/// there is no AUTHENTICATE with room for one.
pub(crate) fn without_mic(value: &[u8]) -> Option<Vec<u8>> {
    let (scheme, text) = std::str::from_utf8(value).ok()?.split_once(' ')?;
    let mut token = BASE64_STANDARD.decode(text.trim()).ok()?;
    let at = position(&token)?;
    Authenticate::decode(token.get(at..)?).ok()?.mic?;
    token.get_mut(at..)?.get_mut(Authenticate::MIC_RANGE)?.fill(0);
    Some(format!("{scheme} {}", BASE64_STANDARD.encode(token)).into_bytes())
}

/// Another message type, in an NTLM message or in one within SPNEGO.
fn retype(token: &mut [u8], number: u8) {
    if let Some(at) = position(token)
        && let Some(kind) = token.get_mut(at + 8)
    {
        *kind = number;
    }
}

/// Changes a CHALLENGE. SPNEGO's lengths would no longer fit around it: there it stays as it is.
fn rewrite(token: &mut Vec<u8>, change: impl FnOnce(&mut Challenge<'_>)) {
    let bent = Challenge::decode(token).ok().and_then(|mut challenge| {
        change(&mut challenge);
        challenge.encode().ok()
    });
    if let Some(bent) = bent {
        *token = bent;
    }
}

fn position(token: &[u8]) -> Option<usize> {
    let signature = gatepass_wire::SIGNATURE;
    token.windows(signature.len()).position(|window| window == signature)
}
