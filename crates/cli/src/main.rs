//! The `gatepass` command.

mod commands;
mod decode;
mod demo;
mod exit;
mod fetch;
mod hash;
mod hex;
mod message;
mod mock_proxy;
mod password;
mod screen;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::run(std::env::args_os()).into()
}
