//! The 401/407 dance without I/O: challenge grammar, client and server.
//!
//! Whoever holds a connection feeds in what was read and sends what comes out; nothing here knows a socket, a clock or the
//! inside of a mechanism. The mechanism is a [`Backend`](gatepass_backend::Backend).
//!
//! | part | what it is | document |
//! |---|---|---|
//! | [`challenges`] | the grammar of `WWW-Authenticate` and its three siblings | RFC 9110 11.2 to 11.7 |
//! | [`Scheme`] | the schemes by strength, and their tokens as base64 | RFC 4559, [MS-NTHT] |
//! | [`Mechanisms`] | who speaks which scheme, and whether Basic may be used | |
//! | [`Basic`] | the password itself, as a mechanism | RFC 7617 |
//! | [`ClientAuth`] | what to send on one connection, and what the answer means | [MS-NTHT] 3.1 |
//! | [`ServerAuth`] | who is at the other end of one connection | [MS-NTHT] 3.2 |
//! | [`limits`] | the bounds of it all | |
//!
//! # A client
//! ```
//! # use std::sync::Arc;
//! # use gatepass_backend::{Backend, Credentials, Error as Failure, Request};
//! use gatepass_http::{Body, ClientAuth, Head, Mechanisms, Next, Side};
//!
//! # fn dance(ntlm: Arc<dyn Backend>, mut exchange: impl FnMut(Option<&str>, Body) -> u16) -> Result<(), Box<dyn std::error::Error>> {
//! let credentials = Credentials::password("CORP\\alice", "secret");
//! let request = Request::target("HTTP/proxy.corp.example");
//! let mut auth = ClientAuth::new(Side::Proxy, Mechanisms::ntlm(ntlm), credentials, request);
//! let first = auth.first()?;
//! let mut status = exchange(first.credentials.as_deref(), first.body);
//! loop {
//!     let head = Head { status, minor_version: 1, fields: &[] /* what was read */ };
//!     match auth.response(&head)? {
//!         Next::Send { credentials, body } => status = exchange(Some(&credentials), body),
//!         Next::Deliver | Next::Denied => return Ok(()), // the response is the caller's
//!         Next::Reconnect => auth = auth.reconnect()?,   // open another connection, begin with `first` again
//!     }
//!     # return Ok(());
//! }
//! # }
//! ```
#![no_std]
#![warn(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

extern crate alloc;

mod basic;
mod client;
mod error;
mod grammar;
mod head;
pub mod limits;
mod mechanisms;
mod offer;
mod scheme;
mod server;
mod side;
mod token68;

pub use basic::Basic;
pub use client::{Body, ClientAuth, First, Next};
pub use error::Error;
pub use grammar::{Challenge, GrammarError, GrammarErrorKind, Parameter, challenges};
pub use head::Head;
pub use mechanisms::Mechanisms;
pub use scheme::Scheme;
pub use server::{ServerAuth, Verdict};
pub use side::Side;
pub use token68::TokenError;
