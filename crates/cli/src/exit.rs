//! How the program ends: curl's exit codes where curl has one, and the one sentence that says what to do.

use std::fmt;
use std::io;
use std::process::ExitCode;

/// An exit code, under curl's numbers (`EXIT CODES` of curl's manual).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exit(u8);

impl Exit {
    /// All went well.
    pub(crate) const OK: Self = Self(0);
    /// `decode`: the message is malformed. `demo`: something was not as it should be. `fetch`: unknown protocol.
    /// `whoami`, `logout`: there is no login. `replay`: the proxy answers otherwise.
    pub(crate) const FAILED: Self = Self(1);
    /// The command line is not understood.
    pub(crate) const USAGE: Self = Self(2);
    /// The URL is malformed.
    pub(crate) const URL: Self = Self(3);
    /// A mechanism or feature that is not built in.
    pub(crate) const UNSUPPORTED: Self = Self(4);
    /// The proxy's name has no address.
    pub(crate) const PROXY_RESOLVE: Self = Self(5);
    /// The host's name has no address.
    pub(crate) const RESOLVE: Self = Self(6);
    /// No connection.
    pub(crate) const CONNECT: Self = Self(7);
    /// The peer's answer is not HTTP.
    pub(crate) const WEIRD_REPLY: Self = Self(8);
    /// Less came than was announced.
    pub(crate) const PARTIAL: Self = Self(18);
    /// `-f` and a status of 400 or more.
    pub(crate) const HTTP: Self = Self(22);
    /// Output could not be written; for `login`, to a keyring.
    pub(crate) const WRITE: Self = Self(23);
    /// A file could not be read.
    pub(crate) const READ: Self = Self(26);
    /// Too slow.
    pub(crate) const TIMEOUT: Self = Self(28);
    /// The TLS handshake failed.
    pub(crate) const TLS: Self = Self(35);
    /// Too many redirects.
    pub(crate) const REDIRECTS: Self = Self(47);
    /// The value of an option is malformed.
    pub(crate) const OPTION: Self = Self(49);
    /// The peer closed without an answer.
    pub(crate) const EMPTY: Self = Self(52);
    /// Sending failed.
    pub(crate) const SEND: Self = Self(55);
    /// Receiving failed; also: the proxy refused the tunnel.
    pub(crate) const RECEIVE: Self = Self(56);
    /// The peer's certificate is not to be trusted.
    pub(crate) const CERTIFICATE: Self = Self(60);
    /// The upload cannot be sent a second time.
    pub(crate) const REWIND: Self = Self(65);
    /// Name or password refused, in `demo --proxy`. `fetch` gives the 401 or 407 response, as curl does; where more URLs
    /// follow, they are not tried.
    pub(crate) const DENIED: Self = Self(67);
    /// The file of trusted certificates cannot be used.
    pub(crate) const CA_FILE: Self = Self(77);
    /// The authentication failed for another reason than a wrong password; there is no login to give.
    pub(crate) const AUTHENTICATION: Self = Self(94);

    /// The number.
    pub(crate) const fn code(self) -> u8 {
        self.0
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

/// Why a command ends early: the exit code and one sentence.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    sentence: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        Self { exit, sentence: Some(sentence.into()) }
    }

    /// An end without a word: everything there was to say is already said, or nobody listens.
    pub(crate) const fn silent(exit: Exit) -> Self {
        Self { exit, sentence: None }
    }

    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// The sentence, unless there is nothing to say.
    pub(crate) fn sentence(&self) -> Option<&str> {
        self.sentence.as_deref()
    }
}

/// A failed write to standard output. A reader that went away (`| head`) is no error worth a word.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::silent(Exit::WRITE)
        } else {
            Self::new(Exit::WRITE, format!("cannot write the output: {}", Reason(&error)))
        }
    }
}

/// An I/O error in words, without the operating system's number.
pub(crate) struct Reason<'a>(pub(crate) &'a io::Error);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let words = text.split(" (os error").next().unwrap_or_default();
        let mut letters = words.chars();
        match letters.next() {
            Some(first) => write!(f, "{}{}", first.to_lowercase(), letters.as_str()),
            None => f.write_str("unknown reason"),
        }
    }
}

/// What each code means.
const TABLE: [(Exit, &str); 25] = [
    (Exit::OK, "all went well (a 401, 404 or 407 response is still a response: see fetch -f)"),
    (
        Exit::FAILED,
        "protocol not supported; decode: malformed message; demo: something was not as it should be; whoami, logout: no login; replay: other answers",
    ),
    (Exit::USAGE, "the command line is not understood"),
    (Exit::URL, "the URL is malformed"),
    (Exit::UNSUPPORTED, "a mechanism or feature that is not built in"),
    (Exit::PROXY_RESOLVE, "the proxy's name cannot be resolved"),
    (Exit::RESOLVE, "the host's name cannot be resolved"),
    (Exit::CONNECT, "no connection"),
    (Exit::WEIRD_REPLY, "the answer is not HTTP"),
    (Exit::PARTIAL, "the response ended before its announced length"),
    (Exit::HTTP, "fetch -f, and the status is 400 or more"),
    (Exit::WRITE, "the output cannot be written; login: no keyring takes it"),
    (Exit::READ, "a file or standard input cannot be read"),
    (Exit::TIMEOUT, "a time limit is over"),
    (Exit::TLS, "the TLS handshake failed"),
    (Exit::REDIRECTS, "too many redirects"),
    (Exit::OPTION, "the value of --resolve is malformed"),
    (Exit::EMPTY, "the peer closed without an answer"),
    (Exit::SEND, "sending failed"),
    (Exit::RECEIVE, "receiving failed, or the proxy refused the tunnel (also for a wrong password)"),
    (Exit::CERTIFICATE, "the certificate is not to be trusted"),
    (Exit::REWIND, "the upload would have to be sent a second time"),
    (
        Exit::DENIED,
        "name or password refused: demo --proxy, and fetch where URLs are left that are not tried any more",
    ),
    (Exit::CA_FILE, "the file of trusted certificates cannot be used"),
    (
        Exit::AUTHENTICATION,
        "no login is known, or the authentication failed for another reason than a wrong password",
    ),
];

/// The exit codes for a help page.
pub(crate) fn exit_codes() -> String {
    let mut page = String::from("Exit codes (curl's where curl has one):");
    for (exit, meaning) in TABLE {
        page.push_str(&format!("\n  {:>2}  {meaning}", exit.0));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_no_number_and_starts_small() {
        let missing = io::Error::from_raw_os_error(2);
        let shown = Reason(&missing).to_string();
        assert!(!shown.contains("os error") && shown.starts_with(char::is_lowercase), "{shown}");
    }

    #[test]
    fn a_closed_pipe_ends_without_a_word() {
        let failure = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((failure.exit(), failure.sentence()), (Exit::WRITE, None));
        let failure = Failure::from(io::Error::from(io::ErrorKind::StorageFull));
        assert!(failure.sentence().is_some());
    }

    #[test]
    fn every_exit_code_has_a_number_of_its_own() {
        let mut numbers = TABLE.map(|(exit, _)| exit.0);
        numbers.sort_unstable();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    }
}
