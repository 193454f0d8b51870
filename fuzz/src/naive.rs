//! Readers that know nothing of the crates' own: slices at the document's offsets, [MS-NLMP] 2.2 and RFC 4178 4.2. They say what
//! a message holds or that it holds nothing; where and why is not theirs to say.

use std::collections::BTreeMap;

/// The values of a message by the document's names of its fields; a field that is not there has no entry.
pub type Values<'a> = BTreeMap<&'static str, &'a [u8]>;

const UNICODE: u32 = 0x0000_0001;
const OEM_DOMAIN_SUPPLIED: u32 = 0x0000_1000;
const OEM_WORKSTATION_SUPPLIED: u32 = 0x0000_2000;
const TARGET_INFO: u32 = 0x0080_0000;
const VERSION: u32 = 0x0200_0000;

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

/// Length and offset as they stand in a payload field.
fn described(message: &[u8], at: usize) -> Option<(usize, usize)> {
    let field = message.get(at..at + 8)?;
    Some((number(&field[..2]) as usize, number(&field[4..]) as usize))
}

fn payload(message: &[u8], at: usize, header: usize) -> Option<&[u8]> {
    match described(message, at)? {
        (0, _) => Some(&[]),
        (length, offset) if offset >= header => message.get(offset..offset + length),
        _ => None,
    }
}

/// Where the header can reach: up to the first payload, or to the end.
fn room(message: &[u8], fields: &[usize]) -> usize {
    let starts = fields.iter().filter_map(|at| described(message, *at)).filter(|(length, _)| *length > 0);
    starts.map(|(_, offset)| offset).min().unwrap_or(usize::MAX).min(message.len())
}

fn begins(message: &[u8], number: u8) -> bool {
    message.starts_with(&[b'N', b'T', b'L', b'M', b'S', b'S', b'P', 0, number, 0, 0, 0])
}

/// NEGOTIATE (2.2.1.1).
pub fn negotiate(message: &[u8]) -> Option<Values<'_>> {
    let flags_field = message.get(12..16).filter(|_| begins(message, 1))?;
    let flags = number(flags_field);
    let mut values = Values::from([("NegotiateFlags", flags_field)]);
    let mut supplied = Vec::new();
    for (name, flag, at) in
        [("DomainName", OEM_DOMAIN_SUPPLIED, 16), ("Workstation", OEM_WORKSTATION_SUPPLIED, 24)]
    {
        values.insert(name, if flags & flag == 0 { &[] } else { payload(message, at, 32)? });
        supplied.extend((flags & flag != 0).then_some(at));
    }
    if flags & VERSION != 0 && room(message, &supplied) >= 40 {
        values.insert("Version", &message[32..40]);
    }
    Some(values)
}

/// CHALLENGE (2.2.1.2).
pub fn challenge(message: &[u8]) -> Option<Values<'_>> {
    let fixed = message.get(..32).filter(|_| begins(message, 2))?;
    let flags = number(&fixed[20..24]);
    let name = payload(message, 12, 32)?;
    if flags & UNICODE != 0 && !name.len().is_multiple_of(2) {
        return None;
    }
    let mut values = Values::from([
        ("NegotiateFlags", &fixed[20..24]),
        ("ServerChallenge", &fixed[24..]),
        ("TargetName", name),
    ]);
    let mut fields = vec![12];
    if flags & TARGET_INFO != 0 {
        values.insert("TargetInfo", payload(message, 40, 48)?);
        fields.push(40);
    }
    let room = room(message, &fields);
    if flags & TARGET_INFO != 0 || room >= 48 {
        values.insert("Reserved", message.get(32..40)?);
    }
    if flags & VERSION != 0 && room >= 56 {
        values.insert("Version", &message[48..56]);
    }
    Some(values)
}

/// AUTHENTICATE (2.2.1.3), whose header ends where its first payload begins.
pub fn authenticate(message: &[u8]) -> Option<Values<'_>> {
    message.get(..52).filter(|_| begins(message, 3))?;
    let five = [12, 20, 28, 36, 44];
    let mut room = room(message, &five);
    let flags_field = (room >= 64).then(|| &message[60..64]);
    let flags = flags_field.map_or(0, number);
    let mut values = Values::new();
    let names = ["LmChallengeResponse", "NtChallengeResponse", "DomainName", "UserName", "Workstation"];
    for (name, at) in names.into_iter().zip(five) {
        let value = payload(message, at, 52)?;
        if at >= 28 && flags & UNICODE != 0 && !value.len().is_multiple_of(2) {
            return None;
        }
        values.insert(name, value);
    }
    values.insert("EncryptedRandomSessionKey", &[]);
    if room >= 60 {
        values.insert("EncryptedRandomSessionKey", payload(message, 52, 60)?);
        if let Some((1.., offset)) = described(message, 52) {
            room = room.min(offset);
        }
    }
    values.extend(flags_field.map(|field| ("NegotiateFlags", field)));
    if flags & VERSION != 0 && room >= 72 {
        values.insert("Version", &message[64..72]);
    }
    if room >= 88 {
        values.insert("MIC", &message[72..88]);
    }
    Some(values)
}

/// AV_PAIRs up to MsvAvEOL (2.2.2.1), with the sizes that the document fixes; a list of no bytes is an empty one.
pub fn av_pairs(mut list: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let mut pairs = Vec::new();
    while !list.is_empty() {
        let id = number(list.get(..2)?) as u16;
        let length = number(list.get(2..4)?) as usize;
        if id == 0 {
            return (length == 0).then_some(pairs);
        }
        let value = list.get(4..4 + length)?;
        let sound = match id {
            1..=5 | 9 => length.is_multiple_of(2),
            6 => length == 4,
            7 => length == 8,
            10 => length == 16,
            _ => true,
        };
        pairs.extend(sound.then_some((id, value)));
        if !sound {
            return None;
        }
        list = &list[4 + length..];
        if list.is_empty() {
            return None;
        }
    }
    Some(pairs)
}

/// A token of SPNEGO: its fields by their names, and the mechanisms that it lists.
pub fn token(bytes: &[u8]) -> Option<(Values<'_>, Vec<&[u8]>)> {
    match element(bytes)? {
        (0x60, framing, []) => {
            let (6, b"\x2b\x06\x01\x05\x05\x02", rest) = element(framing)? else { return None };
            init(only(only(rest, 0xa0)?, 0x30)?)
        }
        (0xa1, framing, []) => resp(only(framing, 0x30)?),
        _ => None,
    }
}

fn init(sequence: &[u8]) -> Option<(Values<'_>, Vec<&[u8]>)> {
    let (mut values, mut mechanisms) = (Values::new(), None);
    for (tag, field) in fields(sequence)? {
        match (tag, field.first()) {
            (0xa0, _) => {
                let mut list = only(field, 0x30)?;
                let mut all = Vec::new();
                while !list.is_empty() {
                    let (6, oid, rest) = element(list)? else { return None };
                    is_oid(oid).then(|| all.push(oid))?;
                    list = rest;
                }
                values.insert("mechTypes", field);
                mechanisms = Some(all).filter(|all| !all.is_empty());
            }
            (0xa1, _) => drop(values.insert("reqFlags", only(field, 3)?)),
            (0xa2, _) => drop(values.insert("mechToken", only(field, 4)?)),
            (0xa3, Some(4)) => drop(values.insert("mechListMIC", only(field, 4)?)),
            (0xa3, _) => drop(values.insert("negHints", only(field, 0x30)?)),
            (0xa4, _) if !values.contains_key("mechListMIC") => {
                values.insert("mechListMIC", only(field, 4)?);
            }
            _ => return None,
        }
    }
    Some((values, mechanisms?))
}

fn resp(sequence: &[u8]) -> Option<(Values<'_>, Vec<&[u8]>)> {
    let mut values = Values::new();
    for (tag, field) in fields(sequence)? {
        match tag {
            0xa0 => {
                let state = only(field, 10)?;
                values.insert("negState", Some(state).filter(|state| matches!(state, [0..=3]))?);
            }
            0xa1 => {
                let oid = only(field, 6)?;
                is_oid(oid).then(|| values.insert("supportedMech", oid))?;
            }
            0xa2 => drop(values.insert("responseToken", only(field, 4)?)),
            0xa3 => drop(values.insert("mechListMIC", only(field, 4)?)),
            _ => return None,
        }
    }
    Some((values, Vec::new()))
}

/// Tag, contents and what follows, in DER with lengths of any form up to four bytes.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, first) = (*bytes.first()?, *bytes.get(1)?);
    let (size, length) = match first {
        0..=0x7f => (0, usize::from(first)),
        0x81..=0x84 => {
            let size = usize::from(first) - 0x80;
            let length = bytes.get(2..2 + size)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (size, length)
        }
        _ => return None,
    };
    let start = 2 + size;
    let contents = bytes.get(start..start + length).filter(|_| tag & 0x1f != 0x1f)?;
    Some((tag, contents, &bytes[start + length..]))
}

fn only(bytes: &[u8], wanted: u8) -> Option<&[u8]> {
    element(bytes).filter(|(tag, _, rest)| *tag == wanted && rest.is_empty()).map(|(_, contents, _)| contents)
}

/// The fields of a SEQUENCE, whose context-specific tags must rise.
fn fields(mut sequence: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut all: Vec<(u8, &[u8])> = Vec::new();
    while !sequence.is_empty() {
        let (tag, contents, rest) = element(sequence)?;
        let rises = all.last().is_none_or(|(last, _)| *last < tag);
        all.push((tag, contents));
        (rises && tag & 0xe0 == 0xa0).then_some(())?;
        sequence = rest;
    }
    Some(all)
}

/// Whether these can be the contents of an OBJECT IDENTIFIER of at most 64 bytes (X.690 8.19.2).
fn is_oid(oid: &[u8]) -> bool {
    let ends = oid.last().is_some_and(|last| last & 0x80 == 0) && oid.len() <= 64;
    ends && (0..oid.len()).all(|at| oid[at] != 0x80 || (at > 0 && oid[at - 1] & 0x80 != 0))
}
