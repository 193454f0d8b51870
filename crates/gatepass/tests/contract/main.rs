//! The contract of the joint, over the pairs of backends that need nothing but this process.

mod defects;
#[path = "../../examples/contract/pairs.rs"]
mod pairs;

use defects::{Defect, Defective};
use gatepass::backend::contract::{Case, Outcome, Pair, Report, Table};
use gatepass::{Credentials, Ntlm, Policy};
use std::collections::BTreeSet;
use std::sync::Arc;

#[test]
fn every_pair_keeps_the_contract_as_the_table_in_the_docs_says() {
    let reports: Vec<Report> = pairs::all().iter().map(Pair::run).collect();
    reports.iter().for_each(Report::assert);
    let table = Table(&reports).to_string();
    let kept = include_str!("../../../../docs/contract.md");
    assert!(
        kept.contains(&table),
        "docs/contract.md is stale: cargo run -p gatepass --example contract\n{table}"
    );
}

#[test]
fn a32_a_context_is_dead_after_its_first_error_whatever_is_around_it() {
    for pair in pairs::all() {
        assert_eq!(pair.run_case(Case::DeadAfterError), Outcome::Passed, "{}", pair.name());
    }
}

#[test]
fn a83_debug_and_errors_of_both_sides_at_every_leg_show_no_secret() {
    for pair in pairs::all() {
        for case in [Case::Debug, Case::Errors] {
            assert_eq!(pair.run_case(case), Outcome::Passed, "{}: {case}", pair.name());
        }
    }
}

#[test]
fn a_server_that_lets_nobody_in_as_nobody_keeps_the_contract_too() {
    let open = || Arc::new(Ntlm::new().with_policy(Policy::new().allow_anonymous()));
    let pair = pairs::pair("open × open", open(), open());
    assert!(matches!(pair.run_case(Case::Anonymous), Outcome::Failed(why) if why.contains("nobody")));
    assert_eq!(pair.with_anonymous().run_case(Case::Anonymous), Outcome::Passed);
}

#[test]
fn an_exception_is_repeated_with_its_reason_and_never_silent() {
    let report = pairs::engine().except(Case::SessionKey, "the platform keeps it").run();
    report.assert();
    assert_eq!(
        report.outcome(Case::SessionKey),
        Some(&Outcome::NotApplicable("the platform keeps it".into()))
    );
    assert!(
        report.to_string().contains("n/a     both sides have the same session key: the platform keeps it")
    );
    assert!(Table(&[report]).to_string().contains("| n/a (1) |\n"));
}

#[test]
fn a_pair_that_is_given_nothing_passes_nothing_by_default() {
    let bare = Pair::new("bare", pairs::ntlm(), pairs::ntlm(), Arc::new(pairs::Corp));
    assert!(matches!(bare.run_case(Case::Handshake), Outcome::Failed(why) if why.contains("no login")));
    for case in [Case::WrongPassword, Case::UnknownUser] {
        assert!(matches!(bare.run_case(case), Outcome::NotApplicable(_)), "{case}");
    }
    let wrong = Credentials::password("CORP\\alice", "another");
    let principal = gatepass::Principal::new("CORP", "alice");
    let outcome = bare.with_login(wrong, principal).run_case(Case::Handshake);
    assert!(matches!(outcome, Outcome::Failed(why) if why.contains("LogonDenied")));
}

/// Each defect, the sides that have it, and the cases that find it.
const FOUND: [(Defect, Sides, &[Case]); 26] = [
    (Defect::SaysMoreThanIsDue, Sides::Server, &[Case::Handshake]),
    (
        Defect::LetsEverybodyIn,
        Sides::Server,
        &[Case::WrongPassword, Case::UnknownUser, Case::Cut, Case::Replayed, Case::Anonymous],
    ),
    (Defect::TellsUnknownUsersApart, Sides::Server, &[Case::UnknownUser]),
    (Defect::CallsABadTokenAFailureOfThePlatform, Sides::Client, &[Case::WrongOrder, Case::Garbage]),
    (Defect::PanicsOnAnEmptyToken, Sides::Server, &[Case::Garbage, Case::Cut]),
    (Defect::PanicsOnAShortToken, Sides::Client, &[Case::Cut]),
    (Defect::StepsOnItsOwnThreadOnly, Sides::Server, &[Case::Threads]),
    (Defect::ConcludesAtOnce, Sides::Client, &[Case::Conclude]),
    (Defect::GivesAwayThePasswordInErrors, Sides::Client, &[Case::Errors]),
    (Defect::GivesAwayThePasswordInDebug, Sides::Client, &[Case::Debug]),
    (Defect::SendsOtherBindings, Sides::Client, &[Case::BindingsEqual]),
    (Defect::LooksAtNoBindings, Sides::Server, &[Case::BindingsDiffer]),
    (Defect::InventsBindings, Sides::Server, &[Case::BindingsAbsent]),
    (Defect::PassesOverDelegation, Sides::Client, &[Case::Unavailable]),
    (Defect::HasAPasswordForTheCurrentUser, Sides::Client, &[Case::CurrentUser]),
    (Defect::ShoutsNames, Sides::Server, &[Case::Names]),
    (Defect::HasOneKeyForAll, Sides::Both, &[Case::SessionKey, Case::Independent]),
    (Defect::ClaimsToSeal, Sides::Both, &[Case::Attributes]),
    (Defect::SignsTheStartOnly, Sides::Client, &[Case::Sign]),
    (Defect::SignsNothingForNothing, Sides::Both, &[Case::Empty]),
    (Defect::SealsByDoingNothing, Sides::Both, &[Case::Seal, Case::Altered]),
    (Defect::VerifiesAnything, Sides::Server, &[Case::Altered, Case::Sequence, Case::Independent]),
    (Defect::VerifiesTwice, Sides::Client, &[Case::Sequence]),
    (Defect::LivesOnAfterAnError, Sides::Server, &[Case::DeadAfterError]),
    (Defect::CountsNoDatagrams, Sides::Both, &[Case::Datagrams]),
    (Defect::SignsTheListAsAMessage, Sides::Client, &[Case::MechListMic]),
];

#[derive(Clone, Copy, PartialEq)]
enum Sides {
    Client,
    Server,
    Both,
}

#[test]
fn every_case_finds_the_defect_that_it_is_for() {
    let mut finds = BTreeSet::new();
    for (defect, sides, cases) in FOUND {
        let side = |has: bool| if has { Arc::new(Defective(pairs::ntlm(), defect)) } else { pairs::ntlm() };
        let (client, server) = (side(sides != Sides::Server), side(sides != Sides::Client));
        let pair = pairs::pair_of_engines(&format!("{defect:?}"), client, server);
        for case in cases {
            let outcome = pair.run_case(*case);
            assert!(matches!(outcome, Outcome::Failed(_)), "{defect:?}: {case}: {outcome:?}");
            finds.insert(*case);
        }
        // What spoils everything would say little of the case that finds it.
        let otherwise = pair.run_case(Case::Handshake) == Outcome::Passed;
        assert!(otherwise || cases.contains(&Case::Handshake), "{defect:?}");
    }
    assert_eq!(finds, Case::ALL.iter().copied().collect());
}
