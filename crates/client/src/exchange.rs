//! One request from its URL to the head of its response: which way it takes, the connections on it, and who must be
//! convinced on them.

use crate::{
    Body, Client, Error, ErrorKind, Event, Origin, Outcome, Proxy, Side,
    body::Connection,
    dance::{End, Lane, Terms, read},
    link::Link,
    outcome::Denied,
    plan::Plan,
    seat::{Identity, Seat},
    store::Way,
    timeouts::until,
    upload::Upload,
    wire::{Tunnel, Wire},
};
use gatepass::{ChannelBindings, Credentials, Request as Wanted};
use gatepass_http::{
    ClientAuth,
    limits::{MAX_CONNECTIONS, MAX_DRAIN},
};
use http::{HeaderMap, Response, StatusCode};
use hyper::body::Incoming;

/// The way a request takes.
struct Route<'a> {
    proxy: Option<&'a Proxy>,
    origin: Origin,
}

impl Route<'_> {
    /// Whether the proxy carries bytes, rather than requests.
    fn tunnels(&self) -> bool {
        self.proxy.is_some() && self.origin.is_secure()
    }

    /// Whether the proxy reads the request.
    fn forwards(&self) -> Option<&Proxy> {
        self.proxy.filter(|_| !self.origin.is_secure())
    }

    fn way(&self) -> Way {
        Way { proxy: self.proxy.map(|proxy| proxy.origin().clone()), origin: self.origin.clone() }
    }
}

/// What a connection is good for before anyone has been convinced on it.
struct Bare {
    link: Link,
    bindings: Option<ChannelBindings>,
    connect_status: Option<StatusCode>,
}

impl Client {
    /// One request, without regard to redirects.
    pub(crate) async fn exchange(
        &self,
        method: http::Method,
        uri: &http::Uri,
        fields: &HeaderMap,
        upload: Option<Upload>,
    ) -> Result<Response<Body>, Error> {
        let origin = Origin::of(uri)?;
        let route = Route { proxy: self.proxy_for(&origin), origin };
        let through_proxy = route.forwards().is_some();
        let plan = Plan::request(method, uri, &route.origin, fields, upload, through_proxy)?;
        // Credentials of the caller's own making may belong to the connection: such a request shares none.
        let shared = !(plan.presents(Side::Origin) || plan.presents(Side::Proxy));
        let kept = if shared { self.kept(&route.way()).await } else { None };
        let (response, denied, lane) = self.convince(&route, fields, &plan, kept).await?;

        let keep = (shared && denied.is_none()).then(|| (self.inner.store.clone(), route.way()));
        let outcome = Outcome { connect_status: lane.connect_status, denied };
        let (mut parts, incoming) = response.into_parts();
        parts.extensions.insert(outcome);
        Ok(Response::from_parts(parts, Body::new(incoming, Connection { lane, keep, upload: plan.upload })))
    }

    /// The kept connection of `way`, when it is still good.
    async fn kept(&self, way: &Way) -> Option<Lane> {
        let mut lane = self.inner.store.take(way)?;
        if !lane.link.is_usable().await {
            return None;
        }
        self.announcer().say(&Event::Reused { place: &way.origin });
        Some(lane)
    }

    /// Dances `plan` on one connection after the other, [`MAX_CONNECTIONS`] at most beside a kept one that was gone.
    async fn convince(
        &self,
        route: &Route<'_>,
        fields: &HeaderMap,
        plan: &Plan,
        kept: Option<Lane>,
    ) -> Result<(Response<Incoming>, Option<Denied>, Lane), Error> {
        let mut lane = match kept {
            Some(lane) => lane,
            None => self.seated(self.bare(route, fields).await?, route, plan)?,
        };
        let timeouts = self.inner.config.dialer.timeouts;
        let mut terms = Terms {
            timeouts,
            announcer: self.announcer(),
            deadline: until(timeouts.handshake),
            expects: true,
        };
        let mut connections: u8 = 1;
        loop {
            let (because, goes_on) = match lane.dance(plan, &mut terms).await? {
                End::Answer(response, denied) => return Ok((*response, denied, lane)),
                End::Again { because, goes_on, unexpecting } => {
                    terms.expects &= !unexpecting;
                    (because, goes_on)
                }
            };
            tracing::debug!(because, "reconnecting");
            self.announcer().say(&Event::Reconnecting { because });
            if !goes_on {
                lane = self.seated(self.bare(route, fields).await?, route, plan)?;
                continue;
            }
            if connections >= MAX_CONNECTIONS {
                return Err(exhausted(&lane, because));
            }
            connections = connections.saturating_add(1);
            let Lane { link, seats, .. } = lane;
            drop(link);
            // The seats first: where they cannot go on, no connection is worth opening.
            let seats = seats.into_iter().map(Seat::reconnect).collect::<Result<Vec<_>, _>>()?;
            let Bare { link, bindings, connect_status } = self.bare(route, fields).await?;
            let seats = seats.into_iter().map(|seat| seat.bound(link.side, bindings.as_ref())).collect();
            lane = Lane { link, seats, connect_status, reused: false };
        }
    }

    /// A new connection on `route`, as far as HTTP with whoever reads the request.
    async fn bare(&self, route: &Route<'_>, fields: &HeaderMap) -> Result<Bare, Error> {
        let (side, place) = match route.forwards() {
            Some(proxy) => (Side::Proxy, proxy.origin()),
            None => (Side::Origin, &route.origin),
        };
        let (wire, connect_status): (Wire, _) = match route.proxy.filter(|_| route.tunnels()) {
            // In a box of its own: the way to a tunnel leads through here again.
            Some(proxy) => {
                let (tunnel, status) = Box::pin(self.connect(proxy, &route.origin, fields)).await?;
                (Box::new(tunnel), Some(status))
            }
            None => (Box::new(self.inner.config.dialer.tcp(place, side).await?), None),
        };
        self.linked(wire, side, place, connect_status).await
    }

    /// HTTP over `wire`, with TLS between where `place` wants it.
    async fn linked(
        &self,
        wire: Wire,
        side: Side,
        place: &Origin,
        connect_status: Option<StatusCode>,
    ) -> Result<Bare, Error> {
        let dialer = &self.inner.config.dialer;
        let (wire, bindings) = if place.is_secure() {
            let secured = dialer.tls(wire, place, side, self.tls(side)?).await?;
            self.announcer().say(&Event::Secured { side, place });
            secured
        } else {
            (wire, None)
        };
        let link = Link::open(wire, side, place.clone(), dialer.timeouts, dialer.announcer.clone()).await?;
        Ok(Bare { link, bindings, connect_status })
    }

    /// A tunnel to `origin` through `proxy`, and the status with which it was opened.
    pub(crate) async fn connect(
        &self,
        proxy: &Proxy,
        origin: &Origin,
        fields: &HeaderMap,
    ) -> Result<(Tunnel, StatusCode), Error> {
        let plan = Plan::connect(origin, fields)?;
        // To the proxy itself a CONNECT is a request like another, in the clear or over the proxy's own TLS.
        let route =
            Route { proxy: Some(proxy), origin: Origin::new(false, origin.host().clone(), origin.port()) };
        let (response, denied, lane) = self.convince(&route, fields, &plan, None).await?;
        let status = response.status();
        if status.is_success() {
            return Ok((lane.link.into_tunnel(response).await?, status));
        }
        let (kind, text) = match &denied {
            Some(denied) if denied.missing.is_some() => {
                (ErrorKind::Handshake(Side::Proxy), denied.to_string())
            }
            Some(denied) => (ErrorKind::Denied(Side::Proxy), denied.to_string()),
            None => {
                let text = format!(
                    "the proxy {} does not open a tunnel to {}: it answers {status}",
                    proxy.origin().authority(),
                    origin.authority()
                );
                (ErrorKind::Refused, text)
            }
        };
        let (mut parts, incoming) = response.into_parts();
        parts.extensions.clear();
        let limit = tokio::time::timeout(self.inner.config.dialer.timeouts.head, read(incoming, MAX_DRAIN));
        let bytes = limit.await.ok().and_then(Result::ok).map(|(bytes, _)| bytes).unwrap_or_default();
        Err(Error::new(kind, text).with_response(Response::from_parts(parts, bytes.into())))
    }

    /// The seats of a new connection: the proxy's where it reads the request and has credentials, the origin's where a
    /// scope covers it.
    fn seated(&self, bare: Bare, route: &Route<'_>, plan: &Plan) -> Result<Lane, Error> {
        let Bare { link, bindings, connect_status } = bare;
        let mut seats = Vec::new();
        let mut sit = |side, place: &Origin, credentials: &Credentials| -> Result<(), Error> {
            if !plan.presents(side) {
                let bindings = bindings.clone().filter(|_| link.side == side);
                let auth = self.auth(side, place, credentials, bindings);
                let auth = match (link.side, side) {
                    (Side::Proxy, Side::Origin) => auth.behind_proxy(),
                    _ if place.is_secure() => auth.over_tls(),
                    _ => auth,
                };
                seats.push(Seat::new(auth, place.clone(), Identity::of(credentials)));
            }
            Ok(())
        };
        if let Some(proxy) = route.forwards()
            && let Some(credentials) = proxy.credentials()
        {
            sit(Side::Proxy, proxy.origin(), credentials)?;
        }
        let mut scopes = self.inner.config.scopes.iter();
        if plan.method != http::Method::CONNECT
            && let Some((_, credentials)) = scopes.find(|(scope, _)| scope.covers(&route.origin))
        {
            sit(Side::Origin, &route.origin, credentials)?;
        }
        Ok(Lane { link, seats, connect_status, reused: false })
    }

    /// The dance with `side` at `place`.
    fn auth(
        &self,
        side: Side,
        place: &Origin,
        credentials: &Credentials,
        bindings: Option<ChannelBindings>,
    ) -> ClientAuth {
        let config = &self.inner.config;
        let mechanisms = match side {
            Side::Proxy => &config.proxy_mechanisms,
            Side::Origin => &config.mechanisms,
        };
        let mut wanted = Wanted::target(format!("HTTP/{}", place.host().plain())).with_peer(place.url());
        if let Some(bindings) = bindings {
            wanted = wanted.with_bindings(bindings);
        }
        ClientAuth::new(side, mechanisms.clone(), credentials.clone(), wanted)
    }
}

fn exhausted(lane: &Lane, because: &str) -> Error {
    let (side, place) = (lane.link.side, &lane.link.place);
    let text = format!(
        "{side} {} used up {MAX_CONNECTIONS} connections without serving the request: {because}",
        place.authority()
    );
    Error::new(ErrorKind::Limit(side), text)
}
