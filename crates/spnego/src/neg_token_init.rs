//! NegTokenInit (RFC 4178 4.2.1) and NegTokenInit2 ([MS-SPNG] 2.2.1): what opens a negotiation.
//!
//! ```text
//! 60 [ 06 SPNEGO, a0 [ 30 [
//!     a0 [ 30 [ 06 mechanism .. ] ]    mechTypes
//!     a1 [ 03 .. ]                     reqFlags     optional
//!     a2 [ 04 .. ]                     mechToken    optional
//!     a3 [ 04 .. ] or a3 [ 30 .. ]     mechListMIC, or negHints    optional
//!     a4 [ 04 .. ]                     mechListMIC of NegTokenInit2    optional
//! ] ] ]
//! ```

use crate::der::{Reader, Writer};
use crate::{DecodeError, DecodeErrorKind as Kind, MechTypes, Oid};
use alloc::vec::Vec;

/// The hintName that Windows and Samba send in negHints: `not_defined_in_RFC4178@please_ignore`, in a GeneralString under `[0]`.
pub const NEG_HINTS: &[u8] = b"\xa0\x26\x1b\x24not_defined_in_RFC4178@please_ignore";

/// The token that opens a negotiation: what the client offers, or a server that speaks first (NegTokenInit2).
///
/// Encoding puts mechListMIC where its form has it: under `[3]`, or, when there are negHints, under `[4]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NegTokenInit<'a> {
    /// The mechanisms, the preferred one first.
    pub mech_types: MechTypes<'a>,
    /// The contents of the BIT STRING reqFlags, the count of unused bits included. No longer used (RFC 4178 4.2.1).
    pub req_flags: Option<&'a [u8]>,
    /// The optimistic token: the first one of the first mechanism.
    pub mech_token: Option<&'a [u8]>,
    /// The contents of the SEQUENCE negHints ([MS-SPNG] 2.2.1), which nobody needs; see [`NEG_HINTS`].
    pub neg_hints: Option<&'a [u8]>,
    /// The checksum of the list, which no client can have here yet.
    pub mech_list_mic: Option<&'a [u8]>,
}

impl<'a> NegTokenInit<'a> {
    /// What is under the tag `[APPLICATION 0]` (RFC 2743 3.1).
    pub(crate) fn read(mut framing: Reader<'a>) -> Result<Self, DecodeError> {
        let element = framing.element("thisMech")?;
        let mechanism = Oid::decode(element.expect(6, "thisMech")?, "thisMech")?;
        if mechanism != Oid::SPNEGO {
            return Err(element.error(Kind::Value, "thisMech"));
        }
        let mut fields = framing.rest().only(0xa0, "NegTokenInit")?.only(0x30, "NegTokenInit")?;
        let mut mech_types = None;
        let (mut req_flags, mut mech_token, mut neg_hints, mut mech_list_mic) = (None, None, None, None);
        let mut last = None;
        while !fields.is_finished() {
            let element = fields.element("NegTokenInit")?;
            let (number, field) = element.field(last, "NegTokenInit")?;
            match number {
                0 => mech_types = Some(MechTypes::read(field)?),
                1 => req_flags = Some(field.only(3, "reqFlags")?.bytes()),
                2 => mech_token = Some(field.only(4, "mechToken")?.bytes()),
                3 if field.bytes().first() == Some(&4) => {
                    mech_list_mic = Some(field.only(4, "mechListMIC")?.bytes());
                }
                3 => neg_hints = Some(field.only(0x30, "negHints")?.bytes()),
                4 if mech_list_mic.is_none() => {
                    mech_list_mic = Some(field.only(4, "mechListMIC")?.bytes());
                }
                _ => return Err(element.error(Kind::Order, "NegTokenInit")),
            }
            last = Some(number);
        }
        let mech_types = mech_types.ok_or_else(|| fields.error_here(Kind::Missing, "mechTypes"))?;
        Ok(Self { mech_types, req_flags, mech_token, neg_hints, mech_list_mic })
    }

    /// The token.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(self.mech_token.unwrap_or_default().len().saturating_add(128));
        writer.under(&[0x60], |framing| {
            framing.under(&[0xa0, 0x30], |fields| {
                let mic_tag = if self.neg_hints.is_some() { 0xa4 } else { 0xa3 };
                for (tags, value) in [
                    ([mic_tag, 4], self.mech_list_mic),
                    ([0xa3, 0x30], self.neg_hints),
                    ([0xa2, 4], self.mech_token),
                    ([0xa1, 3], self.req_flags),
                ] {
                    if let Some(value) = value {
                        fields.under(&tags, |field| field.bytes(value));
                    }
                }
                fields.under(&[0xa0], |field| field.bytes(self.mech_types.as_bytes()));
            });
            framing.under(&[6], |mechanism| mechanism.bytes(Oid::SPNEGO.contents()));
        });
        writer.finish()
    }
}
