//! What a mock proxy shall be like.

pub(crate) mod start;

use crate::accounts::{Domain, Store};
use crate::fault::{Fault, Planned};
use crate::keytab::keytab;
#[cfg(feature = "page")]
use crate::page::WebPage;
use crate::personality::{Personality, Place};
use crate::script::{Account, Script, Secret, ServerChallenge, ServerPolicy};
use crate::transcript::Observers;
use crate::{Error, Event, Leg};
use gatepass_backend::{Accounts, Password};
use gatepass_http::Scheme;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// A mock proxy that is not started yet: 407 NTLM for everyone, with an embedded origin behind it.
#[derive(Clone)]
#[must_use = "a mock proxy does nothing until it is started"]
pub struct MockProxy {
    address: SocketAddr,
    remote: bool,
    allowed: Vec<String>,
    domain: Option<Domain>,
    store: Store,
    origin_store: Store,
    accounts: Option<Arc<dyn Accounts>>,
    origin_accounts: Option<Arc<dyn Accounts>>,
    schemes: Vec<Scheme>,
    realm: Option<String>,
    policy: ServerPolicy,
    challenge: ServerChallenge,
    /// Like whom the proxy and the origin are.
    like: [Option<Personality>; 2],
    faults: Vec<Planned>,
    origin_faults: Vec<Planned>,
    observers: Observers,
    /// The script, and what was said before it.
    scripted: Option<Box<(Script, Self)>>,
    #[cfg(feature = "page")]
    page: Option<WebPage>,
}

impl Default for MockProxy {
    fn default() -> Self {
        Self::new()
    }
}

impl MockProxy {
    /// A mock proxy without accounts on a free port of 127.0.0.1.
    pub fn new() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            remote: false,
            allowed: Vec::new(),
            domain: None,
            store: Store::default(),
            origin_store: Store::default(),
            accounts: None,
            origin_accounts: None,
            schemes: vec![Scheme::Ntlm],
            realm: None,
            policy: ServerPolicy::default(),
            challenge: ServerChallenge::default(),
            like: [None, None],
            faults: Vec::new(),
            origin_faults: Vec::new(),
            observers: Observers::default(),
            scripted: None,
            #[cfg(feature = "page")]
            page: None,
        }
    }

    /// As `script` has it, in place of what was said before; address and accounts of other kinds stay.
    ///
    /// # Errors
    /// [`Error::Account`] for an account that has neither or both of password and NT hash, [`Error::Personality`] for a peer that is
    /// not known.
    pub fn script(mut self, script: &Script) -> Result<Self, Error> {
        self.scripted = Some(Box::new((script.clone(), self.clone())));
        if let Some(name) = &script.like {
            let personality = Personality::named(name).ok_or_else(|| Error::Personality(name.clone()))?;
            self = self.like(personality);
        }
        if !script.offer.is_empty() {
            self.schemes = script.offer.iter().copied().map(Scheme::from).collect();
        }
        if script.realm.is_some() {
            self.realm.clone_from(&script.realm);
        }
        if let Some(names) = &script.domain {
            self = self.domain(&names.netbios, &names.dns);
        }
        if let Some(policy) = &script.policy {
            self = self.policy(policy.clone());
        }
        if let Some(challenge) = &script.challenge {
            self = self.challenge(challenge.clone());
        }
        for account in &script.accounts {
            let domain = enrol(&mut self.store, account)?;
            self.domain.get_or_insert_with(|| Domain::named(&domain));
        }
        for account in &script.origin_accounts {
            enrol(&mut self.origin_store, account)?;
        }
        self.faults.extend(script.faults.iter().cloned());
        self.origin_faults.extend(script.origin_faults.iter().cloned());
        Ok(self)
    }

    /// Offering `schemes`, the strongest first, at the proxy and below the origin's `/ntlm/`; NTLM alone otherwise. There is
    /// [`Scheme::Negotiate`] with NTLM inside, [`Scheme::Ntlm`], and [`Scheme::Basic`].
    pub fn offer(mut self, schemes: &[Scheme]) -> Self {
        self.schemes = schemes.to_vec();
        self
    }

    /// Demanding of clients what `policy` says. What cannot be had is an error of [`start`](Self::start).
    pub fn policy(mut self, policy: ServerPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Saying in its CHALLENGE what `challenge` says.
    pub fn challenge(mut self, challenge: ServerChallenge) -> Self {
        self.challenge = challenge;
        self
    }

    /// With an account at the proxy. Case does not matter in `domain` and `user`; unless [`domain`](Self::domain) says
    /// otherwise, the first account's domain is the mock's own, and its DNS name is `domain` in lower case with `.test` behind.
    pub fn account(mut self, domain: &str, user: &str, password: impl Into<Password>) -> Self {
        self.domain.get_or_insert_with(|| Domain::named(domain));
        self.store.insert(domain, user, &password.into());
        self
    }

    /// With an account at the embedded origin, whose pages below `/ntlm/` ask for one (401). Without any, the origin knows
    /// the proxy's accounts.
    pub fn origin_account(mut self, domain: &str, user: &str, password: impl Into<Password>) -> Self {
        self.origin_store.insert(domain, user, &password.into());
        self
    }

    /// As a member of the domain `netbios` (such as `CORP`) with the DNS name `dns` (such as `corp.test`): the names in the
    /// CHALLENGE, and the domain of users who name none.
    pub fn domain(mut self, netbios: &str, dns: &str) -> Self {
        self.domain = Some(Domain { netbios: netbios.to_owned(), dns: dns.to_owned() });
        self
    }

    /// With `accounts` in the place of all that [`account`](Self::account) names.
    pub fn accounts(mut self, accounts: Arc<dyn Accounts>) -> Self {
        self.accounts = Some(accounts);
        self
    }

    /// With `accounts` in the place of all that [`origin_account`](Self::origin_account) names.
    pub fn origin_accounts(mut self, accounts: Arc<dyn Accounts>) -> Self {
        self.origin_accounts = Some(accounts);
        self
    }

    /// With `fault` in the `nth` response of `leg` at the proxy, counted from 1 over all connections. Several faults may be due
    /// in one response. A leg in which the fault cannot happen ([`Fault::can_happen_in`]) is an error of [`start`](Self::start).
    pub fn fault(mut self, leg: Leg, nth: u64, fault: Fault) -> Self {
        self.faults.push(Planned { leg, nth: Some(nth), fault });
        self
    }

    /// With `fault` in each response of `leg` at the proxy.
    pub fn fault_each(mut self, leg: Leg, fault: Fault) -> Self {
        self.faults.push(Planned { leg, nth: None, fault });
        self
    }

    /// With `fault` in the `nth` response of `leg` at the embedded origin.
    pub fn origin_fault(mut self, leg: Leg, nth: u64, fault: Fault) -> Self {
        self.origin_faults.push(Planned { leg, nth: Some(nth), fault });
        self
    }

    /// Like `personality`: its offers, its way of writing, its faults. What is said later is in place of that.
    pub fn like(mut self, personality: Personality) -> Self {
        self.schemes = personality.offer.iter().copied().map(Scheme::from).collect();
        self.realm.clone_from(&personality.realm);
        match personality.side {
            Place::Proxy => {
                self.faults.extend(personality.faults.iter().cloned());
                self.like[0] = Some(personality);
            }
            Place::Origin => {
                self.origin_faults.extend(personality.faults.iter().cloned());
                self.like[1] = Some(personality);
            }
        }
        self
    }

    /// With `observer`, to whom all that happens is told as it happens, beside those of before. It is called on the thread that
    /// serves, so it should hand the event on and return: as long as it works, nobody is served.
    pub fn observer(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observers.0.push(Arc::new(observer));
        self
    }

    /// The NT hashes of the accounts of proxy and origin as a keytab, which is password-equivalent. With it Wireshark decrypts what
    /// NTLM has sealed (Preferences, Protocols, KRB5: the file, and "Try to decrypt"); a file of session keys it does not read.
    /// Accounts of [`accounts`](Self::accounts) are not in it.
    #[must_use]
    pub fn keytab(&self) -> Vec<u8> {
        keytab(self.store.all().into_iter().chain(self.origin_store.all()))
    }

    /// With a web page that shows what happens, and has the switches of the faults and the script:
    /// [`Running::page_url`](crate::Running::page_url) is for the browser.
    #[cfg(feature = "page")]
    pub fn page(mut self, page: WebPage) -> Self {
        self.page = Some(page);
        self
    }

    /// Forwarding to `place` (`HOST[:PORT]`, every port where none is named) too, which is no loopback address; a name is then
    /// looked up. What cannot be read is an error of [`start`](Self::start).
    pub fn allow(mut self, place: &str) -> Self {
        self.allowed.push(place.to_owned());
        self
    }

    /// Listening on whatever address it is given. Its accounts are no secrets, so everyone who reaches it can use it: to get at
    /// the embedded origin and at what is [allowed](Self::allow), no longer at other servers on loopback. A personality's
    /// responses have a field `X-Test-Tool` then.
    pub const fn allow_remote(mut self) -> Self {
        self.remote = true;
        self
    }

    /// Listening on `address`, which must be a loopback address unless it [may be another](Self::allow_remote); port 0 is any
    /// free port.
    pub const fn with_address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// What was said before there was a script; all of it, where there is none.
    pub(crate) fn unscripted(&self) -> Self {
        self.scripted.as_ref().map_or_else(|| self.clone(), |scripted| scripted.1.clone())
    }

    /// The script that it follows.
    #[cfg(feature = "page")]
    pub(crate) fn followed(&self) -> Script {
        self.scripted.as_ref().map(|scripted| scripted.0.clone()).unwrap_or_default()
    }

    /// The faults that are planned, at the proxy and at the origin.
    pub(crate) fn faults(&self) -> [Vec<Planned>; 2] {
        [self.faults.clone(), self.origin_faults.clone()]
    }

    /// Whether each fault can happen in its leg.
    pub(crate) fn check_faults(&self) -> Result<(), Error> {
        for (place, faults) in [(Place::Proxy, &self.faults), (Place::Origin, &self.origin_faults)] {
            if let Some(planned) = faults.iter().find(|planned| !planned.is_possible(place)) {
                return Err(Error::Fault(planned.clone()));
            }
        }
        Ok(())
    }
}

/// Puts `account` into `store`, and says its domain.
fn enrol(store: &mut Store, account: &Account) -> Result<String, Error> {
    let (principal, secret) = account.read().map_err(Error::Account)?;
    let (domain, user) = (principal.domain(), principal.user());
    match secret {
        Secret::Password(password) => store.insert(domain, user, &password),
        Secret::NtHash(hash) => store.insert_hash(domain, user, hash),
    }
    store.refuse(domain, user, account.refused);
    Ok(domain.to_owned())
}

/// The address and the number of accounts.
impl fmt::Debug for MockProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockProxy")
            .field("address", &self.address)
            .field("domain", &self.domain)
            .field("accounts", &self.store)
            .field("origin_accounts", &self.origin_store)
            .finish_non_exhaustive()
    }
}
