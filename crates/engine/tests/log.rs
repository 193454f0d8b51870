//! What a refusal writes into the log: the reason, and neither a name nor a secret.

mod recordings;

use gatepass_engine::{AwaitingAuthenticate, Error, crypto};
use gatepass_wire::{Authenticate, Message};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Keeps every event as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        assert_eq!(event.metadata().level(), &Level::DEBUG);
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn logged(run: impl FnOnce() -> Option<Error>) -> Vec<String> {
    let log = Log::default();
    let error = tracing::subscriber::with_default(log.clone(), run);
    assert_eq!(error, Some(Error::Denied));
    log.0.lock().unwrap().clone()
}

#[test]
fn a83_the_reason_of_a_refusal_is_logged_without_names_and_secrets() {
    let recording = recordings::named("pyspnego-proxy-get");
    let claim = |authenticate: &[u8]| {
        let waiting = AwaitingAuthenticate::resume(&recording.negotiate, &recording.challenge).unwrap();
        waiting.authenticate(authenticate)
    };
    let (right, other) = (crypto::ntowf_v1(&recording.password), crypto::ntowf_v1("other"));
    let verify = |hash, authenticate: &[u8]| claim(authenticate).unwrap().verify(hash).err();
    let mut bad_mic = recording.authenticate.clone();
    bad_mic[80] ^= 1;

    let unknown = logged(|| verify(None, &recording.authenticate));
    let wrong = logged(|| verify(Some(&other), &recording.authenticate));
    let forged = logged(|| verify(Some(&right), &bad_mic));
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    let below = Authenticate { nt_response: &[1; 24], ..message }.encode().unwrap();
    let below = logged(|| claim(&below).err());

    for (lines, reason) in [
        (&unknown, "known=false"),
        (&wrong, "known=true proof=false"),
        (&forged, "known=true proof=true mic=false"),
        (&below, "below NTLMv2"),
    ] {
        let [line] = &lines[..] else { panic!("one line each: {lines:?}") };
        assert!(line.contains(reason), "{line}");
        for secret in ["alice", "CORP", "Passw0rd"] {
            assert!(!line.to_lowercase().contains(&secret.to_lowercase()), "{line}");
        }
    }
    assert!(wrong[0].contains("user=<5 characters>"), "{}", wrong[0]);
}
