//! Faults that are switched on and off while the mock works.

use crate::controls::Controls;
use crate::fault::{Fault, Planned};
use crate::script::Script;
use crate::{Leg, Place};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The switches that there may be.
const MAX_SWITCHES: usize = 256;

/// A fault with its switch, as the page writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Switch {
    /// The side on which it happens.
    place: Place,
    /// The leg in which it happens.
    leg: Leg,
    /// In which response of that leg; in each of them when it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nth: Option<u64>,
    /// What happens, as a script has it.
    fault: String,
    /// Whether it is on.
    on: bool,
    /// How often it has happened since the switches were changed last; whoever changes them may leave it out.
    #[serde(default)]
    happened: u64,
}

impl Switch {
    fn of(place: Place, planned: &Planned) -> Self {
        let Planned { leg, nth, fault } = planned;
        Self { place, leg: *leg, nth: *nth, fault: written(fault), on: true, happened: 0 }
    }

    /// The fault, or what is wrong with it.
    fn planned(&self) -> Result<Planned, String> {
        if self.fault.contains('\n') {
            return Err("a fault is written on one line".to_owned());
        }
        let nth = self.nth.map_or_else(String::new, |nth| format!("nth = {nth}\n"));
        let text = format!("[[fault]]\nleg = \"{}\"\n{nth}fault = {}\n", self.leg, self.fault);
        let script = Script::parse(&text).map_err(|error| error.without_line())?;
        let mut faults = script.faults.into_iter();
        match (faults.next(), faults.next()) {
            (Some(planned), None) => Ok(planned),
            _ => Err("this is not one fault".to_owned()),
        }
    }
}

/// `fault` on one line, as a script has it.
fn written(fault: &Fault) -> String {
    // Everything in it has a form in TOML.
    toml::Value::try_from(fault).map(|value| on_one_line(&value)).unwrap_or_default()
}

fn on_one_line(value: &toml::Value) -> String {
    match value {
        // TOML's own writer would break a text at its line feeds. The escapes of JSON are TOML's too.
        toml::Value::String(text) => {
            serde_json::Value::from(text.as_str()).to_string().replace('\u{7f}', "\\u007f")
        }
        toml::Value::Table(table) => {
            let pairs: Vec<_> =
                table.iter().map(|(name, value)| format!("{name} = {}", on_one_line(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}

/// All switches.
#[derive(Debug)]
pub(super) struct Switches(Mutex<Vec<Switch>>);

impl Switches {
    /// One for each fault that is planned.
    pub(super) fn new(controls: &Controls) -> Self {
        Self(Mutex::new(planned(controls)))
    }

    fn all(&self) -> MutexGuard<'_, Vec<Switch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As they are now. What [`Running::set_faults`](crate::Running::set_faults) has changed is taken over.
    pub(super) fn list(&self, controls: &Controls) -> Vec<Switch> {
        let mut switches = self.all();
        let mut on: Vec<_> = switches.iter().filter(|switch| switch.on).cloned().collect();
        // As they are planned: those of the proxy first.
        on.sort_by_key(|switch| switch.place == Place::Origin);
        if on != planned(controls) {
            *switches = planned(controls);
        }
        let mut switches = switches.clone();
        for place in [Place::Proxy, Place::Origin] {
            let on = switches.iter_mut().filter(|switch| switch.on && switch.place == place);
            for (switch, happened) in on.zip(controls.plan(place).happened()) {
                switch.happened = happened;
            }
        }
        switches
    }

    /// `wanted` in place of those before. When one of them cannot be, nothing changes, and the error has its index.
    pub(super) fn set(&self, wanted: Vec<Switch>, controls: &Controls) -> Result<(), (usize, String)> {
        if wanted.len() > MAX_SWITCHES {
            return Err((MAX_SWITCHES, format!("there are at most {MAX_SWITCHES} faults")));
        }
        let mut plans = [Vec::new(), Vec::new()];
        let mut kept = Vec::new();
        for (index, switch) in wanted.into_iter().enumerate() {
            let planned = switch.planned().map_err(|what| (index, what))?;
            // However it was written, it is kept in the way in which it can be compared.
            kept.push(Switch { on: switch.on, ..Switch::of(switch.place, &planned) });
            if switch.on {
                let [proxy, origin] = &mut plans;
                match switch.place {
                    Place::Proxy => proxy.push(planned),
                    Place::Origin => origin.push(planned),
                }
            }
        }
        let mut switches = self.all();
        let [proxy, origin] = plans;
        controls.plan(Place::Proxy).replace(proxy);
        controls.plan(Place::Origin).replace(origin);
        *switches = kept;
        Ok(())
    }

    /// Those of a new script.
    pub(super) fn follow(&self, controls: &Controls) {
        *self.all() = planned(controls);
    }
}

fn planned(controls: &Controls) -> Vec<Switch> {
    let of = |place: Place| {
        let faults = controls.plan(place).faults();
        faults.into_iter().map(move |fault| Switch::of(place, &fault))
    };
    of(Place::Proxy).chain(of(Place::Origin)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_fault_is_written_as_it_is_read() {
        for kind in Fault::KINDS {
            let switch = Switch {
                place: Place::Proxy,
                leg: kind.legs[0],
                nth: Some(2),
                fault: kind.example.to_owned(),
                on: true,
                happened: 0,
            };
            let planned = switch.planned().unwrap_or_else(|error| panic!("{}: {error}", kind.name));
            let again = Switch::of(Place::Proxy, &planned);
            assert!(!again.fault.contains('\n'), "{again:?}");
            assert_eq!(again.planned().as_ref(), Ok(&planned), "{again:?}");
        }
        let wrong = |fault: &str| {
            let fault = fault.to_owned();
            let nth = None;
            Switch { place: Place::Proxy, leg: Leg::Offer, nth, fault, on: true, happened: 0 }
                .planned()
                .unwrap_err()
        };
        assert!(wrong("\"clos\"").contains("did you mean `close`"), "{}", wrong("\"clos\""));
        assert!(wrong("\"close\"\n[[account]]\nuser = 'a'").contains("one line"));
        assert!(wrong("{ instead = \"x\" }").contains("cannot happen"), "{}", wrong("{ instead = \"x\" }"));
    }
}
