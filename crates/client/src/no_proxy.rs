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

    /// Whether `host` is reached without a proxy.
    #[must_use]
    pub fn covers(&self, host: &Host) -> bool {
        self.0.iter().any(|entry| match entry {
            Entry::Everything => true,
            Entry::Name(own) => host.name().is_some_and(|name| {
                name.strip_suffix(own.as_str()).is_some_and(|head| head.is_empty() || head.ends_with('.'))
            }),
            Entry::Block(block, bits) => host.address().is_some_and(|address| within(address, *block, *bits)),
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
