//! A security context of the library's, under way or established, deleted once.

use crate::abi::{BufferDesc, BufferSetDesc, CONTINUE_NEEDED, ContextPointer, NamePointer, OidDesc};
use crate::bindings::Lent;
use crate::buffer::{Filled, FilledSet};
use crate::credential::Credential;
use crate::name::Name;
use crate::oid::{self, Oid};
use crate::status::{Status, checked};
use crate::table::Table;
use gatepass_backend::{ChannelBindings, SessionKey};
use std::ptr;
use std::sync::Arc;

/// A `gss_ctx_id_t`.
pub(crate) struct Context {
    pub(crate) table: Arc<Table>,
    pub(crate) mechanism: Oid,
    raw: ContextPointer,
}

// SAFETY: a context may be used from any thread, one at a time, and `&mut` sees to that.
unsafe impl Send for Context {}

/// What a leg led to.
pub(crate) struct Leg {
    pub(crate) token: Vec<u8>,
    pub(crate) flags: u32,
    pub(crate) done: bool,
}

/// A leg that failed, and what the peer should be told.
pub(crate) struct FailedLeg {
    pub(crate) status: Status,
    pub(crate) token: Vec<u8>,
}

impl Context {
    /// No context yet.
    pub(crate) fn new(table: &Arc<Table>, mechanism: Oid) -> Self {
        Self { table: Arc::clone(table), mechanism, raw: ptr::null_mut() }
    }

    /// The client's next leg.
    pub(crate) fn initiate(
        &mut self,
        credential: &Credential,
        target: &Name,
        flags: u32,
        bindings: Option<&ChannelBindings>,
        token: &[u8],
    ) -> Result<Leg, FailedLeg> {
        let table = Arc::clone(&self.table);
        let (mut minor, mut agreed) = (0, 0);
        let (mut mechanism, mut bindings) = (self.mechanism.desc(), Lent::new(bindings));
        let (mut input, mut output) = (BufferDesc::lent(token), Filled::new(&table));
        // SAFETY: credential, name and context are alive or null, all places live through the call, and the mechanism and the
        // lifetime that come out are not asked for.
        let major = unsafe {
            (table.gss_init_sec_context)(
                &raw mut minor,
                credential.raw(),
                &raw mut self.raw,
                target.raw(),
                &raw mut mechanism,
                flags,
                0,
                bindings.place(),
                &raw mut input,
                ptr::null_mut(),
                output.place(),
                &raw mut agreed,
                ptr::null_mut(),
            )
        };
        let token = output.bytes().to_vec();
        match checked(&table, Some(self.mechanism), "gss_init_sec_context", major, minor) {
            Ok(bits) => Ok(Leg { token, flags: agreed, done: bits & CONTINUE_NEEDED == 0 }),
            Err(status) => Err(FailedLeg { status, token }),
        }
    }

    /// The server's next leg, and the client's name once it is known.
    pub(crate) fn accept(
        &mut self,
        credential: &Credential,
        bindings: Option<&ChannelBindings>,
        token: &[u8],
    ) -> Result<(Leg, Name), FailedLeg> {
        let table = Arc::clone(&self.table);
        let (mut minor, mut agreed) = (0, 0);
        let (mut peer, mut bindings) = (Name::empty(&table), Lent::new(bindings));
        let (mut input, mut output) = (BufferDesc::lent(token), Filled::new(&table));
        // SAFETY: credential and context are alive or null, all places live through the call, and the mechanism, the lifetime
        // and delegated credentials, which nobody here would use, are not asked for.
        let major = unsafe {
            (table.gss_accept_sec_context)(
                &raw mut minor,
                &raw mut self.raw,
                credential.raw(),
                &raw mut input,
                bindings.place(),
                peer.place(),
                ptr::null_mut(),
                output.place(),
                &raw mut agreed,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        let token = output.bytes().to_vec();
        match checked(&table, Some(self.mechanism), "gss_accept_sec_context", major, minor) {
            Ok(bits) => Ok((Leg { token, flags: agreed, done: bits & CONTINUE_NEEDED == 0 }, peer)),
            Err(status) => Err(FailedLeg { status, token }),
        }
    }

    /// The name of the target that a client has reached, and the mechanism inside.
    pub(crate) fn target(&self) -> Result<(Name, Option<Oid>), Status> {
        let mut target = Name::empty(&self.table);
        let inside = self.inquire(target.place())?;
        Ok((target, inside))
    }

    /// The mechanism inside: with SPNEGO that is the one agreed on.
    pub(crate) fn inside(&self) -> Result<Option<Oid>, Status> {
        self.inquire(ptr::null_mut())
    }

    /// A server asks for no name: gss-ntlmssp 1.2.0 has none for its own side, and copies it all the same, from a null pointer.
    fn inquire(&self, target: *mut NamePointer) -> Result<Option<Oid>, Status> {
        let mut minor = 0;
        let mut mechanism: *mut OidDesc = ptr::null_mut();
        // SAFETY: the context is alive, the places live through the call or are null, and nothing else is asked for.
        let major = unsafe {
            (self.table.gss_inquire_context)(
                &raw mut minor,
                self.raw,
                ptr::null_mut(),
                target,
                ptr::null_mut(),
                &raw mut mechanism,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        checked(&self.table, Some(self.mechanism), "gss_inquire_context", major, minor)?;
        // SAFETY: null, or an identifier that belongs to the library for good (RFC 2744 5.21).
        let contents = unsafe { oid::contents(mechanism) };
        Ok([Oid::KERBEROS, Oid::NTLMSSP, Oid::SPNEGO].into_iter().find(|known| known.0 == contents))
    }

    /// The session key, where the mechanism gives it out.
    pub(crate) fn session_key(&self) -> Option<SessionKey> {
        let inquire = self.table.gss_inquire_sec_context_by_oid?;
        let (mut minor, mut wanted, mut set) = (0, Oid::SESSION_KEY.desc(), FilledSet::new(&self.table));
        let place: *mut *mut BufferSetDesc = set.place();
        // SAFETY: the context is alive, and the places live through the call.
        let major = unsafe { inquire(&raw mut minor, self.raw, &raw mut wanted, place) };
        checked(&self.table, Some(self.mechanism), "gss_inquire_sec_context_by_oid", major, minor).ok()?;
        Some(SessionKey::from_bytes(set.first()?))
    }

    /// Begins the keystream of gss-ntlmssp anew, that of what is sent or that of what comes in. `None`: the library cannot.
    pub(crate) fn reset_keystream(&mut self, incoming: bool) -> Option<()> {
        let set = self.table.gss_set_sec_context_option?;
        let value = u32::from(incoming).to_ne_bytes();
        let (mut minor, mut option) = (0, Oid::RESET_CRYPTO.desc());
        let mut value = BufferDesc::lent(&value);
        // SAFETY: the context is alive, and the places live through the call.
        let major = unsafe { set(&raw mut minor, &raw mut self.raw, &raw mut option, &raw mut value) };
        checked(&self.table, Some(self.mechanism), "gss_set_sec_context_option", major, minor).ok().map(drop)
    }

    pub(crate) const fn raw(&self) -> ContextPointer {
        self.raw
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if self.raw.is_null() {
            return;
        }
        let mut minor = 0;
        // SAFETY: the context is ours and deleted nowhere else: the library sets the pointer to null where it deletes one itself.
        unsafe { (self.table.gss_delete_sec_context)(&raw mut minor, &raw mut self.raw, ptr::null_mut()) };
    }
}
