//! A mechanism that can be agreed on, and what is asked of one that was not the first choice.

use crate::Oid;
use alloc::{sync::Arc, vec::Vec};
use gatepass_backend::{Attributes, Backend, Request};

/// A mechanism by all its names.
#[derive(Clone, Debug)]
pub(crate) struct Mechanism {
    pub(crate) oids: Vec<Oid<'static>>,
    pub(crate) backend: Arc<dyn Backend>,
}

/// The request for a mechanism that is not the client's first choice: it must be able to make the checksum of the list.
pub(crate) fn with_integrity(request: &Request) -> Request {
    request.clone().with_requirements(request.requirements() | Attributes::INTEGRITY)
}
