//! What came of it.

use super::Case;
use alloc::{string::String, vec::Vec};
use core::fmt;

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// The contract is broken; how.
    Failed(String),
    /// The pair has nothing to be tested with; why, as the pair says.
    NotApplicable(String),
}

/// What became of each case with one pair. [`Display`](fmt::Display) is a line for each.
#[derive(Clone, Debug)]
#[must_use]
pub struct Report {
    pair: String,
    outcomes: Vec<(Case, Outcome)>,
}

impl Report {
    pub(super) fn new(pair: String, outcomes: Vec<(Case, Outcome)>) -> Self {
        Self { pair, outcomes }
    }

    /// The name of the pair.
    #[must_use]
    pub fn pair(&self) -> &str {
        &self.pair
    }

    /// What became of each case, in the order of [`Case::ALL`].
    #[must_use]
    pub fn outcomes(&self) -> &[(Case, Outcome)] {
        &self.outcomes
    }

    /// What became of `case`.
    #[must_use]
    pub fn outcome(&self, case: Case) -> Option<&Outcome> {
        self.outcomes.iter().find(|(one, _)| *one == case).map(|(_, outcome)| outcome)
    }

    /// The cases that failed.
    pub fn failures(&self) -> impl Iterator<Item = Case> {
        self.outcomes
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
            .map(|(case, _)| *case)
    }

    /// Ends a test: for one in a test function.
    ///
    /// # Panics
    /// When a case failed, with the report; and when none passed, for then nothing was tested.
    pub fn assert(&self) {
        assert!(self.failures().next().is_none(), "\n{self}");
        assert!(
            self.outcomes.iter().any(|(_, outcome)| *outcome == Outcome::Passed),
            "no case applies\n{self}"
        );
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.pair)?;
        for (case, outcome) in &self.outcomes {
            match outcome {
                Outcome::Passed => writeln!(f, "  passed  {case}")?,
                Outcome::Failed(why) => writeln!(f, "  FAILED  {case}: {why}")?,
                Outcome::NotApplicable(reason) => writeln!(f, "  n/a     {case}: {reason}")?,
            }
        }
        Ok(())
    }
}

/// Several reports side by side. [`Display`](fmt::Display) is a table in Markdown, a line for each case and a column for each
/// pair, with the reasons below it.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a>(pub &'a [Report]);

impl Table<'_> {
    /// Every reason of a cell that is not `passed`, once.
    fn notes(&self) -> Vec<&str> {
        let mut notes = Vec::new();
        for (_, outcome) in self.0.iter().flat_map(|report| &report.outcomes) {
            match outcome {
                Outcome::Failed(text) | Outcome::NotApplicable(text) if !notes.contains(&text.as_str()) => {
                    notes.push(text.as_str());
                }
                _ => {}
            }
        }
        notes
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let notes = self.notes();
        let note =
            |text: &str| notes.iter().position(|note| *note == text).map_or(0, |at| at.saturating_add(1));
        f.write_str("| |")?;
        self.0.iter().try_for_each(|report| write!(f, " {} |", report.pair))?;
        f.write_str("\n|---|")?;
        self.0.iter().try_for_each(|_| f.write_str("---|"))?;
        f.write_str("\n")?;
        for case in Case::ALL {
            write!(f, "| {case} |")?;
            for report in self.0 {
                match report.outcome(*case) {
                    Some(Outcome::Passed) => f.write_str(" passed |")?,
                    Some(Outcome::Failed(why)) => write!(f, " **failed** ({}) |", note(why))?,
                    Some(Outcome::NotApplicable(reason)) => write!(f, " n/a ({}) |", note(reason))?,
                    None => f.write_str(" |")?,
                }
            }
            f.write_str("\n")?;
        }
        if !notes.is_empty() {
            f.write_str("\n")?;
        }
        (1..).zip(&notes).try_for_each(|(number, text): (usize, _)| writeln!(f, "{number}. {text}"))
    }
}
