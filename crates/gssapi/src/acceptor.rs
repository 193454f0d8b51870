//! The server's half of a handshake.

use crate::context::{Context, Leg};
use crate::credential::Credential;
use crate::established::Established;
use crate::failure::Stage;
use crate::initiator::told;
use gatepass_backend::{Attributes, ChannelBindings, Error, ErrorKind, Handshake, Step};
use std::fmt;

/// A server that waits for the client's token.
pub(crate) struct Acceptor {
    pub(crate) context: Context,
    pub(crate) credential: Credential,
    pub(crate) requirements: Attributes,
    pub(crate) bindings: Option<ChannelBindings>,
}

impl Handshake for Acceptor {
    fn step(mut self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        if token.is_empty() {
            return Err(Error::with_source(ErrorKind::InvalidToken, "the client's token is empty"));
        }
        let (Leg { token, flags, done }, peer) = self
            .context
            .accept(&self.credential, self.bindings.as_ref(), token)
            .map_err(|failed| told(failed, Stage::Accept))?;
        if !done {
            return Ok(Step::Continue { token, next: self });
        }
        let context = Established::server(self.context, flags, self.requirements, &peer)?;
        Ok(Step::Complete { token: (!token.is_empty()).then_some(token), context: Box::new(context) })
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("mechanism", &self.context.mechanism.title()).finish_non_exhaustive()
    }
}
