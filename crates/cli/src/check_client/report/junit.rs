//! JUnit XML, in the shape that CI servers read: a suite, a case each.

use super::{Checked, Report};
use gatepass_mock_proxy::battery::Verdict;
use std::fmt::Write as _;
use std::time::Duration;

pub(super) fn xml(report: &Report) -> String {
    let took: Duration = report.cases.iter().map(|checked| checked.took).sum();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.3}\"",
        report.cases.len(),
        report.count(Verdict::Fail),
        report.count(Verdict::NotApplicable),
        took.as_secs_f64()
    );
    let client = escaped(report.version.as_deref().unwrap_or(&report.client));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n<testsuite name=\"{client}\" {counts}>\n"
    );
    for checked in &report.cases {
        case(&mut text, checked);
    }
    text + "</testsuite>\n</testsuites>\n"
}

fn case(text: &mut String, checked: &Checked) {
    let (name, group) = (escaped(&checked.name), checked.group.name());
    let seconds = checked.took.as_secs_f64();
    let why = escaped(&format!("{} [{}]", checked.finding.why, checked.section));
    let inside = match checked.finding.verdict {
        Verdict::Pass => format!("<system-out>{why}</system-out>"),
        Verdict::Fail => {
            let transcript = checked.transcript.as_deref().map(escaped).unwrap_or_default();
            format!("<failure message=\"{why}\">{transcript}</failure>")
        }
        _ => format!("<skipped message=\"{why}\"/>"),
    };
    // Writing to a string never fails.
    let _ = writeln!(
        text,
        "<testcase classname=\"{group}\" name=\"{name}\" time=\"{seconds:.3}\">{inside}</testcase>"
    );
}

/// As it may stand in XML 1.0, in an attribute too; what may not becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\n' | '\t' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => shown.push(character),
            _ => shown.push('\u{fffd}'),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatepass_mock_proxy::battery::{Finding, Group};

    #[test]
    fn what_a_client_says_cannot_break_out_of_the_xml() {
        let checked = |finding, transcript| Checked {
            name: "one".to_owned(),
            group: Group::Dance,
            section: "RFC 0",
            finding,
            took: Duration::from_millis(1_500),
            seen: None,
            transcript,
        };
        let report = Report {
            client: "a\"b".to_owned(),
            version: None,
            cases: vec![
                checked(Finding::fail("</failure>\"&\u{1b}[2J\u{0}"), Some("<a>".to_owned())),
                checked(Finding::not_applicable("no"), None),
            ],
        };
        assert_eq!(
            xml(&report),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"3.000\">\n\
             <testsuite name=\"a&quot;b\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"3.000\">\n\
             <testcase classname=\"dance\" name=\"one\" time=\"1.500\"><failure \
             message=\"&lt;/failure&gt;&quot;&amp;\u{fffd}[2J\u{fffd} [RFC 0]\">&lt;a&gt;</failure></testcase>\n\
             <testcase classname=\"dance\" name=\"one\" time=\"1.500\"><skipped message=\"no [RFC 0]\"/></testcase>\n\
             </testsuite>\n</testsuites>\n"
        );
    }
}
