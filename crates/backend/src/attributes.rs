//! What is asked of a security context, and what it turned out to have.

use core::ops::{BitAnd, BitOr};

/// A set of context attributes: SSPI's `ISC_REQ_*` in a request, `ISC_RET_*` in the answer, with the same bit values.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Attributes(u32);

/// The names of the known bits, for [`Attributes`]'s `Debug`.
const NAMES: [(Attributes, &str); 8] = [
    (Attributes::DELEGATE, "DELEGATE"),
    (Attributes::MUTUAL_AUTH, "MUTUAL_AUTH"),
    (Attributes::REPLAY_DETECT, "REPLAY_DETECT"),
    (Attributes::SEQUENCE_DETECT, "SEQUENCE_DETECT"),
    (Attributes::CONFIDENTIALITY, "CONFIDENTIALITY"),
    (Attributes::DATAGRAM, "DATAGRAM"),
    (Attributes::INTEGRITY, "INTEGRITY"),
    (Attributes::IDENTIFY, "IDENTIFY"),
];

impl Attributes {
    /// The server may act as the client elsewhere (`ISC_REQ_DELEGATE`). Never asked for unless the caller says so.
    pub const DELEGATE: Self = Self(0x0000_0001);
    /// The server proves itself to the client too (`ISC_REQ_MUTUAL_AUTH`). NTLM cannot.
    pub const MUTUAL_AUTH: Self = Self(0x0000_0002);
    /// Replayed messages are detected (`ISC_REQ_REPLAY_DETECT`).
    pub const REPLAY_DETECT: Self = Self(0x0000_0004);
    /// Messages out of order are detected (`ISC_REQ_SEQUENCE_DETECT`).
    pub const SEQUENCE_DETECT: Self = Self(0x0000_0008);
    /// Messages can be encrypted (`ISC_REQ_CONFIDENTIALITY`).
    pub const CONFIDENTIALITY: Self = Self(0x0000_0010);
    /// The transport is a datagram transport (`ISC_REQ_DATAGRAM`): the server begins, and messages have numbers of the
    /// caller's, as [`SecurityContext::sign_datagram`](crate::SecurityContext::sign_datagram) takes them.
    pub const DATAGRAM: Self = Self(0x0000_0400);
    /// Messages can be signed (`ISC_REQ_INTEGRITY`).
    pub const INTEGRITY: Self = Self(0x0001_0000);
    /// The server may identify the client, but not act as it (`ISC_REQ_IDENTIFY`).
    pub const IDENTIFY: Self = Self(0x0002_0000);

    /// No attribute.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// The bits, as SSPI numbers them.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The set with these bits; unknown ones are kept.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Whether every attribute of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Attributes {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Attributes {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl core::fmt::Debug for Attributes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut rest = self.0;
        let mut set = f.debug_set();
        for (attribute, name) in NAMES {
            if self.contains(attribute) {
                set.entry(&format_args!("{name}"));
                rest &= !attribute.0;
            }
        }
        if rest != 0 {
            set.entry(&format_args!("{rest:#010x}"));
        }
        set.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn debug_names_the_known_bits_and_keeps_the_unknown() {
        let set = Attributes::INTEGRITY | Attributes::REPLAY_DETECT | Attributes::from_bits(0x4000_0000);
        assert_eq!(format!("{set:?}"), "{REPLAY_DETECT, INTEGRITY, 0x40000000}");
        assert_eq!(format!("{:?}", Attributes::none()), "{}");
    }

    #[test]
    fn contains_asks_for_every_bit() {
        let both = Attributes::INTEGRITY | Attributes::CONFIDENTIALITY;
        assert!(both.contains(Attributes::INTEGRITY));
        assert!(!Attributes::INTEGRITY.contains(both));
        assert_eq!((both & Attributes::INTEGRITY).bits(), 0x0001_0000);
    }
}
