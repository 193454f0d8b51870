//! A battery for HTTP clients: named cases, each a script for the mock, a task for the client, and a judgement on what the two
//! transcripts show and how the client ended.
//!
//! Whoever runs a client starts a case, has the client do its [task](Case::task) through the proxy that stands in
//! [`Running::url`], and has the case [judge](Case::judge) it:
//!
//! ```no_run
//! use gatepass_mock_proxy::battery::{self, Finish};
//!
//! for case in battery::cases() {
//!     let running = case.start()?;
//!     let (login, urls) = (case.login(), case.urls());
//!     let finish = Finish::exited(0, ""); // … of a client that has run
//!     let finding = case.judge(&running, &finish);
//!     println!("{} {:?} {}", case.name(), finding.verdict, finding.why);
//! }
//! # Ok::<(), gatepass_mock_proxy::Error>(())
//! ```
//!
//! # What a client must do
//! It ends with exit code 0 exactly when it has got its page or pages. In every case, whatever goes wrong:
//!
//! - it ends in time;
//! - at most one AUTHENTICATE goes out for a login, unless the case allows one more: accounts get locked;
//! - an AUTHENTICATE goes to the connection that its CHALLENGE came from;
//! - the password itself (Basic) never goes out, and neither does it stand in what the client prints;
//! - the origin sees neither the login nor the field of the proxy's.
//!
//! Where a client cannot do the task or never gets to the fault, the case says so and is not applicable.

mod bodies;
mod case;
mod connect;
mod dance;
mod faults;
mod finding;
mod judgement;
mod layouts;
mod out_of_turn;
mod persistence;
mod security;

pub use case::{Case, Ends, Group, Login, Task};
pub use finding::{Finding, Finish, Verdict};

#[cfg(doc)]
use crate::Running;

/// All cases, group by group.
#[must_use]
pub fn cases() -> Vec<Case> {
    let mut cases = [
        dance::cases(),
        connect::cases(),
        bodies::cases(),
        persistence::cases(),
        layouts::cases(),
        faults::cases(),
        security::cases(),
        out_of_turn::cases(),
    ]
    .concat();
    cases.sort_by_key(|case| Group::ALL.iter().position(|group| *group == case.group()));
    cases
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fault, Script, TokenFault};
    use std::collections::HashSet;

    #[test]
    fn the_battery_has_forty_cases_and_more_of_every_group_under_names_of_their_own() {
        let cases = cases();
        let names: HashSet<_> = cases.iter().map(Case::name).collect();
        assert_eq!(names.len(), cases.len());
        assert!(cases.len() >= 40, "{}", cases.len());
        for group in Group::ALL {
            assert!(cases.iter().filter(|case| case.group() == group).count() >= 4, "{group}");
        }
        for case in &cases {
            assert!(!case.about().is_empty() && !case.section().is_empty(), "{}", case.name());
        }
    }

    #[test]
    fn each_script_of_the_battery_is_one_that_the_mock_reads_and_starts() {
        for case in cases() {
            let read =
                Script::parse(&case.script().to_toml()).unwrap_or_else(|e| panic!("{}: {e}", case.name()));
            assert_eq!(&read, case.script(), "{}", case.name());
        }
        let started = cases().first().map(|case| case.start().unwrap().url());
        assert!(started.is_some_and(|url| url.starts_with("http://127.0.0.1:")));
    }

    #[test]
    fn each_fault_that_the_mock_has_is_in_the_battery() {
        let cases = cases();
        let planned: Vec<_> = cases
            .iter()
            .flat_map(|case| case.script().faults.iter().chain(&case.script().origin_faults))
            .collect();
        for kind in Fault::KINDS {
            assert!(planned.iter().any(|planned| planned.fault.name() == kind.name), "{}", kind.name);
        }
        let tokens = |name: &str| {
            planned
                .iter()
                .any(|planned| matches!(&planned.fault, Fault::Token(token) if token.name() == name))
        };
        let missing: Vec<_> = TokenFault::NAMES.iter().copied().filter(|name| !tokens(name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
