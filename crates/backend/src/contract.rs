//! The contract of the joint as tests: what every [`Backend`](crate::Backend), and every two that are to understand each other,
//! must do. With the feature `contract`, for the tests of whoever writes a backend.
//!
//! A [`Pair`] is a client, a server and what both know; [`Pair::run`] walks through every [`Case`] and says of each whether the
//! pair passed it. A mechanism need not be able to do everything: what a pair cannot do it says beforehand, by its
//! [attributes](Pair::with_attributes), by what it is not given (no wrong password, say), or by an
//! [exception](Pair::except) with its reason, which the [`Report`] repeats. A pair is never excused silently.
//!
//! ```
//! use gatepass_backend::contract::{Case, Pair};
//! use gatepass_backend::{Accounts, Backend, Credentials, Principal};
//! use std::sync::Arc;
//!
//! fn check(client: Arc<dyn Backend>, server: Arc<dyn Backend>, accounts: Arc<dyn Accounts>) {
//!     Pair::new("mine × mine", client, server, accounts)
//!         .with_login(Credentials::password("CORP\\alice", "Passw0rd!"), Principal::new("CORP", "alice"))
//!         .with_wrong_password(Credentials::password("CORP\\alice", "another"))
//!         .with_unknown_user(Credentials::password("CORP\\nobody", "Passw0rd!"))
//!         .except(Case::MechListMic, "it is never negotiated")
//!         .run()
//!         .assert();
//! }
//! ```
//!
//! The suite is of one process: both sides are backends, and the tokens go from one to the other as they are. How they travel
//! is another layer's contract.

mod bindings;
mod case;
mod damage;
mod datagrams;
mod exchange;
mod handshake;
mod identity;
mod independence;
mod messages;
mod pair;
mod protection;
mod report;
mod secrets;
mod verdict;

pub use case::Case;
pub use pair::Pair;
pub use report::{Outcome, Report, Table};
