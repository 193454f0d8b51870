//! Plain HTTP passed on to an origin (RFC 9110 7.6).
//!
//! The connection to the origin belongs to the client's connection and dies with it: an origin that does NTLM of its own
//! (401) takes whoever speaks on a connection for the one who authenticated on it, so no other client may ever get there.

use crate::body::{AnyBody, BoxError, Counted, Held};
use crate::reply;
use crate::route::Routes;
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA, WWW_AUTHENTICATE,
};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, Version};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::sync::Mutex as StdMutex;
use tokio::sync::{Mutex, oneshot};

type Sent = Held<Counted<Incoming>>;

/// Fields that concern one connection only, beside those that `Connection` names.
const HOP_BY_HOP: [HeaderName; 11] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("proxy-authentication-info"),
    HeaderName::from_static("proxy-support"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Fields that stay whatever `Connection` says: with its help nobody shall take them away from the next reader.
const PROTECTED: [HeaderName; 4] = [HOST, CONTENT_LENGTH, AUTHORIZATION, CACHE_CONTROL];

/// The connection to the origin that the client's connection used last, if it is still open.
#[derive(Debug, Default)]
pub(crate) struct Upstream(Mutex<Option<(Authority, SendRequest<Sent>)>>);

impl Upstream {
    /// Passes `request` (in absolute form) on, and its response back. What goes wrong before there is a response becomes a
    /// response that says so.
    pub(crate) async fn forward(
        &self,
        routes: &Routes,
        request: Request<Counted<Incoming>>,
    ) -> Response<AnyBody> {
        let Some(authority) = request.uri().authority().and_then(without_userinfo) else {
            return reply::text(StatusCode::BAD_REQUEST, "The target names no host.");
        };
        let Some(mut outgoing) = outgoing(request, &authority) else {
            return reply::text(StatusCode::BAD_REQUEST, "The target cannot be passed on.");
        };
        let mut slot = self.0.lock().await;
        if let Some((known, mut sender)) = slot.take()
            && known == authority
            && sender.ready().await.is_ok()
        {
            match sender.try_send_request(outgoing).await {
                Ok(response) => {
                    slot.replace((authority, sender));
                    return incoming(response);
                }
                // Closed in the meantime, before anything was sent: the request is still whole.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => outgoing = unsent,
                    None => return bad_gateway(&authority, &error.into_error()),
                },
            }
        }
        let socket = match routes.connect(&authority, Some(80)).await {
            Ok(socket) => socket,
            Err(error) => return reply::text(error.status(), &error.to_string()),
        };
        match open(socket).await {
            Ok(mut sender) => match sender.send_request(outgoing).await {
                Ok(response) => {
                    slot.replace((authority, sender));
                    incoming(response)
                }
                Err(error) => bad_gateway(&authority, &error),
            },
            Err(error) => bad_gateway(&authority, &error),
        }
    }
}

async fn open(socket: tokio::net::TcpStream) -> hyper::Result<SendRequest<Sent>> {
    // Without it small requests wait for the origin's delayed acknowledgement; a socket that refuses is only slower.
    let _ = socket.set_nodelay(true);
    let (sender, connection) =
        http1::Builder::new().title_case_headers(true).handshake(TokioIo::new(socket)).await?;
    // It ends when the sender is dropped; what ends it earlier, the sender tells.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

fn bad_gateway(authority: &Authority, error: &hyper::Error) -> Response<AnyBody> {
    let sentence = format!("The mock proxy got no answer from the origin {authority}: {error}.");
    reply::text(StatusCode::BAD_GATEWAY, &sentence)
}

/// The authority without user information, which is nobody's business but the client's.
pub(crate) fn without_userinfo(authority: &Authority) -> Option<Authority> {
    let host_and_port = authority.as_str().rsplit('@').next()?;
    host_and_port.parse().ok()
}

/// The request as the origin gets it.
fn outgoing(request: Request<Counted<Incoming>>, authority: &Authority) -> Option<Request<Sent>> {
    let (mut head, body) = request.into_parts();
    strip(&mut head.headers);
    head.headers.insert(HOST, HeaderValue::from_str(authority.as_str()).ok()?);
    head.headers.append(VIA, HeaderValue::from_static(NAME_VIA));
    let path = head.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    head.uri = Uri::from(path);
    head.version = Version::HTTP_11;
    let waits = head.headers.contains_key(EXPECT);
    let mut request = Request::from_parts(head, ());
    if !waits {
        return Some(request.map(|()| Held::free(body)));
    }
    let (release, released) = oneshot::channel();
    let release = StdMutex::new(Some(release));
    hyper::ext::on_informational(&mut request, move |response| {
        if response.status() == StatusCode::CONTINUE
            && let Ok(mut release) = release.lock()
            && let Some(release) = release.take()
        {
            // Fails only when the body is gone already.
            let _ = release.send(());
        }
    });
    Some(request.map(|()| Held::new(body, released)))
}

const NAME_VIA: &str = "1.1 gatepass-mock-proxy";

/// The response as the client gets it.
fn incoming(response: Response<Incoming>) -> Response<AnyBody> {
    let mut response = response.map(|body| body.map_err(BoxError::from).boxed_unsync());
    *response.version_mut() = Version::HTTP_11;
    let headers = response.headers_mut();
    strip(headers);
    headers.append(VIA, HeaderValue::from_static(NAME_VIA));
    if response.status() == StatusCode::UNAUTHORIZED && authenticates_connections(response.headers()) {
        // RFC 4559 section 6: the client may go on with the handshake only if the proxy keeps both connections together.
        let headers = response.headers_mut();
        headers.insert(
            HeaderName::from_static("proxy-support"),
            HeaderValue::from_static("Session-Based-Authentication"),
        );
        headers.insert(CONNECTION, HeaderValue::from_static("Proxy-Support"));
        // Java's client takes a Connection field that says more than keep-alive for the end, but believes this one first.
        headers.insert(HeaderName::from_static("proxy-connection"), HeaderValue::from_static("keep-alive"));
    }
    response
}

fn authenticates_connections(headers: &HeaderMap) -> bool {
    headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value
            .split(',')
            .filter_map(|part| part.split_whitespace().next())
            .any(|scheme| scheme.eq_ignore_ascii_case("NTLM") || scheme.eq_ignore_ascii_case("Negotiate"))
    })
}

/// Drops what concerns one connection only. The order of the others stays.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .filter(|name| !PROTECTED.contains(name))
        .collect();
    let stays = |name: &HeaderName| !HOP_BY_HOP.contains(name) && !named.contains(name);
    let kept = headers.iter().filter(|(name, _)| stays(name));
    *headers = kept.fold(HeaderMap::new(), |mut kept, (name, value)| {
        kept.append(name.clone(), value.clone());
        kept
    });
}
