//! NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1): what the client can do.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 8 | Signature |
//! | 8 | 4 | MessageType, 1 |
//! | 12 | 4 | NegotiateFlags |
//! | 16 | 8 | DomainNameFields, read only with OEM_DOMAIN_SUPPLIED |
//! | 24 | 8 | WorkstationFields, read only with OEM_WORKSTATION_SUPPLIED |
//! | 32 | 8 | Version, read only with VERSION, and if no payload begins before its end |
//! | 32 or 40 | | payload |
//!
//! In the wild the message also ends after 16 bytes (`davenport-type1-minimal`), after 32 (recording
//! `curl-7.88-proxy-get`), or in the middle of a field that no flag claims (`t1-partial-20`).

use alloc::vec::Vec;
use core::fmt;

use crate::message::SIGNATURE;
use crate::payload::{PayloadField, Writer, header_end};
use crate::reader::Reader;
use crate::{DecodeError, DecodeErrorKind, Message, MessageType, NegotiateFlags, TooLong, Version, WireStr};

const FLAGS: usize = 12;
const DOMAIN_NAME: usize = 16;
const WORKSTATION: usize = 24;
const VERSION: usize = 32;
const HEADER: usize = 32;

/// The first message, from the client.
///
/// `encode` writes `flags` as they are: set the SUPPLIED flags for the names and VERSION for the version. The
/// header has 40 bytes with a version and 32 without. Not kept by decoding and encoding again: fields whose
/// flag is clear, MaxLen, the order of the payloads, bytes that belong to no field, and a header of 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Negotiate<'a> {
    /// NegotiateFlags.
    pub flags: NegotiateFlags,
    /// DomainName, in the OEM code page whatever the flags say.
    pub domain_name: &'a [u8],
    /// Workstation, in the OEM code page whatever the flags say.
    pub workstation: &'a [u8],
    /// Version.
    pub version: Option<Version>,
}

/// The encoding that text has from the CHALLENGE on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Charset {
    /// UTF-16LE.
    Unicode,
    /// The OEM code page.
    Oem,
}

impl Negotiate<'_> {
    /// The encoding that a server must choose: Unicode if it is offered, else OEM (MS-NLMP 3.2.5.1.1).
    ///
    /// # Errors
    /// `Missing` at the flags if neither is offered, for which a server answers `SEC_E_INVALID_TOKEN`.
    pub const fn charset(&self) -> Result<Charset, DecodeError> {
        if self.flags.contains(NegotiateFlags::NEGOTIATE_UNICODE) {
            Ok(Charset::Unicode)
        } else if self.flags.contains(NegotiateFlags::NEGOTIATE_OEM) {
            Ok(Charset::Oem)
        } else {
            Err(DecodeError::new(DecodeErrorKind::Missing, "NegotiateFlags (charset)", FLAGS))
        }
    }
}

impl<'a> Message<'a> for Negotiate<'a> {
    const TYPE: MessageType = MessageType::Negotiate;

    fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Self::TYPE.expect(bytes)?;
        let flags = NegotiateFlags::from_bits(Reader::at(bytes, FLAGS).u32("NegotiateFlags")?);
        let supplied = |flag, at, what| match flags.contains(flag) {
            true => PayloadField::read(bytes, at, what),
            false => Ok(PayloadField::absent(at, what)),
        };
        let domain = supplied(NegotiateFlags::NEGOTIATE_OEM_DOMAIN_SUPPLIED, DOMAIN_NAME, "DomainName")?;
        let domain_name = domain.bytes(bytes, HEADER)?;
        let station =
            supplied(NegotiateFlags::NEGOTIATE_OEM_WORKSTATION_SUPPLIED, WORKSTATION, "Workstation")?;
        let workstation = station.bytes(bytes, HEADER)?;
        let version = match flags.contains(NegotiateFlags::NEGOTIATE_VERSION) {
            true => Version::read(bytes, VERSION, header_end(bytes, [domain, station]))?,
            false => None,
        };
        Ok(Self { flags, domain_name, workstation, version })
    }

    fn encode(&self) -> Result<Vec<u8>, TooLong> {
        let header = if self.version.is_some() { HEADER.saturating_add(Version::SIZE) } else { HEADER };
        let payloads = [("DomainName", self.domain_name), ("Workstation", self.workstation)];
        let mut writer = Writer::new(header, payloads);
        writer.bytes(&SIGNATURE);
        writer.bytes(&Self::TYPE.number().to_le_bytes());
        writer.bytes(&self.flags.bits().to_le_bytes());
        writer.fields(2)?;
        if let Some(version) = self.version {
            writer.bytes(&version.to_bytes());
        }
        Ok(writer.finish())
    }
}

impl fmt::Debug for Negotiate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Negotiate")
            .field("flags", &self.flags)
            .field("domain_name", &WireStr::Oem(self.domain_name))
            .field("workstation", &WireStr::Oem(self.workstation))
            .field("version", &self.version)
            .finish()
    }
}
