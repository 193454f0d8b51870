//! What must be new in every handshake: nonces and time. The engine never draws them on its own.

use crate::Error;
use core::fmt;
use gatepass_wire::FileTime;
use zeroize::Zeroizing;

/// The nonces of one side of one handshake, and its time. Used once: a step consumes them.
pub struct Nonces {
    /// The client's or the server's challenge.
    pub(crate) challenge: [u8; 8],
    /// The client's ExportedSessionKey, where keys are exchanged.
    pub(crate) session_key: Zeroizing<[u8; 16]>,
    pub(crate) now: FileTime,
}

impl Nonces {
    /// Nonces from `fill`, which must fill the whole of what it is given with unpredictable bytes.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] when `fill` fails; no nonce is ever made of zeros instead.
    pub fn from_rng<E>(
        mut fill: impl FnMut(&mut [u8]) -> Result<(), E>,
        now: FileTime,
    ) -> Result<Self, Error> {
        let mut nonces = Self { challenge: [0; 8], session_key: Zeroizing::new([0; 16]), now };
        fill(&mut nonces.challenge).map_err(|_| Error::NoRandomness)?;
        fill(&mut *nonces.session_key).map_err(|_| Error::NoRandomness)?;
        Ok(nonces)
    }

    /// Nonces from the operating system's randomness, and its clock.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] when the operating system gives no randomness.
    #[cfg(feature = "std")]
    pub fn random() -> Result<Self, Error> {
        use rand::TryRng;
        // A clock before 1970 is off by so much that the first moment of 1970 is no worse.
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now = FileTime::from_unix(since_1970.unwrap_or_default());
        // Both in one draw: a system call costs as much as three blocks of MD5.
        let mut drawn = Zeroizing::new([0; 24]);
        rand::rngs::SysRng.try_fill_bytes(&mut *drawn).map_err(|_| Error::NoRandomness)?;
        let mut rest = drawn.iter();
        let fill = |bytes: &mut [u8]| {
            bytes
                .iter_mut()
                .try_for_each(|byte| rest.next().map(|drawn| *byte = *drawn).ok_or(Error::NoRandomness))
        };
        Self::from_rng(fill, now)
    }

    /// The same at another time: for who has a better clock, or wants a worse one.
    #[must_use]
    pub const fn with_time(mut self, now: FileTime) -> Self {
        self.now = now;
        self
    }

    /// Nonces of the caller's choice. With nonces that repeat, a handshake protects nothing: for tests alone.
    #[cfg(feature = "test-nonces")]
    #[must_use]
    pub fn fixed_for_tests(challenge: [u8; 8], session_key: [u8; 16], now: FileTime) -> Self {
        Self { challenge, session_key: Zeroizing::new(session_key), now }
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonces(..)")
    }
}

/// Where [`Ntlm`](crate::Ntlm) takes the nonces of its handshakes from.
pub trait NonceSource: Send + Sync + fmt::Debug {
    /// New nonces, for one side of one handshake.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] when there are none.
    fn nonces(&self) -> Result<Nonces, Error>;
}

/// The operating system's randomness and clock: [`Nonces::random`] as a source.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNonces;

#[cfg(feature = "std")]
impl NonceSource for SystemNonces {
    fn nonces(&self) -> Result<Nonces, Error> {
        Nonces::random()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a12_a_failing_rng_is_an_error_whichever_draw_fails() {
        for failing in 0..2 {
            let mut draw = 0;
            let fill = |bytes: &mut [u8]| {
                bytes.fill(7);
                draw += 1;
                if draw > failing { Err("broken") } else { Ok(()) }
            };
            let nonces = Nonces::from_rng(fill, FileTime::default());
            assert_eq!(nonces.err(), Some(Error::NoRandomness));
        }
        let fill = |bytes: &mut [u8]| {
            bytes.fill(7);
            Ok::<(), ()>(())
        };
        let nonces = Nonces::from_rng(fill, FileTime::default()).unwrap();
        assert_eq!((nonces.challenge, *nonces.session_key), ([7; 8], [7; 16]));
    }

    #[cfg(feature = "std")]
    #[test]
    fn a12_two_handshakes_differ_in_nonce_and_session_key() {
        let (one, other) = (Nonces::random().unwrap(), Nonces::random().unwrap());
        assert_ne!(one.challenge, other.challenge);
        assert_ne!(*one.session_key, *other.session_key);
        assert!(one.now > FileTime::from_unix_seconds(1_700_000_000), "the clock was read");
    }
}
