//! An identity that was proved.

use crate::{CodePage, Dialect, Session, code_page};
use alloc::string::String;
use core::fmt;
use gatepass_backend::Principal;
use gatepass_wire::WireStr;

/// A client that proved who it is. Only [`Claim::verify`](crate::Claim::verify) makes one.
#[derive(Debug)]
pub struct Accepted {
    principal: Principal,
    names: Names,
    proved: Proved,
    session: Session,
}

/// What a client says of its machine and of the service that it means.
#[derive(Clone, Default)]
pub(crate) struct Names {
    /// The workstation, and the target name behind it.
    text: String,
    target_at: usize,
    has_target: bool,
}

impl Names {
    /// The names, where they are text.
    pub(crate) fn read(workstation: WireStr<'_>, target: Option<&[u8]>, code_page: &dyn CodePage) -> Self {
        let size = workstation.as_bytes().len().saturating_add(target.map_or(0, <[u8]>::len));
        let mut text = String::with_capacity(size.div_euclid(2));
        // A name that is no text is as good as none.
        let _ = code_page::extend(workstation, code_page, &mut text);
        let target_at = text.len();
        let has_target = target.is_some_and(|target| WireStr::Utf16(target).extend_text(&mut text));
        Self { text, target_at, has_target }
    }

    pub(crate) fn workstation(&self) -> Option<&str> {
        self.text.get(..self.target_at).filter(|name| !name.is_empty())
    }

    pub(crate) fn target(&self) -> Option<&str> {
        self.text.get(self.target_at..).filter(|_| self.has_target)
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names")
            .field("workstation", &self.workstation())
            .field("target", &self.target())
            .finish()
    }
}

/// What was proved beyond the password.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proved {
    pub(crate) dialect: Dialect,
    pub(crate) mic: bool,
    pub(crate) bindings: bool,
    pub(crate) target: bool,
}

impl Accepted {
    pub(crate) fn new(principal: Principal, names: Names, proved: Proved, session: Session) -> Self {
        Self { principal, names, proved, session }
    }

    /// Who it is, to the letter as looked up and hashed. Nobody ([`is_anonymous`](Self::is_anonymous)) has no name: both
    /// its parts are empty.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The name the client gives its machine, if it gives one that is text. It is covered by the MIC at most, and the
    /// client's word in any case.
    #[must_use]
    pub fn workstation(&self) -> Option<&str> {
        self.names.workstation()
    }

    /// The service principal name the client means to talk to (MsvAvTargetName), if it says so in text; covered by
    /// NTProofStr.
    #[must_use]
    pub fn target_name(&self) -> Option<&str> {
        self.names.target()
    }

    /// Whether it is nobody: nothing was proved. Only with [`Policy::allow_anonymous`](crate::Policy::allow_anonymous).
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.proved.dialect == Dialect::Anonymous
    }

    /// How it proved that it knows the password.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.proved.dialect
    }

    /// Whether a MIC proved that nobody changed a byte of the three messages.
    #[must_use]
    pub fn mic_proved(&self) -> bool {
        self.proved.mic
    }

    /// Whether the client named the bindings of this server's channel, so that nobody stands in between.
    #[must_use]
    pub fn bindings_proved(&self) -> bool {
        self.proved.bindings
    }

    /// Whether the client means one of the services of [`Policy::with_targets`](crate::Policy::with_targets).
    #[must_use]
    pub fn target_proved(&self) -> bool {
        self.proved.target
    }

    /// The session with this client.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The session with this client, for protecting messages.
    #[must_use]
    pub fn into_session(self) -> Session {
        self.session
    }
}
