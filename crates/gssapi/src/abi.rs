//! The C types and numbers of RFC 2744, of RFC 4401's relatives in MIT and Heimdal (inquiry by OID), and of their `iov`
//! functions.
//!
//! MIT's and Heimdal's headers agree on all of this. Apple's are Heimdal's, with one difference: on x86 its structures are
//! packed to two bytes, for the sake of programs older than the processor.

use core::ffi::{c_int, c_void};
use core::ptr;

/// `gss_name_t`
pub(crate) type NamePointer = *mut c_void;
/// `gss_cred_id_t`
pub(crate) type CredentialPointer = *mut c_void;
/// `gss_ctx_id_t`
pub(crate) type ContextPointer = *mut c_void;

/// `gss_OID_desc`
#[cfg_attr(not(all(target_os = "macos", target_arch = "x86_64")), repr(C))]
#[cfg_attr(all(target_os = "macos", target_arch = "x86_64"), repr(C, packed(2)))]
#[derive(Clone, Copy)]
pub(crate) struct OidDesc {
    pub(crate) length: u32,
    pub(crate) elements: *mut c_void,
}

/// `gss_OID_set_desc`
#[cfg_attr(not(all(target_os = "macos", target_arch = "x86_64")), repr(C))]
#[cfg_attr(all(target_os = "macos", target_arch = "x86_64"), repr(C, packed(2)))]
#[derive(Clone, Copy)]
pub(crate) struct OidSetDesc {
    pub(crate) count: usize,
    pub(crate) elements: *mut OidDesc,
}

/// `gss_buffer_desc`
#[cfg_attr(not(all(target_os = "macos", target_arch = "x86_64")), repr(C))]
#[cfg_attr(all(target_os = "macos", target_arch = "x86_64"), repr(C, packed(2)))]
#[derive(Clone, Copy)]
pub(crate) struct BufferDesc {
    pub(crate) length: usize,
    pub(crate) value: *mut c_void,
}

impl BufferDesc {
    /// `GSS_C_EMPTY_BUFFER`
    pub(crate) const EMPTY: Self = Self { length: 0, value: ptr::null_mut() };

    /// A buffer that the library only reads, as long as `bytes` lives.
    pub(crate) const fn lent(bytes: &[u8]) -> Self {
        Self { length: bytes.len(), value: bytes.as_ptr().cast_mut().cast() }
    }

    /// A buffer that the library reads and writes in place, as long as `bytes` lives.
    pub(crate) const fn lent_mut(bytes: &mut [u8]) -> Self {
        Self { length: bytes.len(), value: bytes.as_mut_ptr().cast() }
    }
}

/// `gss_buffer_set_desc`
#[cfg_attr(not(all(target_os = "macos", target_arch = "x86_64")), repr(C))]
#[cfg_attr(all(target_os = "macos", target_arch = "x86_64"), repr(C, packed(2)))]
#[derive(Clone, Copy)]
pub(crate) struct BufferSetDesc {
    pub(crate) count: usize,
    pub(crate) elements: *mut BufferDesc,
}

/// `gss_iov_buffer_desc`
#[cfg_attr(not(all(target_os = "macos", target_arch = "x86_64")), repr(C))]
#[cfg_attr(all(target_os = "macos", target_arch = "x86_64"), repr(C, packed(2)))]
#[derive(Clone, Copy)]
pub(crate) struct IovDesc {
    pub(crate) kind: u32,
    pub(crate) buffer: BufferDesc,
}

/// `gss_channel_bindings_struct`
#[cfg_attr(not(all(target_os = "macos", target_arch = "x86_64")), repr(C))]
#[cfg_attr(all(target_os = "macos", target_arch = "x86_64"), repr(C, packed(2)))]
#[derive(Clone, Copy)]
pub(crate) struct BindingsDesc {
    pub(crate) initiator_type: u32,
    pub(crate) initiator: BufferDesc,
    pub(crate) acceptor_type: u32,
    pub(crate) acceptor: BufferDesc,
    pub(crate) application_data: BufferDesc,
}

/// `GSS_C_DELEG_FLAG`
pub(crate) const DELEG: u32 = 1;
/// `GSS_C_MUTUAL_FLAG`
pub(crate) const MUTUAL: u32 = 2;
/// `GSS_C_REPLAY_FLAG`
pub(crate) const REPLAY: u32 = 4;
/// `GSS_C_SEQUENCE_FLAG`
pub(crate) const SEQUENCE: u32 = 8;
/// `GSS_C_CONF_FLAG`
pub(crate) const CONF: u32 = 16;
/// `GSS_C_INTEG_FLAG`
pub(crate) const INTEG: u32 = 32;
/// `GSS_C_ANON_FLAG`
pub(crate) const ANON: u32 = 64;
/// `GSS_C_IDENTIFY_FLAG` (MIT, Heimdal)
pub(crate) const IDENTIFY: u32 = 8192;

/// `GSS_C_INITIATE`
pub(crate) const INITIATE: c_int = 1;
/// `GSS_C_ACCEPT`
pub(crate) const ACCEPT: c_int = 2;
/// `GSS_C_INDEFINITE`
pub(crate) const INDEFINITE: u32 = u32::MAX;
/// `GSS_C_GSS_CODE`
pub(crate) const GSS_CODE: c_int = 1;
/// `GSS_C_MECH_CODE`
pub(crate) const MECH_CODE: c_int = 2;

/// `GSS_IOV_BUFFER_TYPE_DATA`
pub(crate) const IOV_DATA: u32 = 1;
/// `GSS_IOV_BUFFER_TYPE_HEADER`
pub(crate) const IOV_HEADER: u32 = 2;
/// `GSS_IOV_BUFFER_FLAG_ALLOCATE`
pub(crate) const IOV_ALLOCATE: u32 = 0x0001_0000;

/// `GSS_S_CONTINUE_NEEDED`
pub(crate) const CONTINUE_NEEDED: u32 = 1;
/// The calling and routine errors in a major status; what is left are supplementary bits.
pub(crate) const ERRORS: u32 = 0xffff_0000;

#[cfg(all(test, target_pointer_width = "64", not(target_os = "macos")))]
mod tests {
    use super::*;

    #[test]
    fn the_structures_have_the_layout_of_the_headers() {
        assert_eq!((size_of::<OidDesc>(), size_of::<BufferDesc>()), (16, 16));
        assert_eq!((size_of::<IovDesc>(), size_of::<BindingsDesc>()), (24, 64));
        assert_eq!(core::mem::offset_of!(BindingsDesc, application_data), 48);
    }
}
