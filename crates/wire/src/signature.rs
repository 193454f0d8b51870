//! NTLMSSP_MESSAGE_SIGNATURE (MS-NLMP 2.2.2.9), 16 bytes in front of or behind a signed message.
//!
//! | offset | size | with extended session security (2.2.2.9.2) | without (2.2.2.9.1) |
//! |---|---|---|---|
//! | 0 | 4 | Version, 1 | Version, 1 |
//! | 4 | 4 | Checksum | RandomPad, encrypted |
//! | 8 | 4 | Checksum | Checksum, encrypted |
//! | 12 | 4 | SeqNum | SeqNum, encrypted |

use crate::reader::Reader;
use crate::{DecodeError, DecodeErrorKind};

const VERSION: u32 = 1;

/// A signature as it stands on the wire; which form it has, only the settled flags say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageSignature {
    /// With extended session security.
    Extended {
        /// Checksum: the first half of an HMAC-MD5, encrypted with KEY_EXCH.
        checksum: [u8; 8],
        /// SeqNum, in the clear.
        seq_num: u32,
    },
    /// Without: three encrypted fields.
    Basic {
        /// RandomPad.
        random_pad: [u8; 4],
        /// Checksum, a CRC-32.
        checksum: [u8; 4],
        /// SeqNum.
        seq_num: [u8; 4],
    },
}

impl MessageSignature {
    /// The size on the wire, in bytes.
    pub const SIZE: usize = 16;

    /// Reads a signature; `extended` says whether EXTENDED_SESSIONSECURITY was settled.
    ///
    /// # Errors
    /// `Truncated` or `Size` (at 16) unless there are 16 bytes; `Value` (at 0) if Version is not 1.
    pub fn decode(bytes: &[u8], extended: bool) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let version = reader.u32("Version")?;
        let signature = if extended {
            Self::Extended { checksum: *reader.take("Checksum")?, seq_num: reader.u32("SeqNum")? }
        } else {
            Self::Basic {
                random_pad: *reader.take("RandomPad")?,
                checksum: *reader.take("Checksum")?,
                seq_num: *reader.take("SeqNum")?,
            }
        };
        if version != VERSION {
            return Err(DecodeError::new(DecodeErrorKind::Value, "Version", 0));
        }
        if !reader.rest().is_empty() {
            return Err(DecodeError::new(DecodeErrorKind::Size, "MessageSignature", Self::SIZE));
        }
        Ok(signature)
    }

    /// The 16 bytes of the wire.
    #[must_use]
    pub const fn encode(&self) -> [u8; 16] {
        let [v0, v1, v2, v3] = VERSION.to_le_bytes();
        match *self {
            Self::Extended { checksum: [c0, c1, c2, c3, c4, c5, c6, c7], seq_num } => {
                let [s0, s1, s2, s3] = seq_num.to_le_bytes();
                [v0, v1, v2, v3, c0, c1, c2, c3, c4, c5, c6, c7, s0, s1, s2, s3]
            }
            Self::Basic {
                random_pad: [p0, p1, p2, p3],
                checksum: [c0, c1, c2, c3],
                seq_num: [s0, s1, s2, s3],
            } => [v0, v1, v2, v3, p0, p1, p2, p3, c0, c1, c2, c3, s0, s1, s2, s3],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MessageSignature;
    use crate::DecodeErrorKind;

    const BYTES: [u8; 16] = [1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0];

    #[test]
    fn both_forms_come_back_as_they_were() {
        for extended in [true, false] {
            let signature = MessageSignature::decode(&BYTES, extended).unwrap();
            assert_eq!(signature.encode(), BYTES);
        }
        let extended = MessageSignature::Extended { checksum: [1, 2, 3, 4, 5, 6, 7, 8], seq_num: 9 };
        assert_eq!(MessageSignature::decode(&BYTES, true), Ok(extended));
        assert_eq!(MessageSignature::SIZE, BYTES.len());
    }

    #[test]
    fn another_version_and_another_size_are_errors() {
        let mut other = BYTES;
        other[0] = 2;
        for extended in [true, false] {
            for (bytes, kind, at) in [
                (other.to_vec(), DecodeErrorKind::Value, 0),
                (BYTES[..15].to_vec(), DecodeErrorKind::Truncated, 15),
                ([BYTES, BYTES].concat(), DecodeErrorKind::Size, MessageSignature::SIZE),
            ] {
                let error = MessageSignature::decode(&bytes, extended).unwrap_err();
                assert_eq!((error.kind(), error.at()), (kind, at));
            }
        }
    }
}
