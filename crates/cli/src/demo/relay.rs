//! Somebody on the way: carries bytes between client and proxy, reads all of them, and changes one where it is told to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatepass::wire::{Authenticate, MessageType, utf16le};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The most of a head that is held back to look into it, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Which byte of an AUTHENTICATE is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Nothing,
    /// The first of the MIC.
    Mic,
    /// The first of NTProofStr.
    Proof,
}

/// A relay at work.
pub(crate) struct Relay {
    address: SocketAddr,
    work: JoinHandle<()>,
    overheard: Overheard,
}

/// What went over the wire in both directions, and the bytes of each token behind its base64.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overheard(Arc<Mutex<Vec<u8>>>);

impl Relay {
    /// Listens on loopback, and carries what comes to `proxy`.
    pub(crate) async fn start(proxy: SocketAddr, change: Change) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let overheard = Overheard::default();
        let ear = overheard.clone();
        let work = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(proxy) = TcpStream::connect(proxy).await else { return };
                let (from_client, to_client) = client.into_split();
                let (from_proxy, to_proxy) = proxy.into_split();
                tokio::spawn(outward(from_client, to_proxy, change, ear.clone()));
                tokio::spawn(inward(from_proxy, to_client, ear.clone()));
            }
        });
        Ok(Self { address, work, overheard })
    }

    /// Where a client finds it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it, and gives what it overheard.
    pub(crate) fn finish(self) -> Overheard {
        self.work.abort();
        self.overheard
    }
}

impl Overheard {
    fn add(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }

    /// Whether `text` went over the wire, in UTF-8 or as NTLM writes text.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        [text.as_bytes(), &utf16le(text)]
            .iter()
            .any(|needle| heard.windows(needle.len()).any(|window| window == *needle))
    }
}

/// From the proxy to the client, as it is.
async fn inward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, ear: Overheard) {
    let mut buffer = vec![0; MAX_HEAD];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let bytes = buffer.get(..count).unwrap_or_default();
        ear.add(bytes);
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

/// From the client to the proxy, one head after the other. The demonstration's requests have no bodies.
async fn outward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, change: Change, ear: Overheard) {
    let mut held = Vec::new();
    while held.len() < MAX_HEAD {
        match from.read_buf(&mut held).await {
            Ok(1..) => {}
            _ => return,
        }
        while let Some(end) = held.windows(4).position(|window| window == b"\r\n\r\n") {
            let head: Vec<u8> = held.drain(..end.saturating_add(4)).collect();
            let sent = with_change(&head, change, &ear);
            ear.add(&sent);
            if to.write_all(&sent).await.is_err() {
                return;
            }
        }
    }
}

/// The head with its AUTHENTICATE changed, if it has one.
fn with_change(head: &[u8], change: Change, ear: &Overheard) -> Vec<u8> {
    let text = String::from_utf8_lossy(head);
    let lines = text
        .split_inclusive("\r\n")
        .map(|line| token_changed(line, change, ear).unwrap_or_else(|| line.to_owned()));
    lines.collect::<String>().into_bytes()
}

/// The line `Proxy-Authorization: NTLM …` with a byte of its token changed; `None` for any other line.
fn token_changed(line: &str, change: Change, ear: &Overheard) -> Option<String> {
    let (name, value) = line.split_once(": NTLM ")?;
    let mut token = STANDARD.decode(value.trim_end()).ok()?;
    if let Some(byte) = place(&token, change).and_then(|at| token.get_mut(at)) {
        *byte ^= 1;
    }
    ear.add(&token);
    Some(format!("{name}: NTLM {}\r\n", STANDARD.encode(&token)))
}

/// Where in `token` the byte to be changed stands.
fn place(token: &[u8], change: Change) -> Option<usize> {
    if MessageType::peek(token) != Ok(MessageType::Authenticate) {
        return None;
    }
    match change {
        Change::Nothing => None,
        Change::Mic => Some(Authenticate::MIC_RANGE.start),
        Change::Proof => gatepass::wire::fields(token)
            .filter_map(Result::ok)
            .find(|field| field.name == "NtChallengeResponse")
            .map(|field| field.at),
    }
}
