//! The accounts as a keytab, which Wireshark reads.
//!
//! Wireshark has no file of session keys for NTLM. To decrypt what NTLM seals it tries every key of type 23 (rc4-hmac) in the
//! keytab of its Kerberos settings: such a key is an NT hash (RFC 4757 section 2), from which, with the messages in the capture,
//! all keys of a session follow. A keytab is password-equivalent, as the hashes in it are.
//!
//! The layout is MIT's, version 0x0502: sizes and counts are big-endian.

use gatepass_backend::{NtHash, Principal};

/// Version 2 of the format.
const VERSION: [u8; 2] = [5, 2];
/// KRB5_NT_PRINCIPAL (RFC 4120 section 6.2).
const NAME_TYPE: u32 = 1;
/// rc4-hmac (RFC 4757 section 7).
const ENCTYPE: u16 = 23;

/// A keytab with the NT hashes of `accounts`; the domain stands in the place of the realm.
pub(crate) fn keytab<'a>(accounts: impl IntoIterator<Item = (Principal, &'a NtHash)>) -> Vec<u8> {
    accounts.into_iter().fold(VERSION.to_vec(), |mut file, (principal, hash)| {
        let entry = entry(&principal, hash);
        file.extend(u32::try_from(entry.len()).unwrap_or(u32::MAX).to_be_bytes());
        file.extend(entry);
        file
    })
}

fn entry(principal: &Principal, hash: &NtHash) -> Vec<u8> {
    let mut entry = 1_u16.to_be_bytes().to_vec();
    counted(&mut entry, principal.domain().as_bytes());
    counted(&mut entry, principal.user().as_bytes());
    entry.extend(NAME_TYPE.to_be_bytes());
    let (timestamp, version) = (0_u32, 1_u8);
    entry.extend(timestamp.to_be_bytes());
    entry.push(version);
    entry.extend(ENCTYPE.to_be_bytes());
    counted(&mut entry, hash.expose());
    entry
}

/// Appends `bytes` behind their length.
fn counted(entry: &mut Vec<u8>, bytes: &[u8]) {
    // Names and keys are far shorter; one that is not would be cut as its length is.
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    entry.extend(length.to_be_bytes());
    entry.extend(bytes.iter().take(length.into()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_an_entry_with_its_hash_as_an_rc4_key() {
        let hash = NtHash::from_bytes([0xab; 16]);
        let file = keytab([(Principal::new("CORP", "jürgen"), &hash)]);
        let entry =
            [&b"\0\x01\0\x04CORP\0\x07j\xc3\xbcrgen\0\0\0\x01\0\0\0\0\x01\0\x17\0\x10"[..], &[0xab; 16]]
                .concat();
        assert_eq!(file, [&b"\x05\x02\0\0\0\x2e"[..], &entry].concat());
        assert_eq!(entry.len(), 0x2e);
    }
}
