//! VERSION (MS-NLMP 2.2.2.10): for debugging only; nothing may depend on it.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 1 | ProductMajorVersion |
//! | 1 | 1 | ProductMinorVersion |
//! | 2 | 2 | ProductBuild |
//! | 4 | 3 | Reserved |
//! | 7 | 1 | NTLMRevisionCurrent |

use core::fmt;

use crate::DecodeError;
use crate::reader::Reader;

/// The operating system that a peer claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// ProductMajorVersion.
    pub major: u8,
    /// ProductMinorVersion.
    pub minor: u8,
    /// ProductBuild.
    pub build: u16,
    /// Reserved, zero from a sender that obeys the document.
    pub reserved: [u8; 3],
    /// NTLMRevisionCurrent, [`NTLMSSP_REVISION_W2K3`](Self::NTLMSSP_REVISION_W2K3).
    pub revision: u8,
}

impl Version {
    /// The revision of NTLMSSP in use since Windows Server 2003.
    pub const NTLMSSP_REVISION_W2K3: u8 = 0x0F;

    /// The size on the wire, in bytes.
    pub const SIZE: usize = 8;

    /// A version with the current revision of NTLMSSP.
    #[must_use]
    pub const fn new(major: u8, minor: u8, build: u16) -> Self {
        Self { major, minor, build, reserved: [0; 3], revision: Self::NTLMSSP_REVISION_W2K3 }
    }

    /// Reads the eight bytes; every value is a valid one.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        let [major, minor, build_low, build_high, r0, r1, r2, revision] = bytes;
        let build = u16::from_le_bytes([build_low, build_high]);
        Self { major, minor, build, reserved: [r0, r1, r2], revision }
    }

    /// The eight bytes of the wire.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        let [build_low, build_high] = self.build.to_le_bytes();
        let [r0, r1, r2] = self.reserved;
        [self.major, self.minor, build_low, build_high, r0, r1, r2, self.revision]
    }

    /// The version at `at`, if the header reaches that far before the first payload (`end`).
    pub(crate) fn read(message: &[u8], at: usize, end: usize) -> Result<Option<Self>, DecodeError> {
        if message.len().min(end) < at.saturating_add(Self::SIZE) {
            return Ok(None);
        }
        Reader::at(message, at).take("Version").map(|bytes| Some(Self::from_bytes(*bytes)))
    }
}

impl fmt::Display for Version {
    /// `10.0.17763 (NTLM revision 15)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { major, minor, build, revision, .. } = self;
        write!(f, "{major}.{minor}.{build} (NTLM revision {revision})")
    }
}

#[cfg(test)]
mod tests {
    use super::Version;
    use alloc::string::ToString;

    #[test]
    fn reserved_bytes_survive() {
        let bytes = [10, 0, 0x63, 0x45, 1, 2, 3, 15];
        assert_eq!(Version::from_bytes(bytes).to_bytes(), bytes);
        assert_eq!(Version::from_bytes(bytes).to_string(), "10.0.17763 (NTLM revision 15)");
    }
}
