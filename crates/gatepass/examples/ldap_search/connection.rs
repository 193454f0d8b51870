//! A connection: messages as they are until the bind is done, then each sealed in a buffer with its length before it
//! (RFC 4422 section 3.7; [MS-ADTS] 5.1.1.1.2): length, signature, message.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use gatepass::SecurityContext;

use crate::ber::whole;
use crate::caller::Result;
use crate::message::Response;

const PATIENCE: Duration = Duration::from_secs(10);
/// Nothing that is asked for here has a longer answer.
const MOST: usize = 1 << 22;
/// The signature of [MS-NLMP] 2.2.2.9.
const SIGNATURE: usize = 16;

#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    context: Option<Box<dyn SecurityContext>>,
    /// What has come and was not asked for yet.
    received: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: &str) -> io::Result<Self> {
        let address = address.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, context: None, received: Vec::new() })
    }

    /// From here on everything is sealed, both ways.
    pub(crate) fn seal_with(&mut self, context: Box<dyn SecurityContext>) -> Result<()> {
        // Whatever stood here in the clear would be taken for what the server has sealed.
        if !self.received.is_empty() {
            return Err("the server sent something behind the end of the bind that is not sealed".into());
        }
        self.context = Some(context);
        Ok(())
    }

    pub(crate) fn send(&mut self, mut message: Vec<u8>) -> Result<()> {
        if let Some(context) = &mut self.context {
            let signature = context.seal(&mut message)?;
            let length = u32::try_from(signature.len() + message.len())?;
            message = [&length.to_be_bytes()[..], &signature, &message].concat();
        }
        Ok(self.stream.write_all(&message)?)
    }

    /// The next message, which must answer the question `id`.
    pub(crate) fn receive(&mut self, id: u8) -> Result<Response> {
        let length = loop {
            match whole(&self.received)? {
                Some(length) if length > MOST => {
                    return Err("the server's answer is longer than any may be".into());
                }
                Some(length) if length <= self.received.len() => break length,
                _ => self.receive_more()?,
            }
        };
        let message: Vec<u8> = self.received.drain(..length).collect();
        match Response::decode(&message) {
            Some((answered, response)) if answered == u32::from(id) => Ok(response),
            _ => Err("the server's message is no answer to what it was asked".into()),
        }
    }

    fn receive_more(&mut self) -> Result<()> {
        let Some(context) = &mut self.context else {
            let mut piece = [0; 4096];
            let count = self.stream.read(&mut piece).map_err(silent)?;
            let piece = piece.get(..count).unwrap_or_default();
            if piece.is_empty() {
                return Err("the server closed the connection instead of an answer".into());
            }
            self.received.extend(piece);
            return Ok(());
        };
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).map_err(silent)?;
        let length = usize::try_from(u32::from_be_bytes(length))?;
        if !(SIGNATURE..=MOST).contains(&length) {
            return Err("the server sent no sealed buffer after the bind".into());
        }
        let mut buffer = vec![0; length];
        self.stream.read_exact(&mut buffer).map_err(silent)?;
        let (signature, message) = buffer.split_at_mut(SIGNATURE);
        context.unseal(message, signature)?;
        self.received.extend(&*message);
        Ok(())
    }
}

/// What it means that nothing comes.
fn silent(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            io::Error::new(error.kind(), "no answer within 10 seconds: is this a server of LDAP?")
        }
        io::ErrorKind::UnexpectedEof => {
            io::Error::new(error.kind(), "the server closed the connection instead of an answer")
        }
        _ => error,
    }
}
