//! Text as it stands on the wire: UTF-16LE, or the OEM code page of a machine that we do not know.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::{DecodeError, DecodeErrorKind};

/// The bytes of a name, untouched: a lone surrogate, U+0000 or a byte order mark is part of it.
///
/// Two names are equal if their encodings and bytes are; nothing is folded, trimmed or normalised.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum WireStr<'a> {
    /// UTF-16, little-endian; what UNICODE selects.
    Utf16(&'a [u8]),
    /// One byte or more a character, in the sender's OEM code page. Only its ASCII half is certain.
    Oem(&'a [u8]),
}

impl<'a> WireStr<'a> {
    /// An empty name in UTF-16.
    pub const EMPTY: Self = Self::Utf16(&[]);

    /// Reads text in the encoding that the flags select: UTF-16 with UNICODE, else OEM.
    ///
    /// # Errors
    /// `OddLength` at `at` for UTF-16 of an odd number of bytes.
    pub(crate) fn read(
        bytes: &'a [u8],
        unicode: bool,
        what: &'static str,
        at: usize,
    ) -> Result<Self, DecodeError> {
        match unicode {
            true if !bytes.len().is_multiple_of(2) => {
                Err(DecodeError::new(DecodeErrorKind::OddLength, what, at))
            }
            true => Ok(Self::Utf16(bytes)),
            false => Ok(Self::Oem(bytes)),
        }
    }

    /// Whether there is no byte.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The bytes of the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        match self {
            Self::Utf16(bytes) | Self::Oem(bytes) => bytes,
        }
    }

    /// The UTF-16 code units. A byte of OEM text gives the unit of the same number: right for ASCII, a
    /// guess above.
    pub fn units(&self) -> impl Iterator<Item = u16> + 'a {
        let (pairs, bytes): (&[[u8; 2]], &[u8]) = match self {
            Self::Utf16(bytes) => (bytes.as_chunks().0, &[]),
            Self::Oem(bytes) => (&[], bytes),
        };
        pairs.iter().copied().map(u16::from_le_bytes).chain(bytes.iter().copied().map(u16::from))
    }

    /// The text, if it is certain: `None` for a lone surrogate, half a code unit, or an OEM byte that is not
    /// ASCII.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        // Right for ASCII; other text grows.
        let mut text = String::with_capacity(self.units().size_hint().0);
        self.extend_text(&mut text).then_some(text)
    }

    /// Appends [the text](Self::to_text) to `out`. Whether it is certain; if not, `out` is as it was.
    #[must_use]
    pub fn extend_text(&self, out: &mut String) -> bool {
        let certain = match self {
            Self::Utf16(bytes) => bytes.len().is_multiple_of(2),
            Self::Oem(bytes) => bytes.is_ascii(),
        };
        let before = out.len();
        if let Self::Utf16(bytes) = self {
            let pairs = bytes.as_chunks::<2>().0;
            if certain && pairs.iter().all(|[low, high]| low.is_ascii() && *high == 0) {
                out.extend(pairs.iter().map(|[low, _]| char::from(*low)));
                return true;
            }
        }
        let complete =
            certain && char::decode_utf16(self.units()).all(|unit| unit.map(|c| out.push(c)).is_ok());
        if !complete {
            out.truncate(before);
        }
        complete
    }
}

impl fmt::Display for WireStr<'_> {
    /// The text, safe for a terminal and without loss: control, format (bidi) and other invisible characters
    /// as `\u{202e}`, `\0`, `\n`; a lone surrogate as `\u{d800}`; an OEM byte that is not ASCII and half a
    /// code unit as `\xfc`; a backslash as `\\`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf16(bytes) => {
                for unit in char::decode_utf16(self.units()) {
                    match unit {
                        Ok(c) => character(f, c)?,
                        Err(lone) => write!(f, "\\u{{{:x}}}", lone.unpaired_surrogate())?,
                    }
                }
                let (_, half) = bytes.as_chunks::<2>();
                half.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
            }
            Self::Oem(bytes) => bytes.iter().try_for_each(|&byte| match byte {
                0x80.. => write!(f, "\\x{byte:02x}"),
                ascii => character(f, char::from(ascii)),
            }),
        }
    }
}

/// `escape_debug` knows which characters do not print; but here no quote ends the text.
fn character(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '\'' | '"' => fmt::Write::write_char(f, c),
        _ => write!(f, "{}", c.escape_debug()),
    }
}

impl fmt::Debug for WireStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoding = match self {
            Self::Utf16(_) => "Utf16",
            Self::Oem(_) => "Oem",
        };
        write!(f, "{encoding}({self})")
    }
}

/// `text` in UTF-16LE, as names go into messages and into NTOWF.
#[must_use]
pub fn utf16le(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len().saturating_mul(2));
    extend_utf16le(&mut bytes, text);
    bytes
}

/// Appends `text` in UTF-16LE to `out`. It has at most twice as many bytes as in UTF-8.
pub fn extend_utf16le(out: &mut Vec<u8>, text: &str) {
    if text.is_ascii() {
        let start = out.len();
        out.resize(start.saturating_add(text.len().saturating_mul(2)), 0);
        let units = out.get_mut(start..).unwrap_or_default().as_chunks_mut().0;
        for ([low, _], byte) in units.iter_mut().zip(text.bytes()) {
            *low = byte;
        }
        return;
    }
    for unit in text.encode_utf16() {
        out.extend_from_slice(&unit.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::{WireStr, utf16le};
    use alloc::string::ToString;

    #[test]
    fn a59_display_escapes_what_a_terminal_would_obey_or_hide() {
        let name = utf16le("a\u{1b}[31m\u{202e}\u{feff}\0b\\'ü😀");
        assert_eq!(WireStr::Utf16(&name).to_string(), r"a\u{1b}[31m\u{202e}\u{feff}\0b\\'ü😀");
        assert_eq!(WireStr::Oem(b"m\xfcller\x07").to_string(), r"m\xfcller\u{7}");
    }

    #[test]
    fn a59_a_lone_surrogate_is_shown_and_is_no_text() {
        let name = WireStr::Utf16(&[0x00, 0xd8, 0x41, 0x00]);
        assert_eq!(name.to_string(), r"\u{d800}A");
        assert_eq!(name.to_text(), None);
        let mut text = "before ".to_string();
        assert!(!WireStr::Utf16(&[0x41, 0x00, 0x00, 0xd8]).extend_text(&mut text));
        assert!(WireStr::Oem(b"it").extend_text(&mut text));
        assert_eq!(text, "before it");
        assert_eq!(name.units().collect::<alloc::vec::Vec<_>>(), [0xd800, 0x41]);
        assert_eq!(name.as_bytes(), [0x00, 0xd8, 0x41, 0x00]);
    }

    #[test]
    fn a59_half_a_unit_is_shown_and_is_no_text() {
        let name = WireStr::Utf16(&[0x41, 0x00, 0x42]);
        assert_eq!(name.to_string(), r"A\x42");
        assert_eq!(name.to_text(), None);
    }

    #[test]
    fn oem_text_is_certain_only_in_ascii() {
        assert_eq!(WireStr::Oem(b"CORP").to_text().as_deref(), Some("CORP"));
        assert_eq!(WireStr::Oem(b"m\xfcller").to_text(), None);
        assert!(WireStr::Oem(b"CORP").units().eq("CORP".encode_utf16()));
    }

    #[test]
    fn a59_embedded_nul_and_byte_order_mark_stay_in_the_text() {
        let name = utf16le("\u{feff}alice\0admin");
        assert_eq!(WireStr::Utf16(&name).to_text().as_deref(), Some("\u{feff}alice\0admin"));
    }
}
