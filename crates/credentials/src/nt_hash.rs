//! NT hashes as text: 32 hex digits, as `gatepass hash` prints them.

use gatepass_backend::NtHash;
#[cfg(any(test, feature = "keyring"))]
use std::fmt::Write as _;
use zeroize::Zeroizing;

/// The hash that 32 hex digits of either case stand for.
pub(crate) fn read(digits: &str) -> Option<NtHash> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    let pairs: &[[u8; 2]; 16] = pairs.try_into().ok()?;
    let mut bytes = Zeroizing::new([0; 16]);
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()?;
    }
    Some(NtHash::from_bytes(*bytes))
}

/// `hash` in hex digits.
#[cfg(any(test, feature = "keyring"))]
pub(crate) fn write(hash: &NtHash) -> Zeroizing<String> {
    let mut digits = Zeroizing::new(String::with_capacity(32));
    for byte in hash.expose() {
        // A string takes whatever is written to it.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_32_digits_of_either_case() {
        let hash = read("A4F49C406510bdcab6824ee7c30fd852").unwrap();
        assert_eq!(hash.expose()[..3], [0xa4, 0xf4, 0x9c]);
        assert_eq!(write(&hash).as_str(), "a4f49c406510bdcab6824ee7c30fd852");
        for digits in [
            "",
            "a4",
            "a4f49c406510bdcab6824ee7c30fd85",
            "g4f49c406510bdcab6824ee7c30fd852",
            "ä4f49c406510bdcab6824ee7c30fd8",
        ] {
            assert!(read(digits).is_none(), "{digits}");
        }
        assert!(read("a4f49c406510bdcab6824ee7c30fd85200").is_none());
    }
}
