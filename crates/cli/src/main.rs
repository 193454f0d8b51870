//! The `gatepass` command.

mod check_client;
mod commands;
mod decode;
mod demo;
mod exit;
mod fetch;
mod hash;
mod hex;
#[cfg(feature = "keyring")]
mod login;
mod message;
mod mock_proxy;
mod password;
mod place;
mod records;
mod replay;
mod screen;
mod sources;
mod tap;
mod whoami;

use std::process::ExitCode;

fn main() -> ExitCode {
    keep_out_of_core_files();
    commands::run(std::env::args_os()).into()
}

/// A core file would hold every secret that is in memory. On Linux a process that is not dumpable cannot be traced by others
/// of the same user either.
fn keep_out_of_core_files() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    #[cfg(all(unix, not(target_os = "linux")))]
    let _ = rustix::process::setrlimit(
        rustix::process::Resource::Core,
        rustix::process::Rlimit { current: Some(0), maximum: Some(0) },
    );
}
