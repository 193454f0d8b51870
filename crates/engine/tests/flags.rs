//! The truth table of `settle`, generated from the rules of [MS-NLMP] 2.2.2.5: every flag on either side, in all
//! combinations of those that act on each other.

mod truth_table;

use gatepass_engine::{Error, Requirement, settle};
use gatepass_wire::NegotiateFlags as Flags;
use truth_table::expected;

/// All ways to distribute `flags` over two sides.
fn distributions(flags: &[Flags]) -> Vec<(Flags, Flags)> {
    let mut all = vec![(Flags::EMPTY, Flags::EMPTY)];
    for &flag in flags {
        all = all
            .into_iter()
            .flat_map(|(offered, ours)| {
                [
                    (offered, ours),
                    (offered | flag, ours),
                    (offered, ours | flag),
                    (offered | flag, ours | flag),
                ]
            })
            .collect();
    }
    all
}

#[test]
fn settle_is_the_table_that_the_rules_of_the_document_give() {
    let companions = [
        Flags::NEGOTIATE_UNICODE,
        Flags::NEGOTIATE_OEM,
        Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY,
        Flags::NEGOTIATE_LM_KEY,
        Flags::NEGOTIATE_DATAGRAM,
        Flags::NEGOTIATE_KEY_EXCH,
    ];
    let (mut rows, mut settled, mut refused) = (0, 0, 0);
    for (offered, ours) in distributions(&companions) {
        for (_, flag) in Flags::from_bits(u32::MAX).iter() {
            for (more_offered, more_ours) in distributions(&[flag]) {
                let (offered, ours) = (offered | more_offered, ours | more_ours);
                let wanted = expected(offered, ours);
                match &wanted {
                    Ok(_) => settled += 1,
                    Err(_) => refused += 1,
                }
                assert_eq!(settle(offered, ours, Flags::EMPTY), wanted, "{offered} and {ours}");
                rows += 1;
            }
        }
    }
    assert_eq!(rows, 4096 * 32 * 4);
    assert!(settled > 100_000 && refused > 100_000, "{settled} {refused}");
}

#[test]
fn what_is_required_and_not_common_is_refused_by_its_name_whichever_side_lacks_it() {
    let unicode = Flags::NEGOTIATE_UNICODE;
    for (flag, requirement) in [
        (Flags::NEGOTIATE_SIGN, Requirement::Integrity),
        (Flags::NEGOTIATE_SEAL, Requirement::Confidentiality),
        (Flags::NEGOTIATE_128, Requirement::Strength128),
        (Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY, Requirement::ExtendedSessionSecurity),
        (Flags::NEGOTIATE_DATAGRAM, Requirement::Connectionless),
    ] {
        let with = unicode | flag | Flags::NEGOTIATE_KEY_EXCH;
        assert!(settle(with, with, flag).is_ok());
        for (offered, ours) in [(unicode, with), (with, unicode), (unicode, unicode)] {
            assert_eq!(settle(offered, ours, flag), Err(Error::Policy(requirement)));
        }
    }
    let without_key = unicode | Flags::NEGOTIATE_DATAGRAM;
    let refused = settle(without_key, without_key, Flags::NEGOTIATE_DATAGRAM);
    assert_eq!(refused, Err(Error::Policy(Requirement::Connectionless)));
}
