//! A TCP peer on loopback that follows a script: expect a head, send bytes, close, reset, say nothing.
//!
//! ```text
//! let peer = Peer::listen().await;
//! let script = peer.plays(|mut peer| async move {
//!     let mut one = peer.accept().await;
//!     let head = one.head().await;
//!     one.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
//!     one.ends().await;
//! });
//! ```
//! Every step is bounded, so that a script that is not followed fails in place of hanging. What clients send is counted
//! by the peer: a test of attempts asks it, and not the client.

use std::{
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// No step of a script takes longer.
const STEP: Duration = Duration::from_secs(20);

/// What the clients of a peer did.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Connections that came.
    pub(crate) connections: AtomicUsize,
    /// AUTHENTICATE messages in any credentials field.
    pub(crate) authenticates: AtomicUsize,
    /// Connections whose end the client reached or caused.
    pub(crate) ended: AtomicUsize,
}

impl Counts {
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn authenticates(&self) -> usize {
        self.authenticates.load(Ordering::SeqCst)
    }

    /// Asserts that each connection has ended.
    pub(crate) fn all_ended(&self) {
        assert_eq!(self.ended.load(Ordering::SeqCst), self.connections(), "connections are left open");
    }
}

/// A listener on loopback.
pub(crate) struct Peer {
    listener: TcpListener,
    address: SocketAddr,
    counts: Arc<Counts>,
}

impl Peer {
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { listener, address, counts: Arc::default() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn counts(&self) -> Arc<Counts> {
        self.counts.clone()
    }

    /// Plays `script`; the returned task ends with it, and panics where the client does not follow.
    pub(crate) fn plays<F, Fut>(self, script: F) -> JoinHandle<Fut::Output>
    where
        F: FnOnce(Self) -> Fut,
        Fut: Future + Send + 'static,
        Fut::Output: Send + 'static,
    {
        tokio::spawn(script(self))
    }

    /// The next connection.
    pub(crate) async fn accept(&mut self) -> Conversation {
        let accepted = timeout(STEP, self.listener.accept()).await.expect("no connection came");
        self.counts.connections.fetch_add(1, Ordering::SeqCst);
        Conversation { stream: accepted.unwrap().0, early: Vec::new(), counts: self.counts.clone() }
    }

    /// Asserts that no further connection comes within `span`.
    pub(crate) async fn rests(&mut self, span: Duration) {
        assert!(timeout(span, self.listener.accept()).await.is_err(), "a connection came that should not");
    }
}

/// One connection of a peer: in the clear, or in TLS.
pub(crate) struct Conversation<S = TcpStream> {
    stream: S,
    /// Bytes that came behind a head.
    early: Vec<u8>,
    counts: Arc<Counts>,
}

/// The head of a request.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl Head {
    fn parse(text: &str) -> Self {
        let mut lines = text.split("\r\n");
        let mut start = lines.next().unwrap().split(' ');
        let (method, target) = (start.next().unwrap(), start.next().unwrap());
        assert_eq!(start.next(), Some("HTTP/1.1"), "{text}");
        let fields = lines
            .filter(|line| !line.is_empty())
            .map(|line| line.split_once(": ").unwrap_or_else(|| panic!("no field: {line}")))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self { method: method.to_owned(), target: target.to_owned(), fields }
    }

    /// The value of the field `name`, of which there is at most one.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "two fields {name}");
        value
    }

    /// The NTLM message in the field `name`, out of SPNEGO where it comes in that.
    pub(crate) fn token(&self, name: &str) -> Option<Vec<u8>> {
        let value = self.field(name)?.as_bytes();
        let challenge = gatepass_http::challenges([value]).next()?.ok()?;
        let token = challenge.token().ok()??;
        match gatepass::spnego::Token::decode(&token) {
            Ok(gatepass::spnego::Token::Init(init)) => init.mech_token.map(<[u8]>::to_vec),
            Ok(gatepass::spnego::Token::Resp(resp)) => resp.response_token.map(<[u8]>::to_vec),
            Ok(gatepass::spnego::Token::Raw(_)) | Err(_) => Some(token),
        }
    }

    /// The number of the NTLM message in the field `name`: 1 for NEGOTIATE, 3 for AUTHENTICATE.
    pub(crate) fn message(&self, name: &str) -> Option<u8> {
        self.token(name)?.get(8).copied()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    /// The head of the next request.
    pub(crate) async fn head(&mut self) -> Head {
        match self.head_or_end().await {
            Some(head) => head,
            None => panic!("the client closed where a request was due"),
        }
    }

    /// The head of the next request, or `None` when the client is done with this connection.
    pub(crate) async fn head_or_end(&mut self) -> Option<Head> {
        let mut bytes = std::mem::take(&mut self.early);
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            let mut piece = [0; 4096];
            match timeout(STEP, self.stream.read(&mut piece)).await.expect("no request came") {
                Ok(0) | Err(_) => {
                    assert!(bytes.is_empty(), "the client closed within a head");
                    self.counts.ended.fetch_add(1, Ordering::SeqCst);
                    return None;
                }
                Ok(length) => bytes.extend_from_slice(&piece[..length]),
            }
        };
        self.early = bytes.split_off(end);
        let head = Head::parse(std::str::from_utf8(&bytes).unwrap());
        for field in ["Authorization", "Proxy-Authorization"] {
            if head.message(field) == Some(3) {
                self.counts.authenticates.fetch_add(1, Ordering::SeqCst);
            }
        }
        Some(head)
    }

    /// The next `length` bytes.
    pub(crate) async fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.early);
        if bytes.len() > length {
            self.early = bytes.split_off(length);
        }
        let mut rest = vec![0; length - bytes.len()];
        timeout(STEP, self.stream.read_exact(&mut rest)).await.expect("no bytes came").unwrap();
        bytes.extend_from_slice(&rest);
        bytes
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        timeout(STEP, self.stream.write_all(bytes.as_ref())).await.expect("nobody reads").unwrap();
    }

    /// Sends as long as somebody reads, `most` bytes at most, and returns how many went.
    pub(crate) async fn pour(&mut self, bytes: &[u8], most: usize) -> usize {
        let mut sent = 0;
        while sent < most {
            let piece = &bytes[..bytes.len().min(most - sent)];
            match timeout(STEP, self.stream.write(piece)).await {
                Ok(Ok(length)) => sent += length,
                _ => break,
            }
        }
        sent
    }

    /// Sends, and says whether somebody may still read.
    pub(crate) async fn tries(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Reads on until the client closes, whatever it sends.
    pub(crate) async fn drains_to_end(mut self) {
        let mut piece = [0; 1 << 14];
        self.early.clear();
        while let Ok(1..) = timeout(STEP, self.stream.read(&mut piece)).await.expect("the client stays") {}
        self.counts.ended.fetch_add(1, Ordering::SeqCst);
    }

    /// Asserts that the client sends nothing for `span`, and does not close either.
    pub(crate) async fn hears_nothing(&mut self, span: Duration) {
        assert!(self.early.is_empty(), "bytes came that should not");
        let mut byte = [0];
        assert!(
            timeout(span, self.stream.read(&mut byte)).await.is_err(),
            "bytes came that should not, or the end"
        );
    }

    /// Asserts that the client sends nothing more, and closes.
    pub(crate) async fn ends(mut self) {
        assert!(self.early.is_empty(), "bytes came that should not");
        let mut byte = [0];
        let read =
            timeout(STEP, self.stream.read(&mut byte)).await.expect("the client keeps the connection open");
        assert!(matches!(read, Ok(0) | Err(_)), "bytes came that should not");
        self.counts.ended.fetch_add(1, Ordering::SeqCst);
    }

    /// Everything that the client sends until it ends its direction.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.early);
        timeout(STEP, self.stream.read_to_end(&mut bytes)).await.expect("the client does not end").unwrap();
        bytes
    }

    /// Ends this direction; the other stays open.
    pub(crate) async fn finish(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Closes, whatever the client does.
    pub(crate) fn closes(self) {
        self.counts.ended.fetch_add(1, Ordering::SeqCst);
    }
}

impl Conversation {
    /// Closes with RST.
    pub(crate) fn resets(self) {
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
        self.closes();
    }

    /// TLS on this connection, as its server. `None` when the client refuses.
    pub(crate) async fn secures(self, acceptor: &TlsAcceptor) -> Option<Conversation<TlsStream<TcpStream>>> {
        assert!(self.early.is_empty(), "bytes came that should not");
        let Self { stream, counts, .. } = self;
        match timeout(STEP, acceptor.accept(stream)).await.expect("no TLS handshake") {
            Ok(stream) => Some(Conversation { stream, early: Vec::new(), counts }),
            Err(_) => {
                counts.ended.fetch_add(1, Ordering::SeqCst);
                None
            }
        }
    }
}
