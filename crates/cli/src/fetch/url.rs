//! URLs as a command line has them: without a scheme, with a user name, a blank or an umlaut in the path.

use crate::exit::{Exit, Failure};
use gatepass::backend::Credentials;
use gatepass_client::Origin;
use gatepass_credentials::UserInfo;
use http::Uri;

/// A URL that is ready to be fetched.
#[derive(Clone, Debug)]
pub(crate) struct Url {
    /// The URL itself, without user name and fragment.
    pub(crate) uri: Uri,
    /// Its scheme, host and port.
    pub(crate) origin: Origin,
    /// The credentials that stood in it.
    pub(crate) credentials: Option<Credentials>,
}

impl Url {
    /// Reads `text`. No error repeats what stands before an `@`.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.split_once('#').map_or(text, |(url, _fragment)| url);
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => (String::from("http"), text),
        };
        if !matches!(scheme.as_str(), "http" | "https") {
            return Err(Failure::new(
                Exit::FAILED,
                format!("{scheme}:// is not supported; give an http:// or https:// URL"),
            ));
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (credentials, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(credentials(user)?), host),
            None => (None, authority),
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        let url = format!("{scheme}://{host}{slash}{}", encode(path));
        let uri: Uri = url.parse().map_err(|_| malformed(host))?;
        let origin = Origin::of(&uri).map_err(|_| malformed(host))?;
        Ok(Self { uri, origin, credentials })
    }

    /// With `query` added to the URL's query.
    pub(crate) fn with_query(self, query: &str) -> Result<Self, Failure> {
        let url = self.uri.to_string();
        let joint = if self.uri.query().is_some() { '&' } else { '?' };
        let uri = format!("{url}{joint}{}", encode(query));
        Ok(Self { uri: uri.parse().map_err(|_| malformed(&url))?, ..self })
    }

    /// With `name` appended to a path that ends with a slash, as an upload to a directory wants it.
    pub(crate) fn with_file_name(self, name: &str) -> Result<Self, Failure> {
        if self.uri.query().is_some() || !self.uri.path().ends_with('/') {
            return Ok(self);
        }
        let uri = format!("{}{}", self.uri, percent(name));
        Ok(Self { uri: uri.parse().map_err(|_| malformed(&uri))?, ..self })
    }

    /// The last part of the path, as a file name.
    pub(crate) fn file_name(&self) -> Option<&str> {
        let name = self.uri.path().rsplit('/').next().unwrap_or_default();
        let harmless = !name.is_empty() && name != "." && name != ".." && !name.contains(['\\', ':', '\0']);
        harmless.then_some(name)
    }
}

fn malformed(host: &str) -> Failure {
    Failure::new(Exit::URL, format!("the URL with the host \"{host}\" is malformed; check its host and port"))
}

fn credentials(user_info: &str) -> Result<Credentials, Failure> {
    UserInfo::credentials(user_info).map_err(|error| Failure::new(Exit::URL, error.to_string()))
}

/// `text` with the characters that no URL can hold percent-encoded; what is encoded already stays so.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| encoded(byte, matches!(byte, b'!'..=b'~') && !b"\"<>\\^`{|}".contains(&byte)))
        .collect()
}

/// `text` as one part of a path.
fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| encoded(byte, plain(byte))).collect()
}

fn encoded(byte: u8, plain: bool) -> String {
    if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_a_url_is_read() {
        for (text, expected) in [
            ("example.test", "http://example.test/"),
            ("example.test:8080/a", "http://example.test:8080/a"),
            ("HTTPS://example.test?q=1", "https://example.test/?q=1"),
            ("http://example.test/a b/ü?c d#fragment", "http://example.test/a%20b/%C3%BC?c%20d"),
            ("http://example.test/a%20b", "http://example.test/a%20b"),
            ("http://[::1]:80/x", "http://[::1]:80/x"),
        ] {
            assert_eq!(Url::parse(text).unwrap().uri.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused_with_curls_code() {
        for (text, exit) in [
            ("ftp://example.test/", Exit::FAILED),
            ("file:///etc/passwd", Exit::FAILED),
            ("http://", Exit::URL),
            ("http:///path", Exit::URL),
            ("http://exa mple.test/", Exit::URL),
            ("http://example.test:99999/", Exit::URL),
            ("http://a\r\nb/", Exit::URL),
        ] {
            assert_eq!(Url::parse(text).unwrap_err().exit(), exit, "{text}");
        }
    }

    #[test]
    fn a_name_in_the_url_becomes_credentials_and_is_not_in_it_any_more() {
        let url = Url::parse("http://CORP%5Calice:s%40cret@example.test/").unwrap();
        assert_eq!(url.uri.to_string(), "http://example.test/");
        let Some(Credentials::Password(principal, password)) = url.credentials else { panic!() };
        assert_eq!((principal.domain(), principal.user(), password.expose()), ("CORP", "alice", "s@cret"));
        for text in ["http://alice:marker-s3cret@exa mple/", "http://alice:marker-s3cret%4@example.test/"] {
            let failure = Url::parse(text).unwrap_err();
            assert_eq!(failure.exit(), Exit::URL);
            assert!(!failure.sentence().unwrap().contains("marker"), "{failure:?}");
        }
    }

    #[test]
    fn a_file_name_never_leaves_the_directory() {
        let name = |text: &str| Url::parse(text).unwrap().file_name().map(String::from);
        assert_eq!(name("http://h/a/b.txt?x=/y"), Some(String::from("b.txt")));
        for text in ["http://h/", "http://h/a/", "http://h/..", "http://h/.", "http://h/a\\..\\b"] {
            let name = name(text);
            assert!(name.as_deref().is_none_or(|name| !name.contains('\\')), "{text}: {name:?}");
            assert!(name.is_none() || text.contains('\\'), "{text}: {name:?}");
        }
    }
}
