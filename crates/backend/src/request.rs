//! What a caller wants of a handshake, beyond who logs in.

use crate::{Attributes, ChannelBindings};
use alloc::string::String;

/// What the caller of a handshake wants or knows (the arguments of `InitializeSecurityContext` and
/// `AcceptSecurityContext`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Request {
    target: Option<String>,
    bindings: Option<ChannelBindings>,
    requirements: Attributes,
    peer: Option<String>,
}

impl Request {
    /// A request that asks for nothing: no target name, no bindings, no requirements.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A request for the service principal name `name`, such as `HTTP/proxy.corp.example` (`pszTargetName`).
    #[must_use]
    pub fn target(name: impl Into<String>) -> Self {
        Self::new().with_target(name)
    }

    /// With the service principal name `name`.
    #[must_use]
    pub fn with_target(mut self, name: impl Into<String>) -> Self {
        self.target = Some(name.into());
        self
    }

    /// With the bindings of the channel that carries the handshake (`SECBUFFER_CHANNEL_BINDINGS`).
    #[must_use]
    pub fn with_bindings(mut self, bindings: ChannelBindings) -> Self {
        self.bindings = Some(bindings);
        self
    }

    /// With attributes that the context must have; a handshake that cannot give them fails (`fContextReq`).
    #[must_use]
    pub fn with_requirements(mut self, requirements: Attributes) -> Self {
        self.requirements = requirements;
        self
    }

    /// With the place that asks for the login, as a URL with scheme, host and port: `http://proxy.corp.example:8080`. It is
    /// for a [`CredentialSource`](crate::CredentialSource), which may keep one secret for each place; no mechanism reads it.
    #[must_use]
    pub fn with_peer(mut self, url: impl Into<String>) -> Self {
        self.peer = Some(url.into());
        self
    }

    /// The service principal name, if one is given.
    #[must_use]
    pub fn target_name(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// The channel bindings, if any are given.
    #[must_use]
    pub fn bindings(&self) -> Option<&ChannelBindings> {
        self.bindings.as_ref()
    }

    /// The attributes that the context must have.
    #[must_use]
    pub fn requirements(&self) -> Attributes {
        self.requirements
    }

    /// The place that asks for the login, if it is given.
    #[must_use]
    pub fn peer(&self) -> Option<&str> {
        self.peer.as_deref()
    }
}
