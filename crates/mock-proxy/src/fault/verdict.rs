//! Faults in what is answered: another answer than the dance's, which has been judged before.

use super::Fault;
use crate::dance::Gate;
use crate::transcript::Outcome;

/// The outcome to answer by, and the values of the challenge field, where a fault has others than those of the dance. A request
/// that makes no sense gets no other answer for it.
pub(crate) fn stand_in(
    faults: &[Fault],
    gate: &Gate,
    (outcome, values): (Outcome, Vec<String>),
) -> (Outcome, Vec<String>) {
    if matches!(outcome, Outcome::Invalid(_)) {
        return (outcome, values);
    }
    faults.iter().fold((outcome, values), |judged, fault| match fault {
        Fault::Refuse => (Outcome::Offered, gate.offer()),
        Fault::Challenge => (Outcome::Challenged, gate.unasked_challenge()),
        Fault::Grant => (Outcome::Open, Vec::new()),
        _ => judged,
    })
}
