//! A token of the dance, kept as it came and shown without what must stay secret.

use gatepass_inspect::Report;
use gatepass_wire::{
    Authenticate, AvId, AvPairs, Challenge, DecodeError, FileTime, Message, MessageType, Negotiate,
    NegotiateFlags, NtResponse, WireStr,
};
use std::fmt;

/// An NTLM message as it went over the wire, or bytes in the place of one.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Vec<u8>);

impl Token {
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes as they went over the wire. Those of an AUTHENTICATE are all that is needed to guess at the password:
    /// they do not belong into a log.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Which message it is; `None` when it is no NTLM message.
    #[must_use]
    pub fn message_type(&self) -> Option<MessageType> {
        MessageType::peek(&self.0).ok()
    }

    /// Whether it is a NEGOTIATE.
    #[must_use]
    pub fn is_negotiate(&self) -> bool {
        self.message_type() == Some(MessageType::Negotiate)
    }

    /// Whether it is a CHALLENGE.
    #[must_use]
    pub fn is_challenge(&self) -> bool {
        self.message_type() == Some(MessageType::Challenge)
    }

    /// Whether it is an AUTHENTICATE.
    #[must_use]
    pub fn is_authenticate(&self) -> bool {
        self.message_type() == Some(MessageType::Authenticate)
    }

    /// What it says, field by field, with the bytes of each: [`Report::redact`] takes out what must stay secret.
    #[must_use]
    pub fn report(&self) -> Report {
        // What lies within SPNEGO was taken out: there is one report.
        gatepass_inspect::reports(&self.0).into_iter().next().unwrap_or_default()
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> Result<Result<(), fmt::Error>, DecodeError> {
        Ok(match MessageType::peek(&self.0)? {
            MessageType::Negotiate => negotiate(&Negotiate::decode(&self.0)?, f),
            MessageType::Challenge => challenge(&Challenge::decode(&self.0)?, f),
            MessageType::Authenticate => authenticate(&Authenticate::decode(&self.0)?, f),
        })
    }
}

/// The kind of message, its length, its names, flags and the lengths of its parts, on one line; for bytes that cannot be
/// decoded, what is wrong with them and where.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message_type() {
            Some(kind) => write!(f, "{kind}")?,
            None => f.write_str("not an NTLM message")?,
        }
        write!(f, ", {} bytes", self.0.len())?;
        match self.describe(f) {
            Ok(result) => result,
            Err(error) => write!(f, ": {error}"),
        }
    }
}

/// As `Display`: the bytes can be guessed at off line.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({self})")
    }
}

fn flags(flags: NegotiateFlags, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "; {flags}")
}

fn negotiate(message: &Negotiate<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (name, value) in [("domain", message.domain_name), ("workstation", message.workstation)] {
        if !value.is_empty() {
            write!(f, ", {name} \"{}\"", WireStr::Oem(value))?;
        }
    }
    if let Some(version) = message.version {
        write!(f, ", version {version}")?;
    }
    flags(message.flags, f)
}

fn challenge(message: &Challenge<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, ", target \"{}\"", message.target_name)?;
    match message.target_info {
        Some(pairs) => av_pairs(pairs, f)?,
        None => f.write_str(", no target info")?,
    }
    flags(message.flags, f)
}

fn authenticate(message: &Authenticate<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, ", user \"{}\\{}\"", message.domain_name, message.user_name)?;
    write!(f, ", workstation \"{}\"", message.workstation)?;
    match message.response() {
        Ok(response) => {
            write!(f, ", {} response of {} bytes", response.dialect(), message.nt_response.len())?;
            write!(f, " (LM {} bytes)", message.lm_response.len())?;
            if let NtResponse::V2 { blob, .. } = response {
                av_pairs(blob.av_pairs, f)?;
            }
        }
        Err(error) => write!(f, ", {error}")?,
    }
    if !message.encrypted_random_session_key.is_empty() {
        write!(f, ", session key of {} bytes", message.encrypted_random_session_key.len())?;
    }
    match message.declared_mic() {
        Ok(Some(_)) => f.write_str(", MIC")?,
        Ok(None) => f.write_str(", no MIC")?,
        Err(_) => f.write_str(", MIC declared but absent")?,
    }
    message.flags.map_or(Ok(()), |set| flags(set, f))
}

/// Names as text, the time as a date, the flags as a number; of everything else that it is there.
fn av_pairs(pairs: AvPairs<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for pair in pairs.iter() {
        let Ok(pair) = pair else { return f.write_str(", then AV pairs that end too early") };
        match (pair.id, pair.text()) {
            (AvId::MSV_AV_EOL, _) => {}
            (id, Some(text)) => write!(f, ", {id} \"{text}\"")?,
            (id @ AvId::MSV_AV_TIMESTAMP, None) => match pair.value.try_into() {
                Ok(time) => write!(f, ", {id} {}", FileTime::from_le_bytes(time))?,
                Err(_) => write!(f, ", {id} of {} bytes", pair.value.len())?,
            },
            (id @ AvId::MSV_AV_FLAGS, None) => match pair.value.try_into() {
                Ok(bits) => write!(f, ", {id} {:#x}", u32::from_le_bytes(bits))?,
                Err(_) => write!(f, ", {id} of {} bytes", pair.value.len())?,
            },
            (id, None) => write!(f, ", {id}")?,
        }
    }
    Ok(())
}
