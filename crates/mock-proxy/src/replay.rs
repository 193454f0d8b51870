//! The client's side of a transcript, played against another proxy.
//!
//! Each connection is opened again, each request sent as it was, one after the other. An AUTHENTICATE cannot be sent again: it answers a
//! challenge that was given once. It is made anew with a login, in the same shape; within SPNEGO it goes without the checksum of
//! the list (RFC 4178 section 5), which servers do not insist on where there is but one mechanism. What the proxy says is written down by the same
//! watch as a tap's, and the two transcripts are compared.

use crate::answer::answer;
use crate::tap::Watch;
use crate::transcript::{Book, Connection, Exchange, Field, Observers, Page, Token};
use crate::{Difference, Log, Place, Transcript};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gatepass_backend::{Credentials, NtHash, Principal};
use gatepass_engine::crypto;
use gatepass_spnego::NegTokenResp;
use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

/// How long a proxy may say nothing.
const PATIENCE: Duration = Duration::from_secs(30);
/// The time in which a response must be over.
const RESPONSE: Duration = Duration::from_secs(60);
/// The longest body that is sent.
const MAX_BODY: u64 = 64 * 1024 * 1024;

/// A replay in the making.
#[derive(Clone)]
#[must_use = "a replay does nothing until it is played"]
pub struct Replay {
    proxy: String,
    login: Option<Credentials>,
}

/// What came of a replay.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Played {
    /// What the proxy said.
    pub transcript: Transcript,
    /// What it said otherwise than the recorded one, in order.
    pub differences: Vec<Difference>,
    /// Names of request fields that were not sent, in lower case: `expect`, and those whose values were left out of the transcript.
    pub unsent: Vec<String>,
}

/// Why a transcript cannot be played.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplayError {
    /// The proxy cannot be reached.
    Unreachable(String, io::Error),
    /// The transcript logs in, and no login is given.
    NoLogin,
    /// Credentials that cannot be made anew: of which connection and request, and why.
    Credentials(u64, usize, String),
}

/// One sentence without a full stop.
impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(proxy, _) => write!(f, "the proxy {proxy} cannot be reached"),
            Self::NoLogin => f.write_str("the transcript logs in, and no login is given for it"),
            Self::Credentials(connection, request, why) => {
                write!(
                    f,
                    "the credentials of connection {connection}, request {request} cannot be made anew: {why}"
                )
            }
        }
    }
}

impl StdError for ReplayError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Unreachable(_, error) => Some(error),
            _ => None,
        }
    }
}

impl Replay {
    /// A replay against `proxy` (`host:port`, which speaks plain HTTP).
    pub fn against(proxy: impl Into<String>) -> Self {
        Self { proxy: proxy.into(), login: None }
    }

    /// With the login that answers challenges, and stands in the place of a recorded one.
    pub fn with_login(mut self, login: Credentials) -> Self {
        self.login = Some(login);
        self
    }

    /// Plays the connections of `transcript` to its proxy, one after the other. It blocks: at most 30 seconds
    /// for a byte, and 60 for a response.
    ///
    /// # Errors
    /// [`ReplayError`]. That the proxy answers otherwise, or closes, is a difference and no error.
    pub fn play(&self, transcript: &Transcript) -> Result<Played, ReplayError> {
        let book = Book::new(Place::Proxy, Observers::default());
        let mut unsent = Vec::new();
        for connection in transcript.connections() {
            self.connection(&book, connection, &mut unsent)?;
        }
        let played = Transcript::new(book.log(), Log::default());
        let differences = transcript.differences(&played);
        Ok(Played { transcript: played, differences, unsent })
    }

    fn connection(
        &self,
        book: &Book,
        recorded: &Connection,
        unsent: &mut Vec<String>,
    ) -> Result<(), ReplayError> {
        let unreachable = |error| ReplayError::Unreachable(self.proxy.clone(), error);
        let addresses = self.proxy.to_socket_addrs().map_err(unreachable)?;
        let mut failed = io::ErrorKind::NotFound.into();
        let opened = addresses.into_iter().find_map(|address| {
            TcpStream::connect_timeout(&address, PATIENCE).map_err(|error| failed = error).ok()
        });
        let socket = opened.ok_or_else(|| unreachable(failed))?;
        socket.set_read_timeout(Some(PATIENCE)).map_err(unreachable)?;
        socket.set_write_timeout(Some(PATIENCE)).map_err(unreachable)?;
        let page = book.open(socket.peer_addr().map_err(unreachable)?);
        let _closer = page.closer();
        let mut line = Line { socket, watch: Watch::new(page.clone()), page };
        let (mut negotiate, mut in_spnego) = (None, false);
        for (index, exchange) in recorded.exchanges.iter().enumerate() {
            let challenge = line.page.read().exchanges.pop().and_then(|last| last.challenge);
            let spoken = Spoken { negotiate: negotiate.as_ref(), challenge: challenge.as_ref(), in_spnego };
            let number = index.saturating_add(1);
            let credentials = self.credentials(exchange, &spoken).map_err(|why| match why {
                Some(why) => ReplayError::Credentials(recorded.number, number, why),
                None => ReplayError::NoLogin,
            })?;
            // The proxy did not challenge: what would have been proved to it, nobody can say.
            let Some(credentials) = credentials else { return Ok(()) };
            if exchange.token.as_ref().is_some_and(Token::is_negotiate) {
                negotiate.clone_from(&exchange.token);
                let raw = |(_, value): &(String, String)| value.contains(" TlRMTVNTUA");
                in_spnego = !credentials.iter().any(raw);
            }
            let request = request(exchange, &credentials, unsent);
            if !line.exchange(&request) || line.watch.is_blind() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The values of the credentials fields of `exchange`, made anew where they prove something; `None` where there is nothing to prove
    /// it to. Fails with why, or with nothing where the login is missing.
    fn credentials(
        &self,
        exchange: &Exchange,
        spoken: &Spoken<'_>,
    ) -> Result<Option<Vec<(String, String)>>, Option<String>> {
        let mut values = Vec::new();
        for field in exchange.fields.iter().filter(|field| is_credentials(field)) {
            let shown = field.revealed();
            let scheme = shown.split(' ').next().unwrap_or_default();
            let value = match &exchange.token {
                Some(token) if token.is_negotiate() => shown.to_owned(),
                Some(token) if token.is_authenticate() => {
                    let (Some(negotiate), Some(challenge)) = (spoken.negotiate, spoken.challenge) else {
                        return Ok(None);
                    };
                    let (principal, hash) = self.proof()?;
                    let made =
                        answer(token.bytes(), (&principal, &hash), negotiate.bytes(), challenge.bytes());
                    let message = made.map_err(|error| Some(error.to_string()))?;
                    let wrapped =
                        NegTokenResp { response_token: Some(&message), ..NegTokenResp::default() }.encode();
                    let in_spnego = scheme.eq_ignore_ascii_case("Negotiate") && spoken.in_spnego;
                    format!(
                        "{scheme} {}",
                        BASE64_STANDARD.encode(if in_spnego { &wrapped } else { &message })
                    )
                }
                None if scheme.eq_ignore_ascii_case("Basic") => match self.login.as_ref().ok_or(None)? {
                    Credentials::Password(principal, password) => {
                        format!(
                            "Basic {}",
                            BASE64_STANDARD.encode(format!("{principal}:{}", password.expose()))
                        )
                    }
                    _ => return Err(Some("Basic needs a password".to_owned())),
                },
                _ => return Err(Some(format!("credentials of {scheme} are neither NTLM nor Basic"))),
            };
            values.push((field.name().to_owned(), value));
        }
        Ok(Some(values))
    }

    /// Who logs in, and the NT hash.
    fn proof(&self) -> Result<(Principal, NtHash), Option<String>> {
        match self.login.as_ref().ok_or(None)? {
            Credentials::Password(principal, password) => {
                Ok((principal.clone(), crypto::ntowf_v1(password.expose())))
            }
            Credentials::NtHash(principal, hash) => Ok((principal.clone(), hash.clone())),
            _ => Err(Some("a name with a password, or with an NT hash, is needed".to_owned())),
        }
    }
}

/// The names alone.
impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("proxy", &self.proxy).finish_non_exhaustive()
    }
}

/// What was said of the handshake on this connection.
struct Spoken<'a> {
    negotiate: Option<&'a Token>,
    challenge: Option<&'a Token>,
    /// Whether the NEGOTIATE came in a token of SPNEGO.
    in_spnego: bool,
}

/// A connection to the proxy, with the watch over it.
struct Line {
    socket: TcpStream,
    watch: Watch,
    page: Page,
}

impl Line {
    /// Sends `request` and reads the response. Whether the connection is still there.
    fn exchange(&mut self, request: &[u8]) -> bool {
        self.watch.client(request);
        self.page.note_sent(request.len());
        if self.socket.write_all(request).is_err() {
            self.page.note_broken();
            return false;
        }
        let mut buffer = vec![0; 64 * 1024];
        let end = Instant::now() + RESPONSE;
        while self.watch.waits() && !self.watch.is_blind() {
            match self.socket.read(&mut buffer) {
                Ok(count @ 1..) if Instant::now() < end => {
                    self.page.note_received(count);
                    self.watch.proxy(buffer.get(..count).unwrap_or_default());
                }
                Ok(_) => {
                    self.watch.proxy(&[]);
                    return false;
                }
                Err(_) => {
                    self.page.note_broken();
                    self.watch.proxy(&[]);
                    return false;
                }
            }
        }
        true
    }
}

fn is_credentials(field: &Field) -> bool {
    field.is_named("proxy-authorization") || field.is_named("authorization")
}

/// The request as it goes out.
fn request(exchange: &Exchange, credentials: &[(String, String)], unsent: &mut Vec<String>) -> Vec<u8> {
    let mut head = format!("{} {} {}\r\n", exchange.method, exchange.target, exchange.version);
    let mut chunked = false;
    let mut length = 0;
    for field in exchange.fields.iter().filter(|field| !is_credentials(field)) {
        let name = field.name();
        let value = field.revealed();
        // Nobody waits for the 100 that it would ask for.
        if value == crate::transcript::LEFT_OUT || field.is_named("expect") {
            let name = name.to_ascii_lowercase();
            if !unsent.contains(&name) {
                unsent.push(name);
            }
            continue;
        }
        if field.is_named("content-length") {
            length = value.parse().unwrap_or_default();
        }
        chunked = chunked || field.is_named("transfer-encoding");
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    credentials.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    let body = if chunked { exchange.request_body } else { length };
    let body = vec![b'x'; usize::try_from(body.min(MAX_BODY)).unwrap_or_default()];
    match chunked {
        true if body.is_empty() => bytes.extend(b"0\r\n\r\n"),
        true => {
            bytes.extend(format!("{:x}\r\n", body.len()).into_bytes());
            bytes.extend(body);
            bytes.extend(b"\r\n0\r\n\r\n");
        }
        false => bytes.extend(body),
    }
    bytes
}
