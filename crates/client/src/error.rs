//! What went wrong: one type, one sentence, and the kind that a program decides by.

use crate::Side;
use bytes::Bytes;
use http::{Response, StatusCode};
use std::fmt;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a request or a tunnel failed.
///
/// `Display` is one sentence that names the peer, the leg and the cause, and says what can be done; it never holds a
/// secret. The cause itself, where there is one, is the `source`.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    text: String,
    source: Option<Source>,
    response: Option<Box<Response<Bytes>>>,
}

/// The kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request, a URL, a host name or a setting cannot be used as it is. Nothing was sent.
    Invalid,
    /// The name of this side's host does not resolve.
    Resolve(Side),
    /// No connection to this side.
    Connect(Side),
    /// TLS with this side failed: its certificate, its name, or what it speaks.
    Tls(Side),
    /// A limit of [`Timeouts`](crate::Timeouts) ran out.
    Timeout(Phase),
    /// This side refused the credentials, or offers no way to present them. For a tunnel only: a refused request is
    /// delivered, with [`Outcome::denied`](crate::Outcome::denied).
    Denied(Side),
    /// The proxy does not open the tunnel, for another reason than credentials.
    Refused,
    /// This side broke HTTP, or closed the connection where an answer was due.
    Protocol(Side),
    /// This side broke the handshake: no usable token, a token out of turn, a connection given up half way. For a tunnel
    /// also: it wants a login, and the current user has none.
    Handshake(Side),
    /// A limit of bytes or counts was passed.
    Limit(Side),
    /// The request's body failed, or would have to be sent twice.
    Upload,
    /// The response's body broke off.
    Download,
}

/// The spans that [`Timeouts`](crate::Timeouts) limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Resolving a name and connecting; and, counted anew, the TLS handshake.
    Connect,
    /// From the first byte of a response's head to its last.
    Head,
    /// From the first leg to the answer of the last.
    Handshake,
    /// No byte in either direction.
    Idle,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), source: None, response: None }
    }

    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, text)
    }

    pub(crate) fn because(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn with_response(mut self, response: Response<Bytes>) -> Self {
        self.response = Some(Box::new(response));
        self
    }

    /// What kind of failure this is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The status with which the proxy refused the tunnel ([`ErrorKind::Denied`], [`ErrorKind::Refused`]).
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.response.as_ref().map(|response| response.status())
    }

    /// The response with which the proxy refused the tunnel; of its body at most
    /// [`MAX_DRAIN`](gatepass_http::limits::MAX_DRAIN) bytes.
    #[must_use]
    pub fn response(&self) -> Option<&Response<Bytes>> {
        self.response.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// A cause, in one line: the last link of the chain, which says most (`certificate has expired`), and the first where it
/// adds something.
pub(crate) fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    // Quotation marks drive no terminal.
    let text = last.to_string();
    text.split_inclusive(['\'', '"'])
        .map(|part| match part.strip_suffix(['\'', '"']) {
            Some(rest) => format!("{}{}", rest.escape_debug(), part.get(rest.len()..).unwrap_or_default()),
            None => part.escape_debug().to_string(),
        })
        .collect()
}
