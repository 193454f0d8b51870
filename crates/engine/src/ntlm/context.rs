//! What a handshake behind the joint leaves behind.

use crate::{Datagrams, Protection, Session, settle};
use alloc::{boxed::Box, vec::Vec};
use gatepass_backend::{Attributes, Error, Principal, SecurityContext, SessionKey};

/// A session as the joint knows it.
///
/// It has no room that may stay unused: there the heap would keep what was on the stack before, keys among it (a87).
#[derive(Debug)]
pub(super) struct Context {
    attributes: Attributes,
    peer: Option<Box<Principal>>,
    key: SessionKey,
    messages: Messages,
}

/// How its messages are protected.
#[derive(Debug)]
enum Messages {
    Connection(Box<Protection>),
    Datagrams(Box<Datagrams>),
}

impl Context {
    pub(super) fn new(session: Session, peer: Option<Principal>) -> Self {
        let attributes = settle::attributes(session.flags());
        let key = session.exported_session_key().clone();
        let messages = if attributes.contains(Attributes::DATAGRAM) {
            Messages::Datagrams(Box::new(session.datagrams()))
        } else {
            Messages::Connection(Box::new(session.protect()))
        };
        Self { attributes, peer: peer.map(Box::new), key, messages }
    }

    fn connection(&mut self) -> Result<&mut Protection, crate::Error> {
        match &mut self.messages {
            Messages::Connection(protection) => Ok(protection),
            Messages::Datagrams(_) => Err(crate::Error::Unsupported),
        }
    }

    fn datagrams(&self) -> Result<&Datagrams, crate::Error> {
        match &self.messages {
            Messages::Datagrams(datagrams) => Ok(datagrams),
            Messages::Connection(_) => Err(crate::Error::Unsupported),
        }
    }
}

impl SecurityContext for Context {
    fn attributes(&self) -> Attributes {
        self.attributes
    }

    fn peer(&self) -> Option<&Principal> {
        self.peer.as_deref()
    }

    fn session_key(&self) -> Option<SessionKey> {
        Some(self.key.clone())
    }

    fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.connection()?.sign(message)?.to_vec())
    }

    fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        Ok(self.connection()?.verify(message, signature)?)
    }

    fn seal(&mut self, message: &mut [u8]) -> Result<Vec<u8>, Error> {
        Ok(self.connection()?.seal(message)?.to_vec())
    }

    fn unseal(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        Ok(self.connection()?.unseal(message, signature)?)
    }

    fn seal_parts(&mut self, message: &mut [&mut [u8]]) -> Result<Vec<u8>, Error> {
        Ok(self.connection()?.seal_parts(message)?.to_vec())
    }

    fn unseal_parts(&mut self, message: &mut [&mut [u8]], signature: &[u8]) -> Result<(), Error> {
        Ok(self.connection()?.unseal_parts(message, signature)?)
    }

    fn sign_datagram(&mut self, number: u32, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.datagrams()?.sign(number, message)?.to_vec())
    }

    fn verify_datagram(&mut self, number: u32, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        Ok(self.datagrams()?.verify(number, message, signature)?)
    }

    fn seal_datagram(&mut self, number: u32, message: &mut [u8]) -> Result<Vec<u8>, Error> {
        Ok(self.datagrams()?.seal(number, message)?.to_vec())
    }

    fn unseal_datagram(&mut self, number: u32, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        Ok(self.datagrams()?.unseal(number, message, signature)?)
    }

    fn mech_list_mic(&mut self, list: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.connection()?.mech_list_mic(list)?.to_vec())
    }

    fn verify_mech_list_mic(&mut self, list: &[u8], mic: &[u8]) -> Result<(), Error> {
        Ok(self.connection()?.verify_mech_list_mic(list, mic)?)
    }
}
