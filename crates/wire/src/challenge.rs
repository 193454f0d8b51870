//! CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2): the server's nonce, flags and names.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 8 | Signature |
//! | 8 | 4 | MessageType, 2 |
//! | 12 | 8 | TargetNameFields |
//! | 20 | 4 | NegotiateFlags |
//! | 24 | 8 | ServerChallenge |
//! | 32 | 8 | Reserved |
//! | 40 | 8 | TargetInfoFields, read only with TARGET_INFO |
//! | 48 | 8 | Version, read only with VERSION, and if no payload begins before its end |
//! | 32, 48 or 56 | | payload |
//!
//! The document describes only the last form. The header ends after 32 bytes in `davenport-type2-minimal`,
//! after 48 in `davenport-type2-example`.

use alloc::vec::Vec;

use crate::message::SIGNATURE;
use crate::payload::{PayloadField, Writer, header_end};
use crate::reader::Reader;
use crate::{AvPairs, DecodeError, Message, MessageType, NegotiateFlags, TooLong, Version, WireStr};

const TARGET_NAME: usize = 12;
const FLAGS: usize = 20;
const RESERVED: usize = 32;
const TARGET_INFO: usize = 40;
const VERSION: usize = 48;
/// The header of the first servers ended before Reserved.
const SHORT_HEADER: usize = 32;
const HEADER: usize = 48;

/// The second message, from the server.
///
/// `encode` writes `flags` as they are: set TARGET_INFO for the target info, VERSION for the version, UNICODE
/// for a name in UTF-16. The header has 56 bytes with a version, else 48 with `reserved` or target info, else
/// 32. Not kept by decoding and encoding again: fields whose flag is clear, MaxLen, the order of the
/// payloads, and bytes that belong to no field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge<'a> {
    /// TargetName: the domain or the server, as TARGET_TYPE_DOMAIN and TARGET_TYPE_SERVER say.
    pub target_name: WireStr<'a>,
    /// NegotiateFlags.
    pub flags: NegotiateFlags,
    /// ServerChallenge, the nonce.
    pub server_challenge: [u8; 8],
    /// Reserved (once the context handle of a local call), normally zeros; `None` in a header of 32 bytes.
    pub reserved: Option<[u8; 8]>,
    /// TargetInfo; `None` if TARGET_INFO is clear.
    pub target_info: Option<AvPairs<'a>>,
    /// Version.
    pub version: Option<Version>,
}

impl Challenge<'_> {
    /// What a client checks before it uses the message: each AV pair of the target info.
    ///
    /// # Errors
    /// As [`AvPairs::validate`].
    pub fn check(&self) -> Result<(), DecodeError> {
        self.target_info.map_or(Ok(()), |pairs| pairs.validate())
    }
}

impl<'a> Message<'a> for Challenge<'a> {
    const TYPE: MessageType = MessageType::Challenge;

    fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Self::TYPE.expect(bytes)?;
        let name = PayloadField::read(bytes, TARGET_NAME, "TargetName")?;
        let mut reader = Reader::at(bytes, FLAGS);
        let flags = NegotiateFlags::from_bits(reader.u32("NegotiateFlags")?);
        let server_challenge = *reader.take("ServerChallenge")?;

        let unicode = flags.contains(NegotiateFlags::NEGOTIATE_UNICODE);
        let target_name = name.bytes(bytes, SHORT_HEADER)?;
        let target_name = WireStr::read(target_name, unicode, "TargetName", TARGET_NAME)?;

        let has_info = flags.contains(NegotiateFlags::NEGOTIATE_TARGET_INFO);
        let info = match has_info {
            true => PayloadField::read(bytes, TARGET_INFO, "TargetInfo")?,
            false => PayloadField::absent(TARGET_INFO, "TargetInfo"),
        };
        let target_info = info.bytes(bytes, HEADER)?;
        let target_info = has_info.then(|| AvPairs::new(target_info));

        let end = header_end(bytes, [name, info]);
        let reserved = match has_info || end >= HEADER {
            true => Some(*Reader::at(bytes, RESERVED).take("Reserved")?),
            false => None,
        };
        let version = match flags.contains(NegotiateFlags::NEGOTIATE_VERSION) {
            true => Version::read(bytes, VERSION, end)?,
            false => None,
        };
        Ok(Self { target_name, flags, server_challenge, reserved, target_info, version })
    }

    fn encode(&self) -> Result<Vec<u8>, TooLong> {
        let long = self.reserved.is_some() || self.target_info.is_some() || self.version.is_some();
        let header = match (long, self.version) {
            (_, Some(_)) => HEADER.saturating_add(Version::SIZE),
            (true, None) => HEADER,
            (false, None) => SHORT_HEADER,
        };
        let target_info = self.target_info.map(|pairs| pairs.as_bytes()).unwrap_or_default();
        let payloads = [("TargetName", self.target_name.as_bytes()), ("TargetInfo", target_info)];
        let mut writer = Writer::new(header, payloads);
        writer.bytes(&SIGNATURE);
        writer.bytes(&Self::TYPE.number().to_le_bytes());
        writer.fields(1)?;
        writer.bytes(&self.flags.bits().to_le_bytes());
        writer.bytes(&self.server_challenge);
        if long {
            writer.bytes(&self.reserved.unwrap_or_default());
            writer.fields(1)?;
        }
        if let Some(version) = self.version {
            writer.bytes(&version.to_bytes());
        }
        Ok(writer.finish())
    }
}
