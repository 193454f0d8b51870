//! Names of users and services, released once.

use crate::abi::{BufferDesc, NamePointer};
use crate::buffer::Filled;
use crate::oid::Oid;
use crate::status::{Status, checked};
use crate::table::Table;
use std::ptr;
use std::sync::Arc;

/// A `gss_name_t`.
pub(crate) struct Name {
    table: Arc<Table>,
    raw: NamePointer,
}

// SAFETY: a name is a piece of memory that belongs to whoever holds it; the library keeps nothing of the thread in it.
unsafe impl Send for Name {}

impl Name {
    /// The name `text` of the type `kind`.
    pub(crate) fn import(table: &Arc<Table>, text: &str, kind: Oid) -> Result<Self, Status> {
        let mut name = Self { table: Arc::clone(table), raw: ptr::null_mut() };
        let (mut minor, mut text, mut kind) = (0, BufferDesc::lent(text.as_bytes()), kind.desc());
        // SAFETY: all places live through the call, and the library copies what it keeps.
        let major = unsafe {
            (table.gss_import_name)(&raw mut minor, &raw mut text, &raw mut kind, &raw mut name.raw)
        };
        checked(table, None, "gss_import_name", major, minor)?;
        Ok(name)
    }

    /// An empty place for a name of the library's.
    pub(crate) fn empty(table: &Arc<Table>) -> Self {
        Self { table: Arc::clone(table), raw: ptr::null_mut() }
    }

    pub(crate) const fn place(&mut self) -> *mut NamePointer {
        &raw mut self.raw
    }

    pub(crate) const fn raw(&self) -> NamePointer {
        self.raw
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.raw.is_null()
    }

    /// The name as text.
    pub(crate) fn display(&self) -> Result<String, Status> {
        let (mut minor, mut text) = (0, Filled::new(&self.table));
        // SAFETY: the name is alive, the places live through the call, and the type of the name is not asked for.
        let major =
            unsafe { (self.table.gss_display_name)(&raw mut minor, self.raw, text.place(), ptr::null_mut()) };
        checked(&self.table, None, "gss_display_name", major, minor)?;
        Ok(String::from_utf8_lossy(text.bytes()).trim_end_matches('\0').to_owned())
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if self.raw.is_null() {
            return;
        }
        let mut minor = 0;
        // SAFETY: the name is ours, and is released nowhere else.
        unsafe { (self.table.gss_release_name)(&raw mut minor, &raw mut self.raw) };
    }
}
