//! From the command line to a client: proxies, logins, trust, time limits, addresses.

use super::ambient;
use super::args::FetchArgs;
use super::credentials::Logins;
use super::failure;
use super::url::Url;
use super::watch::Watch;
use crate::exit::{Exit, Failure, Reason};
use crate::screen::{escape, remark};
use gatepass::Platform;
use gatepass::backend::Credentials;
use gatepass::http::{Mechanisms, Scheme};
use gatepass_client::{
    Client, Host, NoProxy, Proxies, Proxy, Redirects, Scope, Side, SystemProxy, Timeouts, Tls,
};
use gatepass_credentials::local;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A client for all URLs of the command line. A login at a server belongs to the servers of the URLs, and to no other
/// that a redirect may lead to.
pub(crate) async fn client(
    args: &FetchArgs,
    urls: &[Url],
    logins: &Logins,
    watch: &Arc<Watch>,
) -> Result<Client, Failure> {
    let proxies = proxies(args, logins.proxy.as_ref())?;
    let mut client = Client::new()
        .with_mechanisms(Side::Proxy, mechanisms(Asked::at_proxy(args), &at_proxy(args, watch)?))
        .with_mechanisms(Side::Origin, mechanisms(Asked::at_server(args), &at_server(watch)))
        .with_proxy(proxies.clone())
        .with_tls(trust(args.cacert.as_deref(), args.insecure)?)
        .with_proxy_tls(trust(args.proxy_cacert.as_deref(), args.proxy_insecure)?)
        .with_timeouts(timeouts(args))
        .with_redirects(redirects(args))
        .with_observer(Arc::<Watch>::clone(watch));
    for url in urls {
        let credentials = match url.credentials.as_ref().or(logins.origin.as_ref()) {
            Some(credentials) => Some(credentials.clone()),
            // Nothing runs yet that could be held up.
            None => ambient::for_origin(args, &url.origin, watch)?,
        };
        if let Some(credentials) = credentials {
            client = client.with_origin_credentials(Scope::Origin(url.origin.clone()), credentials);
        }
    }
    for (host, port, addresses) in stand_ins(args, urls, &proxies)? {
        client = client.with_addresses(host, port, addresses);
    }
    if args.ipv4 || args.ipv6 {
        client = with_one_family(args, urls, &proxies, client).await?;
    }
    Ok(client)
}

/// The mechanisms that the options of one side name.
#[derive(Clone, Copy, Debug)]
struct Asked {
    negotiate: bool,
    ntlm: bool,
    basic: bool,
    any: bool,
}

impl Asked {
    fn at_proxy(args: &FetchArgs) -> Self {
        Self {
            negotiate: args.proxy_negotiate,
            ntlm: args.proxy_ntlm,
            basic: args.proxy_basic,
            any: args.proxy_anyauth,
        }
    }

    fn at_server(args: &FetchArgs) -> Self {
        Self { negotiate: args.negotiate, ntlm: args.ntlm, basic: args.basic, any: args.anyauth }
    }
}

/// The login of the current user at a proxy, which was configured: a ticket, or what the sources know.
fn at_proxy(args: &FetchArgs, watch: &Arc<Watch>) -> Result<Platform, Failure> {
    Ok(at_server(watch).with_credentials(Arc::new(ambient::for_proxies(args, watch)?)))
}

/// The login of the current user at a server: a ticket alone, for a name and a password must be meant for it.
fn at_server(watch: &Arc<Watch>) -> Platform {
    let watch = Arc::clone(watch);
    Platform::new().with_listener(Arc::new(move |reason| watch.reason(reason)))
}

/// What is named; without a name, everything that does not give the password away.
fn mechanisms(asked: Asked, platform: &Platform) -> Mechanisms {
    let Asked { negotiate, ntlm, basic, any } = asked;
    let all = any || !(negotiate || ntlm || basic);
    let named = [(Scheme::Negotiate, negotiate || all), (Scheme::Ntlm, ntlm || all)];
    let schemes: Vec<_> = named.into_iter().filter_map(|(scheme, is)| is.then_some(scheme)).collect();
    let mechanisms = platform.mechanisms().only(&schemes);
    // The option is the word, as with curl; over plain HTTP a warning comes with it.
    if basic { mechanisms.allow_basic_over_plain_http_insecure() } else { mechanisms }
}

/// Says whose password everybody on the way can read.
pub(crate) fn warn_of_basic(args: &FetchArgs, urls: &[Url], client: &Client) {
    let plain_proxy =
        |url: &Url| client.proxy_for(&url.origin).is_some_and(|proxy| !proxy.origin().is_secure());
    if args.proxy_basic && urls.iter().any(plain_proxy) {
        remark(
            "--proxy-basic sends the password to the proxy in clear text: use an https:// proxy, or another mechanism",
        );
    }
    if args.basic && urls.iter().any(|url| !url.origin.is_secure()) {
        remark("--basic sends the password over plain http in clear text: use https, or another mechanism");
    }
}

/// `-x`, or else the environment, or else the system; `--noproxy` in place of `no_proxy`.
fn proxies(args: &FetchArgs, login: Option<&Credentials>) -> Result<Proxies, Failure> {
    // curl's no_proxy holds for -x too, and here for the system's proxy.
    let excepted = |proxies: Proxies| {
        let list = ["no_proxy", "NO_PROXY"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|list| !list.is_empty()));
        match list {
            Some(list) => proxies.with_no_proxy(NoProxy::parse(&list)),
            None => proxies,
        }
    };
    let mut proxies = match args.proxy.as_deref() {
        Some("") => Proxies::none(),
        Some(url) => {
            let mut proxy = Proxy::parse(url).map_err(|error| proxy_failure(url, &error))?;
            if let Some(credentials) = login {
                proxy = proxy.with_credentials(credentials.clone());
            }
            excepted(Proxies::all(proxy))
        }
        None => {
            let named = Proxies::from_environment(|name| std::env::var(name).ok());
            let named = named.map_err(|error| failure::of(&error))?;
            match if named.is_empty() { system(args.silent)? } else { None } {
                Some(found) => excepted(found),
                None => named,
            }
        }
    };
    if let Some(list) = &args.noproxy {
        proxies = proxies.with_no_proxy(NoProxy::parse(list));
    }
    // Whom the user configured gets the login of whoever the user is, without a word.
    Ok(proxies.with_default_credentials(login.unwrap_or(&Credentials::CurrentUser)))
}

/// The proxies of the system's settings, which only Windows has.
fn system(silent: bool) -> Result<Option<Proxies>, Failure> {
    let Some(found) = SystemProxy::read().map_err(|error| failure::of(&error))? else { return Ok(None) };
    if let Some(script) = found.script.filter(|_| !silent) {
        let instead =
            if found.proxies.is_empty() { "no proxy is used" } else { "the proxy beside it is used" };
        remark(&format!(
            "{} name a script that finds the proxy ({}), which is not run yet: {instead}; name another one with -x",
            found.place,
            escape(&script)
        ));
    }
    Ok(Some(found.proxies))
}

fn proxy_failure(url: &str, error: &gatepass_client::Error) -> Failure {
    match url.split_once("://") {
        Some((scheme, _)) if scheme.to_ascii_lowercase().starts_with("socks") => Failure::new(
            Exit::UNSUPPORTED,
            "SOCKS proxies are not built in; give an http:// or https:// proxy to -x",
        ),
        _ => Failure::new(Exit::PROXY_RESOLVE, format!("-x: {error}")),
    }
}

/// Whom to believe: the certificates in a file, the platform, or everybody.
pub(crate) fn trust(roots: Option<&Path>, insecure: bool) -> Result<Tls, Failure> {
    match roots {
        _ if insecure => Ok(Tls::insecure_without_verification()),
        None => Ok(Tls::platform()),
        Some(path) => {
            let unusable = |why: String| {
                Failure::new(
                    Exit::CA_FILE,
                    format!("cannot use the certificates in {}: {why}", path.display()),
                )
            };
            let pem =
                local(path).and_then(std::fs::read).map_err(|error| unusable(Reason(&error).to_string()))?;
            Tls::roots(&pem).map_err(|error| unusable(error.to_string()))
        }
    }
}

fn timeouts(args: &FetchArgs) -> Timeouts {
    // A response may be as slow as the user wants: -m is the limit that curl has.
    let timeouts = Timeouts::default().with_idle(Duration::MAX);
    match args.connect_timeout.filter(|limit| !limit.is_zero()) {
        Some(limit) => timeouts.with_connect(limit),
        None => timeouts,
    }
}

fn redirects(args: &FetchArgs) -> Redirects {
    let redirects = match u32::try_from(args.max_redirs) {
        _ if !args.location => Redirects::none(),
        Ok(most) => Redirects::at_most(most),
        Err(_negative) => Redirects::at_most(u32::MAX),
    };
    match args.request {
        Some(_) => redirects.keeping_method(),
        None => redirects,
    }
}

type StandIn = (Host, u16, Vec<SocketAddr>);

/// All of `--resolve`. The host `*` stands for the hosts of the command line, unless a rule names one. A rule that begins
/// with `-` takes a name out of curl's cache, and there is none here.
fn stand_ins(args: &FetchArgs, urls: &[Url], proxies: &Proxies) -> Result<Vec<StandIn>, Failure> {
    let (mut any, mut named) = (Vec::new(), Vec::new());
    for rule in args.resolve.iter().filter(|rule| !rule.starts_with('-')) {
        let Some(rest) = rule.trim_start_matches('+').strip_prefix("*:") else {
            named.push(stand_in(rule)?);
            continue;
        };
        let (_, port, addresses) = stand_in(&format!("any:{rest}")).map_err(|_| unclear(rule))?;
        let places = urls.iter().map(|url| match proxies.for_origin(&url.origin) {
            Some(proxy) => proxy.origin(),
            None => &url.origin,
        });
        let places = places.filter(|place| place.port() == port && place.host().name().is_some());
        any.extend(places.map(|place| (place.host().clone(), port, addresses.clone())));
    }
    // The last one counts.
    any.append(&mut named);
    Ok(any)
}

fn unclear(rule: &str) -> Failure {
    Failure::new(Exit::OPTION, format!("--resolve wants HOST:PORT:ADDRESS and not {rule}; IPv6 in brackets"))
}

/// `HOST:PORT:ADDRESS[,ADDRESS]...`
fn stand_in(rule: &str) -> Result<StandIn, Failure> {
    let read = || {
        let (host, rest) = match rule.trim_start_matches('+').strip_prefix('[') {
            Some(bracketed) => bracketed.split_once("]:")?,
            None => rule.trim_start_matches('+').split_once(':')?,
        };
        let (port, addresses) = rest.split_once(':')?;
        let port = port.parse().ok()?;
        let addresses = addresses.split(',').map(|address| {
            let address: IpAddr = address.trim_matches(['[', ']']).parse().ok()?;
            Some(SocketAddr::new(address, port))
        });
        Some((Host::parse(host).ok()?, port, addresses.collect::<Option<Vec<_>>>()?))
    };
    read().ok_or_else(|| unclear(rule))
}

/// `-4` and `-6`: the names of the command line are looked up here, and only addresses of one kind are kept.
async fn with_one_family(
    args: &FetchArgs,
    urls: &[Url],
    proxies: &Proxies,
    mut client: Client,
) -> Result<Client, Failure> {
    for url in urls {
        let (place, exit) = match proxies.for_origin(&url.origin) {
            Some(proxy) => (proxy.origin(), Exit::PROXY_RESOLVE),
            None => (&url.origin, Exit::RESOLVE),
        };
        let Some(name) = place.host().name() else { continue };
        if stand_ins(args, urls, proxies)?
            .into_iter()
            .any(|(host, port, _)| host == *place.host() && port == place.port())
        {
            continue;
        }
        let found =
            tokio::net::lookup_host((name, place.port())).await.map(Vec::from_iter).unwrap_or_default();
        let addresses: Vec<SocketAddr> =
            found.into_iter().filter(|address| address.is_ipv4() == args.ipv4).collect();
        if addresses.is_empty() {
            let family = if args.ipv4 { "IPv4" } else { "IPv6" };
            return Err(Failure::new(exit, format!("{name} has no {family} address; check its spelling")));
        }
        client = client.with_addresses(place.host().clone(), place.port(), addresses);
    }
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_in_for_a_name() {
        let read = |rule: &str| stand_in(rule).map(|(host, port, all)| format!("{host} {port} {all:?}")).ok();
        assert_eq!(read("a.test:80:127.0.0.1").as_deref(), Some("a.test 80 [127.0.0.1:80]"));
        assert_eq!(
            read("+a.test:443:127.0.0.1,[::1]").as_deref(),
            Some("a.test 443 [127.0.0.1:443, [::1]:443]")
        );
        for rule in ["a.test", "a.test:80", "a.test:x:127.0.0.1", "a.test:80:b.test", "a b:80:127.0.0.1"] {
            assert_eq!(read(rule), None, "{rule}");
        }
    }
}
