//! Logins that nobody typed: what a proxy may get, and the little that a server may.

use super::args::FetchArgs;
use super::watch::Watch;
use crate::exit::{Exit, Failure};
use crate::sources;
use gatepass::backend::{Credentials, Request};
use gatepass_client::Origin;
use gatepass_credentials::{Chain, Netrc, Place, Prompt};
use std::sync::Arc;

/// What stands in a sentence that says that no login is known.
pub(crate) const ASKED: &str =
    "not by the environment, files, keyring, git or a command: give -U, or store one by gatepass login";

/// What a proxy gets that was configured: all sources, and whoever sits at the terminal at last. On Windows nobody is asked: what a
/// source knows goes before the login of Windows, which is always there, and typing is what it is there to save.
pub(crate) fn for_proxies(args: &FetchArgs, watch: &Arc<Watch>) -> Result<Chain, Failure> {
    let chain = sources::for_proxies(None, args.credential_command.as_deref())?;
    let reads_stdin = args.password.takes_stdin()
        || args.upload_file.as_deref().is_some_and(|path| path.as_os_str() == "-");
    let chain = if reads_stdin || cfg!(windows) { chain } else { chain.with(Prompt::new()) };
    Ok(reported(chain, watch).called(ASKED))
}

/// What a server gets without -u: the entry of --netrc, and, where a mechanism is named for servers, what was stored by `gatepass
/// login` for exactly this origin. Secrets that serve everybody never go to a server only because it asks; and whoever names no
/// mechanism is not kept waiting by a keyring for a server that asks for nothing.
pub(crate) fn for_origin(
    args: &FetchArgs,
    origin: &Origin,
    watch: &Arc<Watch>,
) -> Result<Option<Credentials>, Failure> {
    let mut chain = Chain::new();
    let netrc = match &args.netrc_file {
        Some(path) => Some(Netrc::new(path)),
        None => (args.netrc || args.netrc_optional).then(Netrc::usual),
    };
    let asked = netrc.is_some();
    if let Some(netrc) = netrc {
        chain = chain.with(netrc.with_default());
    }
    if args.ntlm || args.negotiate || args.basic || args.anyauth {
        chain = sources::with_keyrings(chain);
    }
    let chain = reported(chain, watch);
    // An origin that is no place has a host that nothing is stored for.
    let Ok(place) = Place::parse(&origin.to_string()) else { return Ok(None) };
    let answer = chain.answer(&Request::new().with_peer(place.to_string()));
    let failed = answer.failures().iter().find(|failed| asked && failed.source() == "netrc");
    match (answer.credentials(), failed) {
        (None, Some(failed)) => Err(Failure::new(Exit::READ, failed.reason())),
        (found, _) => Ok(found.cloned()),
    }
}

fn reported(chain: Chain, watch: &Arc<Watch>) -> Chain {
    let watch = Arc::clone(watch);
    chain.with_report(move |request, answer| watch.answer(request.peer().unwrap_or_default(), answer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Args as _, FromArgMatches as _};

    #[test]
    fn somebody_is_asked_where_there_is_no_other_login_and_standard_input_is_free() {
        for (arguments, asked) in [
            (&["fetch", "http://origin.test/"][..], !cfg!(windows)),
            (&["fetch", "http://origin.test/", "-T", "-"], false),
            (&["fetch", "http://origin.test/", "--password-stdin", "-U", "alice"], false),
        ] {
            let matches = FetchArgs::augment_args(clap::Command::new("fetch")).get_matches_from(arguments);
            let args = FetchArgs::from_arg_matches(&matches).unwrap();
            let chain = for_proxies(&args, &Arc::new(Watch::new(false))).unwrap();
            assert_eq!(format!("{chain:?}").contains("Prompt"), asked, "{arguments:?}: {chain:?}");
        }
    }
}
