//! `gatepass whoami`: which login a proxy or server would get, and from where.

use crate::exit::{Exit, Failure};
use crate::place::{PlaceArgs, configured, of_proxy};
use crate::screen::{Line, Screen};
use crate::sources;
use gatepass::Platform;
use gatepass::backend::{Credentials, Request};
use gatepass_credentials::{Explicit, Place};

/// Show who logs in at a proxy, and where that login comes from; never the secret
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It shows the login that a proxy would get without -U: that of the proxy's URL, else of the environment, NTLM_USER_FILE, \
.netrc, the system's keyring, git's credential helpers, or the command of --credential-command. What failed on the way is \
shown too, and whose Kerberos ticket goes before that; on Windows, that the current user comes after it. Exit code 1: a proxy \
has none of these.")]
pub(crate) struct WhoamiArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// Ask this command for logins, when nothing else knows one
    #[arg(long, value_name = "LINE")]
    credential_command: Option<String>,
}

pub(crate) fn run(args: &WhoamiArgs) -> Result<Exit, Failure> {
    let mut ended = Exit::OK;
    let mut out = Screen::stdout();
    // Without a source of passwords: what logs in by itself.
    let own = Platform::new().why();
    for (place, in_url) in places(args)? {
        // A login that is given as such has no ticket in its place.
        let own: Vec<_> = own.iter().filter(|reason| reason.is_usable() && in_url.is_none()).collect();
        let given = in_url.map(|credentials| Explicit::new(credentials).called("the proxy's URL"));
        let chain = sources::for_proxies(given, args.credential_command.as_deref())?;
        let answer = chain.answer(&Request::new().with_peer(place.to_string()));
        let line = Line::new().strong(place.to_string()).plain(": ");
        out.line(&match (answer.credentials(), answer.source()) {
            (Some(credentials), Some(source)) => line.plain(format!("{}, from {source}", shown(credentials))),
            _ if own.is_empty() => {
                ended = Exit::FAILED;
                line.plain("no login is known; store one: gatepass login")
            }
            _ => line.plain("no password is known, if one is needed; store one: gatepass login"),
        })?;
        for reason in own {
            out.line(&Line::new().plain(format!("  {TURN}{reason}")))?;
        }
        for failed in answer.failures() {
            out.line(&Line::new().faint(format!("  {failed}")))?;
        }
    }
    if ended == Exit::FAILED {
        for reason in own.iter().filter(|reason| reason.mechanism() != "NTLM") {
            out.line(&Line::new().faint(reason.to_string()))?;
        }
    }
    Ok(ended)
}

/// When it is the turn of what logs in by itself.
const TURN: &str = if cfg!(windows) { "or else by " } else { "first by " };

/// The places to look at, with the login that stands in a proxy's URL.
fn places(args: &WhoamiArgs) -> Result<Vec<(Place, Option<Credentials>)>, Failure> {
    if args.place.is_named() {
        return Ok(vec![(args.place.one()?, None)]);
    }
    let proxies = configured()?;
    let places: Vec<_> = proxies
        .iter()
        .map(|proxy| Ok((of_proxy(proxy)?, proxy.credentials().cloned())))
        .collect::<Result<_, Failure>>()?;
    if places.is_empty() {
        let sentence =
            "no proxy is configured (http_proxy, https_proxy); name one: gatepass whoami http://HOST:PORT";
        return Err(Failure::new(Exit::USAGE, sentence));
    }
    Ok(places)
}

fn shown(credentials: &Credentials) -> String {
    match credentials {
        Credentials::Password(who, _) => format!("{who} (password)"),
        Credentials::NtHash(who, _) => format!("{who} (NT hash)"),
        _ => String::from("the current user"),
    }
}
