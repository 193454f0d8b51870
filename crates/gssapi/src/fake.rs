//! A library that is none: it answers what a test tells it to, and keeps count of what it has given out. (Long, because it has all
//! the functions of the table.)
#![cfg(unix)]

use crate::abi::{
    BindingsDesc, BufferDesc, BufferSetDesc, CONTINUE_NEEDED, ContextPointer, CredentialPointer, IovDesc,
    NamePointer, OidDesc, OidSetDesc,
};
use crate::oid::{self, Oid};
use crate::table::Table;
use core::ffi::{c_int, c_void};
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::ptr;
use std::sync::Arc;

/// What the library answers to a leg.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) major: u32,
    pub(crate) token: &'static [u8],
    pub(crate) flags: u32,
    /// The library deletes the context itself, as it may after an error.
    pub(crate) deletes: bool,
}

impl Answer {
    pub(crate) fn goes_on() -> Self {
        Self { major: CONTINUE_NEEDED, token: b"token", ..Self::default() }
    }

    pub(crate) fn done(flags: u32) -> Self {
        Self { token: b"last", flags, ..Self::default() }
    }

    pub(crate) fn fails(routine: u32) -> Self {
        Self { major: routine << 16, ..Self::default() }
    }
}

/// What the library knows of this thread, which is that of one test.
#[derive(Default)]
pub(crate) struct Ledger {
    /// What is given out and not released: its address, and what it is.
    live: HashMap<usize, &'static str>,
    /// Released without being given out: twice, for instance.
    wrong: Vec<&'static str>,
    /// How many of each kind were given out in all.
    given: HashMap<&'static str, usize>,
    pub(crate) legs: VecDeque<Answer>,
    pub(crate) verdicts: VecDeque<u32>,
    pub(crate) flags: Vec<u32>,
    pub(crate) names: Vec<String>,
    pub(crate) bindings: Vec<Option<Vec<u8>>>,
    pub(crate) passwords: Vec<Vec<u8>>,
}

thread_local! {
    static LEDGER: RefCell<Ledger> = RefCell::default();
}

/// Reads and writes the ledger.
pub(crate) fn ledger<T>(run: impl FnOnce(&mut Ledger) -> T) -> T {
    LEDGER.with_borrow_mut(run)
}

impl Ledger {
    /// What is wrong with the books: what was not released, and what was released too often.
    pub(crate) fn defects(&self) -> Vec<&'static str> {
        self.live.values().chain(&self.wrong).copied().collect()
    }

    pub(crate) fn given(&self, kind: &str) -> usize {
        self.given.get(kind).copied().unwrap_or_default()
    }
}

fn give(kind: &'static str) -> *mut c_void {
    let pointer: *mut c_void = Box::into_raw(Box::new(0_u64)).cast();
    enter(pointer, kind);
    pointer
}

fn enter(pointer: *mut c_void, kind: &'static str) {
    ledger(|ledger| {
        ledger.live.insert(pointer.addr(), kind);
        let count = ledger.given.entry(kind).or_default();
        *count = count.saturating_add(1);
    });
}

/// Takes a handle back, and sets the pointer to null as the library does.
unsafe fn take(place: *mut *mut c_void, kind: &'static str) -> u32 {
    // SAFETY: the caller passes a place.
    let pointer = unsafe { place.read() };
    if ledger(|ledger| ledger.live.remove(&pointer.addr())) == Some(kind) {
        // SAFETY: it was in the books, so it is a box of ours.
        drop(unsafe { Box::from_raw(pointer.cast::<u64>()) });
    } else {
        ledger(|ledger| ledger.wrong.push(kind));
    }
    // SAFETY: as above.
    unsafe { place.write(ptr::null_mut()) };
    0
}

unsafe fn fill(place: *mut BufferDesc, bytes: &[u8]) {
    if bytes.is_empty() {
        // SAFETY: the caller passes a place.
        unsafe { place.write(BufferDesc::EMPTY) };
        return;
    }
    let value: *mut c_void = Box::into_raw(bytes.to_vec().into_boxed_slice()).cast();
    enter(value, "buffer");
    // SAFETY: as above.
    unsafe { place.write(BufferDesc { length: bytes.len(), value }) };
}

unsafe fn read(place: *const BufferDesc) -> Vec<u8> {
    // SAFETY: the caller passes a place.
    let BufferDesc { length, value } = unsafe { place.read() };
    if length == 0 {
        return Vec::new();
    }
    // SAFETY: a buffer has as many bytes as it says.
    unsafe { core::slice::from_raw_parts(value.cast::<u8>().cast_const(), length) }.to_vec()
}

unsafe extern "C" fn import_name(
    _: *mut u32,
    text: *mut BufferDesc,
    _: *mut OidDesc,
    name: *mut NamePointer,
) -> u32 {
    // SAFETY: the buffer is one.
    let text = unsafe { read(text) };
    ledger(|ledger| ledger.names.push(String::from_utf8(text).unwrap()));
    // SAFETY: the place is one.
    unsafe { name.write(give("name")) };
    0
}

unsafe extern "C" fn display_name(
    _: *mut u32,
    _: NamePointer,
    text: *mut BufferDesc,
    _: *mut *mut OidDesc,
) -> u32 {
    // SAFETY: the place is one.
    unsafe { fill(text, b"alice@CORP.TEST") };
    0
}

unsafe extern "C" fn release_name(_: *mut u32, name: *mut NamePointer) -> u32 {
    // SAFETY: the place is one.
    unsafe { take(name, "name") }
}

unsafe extern "C" fn acquire_cred(
    _: *mut u32,
    _: NamePointer,
    _: u32,
    _: *mut OidSetDesc,
    _: c_int,
    credential: *mut CredentialPointer,
    _: *mut *mut OidSetDesc,
    _: *mut u32,
) -> u32 {
    // SAFETY: the place is one.
    unsafe { credential.write(give("credential")) };
    0
}

unsafe extern "C" fn acquire_with_password(
    _: *mut u32,
    _: NamePointer,
    password: *mut BufferDesc,
    _: u32,
    _: *mut OidSetDesc,
    _: c_int,
    credential: *mut CredentialPointer,
    _: *mut *mut OidSetDesc,
    _: *mut u32,
) -> u32 {
    // SAFETY: the buffer is one.
    let password = unsafe { read(password) };
    ledger(|ledger| ledger.passwords.push(password));
    let verdict = verdict();
    if verdict == 0 {
        // SAFETY: the place is one.
        unsafe { credential.write(give("credential")) };
    }
    verdict
}

unsafe extern "C" fn inquire_cred(
    _: *mut u32,
    _: CredentialPointer,
    name: *mut NamePointer,
    lifetime: *mut u32,
    _: *mut c_int,
    _: *mut *mut OidSetDesc,
) -> u32 {
    // SAFETY: the place is one.
    unsafe { name.write(give("name")) };
    // SAFETY: the place is one.
    unsafe { lifetime.write(3660) };
    0
}

unsafe extern "C" fn release_cred(_: *mut u32, credential: *mut CredentialPointer) -> u32 {
    // SAFETY: the place is one.
    unsafe { take(credential, "credential") }
}

/// A leg of either side.
unsafe fn leg(
    context: *mut ContextPointer,
    bindings: *mut BindingsDesc,
    output: *mut BufferDesc,
    flags: *mut u32,
) -> u32 {
    let bindings = if bindings.is_null() {
        None
    } else {
        // SAFETY: not null, so it is a structure.
        let data = unsafe { bindings.read() }.application_data;
        // SAFETY: a buffer.
        Some(unsafe { read(&raw const data) })
    };
    let answer = ledger(|ledger| {
        ledger.bindings.push(bindings);
        ledger.legs.pop_front().expect("the test says what comes of each leg")
    });
    // SAFETY: the place is one.
    if unsafe { context.read() }.is_null() {
        // SAFETY: as above.
        unsafe { context.write(give("context")) };
    }
    if answer.deletes {
        // SAFETY: as above.
        unsafe { take(context, "context") };
    }
    // SAFETY: the place is one.
    unsafe { fill(output, answer.token) };
    // SAFETY: the place is one.
    unsafe { flags.write(answer.flags) };
    answer.major
}

unsafe extern "C" fn init_sec_context(
    _: *mut u32,
    _: CredentialPointer,
    context: *mut ContextPointer,
    _: NamePointer,
    _: *mut OidDesc,
    wanted: u32,
    _: u32,
    bindings: *mut BindingsDesc,
    _: *mut BufferDesc,
    _: *mut *mut OidDesc,
    output: *mut BufferDesc,
    flags: *mut u32,
    _: *mut u32,
) -> u32 {
    ledger(|ledger| ledger.flags.push(wanted));
    // SAFETY: the places are places.
    unsafe { leg(context, bindings, output, flags) }
}

unsafe extern "C" fn accept_sec_context(
    _: *mut u32,
    context: *mut ContextPointer,
    _: CredentialPointer,
    _: *mut BufferDesc,
    bindings: *mut BindingsDesc,
    peer: *mut NamePointer,
    _: *mut *mut OidDesc,
    output: *mut BufferDesc,
    flags: *mut u32,
    _: *mut u32,
    _: *mut CredentialPointer,
) -> u32 {
    // SAFETY: the places are places.
    let major = unsafe { leg(context, bindings, output, flags) };
    if major == 0 {
        // SAFETY: the place is one.
        unsafe { peer.write(give("name")) };
    }
    major
}

unsafe extern "C" fn inquire_context(
    _: *mut u32,
    _: ContextPointer,
    _: *mut NamePointer,
    target: *mut NamePointer,
    _: *mut u32,
    mechanism: *mut *mut OidDesc,
    _: *mut u32,
    _: *mut c_int,
    _: *mut c_int,
) -> u32 {
    if !target.is_null() {
        // SAFETY: the place is one.
        unsafe { target.write(give("name")) };
    }
    // SAFETY: the place is one.
    unsafe { mechanism.write(Box::leak(Box::new(Oid::KERBEROS.desc()))) };
    0
}

unsafe extern "C" fn delete_sec_context(
    _: *mut u32,
    context: *mut ContextPointer,
    _: *mut BufferDesc,
) -> u32 {
    // SAFETY: the place is one.
    unsafe { take(context, "context") }
}

fn verdict() -> u32 {
    ledger(|ledger| ledger.verdicts.pop_front()).unwrap_or_default()
}

unsafe extern "C" fn get_mic(
    _: *mut u32,
    _: ContextPointer,
    _: u32,
    _: *mut BufferDesc,
    signature: *mut BufferDesc,
) -> u32 {
    // SAFETY: the place is one.
    unsafe { fill(signature, b"signature") };
    verdict()
}

unsafe extern "C" fn verify_mic(
    _: *mut u32,
    _: ContextPointer,
    _: *mut BufferDesc,
    _: *mut BufferDesc,
    _: *mut u32,
) -> u32 {
    verdict()
}

unsafe extern "C" fn wrap(
    _: *mut u32,
    _: ContextPointer,
    _: c_int,
    _: u32,
    _: *mut BufferDesc,
    _: *mut c_int,
    _: *mut BufferDesc,
) -> u32 {
    16 << 16
}

unsafe extern "C" fn unwrap(
    _: *mut u32,
    _: ContextPointer,
    _: *mut BufferDesc,
    _: *mut BufferDesc,
    _: *mut c_int,
    _: *mut u32,
) -> u32 {
    16 << 16
}

unsafe extern "C" fn wrap_iov(
    _: *mut u32,
    _: ContextPointer,
    _: c_int,
    _: u32,
    sealed: *mut c_int,
    iov: *mut IovDesc,
    _: c_int,
) -> u32 {
    // SAFETY: the array has a header.
    let header = unsafe { &raw mut (*iov).buffer };
    // SAFETY: the place is one.
    unsafe { fill(header, b"header") };
    // SAFETY: the place is one.
    unsafe { sealed.write(1) };
    verdict()
}

unsafe extern "C" fn unwrap_iov(
    _: *mut u32,
    _: ContextPointer,
    sealed: *mut c_int,
    _: *mut u32,
    _: *mut IovDesc,
    _: c_int,
) -> u32 {
    // SAFETY: the place is one.
    unsafe { sealed.write(1) };
    verdict()
}

unsafe extern "C" fn release_iov_buffer(minor: *mut u32, iov: *mut IovDesc, _: c_int) -> u32 {
    // SAFETY: the array has a header.
    let header = unsafe { &raw mut (*iov).buffer };
    // SAFETY: the header is the only thing that was allocated.
    unsafe { release_buffer(minor, header) }
}

unsafe extern "C" fn display_status(
    _: *mut u32,
    _: u32,
    _: c_int,
    _: *mut OidDesc,
    more: *mut u32,
    text: *mut BufferDesc,
) -> u32 {
    // SAFETY: the place is one.
    unsafe { more.write(0) };
    // SAFETY: the place is one.
    unsafe { fill(text, b"the library's words") };
    0
}

unsafe extern "C" fn indicate_mechs(_: *mut u32, set: *mut *mut OidSetDesc) -> u32 {
    let elements = Box::leak(Box::new([Oid::KERBEROS.desc(), Oid::SPNEGO.desc()]));
    let made = Box::new(OidSetDesc { count: 2, elements: elements.as_mut_ptr() });
    let made: *mut OidSetDesc = Box::into_raw(made);
    enter(made.cast(), "set");
    // SAFETY: the place is one.
    unsafe { set.write(made) };
    0
}

unsafe extern "C" fn release_oid_set(_: *mut u32, set: *mut *mut OidSetDesc) -> u32 {
    // SAFETY: the place is one.
    let made = unsafe { set.read() };
    if ledger(|ledger| ledger.live.remove(&made.addr())) != Some("set") {
        ledger(|ledger| ledger.wrong.push("set"));
        return 0;
    }
    // SAFETY: it was in the books, so it is a box of ours.
    drop(unsafe { Box::from_raw(made) });
    0
}

unsafe extern "C" fn release_buffer(_: *mut u32, buffer: *mut BufferDesc) -> u32 {
    // SAFETY: the place is one.
    let BufferDesc { length, value } = unsafe { buffer.read() };
    if ledger(|ledger| ledger.live.remove(&value.addr())) == Some("buffer") {
        let bytes = ptr::slice_from_raw_parts_mut(value.cast::<u8>(), length);
        // SAFETY: it was in the books, so it is a box of ours.
        drop(unsafe { Box::from_raw(bytes) });
    } else {
        ledger(|ledger| ledger.wrong.push("buffer"));
    }
    // SAFETY: as above.
    unsafe { buffer.write(BufferDesc::EMPTY) };
    0
}

unsafe extern "C" fn inquire_by_oid(
    _: *mut u32,
    _: ContextPointer,
    wanted: *mut OidDesc,
    set: *mut *mut BufferSetDesc,
) -> u32 {
    // SAFETY: the identifier is one.
    if unsafe { oid::contents(wanted) } != Oid::SESSION_KEY.0 {
        return 16 << 16;
    }
    let mut first = BufferDesc::EMPTY;
    // SAFETY: the place is one.
    unsafe { fill(&raw mut first, &[7; 32]) };
    let elements: *mut BufferDesc = Box::into_raw(Box::new(first));
    let made: *mut BufferSetDesc = Box::into_raw(Box::new(BufferSetDesc { count: 1, elements }));
    enter(made.cast(), "buffers");
    // SAFETY: the place is one.
    unsafe { set.write(made) };
    0
}

unsafe extern "C" fn release_buffer_set(minor: *mut u32, set: *mut *mut BufferSetDesc) -> u32 {
    // SAFETY: the place is one.
    let made = unsafe { set.read() };
    if ledger(|ledger| ledger.live.remove(&made.addr())) != Some("buffers") {
        ledger(|ledger| ledger.wrong.push("buffers"));
        return 0;
    }
    // SAFETY: it was in the books, so it is a box of ours.
    let made = unsafe { Box::from_raw(made) };
    // SAFETY: as above.
    let mut first = unsafe { Box::from_raw(made.elements) };
    // SAFETY: a key is wiped before it is given back.
    let key = unsafe { read(&raw const *first) };
    assert!(key.iter().all(|byte| *byte == 0), "the key is given back in the clear");
    // SAFETY: a buffer of ours.
    unsafe { release_buffer(minor, &raw mut *first) }
}

/// The library.
pub(crate) fn table() -> Arc<Table> {
    Arc::new(Table {
        name: "fake".to_owned(),
        gss_import_name: import_name,
        gss_display_name: display_name,
        gss_release_name: release_name,
        gss_acquire_cred: acquire_cred,
        gss_inquire_cred: inquire_cred,
        gss_release_cred: release_cred,
        gss_init_sec_context: init_sec_context,
        gss_accept_sec_context: accept_sec_context,
        gss_inquire_context: inquire_context,
        gss_delete_sec_context: delete_sec_context,
        gss_get_mic: get_mic,
        gss_verify_mic: verify_mic,
        gss_wrap: wrap,
        gss_unwrap: unwrap,
        gss_display_status: display_status,
        gss_indicate_mechs: indicate_mechs,
        gss_release_oid_set: release_oid_set,
        gss_release_buffer: release_buffer,
        gss_acquire_cred_with_password: Some(acquire_with_password),
        gss_inquire_sec_context_by_oid: Some(inquire_by_oid),
        gss_release_buffer_set: Some(release_buffer_set),
        gss_wrap_iov: Some(wrap_iov),
        gss_unwrap_iov: Some(unwrap_iov),
        gss_release_iov_buffer: Some(release_iov_buffer),
        gss_set_sec_context_option: None,
    })
}
