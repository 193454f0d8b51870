//! NTLMv2_CLIENT_CHALLENGE (MS-NLMP 2.2.2.7), the "blob" that follows NTProofStr in an NTLMv2 response.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 1 | RespType, 1 |
//! | 1 | 1 | HiRespType, 1 |
//! | 2 | 2 | Reserved1 |
//! | 4 | 4 | Reserved2 |
//! | 8 | 8 | TimeStamp |
//! | 16 | 8 | ChallengeFromClient |
//! | 24 | 4 | Reserved3 |
//! | 28 | | AvPairs, to the end of the response |
//!
//! In 3.3.2 the same bytes are called `temp`; four zero bytes follow the AV pairs there, which some senders
//! leave out (recordings `samba-proxy-get`, `impacket-proxy-connect`).

use alloc::vec::Vec;

use crate::reader::Reader;
use crate::{AvPairs, DecodeError, DecodeErrorKind, FileTime, Origin};

/// What an NTLMv2 response says beside its proof. Every byte is part of what NTProofStr proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NtlmV2ClientChallenge<'a> {
    /// Reserved1 and Reserved2, zeros from a sender that obeys the document.
    pub reserved: [u8; 6],
    /// TimeStamp.
    pub time: FileTime,
    /// ChallengeFromClient, the client's nonce.
    pub client_challenge: [u8; 8],
    /// Reserved3, zeros from a sender that obeys the document.
    pub reserved3: [u8; 4],
    /// AvPairs, with the end mark and every byte after it.
    pub av_pairs: AvPairs<'a>,
}

impl<'a> NtlmV2ClientChallenge<'a> {
    /// The size of the part before the AV pairs, in bytes.
    pub const HEADER_SIZE: usize = 28;

    /// RespType and HiRespType: the only version there is.
    const RESP_TYPE: u8 = 1;

    /// Reads the bytes behind NTProofStr. The AV pairs are not looked into: [`AvPairs::validate`].
    ///
    /// # Errors
    /// `Truncated` below 28 bytes, `Value` for a RespType or HiRespType other than 1; both count from the
    /// first byte of the blob ([`Origin::ClientChallenge`]).
    pub fn decode(blob: &'a [u8]) -> Result<Self, DecodeError> {
        Self::read(blob).map_err(|error| error.within(Origin::ClientChallenge))
    }

    fn read(blob: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(blob);
        let resp_type = reader.u8("RespType")?;
        let hi_resp_type = reader.u8("HiRespType")?;
        let reserved = *reader.take("Reserved1")?;
        let time = FileTime::from_ticks(reader.u64("TimeStamp")?);
        let client_challenge = *reader.take("ChallengeFromClient")?;
        let reserved3 = *reader.take("Reserved3")?;
        if resp_type != Self::RESP_TYPE {
            return Err(DecodeError::new(DecodeErrorKind::Value, "RespType", 0));
        }
        if hi_resp_type != Self::RESP_TYPE {
            return Err(DecodeError::new(DecodeErrorKind::Value, "HiRespType", 1));
        }
        Ok(Self { reserved, time, client_challenge, reserved3, av_pairs: AvPairs::new(reader.rest()) })
    }

    /// Writes the blob, byte for byte what was decoded. Whether it fits is for the message to say.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let pairs = self.av_pairs.as_bytes();
        let mut blob = Vec::with_capacity(Self::HEADER_SIZE.saturating_add(pairs.len()));
        blob.extend_from_slice(&[Self::RESP_TYPE; 2]);
        blob.extend_from_slice(&self.reserved);
        blob.extend_from_slice(&self.time.to_le_bytes());
        blob.extend_from_slice(&self.client_challenge);
        blob.extend_from_slice(&self.reserved3);
        blob.extend_from_slice(pairs);
        blob
    }
}
