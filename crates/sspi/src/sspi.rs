//! SSPI behind the joint.

use crate::context_flags;
use crate::credential::Credential;
use crate::identity::Identity;
use crate::package::Package;
use crate::waiting::{Side, Turn, Waiting};
use gatepass_backend::{Accounts, Backend, Credentials, Error, ErrorKind, Handshake, Request, Step};
use std::sync::Arc;

/// A security package of Windows as a [`Backend`].
///
/// As a client it takes [`Credentials::CurrentUser`] and [`Credentials::Password`]. Its calls may ask a domain controller,
/// and so block.
///
/// ```no_run
/// use gatepass_backend::{Backend, Credentials, Request};
/// use gatepass_sspi::{Package, Sspi};
///
/// let request = Request::target("HTTP/proxy.corp.example");
/// let step = Sspi::new(Package::Negotiate).initiate(&Credentials::CurrentUser, &request)?;
/// # Ok::<(), gatepass_backend::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sspi {
    package: Package,
}

impl Sspi {
    /// The package `package`.
    #[must_use]
    pub const fn new(package: Package) -> Self {
        Self { package }
    }

    /// The package.
    #[must_use]
    pub const fn package(self) -> Package {
        self.package
    }

    /// Begins as a client (`AcquireCredentialsHandleW` and the first `InitializeSecurityContextW`), with types that show
    /// all that SSPI tells; [`Backend::initiate`] is this behind the joint.
    ///
    /// # Errors
    /// [`NoCredentials`](ErrorKind::NoCredentials) for an NT hash or nobody, which SSPI does not take, and where nobody is
    /// logged in; [`Unsupported`](ErrorKind::Unsupported) for datagrams; and what SSPI says.
    pub fn client(self, credentials: &Credentials, request: &Request) -> Result<Turn, Error> {
        let credential = match credentials {
            Credentials::CurrentUser => Credential::outbound(self.package, None),
            Credentials::Password(principal, password) => {
                Credential::outbound(self.package, Some(&mut Identity::new(principal, password)))
            }
            Credentials::NtHash(..) => Err(no_credentials(
                "Windows logs in with passwords, not with NT hashes: use the engine for a hash, or give the password",
            )),
            _ => Err(no_credentials(
                "Windows logs in as the current user or with a name and a password: use the engine for anything else",
            )),
        }?;
        let flags = context_flags::initiator(request.requirements());
        Waiting::new(Side::Client, self.package, credential, request, flags)?.go_on(None)
    }

    /// Begins as a server (`AcquireCredentialsHandleW`), which waits for the client's first token; [`Backend::accept`] is
    /// this behind the joint.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) for datagrams, and what SSPI says.
    pub fn server(self, request: &Request) -> Result<Waiting, Error> {
        let credential = Credential::inbound(self.package)?;
        let flags = context_flags::acceptor(request.requirements(), request.bindings().is_some());
        Waiting::new(Side::Server, self.package, credential, request, flags)
    }
}

fn no_credentials(why: &'static str) -> Error {
    Error::with_source(ErrorKind::NoCredentials, why)
}

impl Backend for Sspi {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        Ok(self.client(credentials, request)?.into())
    }

    /// Domain controllers are asked over the network.
    fn blocks(&self) -> bool {
        true
    }

    /// Windows verifies the client itself: `accounts` is not asked.
    fn accept(&self, _accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        Ok(Box::new(self.server(request)?))
    }
}
