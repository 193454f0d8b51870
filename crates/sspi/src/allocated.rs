//! Memory that SSPI allocates and its user gives back.

use std::ptr::NonNull;
use windows_sys::Win32::Security::Authentication::Identity::FreeContextBuffer;

/// The longest text that SSPI is believed to return, in UTF-16 units (`UNICODE_STRING`'s limit).
const MAX_TEXT: usize = 32 * 1024;

/// What SSPI allocated, given back on drop (`FreeContextBuffer`).
#[derive(Debug)]
pub(crate) struct Allocated<T>(NonNull<T>);

impl<T> Allocated<T> {
    /// Takes what SSPI returned, or `None` where it returned a null pointer.
    ///
    /// # Safety
    /// `pointer` is null, or was allocated by SSPI for the caller, and is freed by nobody else.
    pub(crate) unsafe fn new(pointer: *mut T) -> Option<Self> {
        NonNull::new(pointer).map(Self)
    }

    /// Where it is.
    pub(crate) const fn as_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }
}

impl Allocated<u16> {
    /// The text up to its zero. What is no UTF-16 becomes U+FFFD.
    ///
    /// # Safety
    /// The memory is UTF-16 that ends with a zero.
    pub(crate) unsafe fn text(&self) -> String {
        // SAFETY: the caller's promise is the same.
        unsafe { text(self.as_ptr()) }
    }
}

impl<T> Drop for Allocated<T> {
    fn drop(&mut self) {
        // The status says only whether the memory was SSPI's, which the constructor demands.
        // SAFETY: the pointer came from SSPI, and this is the only place that frees it.
        unsafe { FreeContextBuffer(self.0.as_ptr().cast()) };
    }
}

/// The text at `pointer` up to its zero; nothing where `pointer` is null.
///
/// # Safety
/// `pointer` is null or points to UTF-16 that ends with a zero and lives for the length of the call.
pub(crate) unsafe fn text(pointer: *const u16) -> String {
    if pointer.is_null() {
        return String::new();
    }
    let mut units = Vec::new();
    for at in 0..MAX_TEXT {
        // SAFETY: no zero came before `at`, so the text reaches that far.
        let place = unsafe { pointer.add(at) };
        // SAFETY: as above.
        let unit = unsafe { place.read() };
        if unit == 0 {
            break;
        }
        units.push(unit);
    }
    String::from_utf16_lossy(&units)
}
