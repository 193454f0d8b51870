//! Runs the contract of the joint over the pairs of backends that need nothing but this process, and prints the table that
//! `docs/contract.md` keeps: `cargo run -p gatepass --example contract`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what it is for")]

mod pairs;

use gatepass::backend::contract::{Report, Table};
use std::process::ExitCode;

fn main() -> ExitCode {
    let reports: Vec<Report> = pairs::all().iter().map(|pair| pair.run()).collect();
    print!("{}", Table(&reports));
    let broken: Vec<&Report> = reports.iter().filter(|report| report.failures().next().is_some()).collect();
    broken.iter().for_each(|report| eprint!("\n{report}"));
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
