//! TargetInfo ([MS-NLMP] 2.2.2.1): what a server says of itself, and what a client answers.

use crate::{Error, crypto};
use alloc::{string::String, vec::Vec};
use gatepass_backend::ChannelBindings;
use gatepass_wire::{AvId, AvPair, AvPairs, FileTime, TooLong, extend_utf16le};

/// The names of a server. An empty one is not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TargetInfo {
    netbios_domain: String,
    netbios_computer: String,
    dns_domain: String,
    dns_computer: String,
    dns_tree: String,
    further: Vec<(AvId, Vec<u8>)>,
    timeless: bool,
}

impl TargetInfo {
    /// A server with the NetBIOS names of its domain and its own. A server without a domain repeats its own name.
    #[must_use]
    pub fn new(netbios_domain: impl Into<String>, netbios_computer: impl Into<String>) -> Self {
        Self {
            netbios_domain: netbios_domain.into(),
            netbios_computer: netbios_computer.into(),
            ..Self::default()
        }
    }

    /// With DNS names too: of the domain, of the server, of the forest.
    #[must_use]
    pub fn with_dns(
        mut self,
        domain: impl Into<String>,
        computer: impl Into<String>,
        tree: impl Into<String>,
    ) -> Self {
        (self.dns_domain, self.dns_computer, self.dns_tree) = (domain.into(), computer.into(), tree.into());
        self
    }

    /// With a further pair behind the names, such as one that no client knows yet ([MS-NLMP] 2.2.2.1: it is passed over).
    /// The end of the list is written anyway, and not here.
    #[must_use]
    pub fn with_pair(mut self, id: AvId, value: impl Into<Vec<u8>>) -> Self {
        if id != AvId::MSV_AV_EOL {
            self.further.push((id, value.into()));
        }
        self
    }

    /// Without the time, as servers before Windows Vista send it: the client takes its own, and need
    /// send no MIC ([MS-NLMP] 3.1.5.1.2).
    #[must_use]
    pub fn without_timestamp(mut self) -> Self {
        self.timeless = true;
        self
    }

    /// The name of the target: the domain, or, where there is none, the server itself; and whether it is a domain.
    pub(crate) fn target_name(&self) -> (&str, bool) {
        let is_domain = !self.netbios_domain.is_empty() && self.netbios_domain != self.netbios_computer;
        (if is_domain { &self.netbios_domain } else { &self.netbios_computer }, is_domain)
    }

    /// Appends the list for CHALLENGE, with the time unless it was left out: a client answers it with NTLMv2 and a MIC.
    pub(crate) fn write(&self, now: FileTime, out: &mut Vec<u8>) -> Result<(), Error> {
        let names = [
            (AvId::MSV_AV_NB_DOMAIN_NAME, &self.netbios_domain),
            (AvId::MSV_AV_NB_COMPUTER_NAME, &self.netbios_computer),
            (AvId::MSV_AV_DNS_DOMAIN_NAME, &self.dns_domain),
            (AvId::MSV_AV_DNS_COMPUTER_NAME, &self.dns_computer),
            (AvId::MSV_AV_DNS_TREE_NAME, &self.dns_tree),
        ];
        for (id, name) in names.into_iter().filter(|(_, name)| !name.is_empty()) {
            Own::Text(name).write(id, out)?;
        }
        for (id, value) in &self.further {
            Own::Bytes(value).write(*id, out)?;
        }
        if !self.timeless {
            Own::Bytes(&now.to_le_bytes()).write(AvId::MSV_AV_TIMESTAMP, out)?;
        }
        out.extend_from_slice(&AvId::MSV_AV_EOL.header(0)?);
        Ok(())
    }

    /// How many bytes [`write`](Self::write) writes at most.
    pub(crate) fn size(&self) -> usize {
        let names = [
            &self.netbios_domain,
            &self.netbios_computer,
            &self.dns_domain,
            &self.dns_computer,
            &self.dns_tree,
        ];
        let further = self.further.iter().map(|(_, value)| value.len().saturating_add(4));
        // Seven headers and the time. A text has no more UTF-16 units than bytes.
        names
            .iter()
            .fold(0, |size: usize, name| size.saturating_add(name.len()))
            .saturating_mul(2)
            .saturating_add(further.fold(36, usize::saturating_add))
    }
}

/// The list that the client's response carries ([MS-NLMP] 3.1.5.1.2): the server's pairs as they came, unknown ones too,
/// but MsvAvTargetName, MsvAvChannelBindings and MsvAvFlags are the client's own. Each of the three is there at most
/// once: in the server's place where the server sent one (a relay may have planted it, CVE-2019-1166), otherwise at the
/// end. MsvAvFlags declares the MIC; its other bits stay as the server sent them. The bit for a target name of an untrusted
/// source is not ours to set: the name is the caller's own.
///
/// Without `bindings` there is no MsvAvChannelBindings. The document would have Z(16), as Samba's client sends it
/// (recording samba-proxy-get); but servers whose Extended Protection is at "accept" were seen to compare the zeros and
/// to refuse, where they let a client without the pair in. pyspnego leaves it out (recording gssntlmssp-pyspnego-nocbt).
pub(crate) fn write_answer(
    out: &mut Vec<u8>,
    info: AvPairs<'_>,
    bindings: Option<&ChannelBindings>,
    target_name: Option<&str>,
) -> Result<(), Error> {
    let flags = (info.flags()?.unwrap_or_default() | AvPairs::FLAG_MIC).to_le_bytes();
    let hash = bindings.map(crypto::cbt_hash);
    let mut own = [
        (AvId::MSV_AV_TARGET_NAME, target_name.map(Own::Text)),
        (AvId::MSV_AV_CHANNEL_BINDINGS, hash.as_ref().map(|hash| Own::Bytes(hash))),
        (AvId::MSV_AV_FLAGS, Some(Own::Bytes(&flags))),
    ];
    for pair in info {
        let AvPair { id, value } = pair?;
        match own.iter_mut().find(|(own, _)| *own == id) {
            Some((_, own)) => own.take().map_or(Ok(()), |own| own.write(id, out))?,
            None => Own::Bytes(value).write(id, out)?,
        }
    }
    for (id, value) in own {
        value.map_or(Ok(()), |value| value.write(id, out))?;
    }
    out.extend_from_slice(&AvId::MSV_AV_EOL.header(0)?);
    Ok(())
}

/// How many bytes [`write_answer`] writes at most.
pub(crate) fn answer_size(info: AvPairs<'_>, target_name: Option<&str>) -> usize {
    // Four headers, the bindings' hash, the flags. A text has no more UTF-16 units than bytes.
    let name = target_name.map_or(0, str::len).saturating_mul(2);
    info.as_bytes().len().saturating_add(name).saturating_add(36)
}

/// A value to be written.
enum Own<'a> {
    Bytes(&'a [u8]),
    Text(&'a str),
}

impl Own<'_> {
    fn write(self, id: AvId, out: &mut Vec<u8>) -> Result<(), TooLong> {
        match self {
            Self::Bytes(bytes) => {
                out.extend_from_slice(&id.header(bytes.len())?);
                out.extend_from_slice(bytes);
            }
            Self::Text(text) => {
                out.extend_from_slice(&id.header(text.encode_utf16().count().saturating_mul(2))?);
                extend_utf16le(out, text);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatepass_wire::encode_av_pairs;

    fn answer(
        info: AvPairs<'_>,
        bindings: Option<&ChannelBindings>,
        name: Option<&str>,
    ) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        write_answer(&mut out, info, bindings, name)?;
        assert!(out.len() <= answer_size(info, name));
        Ok(out)
    }

    const UNKNOWN: AvId = AvId(0x1234);

    fn list(pairs: &[(AvId, &[u8])]) -> Vec<u8> {
        let pairs: Vec<_> = pairs.iter().map(|(id, value)| AvPair { id: *id, value }).collect();
        encode_av_pairs(&pairs).unwrap()
    }

    fn values(list: &[u8], id: AvId) -> Vec<&[u8]> {
        AvPairs::new(list)
            .iter()
            .map(Result::unwrap)
            .filter(|pair| pair.id == id)
            .map(|pair| pair.value)
            .collect()
    }

    #[test]
    fn a03_the_answer_has_one_pair_of_flags_with_the_mic_bit_whatever_the_challenge_planted() {
        const FLAGS: AvId = AvId::MSV_AV_FLAGS;
        for (planted, wanted) in [
            (&[][..], [2, 0, 0, 0]),
            (&[(FLAGS, &[0, 0, 0, 0][..])], [2, 0, 0, 0]),
            (&[(FLAGS, &[1, 0, 0, 0])], [3, 0, 0, 0]),
            (&[(FLAGS, &[2, 0, 0, 0]), (FLAGS, &[0, 0, 0, 0])], [2, 0, 0, 0]),
            (&[(FLAGS, &[0, 0, 0, 0]), (FLAGS, &[1, 0, 0, 0x80])], [3, 0, 0, 0x80]),
        ] {
            let answer = answer(AvPairs::new(&list(planted)), None, None).unwrap();
            assert_eq!(values(&answer, FLAGS), [wanted], "{planted:?}");
        }
    }

    #[test]
    fn a16_bindings_and_target_name_are_the_client_s_own_or_absent() {
        let planted = list(&[
            (AvId::MSV_AV_CHANNEL_BINDINGS, &[9; 16]),
            (AvId::MSV_AV_TARGET_NAME, b"x\0"),
            (UNKNOWN, b"kept"),
            (AvId::MSV_AV_TARGET_NAME, b"y\0"),
        ]);
        let none = answer(AvPairs::new(&planted), None, None).unwrap();
        assert!(values(&none, AvId::MSV_AV_CHANNEL_BINDINGS).is_empty());
        assert!(values(&none, AvId::MSV_AV_TARGET_NAME).is_empty());
        assert_eq!(values(&none, UNKNOWN), [b"kept"]);

        let bindings = ChannelBindings::raw(b"tls-server-end-point:hash");
        let own = answer(AvPairs::new(&planted), Some(&bindings), Some("HTTP/p")).unwrap();
        assert_eq!(values(&own, AvId::MSV_AV_CHANNEL_BINDINGS), [crypto::cbt_hash(&bindings)]);
        assert_eq!(values(&own, AvId::MSV_AV_TARGET_NAME), [b"H\0T\0T\0P\0/\0p\0"]);
    }

    #[test]
    fn a04_flags_of_a_wrong_size_in_the_challenge_are_an_error() {
        for size in [0, 3, 5] {
            let planted = list(&[(AvId::MSV_AV_FLAGS, &[0xff; 8][..size])]);
            let error = answer(AvPairs::new(&planted), None, None).unwrap_err();
            assert!(matches!(error, Error::Malformed(error) if error.what() == "MsvAvFlags"), "{error:?}");
        }
    }

    #[test]
    fn a_server_sends_the_names_it_has_and_the_time() {
        let info = TargetInfo::new("CORP", "DC1").with_dns("corp.test", "dc1.corp.test", "");
        let mut list = Vec::new();
        info.write(FileTime::from_ticks(1), &mut list).unwrap();
        assert!(list.len() <= info.size());
        let ids: Vec<u16> = AvPairs::new(&list).iter().map(|pair| pair.unwrap().id.0).collect();
        assert_eq!(ids, [2, 1, 4, 3, 7]);
        let info = info.with_pair(UNKNOWN, *b"new").with_pair(AvId::MSV_AV_EOL, *b"").without_timestamp();
        let mut list = Vec::new();
        info.write(FileTime::from_ticks(1), &mut list).unwrap();
        assert!(list.len() <= info.size());
        let ids: Vec<u16> = AvPairs::new(&list).iter().map(|pair| pair.unwrap().id.0).collect();
        assert_eq!(
            (ids, values(&list, UNKNOWN)),
            (alloc::vec![2, 1, 4, 3, UNKNOWN.0], alloc::vec![&b"new"[..]])
        );
        assert_eq!(info.target_name(), ("CORP", true));
        assert_eq!(TargetInfo::new("BOX", "BOX").target_name(), ("BOX", false));
        assert_eq!(TargetInfo::new("", "BOX").target_name(), ("BOX", false));
    }
}
