//! Logs in at an NTLM proxy again and again, each time on a connection of its own: `load PROXY URL USER PASSWORD COUNT AT-ONCE`.
//! The account's NTOWFv2 is computed once. With `hold` behind it the connections stay open until standard input ends. What a
//! login costs the proxy, tests/realworld/capacity.py measures from outside.

#![expect(clippy::print_stdout, reason = "it says when it is done")]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gatepass_backend::{Credentials, Request};
use gatepass_engine::{Client, Nonces, Ntlm};
use std::error::Error;
use std::io::{Error as IoError, Read as _};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

/// Where to log in, and as whom.
struct Load {
    proxy: String,
    url: String,
    credentials: Credentials,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [proxy, url, user, password, count, at_once, more @ ..] = words.as_slice() else {
        return Err("usage: load PROXY URL USER PASSWORD COUNT AT-ONCE [hold]".into());
    };
    let credentials = Credentials::password(user, password.as_str());
    let load = Arc::new(Load {
        proxy: proxy.clone(),
        url: url.clone(),
        credentials: Ntlm::kept(&credentials).unwrap_or(credentials),
    });
    let slots = Arc::new(Semaphore::new(at_once.parse()?));
    let hold = more.first().is_some_and(|word| word == "hold");
    let mut logins = JoinSet::new();
    for _ in 0..count.parse::<u32>()? {
        let (load, slot) = (load.clone(), slots.clone().acquire_owned().await?);
        logins.spawn(async move {
            let stream = load.log_in().await;
            drop(slot);
            stream.map(|stream| hold.then_some(stream))
        });
    }
    let mut held = Vec::new();
    while let Some(login) = logins.join_next().await {
        held.extend(login??);
    }
    println!("done");
    if hold {
        std::io::stdin().read_to_end(&mut Vec::new())?;
    }
    Ok(())
}

impl Load {
    async fn log_in(&self) -> Result<TcpStream, Failure> {
        let mut stream = TcpStream::connect(&self.proxy).await?;
        stream.set_nodelay(true)?;
        let request = Request::target("HTTP/proxy");
        let (waiting, negotiate) = Client::new(self.credentials.clone()).with_request(request).negotiate();
        let (_, challenge) = self.ask(&mut stream, &negotiate).await?;
        let (_, authenticate) = waiting.challenge(&challenge, Nonces::random()?)?;
        match self.ask(&mut stream, &authenticate).await? {
            (407, _) => Err("refused".into()),
            _ => Ok(stream),
        }
    }

    /// The status and the token of the answer; its body is read to its end.
    async fn ask(&self, stream: &mut TcpStream, token: &[u8]) -> Result<(u16, Vec<u8>), Failure> {
        let value = BASE64_STANDARD.encode(token);
        let request =
            format!("GET {} HTTP/1.1\r\nHost: h\r\nProxy-Authorization: NTLM {value}\r\n\r\n", self.url);
        stream.write_all(request.as_bytes()).await?;
        let mut heard = Vec::new();
        let (head, body) = loop {
            if stream.read_buf(&mut heard).await? == 0 {
                return Err(IoError::from(std::io::ErrorKind::UnexpectedEof).into());
            }
            if let Some(end) = heard.windows(4).position(|four| four == b"\r\n\r\n") {
                break (String::from_utf8(heard[..end].to_vec())?, heard.len() - end - 4);
            }
        };
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let length = field("Content-Length: ").map_or(Ok(0), str::parse::<usize>)?;
        stream.read_exact(&mut vec![0; length.saturating_sub(body)]).await?;
        let token =
            field("Proxy-Authenticate: NTLM ").map(|text| BASE64_STANDARD.decode(text)).transpose()?;
        let status = head.get(9..12).ok_or("no status")?.parse()?;
        Ok((status, token.unwrap_or_default()))
    }
}
