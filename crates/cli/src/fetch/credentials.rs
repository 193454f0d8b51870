//! Whose login goes to the proxy, and whose to the server.

use super::args::FetchArgs;
use crate::exit::{Exit, Failure};
use crate::password;
use gatepass::backend::{Credentials, Password, Principal};

/// Overrides [`password::VARIABLE`] for `-u`.
const USER_VARIABLE: &str = "GATEPASS_USER_PASSWORD";

/// The logins of a command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Logins {
    /// `-U`; `:` is the current user.
    pub(crate) proxy: Option<Credentials>,
    /// `-u`; the current user for `:`, and for `--negotiate` alone.
    pub(crate) origin: Option<Credentials>,
}

/// Reads both logins; a password that does not stand on the command line comes from elsewhere.
pub(crate) fn logins(args: &FetchArgs) -> Result<Logins, Failure> {
    let proxy = args.proxy_user.as_deref().map(Name::parse).transpose()?;
    let origin = args.user.as_deref().map(Name::parse).transpose()?;
    // The sources belong to -U where both names have no password: see the long help.
    let taken = matches!(&proxy, Some(Name::Bare(_)));
    let proxy = match proxy {
        Some(Name::Bare(name)) => Some(login(name, args.password.password(&name_shown(name))?)),
        Some(Name::Complete(credentials)) => Some(credentials),
        None => None,
    };
    let origin = match origin {
        Some(Name::Bare(name)) => {
            let shown = name_shown(name);
            let password = match (&args.user_password_file, password::from_variable(USER_VARIABLE)?) {
                (Some(path), _) => password::from_file(path)?,
                (None, Some(password)) => password,
                (None, None) if taken => password::from_prompt(&shown)?,
                (None, None) => args.password.password(&shown)?,
            };
            Some(login(name, password))
        }
        Some(Name::Complete(credentials)) => Some(credentials),
        // Asked for by name, the ticket is meant. No server gets it for its own asking.
        None => args.negotiate.then_some(Credentials::CurrentUser),
    };
    Ok(Logins { proxy, origin })
}

enum Name<'a> {
    /// A name without a password.
    Bare(&'a str),
    /// A name with its password, or the current user.
    Complete(Credentials),
}

impl<'a> Name<'a> {
    fn parse(text: &'a str) -> Result<Self, Failure> {
        match text.split_once(':') {
            Some(("", "")) => Ok(Self::Complete(Credentials::CurrentUser)),
            Some((name, password)) => Ok(Self::Complete(login(name, Password::from(password)))),
            None => Ok(Self::Bare(text)),
        }
    }
}

fn login(name: &str, password: Password) -> Credentials {
    Credentials::Password(Principal::parse(name), password)
}

fn name_shown(name: &str) -> String {
    Principal::parse(name).to_string()
}

/// Refuses what would need a mechanism that is not built in.
pub(crate) fn check_mechanisms(args: &FetchArgs) -> Result<(), Failure> {
    let at_proxy = args.proxy_negotiate || args.proxy_ntlm || args.proxy_basic || args.proxy_anyauth;
    let at_server = args.negotiate || args.ntlm || args.basic || args.anyauth;
    let wanted =
        [(args.proxy_digest && !at_proxy, "--proxy-digest"), (args.digest && !at_server, "--digest")];
    match wanted.into_iter().find(|(wanted, _)| *wanted) {
        Some((_, option)) => Err(Failure::new(
            Exit::UNSUPPORTED,
            format!(
                "{option} needs a mechanism that is not built in; leave it out to log in by Negotiate or NTLM"
            ),
        )),
        None => Ok(()),
    }
}
