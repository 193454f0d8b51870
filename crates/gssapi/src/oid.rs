//! The object identifiers that the library is called with: the contents of their DER form.

use crate::abi::OidDesc;
use core::ffi::c_void;
use core::slice;

/// An object identifier that lives as long as the program, as the library may keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Oid(pub(crate) &'static [u8]);

impl Oid {
    /// Kerberos, 1.2.840.113554.1.2.2 (`gss_mech_krb5`).
    pub(crate) const KERBEROS: Self = Self(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2]);
    /// SPNEGO, 1.3.6.1.5.5.2.
    pub(crate) const SPNEGO: Self = Self(&[0x2b, 6, 1, 5, 5, 2]);
    /// NTLM, 1.3.6.1.4.1.311.2.2.10, which gss-ntlmssp adds.
    pub(crate) const NTLMSSP: Self = Self(&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10]);
    /// `GSS_C_NT_HOSTBASED_SERVICE`, 1.2.840.113554.1.2.1.4.
    pub(crate) const HOSTBASED_SERVICE: Self = Self(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 1, 4]);
    /// `GSS_C_NT_USER_NAME`, 1.2.840.113554.1.2.1.1.
    pub(crate) const USER_NAME: Self = Self(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 1, 1]);
    /// `GSS_KRB5_NT_PRINCIPAL_NAME`, 1.2.840.113554.1.2.2.1 (RFC 1964 2.1.1).
    pub(crate) const PRINCIPAL_NAME: Self = Self(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, 1]);
    /// `GSS_C_INQ_SSPI_SESSION_KEY`, 1.2.840.113554.1.2.2.5.5.
    pub(crate) const SESSION_KEY: Self = Self(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, 5, 5]);
    /// gss-ntlmssp's `GSS_NTLMSSP_RESET_CRYPTO_OID`, 1.3.6.1.4.1.7165.655.1.3.
    pub(crate) const RESET_CRYPTO: Self = Self(&[0x2b, 6, 1, 4, 1, 0xb7, 0x7d, 0x85, 0x0f, 1, 3]);

    /// As the library wants it.
    pub(crate) fn desc(self) -> OidDesc {
        let elements: *const u8 = self.0.as_ptr();
        // No identifier here is longer than 12 bytes.
        OidDesc {
            length: u32::try_from(self.0.len()).unwrap_or_default(),
            elements: elements.cast_mut().cast::<c_void>(),
        }
    }

    /// The mechanism's name in a sentence.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::KERBEROS => "Kerberos",
            Self::SPNEGO => "the system's Negotiate",
            Self::NTLMSSP => "gss-ntlmssp",
            _ => "GSSAPI",
        }
    }
}

/// The contents of an identifier that the library points to.
///
/// # Safety
/// `desc` is null, or points to an identifier of the library that lives as long as `'a`.
pub(crate) unsafe fn contents<'a>(desc: *const OidDesc) -> &'a [u8] {
    if desc.is_null() {
        return &[];
    }
    // SAFETY: not null, so it points to an identifier, as the caller promises.
    let desc = unsafe { desc.read() };
    let (elements, length) = (desc.elements, usize::try_from(desc.length).unwrap_or_default());
    if elements.is_null() {
        return &[];
    }
    // SAFETY: an identifier of the library has as many bytes as it says.
    unsafe { slice::from_raw_parts(elements.cast::<u8>().cast_const(), length) }
}
