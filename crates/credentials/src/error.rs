//! What a source says when it fails.

use gatepass_backend::ErrorKind;
use std::fmt;

/// Why a source failed: a sentence that names the cause and the next thing to try. It never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    /// An error with this sentence, which begins with a small letter and has no full stop.
    #[must_use]
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// The sentence of `failed`: that of its cause where it has one, since its own is only the kind.
    pub(crate) fn sentence_of(failed: &gatepass_backend::Error) -> String {
        std::error::Error::source(failed).map_or_else(|| failed.to_string(), ToString::to_string)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// A source that fails has no credentials to give.
impl From<Error> for gatepass_backend::Error {
    fn from(error: Error) -> Self {
        Self::with_source(ErrorKind::NoCredentials, error)
    }
}

/// What the operating system says, without its number, as a part of a sentence.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = without_number(&error.to_string());
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_lowercase(), letters.as_str()))
}

/// `text` without the number that Rust appends to what the operating system says.
pub(crate) fn without_number(text: &str) -> String {
    let Some((words, rest)) = text.split_once(" (os error ") else { return text.to_owned() };
    format!("{words}{}", rest.split_once(')').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_survives_the_way_through_the_joint() {
        let error = gatepass_backend::Error::from(Error::new("the file is open to others"));
        assert_eq!(error.kind(), ErrorKind::NoCredentials);
        assert_eq!(Error::sentence_of(&error), "the file is open to others");
        let bare = gatepass_backend::Error::new(ErrorKind::Internal);
        assert_eq!(Error::sentence_of(&bare), "the platform failed");
    }

    #[cfg(unix)]
    #[test]
    fn a_reason_has_no_number() {
        assert_eq!(reason(&std::io::Error::from_raw_os_error(2)), "no such file or directory");
        assert_eq!(without_number("a: No such file (os error 2), b"), "a: No such file, b");
        assert_eq!(without_number("a"), "a");
    }
}
