//! `user:password@` in a URL (RFC 3986 3.2.1).

use crate::{Error, Place};
use gatepass_backend::{CredentialSource, Credentials, Password, Principal, Request};
use zeroize::Zeroizing;

/// The user name and password in the URL of a peer, for that peer.
#[derive(Clone, Debug)]
pub struct UserInfo {
    place: Place,
    credentials: Option<Credentials>,
}

impl UserInfo {
    /// The user name and password in `url`, if there are any: `http://CORP%5Calice:pass%40word@proxy.corp:8080`. The last
    /// `@` before the path separates, for a password may hold others.
    ///
    /// # Errors
    /// For a URL that [`Place::parse`] refuses, or a user name or password whose percent encoding is malformed or no UTF-8.
    pub fn of(url: &str) -> Result<Self, Error> {
        let unclear = || Error::new("a peer is written as http://[USER:PASSWORD@]HOST:PORT");
        let (scheme, rest) = url.split_once("://").ok_or_else(unclear)?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user_info, host) = match authority.rsplit_once('@') {
            Some((user_info, host)) => (Some(user_info), host),
            None => (None, authority),
        };
        let place = Place::parse(&format!("{scheme}://{host}"))?;
        Ok(Self { place, credentials: user_info.map(Self::credentials).transpose()? })
    }

    /// What `user:password`, percent-encoded, stands for. Without a colon the password is empty.
    ///
    /// # Errors
    /// For a malformed percent encoding, or text that is no UTF-8.
    pub fn credentials(user_info: &str) -> Result<Credentials, Error> {
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        let password = decode(password)?;
        Ok(Credentials::Password(Principal::parse(&decode(user)?), Password::from(password.as_str())))
    }
}

impl CredentialSource for UserInfo {
    fn name(&self) -> &str {
        "the URL"
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, gatepass_backend::Error> {
        let meant = Place::of(request)?.as_ref() == Some(&self.place);
        Ok(self.credentials.clone().filter(|_| meant))
    }
}

fn decode(text: &str) -> Result<Zeroizing<String>, Error> {
    let malformed = || {
        Error::new(
            "a '%' in the user name or password of a URL needs two hex digits after it; write '%' as %25",
        )
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        let value = digit().zip(digit()).and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
        bytes.push(value.ok_or_else(malformed)?);
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Error::new("the user name or password of a URL is not UTF-8; encode it as UTF-8"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(url: &str, peer: &str) -> Option<String> {
        let source = UserInfo::of(url).unwrap();
        match CredentialSource::credentials(&source, &Request::new().with_peer(peer)).unwrap()? {
            Credentials::Password(who, password) => Some(format!("{who} {}", password.expose())),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_login_in_a_url_is_for_its_place() {
        let url = "http://CORP%5Calice:s3cr%40t@Proxy:1/path";
        assert_eq!(found(url, "http://proxy:1").as_deref(), Some("CORP\\alice s3cr@t"));
        assert_eq!(found(url, "http://proxy:2"), None);
        assert_eq!(found("http://proxy:1", "http://proxy:1"), None);
        assert_eq!(found("https://alice:a@b:c@proxy", "https://proxy:443").as_deref(), Some("alice a@b:c"));
        assert_eq!(found("https://alice@proxy", "https://proxy").as_deref(), Some("alice "));
    }

    #[test]
    fn a83_a_malformed_login_is_not_repeated() {
        for url in [
            "http://alice:marker%zz@p:1",
            "http://alice:marker%f@p:1",
            "http://alice:marker%ff@p",
            "marker:x@p",
        ] {
            let error = UserInfo::of(url).unwrap_err().to_string();
            assert!(!error.contains("marker"), "{error}");
        }
    }
}
