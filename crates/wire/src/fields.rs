//! Where each field of a message lies, for whoever shows messages to people.
//!
//! Unlike [`Message::decode`](crate::Message::decode) this goes on after a defect, so that the rest of a bad
//! message can be shown too. Which fields a message has is decided by the same rules.

use crate::message::MessageType;
use crate::payload::PayloadField;
use crate::reader::Reader;
use crate::{DecodeError, DecodeErrorKind, NegotiateFlags as Flags, WireStr};

/// A field that a message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The document's name of the field.
    pub name: &'static str,
    /// Its offset in the header, in bytes: of the field itself, or of the eight bytes that say where its
    /// payload lies.
    pub header_at: usize,
    /// The offset of `bytes` in the message; that in the header for an empty payload, which lies nowhere.
    pub at: usize,
    /// The value.
    pub bytes: &'a [u8],
}

/// The fields of a message in the order of its header, each read or with its defect. Where the message ends
/// inside its header, that defect is the last item.
///
/// What is not the beginning of a message has no fields, only the defect of [`MessageType::peek`].
pub fn fields(message: &[u8]) -> impl Iterator<Item = Result<Field<'_>, DecodeError>> {
    let (slots, defect) = match MessageType::peek(message) {
        Ok(MessageType::Negotiate) => (negotiate(message), None),
        Ok(MessageType::Challenge) => (challenge(message), None),
        Ok(MessageType::Authenticate) => (authenticate(message), None),
        Err(error) => ([None; MOST], Some(error)),
    };
    let mut cut = false;
    let fields = slots.into_iter().flatten().map_while(move |slot| {
        let field = (!cut).then(|| slot.read(message));
        cut = field.is_some_and(|field| field.is_err_and(|e| e.kind() == DecodeErrorKind::Truncated));
        field
    });
    defect.map(Err).into_iter().chain(fields)
}

/// The most fields that a message has: AUTHENTICATE's.
const MOST: usize = 11;

type Slots = [Option<Slot>; MOST];

/// A field that is there, not yet read.
#[derive(Clone, Copy, Debug)]
struct Slot {
    name: &'static str,
    at: usize,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Fixed { size: usize },
    Payload { header: usize, utf16: bool },
}

impl Slot {
    fn read(self, message: &[u8]) -> Result<Field<'_>, DecodeError> {
        let Self { name, at: header_at, kind } = self;
        match kind {
            Kind::Fixed { size } => {
                let bytes = message.get(header_at..).and_then(|rest| rest.get(..size));
                let cut = DecodeError::new(DecodeErrorKind::Truncated, name, message.len());
                bytes.map(|bytes| Field { name, header_at, at: header_at, bytes }).ok_or(cut)
            }
            Kind::Payload { header, utf16 } => {
                let field = PayloadField::read(message, header_at, name)?;
                let bytes = field.bytes(message, header)?;
                WireStr::read(bytes, utf16, name, header_at)?;
                Ok(Field { name, header_at, at: field.start().unwrap_or(header_at), bytes })
            }
        }
    }

    /// Where the payload claims to begin, if the message has the field whole.
    fn start(self, message: &[u8]) -> Option<usize> {
        PayloadField::read(message, self.at, self.name).ok()?.start()
    }
}

const fn fixed(name: &'static str, at: usize, size: usize) -> Slot {
    Slot { name, at, kind: Kind::Fixed { size } }
}

const fn payload(name: &'static str, at: usize, header: usize) -> Slot {
    Slot { name, at, kind: Kind::Payload { header, utf16: false } }
}

const fn text(name: &'static str, at: usize, header: usize, flags: Flags) -> Slot {
    let utf16 = flags.contains(Flags::NEGOTIATE_UNICODE);
    Slot { name, at, kind: Kind::Payload { header, utf16 } }
}

fn slots<const N: usize>(slots: [Option<Slot>; N]) -> Slots {
    let mut slots = slots.into_iter();
    core::array::from_fn(|_| slots.next().flatten())
}

const SIGNATURE: Option<Slot> = Some(fixed("Signature", 0, 8));
const MESSAGE_TYPE: Option<Slot> = Some(fixed("MessageType", 8, 4));

fn flags(message: &[u8], at: usize) -> Flags {
    Reader::at(message, at).u32("NegotiateFlags").map(Flags::from_bits).unwrap_or_default()
}

/// How far the header can reach: to the first payload of these, or to the end.
fn room(message: &[u8], payloads: &[Option<Slot>]) -> usize {
    let first = payloads.iter().flatten().filter_map(|slot| slot.start(message)).min();
    first.unwrap_or(usize::MAX).min(message.len())
}

fn negotiate(message: &[u8]) -> Slots {
    let flags = flags(message, 12);
    let domain = flags.contains(Flags::NEGOTIATE_OEM_DOMAIN_SUPPLIED);
    let domain = domain.then_some(payload("DomainName", 16, 32));
    let station = flags.contains(Flags::NEGOTIATE_OEM_WORKSTATION_SUPPLIED);
    let station = station.then_some(payload("Workstation", 24, 32));
    let version = flags.contains(Flags::NEGOTIATE_VERSION) && room(message, &[domain, station]) >= 40;
    slots([
        SIGNATURE,
        MESSAGE_TYPE,
        Some(fixed("NegotiateFlags", 12, 4)),
        domain,
        station,
        version.then_some(fixed("Version", 32, 8)),
    ])
}

fn challenge(message: &[u8]) -> Slots {
    let flags = flags(message, 20);
    let name = Some(text("TargetName", 12, 32, flags));
    let has_info = flags.contains(Flags::NEGOTIATE_TARGET_INFO);
    let info = has_info.then_some(payload("TargetInfo", 40, 48));
    let room = room(message, &[name, info]);
    let reserved = room >= 48 || has_info && message.len() >= 40;
    let version = flags.contains(Flags::NEGOTIATE_VERSION) && room >= 56;
    slots([
        SIGNATURE,
        MESSAGE_TYPE,
        name,
        Some(fixed("NegotiateFlags", 20, 4)),
        Some(fixed("ServerChallenge", 24, 8)),
        reserved.then_some(fixed("Reserved", 32, 8)),
        info,
        version.then_some(fixed("Version", 48, 8)),
    ])
}

fn authenticate(message: &[u8]) -> Slots {
    let payloads = |flags| {
        [
            Some(payload("LmChallengeResponse", 12, 52)),
            Some(payload("NtChallengeResponse", 20, 52)),
            Some(text("DomainName", 28, 52, flags)),
            Some(text("UserName", 36, 52, flags)),
            Some(text("Workstation", 44, 52, flags)),
        ]
    };
    let five = room(message, &payloads(Flags::EMPTY));
    let has_flags = five >= 64;
    let flags = if has_flags { flags(message, 60) } else { Flags::EMPTY };
    let key = (five >= 60).then_some(payload("EncryptedRandomSessionKey", 52, 60));
    let room = five.min(room(message, &[key]));
    let [lm, nt, domain, user, station] = payloads(flags);
    slots([
        SIGNATURE,
        MESSAGE_TYPE,
        lm,
        nt,
        domain,
        user,
        station,
        key,
        has_flags.then_some(fixed("NegotiateFlags", 60, 4)),
        (flags.contains(Flags::NEGOTIATE_VERSION) && room >= 72).then_some(fixed("Version", 64, 8)),
        (room >= 88).then_some(fixed("MIC", 72, 16)),
    ])
}
