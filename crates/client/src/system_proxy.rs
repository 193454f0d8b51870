//! Proxies from the settings of Windows: the user's "Internet Options", or else those of WinHTTP.
//!
//! | setting (`HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings`) | means |
//! |---|---|
//! | `ProxyEnable` | whether `ProxyServer` counts |
//! | `ProxyServer` | `proxy:8080` for everything, or `http=proxy:8080;https=proxy:8443` |
//! | `ProxyOverride` | who is reached directly, see [`NoProxy::of_windows`] |
//! | `AutoConfigURL` | a script that finds the proxy; it is told, not run |
//!
//! Where policy makes the settings those of the machine, they are in `HKLM`. WinHTTP's are machine-wide (`netsh winhttp
//! set proxy`) and serve where the user has none.

#[cfg(windows)]
mod registry;
#[cfg(any(windows, test))]
mod winhttp;

use crate::Proxies;
#[cfg(any(windows, test))]
use crate::{Error, NoProxy, Proxy};

/// What the settings of the system say.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SystemProxy {
    /// The proxies; none where the settings name a script alone.
    pub proxies: Proxies,
    /// The URL of a script that finds the proxy for each request (PAC). Windows asks it first; it is not run here.
    pub script: Option<String>,
    /// Which settings these are, in words: `Internet Options` or `WinHTTP`.
    pub place: &'static str,
}

impl SystemProxy {
    /// Reads the settings; `None` where there is no proxy in them, and on every system but Windows.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) naming the setting whose value is no proxy, or that names a SOCKS
    /// proxy alone.
    #[cfg(windows)]
    pub fn read() -> Result<Option<Self>, Error> {
        match registry::user()?.proxy(INTERNET_OPTIONS)? {
            Some(proxy) => Ok(Some(proxy)),
            None => registry::machine()?.proxy(WINHTTP),
        }
    }

    /// Reads the settings; `None` where there is no proxy in them, and on every system but Windows.
    ///
    /// # Errors
    /// On Windows [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), naming the setting whose value is no proxy, or that
    /// names a SOCKS proxy alone.
    #[cfg(not(windows))]
    pub const fn read() -> Result<Option<Self>, crate::Error> {
        Ok(None)
    }
}

#[cfg(any(windows, test))]
const INTERNET_OPTIONS: &str = "Internet Options";
#[cfg(windows)]
const WINHTTP: &str = "WinHTTP";

/// The settings, as they are written.
#[cfg(any(windows, test))]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `ProxyServer`, where `ProxyEnable` lets it count.
    pub(crate) server: String,
    /// `ProxyOverride`.
    pub(crate) except: String,
    /// `AutoConfigURL`.
    pub(crate) script: String,
}

#[cfg(any(windows, test))]
impl Settings {
    fn proxy(&self, place: &'static str) -> Result<Option<SystemProxy>, Error> {
        let wrong = |why: &dyn std::fmt::Display| {
            Error::invalid(format!("the proxy of the system's settings ({place}): {why}"))
        };
        let (mut http, mut https, mut socks) = (None, None, false);
        for entry in self.server.split([';', ' ', '\t']).filter(|entry| !entry.is_empty()) {
            let (scheme, server) = entry.split_once('=').unwrap_or(("", entry));
            let parsed = || Proxy::parse(&with_port(server)).map_err(|error| wrong(&error));
            match scheme.to_ascii_lowercase().as_str() {
                "" => {
                    let proxy = parsed()?;
                    http.get_or_insert_with(|| proxy.clone());
                    https.get_or_insert(proxy);
                }
                "http" => http = Some(parsed()?),
                "https" => https = Some(parsed()?),
                "socks" => socks = true,
                // ftp, gopher
                _ => {}
            }
        }
        if socks && http.is_none() && https.is_none() {
            return Err(wrong(
                &"it is a SOCKS proxy, which is not spoken here: name an http:// proxy yourself",
            ));
        }
        let script = (!self.script.is_empty()).then(|| self.script.clone());
        if http.is_none() && https.is_none() && script.is_none() {
            return Ok(None);
        }
        let proxies = Proxies { http, https, except: NoProxy::of_windows(&self.except) };
        Ok(Some(SystemProxy { proxies, script, place }))
    }
}

/// The proxy `server` with the port that Windows takes where none is named: 80, or 443 for `https://`.
#[cfg(any(windows, test))]
fn with_port(server: &str) -> String {
    let server = server.trim_end_matches('/');
    let place = server.split_once("://").map_or(server, |(_, place)| place);
    let behind_address = place.rsplit_once(']').map_or(place, |(_, rest)| rest);
    match server.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://")) {
        _ if behind_address.contains(':') => server.to_owned(),
        true => format!("{server}:443"),
        false => format!("{server}:80"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Origin};

    fn chosen(server: &str, except: &str, url: &str) -> Option<String> {
        let settings =
            Settings { server: server.to_owned(), except: except.to_owned(), script: String::new() };
        let read = settings.proxy(INTERNET_OPTIONS).unwrap()?;
        assert_eq!((read.place, read.script), ("Internet Options", None));
        read.proxies.for_origin(&Origin::parse(url).unwrap()).map(ToString::to_string)
    }

    #[test]
    fn each_form_of_proxy_server_serves_what_windows_has_it_serve() {
        for (server, url, proxy) in [
            ("proxy:8080", "http://a.test/", Some("http://proxy:8080")),
            ("proxy:8080", "https://a.test/", Some("http://proxy:8080")),
            ("proxy", "http://a.test/", Some("http://proxy:80")),
            ("[fd00::1]", "http://a.test/", Some("http://[fd00::1]:80")),
            ("[fd00::1]:3128", "http://a.test/", Some("http://[fd00::1]:3128")),
            ("http://proxy:8080/", "https://a.test/", Some("http://proxy:8080")),
            ("https://proxy", "http://a.test/", Some("https://proxy:443")),
            ("http=one:1;https=two:2;ftp=three:3", "http://a.test/", Some("http://one:1")),
            ("http=one:1;https=two:2;ftp=three:3", "https://a.test/", Some("http://two:2")),
            ("http=one:1", "https://a.test/", None),
            ("HTTP=one:1 HTTPS=two:2", "https://a.test/", Some("http://two:2")),
            ("https=two:2;all:3", "http://a.test/", Some("http://all:3")),
            ("https=two:2;all:3", "https://a.test/", Some("http://two:2")),
            ("ftp=three:3", "http://a.test/", None),
            ("socks=four:4;http=one:1", "http://a.test/", Some("http://one:1")),
            ("", "http://a.test/", None),
        ] {
            assert_eq!(chosen(server, "", url).as_deref(), proxy, "{server:?} {url}");
        }
    }

    #[test]
    fn whom_windows_reaches_directly_is_reached_directly() {
        for (except, url, direct) in [
            ("*.corp.test;<local>", "http://www.corp.test/", true),
            ("*.corp.test;<local>", "http://intranet/", true),
            ("*.corp.test;<local>", "http://www.example.org/", false),
            ("", "http://localhost/", true),
            ("<-loopback>", "http://localhost/", false),
        ] {
            assert_eq!(chosen("proxy:1", except, url).is_none(), direct, "{except:?} {url}");
        }
    }

    #[test]
    fn a_script_is_told_with_and_without_a_proxy_beside_it() {
        let script = "http://wpad.corp.test/proxy.pac".to_owned();
        let alone = Settings { script: script.clone(), ..Settings::default() };
        let read = alone.proxy(INTERNET_OPTIONS).unwrap().unwrap();
        assert_eq!(read.script.as_deref(), Some(script.as_str()));
        assert!(read.proxies.is_empty());
        let both = Settings { script, server: "proxy:1".to_owned(), ..Settings::default() };
        assert!(!both.proxy(INTERNET_OPTIONS).unwrap().unwrap().proxies.is_empty());
    }

    #[test]
    fn what_is_no_proxy_is_an_error_that_says_where_it_stands() {
        for server in ["socks=four:4", "proxy:x", "a b:c", "http=ftp://proxy"] {
            let settings = Settings { server: server.to_owned(), ..Settings::default() };
            let error = settings.proxy(INTERNET_OPTIONS).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{server}");
            assert!(error.to_string().contains("Internet Options"), "{error}");
        }
    }
}
