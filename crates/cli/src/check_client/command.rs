//! One command of a client: the words with their places filled in, and the environment.

use gatepass_mock_proxy::battery::Login;
use std::path::Path;
use std::process::Command;

/// What stands in the places of a command.
pub(super) struct Places<'a> {
    pub(super) urls: [String; 2],
    pub(super) proxy: String,
    pub(super) login: &'a Login,
    pub(super) other: Login,
    pub(super) ca_file: &'a Path,
    pub(super) body: &'a Path,
    pub(super) scratch: &'a Path,
    pub(super) program: &'a Path,
    pub(super) gatepass: &'a Path,
    pub(super) timeout: u64,
}

/// The variables that name a proxy.
const PROXIES: [&str; 6] =
    ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "HTTP_PROXY"];
/// The variables that would keep a client from its proxy, or give it a login that is not the case's.
const UNWANTED: [&str; 8] = [
    "no_proxy",
    "NO_PROXY",
    "GATEPASS_USER",
    "GATEPASS_PASSWORD",
    "GATEPASS_NT_HASH",
    "GATEPASS_CREDENTIAL_COMMAND",
    "NTLM_USER_FILE",
    "NETRC",
];
/// The variables by which clients are told whom to trust.
const TRUST: [&str; 4] = ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];

impl Places<'_> {
    /// The command that `words` are.
    pub(super) fn command(&self, words: &[String]) -> Command {
        let has = |place: &str| words.iter().any(|word| word.contains(place));
        let domain = has("{domain}");
        let filled: Vec<_> = words.iter().map(|word| self.fill(word, domain)).collect();
        let mut words_filled = filled.iter();
        let mut command = Command::new(words_filled.next().map_or("", String::as_str));
        command.args(words_filled);
        for name in PROXIES.iter().chain(&UNWANTED) {
            command.env_remove(name);
        }
        if !has("{proxy}") && !has("{proxyauth}") {
            for name in &PROXIES[..5] {
                command.env(name, self.proxy_with(self.login));
            }
        }
        if !has("{cafile}") {
            for name in TRUST {
                command.env(name, self.ca_file);
            }
        }
        // Nobody's ticket: the login is the case's.
        command.env("KRB5CCNAME", format!("FILE:{}", self.scratch.join("no-ticket").display()));
        command
    }

    fn fill(&self, word: &str, domain: bool) -> String {
        let named = |login: &Login| match login.user.split_once('\\') {
            Some((domain_name, user)) if domain => (domain_name.to_owned(), user.to_owned()),
            _ => (String::new(), login.user.clone()),
        };
        let ((domain_name, user), (_, other)) = (named(self.login), named(&self.other));
        let shown = |path: &Path| path.display().to_string();
        let [url, second] = &self.urls;
        let places = [
            ("{url}", url.clone()),
            ("{url2}", second.clone()),
            ("{proxy}", self.proxy.clone()),
            ("{proxyauth}", self.proxy_with(self.login)),
            ("{user}", user),
            ("{password}", self.login.password.clone()),
            ("{user2}", other),
            ("{password2}", self.other.password.clone()),
            ("{domain}", domain_name),
            ("{cafile}", shown(self.ca_file)),
            ("{body}", shown(self.body)),
            ("{scratch}", shown(self.scratch)),
            ("{program}", shown(self.program)),
            ("{gatepass}", shown(self.gatepass)),
            ("{timeout}", self.timeout.to_string()),
        ];
        filled(word, &places)
    }

    /// The proxy's URL with the login in it.
    fn proxy_with(&self, login: &Login) -> String {
        let (user, password) = (encoded(&login.user), encoded(&login.password));
        self.proxy.replacen("://", &format!("://{user}:{password}@"), 1)
    }
}

/// `word` with its places filled in, once, from left to right: what is filled in is not read again.
fn filled(word: &str, places: &[(&str, String)]) -> String {
    let mut text = String::new();
    let mut rest = word;
    while let Some(at) = rest.find('{') {
        let (before, behind) = rest.split_at(at);
        text.push_str(before);
        match places.iter().find(|(place, _)| behind.starts_with(place)) {
            Some((place, value)) => {
                text.push_str(value);
                rest = &behind[place.len()..];
            }
            None => {
                text.push('{');
                rest = &behind[1..];
            }
        }
    }
    text + rest
}

/// `text` as it stands in the user information of a URL (RFC 3986 3.2.1).
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once_and_other_braces_stay() {
        let places = [("{url}", "{user}".to_owned()), ("{user}", "alice".to_owned())];
        assert_eq!(filled("{url} {user} %{http_code} {", &places), "{user} alice %{http_code} {");
    }

    #[test]
    fn a_login_in_a_url_is_encoded() {
        assert_eq!(encoded("CORP\\a:b@ü"), "CORP%5Ca%3Ab%40%C3%BC");
    }
}
