//! Kerberos by the system's library, where it has one.

use super::reason::{Reason, Reporter, bottom};
use gatepass_backend::{Accounts, Backend, Credentials, Error, ErrorKind, Handshake, Request, Step};
use gatepass_gssapi::{Gssapi, LoadError, Mechanism};
use std::sync::{Arc, OnceLock};

/// The library, looked for once: it does not come and go, as tickets do.
fn library() -> Result<&'static Gssapi, &'static LoadError> {
    static LIBRARY: OnceLock<Result<Gssapi, LoadError>> = OnceLock::new();
    LIBRARY.get_or_init(Gssapi::load).as_ref()
}

/// Kerberos for a client that has a ticket. Where there is no library, that is said to whoever has no other login either.
pub(super) fn kerberos(reporter: &Reporter) -> Arc<dyn Backend> {
    Arc::new(Ticketed { kerberos: library().map(Gssapi::kerberos), reporter: reporter.clone() })
}

/// Whose ticket there is.
pub(super) fn why() -> Reason {
    let library = match library() {
        Ok(library) => library,
        Err(error) => return Reason::unusable(Reason::KERBEROS, error.to_string()),
    };
    match library.ticket() {
        Ok(ticket) => {
            Reason::usable(Reason::KERBEROS, format!("with the ticket of {ticket}, by {}", library.library()))
        }
        Err(error) => Reason::unusable(Reason::KERBEROS, bottom(&error)),
    }
}

/// Kerberos, which says whether it has a ticket.
#[derive(Debug)]
struct Ticketed {
    kerberos: Result<Mechanism, &'static LoadError>,
    reporter: Reporter,
}

impl Ticketed {
    fn kerberos(&self) -> Result<&Mechanism, Error> {
        self.kerberos.as_ref().map_err(|error| Error::with_source(ErrorKind::Unsupported, (*error).clone()))
    }
}

impl Backend for Ticketed {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        let begun = self.kerberos().and_then(|kerberos| kerberos.initiate(credentials, request));
        if matches!(credentials, Credentials::CurrentUser) {
            let target = request.target_name().unwrap_or_default();
            self.reporter.report(&match &begun {
                Ok(_) => Reason::usable(Reason::KERBEROS, format!("with a ticket for {target}")),
                Err(error) => Reason::unusable(Reason::KERBEROS, bottom(error)),
            });
        }
        begun
    }

    fn accept(&self, accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        self.kerberos()?.accept(accounts, request)
    }

    fn blocks(&self) -> bool {
        self.kerberos.is_ok()
    }
}
