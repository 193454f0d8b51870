//! `gatepass decode`: what a token says, field by field.

mod input;
mod print;

use crate::exit::{Exit, Failure};
use crate::screen::{Screen, complain};
use gatepass_inspect::{DefectKind, Report};
use input::Token;
use std::path::PathBuf;

/// Decode a token of NTLM or SPNEGO: base64, hex, a header line, or the raw bytes
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gatepass decode TlRMTVNTUAABAAAAB4IIAAAAAAAAAAAAAAAAAAAAAAA=
  gatepass decode 'Proxy-Authenticate: NTLM TlRMTVNTUAACAAAA...'
  curl -v --proxy-ntlm ... 2>&1 | gatepass decode

Responses are shown in full: with the server's nonce they are enough to guess a weak password, so take care whom you \
show them to. Exit code 1: the message is malformed; what could be read of it is shown, then the error.")]
pub(crate) struct DecodeArgs {
    /// The token, a header line with it, or the name of a file (standard input if nothing is given)
    #[arg(value_name = "TOKEN")]
    token: Vec<String>,
    /// Read FILE: raw bytes, or text of the same forms
    #[arg(short, long, value_name = "FILE", conflicts_with = "token")]
    file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &DecodeArgs) -> Result<Exit, Failure> {
    let tokens = input::tokens(&args.token, args.file.as_deref())?;
    let reports: Vec<Report> = tokens.iter().flat_map(Token::reports).collect();
    let mut out = Screen::stdout();
    if args.json {
        print::json(&mut out, &reports)?;
    } else {
        print::text(&mut out, &reports)?;
    }
    let failed = reports.iter().filter_map(|report| report.error.as_ref());
    for error in failed.clone() {
        complain(&error.text);
    }
    Ok(match failed.map(|error| error.kind).next() {
        Some(DefectKind::Malformed) => Exit::FAILED,
        Some(DefectKind::Unsupported) => Exit::UNSUPPORTED,
        None => Exit::OK,
    })
}
