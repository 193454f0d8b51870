//! Buffers that the library allocates: copied out, and released once.

use crate::abi::{BufferDesc, BufferSetDesc};
use crate::table::Table;
use core::slice;
use std::ptr;
use zeroize::Zeroize as _;

/// A buffer that the library fills, wiped and given back when dropped.
pub(crate) struct Filled<'a> {
    table: &'a Table,
    desc: BufferDesc,
}

impl<'a> Filled<'a> {
    /// An empty buffer for the library to fill.
    pub(crate) const fn new(table: &'a Table) -> Self {
        Self { table, desc: BufferDesc::EMPTY }
    }

    /// Where the library puts it.
    pub(crate) const fn place(&mut self) -> *mut BufferDesc {
        &raw mut self.desc
    }

    /// What is in it.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the buffer is empty, or the library has filled it and it is not released yet.
        unsafe { view(&self.desc) }
    }
}

impl Drop for Filled<'_> {
    fn drop(&mut self) {
        if self.desc.value.is_null() {
            return;
        }
        // SAFETY: the library allocated these bytes for us, and nobody else has them.
        unsafe { wipe(&self.desc) };
        let mut minor = 0;
        // SAFETY: the buffer is the library's, and is released nowhere else.
        unsafe { (self.table.gss_release_buffer)(&raw mut minor, &raw mut self.desc) };
    }
}

/// A set of buffers that the library allocates, wiped and given back when dropped.
pub(crate) struct FilledSet<'a> {
    table: &'a Table,
    set: *mut BufferSetDesc,
}

impl<'a> FilledSet<'a> {
    pub(crate) const fn new(table: &'a Table) -> Self {
        Self { table, set: ptr::null_mut() }
    }

    pub(crate) const fn place(&mut self) -> *mut *mut BufferSetDesc {
        &raw mut self.set
    }

    /// The first buffer of the set.
    pub(crate) fn first(&self) -> Option<&[u8]> {
        let first = self.first_desc()?;
        // SAFETY: an element of the library's, alive as long as the set.
        Some(unsafe { view(&first) })
    }

    fn first_desc(&self) -> Option<BufferDesc> {
        if self.set.is_null() {
            return None;
        }
        // SAFETY: not null, so it is a set that the library has made and that is not released yet.
        let set = unsafe { self.set.read() };
        if set.count == 0 || set.elements.is_null() {
            return None;
        }
        // SAFETY: a set with a count has so many elements.
        Some(unsafe { set.elements.read() })
    }
}

impl Drop for FilledSet<'_> {
    fn drop(&mut self) {
        let Some(release) = self.table.gss_release_buffer_set.filter(|_| !self.set.is_null()) else { return };
        if let Some(secret) = self.first_desc() {
            // SAFETY: the library allocated these bytes for us, and no view of them outlives the set.
            unsafe { wipe(&secret) };
        }
        let mut minor = 0;
        // SAFETY: the set is the library's, and is released nowhere else.
        unsafe { release(&raw mut minor, &raw mut self.set) };
    }
}

/// The bytes of `desc`.
///
/// # Safety
/// `desc` is empty, or describes bytes that live as long as `'a`.
unsafe fn view<'a>(desc: &BufferDesc) -> &'a [u8] {
    let (length, value) = (desc.length, desc.value);
    if value.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: as the caller promises.
    unsafe { slice::from_raw_parts(value.cast::<u8>().cast_const(), length) }
}

/// Writes zeros over the bytes of `desc`, by the library's own pointer: what comes of a shared view must not be written to.
///
/// # Safety
/// `desc` is empty, or describes bytes that the library has allocated for us, of which no view is left.
unsafe fn wipe(desc: &BufferDesc) {
    let (length, value) = (desc.length, desc.value);
    if value.is_null() {
        return;
    }
    // SAFETY: as the caller promises.
    unsafe { slice::from_raw_parts_mut(value.cast::<u8>(), length) }.zeroize();
}
