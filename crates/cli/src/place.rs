//! Whom a stored login is for: a proxy or a server, by scheme, host and port.

use crate::exit::{Exit, Failure};
use gatepass_client::{Proxies, Proxy, SystemProxy};
use gatepass_credentials::Place;

/// The option that names one.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PlaceArgs {
    /// Proxy or server: http://HOST[:PORT], https://HOST[:PORT], or HOST:PORT for http; the configured proxy if left out
    #[arg(value_name = "URL|HOST:PORT")]
    place: Option<String>,
}

impl PlaceArgs {
    /// The place that is named, or the one proxy that is configured.
    pub(crate) fn one(&self) -> Result<Place, Failure> {
        if let Some(text) = &self.place {
            return parse(text);
        }
        let proxies: Vec<_> = configured()?.iter().map(of_proxy).collect::<Result<_, _>>()?;
        match proxies.as_slice() {
            [place] => Ok(place.clone()),
            [] => Err(Failure::new(
                Exit::USAGE,
                "no proxy is configured (http_proxy, https_proxy); name one: gatepass login http://HOST:PORT",
            )),
            places => {
                let names: Vec<_> = places.iter().map(ToString::to_string).collect();
                Err(Failure::new(
                    Exit::USAGE,
                    format!("there are several proxies; name one: {}", names.join(", ")),
                ))
            }
        }
    }

    /// Whether one is named.
    pub(crate) const fn is_named(&self) -> bool {
        self.place.is_some()
    }
}

/// The proxies that `gatepass fetch` would use without -x.
pub(crate) fn configured() -> Result<Proxies, Failure> {
    let unclear = |error: gatepass_client::Error| Failure::new(Exit::PROXY_RESOLVE, error.to_string());
    let named = Proxies::from_environment(|name| std::env::var(name).ok()).map_err(unclear)?;
    if !named.is_empty() {
        return Ok(named);
    }
    Ok(SystemProxy::read().map_err(unclear)?.map_or(named, |system| system.proxies))
}

/// Where a proxy is.
pub(crate) fn of_proxy(proxy: &Proxy) -> Result<Place, Failure> {
    Place::parse(&proxy.to_string()).map_err(|error| Failure::new(Exit::USAGE, error.to_string()))
}

/// The place that `text` names, a URL or HOST:PORT.
pub(crate) fn parse(text: &str) -> Result<Place, Failure> {
    let url = match text.split_once("://") {
        Some(_) => text.to_owned(),
        // Without a scheme nobody knows which port is meant: a web server's, or one that is usual for proxies.
        None if text.ends_with(':')
            || !text.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with(':') =>
        {
            return Err(Failure::new(Exit::USAGE, "name the port: HOST:PORT, or a URL such as https://HOST"));
        }
        None => format!("http://{text}"),
    };
    Place::parse(&url).map_err(|error| Failure::new(Exit::USAGE, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_needs_a_scheme_or_a_port() {
        for (text, expected) in [
            ("proxy:8080", Some("http://proxy:8080")),
            ("https://Intranet.corp/path", Some("https://intranet.corp:443")),
            ("http://proxy", Some("http://proxy:80")),
            ("[::1]:1", Some("http://[::1]:1")),
            ("proxy", None),
            ("", None),
            ("proxy:", None),
            ("alice:pw@proxy:1", None),
            ("ftp://proxy:1", None),
        ] {
            assert_eq!(parse(text).ok().map(|place| place.to_string()).as_deref(), expected, "{text}");
        }
    }
}
