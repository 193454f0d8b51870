//! Runs the contract of the joint and prints the tables that `docs/contract.md` keeps.
//!
//! ```text
//! cargo run -p gatepass --example contract             the pairs that need nothing but this process
//! cargo run -p gatepass --example contract gssapi      those with the system's GSSAPI (tests/realworld.sh)
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what it is for")]

#[cfg(unix)]
mod gssapi;
mod pairs;

use gatepass::backend::contract::{Pair, Report, Table};
use std::process::ExitCode;

fn main() -> ExitCode {
    let pairs = match std::env::args().nth(1).as_deref() {
        None => Ok(pairs::all()),
        #[cfg(unix)]
        Some("gssapi") => gssapi::all(),
        Some(other) => Err(format!("no such pairs here: {other}")),
    };
    let pairs = match pairs {
        Ok(pairs) => pairs,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let reports: Vec<Report> = pairs.iter().map(Pair::run).collect();
    print!("{}", Table(&reports));
    let broken: Vec<&Report> = reports.iter().filter(|report| report.failures().next().is_some()).collect();
    broken.iter().for_each(|report| eprint!("\n{report}"));
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
