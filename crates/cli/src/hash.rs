//! `gatepass hash`: the hashes that NTLM makes of a password.

use crate::exit::{Exit, Failure};
use crate::hex;
use crate::password::{self, PasswordArgs};
use crate::screen::{Screen, remark};
use gatepass::backend::Principal;
use gatepass::engine::crypto::{ntowf_v1, ntowf_v2};
use std::io::{self, IsTerminal};

/// Print the NT hash of a password (and the NTOWFv2 of a user)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The password is read from the first of: --password-file, --password-stdin, the environment variable GATEPASS_PASSWORD, \
standard input if it is no terminal, a prompt without echo. One newline at its end is removed. There is no option that \
takes the password itself, since every user of this machine could read it.
Both hashes are as good as the password: whoever has one can log in with it.")]
pub(crate) struct HashArgs {
    /// Also print the NTOWFv2 of this user: USER, DOMAIN\USER or USER@REALM
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// The user's domain, exactly as the client sends it
    #[arg(long, value_name = "DOMAIN", requires = "user")]
    domain: Option<String>,
    #[command(flatten)]
    password: PasswordArgs,
}

pub(crate) fn run(args: &HashArgs) -> Result<Exit, Failure> {
    let whom = args.user.as_deref().unwrap_or("the hash");
    let password = match args.password.named()? {
        Some(password) => password,
        None if io::stdin().is_terminal() => password::from_prompt(whom)?,
        None => password::from_stdin()?,
    };
    let nt_hash = ntowf_v1(password.expose());
    let mut out = Screen::stdout();
    out.plain(format!("NT hash (NTOWFv1): {}", hex::encode(nt_hash.expose())))?;
    if let Some(user) = &args.user {
        let principal = Principal::parse(user);
        let domain = args.domain.as_deref().unwrap_or_else(|| principal.domain());
        let hash = ntowf_v2(principal.user(), domain, &nt_hash);
        out.plain(format!("NTOWFv2:           {}", hex::encode(hash.expose())))?;
    }
    remark("keep this as secret as the password: whoever has the hash can log in with it");
    Ok(Exit::OK)
}
