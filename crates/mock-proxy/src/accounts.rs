//! Who may log in: names and NT hashes, looked up as Windows does.

use crate::script::Refused;
use gatepass_backend::{Accounts, NtHash, Password, Principal};
use gatepass_engine::crypto;
use std::collections::HashMap;
use std::fmt;

/// The accounts of one server.
///
/// Case does not matter, neither in users nor in domains. A name without a domain is looked up in the server's own; so is
/// `user@realm`, when the realm is that domain's NetBIOS or DNS name.
#[derive(Clone, Default)]
pub(crate) struct Store {
    hashes: HashMap<(Vec<u8>, Vec<u8>), NtHash>,
    refused: HashMap<(Vec<u8>, Vec<u8>), Refused>,
    own: Domain,
}

/// A domain by its two names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Domain {
    /// The NetBIOS name, such as `CORP`.
    pub(crate) netbios: String,
    /// The DNS name, such as `corp.test`.
    pub(crate) dns: String,
}

impl Domain {
    /// The domain with this NetBIOS name; its DNS name is the same in lower case with `.test` behind it.
    pub(crate) fn named(netbios: &str) -> Self {
        Self { netbios: netbios.to_owned(), dns: format!("{}.test", netbios.to_lowercase()) }
    }

    fn is_called(&self, name: &str) -> bool {
        let name = folded(name);
        name == folded(&self.netbios) || name == folded(&self.dns)
    }
}

impl Store {
    /// Adds an account, or changes its password.
    pub(crate) fn insert(&mut self, domain: &str, user: &str, password: &Password) {
        self.hashes.insert((folded(domain), folded(user)), crypto::ntowf_v1(password.expose()));
    }

    /// Adds an account that is known by its NT hash.
    pub(crate) fn insert_hash(&mut self, domain: &str, user: &str, hash: NtHash) {
        self.hashes.insert((folded(domain), folded(user)), hash);
    }

    /// Lets nobody in as `user`, for this reason; or lets him in again.
    pub(crate) fn refuse(&mut self, domain: &str, user: &str, why: Option<Refused>) {
        let key = (folded(domain), folded(user));
        match why {
            Some(why) => self.refused.insert(key, why),
            None => self.refused.remove(&key),
        };
    }

    /// Why `principal` may not log in, whatever the password.
    pub(crate) fn refusal(&self, principal: &Principal) -> Option<Refused> {
        self.refused.get(&self.find(principal)?).copied()
    }

    /// Whether there is no account at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// All accounts, with names in upper case, in their order.
    pub(crate) fn all(&self) -> Vec<(Principal, &NtHash)> {
        let text = |name: &[u8]| {
            let units = name.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]]));
            String::from_utf16_lossy(&units.collect::<Vec<_>>())
        };
        let accounts = self.hashes.iter();
        let mut all: Vec<_> =
            accounts.map(|((domain, user), hash)| (Principal::new(text(domain), text(user)), hash)).collect();
        all.sort_by_key(|(principal, _)| principal.to_string());
        all
    }

    /// With `own` as the server's own domain.
    pub(crate) fn of(mut self, own: &Domain) -> Self {
        self.own = own.clone();
        self
    }

    fn get(&self, domain: &str, user: &str) -> Option<(Vec<u8>, Vec<u8>)> {
        let account = (folded(domain), folded(user));
        self.hashes.contains_key(&account).then_some(account)
    }

    /// The account that `principal` names.
    fn find(&self, principal: &Principal) -> Option<(Vec<u8>, Vec<u8>)> {
        let (domain, user) = (principal.domain(), principal.user());
        let known_as =
            if !domain.is_empty() && self.own.is_called(domain) { &self.own.netbios } else { domain };
        let own = || self.get(&self.own.netbios, user);
        let by_name = self.get(known_as, user).or_else(|| if domain.is_empty() { own() } else { None });
        let by_realm = || {
            let (name, realm) = user.rsplit_once('@')?;
            let ours = domain.is_empty() && self.own.is_called(realm);
            if ours { self.get(&self.own.netbios, name) } else { None }
        };
        by_name.or_else(by_realm)
    }
}

impl Accounts for Store {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        let account = self.find(principal)?;
        match self.refused.get(&account) {
            Some(_) => None,
            None => self.hashes.get(&account).cloned(),
        }
    }
}

/// How many accounts; no names, no hashes.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({} accounts)", self.hashes.len())
    }
}

/// A name as it is compared: in upper case, by Windows' one-to-one mapping.
fn folded(name: &str) -> Vec<u8> {
    crypto::utf16le_upper(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Store {
        let mut store = Store::default().of(&Domain::named("CORP"));
        for (domain, user) in
            [("CORP", "alice"), ("CORP", "jürgen"), ("corp.test", "dotted"), ("OTHER", "bob")]
        {
            store.insert(domain, user, &Password::from("pw"));
        }
        store.insert("CORP", "a@b", &Password::from("pw"));
        store
    }

    #[test]
    fn a_name_is_found_in_any_case_and_form() {
        let store = store();
        for name in [
            "CORP\\alice",
            "corp\\ALICE",
            "corp.test\\alice",
            "alice",
            "Alice@CORP",
            "alice@corp.TEST",
            "CORP\\JÜRGEN",
            "other\\bob",
            "CORP\\a@b",
            "a@b",
        ] {
            assert!(store.nt_hash(&Principal::parse(name)).is_some(), "{name}");
        }
    }

    #[test]
    fn a07_an_unknown_name_is_nobody_and_there_is_no_guest() {
        let store = store();
        for name in [
            "",
            "CORP\\",
            "CORP\\guest",
            "guest",
            "bob",
            "CORP\\bob",
            "OTHER\\alice",
            "alice@other.test",
            "CORP\\alice@corp.test",
            "CORP\\alice.",
            "CORP\\alice\0",
            " alice",
        ] {
            assert!(store.nt_hash(&Principal::parse(name)).is_none(), "{name}");
        }
    }

    #[test]
    fn a83_debug_shows_no_account() {
        assert_eq!(format!("{:?}", store()), "Store(5 accounts)");
    }
}
