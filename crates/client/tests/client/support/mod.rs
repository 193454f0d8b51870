//! What the tests share: scripted peers, the server's half of a login, requests and clients.

pub(crate) mod log;
pub(crate) mod login;
pub(crate) mod peer;
pub(crate) mod tls;

use bytes::Bytes;
use gatepass::http::{Mechanisms, Scheme};
use gatepass::spnego::{Oid, Spnego};
use gatepass::{Credentials, Ntlm};
use gatepass_client::{Client, Proxy, Side, Timeouts};
use http::Request;
use http_body_util::{Empty, Full};
use login::PASSWORD;
use peer::Peer;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
pub(crate) const TUNNEL: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

pub(crate) fn get(url: impl AsRef<str>) -> Request<Empty<Bytes>> {
    Request::get(url.as_ref()).body(Empty::new()).unwrap()
}

pub(crate) fn post(url: impl AsRef<str>, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post(url.as_ref()).body(Full::new(body.into())).unwrap()
}

pub(crate) fn alice() -> Credentials {
    Credentials::password("CORP\\alice", PASSWORD)
}

pub(crate) fn wrong() -> Credentials {
    Credentials::password("CORP\\alice", "not-the-s3cret-marker")
}

/// A client that logs in by this project's engine, whatever the machine has of its own: Windows' packages say less of what
/// went wrong, and Wine's pass no channel bindings on.
pub(crate) fn by_engine() -> Client {
    let ntlm = Arc::new(Ntlm::new());
    let negotiate = Spnego::new().with_mechanism(&[Oid::NTLMSSP], Arc::<Ntlm>::clone(&ntlm));
    let mechanisms = Mechanisms::ntlm(ntlm).with(Scheme::Negotiate, Arc::new(negotiate));
    Client::new().with_mechanisms(Side::Proxy, mechanisms.clone()).with_mechanisms(Side::Origin, mechanisms)
}

/// A client for `peer` as its proxy.
pub(crate) fn through(peer: &Peer, credentials: Credentials) -> Client {
    let proxy = Proxy::parse(&peer.url()).unwrap().with_credentials(credentials);
    by_engine().with_proxy(proxy)
}

/// Limits short enough for tests of their end.
pub(crate) fn brief() -> Timeouts {
    let span = Duration::from_millis(300);
    Timeouts::default()
        .with_connect(span)
        .with_head(span)
        .with_handshake(span)
        .with_idle(span)
        .with_proceed(span)
}

/// Short limits for a head and for a body's `100 Continue`, long ones for the rest.
pub(crate) fn patient() -> Timeouts {
    let long = Duration::from_secs(20);
    brief().with_handshake(long).with_idle(long)
}

/// A body of `pieces` pieces of 64 KiB, made when it is asked for.
pub(crate) fn large(url: &str, pieces: usize) -> Request<Received> {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        for number in 0..pieces {
            let piece = Bytes::from(vec![u8::try_from(number % 251).unwrap(); 1 << 16]);
            if sender.send(Ok(http_body::Frame::data(piece))).await.is_err() {
                return;
            }
        }
    });
    Request::post(url).header("content-length", pieces << 16).body(Received(receiver)).unwrap()
}

type Piece = Result<http_body::Frame<Bytes>, std::io::Error>;

/// A body of the pieces that come through a channel.
pub(crate) struct Received(tokio::sync::mpsc::Receiver<Piece>);

impl http_body::Body for Received {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        self.0.poll_recv(cx)
    }
}
