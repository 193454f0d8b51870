//! A proxy: its URL, and who uses it.

use crate::{Error, Host, NoProxy, Origin, origin::parse_port};
use gatepass::{Credentials, Password};
use std::fmt;

/// The port of an `http://` proxy whose URL names none, as curl has it.
const HTTP_PORT: u16 = 1080;
/// The port of an `https://` proxy whose URL names none.
const HTTPS_PORT: u16 = 443;

/// A proxy, reached over TCP (`http://`) or over TLS (`https://`), and the credentials that it gets.
///
/// `Debug` and `Display` show neither password nor user name.
#[derive(Clone)]
pub struct Proxy {
    origin: Origin,
    credentials: Option<Credentials>,
}

impl Proxy {
    /// Reads `[http://|https://][user[:password]@]host[:port]`.
    ///
    /// A user name and password in the URL are percent-decoded and become [`Credentials`]: the name in any of the forms
    /// that [`Principal::parse`](gatepass::Principal::parse) knows (`CORP%5Calice`, `CORP\alice`, `alice@corp.test` as
    /// `alice%40corp.test`). Without a scheme it is `http`; without a port it is 1080 for `http`, as curl has it, and 443
    /// for `https`. What follows the port is ignored.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for another scheme (SOCKS is not spoken here), a bad host or
    /// port, or a bad percent encoding. The text never repeats the user name or password.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => {
                let scheme = if scheme.contains('@') { "of this proxy" } else { scheme };
                return Err(Error::invalid(format!(
                    "the scheme {} is not known for a proxy: use http:// or https://",
                    scheme.escape_debug()
                )));
            }
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        // A password may hold these unescaped; only the last '@' of the whole separates.
        let (userinfo, place) = match rest.rsplit_once('@') {
            Some((userinfo, place)) => {
                (Some(userinfo), place.split(['/', '?', '#']).next().unwrap_or_default())
            }
            None => (None, rest.get(..end).unwrap_or_default()),
        };
        let (host, port) = split_port(place);
        let port = match port {
            Some(port) => parse_port(port)?,
            None if secure => HTTPS_PORT,
            None => HTTP_PORT,
        };
        let credentials = userinfo.map(credentials).transpose()?;
        Ok(Self { origin: Origin::new(secure, Host::parse(host)?, port), credentials })
    }

    /// With these credentials for the proxy, in place of any that its URL held.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Where the proxy is.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The credentials that the proxy gets, if any.
    #[must_use]
    pub const fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

/// The URL, without user name and password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.origin.is_secure() { "https" } else { "http" }, self.origin.authority())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with = if self.credentials.is_some() { ", with credentials" } else { "" };
        write!(f, "Proxy({self}{with})")
    }
}

/// Which proxy serves which request: one for `http`, one for `https`, and who needs none.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    pub(crate) http: Option<Proxy>,
    pub(crate) https: Option<Proxy>,
    pub(crate) except: NoProxy,
}

impl Proxies {
    /// No proxy at all.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// `proxy` for everything.
    #[must_use]
    pub fn all(proxy: Proxy) -> Self {
        Self { http: Some(proxy.clone()), https: Some(proxy), except: NoProxy::default() }
    }

    /// Whether there is no proxy for anything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.http.is_none() && self.https.is_none()
    }

    /// With `except` reached directly, in place of an earlier list.
    #[must_use]
    pub fn with_no_proxy(mut self, except: NoProxy) -> Self {
        self.except = except;
        self
    }

    /// With `credentials` for each proxy that has none of its own.
    #[must_use]
    pub fn with_default_credentials(mut self, credentials: &Credentials) -> Self {
        for proxy in [&mut self.http, &mut self.https].into_iter().flatten() {
            proxy.credentials.get_or_insert_with(|| credentials.clone());
        }
        self
    }

    /// Each proxy once, the one for `https` first.
    pub fn iter(&self) -> impl Iterator<Item = &Proxy> {
        let https = self.https.as_ref();
        let http = self.http.as_ref().filter(|http| https.is_none_or(|https| https.origin != http.origin));
        https.into_iter().chain(http)
    }

    /// The proxy that serves `origin`, or `None` when it is reached directly.
    #[must_use]
    pub fn for_origin(&self, origin: &Origin) -> Option<&Proxy> {
        if self.except.covers(origin.host()) {
            return None;
        }
        if origin.is_secure() { self.https.as_ref() } else { self.http.as_ref() }
    }
}

impl From<Proxy> for Proxies {
    fn from(proxy: Proxy) -> Self {
        Self::all(proxy)
    }
}

fn split_port(place: &str) -> (&str, Option<&str>) {
    match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && (!host.contains(':') || host.ends_with(']')) => {
            (host, (!port.is_empty()).then_some(port))
        }
        _ => (place, None),
    }
}

fn credentials(userinfo: &str) -> Result<Credentials, Error> {
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    Ok(Credentials::password(&percent_decode(user)?, Password::from(percent_decode(password)?)))
}

fn percent_decode(text: &str) -> Result<String, Error> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16));
        let value = digit().zip(digit()).and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
        decoded.push(value.ok_or_else(|| {
            Error::invalid("a '%' in the proxy's user name or password is not followed by two hex digits: write it as %25")
        })?);
    }
    String::from_utf8(decoded).map_err(|_| Error::invalid("the proxy's user name or password is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn a_proxy_url_gives_its_place_and_its_default_port() {
        for (url, shown) in [
            ("http://proxy:3128", "http://proxy:3128"),
            ("http://proxy:3128/path", "http://proxy:3128"),
            ("proxy", "http://proxy:1080"),
            ("proxy:8080", "http://proxy:8080"),
            ("HTTPS://Proxy", "https://proxy:443"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("[::1]", "http://[::1]:1080"),
            ("http://::1", "http://[::1]:1080"),
            ("http://proxy:", "http://proxy:1080"),
        ] {
            let proxy = Proxy::parse(url).unwrap();
            assert_eq!(proxy.to_string(), shown);
            assert!(proxy.credentials().is_none());
        }
    }

    #[test]
    fn userinfo_becomes_credentials_and_leaves_every_text() {
        for (url, domain, user, password) in [
            ("http://CORP%5Calice:s3cr%40t%25@proxy:1", "CORP", "alice", "s3cr@t%"),
            ("http://CORP\\alice:s3cret@proxy:1", "CORP", "alice", "s3cret"),
            ("alice%40corp.test:s3:cret@proxy:1", "", "alice@corp.test", "s3:cret"),
            ("http://alice:s3@c/r#et@proxy:1/x", "", "alice", "s3@c/r#et"),
            ("http://alice@proxy:1", "", "alice", ""),
            ("http://j%C3%BCrgen:p%C3%A4ss@proxy:1", "", "jürgen", "päss"),
        ] {
            let proxy = Proxy::parse(url).unwrap();
            let Some(Credentials::Password(principal, secret)) = proxy.credentials() else { panic!("{url}") };
            assert_eq!(
                (principal.domain(), principal.user(), secret.expose()),
                (domain, user, password),
                "{url}"
            );
            assert_eq!(
                format!("{proxy} {proxy:?}"),
                "http://proxy:1 Proxy(http://proxy:1, with credentials)"
            );
        }
    }

    #[test]
    fn a_bad_proxy_url_is_refused_without_its_password() {
        for url in [
            "socks5://u:hunter2@p",
            "http://u:hunter2%@p",
            "http://u:hunter2%zz@p",
            "http://u:hunter2%ff@p",
            "http://",
            "http://u:hunter2@",
            "http://u:hunter2@p:0",
            "http://u:hunter2@p:x",
            "http://u:hunter2@a b",
            "u:hunter2@x://p",
        ] {
            let error = Proxy::parse(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn a_proxy_that_serves_both_schemes_is_one_proxy() {
        let listed = |http: &str, https: &str| {
            let (http, https) = (Proxy::parse(http).ok(), Proxy::parse(https).ok());
            let proxies = Proxies { http, https, except: NoProxy::default() };
            proxies.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(listed("http://a:1", "http://A:1"), "http://a:1");
        assert_eq!(listed("http://a:1", "https://a:1"), "https://a:1 http://a:1");
        assert_eq!(listed("http://a:1", ""), "http://a:1");
        assert_eq!(listed("", ""), "");
    }

    #[test]
    fn a36_default_credentials_never_replace_those_of_a_proxy() {
        let proxies = Proxies {
            http: Some(Proxy::parse("http://own:pw@a").unwrap()),
            https: Some(Proxy::parse("http://b").unwrap()),
            except: NoProxy::default(),
        }
        .with_default_credentials(&Credentials::password("other", "pw"));
        let user = |url: &str| {
            let proxy = proxies.for_origin(&Origin::parse(url).unwrap()).unwrap();
            proxy.credentials().unwrap().principal().unwrap().user().to_owned()
        };
        assert_eq!((user("http://x/").as_str(), user("https://x/").as_str()), ("own", "other"));
    }
}
