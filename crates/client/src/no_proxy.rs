//! For whom no proxy is used: the list that `no_proxy` holds, with curl's meaning.

use crate::Host;
use std::net::IpAddr;

/// Hosts that are reached without a proxy.
///
/// An entry is a name, which covers itself and every name below it (`corp.test` and `.corp.test` cover `corp.test` and
/// `www.corp.test`, but not `mycorp.test`); an address; or addresses as a block (`10.0.0.0/8`, `fd00::/8`). `*` alone
/// covers everything. Entries are separated by commas or blanks; an entry that is none of these covers nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoProxy(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Everything,
    Name(String),
    Block(IpAddr, u32),
    /// A name or an address in which `*` stands for anything.
    Pattern(String),
    /// A name without a dot.
    Unqualified,
    /// This machine under the names that only it has.
    Loopback,
}

impl NoProxy {
    /// Reads such a list.
    #[must_use]
    pub fn parse(list: &str) -> Self {
        if list.trim() == "*" {
            return Self(vec![Entry::Everything]);
        }
        let entries = list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
        Self(entries.filter_map(entry).collect())
    }

    /// Reads such a list as Windows writes it (`ProxyOverride`): entries separated by `;` or blanks, in which `*` stands for
    /// anything and a name covers itself alone; `<local>` for every name without a dot. This machine (`localhost`,
    /// `127.0.0.0/8`, `::1`) is always covered unless `<-loopback>` stands in the list. A scheme before an entry is passed
    /// over; an entry with a port covers nothing.
    #[must_use]
    pub fn of_windows(list: &str) -> Self {
        let mut entries = vec![Entry::Loopback];
        for entry in list.split([';', ',', ' ', '\t']).filter(|entry| !entry.is_empty()) {
            let entry = entry.to_ascii_lowercase();
            match entry.as_str() {
                "<local>" => entries.push(Entry::Unqualified),
                "<-loopback>" => entries.retain(|entry| *entry != Entry::Loopback),
                _ => {
                    let name = entry.split_once("://").map_or(entry.as_str(), |(_, name)| name);
                    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
                    let head = if name.starts_with('.') { "*" } else { "" };
                    entries.push(Entry::Pattern(format!("{head}{name}")));
                }
            }
        }
        Self(entries)
    }

    /// Whether `host` is reached without a proxy.
    #[must_use]
    pub fn covers(&self, host: &Host) -> bool {
        self.0.iter().any(|entry| match entry {
            Entry::Everything => true,
            Entry::Name(own) => host.name().is_some_and(|name| {
                name.strip_suffix(own.as_str()).is_some_and(|head| head.is_empty() || head.ends_with('.'))
            }),
            Entry::Block(block, bits) => host.address().is_some_and(|address| within(address, *block, *bits)),
            Entry::Pattern(pattern) => match (host.name(), host.address()) {
                (Some(name), _) => matches(pattern, name),
                (None, Some(address)) => matches(pattern, &address.to_string()),
                (None, None) => false,
            },
            Entry::Unqualified => host.name().is_some_and(|name| !name.contains('.')),
            Entry::Loopback => {
                host.name() == Some("localhost")
                    || host.address().is_some_and(|address| address.is_loopback())
            }
        })
    }
}

fn entry(text: &str) -> Option<Entry> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Some(Entry::Block(address, width(address)));
    }
    if let Some((address, bits)) = bare.split_once('/') {
        let (address, bits): (IpAddr, u32) = (address.parse().ok()?, bits.parse().ok()?);
        return (bits <= width(address)).then_some(Entry::Block(address, bits));
    }
    let name = text.trim_matches('.').to_ascii_lowercase();
    (!name.is_empty()).then_some(Entry::Name(name))
}

/// Whether `text` fits `pattern`, in which `*` stands for any number of characters. The first place that fits a part is as
/// good as a later one, so that no pattern takes more than one pass for each of its parts.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        match text.split_once(part) {
            Some((_, behind)) => text = behind,
            None => return false,
        }
    }
    text.ends_with(last)
}

const fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn within(address: IpAddr, block: IpAddr, bits: u32) -> bool {
    let (one, other) = match (address, block) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (u128::from(one.to_bits()), u128::from(other.to_bits())),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits(), other.to_bits()),
        _ => return false,
    };
    // A block of no bits shifts everything out, which `>>` itself refuses for 128.
    (one ^ other).checked_shr(width(block).saturating_sub(bits)).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_an_entry_covers_what_windows_covers() {
        for (list, host, covered) in [
            ("corp.test", "corp.test", true),
            ("corp.test", "www.corp.test", false),
            ("*.corp.test", "www.corp.test", true),
            ("*.Corp.Test", "WWW.corp.test", true),
            ("*.corp.test", "corp.test", false),
            (".corp.test", "www.corp.test", true),
            ("*corp.test", "mycorp.test", true),
            ("*.corp.test", "www.corp.test.evil.test", false),
            ("www.*.test", "www.corp.test", true),
            ("www.*.test", "www.test", false),
            ("w*w.c*p.*", "www.corp.test", true),
            ("a*b*c", "abbc", true),
            ("a*b*c", "acb", false),
            ("*", "anything", true),
            ("10.*", "10.1.2.3", true),
            ("10.*", "110.1.2.3", false),
            ("192.168.0.1", "192.168.0.1", true),
            ("http://10.0.0.1", "10.0.0.1", true),
            ("[fd00::1]", "[fd00::1]", true),
            ("<local>", "intranet", true),
            ("<local>", "www.corp.test", false),
            ("<LOCAL>;10.*", "10.0.0.1", true),
            ("<local>", "10.0.0.1", false),
            ("", "localhost", true),
            ("", "127.1.2.3", true),
            ("", "[::1]", true),
            ("", "example.org", false),
            ("<-loopback>", "localhost", false),
            ("<-loopback>", "127.0.0.1", false),
            ("corp.test:8080", "corp.test", false),
            ("a.test; b.test", "b.test", true),
        ] {
            let host = Host::parse(host).unwrap();
            assert_eq!(NoProxy::of_windows(list).covers(&host), covered, "{list:?} {host}");
        }
    }

    #[test]
    fn each_form_of_an_entry_covers_what_curl_covers() {
        for (list, host, covered) in [
            ("corp.test", "corp.test", true),
            ("corp.test", "www.corp.test", true),
            ("corp.test", "WWW.Corp.Test", true),
            ("corp.test", "mycorp.test", false),
            ("corp.test", "corp.test.evil.test", false),
            (".corp.test", "corp.test", true),
            (".corp.test", "www.corp.test", true),
            ("corp.test.", "corp.test", true),
            ("corp.test", "corp.test.", true),
            ("CORP.test", "a.corp.test", true),
            ("*", "anything", true),
            (" * ", "anything", true),
            ("*.corp.test", "www.corp.test", false),
            ("a,*", "b", false),
            ("a, b c", "c", true),
            ("a,,b", "b", true),
            ("", "a", false),
            (",", "a", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("192.168.16.0/20", "192.168.31.255", true),
            ("192.168.16.0/20", "192.168.32.0", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("10.0.0.0/33", "10.0.0.0", false),
            ("10.0.0.0/x", "10.0.0.0", false),
            ("::1", "::1", true),
            ("[::1]", "[::1]", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
            ("::/0", "2001:db8::1", true),
            ("0.0.0.0/0", "::1", false),
            ("1.0.0.127", "127.0.0.1", false),
        ] {
            let host = Host::parse(host).unwrap();
            assert_eq!(NoProxy::parse(list).covers(&host), covered, "{list:?} {host}");
        }
    }
}
