//! The command as it is built, run like a user runs it.

mod ambient;
mod check_client;
mod decode;
mod demo;
mod exit_codes;
mod fetch;
mod hash;
#[cfg(target_os = "linux")]
mod interrupt;
// It is ended by a signal, and Windows has none.
#[cfg(unix)]
mod mock_proxy;
mod other_machines;
mod peer;
mod redirects;
mod secrets;
mod support;
// As mock_proxy.
#[cfg(unix)]
mod tap;
mod whoami;
