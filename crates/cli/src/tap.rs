//! `gatepass tap`: between a client and a real proxy, to write down what both say.

use crate::exit::{Exit, Failure};
use crate::mock_proxy::{End, unable, unstarted};
use crate::password::PasswordArgs;
use crate::place;
use crate::records::{RecordArgs, private, secrets, unwritable};
use crate::screen::{Screen, remark};
use gatepass_mock_proxy::{Tap, Tapping};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Stand between a client and a real proxy, and write down what both say
#[derive(clap::Args)]
#[command(after_help = "\
It prints `listening on http://127.0.0.1:PORT` when it is ready: give that to the client as its proxy. Every byte passes as it \
is, both ways. It ends with exit code 0 on SIGINT and SIGTERM.

What can be used to guess at a password is left out of all that is written, unless --keep-responses is said. Within tunnels \
nothing is read, only counted.")]
pub(crate) struct TapArgs {
    /// The real proxy: http://HOST[:PORT], or HOST:PORT
    #[arg(long, value_name = "URL|HOST:PORT")]
    to: String,
    /// Listen here; a loopback address, port 0 for any free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Print the conversation at the end, each message decoded
    #[arg(long, help_heading = "Transcript")]
    transcript: bool,
    #[command(flatten)]
    records: RecordArgs,
    /// Write the responses to challenges too: whoever reads them can guess at the password
    #[arg(long, help_heading = "Transcript")]
    keep_responses: bool,
    /// Write the logins to NAME.json, a fixture for check-vectors; the responses in it prove the password `replaced`, or with
    /// --keep-responses the real one, which is then asked for and written too
    #[arg(long, value_name = "NAME", help_heading = "Transcript")]
    fixture: Option<String>,
    #[command(flatten)]
    password: PasswordArgs,
}

pub(crate) fn run(args: &TapArgs) -> Result<Exit, Failure> {
    let proxy = plain_address(&args.to, "--to")?;
    let fixture = args.fixture.as_deref().map(|name| fixture(name, args)).transpose()?;
    let (records, observer) = args.records.open(secrets(args.keep_responses))?;
    let tap = Tap::before(proxy).with_address(args.listen).observer(observer);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unable)?;
    let tapping = runtime.block_on(async {
        // Before the line that says ready: whoever reads it may send a signal at once.
        let end = End::new().map_err(unable)?;
        let tapping = tap.start().map_err(|error| unstarted(&error))?;
        Screen::stdout().plain(format!("listening on {}", tapping.url()))?;
        end.wait().await;
        Ok::<Tapping, Failure>(tapping)
    })?;
    let transcript = tapping.finish();
    records.finish(&transcript)?;
    if let Some(Fixture { name, path, password }) = fixture {
        match transcript.to_fixture(&name, password.as_ref()) {
            Ok(text) => {
                private(&path)?.write_all(text.as_bytes()).map_err(|error| unwritable(&path, &error))?;
            }
            Err(why) => remark(&format!("no fixture is written: {why}")),
        }
    }
    if args.transcript {
        Screen::stdout().page(&transcript.to_string())?;
    }
    Ok(Exit::OK)
}

/// What becomes of the logins.
struct Fixture {
    name: String,
    path: PathBuf,
    /// The real one, where it stays.
    password: Option<gatepass::Password>,
}

fn fixture(name: &str, args: &TapArgs) -> Result<Fixture, Failure> {
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        return Err(Failure::new(
            Exit::USAGE,
            "--fixture wants a name of letters, digits, '-', '_' and '.', which becomes that of a file here",
        ));
    }
    let password =
        args.keep_responses.then(|| args.password.password("the user who will log in")).transpose()?;
    Ok(Fixture { name: name.to_owned(), path: format!("{name}.json").into(), password })
}

/// `host:port` of a proxy that speaks plain HTTP.
pub(crate) fn plain_address(text: &str, option: &str) -> Result<String, Failure> {
    let place = place::parse(text)?;
    match place.scheme() {
        "http" => Ok(format!("{}:{}", place.host(), place.port())),
        scheme => Err(Failure::new(
            Exit::UNSUPPORTED,
            format!("{option} wants a proxy that speaks plain HTTP, not {scheme}"),
        )),
    }
}
