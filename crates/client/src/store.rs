//! Connections that rest between two requests.
//!
//! NTLM authenticates a connection, so a kept one belongs to an identity as much as to an origin. A store belongs to one
//! configuration of a [`Client`](crate::Client): one set of credentials, one set of proxies, one trust. Every change of the
//! configuration begins a new one, and within it the proxy and the origin tell the connections apart.

use crate::{Origin, dance::Lane};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// The way on which a connection serves: by which proxy, to which origin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Way {
    pub(crate) proxy: Option<Origin>,
    pub(crate) origin: Origin,
}

/// At most one resting connection for each way.
#[derive(Default)]
pub(crate) struct Store(Mutex<HashMap<Way, Lane>>);

impl Store {
    pub(crate) fn take(&self, way: &Way) -> Option<Lane> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(way)
    }

    /// Keeps `lane`, and forgets those that have closed meanwhile.
    pub(crate) fn put(&self, way: Way, mut lane: Lane) {
        lane.reused = true;
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.retain(|_, lane| !lane.link.is_closed());
        lanes.insert(way, lane);
    }
}
