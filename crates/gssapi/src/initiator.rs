//! The client's half of a handshake.

use crate::context::{Context, FailedLeg, Leg};
use crate::credential::Credential;
use crate::established::Established;
use crate::failure::{Failure, Stage};
use crate::name::Name;
use crate::oid::Oid;
use crate::table::Table;
use gatepass_backend::{Attributes, ChannelBindings, Error, ErrorKind, Handshake, Step};
use std::fmt;
use std::sync::Arc;

/// What a client's handshake needs at each leg.
pub(crate) struct Terms {
    pub(crate) credential: Credential,
    pub(crate) target: Name,
    pub(crate) flags: u32,
    pub(crate) requirements: Attributes,
    pub(crate) bindings: Option<ChannelBindings>,
}

/// The first leg. `shown` is the target in a sentence.
pub(crate) fn begin(table: &Arc<Table>, mechanism: Oid, terms: Terms, shown: &str) -> Result<Step, Error> {
    Initiator { context: Context::new(table, mechanism), terms }.leg(&[], Stage::Begin(shown.to_owned()))
}

/// A client that waits for the server's token.
struct Initiator {
    context: Context,
    terms: Terms,
}

impl Initiator {
    fn leg(mut self, token: &[u8], stage: Stage) -> Result<Step, Error> {
        let Terms { credential, target, flags, bindings, .. } = &self.terms;
        let Leg { token, flags, done } = self
            .context
            .initiate(credential, target, *flags, bindings.as_ref(), token)
            .map_err(|failed| told(failed, stage))?;
        if !done {
            return Ok(Step::Continue { token, next: Box::new(self) });
        }
        let context = Established::client(self.context, flags, self.terms.requirements)?;
        Ok(Step::Complete { token: (!token.is_empty()).then_some(token), context: Box::new(context) })
    }
}

/// The error, with what the peer should be told of it.
pub(crate) fn told(failed: FailedLeg, stage: Stage) -> Error {
    let FailedLeg { status, token } = failed;
    let error = Failure::error(status, stage);
    if token.is_empty() { error } else { error.with_token(token) }
}

impl Handshake for Initiator {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        // To the library an empty token is the first leg once more.
        if token.is_empty() {
            return Err(Error::with_source(ErrorKind::InvalidToken, "the server's token is empty"));
        }
        self.leg(token, Stage::Continue)
    }
}

impl fmt::Debug for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Initiator")
            .field("mechanism", &self.context.mechanism.title())
            .finish_non_exhaustive()
    }
}
