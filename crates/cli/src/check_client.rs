//! `gatepass check-client`: what an HTTP client does with an authenticating proxy, case by case.

mod child;
mod command;
mod recipe;
mod report;
mod workers;

use crate::exit::{Exit, Failure, Reason};
use crate::screen::{Line, Screen};
use gatepass_credentials::local;
use gatepass_mock_proxy::battery::{self, Case, Group, Verdict};
use recipe::Recipe;
use report::{Checked, Report};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// The most cases that run at once where nobody says: each is a client, and a proxy besides.
const JOBS: usize = 4;

/// Run an HTTP client against a battery of proxies that behave well and badly, and say what it does
// The accounts are the battery's own.
#[derive(clap::Args)]
#[command(
    override_usage = "gatepass check-client [OPTIONS] -- COMMAND...\n       gatepass check-client [OPTIONS] --recipe NAME",
    after_help = "\
COMMAND fetches {url} to anywhere and ends with 0 exactly when it has the page (curl -f). In its arguments stand
  {url}                      what to fetch, http or https
  {proxy}                    the proxy, http://127.0.0.1:PORT; {proxyauth} with the login in it
  {user} {password} {domain} the login; the user is DOMAIN\\user where there is no {domain}
  {cafile}                   the certificate to trust for https
  {timeout}                  seconds after which the client should give up by itself
Without {proxy} and {proxyauth} the variables http_proxy, https_proxy and all_proxy say it, with the login; without {cafile} \
SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE and NODE_EXTRA_CA_CERTS. Cases that upload, fetch two pages, follow a \
redirect or have two users need a recipe, which says how the client does that: --recipe takes a name (--list-recipes) or a \
file of TOML.

Exit codes: 0 no case failed; 1 a case failed; 2 the command line is not understood; 26 the recipe cannot be used."
)]
pub(crate) struct CheckClientArgs {
    /// The client, with its arguments
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
    /// A known client, or a file of TOML that says how one is run
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "command")]
    recipe: Option<String>,
    /// Only the cases of this name or group, or GROUP/NAME
    #[arg(long, value_name = "NAME|GROUP")]
    case: Vec<String>,
    /// Print the cases, and end
    #[arg(long)]
    list: bool,
    /// Print the known clients, and end
    #[arg(long)]
    list_recipes: bool,
    /// Print the script of a case, for mock-proxy --script, and end
    #[arg(long, value_name = "NAME")]
    script_of: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write JUnit XML to FILE
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Seconds for a case; then the client is ended with all that it has started
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Cases at once
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Print the conversation of each case that failed
    #[arg(short, long)]
    verbose: bool,
}

pub(crate) fn run(args: &CheckClientArgs) -> Result<Exit, Failure> {
    if let Some(name) = &args.script_of {
        return script_of(name);
    }
    if args.list_recipes {
        return list_recipes();
    }
    let cases = chosen(&args.case)?;
    if args.list {
        return list(&cases);
    }
    let recipe = match &args.recipe {
        Some(named) => Recipe::find(named)?,
        None if args.command.is_empty() => {
            return Err(Failure::new(Exit::USAGE, "say which client: -- COMMAND..., or --recipe NAME"));
        }
        None => Recipe::of_command(&args.command)?,
    };
    let jobs = args.jobs.map_or_else(
        || std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(JOBS),
        NonZeroUsize::get,
    );
    let limit = Duration::from_secs(args.timeout);
    let mut report = Report::new(&recipe, recipe.version());
    let mut out = Screen::stdout();
    let mut broken = None;
    workers::run(&recipe, &cases, limit, jobs, |checked| {
        if !args.json && broken.is_none() {
            broken = shown(&mut out, &checked, args.verbose).err();
        }
        report.add(checked);
    })?;
    if let Some(error) = broken {
        return Err(error.into());
    }
    match args.json {
        true => out.plain(report.json())?,
        false => out.line(&Line::new().strong(report.sum()))?,
    }
    if let Some(path) = &args.junit {
        local(path).and_then(|path| std::fs::write(path, report.junit())).map_err(|error| {
            Failure::new(Exit::WRITE, format!("cannot write {}: {}", path.display(), Reason(&error)))
        })?;
    }
    Ok(if report.count(Verdict::Fail) == 0 { Exit::OK } else { Exit::FAILED })
}

/// The cases of these names and groups; all where none is named.
fn chosen(names: &[String]) -> Result<Vec<Case>, Failure> {
    let all = battery::cases();
    for name in names {
        if !all.iter().any(|case| is_called(case, name)) {
            let groups = Group::ALL.map(Group::name).join(", ");
            let what = format!(
                "no case and no group is called {name}: --list prints the cases, and the groups are {groups}"
            );
            return Err(Failure::new(Exit::USAGE, what));
        }
    }
    let wanted = |case: &Case| names.is_empty() || names.iter().any(|name| is_called(case, name));
    Ok(all.into_iter().filter(wanted).collect())
}

/// Whether `name` is that of the case, of its group, or both with a slash between: a case may be called like a group.
fn is_called(case: &Case, name: &str) -> bool {
    let (group, own) = (case.group().name(), case.name());
    name == own || name == group || name.split_once('/') == Some((group, own))
}

fn shown(out: &mut Screen, checked: &Checked, verbose: bool) -> std::io::Result<()> {
    out.line(&checked.line())?;
    match (&checked.transcript, verbose) {
        (Some(transcript), true) if checked.finding.verdict == Verdict::Fail => out.page(transcript),
        _ => Ok(()),
    }
}

fn list(cases: &[Case]) -> Result<Exit, Failure> {
    let mut out = Screen::stdout();
    for case in cases {
        let name = format!("{:26}", case.name());
        let line = Line::new().strong(name).plain(case.about());
        out.line(&line.faint(format!(" ({}; {})", case.group(), case.section())))?;
    }
    Ok(Exit::OK)
}

fn list_recipes() -> Result<Exit, Failure> {
    let mut out = Screen::stdout();
    for recipe in Recipe::all()? {
        out.line(&Line::new().strong(format!("{:16}", recipe.name)).plain(&recipe.about))?;
    }
    Ok(Exit::OK)
}

fn script_of(name: &str) -> Result<Exit, Failure> {
    let case = chosen(&[name.to_owned()])?.into_iter().find(|case| case.name() == name);
    let Some(case) = case else {
        return Err(Failure::new(Exit::USAGE, format!("{name} is a group; name a case of it")));
    };
    let mut out = Screen::stdout();
    out.plain(format!("# {}: {}", case.name(), case.about()))?;
    out.page(&case.script().to_toml())?;
    Ok(Exit::OK)
}
