//! `gatepass login` and `gatepass logout`: a login in the system's keyring, for one proxy or server.

use crate::exit::{Exit, Failure};
use crate::password::PasswordArgs;
use crate::place::PlaceArgs;
use crate::screen::{Screen, escape, remark};
use gatepass::backend::{Credentials, Principal};
use gatepass::crypto::ntowf_v1;
use gatepass_credentials::{Keyring, Place, Store};
use std::io::{self, IsTerminal as _, Write as _};

/// Store a login for a proxy or server in the system's keyring
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The password is read from the first of: --password-file, --password-stdin, the environment variable GATEPASS_PASSWORD, a \
prompt without echo. It is stored where it says: on Linux in the Secret Service (gnome-keyring, KWallet, KeePassXC), or, \
where there is none, in the kernel's keyring until the machine is restarted or it is unused for three days; in the Keychain of macOS; in the Credential \
Manager of Windows. `gatepass fetch` gives it to exactly this scheme, host and port. Nothing is sent to anybody now: whether \
the password is right is seen at the first use.")]
pub(crate) struct LoginArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// Who logs in: DOMAIN\user, user@realm or user; asked for if left out
    #[arg(short, long, value_name = "NAME")]
    user: Option<String>,
    /// Store the NT hash in place of the password: it logs in by NTLM just as well, and by nothing else
    #[arg(long)]
    hash: bool,
    /// Store it in this keyring and no other
    #[arg(long, value_name = "KEYRING", value_parser = store)]
    store: Option<Store>,
    #[command(flatten)]
    password: PasswordArgs,
}

/// Remove the stored login of a proxy or server from the system's keyrings
#[derive(Debug, clap::Args)]
pub(crate) struct LogoutArgs {
    #[command(flatten)]
    place: PlaceArgs,
}

pub(crate) fn login(args: &LoginArgs) -> Result<Exit, Failure> {
    let place = args.place.one()?;
    let principal = Principal::parse(&user(args, &place)?);
    let password = args.password.password(&format!("{principal} at {place}"))?;
    let credentials = if args.hash {
        Credentials::NtHash(principal.clone(), ntowf_v1(password.expose()))
    } else {
        Credentials::Password(principal.clone(), password)
    };
    let stores = args.store.as_ref().map_or(Store::all(), std::slice::from_ref);
    let mut failures: Vec<String> = Vec::new();
    for store in stores {
        match Keyring::new(*store).set(&place, &credentials) {
            Ok(()) => {
                failures.iter().for_each(|failure| remark(failure));
                let what = if args.hash { "the NT hash" } else { "the password" };
                let until = if store.outlives_a_restart() {
                    ""
                } else {
                    ", until the machine is restarted or it is unused for three days"
                };
                Screen::stdout().plain(format!(
                    "{what} of {principal} for {place} is stored in {}{until}",
                    store.name()
                ))?;
                return Ok(Exit::OK);
            }
            Err(error) => failures.push(error.to_string()),
        }
    }
    if failures.is_empty() {
        failures.push(String::from(
            "this platform has no keyring that is known here; use GATEPASS_USER and GATEPASS_PASSWORD",
        ));
    }
    Err(Failure::new(Exit::WRITE, format!("the login is not stored: {}", failures.join("; "))))
}

pub(crate) fn logout(args: &LogoutArgs) -> Result<Exit, Failure> {
    let place = args.place.one()?;
    let (mut removed, mut failures) = (false, Vec::<String>::new());
    for store in Store::all() {
        match Keyring::new(*store).remove(&place) {
            Ok(true) => {
                removed = true;
                Screen::stdout().plain(format!("the login for {place} is removed from {}", store.name()))?;
            }
            Ok(false) => {}
            Err(error) => failures.push(error.to_string()),
        }
    }
    if removed {
        // What cannot be looked into may still hold one.
        failures.iter().for_each(|failure| remark(failure));
        return Ok(Exit::OK);
    }
    failures.insert(0, format!("no login is stored for {place}"));
    Err(Failure::new(Exit::FAILED, failures.join("; ")))
}

fn user(args: &LoginArgs, place: &Place) -> Result<String, Failure> {
    if let Some(user) = &args.user {
        return Ok(user.clone());
    }
    let nobody = || {
        Failure::new(Exit::USAGE, format!("whose login for {place}? name the user: --user 'DOMAIN\\user'"))
    };
    if !io::stdin().is_terminal() {
        return Err(nobody());
    }
    let mut stderr = io::stderr();
    write!(stderr, "User name for {}: ", escape(&place.to_string())).and_then(|()| stderr.flush())?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    match line.trim() {
        "" => Err(nobody()),
        name => Ok(name.to_owned()),
    }
}

fn store(word: &str) -> Result<Store, String> {
    let known = || Store::all().iter().map(|store| store.word()).collect::<Vec<_>>().join(", ");
    let found = Store::all().iter().copied().find(|store| store.word() == word);
    found.ok_or_else(|| format!("the keyrings of this platform are: {}", known()))
}
