//! An identity that was proved.

use crate::{Dialect, Session};
use alloc::string::String;
use gatepass_backend::Principal;

/// A client that proved who it is. Only [`Claim::verify`](crate::Claim::verify) makes one.
#[derive(Debug)]
pub struct Accepted {
    principal: Principal,
    workstation: Option<String>,
    target_name: Option<String>,
    proved: Proved,
    session: Session,
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
    pub(crate) fn new(
        principal: Principal,
        workstation: Option<String>,
        target_name: Option<String>,
        proved: Proved,
        session: Session,
    ) -> Self {
        Self { principal, workstation, target_name, proved, session }
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
        self.workstation.as_deref()
    }

    /// The service principal name the client means to talk to (MsvAvTargetName), if it says so in text; covered by
    /// NTProofStr.
    #[must_use]
    pub fn target_name(&self) -> Option<&str> {
        self.target_name.as_deref()
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
