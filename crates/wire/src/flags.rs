//! NegotiateFlags (MS-NLMP 2.2.2.5).

use core::fmt;
use core::ops::{BitAnd, BitOr, Not};

/// The 32 bits with which client and server settle how they go on. Every bit is kept, known or not.
///
/// The names are the document's, without the prefix `NTLMSSP_`; the letter is the document's too.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct NegotiateFlags(u32);

/// Declares each flag once: its constant, its bit, its name.
macro_rules! flags {
    ($($(#[$doc:meta])+ $name:ident = $bit:literal;)+) => {
        impl NegotiateFlags {
            $($(#[$doc])+ pub const $name: Self = Self($bit);)+
        }

        const NAMES: &[(u32, &str)] = &[$(($bit, stringify!($name)),)+];
    };
}

flags! {
    /// A: text is UTF-16LE. Wins over [`NEGOTIATE_OEM`](Self::NEGOTIATE_OEM).
    NEGOTIATE_UNICODE = 0x0000_0001;
    /// B: text is in the OEM code page.
    NEGOTIATE_OEM = 0x0000_0002;
    /// C: the server is to name its target in the CHALLENGE.
    REQUEST_TARGET = 0x0000_0004;
    /// D: session key for signatures.
    NEGOTIATE_SIGN = 0x0000_0010;
    /// E: session key for encryption.
    NEGOTIATE_SEAL = 0x0000_0020;
    /// F: connectionless: no NEGOTIATE is sent.
    NEGOTIATE_DATAGRAM = 0x0000_0040;
    /// G: LAN Manager session key.
    NEGOTIATE_LM_KEY = 0x0000_0080;
    /// H: NTLMv1 session security.
    NEGOTIATE_NTLM = 0x0000_0200;
    /// J: the client is anonymous.
    NEGOTIATE_ANONYMOUS = 0x0000_0800;
    /// K: DomainName of the NEGOTIATE is meaningful.
    NEGOTIATE_OEM_DOMAIN_SUPPLIED = 0x0000_1000;
    /// L: Workstation of the NEGOTIATE is meaningful.
    NEGOTIATE_OEM_WORKSTATION_SUPPLIED = 0x0000_2000;
    /// Client and server are on one machine. Reserved in the document; Windows uses it.
    NEGOTIATE_LOCAL_CALL = 0x0000_4000;
    /// M: a session key whether or not SIGN or SEAL is there.
    NEGOTIATE_ALWAYS_SIGN = 0x0000_8000;
    /// N: TargetName is a domain.
    TARGET_TYPE_DOMAIN = 0x0001_0000;
    /// O: TargetName is a server.
    TARGET_TYPE_SERVER = 0x0002_0000;
    /// P: extended session security ("NTLM2").
    NEGOTIATE_EXTENDED_SESSIONSECURITY = 0x0008_0000;
    /// Q: an identify-level token.
    NEGOTIATE_IDENTIFY = 0x0010_0000;
    /// R: the session key is made from the LM hash.
    REQUEST_NON_NT_SESSION_KEY = 0x0040_0000;
    /// S: TargetInfo of the CHALLENGE is meaningful.
    NEGOTIATE_TARGET_INFO = 0x0080_0000;
    /// T: Version is meaningful.
    NEGOTIATE_VERSION = 0x0200_0000;
    /// U: 128-bit session keys.
    NEGOTIATE_128 = 0x2000_0000;
    /// V: the client chooses the session key and sends it encrypted.
    NEGOTIATE_KEY_EXCH = 0x4000_0000;
    /// W: 56-bit session keys.
    NEGOTIATE_56 = 0x8000_0000;
}

impl NegotiateFlags {
    /// No bit at all.
    pub const EMPTY: Self = Self(0);

    /// All bits as they stand on the wire (there: little-endian).
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Takes every bit, known or not.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Whether all of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether at least one of `other` is set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// With all of `other` set.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// With all of `other` cleared.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Each bit that is set, lowest first, with its name if the document gives one.
    pub fn iter(self) -> impl Iterator<Item = (Option<&'static str>, Self)> {
        (0..u32::BITS).map(|n| 1_u32.rotate_left(n)).filter(move |bit| self.0 & bit != 0).map(|bit| {
            let name = NAMES.iter().find(|(known, _)| *known == bit).map(|(_, name)| *name);
            (name, Self(bit))
        })
    }
}

impl BitOr for NegotiateFlags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.with(other)
    }
}

impl BitAnd for NegotiateFlags {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for NegotiateFlags {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl fmt::Display for NegotiateFlags {
    /// `UNICODE|NTLM|0x04000000`: names without `NEGOTIATE_`, a bit without a name as a number, `0` for none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::EMPTY {
            return f.write_str("0");
        }
        for (n, (name, bit)) in self.iter().enumerate() {
            if n > 0 {
                f.write_str("|")?;
            }
            match name {
                Some(name) => f.write_str(name.strip_prefix("NEGOTIATE_").unwrap_or(name))?,
                None => write!(f, "{:#010x}", bit.0)?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for NegotiateFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NegotiateFlags({:#010x}: {self})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{NAMES, NegotiateFlags as F};
    use alloc::string::ToString;

    #[test]
    fn display_names_known_bits_and_numbers_unknown_ones() {
        let flags = F::NEGOTIATE_UNICODE | F::NEGOTIATE_NTLM | F::from_bits(0x0400_0000);
        assert_eq!(flags.to_string(), "UNICODE|NTLM|0x04000000");
        assert_eq!(F::EMPTY.to_string(), "0");
    }

    #[test]
    fn every_bit_survives_and_is_listed_once() {
        let all = F::from_bits(u32::MAX);
        assert_eq!(all.iter().count(), 32);
        assert_eq!(all.iter().fold(F::EMPTY, |sum, (_, bit)| sum | bit), all);
        assert_eq!(all.iter().filter(|(name, _)| name.is_some()).count(), NAMES.len());
    }

    #[test]
    fn each_name_has_a_bit_of_its_own() {
        let union = NAMES.iter().fold(0, |sum, (bit, _)| sum | bit);
        assert!(NAMES.iter().all(|(bit, _)| bit.is_power_of_two()));
        assert_eq!(union.count_ones(), u32::try_from(NAMES.len()).unwrap());
    }

    #[test]
    fn contains_wants_all_and_intersects_wants_one() {
        let both = F::NEGOTIATE_SIGN | F::NEGOTIATE_SEAL;
        assert!(both.contains(F::NEGOTIATE_SIGN));
        assert!(!F::NEGOTIATE_SIGN.contains(both));
        assert!(F::NEGOTIATE_SIGN.intersects(both));
        assert!(!both.without(both).intersects(both));
        assert_eq!(both & !F::NEGOTIATE_SEAL, F::NEGOTIATE_SIGN);
    }
}
