//! A field as it is shown: where it stands, how long it is, what it means.

use crate::hex;
use gatepass_wire::{NegotiateFlags, WireStr};
use serde::{Deserialize, Serialize};

/// One field of a message, with the fields inside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The document's name.
    pub name: String,
    /// Offset from the start of the message, in bytes.
    pub offset: usize,
    /// Length in bytes.
    pub length: usize,
    /// What it means, for people; safe for a terminal.
    pub meaning: String,
    /// The text itself, where the bytes are certain to be text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The bytes.
    pub hex: String,
    /// The flags that are set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// What it is made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
}

impl Field {
    /// The field `name` of `bytes` at `offset`, with a meaning.
    pub(crate) fn new(
        name: impl Into<String>,
        offset: usize,
        bytes: &[u8],
        meaning: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            offset,
            length: bytes.len(),
            meaning: meaning.into(),
            hex: hex(bytes),
            ..Self::default()
        }
    }

    /// A name, in the encoding of the message.
    pub(crate) fn named(name: impl Into<String>, offset: usize, text: WireStr<'_>) -> Self {
        let mut field = Self::new(name, offset, text.as_bytes(), format!("\"{text}\""));
        field.text = text.to_text();
        if text.to_text().is_none() {
            field.meaning.push_str(match text {
                WireStr::Utf16(_) => " (not valid UTF-16)",
                WireStr::Oem(_) => " (in the sender's OEM code page)",
            });
        }
        field
    }

    /// NegotiateFlags.
    pub(crate) fn flags(offset: usize, bytes: &[u8]) -> Self {
        let bits = <[u8; 4]>::try_from(bytes).map_or(0, u32::from_le_bytes);
        let flags = NegotiateFlags::from_bits(bits);
        let mut field = Self::new("NegotiateFlags", offset, bytes, format!("{:#010x}", flags.bits()));
        field.flags = flags
            .iter()
            .map(|(name, bit)| name.map_or_else(|| format!("{:#010x}", bit.bits()), String::from))
            .collect();
        field
    }

    /// With the fields that it is made of.
    pub(crate) fn with_fields(mut self, fields: Vec<Self>) -> Self {
        self.fields = fields;
        self
    }

    /// Writes its bytes, as far as they are there, to their place in `message`.
    pub(crate) fn put(&self, message: &mut [u8]) {
        let digits = self.hex.as_bytes().chunks_exact(2);
        let bytes = digits.map(|two| {
            std::str::from_utf8(two).ok().and_then(|two| u8::from_str_radix(two, 16).ok()).unwrap_or_default()
        });
        for (place, byte) in message.iter_mut().skip(self.offset).zip(bytes) {
            *place = byte;
        }
    }

    /// Zeros in the place of the bytes of `part`, which is a part of it.
    pub(crate) fn blank(&mut self, part: (usize, usize)) {
        let (offset, length) = part;
        let start = offset.saturating_sub(self.offset).saturating_mul(2);
        let end = start.saturating_add(length.saturating_mul(2));
        let digits = self.hex.char_indices();
        self.hex = digits.map(|(at, digit)| if (start..end).contains(&at) { '0' } else { digit }).collect();
    }

    /// The offset of the first byte after it.
    pub(crate) const fn end(&self) -> usize {
        self.offset.saturating_add(self.length)
    }
}
