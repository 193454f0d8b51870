//! A server of few words on loopback: it reads one request a connection, and answers what it was told to.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A peer at work. Its thread ends with the test.
pub(crate) struct Peer {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// Answers each head with what `answer` makes of it; nothing at all closes the connection.
    pub(crate) fn start(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let seen = heads.clone();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let Some((mut connection, head)) = connection.ok().and_then(read) else { continue };
                let bytes = answer(&head);
                seen.lock().unwrap().push(head);
                // A client that has gone away needs no answer.
                drop(connection.write_all(&bytes));
            }
        });
        Self { address, heads }
    }

    /// Accepts connections and says nothing.
    pub(crate) fn silent() -> (TcpListener, String) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (listener, url)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads that came, each with the body behind it that no `Expect` held back.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn read(mut connection: TcpStream) -> Option<(TcpStream, String)> {
    connection.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        connection.read_exact(&mut byte).ok()?;
        head.extend_from_slice(&byte);
    }
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    if !text.contains("\r\nexpect:") {
        let mut body = vec![0; length.unwrap_or(0)];
        connection.read_exact(&mut body).ok()?;
        head.extend_from_slice(&body);
    }
    Some((connection, String::from_utf8_lossy(&head).into_owned()))
}
