//! Why a login was refused.
//!
//! The refusal itself says nothing, on purpose: whoever sees it must not learn whether the account exists. The engine tells
//! its own side by a debug event. A test peer's transcript is that side, so the event is listened to here, for the time of
//! one judgement, and handed on to whoever listens anyway.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber, dispatcher};

/// The crate whose events are listened to.
const ENGINE: &str = "gatepass_engine";

/// What the engine said of the last login.
#[derive(Debug, Default)]
struct Said {
    message: String,
    known: Option<bool>,
    proof: Option<bool>,
    mic: Option<bool>,
}

impl Said {
    /// The first thing that is wrong; what comes after it is wrong for the same reason.
    fn reason(&self) -> Option<String> {
        let text = if self.known == Some(false) {
            "there is no such account"
        } else if self.proof == Some(false) {
            "NTProofStr does not fit: another password, or other names than the client hashed, or changed on the way"
        } else if self.mic == Some(false) {
            "the MIC does not fit: a message of the handshake was changed on the way"
        } else if self.message.is_empty() {
            return None;
        } else {
            self.message.strip_prefix("denied: ").unwrap_or(&self.message)
        };
        Some(text.to_owned())
    }
}

impl Visit for Said {
    fn record_bool(&mut self, field: &Field, value: bool) {
        match field.name() {
            "known" => self.known = Some(value),
            "proof" => self.proof = Some(value),
            "mic" => self.mic = Some(value),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}

/// Runs `judge`; beside its result, why the engine denied a login meanwhile, if it did.
pub(crate) fn listen<T>(judge: impl FnOnce() -> T) -> (T, Option<String>) {
    let said = Arc::new(Mutex::new(Said::default()));
    let outer = dispatcher::get_default(Dispatch::clone);
    let listener = Dispatch::new(Listener { said: said.clone(), outer });
    let result = dispatcher::with_default(&listener, judge);
    let reason = said.lock().unwrap_or_else(PoisonError::into_inner).reason();
    (result, reason)
}

struct Listener {
    said: Arc<Mutex<Said>>,
    outer: Dispatch,
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with(ENGINE) || self.outer.enabled(metadata)
    }

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target().starts_with(ENGINE) {
            event.record(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner));
        }
        if self.outer.enabled(event.metadata()) {
            self.outer.event(event);
        }
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        self.outer.new_span(attributes)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.outer.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.outer.record_follows_from(span, follows);
    }

    fn enter(&self, span: &Id) {
        self.outer.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.outer.exit(span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn denied(known: bool, proof: bool, mic: bool) {
        tracing::debug!(target: "gatepass_engine::claim", known, proof, mic, "denied");
    }

    #[test]
    fn the_first_thing_that_is_wrong_is_the_reason() {
        let reason = |known, proof, mic| listen(|| denied(known, proof, mic)).1.unwrap();
        assert_eq!(reason(false, false, false), "there is no such account");
        assert!(reason(true, false, false).starts_with("NTProofStr does not fit"));
        assert!(reason(true, true, false).starts_with("the MIC does not fit"));
        let other = || tracing::debug!(target: "gatepass_engine::claim", "denied: channel bindings");
        assert_eq!(listen(other).1.unwrap(), "channel bindings");
        assert_eq!(listen(|| tracing::debug!(target: "elsewhere", "denied: nothing")), ((), None));
        assert_eq!(listen(|| 7), (7, None));
    }

    /// Counts the events that it gets.
    struct Counter(Arc<AtomicUsize>);

    impl Subscriber for Counter {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn event(&self, _: &Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn whoever_listened_before_hears_everything_still() {
        let count = Arc::new(AtomicUsize::new(0));
        dispatcher::with_default(&Dispatch::new(Counter(count.clone())), || {
            listen(|| {
                denied(true, true, false);
                tracing::debug!(target: "elsewhere", "something else");
            })
        });
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }
}
