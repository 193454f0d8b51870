//! A client that speaks HTTP by hand over a blocking socket, so that a test decides about every byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatepass_backend::{Credentials, Request};
use gatepass_engine::{Client, Nonces};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// No test waits longer for a byte.
const PATIENCE: Duration = Duration::from_secs(20);

/// A response, read by its framing.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The token behind `NTLM` in the challenge field of this response.
    pub(crate) fn challenge(&self) -> Vec<u8> {
        let field = if self.status == 401 { "WWW-Authenticate" } else { "Proxy-Authenticate" };
        let value = self.field(field).unwrap_or_else(|| panic!("a challenge in {self:?}"));
        STANDARD.decode(value.strip_prefix("NTLM ").expect("a token")).expect("base64")
    }
}

/// Where a handshake puts its tokens.
#[derive(Clone, Copy)]
pub(crate) enum At {
    Proxy,
    Origin,
}

impl At {
    pub(crate) fn line(self, token: &[u8]) -> String {
        let name = match self {
            Self::Proxy => "Proxy-Authorization",
            Self::Origin => "Authorization",
        };
        format!("{name}: NTLM {}\r\n", STANDARD.encode(token))
    }
}

/// A connection.
pub(crate) struct Peer<S = TcpStream> {
    pub(crate) stream: S,
    pub(crate) read: Vec<u8>,
}

impl Peer {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("somebody listens");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { stream, read: Vec::new() }
    }

    /// Speaks TLS from here on, trusting the CA `ca_pem` for `origin.test`.
    pub(crate) fn tls(self, ca_pem: &str) -> Peer<StreamOwned<ClientConnection, TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "origin.test".try_into().unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        assert!(self.read.is_empty(), "a TLS server does not speak first");
        Peer { stream: StreamOwned::new(connection, self.stream), read: Vec::new() }
    }

    pub(crate) fn finish_sending(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }
}

impl<S: Read + Write> Peer<S> {
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("the other side reads");
        self.stream.flush().unwrap();
    }

    /// Reads more; false at the end, or where the connection is reset.
    fn more(&mut self) -> bool {
        let mut chunk = vec![0; 64 * 1024];
        match self.stream.read(&mut chunk) {
            Ok(0) => false,
            Ok(count) => {
                self.read.extend_from_slice(&chunk[..count]);
                true
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("nothing came: {error}"),
        }
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        while self.read.len() < count {
            assert!(self.more(), "cut: {} of {count} bytes", self.read.len());
        }
        let rest = self.read.split_off(count);
        std::mem::replace(&mut self.read, rest)
    }

    pub(crate) fn exactly(&mut self, count: usize) -> Vec<u8> {
        self.take(count)
    }

    pub(crate) fn rest(&mut self) -> Vec<u8> {
        while self.more() {}
        std::mem::take(&mut self.read)
    }

    pub(crate) fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.read.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.take(end + 2);
                return String::from_utf8(line[..end].to_vec()).expect("text in a head");
            }
            assert!(self.more(), "cut in a head, after {:?}", String::from_utf8_lossy(&self.read));
        }
    }

    pub(crate) fn head(&mut self) -> Response {
        let start = self.line();
        let mut words = start.splitn(3, ' ');
        assert!(words.next().unwrap().starts_with("HTTP/1."), "{start}");
        let status = words.next().and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{start}"));
        let mut fields = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                return Response { status, fields, body: Vec::new() };
            }
            let (name, value) = line.split_once(':').expect("a field");
            fields.push((name.to_owned(), value.trim().to_owned()));
        }
    }

    /// The response to a request that was not HEAD and not a CONNECT.
    pub(crate) fn response(&mut self) -> Response {
        let mut response = self.head();
        if response.field("Transfer-Encoding").is_some_and(|value| value == "chunked") {
            loop {
                let size = usize::from_str_radix(&self.line(), 16).expect("a chunk's size");
                response.body.extend(self.take(size));
                assert_eq!(self.line(), "");
                if size == 0 {
                    return response;
                }
            }
        }
        let length = response.field("Content-Length").map(|value| value.parse().expect("a number"));
        response.body = match length {
            Some(length) => self.take(length),
            None if response.status == 204 || response.status == 304 => Vec::new(),
            None => self.rest(),
        };
        response
    }

    /// Sends `line`, a Host field, `fields` (each with its line end), and nothing more.
    pub(crate) fn ask(&mut self, line: &str, fields: &str) -> Response {
        self.send(format!("{line}\r\nHost: h\r\n{fields}\r\n"));
        self.response()
    }

    /// Goes through the handshake with `line`; `fields` and `body` are sent with the last leg. Returns its response, for
    /// CONNECT without a body.
    pub(crate) fn login(
        &mut self,
        at: At,
        credentials: &Credentials,
        line: &str,
        fields: &str,
        body: &[u8],
    ) -> Response {
        let request = Request::target("HTTP/mock");
        let (waiting, negotiate) = Client::new(credentials.clone()).with_request(request).negotiate();
        let challenged = self.ask(line, &at.line(&negotiate));
        let challenge = challenged.challenge();
        let (_, authenticate) = waiting.challenge(&challenge, Nonces::random().unwrap()).unwrap();
        self.send(format!("{line}\r\nHost: h\r\n{}{fields}\r\n", at.line(&authenticate)));
        self.send(body);
        if line.starts_with("CONNECT") {
            let head = self.head();
            if head.status == 200 {
                return head;
            }
            let length = head.field("Content-Length").and_then(|value| value.parse().ok()).unwrap_or(0);
            return Response { body: self.take(length), ..head };
        }
        self.response()
    }
}

pub(crate) fn alice() -> Credentials {
    Credentials::password("CORP\\alice", "pw")
}

/// The messages of a recorded handshake (`fixtures/recorded.json`), in order.
pub(crate) fn recorded(name: &str) -> Vec<Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/recorded.json");
    let all: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let entry = all.as_array().unwrap().iter().find(|entry| entry["name"] == name).expect("such a recording");
    let messages = entry["messages"].as_array().unwrap();
    messages.iter().map(|message| STANDARD.decode(message["b64"].as_str().unwrap()).unwrap()).collect()
}
