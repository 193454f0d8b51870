//! Which mechanism speaks for which scheme, and how far Basic may go.

use crate::{Basic, Scheme};
use alloc::{string::String, sync::Arc, vec::Vec};
use gatepass_backend::Backend;

/// The table of schemes: each with the [`Backend`] that speaks it.
///
/// A client uses the strongest scheme that is in its table and in the peer's offer. [`Basic`](Scheme::Basic) is the password
/// itself, so being in the table is not enough for it: a client needs [`allow_basic`](Self::allow_basic) besides, and one
/// more word where the connection is not encrypted. A server offers what is in its table, the strongest first.
#[derive(Clone, Debug, Default)]
pub struct Mechanisms {
    /// By strength, one for a scheme.
    entries: Vec<(Scheme, Arc<dyn Backend>)>,
    basic: Exposure,
    /// The inside of a quoted-string; `None` is [`REALM`].
    realm: Option<String>,
}

/// Basic has a realm (RFC 7617 section 2), and mostly there is one to log in to.
const REALM: &str = "login";

/// Where a client may send a password as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Exposure {
    #[default]
    Nowhere,
    Encrypted,
    Anywhere,
}

impl Mechanisms {
    /// No mechanism at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// NTLM alone, spoken by `backend`.
    #[must_use]
    pub fn ntlm(backend: Arc<dyn Backend>) -> Self {
        Self::new().with(Scheme::Ntlm, backend)
    }

    /// With `backend` for `scheme`, in place of an earlier one. A scheme that cannot be danced here
    /// ([`Scheme::danced`]) does not come in by being named.
    #[must_use]
    pub fn with(mut self, scheme: Scheme, backend: Arc<dyn Backend>) -> Self {
        self.entries.retain(|(known, _)| *known != scheme);
        if Scheme::danced().any(|danced| danced == scheme) {
            self.entries.push((scheme, backend));
            self.entries.sort_by_key(|(scheme, _)| *scheme);
        }
        self
    }

    /// For a client: send the password itself ([`Scheme::Basic`]) to a peer that offers nothing better, over TLS
    /// ([`ClientAuth::over_tls`](crate::ClientAuth::over_tls)). Whoever is at the other end then has it.
    #[must_use]
    pub fn allow_basic(mut self) -> Self {
        if self.basic == Exposure::Nowhere {
            self.basic = Exposure::Encrypted;
        }
        self.with_basic()
    }

    /// For a client: send the password itself even over plain HTTP, where everybody on the way can read it.
    #[must_use]
    pub fn allow_basic_over_plain_http_insecure(mut self) -> Self {
        self.basic = Exposure::Anywhere;
        self.with_basic()
    }

    /// For a server: the realm that [`Scheme::Basic`] shows, `login` otherwise (RFC 7617 section 2). What no header field can
    /// carry (a control character) is left out.
    #[must_use]
    pub fn with_realm(mut self, realm: &str) -> Self {
        let mut quoted = String::with_capacity(realm.len());
        for character in realm.chars().filter(|character| !character.is_control()) {
            if matches!(character, '"' | '\\') {
                quoted.push('\\');
            }
            quoted.push(character);
        }
        self.realm = Some(quoted);
        self
    }

    pub(crate) fn realm(&self) -> &str {
        self.realm.as_deref().unwrap_or(REALM)
    }

    /// With none but these schemes.
    #[must_use]
    pub fn only(mut self, schemes: &[Scheme]) -> Self {
        self.entries.retain(|(scheme, _)| schemes.contains(scheme));
        self
    }

    /// The schemes in the table, the strongest first.
    pub fn schemes(&self) -> impl Iterator<Item = Scheme> {
        self.entries.iter().map(|(scheme, _)| *scheme)
    }

    /// The schemes that a client may use on a connection that is `encrypted` or not.
    pub(crate) fn usable(&self, encrypted: bool) -> impl Iterator<Item = Scheme> {
        let basic = match self.basic {
            Exposure::Nowhere => false,
            Exposure::Encrypted => encrypted,
            Exposure::Anywhere => true,
        };
        self.schemes().filter(move |scheme| *scheme != Scheme::Basic || basic)
    }

    /// Whether a login may wait for something outside this process ([`Backend::blocks`]).
    pub(crate) fn blocks(&self) -> bool {
        self.entries.iter().any(|(_, backend)| backend.blocks())
    }

    pub(crate) fn backend(&self, scheme: Scheme) -> Option<&Arc<dyn Backend>> {
        self.entries.iter().find(|(known, _)| *known == scheme).map(|(_, backend)| backend)
    }

    fn with_basic(self) -> Self {
        match self.backend(Scheme::Basic) {
            Some(_) => self,
            None => self.with(Scheme::Basic, Arc::new(Basic::new())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usable(mechanisms: &Mechanisms, encrypted: bool) -> Vec<Scheme> {
        mechanisms.usable(encrypted).collect()
    }

    #[test]
    fn a23_basic_needs_a_word_and_a_second_one_without_tls() {
        let table = Mechanisms::new()
            .with(Scheme::Basic, Arc::new(Basic::new()))
            .with(Scheme::Ntlm, Arc::new(Basic::new()));
        let (ntlm, both) = ([Scheme::Ntlm], [Scheme::Ntlm, Scheme::Basic]);
        assert_eq!((usable(&table, false), usable(&table, true)), (ntlm.into(), ntlm.into()));
        let table = table.allow_basic();
        assert_eq!((usable(&table, false), usable(&table, true)), (ntlm.into(), both.into()));
        let table = table.allow_basic_over_plain_http_insecure();
        assert_eq!((usable(&table, false), usable(&table, true)), (both.into(), both.into()));
        // The weaker word takes nothing back.
        assert_eq!(usable(&table.allow_basic(), false), both);
    }

    #[test]
    fn the_table_is_in_order_of_strength_and_has_no_digest() {
        let table = Scheme::danced()
            .chain([Scheme::Digest])
            .fold(Mechanisms::new(), |table, scheme| table.with(scheme, Arc::new(Basic::new())));
        let all: Vec<_> = table.schemes().collect();
        assert_eq!(all, [Scheme::Negotiate, Scheme::Ntlm, Scheme::Basic]);
        assert_eq!(table.only(&[Scheme::Ntlm, Scheme::Digest]).schemes().collect::<Vec<_>>(), [Scheme::Ntlm]);
    }
}
