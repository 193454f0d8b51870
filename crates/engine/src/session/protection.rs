//! Both directions of a connection in one.

use super::direction::Direction;
use super::{Sealer, Session, Unsealer};
use crate::Error;
use core::fmt;
use gatepass_wire::NegotiateFlags as Flags;

/// The protection of messages in both directions.
///
/// With extended session security this is a [`Sealer`] and an [`Unsealer`]. Without it there is one keystream and one
/// sequence for both sides ("half duplex", [MS-NLMP] 3.4): they must take turns in an order that both know, each message
/// handed over in it.
///
/// The first error of any function ends all of them, which fail with [`Error::OutOfSequence`] from then on.
pub struct Protection {
    sends: Direction,
    /// `None` where both sides share `sends`.
    receives: Option<Direction>,
    dead: bool,
}

impl Protection {
    pub(super) fn new(session: Session) -> Self {
        if session.is_extended() {
            let (Sealer(sends), Unsealer(receives)) = session.split();
            return Self { sends, receives: Some(receives), dead: false };
        }
        let Session { flags, key, side } = session;
        let usable = flags & (Flags::NEGOTIATE_SIGN | Flags::NEGOTIATE_SEAL);
        let mut sends = Direction::new(flags, usable, key, side);
        sends.share();
        Self { sends, receives: None, dead: false }
    }

    fn sending<T>(&mut self, run: impl FnOnce(&mut Direction) -> Result<T, Error>) -> Result<T, Error> {
        alive(&mut self.dead, || run(&mut self.sends))
    }

    fn receiving<T>(&mut self, run: impl FnOnce(&mut Direction) -> Result<T, Error>) -> Result<T, Error> {
        let direction = self.receives.as_mut().unwrap_or(&mut self.sends);
        alive(&mut self.dead, || run(direction))
    }

    /// As [`Sealer::sign`], with or without extended session security.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when SIGN was not agreed; [`Error::OutOfSequence`] when the sequence numbers are used up, or
    /// after another error.
    pub fn sign(&mut self, message: &[u8]) -> Result<[u8; 16], Error> {
        self.sending(|direction| direction.sign(message))
    }

    /// As [`Unsealer::verify`].
    ///
    /// # Errors
    /// [`Error::Altered`], and as [`sign`](Self::sign).
    pub fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.receiving(|direction| direction.verify(message, signature))
    }

    /// As [`Sealer::seal`].
    ///
    /// # Errors
    /// As [`sign`](Self::sign), for SEAL; then `message` is as it was.
    pub fn seal(&mut self, message: &mut [u8]) -> Result<[u8; 16], Error> {
        self.seal_parts(&mut [message])
    }

    /// As [`Sealer::seal_parts`].
    ///
    /// # Errors
    /// As [`seal`](Self::seal).
    pub fn seal_parts(&mut self, message: &mut [&mut [u8]]) -> Result<[u8; 16], Error> {
        self.sending(|direction| direction.seal(message))
    }

    /// As [`Unsealer::unseal`].
    ///
    /// # Errors
    /// As [`verify`](Self::verify), for SEAL. After [`Error::Altered`] `message` is all zeros.
    pub fn unseal(&mut self, message: &mut [u8], signature: &[u8]) -> Result<(), Error> {
        self.unseal_parts(&mut [message], signature)
    }

    /// As [`Unsealer::unseal_parts`].
    ///
    /// # Errors
    /// As [`unseal`](Self::unseal).
    pub fn unseal_parts(&mut self, message: &mut [&mut [u8]], signature: &[u8]) -> Result<(), Error> {
        self.receiving(|direction| direction.unseal(message, signature))
    }

    /// As [`Sealer::mech_list_mic`].
    ///
    /// # Errors
    /// As [`sign`](Self::sign); [`Error::OutOfSequence`] too when it does not come first.
    pub fn mech_list_mic(&mut self, list: &[u8]) -> Result<[u8; 16], Error> {
        self.sending(|direction| direction.mech_list_mic(list))
    }

    /// As [`Unsealer::verify_mech_list_mic`].
    ///
    /// # Errors
    /// As [`verify`](Self::verify); [`Error::OutOfSequence`] too when it does not come first.
    pub fn verify_mech_list_mic(&mut self, list: &[u8], mic: &[u8]) -> Result<(), Error> {
        self.receiving(|direction| direction.verify_mech_list_mic(list, mic))
    }
}

#[cfg(test)]
impl Protection {
    /// As the sending side is when there is one message left.
    pub(super) fn at_the_last_number(&mut self) {
        self.sends.at_the_last_number();
    }
}

/// Runs a function unless one failed before.
fn alive<T>(dead: &mut bool, run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    if *dead {
        return Err(Error::OutOfSequence);
    }
    run().inspect_err(|_| *dead = true)
}

impl fmt::Debug for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.receives.is_some() { "duplex" } else { "half duplex" };
        f.debug_struct("Protection").field("way", &way).field("dead", &self.dead).finish_non_exhaustive()
    }
}
