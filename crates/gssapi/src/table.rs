//! The library's functions, looked up at run time.
//!
//! The table is a plain structure of function pointers, so that a test can give functions of its own and count what is
//! acquired and released.

use crate::abi::{
    BindingsDesc, BufferDesc, BufferSetDesc, ContextPointer, CredentialPointer, IovDesc, NamePointer,
    OidDesc, OidSetDesc,
};
use core::ffi::c_int;
use libloading::Library;
use std::error::Error as _;
use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// Where the library may be: MIT's, Heimdal's; on macOS the system's framework.
pub(crate) const NAMES: &[&str] = if cfg!(target_os = "macos") {
    &["/System/Library/Frameworks/GSS.framework/GSS"]
} else {
    &["libgssapi_krb5.so.2", "libgssapi.so.3"]
};

macro_rules! functions {
    (
        required { $($name:ident($($argument:ty),*);)* }
        optional { $($extra:ident($($extra_argument:ty),*);)* }
    ) => {
        /// The functions of RFC 2744 that are called here, and of what MIT and Heimdal add those that may be missing. All
        /// return the major status; the first argument of each is the place for the minor one.
        pub(crate) struct Table {
            pub(crate) name: String,
            $(pub(crate) $name: unsafe extern "C" fn(*mut u32, $($argument),*) -> u32,)*
            $(pub(crate) $extra: Option<unsafe extern "C" fn(*mut u32, $($extra_argument),*) -> u32>,)*
        }

        impl Table {
            fn look_up(name: &str, library: &Library) -> Result<Self, libloading::Error> {
                Ok(Self {
                    name: name.to_owned(),
                    $($name: {
                        let symbol = concat!(stringify!($name), "\0");
                        // SAFETY: the type is the function's in the headers of MIT, Heimdal and Apple alike.
                        *unsafe { library.get(symbol.as_bytes()) }?
                    },)*
                    $($extra: [
                        concat!(stringify!($extra), "\0"),
                        // What Apple has of these functions has such a name.
                        concat!("__ApplePrivate_", stringify!($extra), "\0"),
                    ]
                    .iter()
                    .find_map(|symbol| {
                        // SAFETY: as above.
                        Some(*unsafe { library.get(symbol.as_bytes()) }.ok()?)
                    }),)*
                })
            }
        }
    };
}

functions! {
    required {
        gss_import_name(*mut BufferDesc, *mut OidDesc, *mut NamePointer);
        gss_display_name(NamePointer, *mut BufferDesc, *mut *mut OidDesc);
        gss_release_name(*mut NamePointer);
        gss_acquire_cred(
            NamePointer, u32, *mut OidSetDesc, c_int, *mut CredentialPointer, *mut *mut OidSetDesc, *mut u32
        );
        gss_inquire_cred(CredentialPointer, *mut NamePointer, *mut u32, *mut c_int, *mut *mut OidSetDesc);
        gss_release_cred(*mut CredentialPointer);
        gss_init_sec_context(
            CredentialPointer, *mut ContextPointer, NamePointer, *mut OidDesc, u32, u32, *mut BindingsDesc,
            *mut BufferDesc, *mut *mut OidDesc, *mut BufferDesc, *mut u32, *mut u32
        );
        gss_accept_sec_context(
            *mut ContextPointer, CredentialPointer, *mut BufferDesc, *mut BindingsDesc, *mut NamePointer,
            *mut *mut OidDesc, *mut BufferDesc, *mut u32, *mut u32, *mut CredentialPointer
        );
        gss_inquire_context(
            ContextPointer, *mut NamePointer, *mut NamePointer, *mut u32, *mut *mut OidDesc, *mut u32,
            *mut c_int, *mut c_int
        );
        gss_delete_sec_context(*mut ContextPointer, *mut BufferDesc);
        gss_get_mic(ContextPointer, u32, *mut BufferDesc, *mut BufferDesc);
        gss_verify_mic(ContextPointer, *mut BufferDesc, *mut BufferDesc, *mut u32);
        gss_wrap(ContextPointer, c_int, u32, *mut BufferDesc, *mut c_int, *mut BufferDesc);
        gss_unwrap(ContextPointer, *mut BufferDesc, *mut BufferDesc, *mut c_int, *mut u32);
        gss_display_status(u32, c_int, *mut OidDesc, *mut u32, *mut BufferDesc);
        gss_indicate_mechs(*mut *mut OidSetDesc);
        gss_release_oid_set(*mut *mut OidSetDesc);
        gss_release_buffer(*mut BufferDesc);
    }
    optional {
        gss_acquire_cred_with_password(
            NamePointer, *mut BufferDesc, u32, *mut OidSetDesc, c_int, *mut CredentialPointer,
            *mut *mut OidSetDesc, *mut u32
        );
        gss_inquire_sec_context_by_oid(ContextPointer, *mut OidDesc, *mut *mut BufferSetDesc);
        gss_release_buffer_set(*mut *mut BufferSetDesc);
        gss_wrap_iov(ContextPointer, c_int, u32, *mut c_int, *mut IovDesc, c_int);
        gss_unwrap_iov(ContextPointer, *mut c_int, *mut u32, *mut IovDesc, c_int);
        gss_release_iov_buffer(*mut IovDesc, c_int);
        gss_set_sec_context_option(*mut ContextPointer, *mut OidDesc, *mut BufferDesc);
    }
}

/// Loads the first library of `names` that is there, with all its required functions. It stays in the process for good:
/// Kerberos libraries leave data of each thread behind, whose destructors are in them.
pub(crate) fn load(names: &[&str]) -> Result<Arc<Table>, LoadError> {
    let mut tried = Vec::new();
    for name in names {
        // SAFETY: loading runs the initialisers of a system library that any program with a GSSAPI runs.
        match unsafe { Library::new(*name) } {
            Ok(library) => match Table::look_up(name, &ManuallyDrop::new(library)) {
                Ok(table) => return Ok(Arc::new(table)),
                Err(error) => tried.push(said(name, &error)),
            },
            Err(error) => tried.push(said(name, &error)),
        }
    }
    Err(LoadError { names: names.join(", "), tried })
}

/// What the loader says is the cause of its error.
fn said(name: &str, error: &libloading::Error) -> String {
    match error.source() {
        Some(cause) => format!("{name}: {cause}"),
        None => format!("{name}: {error}"),
    }
}

/// There is no GSSAPI on this machine, so no Kerberos.
#[derive(Clone, Debug)]
pub struct LoadError {
    names: String,
    tried: Vec<String>,
}

impl LoadError {
    /// What the loader said of each library, for whoever wants to know more than the sentence.
    #[must_use]
    pub fn details(&self) -> &[String] {
        &self.tried
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "there is no Kerberos on this machine, for no GSSAPI library can be loaded ({}): install libgssapi-krb5-2 (Debian, \
             Ubuntu), krb5-libs (Fedora, RHEL) or krb5 (Alpine, Arch)",
            self.names
        )
    }
}

impl std::error::Error for LoadError {}

/// The name of the library.
impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_an_error_that_says_what_to_install() {
        let error = load(&["libgssapi-that-is-not-there.so.9"]).unwrap_err();
        let sentence = error.to_string();
        assert!(sentence.contains("libgssapi-that-is-not-there.so.9"), "{sentence}");
        assert!(sentence.contains("install libgssapi-krb5-2"), "{sentence}");
        assert_eq!(error.details().len(), 1);
    }

    #[test]
    fn a_library_without_the_functions_is_passed_over() {
        let names = if cfg!(target_os = "macos") { ["/usr/lib/libSystem.B.dylib"] } else { ["libc.so.6"] };
        let error = load(&names).unwrap_err();
        assert!(error.details().iter().any(|line| line.contains("gss_import_name")), "{:?}", error.details());
    }
}
