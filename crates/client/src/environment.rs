//! Proxies from environment variables, with curl's names and meanings.
//!
//! | variable | serves |
//! |---|---|
//! | `http_proxy` | `http://` (in lower case only: a web server's `HTTP_PROXY` comes from whoever sends it a `Proxy` field) |
//! | `https_proxy`, `HTTPS_PROXY` | `https://` |
//! | `all_proxy`, `ALL_PROXY` | what has none of its own |
//! | `no_proxy`, `NO_PROXY` | the hosts that are reached directly, see [`NoProxy`] |
//!
//! The lower-case name wins; an empty value counts as none.

use crate::{Error, NoProxy, Proxies, Proxy};

impl Proxies {
    /// The proxies that the variables name, each looked up with `variable`: usually
    /// `|name| std::env::var(name).ok()`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) naming the variable whose value is no proxy.
    ///
    /// ```
    /// use gatepass_client::{Origin, Proxies};
    ///
    /// let proxies = Proxies::from_environment(|name| (name == "https_proxy").then(|| "http://proxy:3128".to_owned()))?;
    /// let proxy = proxies.for_origin(&Origin::parse("https://example.test/")?);
    /// assert_eq!(proxy.map(ToString::to_string).as_deref(), Some("http://proxy:3128"));
    /// # Ok::<(), gatepass_client::Error>(())
    /// ```
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let first = |names: &[&'static str]| {
            names
                .iter()
                .find_map(|name| variable(name).filter(|value| !value.is_empty()).map(|value| (*name, value)))
        };
        let proxy = |names: &[&'static str]| -> Result<Option<Proxy>, Error> {
            let Some((name, value)) = first(names) else { return Ok(None) };
            Proxy::parse(&value).map(Some).map_err(|error| Error::invalid(format!("{name}: {error}")))
        };
        Ok(Self {
            http: proxy(&["http_proxy", "all_proxy", "ALL_PROXY"])?,
            https: proxy(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            except: first(&["no_proxy", "NO_PROXY"])
                .map(|(_, list)| NoProxy::parse(&list))
                .unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Origin;

    fn choice(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let lookup =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let proxies = Proxies::from_environment(lookup).unwrap();
        proxies.for_origin(&Origin::parse(url).unwrap()).map(ToString::to_string)
    }

    #[test]
    fn each_variable_serves_what_curl_has_it_serve() {
        for (variables, url, proxy) in [
            (&[("http_proxy", "p:1")][..], "http://a/", Some("http://p:1")),
            (&[("http_proxy", "p:1")], "https://a/", None),
            (&[("HTTP_PROXY", "p:1")], "http://a/", None),
            (&[("HTTPS_PROXY", "p:1")], "https://a/", Some("http://p:1")),
            (&[("https_proxy", "p:1"), ("HTTPS_PROXY", "p:2")], "https://a/", Some("http://p:1")),
            (&[("https_proxy", ""), ("HTTPS_PROXY", "p:2")], "https://a/", Some("http://p:2")),
            (&[("all_proxy", "p:1")], "http://a/", Some("http://p:1")),
            (&[("ALL_PROXY", "https://p")], "https://a/", Some("https://p:443")),
            (&[("all_proxy", "p:1"), ("https_proxy", "p:2")], "https://a/", Some("http://p:2")),
            (&[("all_proxy", "p:1"), ("no_proxy", "a")], "http://a/", None),
            (&[("all_proxy", "p:1"), ("NO_PROXY", "*")], "http://a/", None),
            (&[("all_proxy", "p:1"), ("no_proxy", "b"), ("NO_PROXY", "*")], "http://a/", Some("http://p:1")),
            (&[], "http://a/", None),
        ] {
            assert_eq!(choice(variables, url).as_deref(), proxy, "{variables:?} {url}");
        }
    }

    #[test]
    fn a_bad_value_is_an_error_that_names_the_variable() {
        let error = Proxies::from_environment(|name| {
            (name == "https_proxy").then(|| "http://u:hunter2@p:x".to_owned())
        });
        let text = error.unwrap_err().to_string();
        assert!(text.starts_with("https_proxy: ") && !text.contains("hunter2"), "{text}");
    }
}
