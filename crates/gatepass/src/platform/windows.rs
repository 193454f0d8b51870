//! Windows: its own packages for the logins that they take, ours for the rest.

use super::reason::{Reason, Reporter, bottom};
use gatepass_backend::{Accounts, Backend, CredentialSource, Credentials, Error, Handshake, Request, Step};
use gatepass_sspi::{Package, Sspi};
use std::sync::Arc;

/// A package of Windows for the current user and for passwords; `ours` for NT hashes, for nobody, and for servers, which know
/// accounts that Windows does not.
#[derive(Clone, Debug)]
pub(super) struct Native {
    pub(super) package: Package,
    pub(super) ours: Arc<dyn Backend>,
    pub(super) source: Option<Arc<dyn CredentialSource>>,
    pub(super) reporter: Reporter,
}

impl Native {
    fn mechanism(&self) -> &'static str {
        match self.package {
            Package::Ntlm => Reason::NTLM,
            _ => Reason::NEGOTIATE,
        }
    }

    /// Whom the source knows for `request`. Whoever stored a login for this place means it; the current user, whom Windows
    /// always has, comes behind it.
    fn known(&self, request: &Request) -> Option<Credentials> {
        let source = self.source.as_ref()?;
        let report = |because| Reason::usable(self.mechanism(), because);
        match source.credentials(request) {
            Ok(Some(found)) => {
                let who = found.principal().map_or_else(|| "a login".to_owned(), ToString::to_string);
                self.reporter.report(&report(format!("as {who}, from {}", source.name())));
                Some(found)
            }
            Ok(None) => None,
            Err(error) => {
                let because = format!("{} failed: {}", source.name(), bottom(&error));
                self.reporter.report(&Reason::unusable(self.mechanism(), because));
                None
            }
        }
    }

    fn begin(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        match credentials {
            Credentials::CurrentUser | Credentials::Password(..) => {
                Sspi::new(self.package).initiate(credentials, request)
            }
            _ => self.ours.initiate(credentials, request),
        }
    }
}

impl Backend for Native {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        if !matches!(credentials, Credentials::CurrentUser) {
            return self.begin(credentials, request);
        }
        if let Some(found) = self.known(request).filter(|found| !matches!(found, Credentials::CurrentUser)) {
            return self.begin(&found, request);
        }
        let begun = self.begin(&Credentials::CurrentUser, request);
        self.reporter.report(&match &begun {
            Ok(_) => Reason::usable(self.mechanism(), "as the user who is logged in to Windows"),
            Err(error) => Reason::unusable(self.mechanism(), bottom(error)),
        });
        begun
    }

    fn accept(&self, accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        self.ours.accept(accounts, request)
    }

    /// Windows asks domain controllers; a source may run a program, or ask a person.
    fn blocks(&self) -> bool {
        true
    }
}

/// What Windows would use now.
pub(super) fn why(source: Option<&Arc<dyn CredentialSource>>) -> Vec<Reason> {
    let packages = gatepass_sspi::packages();
    let mut reasons = Vec::new();
    for (mechanism, package) in [(Reason::NEGOTIATE, Package::Negotiate), (Reason::NTLM, Package::Ntlm)] {
        reasons.push(match &packages {
            Ok(packages) if packages.iter().any(|one| one.name == package.name()) => {
                let first = source.map(|source| format!("with what {} knows, or else ", source.name()));
                let first = first.unwrap_or_default();
                Reason::usable(
                    mechanism,
                    format!("{first}as the user who is logged in to Windows, by its own package"),
                )
            }
            Ok(_) => Reason::unusable(mechanism, "this Windows does not have the package"),
            Err(error) => Reason::unusable(mechanism, bottom(error)),
        });
    }
    reasons
}
