//! The start: ports, certificates, the thread that serves.

use super::MockProxy;
use crate::accounts::{Domain, Store};
use crate::authority::Authority;
use crate::controls::{Controls, Doors};
use crate::dance::Gate;
use crate::fault::Plan;
use crate::forward::Upstream;
use crate::limits::MAX_OPEN;
use crate::manner::Manner;
use crate::origin::Origin;
#[cfg(feature = "page")]
use crate::page::{Opened, Site, WebPage};
use crate::proxy::Proxy;
use crate::route::{Allowed, Routes};
use crate::running::{Books, Running};
use crate::server::Server;
use crate::{Error, listener};
use gatepass_backend::{Accounts, Request};
use gatepass_http::{Mechanisms, Side};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// The domain of the mock as a server, where no account names one.
const DOMAIN: &str = "CORP";

impl MockProxy {
    /// Starts it. When this returns, the proxy answers.
    ///
    /// # Errors
    /// [`Error::NotLoopback`] for an address that others can reach without [`allow_remote`](Self::allow_remote),
    /// [`Error::Listen`] where a port cannot be had; the others when the machine gives no randomness or no thread.
    pub fn start(self) -> Result<Running, Error> {
        if !self.remote {
            loopback(self.address)?;
        }
        self.check_faults()?;
        let plans = self.faults().map(|faults| Arc::new(Plan::new(faults)));
        let free = (Ipv4Addr::LOCALHOST, 0).into();
        let (listener, address) = listen(self.address)?;
        let (plain_listener, plain) = listen(free)?;
        let (secure_listener, secure) = listen(free)?;
        let routes = self.routes(plain, secure)?;
        #[cfg(feature = "page")]
        let page = self.page.clone().map(WebPage::open).transpose()?;
        #[cfg(feature = "page")]
        let observers = self.observers.clone().and(page.as_ref().map(Opened::observer));
        #[cfg(not(feature = "page"))]
        let observers = self.observers.clone();
        let books = Books::new(&observers);
        let controls = Arc::new(Controls::new(&self, routes, books, Arc::new(Authority::new()?), plans)?);
        #[cfg(feature = "page")]
        let page = page.map(|page| page.about(address, &controls)).transpose()?;

        let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
        let (stop, stopped) = oneshot::channel();
        let listeners = {
            let _inside = runtime.enter();
            let adopt = |listener| tokio::net::TcpListener::from_std(listener).map_err(Error::Thread);
            (adopt(listener)?, adopt(plain_listener)?, adopt(secure_listener)?)
        };
        #[cfg(feature = "page")]
        let (page_url, page) = (page.as_ref().map(|(site, _)| site.url()), Site::serve_all(page, &runtime)?);
        #[cfg(not(feature = "page"))]
        let page = std::future::pending();
        let [doors, plain_doors, secure_doors] = [(); 3].map(|()| controls.clone());
        let work = async move {
            let (listener, plain, secure) = listeners;
            tokio::select! {
                () = listener::accept(listener, MAX_OPEN, move |socket, peer| doors.doors().proxy.serve(socket, peer)) => {}
                () = listener::accept(plain, MAX_OPEN, move |socket, peer| plain_doors.doors().plain.serve(socket, peer)) => {}
                () = listener::accept(secure, MAX_OPEN, move |socket, peer| secure_doors.doors().secure.serve(socket, peer)) => {}
                () = page => {}
                _ = stopped => {}
            }
        };
        let thread = spawn(runtime, work)?;
        Ok(Running {
            address,
            controls,
            #[cfg(feature = "page")]
            page_url,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where requests may go, with the doors of the origin.
    fn routes(&self, plain: SocketAddr, secure: SocketAddr) -> Result<Routes, Error> {
        let read = |text: &String| Allowed::read(text).ok_or_else(|| Error::Allow(text.clone()));
        let allowed = self.allowed.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Routes { plain, secure, remote: !self.address.ip().to_canonical().is_loopback(), allowed })
    }

    /// The proxy, and the origin over http and https.
    pub(crate) fn doors(
        self,
        routes: Routes,
        books: &Books,
        authority: &Arc<Authority>,
        [plan, origin_plan]: &[Arc<Plan>; 2],
    ) -> Result<Doors, Error> {
        let domain = self.domain.unwrap_or_else(|| Domain::named(DOMAIN));
        let server = Server::new(&domain, &self.policy, &self.challenge)?;
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
        let store = Arc::new(self.store.of(&domain));
        let accounts = self.accounts.unwrap_or_else(|| store.clone());
        let origin_store = if self.origin_store.is_empty() {
            store.clone()
        } else {
            Arc::new(self.origin_store.of(&domain))
        };
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
        let [manner, origin_manner] = self.like.map(|like| Manner::new(like, routes.remote));
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
        let secure = door(Some(authority.acceptor(None)), bound);
        let gate = gate(Side::Proxy, (&accounts, &store), false, Request::new());
        let proxy = Arc::new(Proxy {
            gate,
            routes,
            book: books.proxy.clone(),
            plan: plan.clone(),
            manner,
            authority: authority.clone(),
            shared: Upstream::default(),
        });
        Ok(Doors { proxy, plain, secure })
    }
}

/// Whether nobody but this machine can reach `address`.
pub(crate) fn loopback(address: SocketAddr) -> Result<(), Error> {
    match address.ip().to_canonical().is_loopback() {
        true => Ok(()),
        false => Err(Error::NotLoopback(address)),
    }
}

/// Listens on `address`, and says on which port.
pub(crate) fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |error| Error::Listen(address, error);
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// A thread for `work`.
pub(crate) fn spawn(
    runtime: Runtime,
    work: impl Future<Output = ()> + Send + 'static,
) -> Result<thread::JoinHandle<()>, Error> {
    thread::Builder::new()
        .name("gatepass-mock-proxy".to_owned())
        // The runtime goes with the thread, and with the runtime every connection and listener.
        .spawn(move || runtime.block_on(work))
        .map_err(Error::Thread)
}
