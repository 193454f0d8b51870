//! The proxy's side of a connection: first who asks, then where it goes.
//!
//! ```text
//! head ──▶ target in proxy form? ──▶ dance ──▶ forward (absolute form) ──▶ next head
//!   │ no HTTP: 400, 408,  │ no: 400    │    └──▶ tunnel (CONNECT) ──▶ end
//!   ▼ 431, 505, end       ▼ end        ▼ not yet: 407, next head
//! ```

use crate::authority::Authority;
use crate::body::{AnyBody, Counted, Direction, discard};
use crate::dance::{Dance, Gate, Judgement};
use crate::defect::Defect;
use crate::fault::{Faulty, Orders, Plan, bend, stand_in};
use crate::forward::{Upstream, without_userinfo};
use crate::heads::Heads;
use crate::manner::{Manner, Situation};
use crate::route::Routes;
use crate::stream::{Stream, close};
use crate::transcript::{Book, Ended, Entry, Exchange, Field, Outcome, Page};
use crate::{Fault, Leg, listener, reply, tunnel};
use http::header::{EXPECT, PROXY_AUTHENTICATE};
use http::{Method, Request, Response, StatusCode, Uri, Version, request::Parts};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// A response in the making.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<Response<AnyBody>, Infallible>> + Send>>;

/// The proxy, as all its connections know it.
pub(crate) struct Proxy {
    pub(crate) gate: Gate,
    pub(crate) routes: Routes,
    pub(crate) book: Arc<Book>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) manner: Manner,
    /// For who ends TLS within tunnels.
    pub(crate) authority: Arc<Authority>,
    /// The connection to the origin of those who share one.
    pub(crate) shared: Upstream,
}

impl Proxy {
    /// Serves one connection to its end.
    pub(crate) async fn serve(self: Arc<Self>, socket: TcpStream, peer: SocketAddr) {
        let page = self.book.open(peer);
        let _closer = page.closer();
        let session = Arc::new(Session {
            dance: Mutex::new(self.gate.open()),
            upstream: Upstream::default(),
            tunnel: Mutex::new(None),
            page: page.clone(),
            orders: Orders::default(),
            proxy: self,
        });
        let service = service_fn({
            let session = session.clone();
            move |request| -> Answering {
                let session = session.clone();
                Box::pin(async move { Ok(session.answer(request).await) })
            }
        });
        let stream = Stream::new(socket, page.clone());
        let fuse = stream.fuse();
        let stream = Faulty::new(Heads::new(stream), fuse, session.orders.clone());
        let mut connection = listener::http().serve_connection(TokioIo::new(stream), service);
        let result = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
        let parts = connection.into_parts();
        let (mut stream, defect) = parts.io.into_inner().into_inner().into_parts();
        match (result, defect, session.take_tunnel()) {
            (Ok(()), None, Some((origin, entry))) => {
                stream.unread(&parts.read_buf);
                let faults = session.proxy.plan.due(Leg::Tunnel);
                entry.update(|exchange| exchange.faults.extend(faults.iter().cloned()));
                match session.proxy.ends(origin, &faults).await {
                    Ok((origin, tls)) => tunnel::join(stream, origin, tls, faults, page, entry).await,
                    // The embedded origin takes no connection any more: the mock is at its end.
                    Err(_) => close(stream).await,
                }
            }
            (_, Some(defect), _) => turn_away(stream, &page, &defect).await,
            (Ok(()), None, None) => close(stream).await,
            (Err(error), None, _) => {
                listener::note_end(&page, &error);
                close(stream).await;
            }
        }
    }
}

impl Proxy {
    /// What a tunnel ends at: `origin`, or, where the proxy ends TLS itself, what it does so with and who speaks HTTP behind.
    async fn ends(
        &self,
        origin: TcpStream,
        faults: &[Fault],
    ) -> io::Result<(TcpStream, Option<TlsAcceptor>)> {
        let bad = faults.iter().find_map(|fault| match fault {
            Fault::Certificate(bad) => Some(*bad),
            _ => None,
        });
        let intercepts = self.manner.intercepts_tls();
        match bad {
            None => Ok((origin, intercepts.then(|| self.authority.acceptor(None)))),
            Some(_) => {
                let origin = TcpStream::connect(self.routes.plain).await?;
                Ok((origin, Some(self.authority.acceptor(bad))))
            }
        }
    }
}

/// Answers what is no request, and writes it down.
async fn turn_away(mut stream: Stream, page: &Page, defect: &Defect) {
    page.ended(match defect {
        Defect::Silent | Defect::Timeout => Ended::Silent,
        other => Ended::Garbage(other.to_string()),
    });
    if let Some(status) = defect.status() {
        let sentence = format!("This is an HTTP proxy and cannot read that: {defect}.");
        // A peer that is gone needs no answer.
        let _ = stream.write_all(&reply::raw(status, &sentence)).await;
    }
    close(stream).await;
}

/// One connection.
struct Session {
    proxy: Arc<Proxy>,
    page: Page,
    dance: Mutex<Dance>,
    upstream: Upstream,
    orders: Orders,
    tunnel: Mutex<Option<(TcpStream, Entry)>>,
}

impl Session {
    fn take_tunnel(&self) -> Option<(TcpStream, Entry)> {
        self.tunnel.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn judge(&self, head: &Parts) -> Judgement {
        match misdirected(head) {
            Some(sentence) => Judgement::invalid(sentence),
            None => {
                let mut dance = self.dance.lock().unwrap_or_else(PoisonError::into_inner);
                dance.judge(&head.headers, &self.proxy.plan)
            }
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<AnyBody> {
        let (head, body) = request.into_parts();
        let judgement = self.judge(&head);
        let (faults, persistent) = (judgement.faults.clone(), judgement.persistent);
        let judged = (judgement.outcome.clone(), judgement.values.clone());
        let entry = self.page.exchange(exchange(&head, judgement));
        let (outcome, values) = stand_in(&faults, &self.proxy.gate, judged);
        let body = Counted::new(body, entry.clone(), Direction::Request);
        let stays = stays_open(&head);
        let manner = &self.proxy.manner;
        let values = manner.values(values);
        let mut response = match &outcome {
            Outcome::Granted(_) | Outcome::Open if faults.contains(&Fault::Unreachable) => {
                reply::text(StatusCode::BAD_GATEWAY, "The script has it that the origin cannot be reached.")
            }
            Outcome::Granted(_) | Outcome::Open if head.method == Method::CONNECT => {
                self.connect(&head.uri, &entry).await
            }
            Outcome::Granted(_) | Outcome::Open => {
                let forwarded = Request::from_parts(head, body);
                let shared = faults.contains(&Fault::SharedUpstream);
                let upstream = if shared { &self.proxy.shared } else { &self.upstream };
                let response = upstream.forward(&self.proxy.routes, forwarded).await;
                reply::with_last_word(response, PROXY_AUTHENTICATE, &values)
            }
            Outcome::Pending | Outcome::Offered | Outcome::Challenged | Outcome::Refused(_) => {
                let asking = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
                unwanted(&head, body, reply::challenge(asking, PROXY_AUTHENTICATE, &values))
            }
            Outcome::Invalid(reason) => reply::last(StatusCode::BAD_REQUEST, &capitalised(reason)),
        };
        let tunnel = self.tunnel.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        let situation = match &outcome {
            Outcome::Invalid(_) => Situation::Other,
            Outcome::Pending | Outcome::Offered | Outcome::Challenged | Outcome::Refused(_) => {
                Situation::Refused
            }
            _ if tunnel => Situation::Established,
            _ => Situation::PassedOn,
        };
        response = manner.complete(response, situation, &outcome, persistent);
        if stays && !tunnel && !reply::connection_says(response.headers(), "close") {
            reply::keep_alive(&mut response);
        }
        entry.update(|exchange| exchange.status = Some(response.status().as_u16()));
        let response = bend(response, &PROXY_AUTHENTICATE, &faults);
        self.orders.next(manner.order(situation, faults, entry.clone()));
        response.map(|body| Counted::new(body, entry, Direction::Response).boxed_unsync())
    }

    async fn connect(&self, target: &Uri, entry: &Entry) -> Response<AnyBody> {
        let Some(authority) = target.authority().and_then(without_userinfo) else {
            return reply::text(StatusCode::BAD_REQUEST, "The target names no host.");
        };
        let routes = match self.proxy.manner.intercepts_tls() {
            true => self.proxy.routes.behind_tls(),
            false => self.proxy.routes.clone(),
        };
        match routes.connect(&authority, None).await {
            Ok(origin) => {
                *self.tunnel.lock().unwrap_or_else(PoisonError::into_inner) = Some((origin, entry.clone()));
                reply::established()
            }
            Err(error) => reply::text(error.status(), &error.to_string()),
        }
    }
}

/// Whether the client wants to go on with its connection (RFC 9112 9.3).
fn stays_open(head: &Parts) -> bool {
    match head.version {
        Version::HTTP_10 => reply::connection_says(&head.headers, "keep-alive"),
        _ => !reply::connection_says(&head.headers, "close"),
    }
}

/// What is wrong with the target of a request to a proxy, if anything.
fn misdirected(head: &Parts) -> Option<String> {
    if head.method == Method::CONNECT {
        return None;
    }
    match head.uri.scheme_str() {
        Some("http") => None,
        Some(scheme) => Some(format!("the proxy forwards http only, not {scheme}; for https, send CONNECT")),
        None => Some(format!(
            "this is an HTTP proxy ({}), not a web server; a request to it names its target in full, as in \
             \"GET http://origin.test/ HTTP/1.1\"",
            reply::NAME
        )),
    }
}

/// `response`, without the body of the request. It is read and forgotten, so that the connection can go on; but where the
/// client waits for a `100 Continue` it may never send it, and then nothing tells where its next request begins.
pub(crate) fn unwanted(
    head: &Parts,
    body: Counted<Incoming>,
    mut response: Response<AnyBody>,
) -> Response<AnyBody> {
    if !body.is_end_stream() {
        if head.headers.contains_key(EXPECT) {
            response.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
        } else {
            tokio::spawn(discard(body));
        }
    }
    response
}

/// The request and its judgement, as the transcript keeps them.
pub(crate) fn exchange(head: &Parts, judgement: Judgement) -> Exchange {
    let version = match head.version {
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    };
    let first = [head.method.to_string(), shown(&head.uri), version.to_owned()];
    let fields =
        head.headers.iter().map(|(name, value)| Field::new(name.as_str(), value.as_bytes())).collect();
    Exchange {
        token: judgement.token,
        outcome: judgement.outcome,
        faults: judgement.faults,
        challenge: judgement.challenge,
        ..Exchange::new(SystemTime::now(), judgement.leg, first, fields)
    }
}

/// The target without user information.
fn shown(target: &Uri) -> String {
    let text = target.to_string();
    match target.authority() {
        Some(authority) => match authority.as_str().rsplit_once('@') {
            Some((userinfo, _)) => text.replacen(&format!("{userinfo}@"), "", 1),
            None => text,
        },
        None => text,
    }
}

/// A sentence out of an error's text.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
