//! `gatepass fetch`: curl's way of asking for URLs, through a proxy that wants a login.

mod ambient;
mod args;
mod body;
mod credentials;
mod failure;
mod request;
mod settings;
mod sink;
mod transfer;
mod url;
mod watch;
mod write_out;

pub(crate) use args::FetchArgs;
pub(crate) use failure::of as failure;
pub(crate) use settings::trust;
pub(crate) use url::Url;

use crate::exit::{Exit, Failure};
use crate::screen::complain;
use args::Ordered;
use clap::ArgMatches;
use transfer::Transfer;

/// Fetches each URL in turn; how the last one ends is how the program ends, as with curl. A refused login ends it at once:
/// for the next URL the same password would be the second attempt.
pub(crate) fn run(args: &FetchArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    let ordered = Ordered::of(matches, args);
    let silent = args.silent && !args.show_error;
    // Without -s or with -S the sentence goes out; a broken pipe has none.
    let quiet = |failure: Failure| if silent { Failure::silent(failure.exit()) } else { failure };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::FAILED, format!("cannot start: {error}")))?;
    let ended = runtime.block_on(async {
        let transfer = Transfer::prepare(args, &ordered).await.map_err(quiet)?;
        let mut ended = Exit::OK;
        for number in 0..transfer.count() {
            let result = transfer.fetch(number).await;
            if let Some(sentence) = result.as_ref().err().and_then(Failure::sentence).filter(|_| !silent) {
                complain(sentence);
            }
            ended = result.map_or_else(|failure| failure.exit(), |()| Exit::OK);
            if transfer.was_refused() && number.saturating_add(1) < transfer.count() {
                let sentence =
                    "the other URLs are not tried with a login that was refused, since accounts get locked";
                return Err(quiet(Failure::new(Exit::DENIED, sentence)));
            }
            if args.fail_early && ended != Exit::OK {
                break;
            }
        }
        Ok(ended)
    });
    // A read of standard input or a write to a full pipe may still be waiting; nobody waits for it.
    runtime.shutdown_background();
    ended
}
