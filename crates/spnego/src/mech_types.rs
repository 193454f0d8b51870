//! The list of mechanisms (`MechTypeList`, RFC 4178 4.1).

use crate::der::{Reader, Writer};
use crate::{DecodeError, DecodeErrorKind as Kind, Oid};
use alloc::vec::Vec;
use core::fmt;

/// The mechanisms that a peer offers, the preferred one first; never empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MechTypes<'a> {
    /// The SEQUENCE, its tag and length included.
    bytes: &'a [u8],
    /// What stands in it: object identifiers, each checked.
    contents: &'a [u8],
}

impl<'a> MechTypes<'a> {
    /// Reads the DER form: a SEQUENCE OF OBJECT IDENTIFIER.
    ///
    /// # Errors
    /// A [`DecodeError`] when `bytes` are something else or the list is empty.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Self::read(Reader::new(bytes))
    }

    pub(crate) fn read(field: Reader<'a>) -> Result<Self, DecodeError> {
        let contents = field.only(0x30, "mechTypes")?;
        let mut rest = contents;
        if rest.is_finished() {
            return Err(rest.error_here(Kind::Missing, "mechTypes"));
        }
        while !rest.is_finished() {
            Oid::decode(rest.element("mechTypes")?.expect(6, "mechTypes")?, "mechTypes")?;
        }
        Ok(Self { bytes: field.bytes(), contents: contents.bytes() })
    }

    /// The mechanisms, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Oid<'a>> + use<'a> {
        let mut rest = Reader::new(self.contents);
        core::iter::from_fn(move || {
            let contents = rest.element("mechTypes").ok()?.expect(6, "mechTypes").ok()?;
            Oid::decode(contents, "mechTypes").ok()
        })
    }

    /// The DER form as it was sent, over which mechListMIC is computed (RFC 4178 section 5).
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// The DER form of a list of mechanisms, for [`MechTypes::decode`].
#[must_use]
pub fn encode_mech_types(mechanisms: &[Oid<'_>]) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.under(&[0x30], |list| {
        for oid in mechanisms.iter().rev() {
            list.under(&[6], |element| element.bytes(oid.contents()));
        }
    });
    writer.finish()
}

impl fmt::Debug for MechTypes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
