//! Channel bindings as the library wants them.

use crate::abi::{BindingsDesc, BufferDesc};
use gatepass_backend::ChannelBindings;
use std::ptr;

/// `gss_channel_bindings_struct`, which borrows from the bindings; none is `GSS_C_NO_CHANNEL_BINDINGS`.
pub(crate) struct Lent<'a> {
    desc: Option<BindingsDesc>,
    _bindings: Option<&'a ChannelBindings>,
}

impl<'a> Lent<'a> {
    pub(crate) fn new(bindings: Option<&'a ChannelBindings>) -> Self {
        let desc = bindings.map(|bindings| {
            let (initiator_type, initiator) = bindings.initiator_address();
            let (acceptor_type, acceptor) = bindings.acceptor_address();
            BindingsDesc {
                initiator_type,
                initiator: BufferDesc::lent(initiator),
                acceptor_type,
                acceptor: BufferDesc::lent(acceptor),
                application_data: BufferDesc::lent(bindings.application_data()),
            }
        });
        Self { desc, _bindings: bindings }
    }

    /// Valid as long as this lives.
    pub(crate) const fn place(&mut self) -> *mut BindingsDesc {
        match &mut self.desc {
            Some(desc) => ptr::from_mut(desc),
            None => ptr::null_mut(),
        }
    }
}
