//! `.netrc`: logins by host, as ftp and curl read them.
//!
//! Words stand between white space: `machine HOST`, `default`, `login USER`, `password SECRET`, `account TEXT`, and
//! `macdef NAME` with everything up to the next empty line. A word may stand in double quotes, where `\n`, `\r`, `\t` and a
//! backslash before any other character mean what they mean in curl. Where a keyword could stand, `#` begins a comment.

use crate::secret_file::SecretFile;
use crate::{Error, Place};
use gatepass_backend::{CredentialSource, Credentials, Password, Principal, Request};
use std::env;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The first entry for the host of the peer, whatever its scheme and port. An entry without a user name or without a
/// password says nothing.
///
/// The entry `default` counts only where [`with_default`](Self::with_default) says so: it is for anonymous ftp, and would give
/// a login to whoever asks.
#[derive(Clone, Debug)]
pub struct Netrc {
    path: Option<PathBuf>,
    must_be: bool,
    with_default: bool,
}

impl Netrc {
    /// The file that the environment variable `NETRC` names, or `.netrc` in the user's home directory (on Windows `_netrc`
    /// too). That there is none is no error.
    #[must_use]
    pub fn usual() -> Self {
        let named = env::var_os("NETRC").filter(|path| !path.is_empty()).map(PathBuf::from);
        let path = named.or_else(|| {
            let home = env::home_dir().filter(|home| home.is_absolute())?;
            let old = home.join("_netrc");
            Some(if cfg!(windows) && old.exists() { old } else { home.join(".netrc") })
        });
        Self { path, must_be: false, with_default: false }
    }

    /// The file at `path`, which must be there.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: Some(path.into()), must_be: true, with_default: false }
    }

    /// With the entry `default` for hosts that have none of their own.
    #[must_use]
    pub fn with_default(self) -> Self {
        Self { with_default: true, ..self }
    }

    fn find(&self, path: &Path, place: &Place) -> Result<Option<Credentials>, Error> {
        let what = format!("the file {}", path.display());
        let Some(file) = SecretFile::read(path, &what)? else {
            let absent = Error::new(format!("{what} is not there; check its name"));
            return if self.must_be { Err(absent) } else { Ok(None) };
        };
        let (text, exposed) = file.open();
        let entries = entries(&text).map_err(|line| {
            Error::new(format!(
                "{what}, line {line}: a word is missing or its quotes are open; correct the line"
            ))
        })?;
        // Files without passwords may be open, as ftp and Python have it.
        if let Some(error) = exposed.filter(|_| entries.iter().any(|entry| entry.password.is_some())) {
            return Err(error);
        }
        let host = place.host().trim_start_matches('[').trim_end_matches(']');
        let own = |entry: &&Entry| {
            entry.machine.as_deref().is_some_and(|machine| machine.eq_ignore_ascii_case(host))
        };
        let complete = |entry: &Entry| {
            let user = entry.login.as_deref().filter(|user| !user.is_empty())?;
            let password = Password::from(entry.password.as_deref()?.as_str());
            Some(Credentials::Password(Principal::parse(user), password))
        };
        let mut own = entries.iter().filter(own).peekable();
        if own.peek().is_some() {
            return Ok(own.find_map(complete));
        }
        Ok(entries.iter().filter(|entry| self.with_default && entry.machine.is_none()).find_map(complete))
    }
}

impl CredentialSource for Netrc {
    fn name(&self) -> &str {
        "netrc"
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, gatepass_backend::Error> {
        match (&self.path, Place::of(request)?) {
            (Some(path), Some(place)) => Ok(self.find(path, &place)?),
            _ => Ok(None),
        }
    }
}

#[derive(Default)]
struct Entry {
    /// `None`: the entry `default`.
    machine: Option<String>,
    login: Option<String>,
    password: Option<Zeroizing<String>>,
}

/// The entries in their order; the number of the line that cannot be read.
fn entries(text: &str) -> Result<Vec<Entry>, usize> {
    let mut words = Words { rest: text, line: 1 };
    let mut entries: Vec<Entry> = Vec::new();
    while let Some(keyword) = words.next()? {
        let line = words.line;
        let mut value = || words.next()?.ok_or(line);
        match (keyword.as_str(), entries.last_mut()) {
            (comment, _) if comment.starts_with('#') => words.skip_line(),
            ("machine", _) => {
                let machine = Some(value()?.to_string());
                entries.push(Entry { machine, ..Entry::default() });
            }
            ("default", _) => entries.push(Entry::default()),
            ("macdef", _) => words.skip_macro(),
            ("login" | "user", Some(entry)) => entry.login = Some(value()?.to_string()),
            ("password" | "passwd", Some(entry)) => entry.password = Some(value()?),
            ("account", _) => drop(value()?),
            // Words that some other program understands.
            _ => {}
        }
    }
    Ok(entries)
}

struct Words<'a> {
    rest: &'a str,
    line: usize,
}

impl Words<'_> {
    fn next(&mut self) -> Result<Option<Zeroizing<String>>, usize> {
        let start = self.rest.trim_start();
        let blank = self.rest.len().saturating_sub(start.len());
        self.advance(blank);
        let mut word = Zeroizing::new(String::with_capacity(self.rest.len().min(1024)));
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
            word.push_str(self.rest.get(..end).unwrap_or_default());
            self.advance(end);
            return Ok(Some(word).filter(|word| !word.is_empty()));
        };
        let line = self.line;
        let mut letters = quoted.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.advance(at.saturating_add(2));
                    return Ok(Some(word));
                }
                '\\' => word.push(match letters.next().ok_or(line)?.1 {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    other => other,
                }),
                // As with curl, a quoted word ends on its line.
                '\n' => return Err(line),
                other => word.push(other),
            }
        }
        Err(line)
    }

    fn skip_line(&mut self) {
        self.advance(self.rest.find('\n').unwrap_or(self.rest.len()));
    }

    /// To the next empty line.
    fn skip_macro(&mut self) {
        let ends = ["\n\n", "\r\n\r\n"].into_iter().filter_map(|end| self.rest.find(end));
        self.advance(ends.min().unwrap_or(self.rest.len()));
    }

    fn advance(&mut self, bytes: usize) {
        let (gone, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.line = self.line.saturating_add(gone.bytes().filter(|byte| *byte == b'\n').count());
        self.rest = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> (tempfile::NamedTempFile, Netrc) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let source = Netrc::new(file.path());
        (file, source)
    }

    fn asked(source: &Netrc, peer: &str) -> Result<Option<String>, String> {
        let found = source.credentials(&Request::new().with_peer(peer));
        match found.map_err(|error| Error::sentence_of(&error))? {
            Some(Credentials::Password(who, password)) => Ok(Some(format!("{who}={}", password.expose()))),
            None => Ok(None),
            other => panic!("{other:?}"),
        }
    }

    fn found(text: &str, peer: &str) -> Option<String> {
        let (_file, source) = source(text);
        asked(&source, peer).unwrap()
    }

    #[test]
    fn a_login_is_found_by_its_host() {
        let text = "machine a.test login alice password pw1\nmachine\tproxy.corp\n  login CORP\\bob\n  password p#w2\n\
                    # machine b.test login no password no\nmachine b.test login \"carol\" # why\npassword \"a \\\"b\\\\\\t#\"\n";
        for (peer, expected) in [
            ("http://a.test:80", Some("alice=pw1")),
            ("https://A.TEST:8443", Some("alice=pw1")),
            ("http://proxy.corp:8080", Some("CORP\\bob=p#w2")),
            ("http://b.test:1", Some("carol=a \"b\\\t#")),
            ("http://corp:8080", None),
            ("http://x.a.test:80", None),
        ] {
            assert_eq!(found(text, peer).as_deref(), expected, "{peer}");
        }
        assert_eq!(found("machine ::1 login a password b", "http://[::1]:1").as_deref(), Some("a=b"));
    }

    #[test]
    fn an_entry_that_is_not_complete_does_not_hide_the_next_and_a_macro_is_no_entry() {
        let text = "machine a login x\nmacdef init\nmachine a login evil password evil\n\nmachine a password y\n\
                    machine a account z login alice password \"\"\n";
        assert_eq!(found(text, "http://a:1").as_deref(), Some("alice="));
        assert_eq!(found("macdef all\nmachine a login x password y", "http://a:1"), None);
    }

    #[test]
    fn the_default_entry_is_for_those_who_ask_for_it() {
        let text = "default login anonymous password me@here\nmachine a login x\n";
        let (_file, netrc) = source(text);
        assert_eq!(asked(&netrc, "http://b:1").unwrap(), None);
        let netrc = netrc.with_default();
        assert_eq!(asked(&netrc, "http://b:1").unwrap().as_deref(), Some("anonymous=me@here"));
        assert_eq!(asked(&netrc, "http://a:1").unwrap(), None, "the entry of the host itself counts");
    }

    #[test]
    fn a_broken_file_is_named_by_its_line_without_its_words() {
        for (text, line) in [
            ("machine a login x password \"marker", 1),
            ("machine a\nlogin x\npassword \"marker\n\"", 3),
            ("machine a login marker\n\npassword", 3),
            ("machine a password marker machine", 1),
            ("machine a password \"marker\\", 1),
        ] {
            let (_file, source) = source(text);
            let error = asked(&source, "http://a:1").unwrap_err();
            assert!(error.contains(&format!("line {line}:")) && !error.contains("marker"), "{text}: {error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a85_an_open_netrc_is_refused_when_it_holds_a_password() {
        use std::os::unix::fs::PermissionsExt as _;
        let open = |file: &tempfile::NamedTempFile| {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        };
        let (file, netrc) = source("machine a login x password marker");
        open(&file);
        let error = asked(&netrc, "http://a:1").unwrap_err();
        assert!(error.contains("chmod 600") && !error.contains("marker"), "{error}");
        let (file, netrc) = source("machine a login x");
        open(&file);
        assert_eq!(asked(&netrc, "http://a:1").unwrap(), None);
    }

    #[test]
    fn the_usual_file_may_be_missing_and_a_named_one_may_not() {
        let missing = Netrc { must_be: false, ..Netrc::new("/no/such/netrc") };
        assert_eq!(asked(&missing, "http://a:1"), Ok(None));
        assert!(asked(&Netrc::new("/no/such/netrc"), "http://a:1").unwrap_err().contains("not there"));
    }
}
