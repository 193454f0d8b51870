//! What became of asking a chain.

use gatepass_backend::Credentials;
use std::fmt;

/// Who answered, with which credentials, and who failed before.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub(crate) source: Option<String>,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) failures: Vec<Failed>,
}

impl Answer {
    /// The name of the source that answered.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// The credentials, if any source knew some.
    #[must_use]
    pub const fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// The sources that failed before one answered, in the order in which they were asked.
    #[must_use]
    pub fn failures(&self) -> &[Failed] {
        &self.failures
    }
}

/// A source that failed, and why. `Display` is both in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub(crate) source: String,
    pub(crate) reason: String,
}

impl Failed {
    /// The name of the source.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Why it failed, and what to try.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Many a sentence begins with the source as it is.
        if !self.reason.starts_with(&self.source) {
            write!(f, "{}: ", self.source)?;
        }
        f.write_str(&self.reason)
    }
}
