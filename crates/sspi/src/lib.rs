//! Windows' own security packages behind the joint: [`Backend`](gatepass_backend::Backend) over secur32 (SSPI).
//!
//! With `Package::Negotiate` and [`Credentials::CurrentUser`](gatepass_backend::Credentials::CurrentUser) a program logs
//! in as the user who is logged in to Windows, without a password anywhere: by Kerberos where the domain has a ticket for
//! the target, by NTLM otherwise. The crate is empty on other systems.
//!
//! # Whose login it is
//! Credentials are acquired anew for each handshake, on the thread that calls
//! [`initiate`](gatepass_backend::Backend::initiate) or [`accept`](gatepass_backend::Backend::accept), and nothing is kept
//! when the handshake is over: a handle never outlives a change of the user. `CurrentUser` is the user of that thread's
//! token, which is the process's unless the thread impersonates. Whoever hands the call to another thread (an asynchronous
//! client does, for these calls block) hands it to the user of the process: a program that impersonates several users
//! calls the backend on the impersonating thread itself, and keeps no connection of one for another.
//!
//! # As a server
//! Windows itself verifies, with the accounts of the machine and its domain: the
//! [`Accounts`](gatepass_backend::Accounts) given to `accept` are not asked. Nobody
//! (an anonymous logon) is refused, as SSPI does unless asked otherwise. An account that Windows maps to Guest logs in under
//! the name that Windows gives it, not under the one that the client claimed.
//!
//! # What SSPI cannot do
//! Log in with an NT hash, or as nobody: those credentials are answered with
//! [`NoCredentials`](gatepass_backend::ErrorKind::NoCredentials). Begin anew behind SPNEGO's checksum: for Negotiate use
//! `Package::Negotiate`, not another SPNEGO around `Package::Ntlm`.
#![warn(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

// What reaches no system library is tested everywhere.
#[cfg(any(windows, test))]
mod binding_words;
#[cfg(any(windows, test))]
mod context_flags;
#[cfg(any(windows, test))]
mod identity;
#[cfg(any(windows, test))]
mod package;
#[cfg(any(windows, test))]
mod security_status;

#[cfg(windows)]
mod allocated;
#[cfg(windows)]
mod buffer;
#[cfg(windows)]
mod context;
#[cfg(windows)]
mod credential;
#[cfg(windows)]
mod established;
#[cfg(windows)]
mod package_info;
#[cfg(windows)]
mod sspi;
#[cfg(windows)]
mod waiting;

#[cfg(windows)]
pub use context::{Lifespan, NativeNames, Sizes};
#[cfg(windows)]
pub use established::Established;
#[cfg(any(windows, test))]
pub use package::Package;
#[cfg(windows)]
pub use package_info::{Capabilities, PackageInfo, packages};
#[cfg(any(windows, test))]
pub use security_status::Failure;
#[cfg(windows)]
pub use sspi::Sspi;
#[cfg(windows)]
pub use waiting::{Turn, Waiting};
