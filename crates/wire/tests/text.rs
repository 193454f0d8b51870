//! Names of peers, as people get to see them.

use std::collections::HashSet;

use gatepass_wire::WireStr;

/// Characters that turn the direction of what follows, or that nobody sees.
fn misleads(c: char) -> bool {
    let hidden = ['\u{200b}'..='\u{200f}', '\u{2028}'..='\u{202e}', '\u{2060}'..='\u{2069}'];
    c == '\u{61c}' || c == '\u{feff}' || hidden.iter().any(|range| range.contains(&c))
}

#[test]
fn a59_no_code_unit_reaches_a_terminal_as_a_command_or_unseen() {
    let mut spellings = HashSet::new();
    for unit in 0..=u16::MAX {
        let shown = WireStr::Utf16(&unit.to_le_bytes()).to_string();
        assert!(!shown.chars().any(|c| c.is_control() || misleads(c)), "{unit:#06x}: {shown:?}");
        assert_eq!(format!("{:?}", WireStr::Utf16(&unit.to_le_bytes())), format!("Utf16({shown})"));
        spellings.insert(shown);
    }
    assert_eq!(spellings.len(), 0x1_0000, "two units are spelled alike");
}

#[test]
fn a59_no_oem_byte_reaches_a_terminal_as_a_command_or_unseen() {
    let mut spellings = HashSet::new();
    for byte in 0..=u8::MAX {
        let shown = WireStr::Oem(&[byte]).to_string();
        assert!(shown.is_ascii() && !shown.chars().any(char::is_control), "{byte:#04x}: {shown:?}");
        spellings.insert(shown);
    }
    assert_eq!(spellings.len(), 0x100, "two bytes are spelled alike");
}

#[test]
fn equal_letters_in_another_encoding_or_case_are_another_name() {
    assert_ne!(WireStr::Oem(b"AB"), WireStr::Utf16(b"AB"));
    assert_ne!(WireStr::Oem(b"AB"), WireStr::Oem(b"ab"));
    assert_ne!(WireStr::Utf16(b"A\0"), WireStr::Utf16(b"A\0\0\0"));
}
