//! What is sent: the text of `-d`, or a file that is read as it goes out.

use super::args::{Data, FetchArgs, Ordered};
use crate::exit::{Exit, Failure, Reason};
use bytes::Bytes;
use gatepass_credentials::local;
use http_body::{Body, Frame, SizeHint};
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};

/// How much of a file is read at a time, in bytes.
const CHUNK: usize = 64 * 1024;

/// Where the body of a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nothing is sent.
    Nothing,
    /// `-d` and its kin.
    Memory(Bytes),
    /// `-T FILE`.
    File(PathBuf),
    /// `-T -`.
    Stdin,
}

impl Source {
    /// What `args` want sent. Data of `-G` belongs to the URL and is left out.
    pub(crate) async fn of(args: &FetchArgs, data: &Ordered) -> Result<Self, Failure> {
        match &args.upload_file {
            Some(path) if path.as_os_str() == "-" => return Ok(Self::Stdin),
            Some(path) => return Ok(Self::File(path.clone())),
            None => {}
        }
        if data.data.is_empty() || args.get {
            return Ok(Self::Nothing);
        }
        joined(&data.data).await.map(|data| Self::Memory(Bytes::from(data)))
    }

    /// A body of it; `sent` counts its bytes as they leave.
    pub(crate) async fn open(&self, sent: &Arc<AtomicU64>) -> Result<Upload, Failure> {
        sent.store(0, Ordering::Relaxed);
        let (length, bytes): (_, Pin<Box<dyn AsyncRead + Send>>) = match self {
            Self::Nothing => (Some(0), Box::pin(tokio::io::empty())),
            Self::Memory(data) => (u64::try_from(data.len()).ok(), Box::pin(io::Cursor::new(data.clone()))),
            Self::Stdin => (None, Box::pin(tokio::io::stdin())),
            Self::File(path) => {
                let unreadable = |error: io::Error| {
                    Failure::new(
                        Exit::READ,
                        format!("cannot read the upload {}: {}", path.display(), Reason(&error)),
                    )
                };
                let file =
                    tokio::fs::File::open(local(path).map_err(unreadable)?).await.map_err(unreadable)?;
                let metadata = file.metadata().await.map_err(unreadable)?;
                if metadata.is_dir() {
                    return Err(Failure::new(
                        Exit::READ,
                        format!("cannot upload {}: it is a directory", path.display()),
                    ));
                }
                match metadata.is_file().then_some(metadata.len()) {
                    // A file that grows meanwhile is sent as long as it was announced.
                    Some(length) => (Some(length), Box::pin(file.take(length))),
                    None => (None, Box::pin(file)),
                }
            }
        };
        Ok(Upload { bytes, left: length, sent: Arc::clone(sent) })
    }
}

impl Source {
    /// The body once more, for a redirect that wants it again; standard input is read once.
    pub(crate) fn again(&self, sent: &Arc<AtomicU64>) -> Option<Upload> {
        let (length, bytes): (u64, Pin<Box<dyn AsyncRead + Send>>) = match self {
            Self::Nothing | Self::Stdin => return None,
            Self::Memory(data) => (u64::try_from(data.len()).ok()?, Box::pin(io::Cursor::new(data.clone()))),
            Self::File(path) => {
                let file = std::fs::File::open(path).ok()?;
                let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
                let length = metadata.len();
                (length, Box::pin(tokio::fs::File::from_std(file).take(length)))
            }
        };
        sent.store(0, Ordering::Relaxed);
        Some(Upload { bytes, left: Some(length), sent: Arc::clone(sent) })
    }
}

/// The data of all `-d`, joined with `&`.
pub(crate) async fn joined(data: &[Data]) -> Result<Vec<u8>, Failure> {
    let mut all = Vec::new();
    for (number, part) in data.iter().enumerate() {
        if number > 0 {
            all.push(b'&');
        }
        match part {
            Data::Raw(text) => all.extend_from_slice(text.as_bytes()),
            Data::Ascii(text) | Data::Binary(text) => match text.strip_prefix('@') {
                Some(name) => {
                    let mut bytes = read(name).await?;
                    if matches!(part, Data::Ascii(_)) {
                        bytes.retain(|byte| !matches!(byte, b'\r' | b'\n' | b'\0'));
                    }
                    all.append(&mut bytes);
                }
                None => all.extend_from_slice(text.as_bytes()),
            },
        }
    }
    Ok(all)
}

/// All of the file `name`, or of standard input (`-`).
pub(crate) async fn read(name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let result = match name {
        "-" => tokio::io::stdin().read_to_end(&mut bytes).await.map(drop),
        _ => match local(name) {
            Ok(path) => tokio::fs::read(path).await.map(|read| bytes = read),
            Err(error) => Err(error),
        },
    };
    let shown = if name == "-" { "standard input" } else { name };
    match result {
        Ok(()) => Ok(bytes),
        Err(error) => Err(Failure::new(Exit::READ, format!("cannot read {shown}: {}", Reason(&error)))),
    }
}

/// A body that is read as it is sent.
pub(crate) struct Upload {
    bytes: Pin<Box<dyn AsyncRead + Send>>,
    /// Bytes still to come, where that is known.
    left: Option<u64>,
    sent: Arc<AtomicU64>,
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.left == Some(0) {
            return Poll::Ready(None);
        }
        let mut chunk = vec![0; CHUNK];
        let mut buffer = ReadBuf::new(&mut chunk);
        ready!(self.bytes.as_mut().poll_read(context, &mut buffer))?;
        let length = buffer.filled().len();
        chunk.truncate(length);
        let count = u64::try_from(length).unwrap_or(u64::MAX);
        if length == 0 {
            let shorter = "the file became shorter while it was sent";
            return Poll::Ready(
                self.left.map(|_| Err(io::Error::new(io::ErrorKind::UnexpectedEof, shorter))),
            );
        }
        self.left = self.left.map(|left| left.saturating_sub(count));
        self.sent.fetch_add(count, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(chunk)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}
