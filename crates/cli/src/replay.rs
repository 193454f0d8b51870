//! `gatepass replay`: the client's side of a transcript, played against another proxy.

use crate::exit::{Exit, Failure, Reason};
use crate::password::PasswordArgs;
use crate::screen::{Line, Screen, Style};
use crate::tap::plain_address;
use gatepass::backend::{Credentials, Principal};
use gatepass_credentials::local;
use gatepass_mock_proxy::{Played, Replay, ReplayError, Transcript};
use std::path::PathBuf;

/// Play the client's side of a transcript against another proxy, and show the first difference
#[derive(clap::Args)]
#[command(after_help = "\
The transcript is what mock-proxy --jsonl or tap --jsonl has written. Each request is sent as it was, on connections of its own; \
where the client proved a password, the proof is made anew with the login of --user, in the same shape.

The exit code is 0 where the proxy answers as the recorded one did, and 1 where it does not. Nonces, times, names of servers and \
bodies are not compared.")]
pub(crate) struct ReplayArgs {
    /// A transcript in lines of JSON
    #[arg(value_name = "TRANSCRIPT")]
    transcript: PathBuf,
    /// The proxy: http://HOST[:PORT], or HOST:PORT
    #[arg(long, value_name = "URL|HOST:PORT")]
    against: String,
    /// Who logs in where the recorded client did
    #[arg(short = 'U', long, value_name = "DOMAIN\\USER")]
    user: Option<String>,
    /// Show every difference
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    password: PasswordArgs,
}

pub(crate) fn run(args: &ReplayArgs) -> Result<Exit, Failure> {
    let shown = args.transcript.display();
    let text = local(&args.transcript).and_then(std::fs::read_to_string).map_err(|error| {
        Failure::new(Exit::READ, format!("cannot read the transcript {shown}: {}", Reason(&error)))
    })?;
    let recorded = Transcript::from_jsonl(&text)
        .map_err(|error| Failure::new(Exit::READ, format!("{shown} is no transcript: {error}")))?;
    let mut replay = Replay::against(plain_address(&args.against, "--against")?);
    if let Some(user) = &args.user {
        let principal = Principal::parse(user);
        let password = args.password.password(&principal.to_string())?;
        replay = replay.with_login(Credentials::Password(principal, password));
    }
    let played = replay.play(&recorded).map_err(|error| unplayable(&error))?;
    report(&recorded, &played, args.all)
}

fn report(recorded: &Transcript, played: &Played, all: bool) -> Result<Exit, Failure> {
    let mut out = Screen::stdout();
    let shown = if all { played.differences.len() } else { 1 };
    for difference in played.differences.iter().take(shown) {
        let line = Line::new().styled(Style::Bad, "differs").plain(": ");
        out.line(
            &line
                .plain(format!("connection {}, request {}: ", difference.connection, difference.request))
                .plain(&difference.what),
        )?;
        out.line(&Line::new().faint("  recorded  ").plain(&difference.before))?;
        out.line(&Line::new().faint("  now       ").plain(&difference.now))?;
    }
    let left = played.differences.len().saturating_sub(shown);
    if left > 0 {
        out.plain(format!("and {left} more; --all shows them"))?;
    }
    let (requests, answered) = (recorded.requests().count(), played.transcript.requests().count());
    let ignored = Transcript::volatile_fields().join(", ");
    let verdict = match played.differences.is_empty() {
        true => Line::new().styled(Style::Good, "no difference"),
        false => Line::new().plain(format!("{} differences", played.differences.len())),
    };
    out.line(&verdict.plain(format!(" in {answered} of {requests} requests; not compared: {ignored}")))?;
    if !played.unsent.is_empty() {
        out.line(&Line::new().faint(format!("not sent: {}", played.unsent.join(", "))))?;
    }
    Ok(if played.differences.is_empty() { Exit::OK } else { Exit::FAILED })
}

fn unplayable(error: &ReplayError) -> Failure {
    match error {
        ReplayError::Unreachable(_, why) => Failure::new(Exit::CONNECT, format!("{error}: {}", Reason(why))),
        ReplayError::NoLogin => Failure::new(Exit::USAGE, format!("{error}; say who with --user")),
        _ => Failure::new(Exit::UNSUPPORTED, error.to_string()),
    }
}
