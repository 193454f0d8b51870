//! What a mock proxy shall be like, and its start.

use crate::accounts::{Domain, Store};
use crate::authority::Authority;
use crate::dance::Gate;
use crate::fault::{Fault, Plan, Planned};
use crate::limits::MAX_OPEN;
use crate::manner::Manner;
use crate::origin::Origin;
use crate::personality::{Personality, Place};
use crate::proxy::Proxy;
use crate::route::Routes;
use crate::running::{Books, Running};
use crate::script::{Account, Script, Secret, ServerChallenge, ServerPolicy};
use crate::server::Server;
use crate::transcript::Observers;
use crate::{Error, Event, Leg, listener};
use gatepass_backend::{Accounts, Password, Request};
use gatepass_http::{Mechanisms, Scheme, Side};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// The domain of the mock as a server, where no account names one.
const DOMAIN: &str = "CORP";

/// A mock proxy that is not started yet: 407 NTLM for everyone, with an embedded origin behind it.
#[derive(Clone)]
#[must_use = "a mock proxy does nothing until it is started"]
pub struct MockProxy {
    address: SocketAddr,
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
        }
    }

    /// As `script` has it, in place of what was said before; address and accounts of other kinds stay.
    ///
    /// # Errors
    /// [`Error::Account`] for an account that has neither or both of password and NT hash.
    pub fn script(mut self, script: &Script) -> Result<Self, Error> {
        if let Some(personality) = script.like.as_deref().and_then(Personality::named) {
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

    /// Listening on `address`, which must be a loopback address; port 0 is any free port.
    pub const fn with_address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Starts it. When this returns, the proxy answers.
    ///
    /// # Errors
    /// [`Error::NotLoopback`] for an address that others can reach, [`Error::Listen`] where a port cannot be had; the others
    /// when the machine gives no randomness or no thread.
    pub fn start(self) -> Result<Running, Error> {
        if !self.address.ip().to_canonical().is_loopback() {
            return Err(Error::NotLoopback(self.address));
        }
        let planned = self.faults.iter().chain(&self.origin_faults);
        if let Some(planned) = planned.into_iter().find(|planned| !planned.fault.can_happen_in(planned.leg)) {
            return Err(Error::Fault(planned.clone()));
        }
        let domain = self.domain.clone().unwrap_or_else(|| Domain::named(DOMAIN));
        let server = Server::new(&domain, &self.policy, &self.challenge)?;
        let plans =
            [self.faults.clone(), self.origin_faults.clone()].map(|faults| Arc::new(Plan::new(faults)));
        let loopback = (Ipv4Addr::LOCALHOST, 0).into();
        let (listener, address) = listen(self.address)?;
        let (plain_listener, plain) = listen(loopback)?;
        let (secure_listener, secure) = listen(loopback)?;
        let authority = Authority::new()?;
        let routes = Routes { plain, secure };
        let books = Books::new(&self.observers);
        let (proxy, [plain_door, secure_door]) =
            self.doors((&domain, server), routes, &books, &authority, &plans);

        let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
        let (stop, stopped) = oneshot::channel();
        let listeners = {
            let _inside = runtime.enter();
            let adopt = |listener| tokio::net::TcpListener::from_std(listener).map_err(Error::Thread);
            (adopt(listener)?, adopt(plain_listener)?, adopt(secure_listener)?)
        };
        let work = async move {
            let (listener, plain, secure) = listeners;
            tokio::select! {
                () = listener::accept(listener, MAX_OPEN, move |socket, peer| proxy.clone().serve(socket, peer)) => {}
                () = listener::accept(plain, MAX_OPEN, move |socket, peer| plain_door.clone().serve(socket, peer)) => {}
                () = listener::accept(secure, MAX_OPEN, move |socket, peer| secure_door.clone().serve(socket, peer)) => {}
                _ = stopped => {}
            }
        };
        let thread = spawn(runtime, work)?;
        let ca_pem = authority.ca_pem;
        Ok(Running { address, routes, ca_pem, books, plans, stop: Some(stop), thread: Some(thread) })
    }

    /// The proxy, and the origin over http and https.
    fn doors(
        self,
        (domain, server): (&Domain, Server),
        routes: Routes,
        books: &Books,
        authority: &Authority,
        [plan, origin_plan]: &[Arc<Plan>; 2],
    ) -> (Arc<Proxy>, [Arc<Origin>; 2]) {
        let bound = self.like[1].as_ref().is_some_and(|personality| personality.requires_bindings);
        let server = if bound { server.requiring_bindings() } else { server };
        let offered = |over_tls| {
            let offered = server.mechanisms(over_tls).only(&self.schemes);
            match &self.realm {
                Some(realm) => offered.with_realm(realm),
                None => offered,
            }
        };
        let mechanisms: [Mechanisms; 2] = [offered(false), offered(true)];
        let store = Arc::new(self.store.of(domain));
        let accounts = self.accounts.unwrap_or_else(|| store.clone());
        let origin_store =
            if self.origin_store.is_empty() { store.clone() } else { Arc::new(self.origin_store.of(domain)) };
        let origin_accounts = match self.origin_accounts {
            Some(accounts) => accounts,
            None if Arc::ptr_eq(&store, &origin_store) => accounts.clone(),
            None => origin_store.clone(),
        };
        let gate = |side, (accounts, store): (&Arc<dyn Accounts>, &Arc<Store>), secure, request| Gate {
            side,
            mechanisms: mechanisms[usize::from(secure)].clone(),
            accounts: accounts.clone(),
            store: store.clone(),
            request,
        };
        let [manner, origin_manner] = self.like.map(Manner::new);
        let door = |tls: Option<TlsAcceptor>, request| {
            let gate = gate(Side::Origin, (&origin_accounts, &origin_store), tls.is_some(), request);
            Arc::new(Origin {
                gate,
                book: books.origin.clone(),
                tls,
                plan: origin_plan.clone(),
                manner: origin_manner.clone(),
            })
        };
        let plain = door(None, Request::new());
        let bound = Request::new().with_bindings(authority.bindings.clone());
        let secure = door(Some(TlsAcceptor::from(authority.tls.clone())), bound);
        let tls = TlsAcceptor::from(authority.tls.clone());
        let gate = gate(Side::Proxy, (&accounts, &store), false, Request::new());
        (
            Arc::new(Proxy { gate, routes, book: books.proxy.clone(), plan: plan.clone(), manner, tls }),
            [plain, secure],
        )
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

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |error| Error::Listen(address, error);
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn spawn(
    runtime: Runtime,
    work: impl Future<Output = ()> + Send + 'static,
) -> Result<thread::JoinHandle<()>, Error> {
    thread::Builder::new()
        .name("gatepass-mock-proxy".to_owned())
        // The runtime goes with the thread, and with the runtime every connection and listener.
        .spawn(move || runtime.block_on(work))
        .map_err(Error::Thread)
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
