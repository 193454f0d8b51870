//! Names in an OEM code page ([MS-NLMP] 2.2: text where UNICODE is not settled).

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt;
use gatepass_wire::WireStr;

/// A code page. No message says which one its sender uses, so whoever runs a side has to know.
pub trait CodePage: Send + Sync + fmt::Debug {
    /// The text that `bytes` are; `None` when they are none.
    fn decode(&self, bytes: &[u8]) -> Option<String>;

    /// The bytes of `text`; `None` when it has a character that the code page lacks. Nothing is replaced: another name is
    /// another user.
    fn encode(&self, text: &str) -> Option<Vec<u8>>;
}

/// Appends `name`, which is in Unicode or in `code_page`. Whether it is text to the last unit; if not, `out` is as it was.
#[must_use]
pub(crate) fn extend(name: WireStr<'_>, code_page: &dyn CodePage, out: &mut String) -> bool {
    match name {
        WireStr::Utf16(_) => name.extend_text(out),
        WireStr::Oem(bytes) => code_page.decode(bytes).map(|text| out.push_str(&text)).is_some(),
    }
}

/// What all code pages have in common: the default.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ascii;

impl CodePage for Ascii {
    fn decode(&self, bytes: &[u8]) -> Option<String> {
        if bytes.is_ascii() { core::str::from_utf8(bytes).ok().map(ToOwned::to_owned) } else { None }
    }

    fn encode(&self, text: &str) -> Option<Vec<u8>> {
        text.is_ascii().then(|| text.as_bytes().to_vec())
    }
}

/// The code pages of the WHATWG Encoding Standard: those that Windows calls 866, 874, 932, 936, 949, 950 and 1250 to 1258.
/// The others of MS-DOS (437, 850 ..) are not among them.
#[cfg(feature = "encoding")]
impl CodePage for &'static encoding_rs::Encoding {
    fn decode(&self, bytes: &[u8]) -> Option<String> {
        self.decode_without_bom_handling_and_without_replacement(bytes).map(|text| text.into_owned())
    }

    fn encode(&self, text: &str) -> Option<Vec<u8>> {
        // UTF-16 is no code page, and would be written as UTF-8.
        if self.output_encoding() != *self {
            return None;
        }
        let (bytes, _, unmappable) = encoding_rs::Encoding::encode(self, text);
        (!unmappable).then(|| bytes.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_code_page_only_ascii_is_text() {
        assert_eq!(Ascii.decode(b"CORP").as_deref(), Some("CORP"));
        assert_eq!(Ascii.decode(b"j\xfcrgen"), None);
        assert_eq!(Ascii.encode("CORP").as_deref(), Some(&b"CORP"[..]));
        assert_eq!(Ascii.encode("jürgen"), None);
    }

    #[cfg(feature = "encoding")]
    #[test]
    fn a_code_page_of_the_encoding_standard_is_read_and_written_without_replacement() {
        let page: &dyn CodePage = &encoding_rs::WINDOWS_1252;
        assert_eq!(page.decode(b"j\xfcrgen").as_deref(), Some("jürgen"));
        assert_eq!(page.encode("jürgen").as_deref(), Some(&b"j\xfcrgen"[..]));
        assert_eq!(page.encode("Ωmega"), None);
        let page: &dyn CodePage = &encoding_rs::SHIFT_JIS;
        assert_eq!(page.decode(b"\x83\x86\x81").as_deref(), None, "half a character");
        assert_eq!(page.decode(b"\x83\x86").as_deref(), Some("ユ"));
        let page: &dyn CodePage = &encoding_rs::UTF_16LE;
        assert_eq!(page.encode("a"), None);
    }
}
