//! The sources of logins of this command, in their order.

use crate::exit::{Exit, Failure};
use gatepass_credentials::{Chain, CommandSource, Environment, Explicit, GitCredential, Netrc, NtlmUserFile};
#[cfg(feature = "keyring")]
use gatepass_credentials::{Keyring, Store};

/// What a proxy may get that was configured: what is `given` with it, the environment, files, the keyring, git's helpers, a
/// command. Without a prompt.
pub(crate) fn for_proxies(given: Option<Explicit>, command: Option<&str>) -> Result<Chain, Failure> {
    let mut chain = Chain::new();
    if let Some(given) = given {
        chain = chain.with(given);
    }
    chain = chain.with(Environment::new()).with(NtlmUserFile::from_environment()).with(Netrc::usual());
    chain = with_keyrings(chain).with(GitCredential::new());
    let command = match command {
        Some(line) => Some(CommandSource::new(line)),
        None => {
            CommandSource::from_environment().map_err(|error| Failure::new(Exit::USAGE, error.to_string()))?
        }
    };
    Ok(match command {
        Some(command) => chain.with(command),
        None => chain,
    })
}

/// With the keyrings of this platform, where this program is built with them.
#[cfg(feature = "keyring")]
pub(crate) fn with_keyrings(chain: Chain) -> Chain {
    Store::all().iter().fold(chain, |chain, store| chain.with(Keyring::new(*store)))
}

#[cfg(not(feature = "keyring"))]
pub(crate) fn with_keyrings(chain: Chain) -> Chain {
    chain
}
