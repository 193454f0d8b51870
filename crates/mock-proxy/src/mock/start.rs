//! The start: ports, certificates, the thread that serves.

use super::MockProxy;
use crate::accounts::{Domain, Store};
use crate::authority::Authority;
use crate::dance::Gate;
use crate::fault::Plan;
use crate::forward::Upstream;
use crate::limits::MAX_OPEN;
use crate::manner::Manner;
use crate::origin::Origin;
use crate::proxy::Proxy;
use crate::route::Routes;
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
        let authority = Arc::new(Authority::new()?);
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
        let ca_pem = authority.ca_pem.clone();
        Ok(Running { address, routes, ca_pem, books, plans, stop: Some(stop), thread: Some(thread) })
    }

    /// The proxy, and the origin over http and https.
    fn doors(
        self,
        (domain, server): (&Domain, Server),
        routes: Routes,
        books: &Books,
        authority: &Arc<Authority>,
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
        let secure = door(Some(authority.acceptor(None)), bound);
        let gate = gate(Side::Proxy, (&accounts, &store), false, Request::new());
        (
            Arc::new(Proxy {
                gate,
                routes,
                book: books.proxy.clone(),
                plan: plan.clone(),
                manner,
                authority: authority.clone(),
                shared: Upstream::default(),
            }),
            [plain, secure],
        )
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
