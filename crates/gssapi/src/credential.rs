//! Credentials, released once: those of a ticket cache or a keytab, and those made of a name and a password.

use crate::abi::{ACCEPT, BufferDesc, CredentialPointer, INDEFINITE, INITIATE, OidSetDesc};
use crate::name::Name;
use crate::oid::Oid;
use crate::status::{Status, checked};
use crate::table::Table;
use core::ffi::c_int;
use gatepass_backend::Password;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// A `gss_cred_id_t`; null is the caller's default.
pub(crate) struct Credential {
    table: Arc<Table>,
    raw: CredentialPointer,
}

// SAFETY: a credential belongs to whoever holds it, and MIT's and Heimdal's may be used from any thread, one at a time.
unsafe impl Send for Credential {}

impl Credential {
    /// `GSS_C_NO_CREDENTIAL`: the library chooses, by the target's realm where there are several tickets.
    pub(crate) fn default_of(table: &Arc<Table>) -> Self {
        Self { table: Arc::clone(table), raw: ptr::null_mut() }
    }

    /// What a client has for `mechanism` without being told: the default ticket cache.
    pub(crate) fn initiating(table: &Arc<Table>, mechanism: Oid) -> Result<Self, Status> {
        Self::acquire(table, None, mechanism, INITIATE)
    }

    /// What a server has for `mechanism`: the keys of the keytab, of the service `name` alone where one is given.
    pub(crate) fn accepting(table: &Arc<Table>, name: Option<&Name>, mechanism: Oid) -> Result<Self, Status> {
        Self::acquire(table, name, mechanism, ACCEPT)
    }

    fn acquire(
        table: &Arc<Table>,
        name: Option<&Name>,
        mechanism: Oid,
        usage: c_int,
    ) -> Result<Self, Status> {
        let mut credential = Self::default_of(table);
        let (mut minor, mut desc) = (0, mechanism.desc());
        let mut set = OidSetDesc { count: 1, elements: &raw mut desc };
        // SAFETY: all places live through the call; the set of mechanisms and the lifetime are not asked for.
        let major = unsafe {
            (table.gss_acquire_cred)(
                &raw mut minor,
                name.map_or(ptr::null_mut(), Name::raw),
                INDEFINITE,
                &raw mut set,
                usage,
                &raw mut credential.raw,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        checked(table, Some(mechanism), "gss_acquire_cred", major, minor)?;
        Ok(credential)
    }

    /// The credentials of `name` with `password`; `None` where the library cannot make any of a password.
    pub(crate) fn with_password(
        table: &Arc<Table>,
        name: &Name,
        password: &Password,
        mechanism: Oid,
    ) -> Option<Result<Self, Status>> {
        let acquire = table.gss_acquire_cred_with_password?;
        let mut credential = Self::default_of(table);
        let (mut minor, mut desc) = (0, mechanism.desc());
        let mut set = OidSetDesc { count: 1, elements: &raw mut desc };
        // gss-ntlmssp 1.2.0 reads on to a zero, whatever the length says.
        let terminated = Zeroizing::new([password.expose().as_bytes(), &[0]].concat());
        let mut secret = BufferDesc::lent(terminated.strip_suffix(&[0]).unwrap_or_default());
        // SAFETY: all places live through the call; the library only reads the password.
        let major = unsafe {
            acquire(
                &raw mut minor,
                name.raw(),
                &raw mut secret,
                INDEFINITE,
                &raw mut set,
                INITIATE,
                &raw mut credential.raw,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        let acquired = checked(table, Some(mechanism), "gss_acquire_cred_with_password", major, minor);
        Some(acquired.map(|_| credential))
    }

    /// Whose they are, and for how long still; `None`: for ever.
    pub(crate) fn inquire(&self) -> Result<(String, Option<Duration>), Status> {
        let (mut minor, mut lifetime) = (0, 0);
        let mut name = Name::empty(&self.table);
        // SAFETY: the credential is alive, the places live through the call, and usage and mechanisms are not asked for.
        let major = unsafe {
            (self.table.gss_inquire_cred)(
                &raw mut minor,
                self.raw,
                name.place(),
                &raw mut lifetime,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        checked(&self.table, None, "gss_inquire_cred", major, minor)?;
        let left = (lifetime != INDEFINITE).then(|| Duration::from_secs(lifetime.into()));
        let name = if name.is_empty() { String::new() } else { name.display()? };
        Ok((name, left))
    }

    pub(crate) const fn raw(&self) -> CredentialPointer {
        self.raw
    }
}

impl Drop for Credential {
    fn drop(&mut self) {
        if self.raw.is_null() {
            return;
        }
        let mut minor = 0;
        // SAFETY: the credential is ours, and is released nowhere else.
        unsafe { (self.table.gss_release_cred)(&raw mut minor, &raw mut self.raw) };
    }
}
