//! A connection: messages with their length before them ([MS-SMB2] 2.1), one question and one answer at a time, each signed
//! once there is a key.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use gatepass::SessionKey;

use crate::message::{Command, HEADER, array};
use crate::signature::Signer;
use crate::status::Status;

const PROTOCOL: &[u8; 4] = b"\xfeSMB";
const RESPONSE: u32 = 1;
const ASYNC: u32 = 2;
const SIGNED: u32 = 8;
/// Nothing that is asked for here has a longer answer.
const MOST: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

/// What a server answered: the status, and the whole message.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: Status,
    flags: u32,
    pub(crate) message: Vec<u8>,
}

impl Answer {
    /// The message, if the server did what it was asked to do.
    pub(crate) fn success(self, what: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        match self.status {
            Status::SUCCESS => Ok(self.message),
            status => Err(format!("{what}: {status}").into()),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    next_message: u64,
    session: u64,
    tree: u32,
    signer: Option<Signer>,
}

impl Connection {
    pub(crate) fn open(address: &str) -> io::Result<Self> {
        let address = address.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, next_message: 0, session: 0, tree: 0, signer: None })
    }

    /// From here on every message is signed, and every answer must be; so must `last`, which ended the login.
    pub(crate) fn sign_with(&mut self, key: SessionKey, last: &Answer) -> io::Result<()> {
        let signer = Signer::new(key);
        check(&signer, last)?;
        self.signer = Some(signer);
        Ok(())
    }

    /// Asks, and waits for the answer. Its session and tree are those of the questions that follow.
    pub(crate) fn ask(&mut self, command: Command, body: &[u8]) -> io::Result<Answer> {
        let number = self.next_message;
        self.next_message += 1;
        let mut message = self.header(command, number);
        message.extend(body);
        if let Some(signer) = &self.signer {
            signer.sign(&mut message);
        }
        let length = u32::try_from(message.len()).map_err(|_| invalid("a request is too long"))?;
        self.stream.write_all(&[&length.to_be_bytes()[..], &message].concat())?;
        let mut answer = self.receive(command, number)?;
        // One interim response may come first. It is not signed ([MS-SMB2] 3.3.4.1.1), and says nothing.
        if answer.status == Status::PENDING {
            answer = self.receive(command, number)?;
        }
        if let Some(signer) = &self.signer {
            check(signer, &answer)?;
        }
        // An answer that took its time has an AsyncId where the tree stood, as Samba's to a read has.
        if answer.flags & ASYNC == 0 {
            self.tree = array(&answer.message, 36).map_or(0, u32::from_le_bytes);
        }
        self.session = array(&answer.message, 40).map_or(0, u64::from_le_bytes);
        Ok(answer)
    }

    /// [MS-SMB2] 2.2.1.2.
    fn header(&self, command: Command, number: u64) -> Vec<u8> {
        let flags = if self.signer.is_some() { SIGNED } else { 0 };
        let mut header = Vec::with_capacity(HEADER);
        header.extend(PROTOCOL);
        header.extend([64, 0, /* CreditCharge */ 1, 0]);
        header.extend([0; 4]); // Status
        header.extend((command as u16).to_le_bytes());
        header.extend([1, 0]); // CreditRequest
        header.extend(flags.to_le_bytes());
        header.extend([0; 4]); // NextCommand
        header.extend(number.to_le_bytes());
        header.extend([0; 4]); // Reserved
        header.extend(self.tree.to_le_bytes());
        header.extend(self.session.to_le_bytes());
        header.extend([0; 16]); // Signature
        header
    }

    fn receive(&mut self, command: Command, number: u64) -> io::Result<Answer> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).map_err(silent)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if !(HEADER..=MOST).contains(&length) {
            return Err(invalid(
                "the server's message has a length that no answer has: is this a server of SMB?",
            ));
        }
        let mut message = vec![0; length];
        self.stream.read_exact(&mut message).map_err(silent)?;
        let fields = (
            array(&message, 0),
            array(&message, 8).map(u32::from_le_bytes),
            array(&message, 12).map(u16::from_le_bytes),
            array(&message, 16).map(u32::from_le_bytes),
            array(&message, 24).map(u64::from_le_bytes),
        );
        match fields {
            (Some(protocol), Some(status), Some(c), Some(flags), Some(n))
                if protocol == *PROTOCOL && c == command as u16 && flags & RESPONSE != 0 && n == number =>
            {
                Ok(Answer { status: Status(status), flags, message })
            }
            _ => Err(invalid("the server's message is no answer to what it was asked")),
        }
    }
}

/// A message that nobody has signed must not stand: its sender may be anybody.
fn check(signer: &Signer, answer: &Answer) -> io::Result<()> {
    match (answer.flags & SIGNED != 0, signer.verify(&answer.message)) {
        (true, true) => Ok(()),
        (false, _) => Err(invalid("the server's answer is not signed, though signing is required")),
        (true, false) => Err(invalid(
            "the signature of the server's answer does not fit: it was altered, or the keys differ",
        )),
    }
}

/// What it means that nothing comes.
fn silent(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            invalid("no answer within 10 seconds: is this a server of SMB?")
        }
        io::ErrorKind::UnexpectedEof => invalid("the server closed the connection instead of an answer"),
        _ => error,
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_not_signed_or_was_altered_is_refused() {
        let signer = Signer::new(SessionKey::from_bytes(&[7; 16]));
        let mut message = vec![0; HEADER + 8];
        signer.sign(&mut message);
        let mut answer = Answer { status: Status::SUCCESS, flags: RESPONSE | SIGNED, message };
        check(&signer, &answer).unwrap();
        answer.flags = RESPONSE;
        assert!(check(&signer, &answer).unwrap_err().to_string().contains("is not signed"));
        answer.flags = RESPONSE | SIGNED;
        answer.message[HEADER] ^= 1;
        assert!(check(&signer, &answer).unwrap_err().to_string().contains("does not fit"));
    }
}
