//! What the caller holds in its hands.

use crate::Place;
use gatepass_backend::{CredentialSource, Credentials, Request};

/// Credentials that are given, such as those of an option.
#[derive(Clone, Debug)]
pub struct Explicit {
    credentials: Credentials,
    place: Option<Place>,
    name: &'static str,
}

impl Explicit {
    /// `credentials` for everybody whom the chain is asked about.
    #[must_use]
    pub const fn new(credentials: Credentials) -> Self {
        Self { credentials, place: None, name: "what was given" }
    }

    /// Called `name` in sentences, after the place where they were given.
    #[must_use]
    pub fn called(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// For `place` alone.
    #[must_use]
    pub fn only_for(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }
}

impl CredentialSource for Explicit {
    fn name(&self) -> &str {
        self.name
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, gatepass_backend::Error> {
        let meant = self.place.is_none() || self.place == Place::of(request)?;
        Ok(meant.then(|| self.credentials.clone()))
    }
}
