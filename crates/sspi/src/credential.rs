//! A credential handle.

use crate::allocated::Allocated;
use crate::identity::Identity;
use crate::package::Package;
use crate::security_status::Failure;
use gatepass_backend::{Error, ErrorKind};
use std::{fmt, ptr};
use windows_sys::Win32::Security::Authentication::Identity::{
    AcquireCredentialsHandleW, FreeCredentialsHandle, QuerySecurityPackageInfoW, SECPKG_CRED,
    SECPKG_CRED_INBOUND, SECPKG_CRED_OUTBOUND, SecPkgInfoW,
};
use windows_sys::Win32::Security::Credentials::SecHandle;
use windows_sys::Win32::System::Rpc::{SEC_WINNT_AUTH_IDENTITY_UNICODE, SEC_WINNT_AUTH_IDENTITY_W};

/// Credentials of one package, freed on drop. They are those of the calling thread's user when they were acquired, or of
/// an explicit identity, and stay so.
pub(crate) struct Credential {
    handle: SecHandle,
    max_token: usize,
}

impl Credential {
    /// For a client: `identity`, or the user of the calling thread.
    pub(crate) fn outbound(package: Package, identity: Option<&mut Identity>) -> Result<Self, Error> {
        let Some(identity) = identity else {
            return Self::acquire(package, SECPKG_CRED_OUTBOUND, ptr::null());
        };
        let length = |text: &[u16]| u32::try_from(text.len()).map_err(|_| too_long());
        let [user, domain, password] = identity.parts();
        let identity = SEC_WINNT_AUTH_IDENTITY_W {
            UserLength: length(user)?,
            User: user.as_mut_ptr(),
            DomainLength: length(domain)?,
            Domain: domain.as_mut_ptr(),
            PasswordLength: length(password)?,
            Password: password.as_mut_ptr(),
            Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE,
        };
        Self::acquire(package, SECPKG_CRED_OUTBOUND, &raw const identity)
    }

    /// For a server: the machine's or the service's account.
    pub(crate) fn inbound(package: Package) -> Result<Self, Error> {
        Self::acquire(package, SECPKG_CRED_INBOUND, ptr::null())
    }

    fn acquire(
        package: Package,
        side: SECPKG_CRED,
        identity: *const SEC_WINNT_AUTH_IDENTITY_W,
    ) -> Result<Self, Error> {
        let name = package.wide_name();
        let max_token = max_token(&name)?;
        let mut handle = SecHandle::default();
        let mut expiry = 0;
        // SAFETY: `name` ends with a zero; `identity` is null or points to an identity whose texts live in the caller;
        // both results are places of ours.
        let status = unsafe {
            AcquireCredentialsHandleW(
                ptr::null(),
                name.as_ptr(),
                side,
                ptr::null(),
                identity.cast(),
                None,
                ptr::null(),
                &raw mut handle,
                &raw mut expiry,
            )
        };
        if status < 0 {
            return Err(Failure::new("AcquireCredentialsHandleW", status).into());
        }
        Ok(Self { handle, max_token })
    }

    /// The handle, for a call that takes it.
    pub(crate) const fn handle(&self) -> &SecHandle {
        &self.handle
    }

    /// The longest token of the package (`cbMaxToken`), in bytes.
    pub(crate) const fn max_token(&self) -> usize {
        self.max_token
    }
}

/// `cbMaxToken` of the package with this name.
fn max_token(name: &[u16]) -> Result<usize, Error> {
    let mut info: *mut SecPkgInfoW = ptr::null_mut();
    // SAFETY: `name` ends with a zero, and the result is a place of ours.
    let status = unsafe { QuerySecurityPackageInfoW(name.as_ptr(), &raw mut info) };
    if status < 0 {
        return Err(Failure::new("QuerySecurityPackageInfoW", status).into());
    }
    // SAFETY: SSPI allocated it for us, and nobody else frees it.
    let info = unsafe { Allocated::new(info) };
    let info = info.ok_or(ErrorKind::Internal)?;
    // SAFETY: the structure is whole while `info` lives.
    let max_token = unsafe { (*info.as_ptr()).cbMaxToken };
    usize::try_from(max_token).map_err(|_| ErrorKind::Internal.into())
}

fn too_long() -> Error {
    Error::with_source(ErrorKind::NoCredentials, "user name, domain or password is too long for Windows")
}

impl Drop for Credential {
    fn drop(&mut self) {
        // SAFETY: the handle was acquired, and this is the only place that frees it.
        unsafe { FreeCredentialsHandle(&raw const self.handle) };
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(..)")
    }
}
