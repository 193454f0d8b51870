//! Request heads, examined before HTTP takes over.
//!
//! HTTP's own parser answers a head that it cannot read with a bare 400. A test peer owes more: this stands between the byte
//! stream and HTTP, lets complete heads and their bodies through, and stops at anything else, so that the client can be
//! told what was wrong with it and where.
//!
//! ```text
//! Head ──complete──▶ Pass(head and body) ──all passed──▶ Head
//!   │                     body of unknown length: Rest, from then on HTTP is on its own
//!   └──defect──▶ the end, as HTTP sees it
//! ```

use crate::defect::{Defect, examine};
use crate::limits::HEAD_TIMEOUT;
use crate::stream::Stream;
use bytes::{Buf, BytesMut};
use gatepass_http::limits::MAX_HEAD;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Heads up to this size are examined at every read, longer ones at each line: the work stays in proportion to what comes.
const EXAMINE_ALWAYS: usize = 1_024;

/// How many bytes are read at a time.
const CHUNK: usize = 16 * 1024;

#[derive(Debug)]
enum State {
    Head,
    Pass(u64),
    Rest,
}

/// A stream on whose way to HTTP the heads are examined.
#[derive(Debug)]
pub(crate) struct Heads {
    stream: Stream,
    received: BytesMut,
    state: State,
    /// Runs while a head is not complete.
    timer: Option<Pin<Box<Sleep>>>,
    defect: Option<Defect>,
}

impl Heads {
    /// The first head must come in time; later ones from their first byte on.
    pub(crate) fn new(stream: Stream) -> Self {
        let timer = Some(Box::pin(tokio::time::sleep(HEAD_TIMEOUT)));
        Self { stream, received: BytesMut::new(), state: State::Head, timer, defect: None }
    }

    /// The stream, with what was not let through in front, and what was wrong, if anything was.
    pub(crate) fn into_parts(mut self) -> (Stream, Option<Defect>) {
        self.stream.unread(&self.received);
        (self.stream, self.defect)
    }

    /// Looks for a complete head in what was received, of which the last `fresh` bytes are new.
    fn look(&mut self, fresh: usize) -> Result<(), Defect> {
        let length = self.received.len();
        let line_ended = self.received.iter().rev().take(fresh).any(|byte| *byte == b'\n');
        if length > EXAMINE_ALWAYS && length <= MAX_HEAD && !line_ended {
            return Ok(());
        }
        let Some(head) = examine(&self.received)? else {
            return if length > MAX_HEAD { Err(Defect::TooLong) } else { Ok(()) };
        };
        if head.length > MAX_HEAD {
            return Err(Defect::TooLong);
        }
        let mut passing = head.length as u64;
        if head.keeps_by_proxy_connection {
            passing += self.keep_alive();
        }
        self.timer = None;
        self.state = head.body.map_or(State::Rest, |body| State::Pass(passing.saturating_add(body)));
        Ok(())
    }

    /// Says `Connection: keep-alive` for a client that says so in `Proxy-Connection` only: real proxies honour it (Squid does,
    /// and `curl --proxy1.0` needs it), HTTP's parser does not know it. Returns how many bytes that took.
    fn keep_alive(&mut self) -> u64 {
        const FIELD: &[u8] = b"Connection: keep-alive\r\n";
        // Empty lines may stand before the request line.
        let start = self.received.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or_default();
        let line = self.received.iter().skip(start).position(|byte| *byte == b'\n');
        let behind = self.received.split_off(line.map_or(0, |end| start + end + 1));
        self.received.extend_from_slice(FIELD);
        self.received.unsplit(behind);
        FIELD.len() as u64
    }

    /// What is wrong with what came so far, now that nothing more comes: nothing, between two requests.
    fn cut(&self) -> Option<Defect> {
        (matches!(self.state, State::Head) && !self.received.is_empty())
            .then_some(Defect::Cut(self.received.len()))
    }

    fn expire(&self) -> Defect {
        if self.received.is_empty() { Defect::Silent } else { Defect::Timeout }
    }
}

impl AsyncRead for Heads {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let mut fresh = this.received.len();
        while this.defect.is_none() {
            let allowed = match this.state {
                State::Head => 0,
                State::Pass(left) => this.received.len().min(usize::try_from(left).unwrap_or(usize::MAX)),
                State::Rest => this.received.len(),
            };
            if allowed > 0 {
                let count = allowed.min(buf.remaining());
                buf.put_slice(&this.received[..count]);
                this.received.advance(count);
                if let State::Pass(left) = &mut this.state {
                    *left -= count as u64;
                    if *left == 0 {
                        this.state = State::Head;
                    }
                }
                return Poll::Ready(Ok(()));
            }
            if matches!(this.state, State::Head) && !this.received.is_empty() {
                this.defect = this.look(fresh).err();
                if this.defect.is_some() || !matches!(this.state, State::Head) {
                    continue;
                }
                this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(HEAD_TIMEOUT)));
            }
            let mut chunk = [0; CHUNK];
            let mut chunk = ReadBuf::new(&mut chunk);
            match Pin::new(&mut this.stream).poll_read(cx, &mut chunk) {
                Poll::Ready(result) => result?,
                Poll::Pending => {
                    let Some(timer) = &mut this.timer else { return Poll::Pending };
                    ready!(timer.as_mut().poll(cx));
                    this.defect = Some(this.expire());
                    continue;
                }
            }
            fresh = chunk.filled().len();
            if fresh == 0 {
                this.defect = this.cut();
                return Poll::Ready(Ok(()));
            }
            this.received.extend_from_slice(chunk.filled());
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Heads {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::Book;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::{Instant, sleep};

    async fn pair() -> (TcpStream, Heads) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (socket, peer) = listener.accept().await.unwrap();
        (client, Heads::new(Stream::new(socket, Book::default().open(peer))))
    }

    #[tokio::test(start_paused = true)]
    async fn f31_a_head_that_comes_byte_by_byte_is_given_up_ten_seconds_after_it_began() {
        let (mut client, mut heads) = pair().await;
        tokio::spawn(async move {
            for byte in b"GET http://origin.test/ HTTP/1.1\r\n" {
                client.write_all(&[*byte]).await.unwrap();
                sleep(Duration::from_secs(1)).await;
            }
        });
        let start = Instant::now();
        assert_eq!(heads.read(&mut [0; 100]).await.unwrap(), 0);
        assert_eq!(start.elapsed().as_secs(), 10);
        assert_eq!(heads.into_parts().1, Some(Defect::Timeout));
    }

    #[tokio::test(start_paused = true)]
    async fn f31_a_connection_without_a_word_is_given_up_as_well() {
        let (_client, mut heads) = pair().await;
        let start = Instant::now();
        assert_eq!(heads.read(&mut [0; 100]).await.unwrap(), 0);
        assert_eq!(start.elapsed().as_secs(), 10);
        assert_eq!(heads.into_parts().1, Some(Defect::Silent));
    }

    #[tokio::test(start_paused = true)]
    async fn between_two_requests_there_is_time_but_not_within_the_second() {
        const FIRST: &[u8] = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
        let (mut client, mut heads) = pair().await;
        client.write_all(FIRST).await.unwrap();
        let mut passed = [0; FIRST.len()];
        heads.read_exact(&mut passed).await.unwrap();
        assert_eq!(passed, FIRST);
        let start = Instant::now();
        tokio::spawn(async move {
            sleep(Duration::from_secs(60)).await;
            client.write_all(b"GET").await.unwrap();
            sleep(Duration::from_secs(60)).await;
        });
        assert_eq!(heads.read(&mut [0; 100]).await.unwrap(), 0);
        assert_eq!(start.elapsed().as_secs(), 70);
        let (mut stream, defect) = heads.into_parts();
        assert_eq!(defect, Some(Defect::Timeout));
        let mut left = [0; 3];
        stream.read_exact(&mut left).await.unwrap();
        assert_eq!(&left, b"GET", "what was not let through is not lost");
    }

    #[tokio::test]
    async fn a_head_and_its_body_pass_exactly_and_the_next_head_is_examined() {
        let (mut client, mut heads) = pair().await;
        let bytes = b"\r\nPUT / HTTP/1.0\r\nProxy-Connection: keep-alive\r\nContent-Length: 2\r\n\r\nabBAD\0";
        client.write_all(bytes).await.unwrap();
        let mut passed = Vec::new();
        heads.read_to_end(&mut passed).await.unwrap();
        let wanted = "\r\nPUT / HTTP/1.0\r\nConnection: keep-alive\r\nProxy-Connection: keep-alive\r\n\
                      Content-Length: 2\r\n\r\nab";
        assert_eq!(String::from_utf8(passed).unwrap(), wanted);
        assert_eq!(heads.into_parts().1, Some(Defect::Syntax(httparse::Error::Token, 3, 0)));
    }
}
