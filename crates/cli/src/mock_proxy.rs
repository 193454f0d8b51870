//! `gatepass mock-proxy`: the mock proxy as a process, for clients in any language.

use crate::exit::{Exit, Failure, Reason};
use crate::records::{RecordArgs, private, secrets, unwritable};
use crate::screen::{Line, Screen, remark};
use gatepass::Password;
use gatepass::backend::Principal;
use gatepass_credentials::local;
use gatepass_mock_proxy::{Error, Fault, MockProxy, Personality, Running, Script, TokenFault, WebPage};
use std::error::Error as _;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The account that there is where none is given.
const DEFAULT: (&str, &str, &str) = ("CORP", "alice", "gatepass");

/// Run a proxy that asks for NTLM, to test clients against
// No `Debug`: the accounts have passwords.
#[derive(clap::Args)]
#[command(after_help = "\
It prints `listening on http://127.0.0.1:PORT` when it is ready, and ends with exit code 0 on SIGINT and SIGTERM. Behind \
it stand http://origin.test/ and https://origin.test/ with /echo, /bytes/N, /status/N, and /ntlm/, which asks for NTLM \
itself. It forwards to loopback addresses, to what --allow names, and nowhere else.

Without --account and --accounts-file there is the account CORP\\alice with the password gatepass. The lines of an \
accounts file are DOMAIN\\user:password; empty lines and lines that begin with # are skipped.")]
pub(crate) struct MockProxyArgs {
    /// Listen here; a loopback address unless --allow-remote is there, port 0 for any free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Let --listen name an address that other machines reach: whoever does can use this proxy
    #[arg(long)]
    allow_remote: bool,
    /// Forward to HOST too, which is no loopback address
    #[arg(long, value_name = "HOST[:PORT]")]
    allow: Vec<String>,
    /// An account; visible to other users of this machine, which --accounts-file is not
    #[arg(long, value_name = "DOMAIN\\USER:PW")]
    account: Vec<String>,
    /// Accounts, one a line
    #[arg(long, value_name = "FILE")]
    accounts_file: Option<PathBuf>,
    /// An account of the server behind the proxy, below /ntlm/ (without: the proxy's accounts)
    #[arg(long, value_name = "DOMAIN\\USER:PW")]
    origin_account: Vec<String>,
    /// Offer these schemes, at the proxy and below /ntlm/ (without: ntlm)
    #[arg(long, value_name = "SCHEME", value_delimiter = ',')]
    offer: Vec<Offered>,
    /// Write the certificate that a client must trust for https://origin.test/ to FILE (PEM)
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Do as FILE says: accounts, offers, what goes wrong when (TOML)
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Write responses as a known peer does: see --list-personalities
    #[arg(long, value_name = "NAME")]
    like: Option<String>,
    /// Serve a web page that shows what happens and switches faults; without ADDRESS:PORT on any free port of loopback
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = "127.0.0.1:0")]
    page: Option<SocketAddr>,
    /// Print the peers that it can be like, and what each rests on, and end
    #[arg(long)]
    list_personalities: bool,
    /// Print what can go wrong in a script, and end
    #[arg(long)]
    list_faults: bool,
    /// Print the JSON Schema of a script, and end
    #[arg(long)]
    print_schema: bool,
    /// Print the conversation at the end, each message decoded
    #[arg(long, help_heading = "Transcript")]
    transcript: bool,
    #[command(flatten)]
    records: RecordArgs,
    /// Write what a password can be guessed from into the files too: for accounts that are worth nothing
    #[arg(long, help_heading = "Transcript")]
    reveal: bool,
    /// Write the NT hashes of the accounts to FILE, a keytab with which Wireshark decrypts sealed NTLM
    #[arg(long, value_name = "FILE", help_heading = "Transcript")]
    key_log: Option<PathBuf>,
}

/// A scheme that can be offered.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Offered {
    /// SPNEGO with NTLM inside
    Negotiate,
    /// NTLM
    Ntlm,
    /// The password itself
    Basic,
}

impl From<Offered> for gatepass_mock_proxy::Offered {
    fn from(offered: Offered) -> Self {
        match offered {
            Offered::Negotiate => Self::Negotiate,
            Offered::Ntlm => Self::Ntlm,
            Offered::Basic => Self::Basic,
        }
    }
}

pub(crate) fn run(args: &MockProxyArgs) -> Result<Exit, Failure> {
    if args.list_personalities {
        return list_personalities();
    }
    if args.list_faults {
        return list_faults();
    }
    if args.print_schema {
        Screen::stdout().page(Script::SCHEMA)?;
        return Ok(Exit::OK);
    }
    let (records, observer) = args.records.open(secrets(args.reveal))?;
    let proxy = configured(args)?.observer(observer);
    if let Some(path) = &args.key_log {
        private(path)?.write_all(&proxy.keytab()).map_err(|error| unwritable(path, &error))?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unable)?;
    let running = runtime.block_on(async {
        // Before the line that says ready: whoever reads it may send a signal at once.
        let end = End::new().map_err(unable)?;
        let running = proxy.start().map_err(|error| unstarted(&error))?;
        if let Some(path) = &args.ca_file {
            local(path).and_then(|path| std::fs::write(path, running.ca_pem())).map_err(|error| {
                Failure::new(Exit::WRITE, format!("cannot write {}: {}", path.display(), Reason(&error)))
            })?;
        }
        if !running.address().ip().to_canonical().is_loopback() {
            remark(
                "other machines reach this proxy, and whoever does can use it: its passwords are no secrets",
            );
        }
        Screen::stdout().plain(format!("listening on {}", running.url()))?;
        if let Some(url) = running.page_url() {
            Screen::stdout().plain(format!("page at {url}"))?;
        }
        end.wait().await;
        Ok::<Running, Failure>(running)
    })?;
    let unreached = running.unreached_faults();
    let transcript = running.finish();
    records.finish(&transcript)?;
    if args.transcript {
        Screen::stdout().page(&transcript.to_string())?;
    }
    for planned in unreached {
        remark(&format!("never reached: {planned}"));
    }
    Ok(Exit::OK)
}

fn configured(args: &MockProxyArgs) -> Result<MockProxy, Failure> {
    let (mut script, mut text) = args.script.as_deref().map(scripted).transpose()?.unzip();
    let followed = script.get_or_insert_default();
    if let Some(name) = &args.like {
        if Personality::named(name).is_none() {
            let known = Personality::names().join(", ");
            return Err(Failure::new(Exit::USAGE, format!("--like knows no {name}; it knows {known}")));
        }
        followed.like = Some(name.clone());
        text = None;
    }
    if !args.offer.is_empty() {
        followed.offer = args.offer.iter().copied().map(gatepass_mock_proxy::Offered::from).collect();
        text = None;
    }
    let mut proxy = accounts(args, followed.accounts.is_empty())?.with_address(args.listen);
    for place in &args.allow {
        proxy = proxy.allow(place);
    }
    if args.allow_remote {
        proxy = proxy.allow_remote();
    }
    if let Some(address) = args.page {
        let page = WebPage::new().with_address(address);
        proxy = proxy.page(match text {
            Some(text) => page.with_script(text),
            None => page,
        });
    }
    // The script comes last: what was said before it stays when the page puts another script in its place.
    proxy.script(followed).map_err(|error: Error| Failure::new(Exit::USAGE, error.to_string()))
}

/// A mock proxy with the accounts that the arguments name; where there is none anywhere, with one that is announced.
fn accounts(args: &MockProxyArgs, none_scripted: bool) -> Result<MockProxy, Failure> {
    let mut proxy = MockProxy::new();
    let mut accounts = Vec::new();
    for line in &args.account {
        accounts.push(account(line).ok_or_else(|| not_an_account("--account"))?);
    }
    if let Some(path) = &args.accounts_file {
        accounts.extend(listed(path)?);
    }
    if accounts.is_empty() && none_scripted {
        let (domain, user, password) = DEFAULT;
        remark(&format!("the account is {domain}\\{user} with the password {password}"));
        accounts.push((Principal::new(domain, user), Password::from(password)));
    }
    for (principal, password) in accounts {
        proxy = proxy.account(principal.domain(), principal.user(), password);
    }
    for line in &args.origin_account {
        let (principal, password) = account(line).ok_or_else(|| not_an_account("--origin-account"))?;
        proxy = proxy.origin_account(principal.domain(), principal.user(), password);
    }
    Ok(proxy)
}

/// The script in the file at `path`, and its text.
fn scripted(path: &Path) -> Result<(Script, String), Failure> {
    let shown = path.display();
    let text = local(path).and_then(std::fs::read_to_string).map_err(|error| {
        Failure::new(Exit::READ, format!("cannot read the script {shown}: {}", Reason(&error)))
    })?;
    match Script::parse(&text) {
        Ok(script) => Ok((script, text)),
        Err(error) => {
            let what = format!("{shown}:{}: {}", error.line(), error.without_line());
            Err(Failure::new(Exit::USAGE, what))
        }
    }
}

fn list_personalities() -> Result<Exit, Failure> {
    let mut out = Screen::stdout();
    for name in Personality::names() {
        let Some(personality) = Personality::named(&name) else { continue };
        out.line(&Line::new().strong(format!("{name:22}")).plain(&personality.sentence))?;
        let mut more = vec![format!("rests on {}", personality.rests_on)];
        more.extend(personality.deviations.iter().map(|deviation| format!("but {deviation}")));
        for line in more {
            out.line(&Line::new().faint(format!("{:22}{line}", "")))?;
        }
    }
    Ok(Exit::OK)
}

fn list_faults() -> Result<Exit, Failure> {
    let mut out = Screen::stdout();
    for kind in Fault::KINDS {
        let legs: Vec<_> = kind.legs.iter().map(ToString::to_string).collect();
        out.line(&Line::new().strong(format!("{:17}", kind.name)).plain(kind.sentence))?;
        out.line(&Line::new().faint(format!("{:17}fault = {}  in {}", "", kind.example, legs.join(", "))))?;
    }
    out.line(&Line::new().plain(format!("kinds of token fault: {}", TokenFault::NAMES.join(", "))))?;
    Ok(Exit::OK)
}

fn listed(path: &Path) -> Result<Vec<(Principal, Password)>, Failure> {
    let failed = |why: String| {
        Failure::new(Exit::READ, format!("cannot use the accounts file {}: {why}", path.display()))
    };
    let text =
        local(path).and_then(std::fs::read_to_string).map_err(|error| failed(Reason(&error).to_string()))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            account(line).ok_or_else(|| {
                failed(format!("line {} is not DOMAIN\\user:password", number.saturating_add(1)))
            })
        })
        .collect()
}

/// `DOMAIN\user:password`
fn account(line: &str) -> Option<(Principal, Password)> {
    let (name, password) = line.split_once(':')?;
    let principal = Principal::parse(name);
    (!principal.user().is_empty()).then(|| (principal, Password::from(password)))
}

fn not_an_account(option: &str) -> Failure {
    Failure::new(
        Exit::USAGE,
        format!("{option} wants 'DOMAIN\\user:password' (in single quotes, for the backslash)"),
    )
}

pub(crate) fn unstarted(error: &Error) -> Failure {
    let exit =
        if matches!(error, Error::NotLoopback(_) | Error::Allow(_)) { Exit::USAGE } else { Exit::FAILED };
    let why = error.source().and_then(|source| source.downcast_ref::<io::Error>()).map(Reason);
    Failure::new(
        exit,
        match why {
            Some(why) => format!("{error}: {why}"),
            None => error.to_string(),
        },
    )
}

pub(crate) fn unable(error: io::Error) -> Failure {
    Failure::new(Exit::FAILED, format!("cannot start: {}", Reason(&error)))
}

/// SIGINT and SIGTERM, or what the platform has in their place.
pub(crate) struct End {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl End {
    #[cfg(unix)]
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { signals: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
    }

    #[cfg(unix)]
    pub(crate) async fn wait(self) {
        let [mut interrupt, mut terminate] = self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "the other platform's signals can fail")]
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    pub(crate) async fn wait(self) {
        // Without a handler there is no end but to be killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
