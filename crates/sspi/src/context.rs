//! A security context handle, and what can be asked of it (`QueryContextAttributesW`).

use crate::allocated::Allocated;
use crate::package_info::PackageInfo;
use crate::security_status::Failure;
use gatepass_backend::SessionKey;
use std::{fmt, mem, slice};
use windows_sys::Win32::Security::Authentication::Identity::{
    DeleteSecurityContext, QueryContextAttributesW, SECPKG_ATTR, SECPKG_ATTR_FLAGS, SECPKG_ATTR_LIFESPAN,
    SECPKG_ATTR_NAMES, SECPKG_ATTR_NATIVE_NAMES, SECPKG_ATTR_PACKAGE_INFO, SECPKG_ATTR_SESSION_KEY,
    SECPKG_ATTR_SIZES, SecPkgContext_Flags, SecPkgContext_Lifespan, SecPkgContext_NamesW,
    SecPkgContext_NativeNamesW, SecPkgContext_PackageInfoW, SecPkgContext_SessionKey, SecPkgContext_Sizes,
};
use windows_sys::Win32::Security::Credentials::SecHandle;
use zeroize::Zeroize;

/// The lengths that go with the messages of a context (`SecPkgContext_Sizes`), in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The longest token of a handshake.
    pub max_token: u32,
    /// The longest signature.
    pub max_signature: u32,
    /// The multiple to which encrypted messages are padded; 0 or 1 for none.
    pub block_size: u32,
    /// The longest trailer of an encrypted message.
    pub security_trailer: u32,
}

/// From when until when a context is good (`SecPkgContext_Lifespan`): 100-nanosecond steps since 1601, as SSPI has it in
/// the local time of the machine. NTLM's contexts do not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifespan {
    /// When it begins.
    pub start: i64,
    /// When it ends.
    pub expiry: i64,
}

/// The names of both sides as the package has them (`SecPkgContext_NativeNamesW`); empty where it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeNames {
    /// The client.
    pub client: String,
    /// The server.
    pub server: String,
}

/// A security context, deleted on drop.
pub(crate) struct Context(SecHandle);

impl Context {
    /// Takes the handle that a first call returned.
    ///
    /// # Safety
    /// `handle` is that of a context, and nobody else deletes it.
    pub(crate) const unsafe fn new(handle: SecHandle) -> Self {
        Self(handle)
    }

    /// Does not delete the context, which goes on under a handle that a later call returned.
    pub(crate) fn forget(self) {
        mem::forget(self);
    }

    /// The handle, for a call that takes it.
    pub(crate) const fn handle(&self) -> &SecHandle {
        &self.0
    }

    /// The attribute `attribute`.
    ///
    /// # Safety
    /// `T` is the structure of `attribute`, and all zeros are a value of it. The pointers in the result belong to the caller.
    unsafe fn query<T: Default>(&self, attribute: SECPKG_ATTR) -> Result<T, Failure> {
        let mut value = T::default();
        // SAFETY: the handle is that of a context, and the place has the type that the attribute wants.
        let status =
            unsafe { QueryContextAttributesW(&raw const self.0, attribute, (&raw mut value).cast()) };
        if status < 0 { Err(Failure::new("QueryContextAttributesW", status)) } else { Ok(value) }
    }

    /// `SECPKG_ATTR_SIZES`.
    pub(crate) fn sizes(&self) -> Result<Sizes, Failure> {
        // SAFETY: the structure belongs to the attribute.
        let sizes: SecPkgContext_Sizes = unsafe { self.query(SECPKG_ATTR_SIZES) }?;
        Ok(Sizes {
            max_token: sizes.cbMaxToken,
            max_signature: sizes.cbMaxSignature,
            block_size: sizes.cbBlockSize,
            security_trailer: sizes.cbSecurityTrailer,
        })
    }

    /// `SECPKG_ATTR_FLAGS`: `ISC_RET_*` or `ASC_RET_*`.
    pub(crate) fn flags(&self) -> Result<u32, Failure> {
        // SAFETY: the structure belongs to the attribute.
        let flags: SecPkgContext_Flags = unsafe { self.query(SECPKG_ATTR_FLAGS) }?;
        Ok(flags.Flags)
    }

    /// `SECPKG_ATTR_LIFESPAN`.
    pub(crate) fn lifespan(&self) -> Result<Lifespan, Failure> {
        // SAFETY: the structure belongs to the attribute.
        let lifespan: SecPkgContext_Lifespan = unsafe { self.query(SECPKG_ATTR_LIFESPAN) }?;
        Ok(Lifespan { start: lifespan.tsStart, expiry: lifespan.tsExpiry })
    }

    /// `SECPKG_ATTR_NAMES`: the user who logged in.
    pub(crate) fn user_name(&self) -> Result<String, Failure> {
        // SAFETY: the structure belongs to the attribute.
        let names: SecPkgContext_NamesW = unsafe { self.query(SECPKG_ATTR_NAMES) }?;
        Ok(owned(names.sUserName))
    }

    /// `SECPKG_ATTR_NATIVE_NAMES`.
    pub(crate) fn native_names(&self) -> Result<NativeNames, Failure> {
        // SAFETY: the structure belongs to the attribute.
        let names: SecPkgContext_NativeNamesW = unsafe { self.query(SECPKG_ATTR_NATIVE_NAMES) }?;
        Ok(NativeNames { client: owned(names.sClientName), server: owned(names.sServerName) })
    }

    /// `SECPKG_ATTR_PACKAGE_INFO`: the package in use, which for Negotiate is the one inside.
    pub(crate) fn package(&self) -> Result<PackageInfo, Failure> {
        // SAFETY: the structure belongs to the attribute.
        let info: SecPkgContext_PackageInfoW = unsafe { self.query(SECPKG_ATTR_PACKAGE_INFO) }?;
        // SAFETY: SSPI allocated it for us, and nobody else frees it.
        let info = unsafe { Allocated::new(info.PackageInfo) };
        // SEC_E_INTERNAL_ERROR
        let info = info.ok_or(Failure::new("QueryContextAttributesW", 0x8009_0304_u32.cast_signed()))?;
        // SAFETY: the structure and its texts live while `info` does.
        Ok(unsafe { PackageInfo::read(info.as_ptr()) })
    }

    /// `SECPKG_ATTR_SESSION_KEY`. SSPI's copy is wiped.
    pub(crate) fn session_key(&self) -> Result<Option<SessionKey>, Failure> {
        // SAFETY: the structure belongs to the attribute.
        let key: SecPkgContext_SessionKey = unsafe { self.query(SECPKG_ATTR_SESSION_KEY) }?;
        // SAFETY: SSPI allocated the key for us, and nobody else frees it.
        let place = unsafe { Allocated::new(key.SessionKey) };
        let Some((place, length)) = place.zip(usize::try_from(key.SessionKeyLength).ok()) else {
            return Ok(None);
        };
        // SAFETY: the key has that many bytes, and nobody else knows of them.
        let bytes = unsafe { slice::from_raw_parts_mut(place.as_ptr(), length) };
        let key = SessionKey::from_bytes(bytes);
        bytes.zeroize();
        Ok(Some(key))
    }
}

/// The text at `pointer`, which is freed.
fn owned(pointer: *mut u16) -> String {
    // SAFETY: both callers have it from SSPI, for which they are the owner, and give it to nobody else.
    let Some(place) = (unsafe { Allocated::new(pointer) }) else { return String::new() };
    // SAFETY: SSPI's names end with a zero.
    unsafe { place.text() }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the handle is that of a context, and this is the only place that deletes it.
        unsafe { DeleteSecurityContext(&raw const self.0) };
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Context(..)")
    }
}
