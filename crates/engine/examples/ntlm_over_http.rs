//! The engine by hand: one GET through an NTLM proxy on a bare socket.
//!
//! ```text
//! ntlm_over_http PROXY_HOST:PORT URL 'DOMAIN\user' PASSWORD [KEY_FILE]
//! ```
//! Prints the final status code and writes the exported session key, which the proxy's record may be compared with, to
//! KEY_FILE in hex.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatepass_backend::{Credentials, Request};
use gatepass_engine::{Client, Nonces};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [proxy, url, name, password, key_file @ ..] = arguments.as_slice() else {
        return Err("usage: ntlm_over_http PROXY_HOST:PORT URL DOMAIN\\USER PASSWORD [KEY_FILE]".into());
    };
    let mut stream = TcpStream::connect(proxy)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;

    let host = proxy.split(':').next().unwrap_or_default();
    let client = Client::new(Credentials::password(name, password.as_str()))
        .with_request(Request::target(format!("HTTP/{host}")));
    let (waiting, negotiate) = client.negotiate();
    let (status, challenge) = get(&mut stream, url, &negotiate)?;
    let challenge = challenge.ok_or_else(|| format!("no NTLM challenge: {status}"))?;
    let (session, authenticate) = waiting.challenge(&challenge, Nonces::random()?)?;
    let (status, _) = get(&mut stream, url, &authenticate)?;

    if let [key_file, ..] = key_file {
        let key = session
            .exported_session_key()
            .expose()
            .iter()
            .try_fold(String::new(), |mut hex, byte| write!(hex, "{byte:02x}").map(|()| hex))?;
        std::fs::write(key_file, key)?;
    }
    writeln!(std::io::stdout(), "{status}")?;
    Ok(())
}

/// Sends a request with a token; gives the status code and the token that came back.
fn get(stream: &mut TcpStream, url: &str, token: &[u8]) -> Result<(u16, Option<Vec<u8>>)> {
    let host = url.split('/').nth(2).unwrap_or_default();
    let token = STANDARD.encode(token);
    write!(stream, "GET {url} HTTP/1.1\r\nHost: {host}\r\nProxy-Authorization: NTLM {token}\r\n\r\n")?;

    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    lines.read_line(&mut line)?;
    let status = line.split(' ').nth(1).ok_or("no status line")?.parse()?;
    let (mut length, mut answer) = (0, None);
    loop {
        line.clear();
        lines.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse()?
            }
            Some((name, value)) if name.eq_ignore_ascii_case("proxy-authenticate") => {
                if let Some(token) = value.trim().strip_prefix("NTLM ") {
                    answer = Some(STANDARD.decode(token)?);
                }
            }
            Some(_) => {}
        }
    }
    lines.take(length).read_to_end(&mut Vec::new())?;
    Ok((status, answer))
}
