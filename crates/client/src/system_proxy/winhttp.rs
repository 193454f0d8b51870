//! `WinHttpSettings`: how `netsh winhttp set proxy` writes WinHTTP's default into the registry.
//!
//! ```text
//!  0 size or version    4 how often it was changed    8 flags: 1 direct, 2 a proxy
//! 12 length of the proxy, the proxy, length of the exceptions, the exceptions: ASCII, numbers of 32 bits, little-endian
//! ```
//! The form is undocumented. What does not look like it is taken for no setting.

use super::Settings;

/// The flag that says that there is a proxy.
const HAS_PROXY: u32 = 2;

/// The settings in such a value.
pub(crate) fn read(value: &[u8]) -> Settings {
    parts(value).unwrap_or_default()
}

fn parts(value: &[u8]) -> Option<Settings> {
    let (_size, rest) = number(value)?;
    let (_changes, rest) = number(rest)?;
    let (flags, rest) = number(rest)?;
    let (server, rest) = text(rest)?;
    let except = text(rest).map(|(except, _)| except).unwrap_or_default();
    (flags & HAS_PROXY != 0).then_some(Settings { server, except, script: String::new() })
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (length, rest) = number(bytes)?;
    let (text, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((String::from_utf8(text.to_vec()).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(flags: u32, server: &str, except: &str) -> Vec<u8> {
        let mut value = Vec::new();
        for number in [0x28, 3, flags] {
            value.extend(u32::to_le_bytes(number));
        }
        for text in [server, except] {
            value.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
            value.extend(text.as_bytes());
        }
        value
    }

    #[test]
    fn a_proxy_and_its_exceptions_are_read() {
        let read = read(&value(3, "proxy:8080", "*.corp.test;<local>"));
        assert_eq!((read.server.as_str(), read.except.as_str()), ("proxy:8080", "*.corp.test;<local>"));
    }

    #[test]
    fn direct_access_is_no_proxy() {
        assert_eq!(read(&value(1, "proxy:8080", "")), Settings::default());
    }

    #[test]
    fn what_is_cut_or_garbage_is_no_setting() {
        let whole = value(3, "proxy:8080", "");
        for length in 0..26 {
            assert_eq!(read(&whole[..length]), Settings::default(), "{length}");
        }
        assert_eq!(read(&[0xff; 64]), Settings::default());
    }
}
