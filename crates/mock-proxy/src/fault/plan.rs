//! Which fault is due: a count of the responses of each leg.

use super::Fault;
use crate::{Leg, Place};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A fault and its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Planned {
    /// The leg in which it happens.
    pub leg: Leg,
    /// In which response of that leg, counted from 1 over all connections; in each of them when it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// What happens.
    pub fault: Fault,
}

impl Planned {
    /// Whether it can happen at `place`, in its leg: the origin has no tunnels and passes nothing on.
    pub(crate) fn is_possible(&self, place: Place) -> bool {
        let of_the_proxy =
            self.leg == Leg::Tunnel || matches!(self.fault, Fault::Unreachable | Fault::SharedUpstream);
        self.fault.can_happen_in(self.leg) && (place == Place::Proxy || !of_the_proxy)
    }
}

/// `close in the 2nd challenge` and the like, for people.
impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nth {
            Some(nth) => write!(f, "{} in {} number {nth}", self.fault, self.leg),
            None => write!(f, "{} in each {}", self.fault, self.leg),
        }
    }
}

/// The faults of one listener, and how far it is with them. The list can be changed while it works.
#[derive(Debug, Default)]
pub(crate) struct Plan(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    faults: Vec<(Planned, u64)>,
    seen: Vec<(Leg, u64)>,
}

impl Plan {
    pub(crate) fn new(faults: Vec<Planned>) -> Self {
        let faults = faults.into_iter().map(|planned| (planned, 0)).collect();
        Self(Mutex::new(State { faults, seen: Vec::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more response of `leg`, and gives what is due in it.
    pub(crate) fn due(&self, leg: Leg) -> Vec<Fault> {
        let mut state = self.state();
        let State { faults, seen } = &mut *state;
        let count = match seen.iter_mut().find(|(known, _)| *known == leg) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                seen.push((leg, 1));
                1
            }
        };
        let due = faults
            .iter_mut()
            .filter(|(planned, _)| planned.leg == leg && planned.nth.is_none_or(|nth| nth == count));
        due.map(|(planned, reached)| {
            *reached += 1;
            planned.fault.clone()
        })
        .collect()
    }

    /// The faults that were planned and have not happened (F46).
    pub(crate) fn unreached(&self) -> Vec<Planned> {
        self.state()
            .faults
            .iter()
            .filter(|(_, reached)| *reached == 0)
            .map(|(planned, _)| planned.clone())
            .collect()
    }

    /// Other faults from now on. The counts begin anew.
    pub(crate) fn replace(&self, faults: Vec<Planned>) {
        *self.state() =
            State { faults: faults.into_iter().map(|planned| (planned, 0)).collect(), seen: Vec::new() };
    }

    /// How often each has happened, in the order of [`faults`](Self::faults).
    #[cfg(feature = "page")]
    pub(crate) fn happened(&self) -> Vec<u64> {
        self.state().faults.iter().map(|(_, reached)| *reached).collect()
    }

    /// The faults as they are planned now.
    pub(crate) fn faults(&self) -> Vec<Planned> {
        self.state().faults.iter().map(|(planned, _)| planned.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f46_a_fault_is_due_in_its_leg_and_count_and_one_that_never_was_is_named() {
        let planned = |leg, nth, fault| Planned { leg, nth, fault };
        let plan = Plan::new(vec![
            planned(Leg::Challenge, Some(2), Fault::Close),
            planned(Leg::Challenge, None, Fault::OddCase),
            planned(Leg::Verdict, Some(1), Fault::Reset),
        ]);
        assert_eq!(plan.due(Leg::Offer), []);
        assert_eq!(plan.due(Leg::Challenge), [Fault::OddCase]);
        assert_eq!(plan.due(Leg::Challenge), [Fault::Close, Fault::OddCase]);
        assert_eq!(plan.due(Leg::Challenge), [Fault::OddCase]);
        let unreached: Vec<_> = plan.unreached().iter().map(ToString::to_string).collect();
        assert_eq!(unreached, ["reset in verdict number 1"]);
        plan.replace(vec![planned(Leg::Challenge, Some(1), Fault::Hang)]);
        assert_eq!(plan.due(Leg::Challenge), [Fault::Hang]);
        assert_eq!(plan.unreached(), []);
    }
}
