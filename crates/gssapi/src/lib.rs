//! The system's GSSAPI behind the joint: [`Backend`](gatepass_backend::Backend) over MIT's or Heimdal's library, or Apple's
//! framework.
//!
//! With `Gssapi::kerberos` and [`Credentials::CurrentUser`](gatepass_backend::Credentials::CurrentUser) a program logs in with the
//! Kerberos ticket that the user has already. The crate is empty on Windows, where SSPI does the same.
//!
//! # Loaded at run time
//! The library is found by the dynamic loader when [`Gssapi::load`] is called, not when the program is linked: one binary runs on
//! machines with and without Kerberos, and is built without headers, `bindgen` or `pkg-config`. The crates `libgssapi` and
//! `cross-krb5` link at build time, and so demand the library of every machine that the program runs on. What is declared here
//! instead is RFC 2744's C interface, some 20 functions that have not changed since 2000.
//!
//! # The name of the target
//! A target `HTTP/proxy.corp.example` is first asked for as it is, then as the host-based service `HTTP@proxy.corp.example`, of
//! which the library makes what `krb5.conf` says: with `dns_canonicalize_hostname` the name that an alias (CNAME) leads to, and
//! the realm of `domain_realm`. A proxy that is known by an alias gets a ticket by whichever name has one.
//!
//! # What GSSAPI cannot do
//! - Log in with an NT hash or as nobody.
//! - Datagrams.
//! - Encrypt with the signature apart from the message, where the library has no `gss_wrap_iov` (Kerberos on macOS may).
#![cfg(unix)]
#![warn(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

mod abi;
mod acceptor;
mod bindings;
mod buffer;
mod context;
mod credential;
mod established;
mod failure;
#[cfg(test)]
mod fake;
mod flags;
mod gssapi;
mod initiator;
mod mechanism;
mod messages;
mod name;
mod oid;
mod status;
mod table;
mod target;
#[cfg(test)]
mod tests;

pub use gssapi::{Gssapi, Ticket};
pub use mechanism::Mechanism;
pub use table::LoadError;
