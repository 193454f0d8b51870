//! AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3): who the client is, and its proof.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 8 | Signature |
//! | 8 | 4 | MessageType, 3 |
//! | 12 | 8 | LmChallengeResponseFields |
//! | 20 | 8 | NtChallengeResponseFields |
//! | 28 | 8 | DomainNameFields |
//! | 36 | 8 | UserNameFields |
//! | 44 | 8 | WorkstationFields |
//! | 52 | 8 | EncryptedRandomSessionKeyFields |
//! | 60 | 4 | NegotiateFlags |
//! | 64 | 8 | Version, read only with VERSION |
//! | 72 | 16 | MIC |
//! | 52, 64, 72 or 88 | | payload |
//!
//! The header has grown with the years and no field says how far it reaches: a field is there if it ends
//! before the first of the five payloads from 12 to 44 begins. Space for a MIC does not make a MIC;
//! MsvAvFlags does (`t3-88-nomicflag`). The document describes only the last form. The header has 52 bytes
//! in `t3-52`, 64 in the recording `curl-7.88-proxy-get`, 72 in the document's own example
//! (`nlmp-4.2.2.3-authenticate`), and 88 without a version in `chromium-authenticate-v2`.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use crate::message::SIGNATURE;
use crate::payload::{PayloadField, Writer, header_end};
use crate::reader::Reader;
use crate::response::NtResponse;
use crate::{
    AvPairs, DecodeError, DecodeErrorKind, Message, MessageType, NegotiateFlags, TooLong, Version, WireStr,
};

const DOMAIN_NAME: usize = 28;
const USER_NAME: usize = 36;
const WORKSTATION: usize = 44;
const SESSION_KEY: usize = 52;
const FLAGS: usize = 60;
const VERSION: usize = 64;
const MIC: usize = 72;
const HEADER_WITH_MIC: usize = 88;

/// The third message, from the client.
///
/// `encode` writes `flags` as they are: set VERSION for the version, UNICODE for names in UTF-16, KEY_EXCH
/// for the session key. The header ends where its last field does: with a MIC it has 88 bytes (then without a
/// version, zeros stand in its place), with a version 72, with flags 64, else 60 if there is a session key
/// and 52 if there is none. Not kept by decoding and encoding again: a version whose flag is clear, MaxLen,
/// the order of the payloads, and bytes that belong to no field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Authenticate<'a> {
    /// LmChallengeResponse.
    pub lm_response: &'a [u8],
    /// NtChallengeResponse; see [`response`](Self::response).
    pub nt_response: &'a [u8],
    /// DomainName.
    pub domain_name: WireStr<'a>,
    /// UserName.
    pub user_name: WireStr<'a>,
    /// Workstation.
    pub workstation: WireStr<'a>,
    /// EncryptedRandomSessionKey.
    pub encrypted_random_session_key: &'a [u8],
    /// NegotiateFlags, as settled; `None` from early clients, whose names are OEM.
    pub flags: Option<NegotiateFlags>,
    /// Version.
    pub version: Option<Version>,
    /// The 16 bytes in the place of the MIC, if the header has room for it. They are a MIC only if the NTLMv2
    /// response declares one: [`declared_mic`](Self::declared_mic).
    pub mic: Option<[u8; 16]>,
}

impl<'a> Authenticate<'a> {
    /// The place of the MIC in an encoded message that has one.
    pub const MIC_RANGE: Range<usize> = MIC..HEADER_WITH_MIC;

    pub(crate) const LM_RESPONSE: (usize, &'static str) = (12, "LmChallengeResponse");
    pub(crate) const NT_RESPONSE: (usize, &'static str) = (20, "NtChallengeResponse");

    pub(crate) const fn defect(kind: DecodeErrorKind, (at, what): (usize, &'static str)) -> DecodeError {
        DecodeError::new(kind, what, at)
    }

    /// Which of NTLM's responses this is, its AV pairs checked.
    ///
    /// # Errors
    /// `Size` for an LM response of other than 0 or 24 bytes (or one zero byte for nobody) and an NT response
    /// of other than 0, 24, or 44 and more; `Missing` if a user sends neither;
    /// [`NtlmV2ClientChallenge::decode`]'s and [`AvPairs::validate`]'s.
    ///
    /// [`NtlmV2ClientChallenge::decode`]: crate::NtlmV2ClientChallenge::decode
    pub fn response(&self) -> Result<NtResponse<'a>, DecodeError> {
        NtResponse::classify(self)
    }

    /// The MIC, if the NTLMv2 response declares that there is one ([`AvPairs::FLAG_MIC`] in any MsvAvFlags).
    ///
    /// # Errors
    /// `Missing` at 72 if it is declared and the header has no room for it; [`AvPairs::flags`]'s. The rest of
    /// the response is not looked at.
    pub fn declared_mic(&self) -> Result<Option<[u8; 16]>, DecodeError> {
        let pairs = self.nt_response.get(NtResponse::AV_PAIRS..).map(AvPairs::new);
        let flags = pairs.map(|pairs| pairs.flags()).transpose()?.flatten().unwrap_or_default();
        if flags & AvPairs::FLAG_MIC == 0 {
            return Ok(None);
        }
        self.mic.map(Some).ok_or(DecodeError::new(DecodeErrorKind::Missing, "MIC", MIC))
    }

    /// The session key that the client has chosen, encrypted; `None` if there is none and the exported
    /// session key is the key exchange key.
    ///
    /// With KEY_EXCH it has 16 bytes. If neither SIGN nor SEAL is set, there is none by the document (3.1.5.1.2); 16 bytes
    /// count all the same, for Samba means them (recording samba-proxy-get), and others do not: pyspnego 0.12 puts a single
    /// one there. Without KEY_EXCH, what stands in its place means nothing.
    ///
    /// # Errors
    /// `Size` at 52.
    pub fn exchanged_key(&self) -> Result<Option<&'a [u8; 16]>, DecodeError> {
        let protection = NegotiateFlags::NEGOTIATE_SIGN | NegotiateFlags::NEGOTIATE_SEAL;
        let flags = self.flags.unwrap_or_default();
        if !flags.contains(NegotiateFlags::NEGOTIATE_KEY_EXCH) {
            return Ok(None);
        }
        match self.encrypted_random_session_key.try_into() {
            Ok(key) => Ok(Some(key)),
            Err(_) if !flags.intersects(protection) => Ok(None),
            Err(_) => Err(DecodeError::new(DecodeErrorKind::Size, "EncryptedRandomSessionKey", SESSION_KEY)),
        }
    }

    /// What a server checks before it looks for the user: [`response`](Self::response), which it returns,
    /// [`exchanged_key`](Self::exchanged_key) and [`declared_mic`](Self::declared_mic).
    ///
    /// # Errors
    /// Those of the three.
    pub fn check(&self) -> Result<NtResponse<'a>, DecodeError> {
        let response = self.response()?;
        self.exchanged_key()?;
        self.declared_mic()?;
        Ok(response)
    }

    /// A message as it was encoded, cut where NtChallengeResponse begins: for whoever puts a proof there that covers the rest.
    ///
    /// # Errors
    /// `Truncated` or `OutOfBounds` for bytes that do not reach so far.
    pub fn split_at_response(message: &mut [u8]) -> Result<(&mut [u8], &mut [u8]), DecodeError> {
        let (at, what) = Self::NT_RESPONSE;
        let start = PayloadField::read(message, at, what)?.start().unwrap_or(message.len());
        let outside = DecodeError::new(DecodeErrorKind::OutOfBounds, what, at);
        message.split_at_mut_checked(start).ok_or(outside)
    }

    /// Writes `mic` into an encoded message.
    ///
    /// # Errors
    /// `Truncated` if the message ends before its place does; the message is then untouched.
    pub fn put_mic(message: &mut [u8], mic: &[u8; 16]) -> Result<(), DecodeError> {
        let length = message.len();
        let place = message.get_mut(Self::MIC_RANGE);
        let place = place.ok_or(DecodeError::new(DecodeErrorKind::Truncated, "MIC", length))?;
        place.copy_from_slice(mic);
        Ok(())
    }

    /// An encoded message before and after the place of its MIC. The MIC is computed over the message with
    /// zeros in that place (3.1.5.1.2), for which no copy of the message is needed.
    ///
    /// # Errors
    /// `Truncated` if the message ends before the place of the MIC does.
    pub fn around_mic(message: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
        let truncated = DecodeError::new(DecodeErrorKind::Truncated, "MIC", message.len());
        let before = message.get(..MIC).ok_or(truncated)?;
        let after = message.get(HEADER_WITH_MIC..).ok_or(truncated)?;
        Ok((before, after))
    }
}

impl<'a> Message<'a> for Authenticate<'a> {
    const TYPE: MessageType = MessageType::Authenticate;

    fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Self::TYPE.expect(bytes)?;
        let field = |(at, what)| PayloadField::read(bytes, at, what);
        let lm = field(Self::LM_RESPONSE)?;
        let nt = field(Self::NT_RESPONSE)?;
        let domain = field((DOMAIN_NAME, "DomainName"))?;
        let user = field((USER_NAME, "UserName"))?;
        let station = field((WORKSTATION, "Workstation"))?;
        let end = header_end(bytes, [lm, nt, domain, user, station]).min(bytes.len());

        let flags = match end >= VERSION {
            true => Some(NegotiateFlags::from_bits(Reader::at(bytes, FLAGS).u32("NegotiateFlags")?)),
            false => None,
        };
        let unicode = flags.is_some_and(|flags| flags.contains(NegotiateFlags::NEGOTIATE_UNICODE));
        let text = |field: PayloadField, at, what| {
            field.bytes(bytes, SESSION_KEY).and_then(|bytes| WireStr::read(bytes, unicode, what, at))
        };
        let lm_response = lm.bytes(bytes, SESSION_KEY)?;
        let nt_response = nt.bytes(bytes, SESSION_KEY)?;
        let domain_name = text(domain, DOMAIN_NAME, "DomainName")?;
        let user_name = text(user, USER_NAME, "UserName")?;
        let workstation = text(station, WORKSTATION, "Workstation")?;

        let key_field = (SESSION_KEY, "EncryptedRandomSessionKey");
        let key = match end >= FLAGS {
            true => field(key_field)?,
            false => PayloadField::absent(SESSION_KEY, key_field.1),
        };
        let encrypted_random_session_key = key.bytes(bytes, FLAGS)?;
        let end = key.start().unwrap_or(end).min(end);
        let version = match flags {
            Some(flags) if flags.contains(NegotiateFlags::NEGOTIATE_VERSION) => {
                Version::read(bytes, VERSION, end)?
            }
            _ => None,
        };
        let mic = match end >= HEADER_WITH_MIC {
            true => Some(*Reader::at(bytes, MIC).take("MIC")?),
            false => None,
        };
        Ok(Self {
            lm_response,
            nt_response,
            domain_name,
            user_name,
            workstation,
            encrypted_random_session_key,
            flags,
            version,
            mic,
        })
    }

    fn encode(&self) -> Result<Vec<u8>, TooLong> {
        let has_key = !self.encrypted_random_session_key.is_empty();
        let header = match (self.mic, self.version, self.flags) {
            (Some(_), _, _) => HEADER_WITH_MIC,
            (None, Some(_), _) => MIC,
            (None, None, Some(_)) => VERSION,
            (None, None, None) if has_key => FLAGS,
            (None, None, None) => SESSION_KEY,
        };
        let payloads = [
            ("LmChallengeResponse", self.lm_response),
            ("NtChallengeResponse", self.nt_response),
            ("DomainName", self.domain_name.as_bytes()),
            ("UserName", self.user_name.as_bytes()),
            ("Workstation", self.workstation.as_bytes()),
            ("EncryptedRandomSessionKey", self.encrypted_random_session_key),
        ];
        let mut writer = Writer::new(header, payloads);
        writer.bytes(&SIGNATURE);
        writer.bytes(&Self::TYPE.number().to_le_bytes());
        writer.fields(5)?;
        if header >= FLAGS {
            writer.fields(1)?;
        }
        if header >= VERSION {
            writer.bytes(&self.flags.unwrap_or_default().bits().to_le_bytes());
        }
        if header >= MIC {
            writer.bytes(&self.version.map(Version::to_bytes).unwrap_or_default());
        }
        if let Some(mic) = self.mic {
            writer.bytes(&mic);
        }
        Ok(writer.finish())
    }
}

impl fmt::Debug for Authenticate<'_> {
    /// The responses and the session key by their lengths: with the nonces, they are all that a guess at the
    /// password needs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticate")
            .field("lm_response", &format_args!("{} bytes", self.lm_response.len()))
            .field("nt_response", &format_args!("{} bytes", self.nt_response.len()))
            .field("domain_name", &self.domain_name)
            .field("user_name", &self.user_name)
            .field("workstation", &self.workstation)
            .field(
                "encrypted_random_session_key",
                &format_args!("{} bytes", self.encrypted_random_session_key.len()),
            )
            .field("flags", &self.flags)
            .field("version", &self.version)
            .field("mic", &self.mic.map(|_| format_args!("16 bytes")))
            .finish()
    }
}
