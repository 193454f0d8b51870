//! How a real peer writes its responses: a personality is data, a file of TOML each.
//!
//! It decides how a response looks, never what the verdict is: the head that HTTP has written is dressed on its way out, field by
//! field. Where a recording exists the heads are that recording's, byte for byte, but for what changes with each response.

use crate::fault::Head;
use crate::script::ScriptError;
use crate::{Offered, Planned};
use serde::{Deserialize, Serialize};

/// A known peer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Personality {
    /// Its name, as `--like` takes it.
    pub name: String,
    /// What it is, in a sentence.
    pub sentence: String,
    /// What the heads rest on: a recording, documentation, or a report.
    pub rests_on: String,
    /// Where it differs from the peer that it is like.
    #[serde(default)]
    pub deviations: Vec<String>,
    /// The schemes that it offers.
    pub offer: Vec<Offered>,
    /// Which of both sides it is.
    #[serde(default)]
    pub side: Place,
    /// How the offers stand in the head.
    #[serde(default)]
    pub layout: Layout,
    /// The realm of Basic.
    #[serde(default)]
    pub realm: Option<String>,
    /// Whether it writes `token=` before the token of Negotiate.
    #[serde(default)]
    pub named_token: bool,
    /// Whether it says `Persistent-Auth` to who has logged in.
    #[serde(default)]
    pub persistent_auth: bool,
    /// Whether it closes the connection after an offer.
    #[serde(default)]
    pub closes_offer: bool,
    /// Whether it ends TLS within tunnels itself, with a certificate of its own.
    #[serde(default)]
    pub intercepts_tls: bool,
    /// Whether a client must name the channel that it logs in on (Extended Protection).
    #[serde(default)]
    pub requires_bindings: bool,
    /// The responses that ask for credentials.
    #[serde(default)]
    pub refused: Option<Dress>,
    /// The responses to who is let in: the origin's, passed on.
    #[serde(default)]
    pub passed_on: Option<Dress>,
    /// The response to a CONNECT that is granted.
    #[serde(default)]
    pub established: Option<Dress>,
    /// What it always does wrong.
    #[serde(default, rename = "fault")]
    pub faults: Vec<Planned>,
}

/// A side of the dance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The proxy, with 407.
    #[default]
    Proxy,
    /// The origin, with 401.
    Origin,
}

/// How the schemes stand in the head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// A field for each, the strongest first.
    #[default]
    Lines,
    /// A field for each, the weakest first.
    Reversed,
    /// One field with all, the strongest first.
    OneLine,
}

impl Layout {
    /// The values of the challenge field, of which each is a line.
    pub(crate) fn arrange(self, mut values: Vec<String>) -> Vec<String> {
        match self {
            Self::Lines => values,
            Self::Reversed => {
                values.reverse();
                values
            }
            Self::OneLine => vec![values.join(", ")],
        }
    }
}

/// How one kind of response looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Dress {
    /// The lines of the head after the first one: `Name: value` as it is, `{Name}` for the fields of that name with the values
    /// that they have anyway, `{*}` for all others.
    #[serde(default)]
    pub head: Vec<String>,
    /// Names of fields that are left out.
    #[serde(default)]
    pub without: Vec<String>,
    /// The reason phrase of the first line.
    #[serde(default)]
    pub reason: Option<String>,
    /// The body, in place of a sentence.
    #[serde(default)]
    pub body: Option<String>,
}

impl Dress {
    /// Puts it on `head`.
    pub(crate) fn put_on(&self, head: &mut Head) {
        if let Some(reason) = &self.reason {
            head.set_reason(reason);
        }
        for name in &self.without {
            head.remove(name);
        }
        if !self.head.is_empty() {
            head.arrange(&self.head);
        }
    }
}

macro_rules! personalities {
    ($($file:literal)*) => { &[$(include_str!(concat!("../personalities/", $file, ".toml"))),*] };
}

/// The files, in the order in which they are listed.
const FILES: &[&str] = personalities! {
    "squid-5-ntlm" "squid-5-negotiate" "squid-5-all" "squid-5-wrapper" "squid-5-keepalive-off"
    "isa-tmg" "bluecoat" "zscaler" "kerberos-only"
    "all-in-one-line" "all-in-lines" "all-reversed"
    "iis-401" "iis-epa" "apache-gssapi"
};

impl Personality {
    /// All that are known.
    ///
    /// # Errors
    /// A [`ScriptError`] when one of the files cannot be read, which a test rules out.
    pub fn all() -> Result<Vec<Self>, ScriptError> {
        FILES.iter().map(|text| Self::parse(text)).collect()
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        FILES.iter().filter_map(|text| Self::parse(text).ok()).find(|known| known.name == name)
    }

    /// The names of all.
    #[must_use]
    pub fn names() -> Vec<String> {
        FILES.iter().filter_map(|text| Self::parse(text).ok()).map(|known| known.name).collect()
    }

    /// Reads TOML.
    ///
    /// # Errors
    /// As [`Script::parse`](crate::Script::parse).
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        toml::from_str(text).map_err(|error| ScriptError::of_toml(text, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_read_and_says_what_it_rests_on() {
        let all = Personality::all().unwrap();
        assert_eq!(all.len(), FILES.len());
        for one in &all {
            let rests = ["a recording of ", "documentation: ", "as reported in "];
            assert!(rests.iter().any(|how| one.rests_on.starts_with(how)), "{}: {}", one.name, one.rests_on);
            assert!(!one.offer.is_empty() && !one.sentence.is_empty(), "{}", one.name);
            assert_eq!(Personality::named(&one.name).as_ref(), Some(one));
        }
        let error = Personality::parse("name = 'x'\nsentense = 'y'").unwrap_err();
        assert_eq!((error.line(), error.nearest()), (2, Some("sentence")));
    }
}
