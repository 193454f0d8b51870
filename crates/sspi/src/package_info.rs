//! What this machine's SSPI has: `EnumerateSecurityPackagesW`.

use crate::allocated::{Allocated, text};
use crate::security_status::Failure;
use gatepass_backend::{Error, ErrorKind};
use std::{fmt, ptr};
use windows_sys::Win32::Security::Authentication::Identity::{EnumerateSecurityPackagesW, SecPkgInfoW};

/// A security package of this machine (`SecPkgInfoW`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageInfo {
    /// Its name, such as `Negotiate`.
    pub name: String,
    /// What its maker says of it.
    pub comment: String,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Its longest token, in bytes.
    pub max_token: u32,
    /// The version of the interface.
    pub version: u16,
    /// Its number in RPC (`RPC_C_AUTHN_*`); 65535 for none.
    pub rpc_id: u16,
}

impl PackageInfo {
    /// # Safety
    /// `info` points to a whole structure whose texts live for the length of the call.
    pub(crate) unsafe fn read(info: *const SecPkgInfoW) -> Self {
        // SAFETY: the caller's promise; the structure is plain data.
        let info = unsafe { info.read() };
        Self {
            // SAFETY: the caller's promise.
            name: unsafe { text(info.Name) },
            // SAFETY: the caller's promise.
            comment: unsafe { text(info.Comment) },
            capabilities: Capabilities(info.fCapabilities),
            max_token: info.cbMaxToken,
            version: info.wVersion,
            rpc_id: info.wRPCID,
        }
    }
}

/// What a package can do (`SECPKG_FLAG_*`). `Display` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capabilities(u32);

/// `SECPKG_FLAG_*` without its prefix, in the order of the bits.
const NAMES: [&str; 26] = [
    "INTEGRITY",
    "PRIVACY",
    "TOKEN_ONLY",
    "DATAGRAM",
    "CONNECTION",
    "MULTI_REQUIRED",
    "CLIENT_ONLY",
    "EXTENDED_ERROR",
    "IMPERSONATION",
    "ACCEPT_WIN32_NAME",
    "STREAM",
    "NEGOTIABLE",
    "GSS_COMPATIBLE",
    "LOGON",
    "ASCII_BUFFERS",
    "FRAGMENT",
    "MUTUAL_AUTH",
    "DELEGATION",
    "READONLY_WITH_CHECKSUM",
    "RESTRICTED_TOKENS",
    "NEGO_EXTENDER",
    "NEGOTIABLE2",
    "APPCONTAINER_PASSTHROUGH",
    "APPCONTAINER_CHECKS",
    "CREDENTIAL_ISOLATION_ENABLED",
    "APPLY_LOOPBACK",
];

impl Capabilities {
    /// The bits, as SSPI numbers them.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The names of the bits that are set; a bit without a name has none here.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        (0..).zip(NAMES).filter_map(move |(bit, name)| {
            let is_set = self.0.checked_shr(bit).is_some_and(|bits| bits & 1 == 1);
            is_set.then_some(name)
        })
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, name) in self.names().enumerate() {
            write!(f, "{}{name}", if number == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// The security packages of this machine.
///
/// # Errors
/// [`ErrorKind::Internal`](gatepass_backend::ErrorKind::Internal) when SSPI cannot say.
pub fn packages() -> Result<Vec<PackageInfo>, Error> {
    let mut count = 0;
    let mut first: *mut SecPkgInfoW = ptr::null_mut();
    // SAFETY: both results are places of ours.
    let status = unsafe { EnumerateSecurityPackagesW(&raw mut count, &raw mut first) };
    if status < 0 {
        return Err(Failure::new("EnumerateSecurityPackagesW", status).into());
    }
    // SAFETY: SSPI allocated the array for us, and nobody else frees it.
    let Some(array) = (unsafe { Allocated::new(first) }) else { return Ok(Vec::new()) };
    let count = usize::try_from(count).map_err(|_| ErrorKind::Internal)?;
    let read = (0..count).map(|at| {
        // SAFETY: the array has `count` structures.
        let info = unsafe { array.as_ptr().add(at) };
        // SAFETY: the structure and its texts live while `array` does.
        unsafe { PackageInfo::read(info) }
    });
    Ok(read.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows_sys::Win32::Security::Authentication::Identity as sspi;

    #[test]
    fn a_capability_has_the_name_of_its_bit() {
        let names = |bits| Capabilities(bits).names().collect::<Vec<_>>();
        assert_eq!(names(sspi::SECPKG_FLAG_INTEGRITY | sspi::SECPKG_FLAG_PRIVACY), ["INTEGRITY", "PRIVACY"]);
        assert_eq!(names(sspi::SECPKG_FLAG_NEGOTIABLE | sspi::SECPKG_FLAG_LOGON), ["NEGOTIABLE", "LOGON"]);
        assert_eq!(names(sspi::SECPKG_FLAG_APPLY_LOOPBACK), ["APPLY_LOOPBACK"]);
        assert_eq!(names(0x8000_0000), [""; 0]);
        assert_eq!(Capabilities(3).to_string(), "INTEGRITY PRIVACY");
    }

    #[test]
    fn this_machine_has_the_packages_that_we_ask_for() {
        let packages = packages().unwrap();
        for name in ["NTLM", "Negotiate", "Kerberos"] {
            let package = packages.iter().find(|package| package.name == name).unwrap();
            assert!(package.max_token > 500 && package.capabilities.bits() != 0, "{package:?}");
        }
    }
}
