//! The commands, and how each of them ends.

use crate::exit::{Exit, Failure};
#[cfg(feature = "keyring")]
use crate::login;
use crate::screen::{Screen, complain};
use crate::{check_client, decode, demo, fetch, hash, mock_proxy, replay, tap, whoami};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::ffi::OsString;

/// Get through the corporate proxy: NTLM for the command line, and tools to look into it
#[derive(Parser)]
#[command(
    name = "gatepass",
    version,
    propagate_version = true,
    max_term_width = 120,
    after_help = "The exit codes are those of curl: see gatepass fetch --help."
)]
struct Gatepass {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Fetch(Box<fetch::FetchArgs>),
    Decode(decode::DecodeArgs),
    Hash(hash::HashArgs),
    #[cfg(feature = "keyring")]
    Login(login::LoginArgs),
    #[cfg(feature = "keyring")]
    Logout(login::LogoutArgs),
    Whoami(whoami::WhoamiArgs),
    MockProxy(mock_proxy::MockProxyArgs),
    Replay(replay::ReplayArgs),
    Tap(tap::TapArgs),
    CheckClient(check_client::CheckClientArgs),
}

/// Runs the command that `arguments` ask for.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let ended = match Gatepass::command().try_get_matches_from(arguments) {
        Ok(matches) => dispatch(&matches),
        Err(error) => misread(&error),
    };
    ended.unwrap_or_else(|failure| {
        if let Some(sentence) = failure.sentence() {
            complain(sentence);
        }
        failure.exit()
    })
}

fn dispatch(matches: &clap::ArgMatches) -> Result<Exit, Failure> {
    let Gatepass { command } = Gatepass::from_arg_matches(matches)
        .map_err(|error| Failure::new(Exit::USAGE, error.kind().to_string()))?;
    match command {
        Command::Demo(args) => demo::run(&args),
        Command::Fetch(args) => fetch::run(&args, matches.subcommand_matches("fetch").unwrap_or(matches)),
        Command::Decode(args) => decode::run(&args),
        Command::Hash(args) => hash::run(&args),
        #[cfg(feature = "keyring")]
        Command::Login(args) => login::login(&args),
        #[cfg(feature = "keyring")]
        Command::Logout(args) => login::logout(&args),
        Command::Whoami(args) => whoami::run(&args),
        Command::MockProxy(args) => mock_proxy::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Tap(args) => tap::run(&args),
        Command::CheckClient(args) => check_client::run(&args),
    }
}

/// Help and version go to standard output; what is wrong with the command line, to standard error.
fn misread(error: &clap::Error) -> Result<Exit, Failure> {
    let text = error.render().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        Screen::stdout().page(&text)?;
        return Ok(Exit::OK);
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        Screen::stderr().page(&text)?;
        return Ok(Exit::USAGE);
    }
    let said = text.strip_prefix("error: ").unwrap_or(&text);
    // The first paragraph says what is wrong; the rest is usage.
    let what: Vec<&str> = said.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    Err(Failure::new(Exit::USAGE, format!("{}; see --help", what.join(" "))))
}
