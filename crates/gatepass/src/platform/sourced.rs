//! A mechanism for names and passwords that is told to log in the current user: it asks who that is.

use super::reason::{Reason, Reporter, bottom};
use gatepass_backend::{
    Accounts, Backend, CredentialSource, Credentials, Error, ErrorKind, Handshake, Request, Step,
};
use std::sync::Arc;

/// `inner`, which gets what `source` knows in place of [`Credentials::CurrentUser`].
#[derive(Clone, Debug)]
pub(super) struct Sourced {
    inner: Arc<dyn Backend>,
    source: Option<Arc<dyn CredentialSource>>,
    reporter: Reporter,
}

impl Sourced {
    pub(super) fn new(
        inner: Arc<dyn Backend>,
        source: Option<Arc<dyn CredentialSource>>,
        reporter: Reporter,
    ) -> Self {
        Self { inner, source, reporter }
    }

    /// What the source knows for `request`.
    fn ask(&self, request: &Request) -> Result<(Credentials, &str), Error> {
        let nobody = |because: String| Error::with_source(ErrorKind::NoCredentials, because);
        let Some(source) = &self.source else {
            return Err(nobody(
                "no name and password are given, and there is nowhere to look for them: give them".to_owned(),
            ));
        };
        let place = request.peer().or(request.target_name()).unwrap_or("this login");
        match source.credentials(request) {
            Ok(Some(credentials)) => Ok((credentials, source.name())),
            Ok(None) => {
                Err(nobody(format!("no name and password are known for {place} ({})", source.name())))
            }
            Err(error) => Err(nobody(format!(
                "no name and password could be found for {place} ({}): {}",
                source.name(),
                bottom(&error)
            ))),
        }
    }
}

impl Backend for Sourced {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        if !matches!(credentials, Credentials::CurrentUser) {
            return self.inner.initiate(credentials, request);
        }
        let (found, from) = self
            .ask(request)
            .inspect_err(|error| self.reporter.report(&Reason::unusable(Reason::NTLM, bottom(error))))?;
        let who = found.principal().map_or_else(|| "a login".to_owned(), ToString::to_string);
        self.reporter.report(&Reason::usable(Reason::NTLM, format!("as {who}, from {from}")));
        self.inner.initiate(&found, request)
    }

    fn accept(&self, accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        self.inner.accept(accounts, request)
    }

    /// A source may run a program, or ask a person.
    fn blocks(&self) -> bool {
        self.source.is_some() || self.inner.blocks()
    }
}
