//! The library, and what it has.

use crate::abi::{OidDesc, OidSetDesc};
use crate::credential::Credential;
use crate::failure::{Failure, Stage};
use crate::mechanism::Mechanism;
use crate::oid::{self, Oid};
use crate::status::checked;
use crate::table::{LoadError, NAMES, Table, load};
use gatepass_backend::Error;
use std::fmt;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

/// The system's GSSAPI library, loaded into this process.
#[derive(Clone)]
pub struct Gssapi {
    table: Arc<Table>,
}

impl Gssapi {
    /// Loads the library: `libgssapi_krb5.so.2` (MIT) or `libgssapi.so.3` (Heimdal), on macOS the framework GSS. It stays loaded.
    ///
    /// # Errors
    /// [`LoadError`] when there is none, or none that is complete.
    pub fn load() -> Result<Self, LoadError> {
        Self::load_from(NAMES)
    }

    /// Loads the first library that is there of `names`, each as the dynamic loader takes it: a name that it looks for, or a path.
    /// The libraries run in this process, so the names must not come from somewhere else.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_from(names: &[&str]) -> Result<Self, LoadError> {
        Ok(Self { table: load(names)? })
    }

    /// The library's name, as it was loaded.
    #[must_use]
    pub fn library(&self) -> &str {
        &self.table.name
    }

    /// Kerberos, with tickets from the default cache and keys from the default keytab.
    #[must_use]
    pub fn kerberos(&self) -> Mechanism {
        Mechanism::new(&self.table, Oid::KERBEROS)
    }

    /// Negotiate as the library does it itself, over all its mechanisms. (`gatepass_spnego::Spnego` over
    /// [`kerberos`](Self::kerberos) and an NTLM of one's own is what falls back from one to the other with different credentials.)
    /// `None` where the library has none.
    #[must_use]
    pub fn spnego(&self) -> Option<Mechanism> {
        self.has(Oid::SPNEGO).then(|| Mechanism::new(&self.table, Oid::SPNEGO))
    }

    /// NTLM, where gss-ntlmssp is installed; `None` where it is not.
    #[must_use]
    pub fn ntlm(&self) -> Option<Mechanism> {
        self.has(Oid::NTLMSSP).then(|| Mechanism::new(&self.table, Oid::NTLMSSP))
    }

    /// The user of the default ticket cache.
    ///
    /// # Errors
    /// [`ErrorKind::NoCredentials`](gatepass_backend::ErrorKind::NoCredentials) when there is no ticket or it has expired; the
    /// source says which.
    pub fn ticket(&self) -> Result<Ticket, Error> {
        let failed = |status| Failure::error(status, Stage::Continue);
        let credential = Credential::initiating(&self.table, Oid::KERBEROS).map_err(failed)?;
        let (principal, left) = credential.inquire().map_err(failed)?;
        Ok(Ticket { principal, left })
    }

    fn has(&self, mechanism: Oid) -> bool {
        self.mechanisms().contains(&mechanism.0)
    }

    /// The mechanisms of the library, each by the contents of the DER form of its identifier.
    #[must_use]
    pub fn mechanisms(&self) -> Vec<&'static [u8]> {
        let (mut minor, mut set) = (0, ptr::null_mut::<OidSetDesc>());
        // SAFETY: both places live through the call.
        let major = unsafe { (self.table.gss_indicate_mechs)(&raw mut minor, &raw mut set) };
        if checked(&self.table, None, "gss_indicate_mechs", major, minor).is_err() || set.is_null() {
            return Vec::new();
        }
        // SAFETY: the call has succeeded, so this is a set.
        let OidSetDesc { count, elements } = unsafe { set.read() };
        let known = [Oid::KERBEROS, Oid::SPNEGO, Oid::NTLMSSP];
        let found = (0..count).filter_map(|number| {
            let place: *mut OidDesc = elements.wrapping_add(number);
            // SAFETY: the set has `count` elements, and is released only below.
            let contents = unsafe { oid::contents(place) };
            known.iter().find(|oid| oid.0 == contents).map(|oid| oid.0)
        });
        let found = found.collect();
        // SAFETY: the set is ours, and is released only here.
        unsafe { (self.table.gss_release_oid_set)(&raw mut minor, &raw mut set) };
        found
    }
}

/// The library's name.
impl fmt::Debug for Gssapi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gssapi({})", self.table.name)
    }
}

/// Whose ticket there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    principal: String,
    left: Option<Duration>,
}

impl Ticket {
    /// The user, as `alice@CORP.EXAMPLE`.
    #[must_use]
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// How long it is still valid; `None`: without end.
    #[must_use]
    pub const fn left(&self) -> Option<Duration> {
        self.left
    }
}

/// `alice@CORP.EXAMPLE, for 9 h 59 min`
impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.principal)?;
        match self.left {
            Some(left) => {
                let minutes = left.as_secs() / 60;
                write!(f, ", for {} h {} min", minutes / 60, minutes % 60)
            }
            None => Ok(()),
        }
    }
}
