//! How a client ended, and what the battery found.

/// How the client ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    pub(super) code: Option<i32>,
    pub(super) in_time: bool,
    pub(super) said: String,
}

impl Finish {
    /// It ended by itself with this exit code, and printed `said` where errors go.
    pub fn exited(code: i32, said: impl Into<String>) -> Self {
        Self { code: Some(code), in_time: true, said: said.into() }
    }

    /// A signal that nobody here sent ended it.
    pub fn crashed(said: impl Into<String>) -> Self {
        Self { code: None, in_time: true, said: said.into() }
    }

    /// Its time was over, and it was ended.
    pub fn timed_out(said: impl Into<String>) -> Self {
        Self { code: None, in_time: false, said: said.into() }
    }

    /// The exit code, if it ended by itself.
    #[must_use]
    pub const fn code(&self) -> Option<i32> {
        self.code
    }

    /// What it printed where errors go.
    #[must_use]
    pub fn said(&self) -> &str {
        &self.said
    }

    /// The last line that says something, shortened.
    pub(super) fn last_words(&self) -> Option<String> {
        let line = self.said.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
        let short: String = line.chars().take(160).collect();
        Some(if short.len() < line.len() { format!("{short}…") } else { short })
    }
}

/// What became of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// The client did as it should.
    Pass,
    /// It did not.
    Fail,
    /// The client cannot do what the case is about, or never got there.
    NotApplicable,
}

/// A verdict with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in one sentence without a full stop.
    pub why: String,
}

impl Finding {
    /// The client did as it should.
    pub fn pass(why: impl Into<String>) -> Self {
        Self { verdict: Verdict::Pass, why: why.into() }
    }

    /// It did not.
    pub fn fail(why: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, why: why.into() }
    }

    /// It cannot, or never got there.
    pub fn not_applicable(why: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotApplicable, why: why.into() }
    }
}
