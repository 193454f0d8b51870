//! Upper case as Windows means it, for the user name in NTOWFv2 ([MS-NLMP] 3.3.2, `Uppercase`).
//!
//! Windows maps each UTF-16 unit on its own to one other unit ([MS-UCODEREF] 3.1.5.3), so no string ever grows: `ß` stays
//! `ß`, `ı`, `ſ` and `µ` stay too, and a character beyond the basic plane (two units) stays as it is. The table here is
//! the one that Windows has written into `$UpCase` of NTFS volumes since Vista, as ntfs-3g records it: 874 units, of which 870 have Unicode's simple
//! mapping. The other four are Windows' own: `Ⱥ Ⱦ ῌ ῼ`, capitals themselves. Scripts newer than Unicode 5.0 have none.
//!
//! Samba 4.17, asked unit by unit, has an older table: it agrees on 636 of the 874, and maps no unit that this table
//! leaves alone. The other 238 are Coptic, Glagolitic and Georgian letters, later Latin, Greek and Cyrillic ones, and Greek
//! letters with an iota subscript.

use alloc::vec::Vec;

/// First unit, last unit, step between the units that are mapped, what is added to each.
#[rustfmt::skip]
const RUNS: [(u16, u16, u16, i16); 119] = [
    (0x0061, 0x007a, 1, -32), (0x00e0, 0x00f6, 1, -32), (0x00f8, 0x00fe, 1, -32),
    (0x00ff, 0x00ff, 1, 121), (0x0101, 0x012f, 2, -1), (0x0133, 0x0137, 2, -1),
    (0x013a, 0x0148, 2, -1), (0x014b, 0x0177, 2, -1), (0x017a, 0x017e, 2, -1),
    (0x0180, 0x0180, 1, 195), (0x0183, 0x0185, 2, -1), (0x0188, 0x0188, 1, -1),
    (0x018c, 0x018c, 1, -1), (0x0192, 0x0192, 1, -1), (0x0195, 0x0195, 1, 97),
    (0x0199, 0x0199, 1, -1), (0x019a, 0x019a, 1, 163), (0x019e, 0x019e, 1, 130),
    (0x01a1, 0x01a5, 2, -1), (0x01a8, 0x01a8, 1, -1), (0x01ad, 0x01ad, 1, -1),
    (0x01b0, 0x01b0, 1, -1), (0x01b4, 0x01b6, 2, -1), (0x01b9, 0x01b9, 1, -1),
    (0x01bd, 0x01bd, 1, -1), (0x01bf, 0x01bf, 1, 56), (0x01c6, 0x01c6, 1, -2),
    (0x01c9, 0x01c9, 1, -2), (0x01cc, 0x01cc, 1, -2), (0x01ce, 0x01dc, 2, -1),
    (0x01dd, 0x01dd, 1, -79), (0x01df, 0x01ef, 2, -1), (0x01f3, 0x01f3, 1, -2),
    (0x01f5, 0x01f5, 1, -1), (0x01f9, 0x021f, 2, -1), (0x0223, 0x0233, 2, -1),
    (0x023a, 0x023a, 1, 10795), (0x023c, 0x023c, 1, -1), (0x023e, 0x023e, 1, 10792),
    (0x0242, 0x0242, 1, -1), (0x0247, 0x024f, 2, -1), (0x0253, 0x0253, 1, -210),
    (0x0254, 0x0254, 1, -206), (0x0256, 0x0257, 1, -205), (0x0259, 0x0259, 1, -202),
    (0x025b, 0x025b, 1, -203), (0x0260, 0x0260, 1, -205), (0x0263, 0x0263, 1, -207),
    (0x0268, 0x0268, 1, -209), (0x0269, 0x0269, 1, -211), (0x026b, 0x026b, 1, 10743),
    (0x026f, 0x026f, 1, -211), (0x0272, 0x0272, 1, -213), (0x0275, 0x0275, 1, -214),
    (0x027d, 0x027d, 1, 10727), (0x0280, 0x0280, 1, -218), (0x0283, 0x0283, 1, -218),
    (0x0288, 0x0288, 1, -218), (0x0289, 0x0289, 1, -69), (0x028a, 0x028b, 1, -217),
    (0x028c, 0x028c, 1, -71), (0x0292, 0x0292, 1, -219), (0x037b, 0x037d, 1, 130),
    (0x03ac, 0x03ac, 1, -38), (0x03ad, 0x03af, 1, -37), (0x03b1, 0x03c1, 1, -32),
    (0x03c2, 0x03c2, 1, -31), (0x03c3, 0x03cb, 1, -32), (0x03cc, 0x03cc, 1, -64),
    (0x03cd, 0x03ce, 1, -63), (0x03d9, 0x03ef, 2, -1), (0x03f2, 0x03f2, 1, 7),
    (0x03f8, 0x03f8, 1, -1), (0x03fb, 0x03fb, 1, -1), (0x0430, 0x044f, 1, -32),
    (0x0450, 0x045f, 1, -80), (0x0461, 0x0481, 2, -1), (0x048b, 0x04bf, 2, -1),
    (0x04c2, 0x04ce, 2, -1), (0x04cf, 0x04cf, 1, -15), (0x04d1, 0x0513, 2, -1),
    (0x0561, 0x0586, 1, -48), (0x1d7d, 0x1d7d, 1, 3814), (0x1e01, 0x1e95, 2, -1),
    (0x1ea1, 0x1ef9, 2, -1), (0x1f00, 0x1f07, 1, 8), (0x1f10, 0x1f15, 1, 8), (0x1f20, 0x1f27, 1, 8),
    (0x1f30, 0x1f37, 1, 8), (0x1f40, 0x1f45, 1, 8), (0x1f51, 0x1f57, 2, 8), (0x1f60, 0x1f67, 1, 8),
    (0x1f70, 0x1f71, 1, 74), (0x1f72, 0x1f75, 1, 86), (0x1f76, 0x1f77, 1, 100),
    (0x1f78, 0x1f79, 1, 128), (0x1f7a, 0x1f7b, 1, 112), (0x1f7c, 0x1f7d, 1, 126),
    (0x1f80, 0x1f87, 1, 8), (0x1f90, 0x1f97, 1, 8), (0x1fa0, 0x1fa7, 1, 8), (0x1fb0, 0x1fb1, 1, 8),
    (0x1fb3, 0x1fb3, 1, 9), (0x1fcc, 0x1fcc, 1, -9), (0x1fd0, 0x1fd1, 1, 8), (0x1fe0, 0x1fe1, 1, 8),
    (0x1fe5, 0x1fe5, 1, 7), (0x1ffc, 0x1ffc, 1, -9), (0x214e, 0x214e, 1, -28),
    (0x2170, 0x217f, 1, -16), (0x2184, 0x2184, 1, -1), (0x24d0, 0x24e9, 1, -26),
    (0x2c30, 0x2c5e, 1, -48), (0x2c61, 0x2c61, 1, -1), (0x2c68, 0x2c6c, 2, -1),
    (0x2c76, 0x2c76, 1, -1), (0x2c81, 0x2ce3, 2, -1), (0x2d00, 0x2d25, 1, -7264),
    (0xff41, 0xff5a, 1, -32),
];

/// The upper case of one UTF-16 unit.
pub(crate) fn upper_unit(unit: u16) -> u16 {
    // Most names never come to the table.
    if let Ok(ascii @ ..0x80) = u8::try_from(unit) {
        return u16::from(ascii.to_ascii_uppercase());
    }
    RUNS.iter()
        .find(|(first, last, step, _)| {
            (*first..=*last).contains(&unit) && unit.wrapping_sub(*first).is_multiple_of(*step)
        })
        .map_or(unit, |(.., add)| unit.wrapping_add_signed(*add))
}

/// `text` in upper case, in UTF-16, little-endian: `UNICODE(Uppercase(text))` of the document.
#[must_use]
pub fn utf16le_upper(text: &str) -> Vec<u8> {
    text.encode_utf16().map(upper_unit).flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn upper(text: &str) -> String {
        let units: Vec<u16> = text.encode_utf16().map(upper_unit).collect();
        String::from_utf16(&units).unwrap()
    }

    #[test]
    fn a08_upper_case_is_one_unit_to_one_unit() {
        for (text, wanted) in [
            ("alice", "ALICE"),
            ("jürgen", "JÜRGEN"),
            ("Ωmega", "ΩMEGA"),
            ("ωμέγας", "ΩΜΈΓΑΣ"),
            ("straße", "STRAßE"),
            ("ÿ", "Ÿ"),
            ("ıſµ", "ıſµ"),
            ("ŉǰΐ", "ŉǰΐ"),
            ("ᾀᾳ", "ᾈᾼ"),
            ("ﬁ", "ﬁ"),
            ("ǆǅǄ", "ǄǅǄ"),
            ("пароль", "ПАРОЛЬ"),
            ("ａ", "Ａ"),
            ("𐐨😀", "𐐨😀"),
            ("", ""),
        ] {
            assert_eq!(upper(text), wanted, "{text}");
        }
    }

    #[test]
    fn the_table_is_unicode_s_simple_mapping_but_for_four_units() {
        let mut mapped = 0;
        let mut different = Vec::new();
        for unit in 0..=u16::MAX {
            let Some(char) = char::from_u32(u32::from(unit)) else {
                assert_eq!(upper_unit(unit), unit, "a lone surrogate stays");
                continue;
            };
            if upper_unit(unit) == unit {
                continue;
            }
            mapped += 1;
            let full: Vec<u32> = char.to_uppercase().map(u32::from).collect();
            // Where the full mapping writes several letters, the simple one is the title case: eight units further on,
            // for alpha alone nine.
            let simple = match full[..] {
                [one] => one,
                _ if unit == 0x1fb3 => 0x1fbc,
                _ => u32::from(unit) + 8,
            };
            if u32::from(upper_unit(unit)) != simple {
                different.push(unit);
            }
        }
        assert_eq!(mapped, 874);
        assert_eq!(different, [0x023a, 0x023e, 0x1fcc, 0x1ffc]);
    }
}
