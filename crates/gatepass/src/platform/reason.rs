//! Why a mechanism is used, or is not.

use std::fmt;
use std::sync::Arc;

/// A mechanism of the platform, whether it can be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    mechanism: &'static str,
    usable: bool,
    because: String,
}

impl Reason {
    #[cfg(not(windows))]
    pub(super) const KERBEROS: &'static str = "Kerberos";
    #[cfg(windows)]
    pub(super) const NEGOTIATE: &'static str = "Negotiate";
    pub(super) const NTLM: &'static str = "NTLM";

    pub(super) fn usable(mechanism: &'static str, because: impl Into<String>) -> Self {
        Self { mechanism, usable: true, because: because.into() }
    }

    pub(super) fn unusable(mechanism: &'static str, because: impl Into<String>) -> Self {
        Self { mechanism, usable: false, because: because.into() }
    }

    /// The mechanism: `Kerberos`, `NTLM`; `Negotiate` on Windows, which chooses among both by itself.
    #[must_use]
    pub const fn mechanism(&self) -> &'static str {
        self.mechanism
    }

    /// Whether it can be used.
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        self.usable
    }

    /// Whose ticket or whose password, or what is missing and what to do about it.
    #[must_use]
    pub fn because(&self) -> &str {
        &self.because
    }
}

/// One line.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.usable { "" } else { "not used, " };
        write!(f, "{}: {not}{}", self.mechanism, self.because)
    }
}

/// Whoever is told.
type Listener = dyn Fn(&Reason) + Send + Sync;

/// The way to the listener.
#[derive(Clone, Default)]
pub(super) struct Reporter(Option<Arc<Listener>>);

impl Reporter {
    pub(super) fn new(listener: Arc<Listener>) -> Self {
        Self(Some(listener))
    }

    pub(super) fn report(&self, reason: &Reason) {
        let Reason { mechanism, usable, because } = reason;
        tracing::debug!(mechanism, usable, because, "login of the current user");
        if let Some(listener) = &self.0 {
            listener(reason);
        }
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Reporter(..)" } else { "Reporter" })
    }
}

/// What lies at the bottom of an error.
pub(super) fn bottom(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
