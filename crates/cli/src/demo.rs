//! `gatepass demo`: the whole way of a login, with nothing to install and no network.
//!
//! A mock proxy and a server stand on loopback; the client that `fetch` uses fetches through them. Then a wrong password,
//! and messages that somebody on the way has changed, must be refused. With `--proxy` the same client shows the reader's
//! own proxy, where nothing is tried that could lock an account.

mod diary;
mod own_proxy;
mod relay;
mod stage;

use crate::exit::{Exit, Failure};
use crate::password::PasswordArgs;
use crate::screen::{Line, Screen, Style};
use diary::Detail;
use relay::{Change, Relay};
use stage::Stage;
use std::io;
use std::path::PathBuf;

/// Show the conversation of a login: nothing to install, no network
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without --proxy all of it happens on loopback. With --proxy it logs in to that proxy for the URLs, once each; it tries no \
wrong password there, for accounts get locked. The password comes from --password-file, --password-stdin, \
GATEPASS_PASSWORD or a prompt.

Exit code 0: everything was as it should be.")]
pub(crate) struct DemoArgs {
    /// Show your own proxy: [http://|https://]host[:port]
    #[arg(long, value_name = "PROXY", requires = "user")]
    proxy: Option<String>,
    /// Your name at that proxy: DOMAIN\user or user@realm
    #[arg(long, value_name = "NAME", requires = "proxy")]
    user: Option<String>,
    /// What to fetch through that proxy
    #[arg(long, value_name = "URL", requires = "proxy", default_values = ["http://example.com/", "https://example.com/"])]
    url: Vec<String>,
    /// Trust the certificates in FILE (PEM) for https:// URLs, instead of the platform's
    #[arg(long, value_name = "FILE", requires = "proxy")]
    cacert: Option<PathBuf>,
    /// Trust the certificates in FILE (PEM) for an https:// proxy
    #[arg(long, value_name = "FILE", requires = "proxy")]
    proxy_cacert: Option<PathBuf>,
    #[command(flatten)]
    password: PasswordArgs,
}

/// What was to be shown, and whether it was.
struct Proof {
    what: &'static str,
    shown: bool,
}

pub(crate) fn run(args: &DemoArgs) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::FAILED, format!("cannot start: {error}")))?;
    match (&args.proxy, &args.user) {
        (Some(proxy), Some(user)) => runtime.block_on(own_proxy::show(args, proxy, user)),
        _ => runtime.block_on(loopback()),
    }
}

async fn loopback() -> Result<Exit, Failure> {
    let mut out = Screen::stdout();
    let stage = Stage::set()?;
    out.plain(format!(
        "A proxy that asks for NTLM listens on {}, a server stands behind it.",
        stage.proxy_url()
    ))?;

    let mut proofs = Vec::new();
    let mut prove = |what, shown| proofs.push(Proof { what, shown });

    heading(&mut out, "1. A page over http")?;
    let page = stage.fetch(stage.proxy_url(), Stage::PASSWORD, stage.page(), Detail::Decoded).await;
    stage.report(&mut out, &page)?;
    prove(
        "a page came over http, through the proxy, logged in by NTLMv2 on one connection",
        page.got_page() && page.attempts == 1 && page.connections == 1,
    );

    heading(&mut out, "2. A page over https")?;
    let secure = stage.fetch(stage.proxy_url(), Stage::PASSWORD, stage.secure_page(), Detail::Decoded).await;
    stage.report(&mut out, &secure)?;
    prove(
        "a page came over https, through a tunnel that the login opened",
        secure.got_page() && secure.attempts == 1,
    );
    prove("the server saw no login that was meant for the proxy", stage.origin_saw_no_login());

    heading(&mut out, "3. A wrong password")?;
    let wrong = stage.fetch(stage.proxy_url(), "a wrong password", stage.page(), Detail::Title).await;
    stage.report(&mut out, &wrong)?;
    prove("a wrong password was refused, after one attempt", wrong.was_refused() && wrong.attempts == 1);

    let mut changed = Vec::new();
    for (change, title) in [
        (Change::Nothing, "4. Somebody on the way reads everything, and changes nothing"),
        (Change::Mic, "5. Somebody on the way changes a byte of the MIC, which covers all three messages"),
        (Change::Proof, "6. Somebody on the way changes a byte of the proof of the password"),
    ] {
        heading(&mut out, title)?;
        let relay = Relay::start(stage.address(), change)
            .await
            .map_err(|error| Failure::new(Exit::FAILED, format!("cannot listen on loopback: {error}")))?;
        let answer = stage.fetch(&relay.url(), Stage::PASSWORD, stage.page(), Detail::Title).await;
        stage.report(&mut out, &answer)?;
        changed.push((answer, relay.finish()));
    }
    if let [(unchanged, overheard), (mic, _), (proof, _)] = changed.as_slice() {
        prove(
            "what was only overheard holds no password",
            unchanged.got_page() && !overheard.holds(Stage::PASSWORD),
        );
        prove("a changed MIC was refused, with the right password", mic.was_refused() && mic.attempts == 1);
        prove(
            "a changed proof was refused, with the right password",
            proof.was_refused() && proof.attempts == 1,
        );
    }
    summary(&mut out, &proofs)
}

fn heading(out: &mut Screen, title: &str) -> io::Result<()> {
    out.plain("")?;
    out.line(&Line::new().strong(title))
}

fn summary(out: &mut Screen, proofs: &[Proof]) -> Result<Exit, Failure> {
    heading(out, "Summary")?;
    for Proof { what, shown } in proofs {
        let verdict = if *shown { (Style::Good, "proved") } else { (Style::Bad, "FAILED") };
        out.line(&Line::new().plain("  ").styled(verdict.0, verdict.1).plain(format!("  {what}")))?;
    }
    let missing = proofs.iter().filter(|proof| !proof.shown).count();
    match missing {
        0 => Ok(Exit::OK),
        _ => Err(Failure::new(
            Exit::FAILED,
            format!("{missing} of {} things were not as they should be; see above", proofs.len()),
        )),
    }
}
