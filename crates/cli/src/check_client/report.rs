//! What was found, as lines, as JSON and as JUnit XML.

mod junit;

use super::recipe::Recipe;
use crate::screen::{Line, Style};
use gatepass_mock_proxy::Transcript;
use gatepass_mock_proxy::battery::{Case, Finding, Finish, Group, Verdict};
use serde::Serialize;
use std::time::Duration;

/// A case, and what became of it.
pub(super) struct Checked {
    name: String,
    group: Group,
    section: &'static str,
    pub(super) finding: Finding,
    took: Duration,
    seen: Option<Seen>,
    /// The conversation of a case that failed.
    pub(super) transcript: Option<String>,
}

/// What the proxy saw of a client, and how the client ended.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Seen {
    exit_code: Option<i32>,
    connections: usize,
    requests: usize,
    authenticates: usize,
}

impl Seen {
    pub(super) fn new(finish: &Finish, transcript: &Transcript) -> Self {
        Self {
            exit_code: finish.code(),
            connections: transcript.connections().len(),
            requests: transcript.requests().count(),
            authenticates: transcript.authenticates().count(),
        }
    }
}

impl Checked {
    /// A case that was not run, and why.
    pub(super) fn not_run(case: &Case, finding: Finding) -> Self {
        let (name, group, section) = (case.name().to_owned(), case.group(), case.section());
        Self { name, group, section, finding, took: Duration::ZERO, seen: None, transcript: None }
    }

    /// A case that was run.
    pub(super) fn new(
        case: &Case,
        finding: Finding,
        took: Duration,
        seen: Seen,
        transcript: Option<String>,
    ) -> Self {
        Self { took, seen: Some(seen), transcript, ..Self::not_run(case, finding) }
    }

    /// One line of the table.
    pub(super) fn line(&self) -> Line {
        let (style, word) = match self.finding.verdict {
            Verdict::Pass => (Style::Good, "pass"),
            Verdict::Fail => (Style::Bad, "FAIL"),
            _ => (Style::Faint, "n/a "),
        };
        Line::new()
            .styled(style, word)
            .strong(format!(" {:26} ", self.name))
            .plain(&self.finding.why)
            .faint(format!(" [{}]", self.section))
    }
}

/// The report of a client.
pub(super) struct Report {
    client: String,
    version: Option<String>,
    cases: Vec<Checked>,
}

#[derive(Serialize)]
struct JsonReport<'a> {
    client: &'a str,
    version: Option<&'a str>,
    passed: usize,
    failed: usize,
    not_applicable: usize,
    cases: Vec<JsonCase<'a>>,
}

#[derive(Serialize)]
struct JsonCase<'a> {
    name: &'a str,
    group: &'static str,
    verdict: Verdict,
    why: &'a str,
    section: &'static str,
    seen: Option<Seen>,
}

impl Report {
    pub(super) fn new(recipe: &Recipe, version: Option<String>) -> Self {
        Self { client: recipe.name.clone(), version, cases: Vec::new() }
    }

    pub(super) fn add(&mut self, checked: Checked) {
        self.cases.push(checked);
    }

    pub(super) fn count(&self, verdict: Verdict) -> usize {
        self.cases.iter().filter(|checked| checked.finding.verdict == verdict).count()
    }

    /// `70 passed, 2 failed, 3 not applicable`
    pub(super) fn sum(&self) -> String {
        let [passed, failed, others] =
            [Verdict::Pass, Verdict::Fail, Verdict::NotApplicable].map(|verdict| self.count(verdict));
        format!("{passed} passed, {failed} failed, {others} not applicable")
    }

    /// One object, with `cases` in it.
    pub(super) fn json(&self) -> String {
        let report = JsonReport {
            client: &self.client,
            version: self.version.as_deref(),
            passed: self.count(Verdict::Pass),
            failed: self.count(Verdict::Fail),
            not_applicable: self.count(Verdict::NotApplicable),
            cases: self
                .cases
                .iter()
                .map(|checked| JsonCase {
                    name: &checked.name,
                    group: checked.group.name(),
                    verdict: checked.finding.verdict,
                    why: &checked.finding.why,
                    section: checked.section,
                    seen: checked.seen,
                })
                .collect(),
        };
        // Texts and numbers always have a form in JSON.
        serde_json::to_string(&report).unwrap_or_default()
    }

    /// JUnit XML.
    pub(super) fn junit(&self) -> String {
        junit::xml(self)
    }
}
