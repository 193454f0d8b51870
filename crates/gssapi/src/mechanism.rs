//! A mechanism of the library's as a backend.

use crate::acceptor::Acceptor;
use crate::context::Context;
use crate::credential::Credential;
use crate::failure::{Failure, Stage};
use crate::flags;
use crate::initiator::{Terms, begin};
use crate::name::Name;
use crate::oid::Oid;
use crate::table::Table;
use crate::target;
use gatepass_backend::{
    Accounts, Backend, Credentials, Error, ErrorKind, Handshake, Password, Principal, Request, Step,
};
use std::fmt;
use std::sync::Arc;

/// A mechanism of the system's GSSAPI: a [`Backend`] for both sides.
///
/// | as a client | [`Kerberos`](crate::Gssapi::kerberos) | [`Negotiate`](crate::Gssapi::spnego) | [`NTLM`](crate::Gssapi::ntlm) |
/// |---|---|---|---|
/// | [`Credentials::CurrentUser`] | a ticket of the default cache | whatever its mechanisms have | `NTLM_USER_FILE`, winbind |
/// | [`Credentials::Password`] | where [allowed](Self::allow_password) | where [allowed](Self::allow_password) | yes |
/// | other credentials | [`ErrorKind::NoCredentials`] | the same | the same |
///
/// As a server it uses the machine's own accounts, a keytab for Kerberos, and does not ask the [`Accounts`] that it is given.
/// Where the request has a target, the server answers for that service alone.
///
/// Nothing is kept from one handshake to the next: a ticket that is fetched meanwhile is found, one that has been destroyed is
/// not used.
///
/// Channel bindings go both ways as the library takes them: MIT compares those of client and server where the client has sent
/// some, and lets a client without in.
#[derive(Clone)]
pub struct Mechanism {
    table: Arc<Table>,
    oid: Oid,
    passwords: bool,
}

impl Mechanism {
    pub(crate) fn new(table: &Arc<Table>, oid: Oid) -> Self {
        Self { table: Arc::clone(table), oid, passwords: oid == Oid::NTLMSSP }
    }

    /// For a client: fetch a ticket with [`Credentials::Password`], for the user `alice@REALM` or `alice` of the default realm.
    /// Otherwise a password is left to the mechanisms that are made for one.
    #[must_use]
    pub fn allow_password(mut self) -> Self {
        self.passwords = true;
        self
    }

    fn credential(&self, credentials: &Credentials, target: &str) -> Result<Credential, Error> {
        match credentials {
            Credentials::CurrentUser => Ok(Credential::default_of(&self.table)),
            Credentials::Password(principal, password) if self.passwords => {
                self.with_password(principal, password, target)
            }
            _ => Err(Error::with_source(
                ErrorKind::NoCredentials,
                format!(
                    "{} logs in with what this machine has, not with a name and a password",
                    self.oid.title()
                ),
            )),
        }
    }

    fn with_password(
        &self,
        principal: &Principal,
        password: &Password,
        target: &str,
    ) -> Result<Credential, Error> {
        let failed = |status| Failure::error(status, Stage::Begin(target.to_owned()));
        let (domain, user) = (principal.domain(), principal.user());
        let name = match self.oid {
            _ if domain.is_empty() => user.to_owned(),
            Oid::NTLMSSP => format!("{domain}\\{user}"),
            _ => format!("{user}@{domain}"),
        };
        let name = Name::import(&self.table, &name, Oid::USER_NAME).map_err(failed)?;
        match Credential::with_password(&self.table, &name, password, self.oid) {
            Some(acquired) => acquired.map_err(failed),
            None => Err(Error::with_source(
                ErrorKind::NoCredentials,
                format!("{} cannot log in with a password here", self.table.name),
            )),
        }
    }
}

impl Backend for Mechanism {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        let requirements = request.requirements();
        let flags = flags::wanted(requirements)?;
        let shown = request.target_name().unwrap_or_default();
        let Some(names) = target::candidates(self.oid, shown) else {
            return Err(Error::with_source(
                ErrorKind::TargetUnknown,
                format!(
                    "\"{}\" names no service: a target looks like HTTP/proxy.corp.example",
                    shown.escape_debug()
                ),
            ));
        };
        let mut first_error = None;
        for name in &names {
            // No other name makes up for a login that fails: a wrong password is tried once (A51).
            let credential = self.credential(credentials, shown)?;
            let attempt = || {
                let target = target::import(&self.table, name)
                    .map_err(|status| Failure::error(status, Stage::Begin(shown.to_owned())))?;
                let bindings = request.bindings().cloned();
                let terms = Terms { credential, target, flags, requirements, bindings };
                begin(&self.table, self.oid, terms, shown)
            };
            match attempt() {
                // The other name may be in a realm that has one.
                Err(error) if matches!(error.kind(), ErrorKind::TargetUnknown | ErrorKind::NoAuthority) => {
                    first_error.get_or_insert(error);
                }
                other => return other,
            }
        }
        Err(first_error.unwrap_or_else(|| ErrorKind::TargetUnknown.into()))
    }

    fn accept(&self, _accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        let requirements = request.requirements();
        flags::wanted(requirements)?;
        let failed = |status| Failure::error(status, Stage::Serve);
        let own = match request.target_name().and_then(|name| name.split_once('/')) {
            Some((service, host)) => {
                let text = format!("{service}@{host}");
                Some(Name::import(&self.table, &text, Oid::HOSTBASED_SERVICE).map_err(failed)?)
            }
            None => None,
        };
        let credential = Credential::accepting(&self.table, own.as_ref(), self.oid).map_err(failed)?;
        Ok(Box::new(Acceptor {
            context: Context::new(&self.table, self.oid),
            credential,
            requirements,
            bindings: request.bindings().cloned(),
        }))
    }

    /// A ticket comes from the network.
    fn blocks(&self) -> bool {
        true
    }
}

/// The mechanism and the library.
impl fmt::Debug for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mechanism({} of {})", self.oid.title(), self.table.name)
    }
}
