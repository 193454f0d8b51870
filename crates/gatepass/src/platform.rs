//! What this machine can log in with, in the order in which it is tried, and why.

#[cfg(all(unix, feature = "gssapi"))]
mod kerberos;
#[cfg(not(windows))]
mod negotiate;
mod reason;
#[cfg(not(windows))]
mod sourced;
#[cfg(windows)]
mod windows;

pub use reason::Reason;

use gatepass_backend::{Backend, CredentialSource};
use gatepass_engine::Ntlm;
use gatepass_http::{Mechanisms, Scheme};
use gatepass_spnego::{Oid, Spnego};
#[cfg(windows)]
use gatepass_sspi::Package;
#[cfg(not(windows))]
use negotiate::Negotiate;
use reason::Reporter;
#[cfg(not(windows))]
use sourced::Sourced;
use std::fmt;
use std::sync::Arc;

/// The mechanisms of this machine, as one login: [`Credentials::CurrentUser`](gatepass_backend::Credentials::CurrentUser) is
/// whoever is logged in, or else whoever a [`CredentialSource`] names.
///
/// | | tried, in this order |
/// |---|---|
/// | Linux, macOS, other Unix | Kerberos with the user's ticket, where there is one for the target; then NTLM with what the source knows |
/// | Windows | Windows' own Negotiate and NTLM (SSPI): with what the source knows; then as the user who is logged in |
/// | elsewhere | NTLM with what the source knows |
///
/// Windows always has somebody who is logged in: so a login that the source knows for the very place goes before that, and a
/// source that asks a person has no place there. Its packages take passwords, given or found, and the current user; an NT hash
/// is for our engine there too.
///
/// Both are offered inside one SPNEGO exchange ([`negotiate`](Self::negotiate)), so a server that does not take Kerberos gets
/// NTLM on the same connection. A name and a password, or an NT hash, that are given as such are for NTLM: no ticket is used in
/// their place.
///
/// Nothing is remembered of a ticket that was missing: one that is fetched later is used by the next login.
///
/// As a server it takes NTLM, with the accounts that it is given, also inside SPNEGO. A server that has a keytab can add
/// Kerberos with `gatepass_gssapi` and [`Spnego`].
///
/// ```
/// use gatepass::{Credentials, ErrorKind, Platform, Request};
///
/// let platform = Platform::new();
/// for reason in platform.why() {
///     println!("{reason}"); // Kerberos: not used, there is no Kerberos ticket: run kinit, ...
/// }
/// let target = Request::target("HTTP/proxy.corp.example").with_peer("http://proxy.corp.example:8080");
/// match platform.negotiate().initiate(&Credentials::CurrentUser, &target) {
///     Ok(step) => drop(step), // a ticket was found: send the token
///     Err(error) => assert_ne!(error.kind(), ErrorKind::LogonDenied),
/// }
/// ```
#[derive(Clone)]
pub struct Platform {
    ntlm: Ntlm,
    source: Option<Arc<dyn CredentialSource>>,
    reporter: Reporter,
}

impl Platform {
    /// What this machine has, with no source of passwords.
    #[must_use]
    pub fn new() -> Self {
        Self { ntlm: Ntlm::new(), source: None, reporter: Reporter::default() }
    }

    /// With `source`, which NTLM asks where it is to log in the current user.
    #[must_use]
    pub fn with_credentials(mut self, source: Arc<dyn CredentialSource>) -> Self {
        self.source = Some(source);
        self
    }

    /// With this NTLM, for its policy or the name of its workstation. On Windows it serves servers and NT hashes alone.
    #[must_use]
    pub fn with_ntlm(mut self, ntlm: Ntlm) -> Self {
        self.ntlm = ntlm;
        self
    }

    /// With `listener` told of each mechanism that begins a login for the current user, or cannot. It is called on the thread of
    /// the login, and should return quickly. (The same goes to `tracing`, as events of the level `DEBUG`.)
    #[must_use]
    pub fn with_listener(mut self, listener: Arc<dyn Fn(&Reason) + Send + Sync>) -> Self {
        self.reporter = Reporter::new(listener);
        self
    }

    /// Negotiate ([MS-SPNG]) over all that there is: what [`platform`](crate::platform) gives.
    #[must_use]
    #[cfg(windows)]
    pub fn negotiate(&self) -> Arc<dyn Backend> {
        let ours = Spnego::new().with_mechanism(&[Oid::NTLMSSP], Arc::new(self.ntlm.clone()));
        Arc::new(self.native(Package::Negotiate, Arc::new(ours)))
    }

    /// Negotiate ([MS-SPNG]) over all that there is: what [`platform`](crate::platform) gives.
    #[must_use]
    #[cfg(not(windows))]
    pub fn negotiate(&self) -> Arc<dyn Backend> {
        let (ntlm, client) = (self.ntlm(), Spnego::new());
        #[cfg(all(unix, feature = "gssapi"))]
        let client =
            client.with_mechanism(&[Oid::MS_KERBEROS, Oid::KERBEROS], kerberos::kerberos(&self.reporter));
        let client = client.with_mechanism(&[Oid::NTLMSSP], Arc::clone(&ntlm));
        let server = Spnego::new().with_mechanism(&[Oid::NTLMSSP], ntlm);
        Arc::new(Negotiate { client, server })
    }

    /// NTLM alone, with what the source knows; by this project's engine, or on Windows by its own package.
    #[must_use]
    #[cfg(windows)]
    pub fn ntlm(&self) -> Arc<dyn Backend> {
        Arc::new(self.native(Package::Ntlm, Arc::new(self.ntlm.clone())))
    }

    #[cfg(windows)]
    fn native(&self, package: Package, ours: Arc<dyn Backend>) -> windows::Native {
        windows::Native { package, ours, source: self.source.clone(), reporter: self.reporter.clone() }
    }

    /// NTLM alone, with what the source knows; by this project's engine, or on Windows by its own package.
    #[must_use]
    #[cfg(not(windows))]
    pub fn ntlm(&self) -> Arc<dyn Backend> {
        Arc::new(Sourced::new(Arc::new(self.ntlm.clone()), self.source.clone(), self.reporter.clone()))
    }

    /// Both for HTTP: [`negotiate`](Self::negotiate) and [`ntlm`](Self::ntlm). Basic is not among them: see
    /// [`Mechanisms::allow_basic`].
    #[must_use]
    pub fn mechanisms(&self) -> Mechanisms {
        Mechanisms::ntlm(self.ntlm()).with(Scheme::Negotiate, self.negotiate())
    }

    /// What would be used now, in the order in which it is tried, and why, or why not. Kerberos looks into the ticket cache, so
    /// this may block; the source is not asked, for it may ask a person.
    #[must_use]
    #[cfg(windows)]
    pub fn why(&self) -> Vec<Reason> {
        windows::why(self.source.as_ref())
    }

    /// What would be used now, in the order in which it is tried, and why, or why not. Kerberos looks into the ticket cache, so
    /// this may block; the source is not asked, for it may ask a person.
    #[must_use]
    #[cfg(not(windows))]
    pub fn why(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        #[cfg(all(unix, feature = "gssapi"))]
        reasons.push(kerberos::why());
        #[cfg(not(all(unix, feature = "gssapi")))]
        reasons.push(Reason::unusable(Reason::KERBEROS, "this program is built without it"));
        reasons.push(match &self.source {
            Some(source) => Reason::usable(Reason::NTLM, format!("with what {} knows", source.name())),
            None => Reason::unusable(Reason::NTLM, "there is no source of passwords"),
        });
        reasons
    }
}

impl Default for Platform {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Platform")
            .field("ntlm", &self.ntlm)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
