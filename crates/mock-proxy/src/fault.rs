//! What goes wrong on purpose: a fault is data, at a leg of the dance and a count.
//!
//! A fault bends the bytes of a response, or the token in it, after the verdict has been found, or a token on its way to
//! whatever judges, which knows nothing of it: the transcript shows both the verdict and the fault.

mod head;
mod plan;
mod response;
mod token;
mod verdict;
mod wire;

pub(crate) use head::Head;
pub(crate) use plan::Plan;
pub use plan::Planned;
pub(crate) use response::bend;
pub use token::TokenFault;
pub(crate) use token::without_mic;
pub(crate) use verdict::stand_in;
pub(crate) use wire::{Faulty, Order, Orders};

use crate::{BadCertificate, Leg};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing that goes wrong.
///
/// In a script it is written in kebab case: `"close"`, `{ close-after = 100 }`, `{ dribble = { bytes = 1, seconds = 0.01 } }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// Close the connection in place of the response.
    Close,
    /// Reset the connection in place of the response.
    Reset,
    /// Close the sending side in place of the response, and go on reading.
    HalfClose,
    /// Say nothing more, and keep the connection open.
    Hang,
    /// Close after so many bytes of the response; in the tunnel, of what the origin sends.
    CloseAfter(u64),
    /// Reset after so many bytes of the response; in the tunnel, of what the origin sends.
    ResetAfter(u64),
    /// Wait so many seconds before the response.
    Delay(f64),
    /// Send the response in pieces.
    Dribble {
        /// The length of a piece.
        bytes: u32,
        /// The pause before each, in seconds.
        seconds: f64,
    },
    /// Another status code, with the rest of the response as it is.
    Status(u16),
    /// The response of an HTTP/1.0 server, which closes after it.
    Http10,
    /// The names of the fields in unusual case (`pROXY-aUTHENTICATE`).
    OddCase,
    /// A further field.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// The fields of this name twice.
    DuplicateHeader(String),
    /// The values of the fields of this name on a line of their own, as obs-fold has it (RFC 9112 5.2).
    FoldedHeader(String),
    /// No fields of this name.
    WithoutHeader(String),
    /// So many `100 Continue` before the response.
    Informational(u32),
    /// A field of so many bytes in the head.
    LongHead(u32),
    /// So many further fields.
    ManyHeaders(u32),
    /// No length of the body: it ends with the connection.
    NoLength,
    /// A `Content-Length` that says so, whatever the body.
    ContentLength(u64),
    /// The body in chunks.
    Chunked,
    /// A body of so many bytes.
    HugeBody(u64),
    /// A body in chunks that never ends.
    EndlessBody,
    /// Bytes after the end of the response.
    Trailing(String),
    /// Something wrong with the token of the challenge.
    Token(TokenFault),
    /// A bare offer in place of what the dance would answer: to a NEGOTIATE, after a good AUTHENTICATE, or in the middle of a
    /// connection that has authenticated.
    Refuse,
    /// A CHALLENGE that nobody asked for, in place of what the dance would answer.
    Challenge,
    /// Lets the request pass as if the login had succeeded, whoever makes it.
    Grant,
    /// Takes the MIC out of the AUTHENTICATE before it is judged, as whoever sits between client and server would
    /// (CVE-2019-1040).
    StripMic,
    /// Closes the connection behind the response without having said so.
    CloseBehind,
    /// The origin cannot be reached.
    Unreachable,
    /// Passes the request on by a connection to the origin that all clients share: who has logged in there by NTLM has logged
    /// in for the others too.
    SharedUpstream,
    /// In the tunnel: TLS ends at the proxy, with a certificate in which this is wrong. Behind it stands the embedded origin.
    Certificate(BadCertificate),
    /// In the tunnel: the alert `handshake_failure` in place of a TLS handshake.
    TlsAlert,
    /// In the tunnel: these bytes before the client has said a word, in front of all that the origin sends.
    First(String),
    /// In the tunnel: these bytes in place of all that the origin sends, such as an answer in plain HTTP where TLS is spoken.
    Instead(String),
}

/// What there is to know of a kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name in a script.
    pub name: &'static str,
    /// How it is written in a script.
    pub example: &'static str,
    /// What it does, in a sentence.
    pub sentence: &'static str,
    /// The legs in which it can happen.
    pub legs: &'static [Leg],
}

/// A response of each kind has a head and a body.
const RESPONSES: &[Leg] = &[Leg::Offer, Leg::Challenge, Leg::Verdict, Leg::Served];
/// All legs.
const ALL: &[Leg] = &[Leg::Offer, Leg::Challenge, Leg::Verdict, Leg::Served, Leg::Tunnel];
/// Within a tunnel.
const TUNNEL: &[Leg] = &[Leg::Tunnel];
/// Where a request may be passed on.
const PASSED_ON: &[Leg] = &[Leg::Verdict, Leg::Served];
/// Where a CHALLENGE is out of turn.
const OUT_OF_TURN: &[Leg] = &[Leg::Offer, Leg::Verdict, Leg::Served];
/// Where somebody has not logged in yet.
const BEFORE_LOGIN: &[Leg] = &[Leg::Offer, Leg::Challenge, Leg::Verdict];
/// Where the dance has something to say.
const TURNS: &[Leg] = &[Leg::Challenge, Leg::Verdict, Leg::Served];

macro_rules! kinds {
    ($($name:literal, $example:literal, $legs:expr, $sentence:literal;)*) => {
        &[$(Kind { name: $name, example: $example, sentence: $sentence, legs: $legs }),*]
    };
}

impl Fault {
    /// All kinds, in the order in which they are explained to people.
    pub const KINDS: &'static [Kind] = kinds! {
        "close", "\"close\"", ALL, "closes the connection in place of the response";
        "reset", "\"reset\"", ALL, "resets the connection in place of the response";
        "half-close", "\"half-close\"", ALL, "closes the sending side in place of the response and goes on reading";
        "hang", "\"hang\"", ALL, "says nothing more and keeps the connection open";
        "close-after", "{ close-after = 100 }", ALL, "closes after so many bytes of the response";
        "reset-after", "{ reset-after = 100 }", ALL, "resets after so many bytes of the response";
        "delay", "{ delay = 1.5 }", ALL, "waits so many seconds before the response";
        "dribble", "{ dribble = { bytes = 1, seconds = 0.01 } }", ALL, "sends the response in pieces with pauses between";
        "status", "{ status = 403 }", RESPONSES, "has another status code and leaves the rest as it is";
        "http10", "\"http10\"", RESPONSES, "answers as an HTTP/1.0 server that closes after it";
        "odd-case", "\"odd-case\"", RESPONSES, "writes field names in unusual case";
        "header", "{ header = { name = \"Proxy-Connection\", value = \"close\" } }", RESPONSES, "adds a field";
        "duplicate-header", "{ duplicate-header = \"Proxy-Authenticate\" }", RESPONSES, "sends the fields of a name twice";
        "folded-header", "{ folded-header = \"Proxy-Authenticate\" }", RESPONSES, "folds the fields of a name over two lines";
        "without-header", "{ without-header = \"Proxy-Authenticate\" }", RESPONSES, "leaves out the fields of a name";
        "informational", "{ informational = 3 }", RESPONSES, "sends so many `100 Continue` before the response";
        "long-head", "{ long-head = 200000 }", RESPONSES, "has a field of so many bytes";
        "many-headers", "{ many-headers = 500 }", RESPONSES, "has so many further fields";
        "no-length", "\"no-length\"", RESPONSES, "gives no length of the body, which ends with the connection";
        "content-length", "{ content-length = 5 }", RESPONSES, "gives a wrong length of the body";
        "chunked", "\"chunked\"", RESPONSES, "sends the body in chunks";
        "huge-body", "{ huge-body = 1073741824 }", RESPONSES, "has a body of so many bytes";
        "endless-body", "\"endless-body\"", RESPONSES, "has a body in chunks that never ends";
        "trailing", "{ trailing = \"HTTP/1.1 200 OK\\r\\n\\r\\n\" }", RESPONSES, "sends bytes after the end of the response";
        "token", "{ token = \"not-base64\" }", TURNS, "spoils the token of a challenge (see the kinds of token fault)";
        "refuse", "\"refuse\"", TURNS, "offers schemes anew in place of a challenge or a success";
        "challenge", "\"challenge\"", OUT_OF_TURN, "sends a CHALLENGE that nobody asked for";
        "grant", "\"grant\"", BEFORE_LOGIN, "lets the request pass as if the login had succeeded";
        "strip-mic", "\"strip-mic\"", &[Leg::Verdict], "takes the MIC out of the AUTHENTICATE before it is judged";
        "close-behind", "\"close-behind\"", RESPONSES, "closes behind the response without having said so";
        "unreachable", "\"unreachable\"", PASSED_ON, "cannot reach the origin (502)";
        "shared-upstream", "\"shared-upstream\"", PASSED_ON, "passes on by a connection to the origin that all clients share";
        "certificate", "{ certificate = \"expired\" }", TUNNEL, "ends TLS with a certificate that is expired, self-signed or of a wrong-name";
        "tls-alert", "\"tls-alert\"", TUNNEL, "answers TLS with an alert";
        "first", "{ first = \"220 ready\\r\\n\" }", TUNNEL, "sends these bytes before the client has said a word";
        "instead", "{ instead = \"HTTP/1.1 400 Bad Request\\r\\n\\r\\n\" }", TUNNEL, "sends these bytes in place of the origin's";
    };

    /// Its name in a script.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Reset => "reset",
            Self::HalfClose => "half-close",
            Self::Hang => "hang",
            Self::CloseAfter(_) => "close-after",
            Self::ResetAfter(_) => "reset-after",
            Self::Delay(_) => "delay",
            Self::Dribble { .. } => "dribble",
            Self::Status(_) => "status",
            Self::Http10 => "http10",
            Self::OddCase => "odd-case",
            Self::Header { .. } => "header",
            Self::DuplicateHeader(_) => "duplicate-header",
            Self::FoldedHeader(_) => "folded-header",
            Self::WithoutHeader(_) => "without-header",
            Self::Informational(_) => "informational",
            Self::LongHead(_) => "long-head",
            Self::ManyHeaders(_) => "many-headers",
            Self::NoLength => "no-length",
            Self::ContentLength(_) => "content-length",
            Self::Chunked => "chunked",
            Self::HugeBody(_) => "huge-body",
            Self::EndlessBody => "endless-body",
            Self::Trailing(_) => "trailing",
            Self::Token(_) => "token",
            Self::Refuse => "refuse",
            Self::Challenge => "challenge",
            Self::Grant => "grant",
            Self::StripMic => "strip-mic",
            Self::CloseBehind => "close-behind",
            Self::Unreachable => "unreachable",
            Self::SharedUpstream => "shared-upstream",
            Self::Certificate(_) => "certificate",
            Self::TlsAlert => "tls-alert",
            Self::First(_) => "first",
            Self::Instead(_) => "instead",
        }
    }

    /// Whether it can happen in `leg`.
    #[must_use]
    pub fn can_happen_in(&self, leg: Leg) -> bool {
        Self::KINDS.iter().any(|kind| kind.name == self.name() && kind.legs.contains(&leg))
    }
}

/// The name.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if let Self::Token(token) = self { write!(f, " {}", token.name()) } else { Ok(()) }
    }
}
