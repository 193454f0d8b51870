//! What is wrong with a script, and where.

use std::error::Error;
use std::fmt;

/// Why a script was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    line: usize,
    what: String,
    nearest: Option<String>,
}

impl ScriptError {
    /// The line, counted from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// For a word that is not known, the nearest one that is.
    #[must_use]
    pub fn nearest(&self) -> Option<&str> {
        self.nearest.as_deref()
    }

    /// What is wrong, for whoever shows the line otherwise.
    #[must_use]
    pub fn without_line(&self) -> String {
        match &self.nearest {
            Some(word) => format!("{}; did you mean `{word}`?", self.what),
            None => self.what.clone(),
        }
    }

    pub(crate) fn of_toml(text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        // Of several lines the first says what is wrong; the others show the place, as the line number does.
        let what = error.message().lines().next().unwrap_or_default().to_owned();
        let nearest = nearest(&what).map(str::to_owned);
        Self { line: line(text, at), what, nearest }
    }

    /// A personality that is not known.
    pub(super) fn unknown(text: &str, word: &str, known: &[String]) -> Self {
        let what = format!("unknown personality `{word}`");
        let near = known.iter().min_by_key(|known| strsim::damerau_levenshtein(word, known));
        Self { nearest: near.cloned(), ..Self::found(text, word, what) }
    }

    /// Something wrong with the place where `word` stands first, as text or as a key; with the first line when it is written in
    /// another way.
    pub(super) fn found(text: &str, word: &str, what: String) -> Self {
        let written = [format!("'{word}'"), format!("\"{word}\""), format!("{word} =")];
        let at = written.iter().filter_map(|written| text.find(written)).min();
        Self { line: line(text, at.unwrap_or_default()), what, nearest: None }
    }
}

fn line(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

/// serde names the unknown word and then those that it knows, each between backticks.
fn nearest(what: &str) -> Option<&str> {
    let mut quoted = what.split('`').skip(1).step_by(2);
    let unknown = what.starts_with("unknown").then(|| quoted.next())??;
    quoted
        .map(|known| (strsim::damerau_levenshtein(unknown, known), known))
        .filter(|(distance, known)| *distance <= known.len().max(4) / 2)
        .min()
        .map(|(_, known)| known)
}

/// `line 3: unknown field …; did you mean …?`
impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.without_line())
    }
}

impl Error for ScriptError {}
