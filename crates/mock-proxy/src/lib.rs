//! A 407 proxy to test HTTP clients against, without a Windows domain: it speaks NTLM as a real one does, keeps a
//! transcript of every message, and brings an origin of its own, over http and https.
//!
//! ```
//! use gatepass_mock_proxy::MockProxy;
//!
//! let proxy = MockProxy::new().account("CORP", "alice", "pw").start()?;
//! println!("curl -x {} --proxy-ntlm -U 'CORP\\alice:pw' {}", proxy.url(), proxy.origin_url());
//! // … let the client under test do its work, then:
//! # use std::io::{Read as _, Write as _};
//! # let mut client = std::net::TcpStream::connect(proxy.address())?;
//! # client.write_all(b"GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\nConnection: close\r\n\r\n")?;
//! # let mut response = String::new();
//! # client.read_to_string(&mut response)?;
//! # assert!(response.starts_with("HTTP/1.1 407 "), "{response}");
//! let transcript = proxy.finish();
//! assert!(transcript.authenticates().count() <= 1, "one password is one attempt: {transcript}");
//! transcript.assert_no_leak();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What answers where
//! | target | answer |
//! |---|---|
//! | `http://origin.test/…` through the proxy | the embedded origin |
//! | `https://origin.test/…` through the proxy (CONNECT) | the embedded origin over TLS; its CA is [`Running::ca_pem`] |
//! | `http://127.0.0.1:PORT/…`, `localhost`, `[::1]` through the proxy, by CONNECT too | the server there |
//! | a place that was [allowed](MockProxy::allow) | the server there |
//! | anything else through the proxy | 403, and no name is looked up |
//! | a request to the proxy itself | 400: this is a proxy |
//!
//! The embedded origin has `/` (a sentence), `/echo` (the request as text, its body behind it, up to 16 MiB), `/digest`
//! (length and SHA-256 of a body of any size), `/bytes/N` (N bytes, up to 10 GiB), `/status/N`, and the same pages once more below
//! `/ntlm/`, where it asks for credentials itself (401) with [accounts of its own](MockProxy::origin_account).
//!
//! Proxy and origin offer NTLM; [`MockProxy::offer`] adds Negotiate (with NTLM inside) and Basic, or puts them in its place.
//!
//! # A web page
//! With the feature `page`, [`MockProxy::page`] adds a port for browsers: each dance as it happens, the bytes of every field, switches for
//! the faults, the script, a judgement of the client, the transcript to save. It answers only who knows [`Running::page_url`].
//!
//! # What it writes down
//! [`Transcript`]: to look at (`Display`), as lines of JSON, as an HTTP archive; [`MockProxy::observer`] is told all of it as it happens.
//! A [`Tap`] writes down in the same way what a client and a real proxy say to each other, and a [`Replay`] plays the client's side to
//! another proxy. `docs/transcripts.md` describes the formats.
//!
//! # What it is not
//! A proxy to be used: its passwords stand in tests, so it listens on loopback only, and forwards nowhere else, unless it is
//! [told](MockProxy::allow_remote) to. It says that it is a test tool in `Server` or `Via`. Where a personality writes these as
//! the peer does, its responses say nothing of the kind on loopback, where they are to be the recording's to the byte; on an address
//! that others can reach they have a field `X-Test-Tool`.

mod accounts;
mod answer;
mod authority;
pub mod battery;
mod body;
mod controls;
mod dance;
mod defect;
mod diagnosis;
mod error;
mod fault;
mod forward;
mod heads;
mod keytab;
mod leg;
mod limits;
mod listener;
mod manner;
mod mock;
mod origin;
#[cfg(feature = "page")]
mod page;
mod personality;
mod proxy;
mod replay;
mod reply;
mod route;
mod running;
mod script;
mod server;
mod stream;
mod tap;
mod transcript;
mod tunnel;

pub use authority::BadCertificate;
pub use error::Error;
pub use fault::{Fault, Kind, Planned, TokenFault};
pub use leg::Leg;
pub use mock::MockProxy;
#[cfg(feature = "page")]
pub use page::WebPage;
pub use personality::{Dress, Layout, Personality, Place};
pub use replay::{Played, Replay, ReplayError};
pub use running::Running;
pub use script::{
    Account, Bound, Minimum, Names, Offered, Pair, Refused, Script, ScriptError, ServerChallenge,
    ServerPolicy,
};
pub use tap::{Tap, Tapping};
pub use transcript::{
    Connection, Difference, Ended, Event, Exchange, FORMAT, Field, Log, Outcome, Secrets, Token, Transcript,
    TranscriptError, What,
};
