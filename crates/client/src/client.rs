//! The client: its settings, and the way of a request through it.

use crate::{
    Body, Error, Host, Observer, Origin, Proxies, Proxy, Redirects, Scope, Side, Timeouts, Tls,
    dialer::{Addresses, Dialer},
    event::Announcer,
    store::Store,
    upload::{BoxError, Upload},
    wire::Tunnel,
};
use gatepass::Credentials;
use gatepass_http::Mechanisms;
use http::{HeaderMap, Request, Response};
use rustls::ClientConfig;
use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

/// An HTTP/1.1 client that logs in to proxies and origins.
///
/// A clone shares settings and kept connections with its original; every `with_…` gives a client with new settings and no
/// connections. Nothing is read from the environment unless [`Proxies::from_environment`] is asked to.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) store: Arc<Store>,
    proxy_tls: OnceLock<Arc<ClientConfig>>,
    origin_tls: OnceLock<Arc<ClientConfig>>,
}

#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) proxies: Proxies,
    pub(crate) scopes: Vec<(Scope, Credentials)>,
    pub(crate) proxy_mechanisms: Mechanisms,
    pub(crate) mechanisms: Mechanisms,
    pub(crate) tls: Tls,
    pub(crate) proxy_tls: Tls,
    pub(crate) dialer: Dialer,
    pub(crate) redirects: Redirects,
}

impl Client {
    /// A client with no proxy, no credentials, the platform's trust in TLS servers and the limits of
    /// [`Timeouts::default`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_config(Config {
            proxies: Proxies::none(),
            scopes: Vec::new(),
            proxy_mechanisms: gatepass::mechanisms(),
            mechanisms: gatepass::mechanisms(),
            tls: Tls::platform(),
            proxy_tls: Tls::platform(),
            dialer: Dialer {
                addresses: Addresses::new(),
                timeouts: Timeouts::default(),
                announcer: Announcer::default(),
            },
            redirects: Redirects::none(),
        })
    }

    fn with_config(config: Config) -> Self {
        Self {
            inner: Arc::new(Inner {
                config,
                store: Arc::default(),
                proxy_tls: OnceLock::new(),
                origin_tls: OnceLock::new(),
            }),
        }
    }

    fn reconfigured(self, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = match Arc::try_unwrap(self.inner) {
            Ok(inner) => inner.config,
            Err(shared) => shared.config.clone(),
        };
        change(&mut config);
        Self::with_config(config)
    }

    /// With `proxy` for everything, or with proxies by scheme and exceptions.
    #[must_use]
    pub fn with_proxy(self, proxy: impl Into<Proxies>) -> Self {
        self.reconfigured(|config| config.proxies = proxy.into())
    }

    /// With `credentials` for the origins of `scope`. No origin outside the given scopes gets a login; of several scopes
    /// that cover an origin the first counts.
    #[must_use]
    pub fn with_origin_credentials(self, scope: impl Into<Scope>, credentials: Credentials) -> Self {
        self.reconfigured(|config| config.scopes.push((scope.into(), credentials)))
    }

    /// With logins at `side` made by `mechanisms`, in place of [`gatepass::mechanisms`]: the strongest that `side` offers is
    /// used. Where Basic is allowed among them, it is meant for every proxy or origin that gets credentials.
    #[must_use]
    pub fn with_mechanisms(self, side: Side, mechanisms: Mechanisms) -> Self {
        self.reconfigured(|config| match side {
            Side::Proxy => config.proxy_mechanisms = mechanisms,
            Side::Origin => config.mechanisms = mechanisms,
        })
    }

    /// With this trust in `https` origins.
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        self.reconfigured(|config| config.tls = tls)
    }

    /// With this trust in `https` proxies. It is apart from that in origins, and so are the TLS sessions.
    #[must_use]
    pub fn with_proxy_tls(self, tls: Tls) -> Self {
        self.reconfigured(|config| config.proxy_tls = tls)
    }

    /// With these limits of time.
    #[must_use]
    pub fn with_timeouts(self, timeouts: Timeouts) -> Self {
        self.reconfigured(|config| config.dialer.timeouts = timeouts)
    }

    /// With `addresses` in place of what the resolver says of `host`, for connections to `port`: a proxy's or, where none
    /// stands between, an origin's.
    #[must_use]
    pub fn with_addresses(self, host: Host, port: u16, addresses: Vec<SocketAddr>) -> Self {
        self.reconfigured(|config| {
            config.dialer.addresses.insert((host, port), addresses);
        })
    }

    /// With `observer` watching each request.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        self.reconfigured(|config| config.dialer.announcer = Announcer(Some(observer)))
    }

    /// With redirects followed as `redirects` says. The default is [`Redirects::none`].
    #[must_use]
    pub fn with_redirects(self, redirects: Redirects) -> Self {
        self.reconfigured(|config| config.redirects = redirects)
    }

    /// The proxy that serves `origin`, if one does.
    #[must_use]
    pub fn proxy_for(&self, origin: &Origin) -> Option<&Proxy> {
        self.inner.config.proxies.for_origin(origin)
    }

    /// Sends `request`, whose URL is absolute, and returns the head of the response, with its body to be streamed.
    ///
    /// Where a login is refused the response is that refusal, with its status 401 or 407, and
    /// [`Outcome::denied`](crate::Outcome::denied) says whose it is. The request's body is sent once, to a peer that has let us in or does not
    /// ask; it waits for `100 Continue`, or for [`Timeouts::proceed`], where a peer may still refuse.
    ///
    /// # Errors
    /// An [`Error`] when there is no response, or none that can be trusted.
    pub async fn send<B>(&self, request: Request<B>) -> Result<Response<Body>, Error>
    where
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let (head, body) = request.into_parts();
        crate::redirect::follow(self, head.method, head.uri, head.headers, Upload::new(body), None).await
    }

    /// As [`send`](Self::send), for a body that `rewind` can make once more, or not any more: a redirect that wants the body
    /// again (307, 308) gets it.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_rewindable<B>(
        &self,
        request: Request<B>,
        rewind: impl Fn() -> Option<B> + Send + Sync + 'static,
    ) -> Result<Response<Body>, Error>
    where
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let (head, body) = request.into_parts();
        let rewind = Box::new(move || rewind().and_then(Upload::new));
        crate::redirect::follow(self, head.method, head.uri, head.headers, Upload::new(body), Some(rewind))
            .await
    }

    /// A tunnel to `port` of `host`: CONNECT through the proxy that serves `https`, or a plain TCP connection where none
    /// does.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`](crate::ErrorKind::Denied) and [`ErrorKind::Refused`](crate::ErrorKind::Refused), with the proxy's response, when it does not open the tunnel;
    /// otherwise as [`send`](Self::send).
    pub async fn tunnel(&self, host: &str, port: u16) -> Result<Tunnel, Error> {
        if port == 0 {
            return Err(Error::invalid("there is no port 0"));
        }
        let origin = Origin::new(true, Host::parse(host)?, port);
        match self.proxy_for(&origin) {
            Some(proxy) => Ok(self.connect(proxy, &origin, &HeaderMap::new()).await?.0),
            None => {
                let tcp = self.inner.config.dialer.tcp(&origin, Side::Origin).await?;
                Ok(Tunnel::new(bytes::Bytes::new(), Box::new(tcp)))
            }
        }
    }

    /// The TLS configuration for `side`, made when it is first needed.
    pub(crate) fn tls(&self, side: Side) -> Result<Arc<ClientConfig>, Error> {
        let (cell, tls) = match side {
            Side::Proxy => (&self.inner.proxy_tls, &self.inner.config.proxy_tls),
            Side::Origin => (&self.inner.origin_tls, &self.inner.config.tls),
        };
        if let Some(config) = cell.get() {
            return Ok(config.clone());
        }
        let config = tls.config()?;
        Ok(cell.get_or_init(|| config).clone())
    }

    pub(crate) fn announcer(&self) -> &Announcer {
        &self.inner.config.dialer.announcer
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

/// Proxies and scopes; no credentials.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Config { proxies, scopes, tls, proxy_tls, dialer, .. } = &self.inner.config;
        let scopes: Vec<_> = scopes.iter().map(|(scope, _)| scope).collect();
        f.debug_struct("Client")
            .field("proxies", proxies)
            .field("scopes", &scopes)
            .field("tls", tls)
            .field("proxy_tls", proxy_tls)
            .field("timeouts", &dialer.timeouts)
            .finish_non_exhaustive()
    }
}
