//! Two backends that are to understand each other.

use super::verdict::Stop;
use super::{Case, Outcome, Report};
use crate::{Accounts, Attributes, Backend, Credentials, Principal, Request};
use alloc::{borrow::ToOwned, format, string::String, sync::Arc, vec::Vec};
use core::{any::Any, fmt};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A client's backend, a server's, and what the suite needs to know of both.
///
/// Without more it is taken for one that protects messages and has neither mutual authentication nor delegation, as NTLM.
#[derive(Clone)]
pub struct Pair {
    pub(super) name: String,
    pub(super) client: Arc<dyn Backend>,
    pub(super) server: Arc<dyn Backend>,
    pub(super) accounts: Arc<dyn Accounts>,
    pub(super) logins: Vec<(Credentials, Principal)>,
    pub(super) wrong_password: Option<Credentials>,
    pub(super) unknown_user: Option<Credentials>,
    pub(super) current_user: Option<Principal>,
    pub(super) anonymous: bool,
    pub(super) server_name: Option<Principal>,
    pub(super) attributes: Attributes,
    client_request: Request,
    server_request: Request,
    exceptions: Vec<(Case, String)>,
}

impl Pair {
    /// The pair `name`: `client` logs in to `server`, which knows `accounts`.
    pub fn new(
        name: impl Into<String>,
        client: Arc<dyn Backend>,
        server: Arc<dyn Backend>,
        accounts: Arc<dyn Accounts>,
    ) -> Self {
        Self {
            name: name.into(),
            client,
            server,
            accounts,
            logins: Vec::new(),
            wrong_password: None,
            unknown_user: None,
            current_user: None,
            anonymous: false,
            server_name: None,
            attributes: Attributes::INTEGRITY
                | Attributes::REPLAY_DETECT
                | Attributes::SEQUENCE_DETECT
                | Attributes::CONFIDENTIALITY,
            client_request: Request::new(),
            server_request: Request::new(),
            exceptions: Vec::new(),
        }
    }

    /// With a login that succeeds, and the name by which the server then knows its client. At least one is needed; the first
    /// one is used throughout, the others to compare names: one for each form in which a user may be named.
    #[must_use]
    pub fn with_login(mut self, credentials: Credentials, principal: Principal) -> Self {
        self.logins.push((credentials, principal));
        self
    }

    /// With the name of a known user, and a password that is not theirs.
    #[must_use]
    pub fn with_wrong_password(mut self, credentials: Credentials) -> Self {
        self.wrong_password = Some(credentials);
        self
    }

    /// With the name of a user whom the server does not know.
    #[must_use]
    pub fn with_unknown_user(mut self, credentials: Credentials) -> Self {
        self.unknown_user = Some(credentials);
        self
    }

    /// With single sign-on: [`Credentials::CurrentUser`] logs in as `principal`. Otherwise it must be answered with
    /// [`NoCredentials`](crate::ErrorKind::NoCredentials).
    #[must_use]
    pub fn with_current_user(mut self, principal: Principal) -> Self {
        self.current_user = Some(principal);
        self
    }

    /// The server lets [`Credentials::Anonymous`] in, as nobody.
    #[must_use]
    pub fn with_anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// With the name that a client learns of its server where [`MUTUAL_AUTH`](Attributes::MUTUAL_AUTH) is agreed.
    #[must_use]
    pub fn with_server_name(mut self, principal: Principal) -> Self {
        self.server_name = Some(principal);
        self
    }

    /// With the attributes that can be had, of both sides; others must be refused. Cases that need one which is not there do
    /// not apply. `INTEGRITY`, `REPLAY_DETECT`, `SEQUENCE_DETECT` and `CONFIDENTIALITY` otherwise.
    #[must_use]
    pub fn with_attributes(mut self, attributes: Attributes) -> Self {
        self.attributes = attributes;
        self
    }

    /// With what every client says, a target name above all. Cases add requirements and bindings to it.
    #[must_use]
    pub fn with_client_request(mut self, request: Request) -> Self {
        self.client_request = request;
        self
    }

    /// With what every server says.
    #[must_use]
    pub fn with_server_request(mut self, request: Request) -> Self {
        self.server_request = request;
        self
    }

    /// Without `case`, for `reason`, which the report repeats.
    #[must_use]
    pub fn except(mut self, case: Case, reason: impl Into<String>) -> Self {
        self.exceptions.push((case, reason.into()));
        self
    }

    /// The name of the pair.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs every case.
    pub fn run(&self) -> Report {
        Report::new(self.name.clone(), Case::ALL.iter().map(|case| (*case, self.run_case(*case))).collect())
    }

    /// Runs one case. A backend that panics has failed it.
    #[must_use]
    pub fn run_case(&self, case: Case) -> Outcome {
        if let Some((_, reason)) = self.exceptions.iter().find(|(excepted, _)| *excepted == case) {
            return Outcome::NotApplicable(reason.clone());
        }
        match catch_unwind(AssertUnwindSafe(|| case.try_on(self))) {
            Ok(Ok(())) => Outcome::Passed,
            Ok(Err(Stop::Failed(why))) => Outcome::Failed(why),
            Ok(Err(Stop::NotApplicable(reason))) => Outcome::NotApplicable(reason),
            Err(panic) => Outcome::Failed(format!("a panic: {}", words(&*panic))),
        }
    }

    /// What a client says that requires `attributes`.
    pub(super) fn client_request(&self, attributes: Attributes) -> Request {
        let request = self.client_request.clone();
        let all = request.requirements() | attributes;
        request.with_requirements(all)
    }

    /// What a server says that requires `attributes`.
    pub(super) fn server_request(&self, attributes: Attributes) -> Request {
        let request = self.server_request.clone();
        let all = request.requirements() | attributes;
        request.with_requirements(all)
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (None, Some(text)) => text.clone(),
        (None, None) => "without words".to_owned(),
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair")
            .field("name", &self.name)
            .field("client", &self.client)
            .field("server", &self.server)
            .field("logins", &self.logins)
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}
