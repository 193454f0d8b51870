//! What a side of a handshake demands and what it puts up with: data, decided before the peer says a word.

use crate::code_page::{Ascii, CodePage};
use crate::{Dialect, Error};
use alloc::{string::String, sync::Arc, vec::Vec};
use core::time::Duration;
use gatepass_wire::NegotiateFlags;

/// The policy of a client or a server.
///
/// The one that nothing is said to lets NTLMv2 in and nothing else: no older response, no anonymous logon, no key below 128
/// bits for encryption. What weakens it is spelled `insecure`, or `anonymous`.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) minimum: Dialect,
    pub(crate) ntlm_v1: bool,
    pub(crate) lm: bool,
    pub(crate) weak_keys: bool,
    pub(crate) anonymous: bool,
    pub(crate) mic: bool,
    pub(crate) bindings: Bindings,
    pub(crate) targets: Vec<String>,
    pub(crate) skew: Option<Duration>,
    pub(crate) withheld: NegotiateFlags,
    /// `None` is ASCII, which needs no memory of its own.
    code_page: Option<Arc<dyn CodePage>>,
}

/// What a server does with the client's channel bindings: IIS's Extended Protection (`none`, `allow`, `require`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Bindings {
    /// It does not look at them.
    Ignored,
    /// A client that names another channel is refused; one that names none is not.
    #[default]
    WhenPresent,
    /// A client that does not name this channel is refused.
    Required,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            minimum: Dialect::Anonymous,
            ntlm_v1: false,
            lm: false,
            weak_keys: false,
            anonymous: false,
            mic: false,
            bindings: Bindings::default(),
            targets: Vec::new(),
            skew: None,
            withheld: NegotiateFlags::EMPTY,
            code_page: None,
        }
    }
}

impl Policy {
    /// NTLMv2 alone, with whatever else its peer brings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets NTLMv1 in, or out: with extended session security and without, where messages are then signed with a CRC.
    /// **Whoever listens to one such login gets the NT hash.** With the feature `legacy`.
    #[cfg(feature = "legacy")]
    #[must_use]
    pub fn allow_ntlm_v1_insecure(mut self) -> Self {
        self.ntlm_v1 = true;
        self
    }

    /// Lets LM responses in, or out, where NTLMv1 is allowed too, and LMv2 without NTLMv2. **Whoever listens to one LM login
    /// gets the password**; LMv2 alone evades MIC, bindings and target name. With the feature `legacy`.
    #[cfg(feature = "legacy")]
    #[must_use]
    pub fn allow_lm_insecure(mut self) -> Self {
        self.lm = true;
        self
    }

    /// Lets messages be encrypted with keys of 40 or 56 bits, which a computer guesses.
    #[must_use]
    pub fn allow_weak_keys_insecure(mut self) -> Self {
        self.weak_keys = true;
        self
    }

    /// A server lets nobody in, as nobody: [`Accepted::is_anonymous`](crate::Accepted::is_anonymous).
    #[must_use]
    pub fn allow_anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Refuses what is weaker than `dialect`, even if it is allowed.
    #[must_use]
    pub fn with_minimum(mut self, dialect: Dialect) -> Self {
        self.minimum = dialect;
        self
    }

    /// A server refuses clients that send no MIC.
    #[must_use]
    pub fn requiring_mic(mut self) -> Self {
        self.mic = true;
        self
    }

    /// What a server does with channel bindings.
    #[must_use]
    pub fn with_bindings(mut self, bindings: Bindings) -> Self {
        self.bindings = bindings;
        self
    }

    /// A server refuses clients that do not mean one of `names`, each a service principal name such as
    /// `HTTP/proxy.corp.example`, compared without regard to the case of ASCII letters and otherwise to the letter: a name
    /// with a port is another name. A name that the client has from an untrusted source (MsvAvFlags 0x4) is none. Without
    /// names, which is the default, none is compared.
    #[must_use]
    pub fn with_targets<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.targets = names.into_iter().map(Into::into).collect();
        self
    }

    /// A server refuses NTLMv2 responses whose time differs by more than `skew` from that of its CHALLENGE.
    #[must_use]
    pub fn with_maximum_skew(mut self, skew: Duration) -> Self {
        self.skew = Some(skew);
        self
    }

    /// Never says these flags, as if this side knew nothing of what they stand for.
    #[must_use]
    pub fn withholding(mut self, flags: NegotiateFlags) -> Self {
        self.withheld = flags;
        self
    }

    /// The code page of names where the peer does not speak Unicode; without one, only ASCII is text.
    #[must_use]
    pub fn with_code_page(mut self, code_page: Arc<dyn CodePage>) -> Self {
        self.code_page = Some(code_page);
        self
    }

    /// Whether `dialect` may be spoken.
    #[must_use]
    pub fn permits(&self, dialect: Dialect) -> bool {
        match dialect {
            Dialect::Anonymous => self.anonymous,
            Dialect::Lm => self.lm && self.ntlm_v1 && dialect >= self.minimum,
            Dialect::V1 | Dialect::V1Extended => self.ntlm_v1 && dialect >= self.minimum,
            Dialect::LmV2 => self.lm && dialect >= self.minimum,
            Dialect::V2 => true,
        }
    }

    /// The code page of names where the peer does not speak Unicode.
    pub(crate) fn code_page(&self) -> &dyn CodePage {
        self.code_page.as_deref().unwrap_or(&Ascii)
    }

    /// Whether a server with this policy could let anybody in.
    pub(crate) fn possible(&self, has_bindings: bool) -> Result<(), Error> {
        if self.bindings == Bindings::Required && !has_bindings { Err(Error::BadBindings) } else { Ok(()) }
    }
}
