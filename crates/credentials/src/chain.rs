//! Sources that are asked one after the other.

use crate::{Answer, Error, Failed};
use gatepass_backend::{CredentialSource, Credentials, Request};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long it is remembered that nobody knew a login: the legs of one page, and not the next `gatepass login`.
const NOTHING_LASTS: Duration = Duration::from_secs(10);

type Report = Arc<dyn Fn(&Request, &Answer) + Send + Sync>;

/// Sources in an order. The first that knows credentials answers; one that fails is noted, and the next is asked.
///
/// The answer is kept for each peer as long as the chain lives, so that a command does not run, and a person is not asked,
/// for each connection; [`forget`](Self::forget) drops it. While one thread asks, others wait for its answer.
#[derive(Clone, Default)]
pub struct Chain {
    name: Option<&'static str>,
    sources: Vec<Arc<dyn CredentialSource>>,
    report: Option<Report>,
    known: Arc<Mutex<BTreeMap<Option<String>, Known>>>,
}

struct Known {
    answer: Answer,
    until: Option<Instant>,
}

impl Chain {
    /// A chain without sources: it knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With `source` asked after those that are there.
    #[must_use]
    pub fn with(self, source: impl CredentialSource + 'static) -> Self {
        self.with_shared(Arc::new(source))
    }

    /// With `source` asked after those that are there.
    #[must_use]
    pub fn with_shared(mut self, source: Arc<dyn CredentialSource>) -> Self {
        self.sources.push(source);
        self.known = Arc::default();
        self
    }

    /// Called `name` in sentences: what is asked, or what to do where it knows nothing.
    #[must_use]
    pub fn called(self, name: &'static str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// With `report` called with each answer when it is found, and not when it is repeated. The chain waits for it meanwhile, so
    /// it must not ask the chain or make it forget.
    #[must_use]
    pub fn with_report(mut self, report: impl Fn(&Request, &Answer) + Send + Sync + 'static) -> Self {
        self.report = Some(Arc::new(report));
        self
    }

    /// Asks the sources on behalf of `request`. May take as long as its sources do.
    #[must_use]
    pub fn answer(&self, request: &Request) -> Answer {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let peer = request.peer().map(str::to_ascii_lowercase);
        let fresh = |known: &&Known| known.until.is_none_or(|until| Instant::now() < until);
        if let Some(known) = known.get(&peer).filter(fresh) {
            return known.answer.clone();
        }
        let answer = self.ask(request);
        if let Some(report) = &self.report {
            report(request, &answer);
        }
        let until = match answer.credentials {
            Some(_) => None,
            None => Instant::now().checked_add(NOTHING_LASTS),
        };
        known.insert(peer, Known { answer: answer.clone(), until });
        answer
    }

    /// Forgets what is known of all peers: after a login was refused, or stored anew.
    pub fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn ask(&self, request: &Request) -> Answer {
        let mut answer = Answer::default();
        for source in &self.sources {
            match source.credentials(request) {
                Ok(None) => {}
                Ok(Some(credentials)) => {
                    tracing::debug!(source = source.name(), peer = request.peer(), "credentials found");
                    answer.source = Some(source.name().to_owned());
                    answer.credentials = Some(credentials);
                    break;
                }
                Err(error) => {
                    let reason = Error::sentence_of(&error);
                    tracing::debug!(source = source.name(), peer = request.peer(), reason, "a source failed");
                    answer.failures.push(Failed { source: source.name().to_owned(), reason });
                }
            }
        }
        answer
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("sources", &self.sources).finish_non_exhaustive()
    }
}

/// A chain is a source: of several chains, one can be a link of another.
impl CredentialSource for Chain {
    fn name(&self) -> &str {
        self.name.unwrap_or("the sources of credentials")
    }

    /// `Ok(None)` where nobody knew a login and nobody failed.
    ///
    /// # Errors
    /// Where nobody knew one and some failed, with all their sentences.
    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, gatepass_backend::Error> {
        let answer = self.answer(request);
        if answer.credentials.is_none() && !answer.failures.is_empty() {
            let sentences: Vec<_> = answer.failures.iter().map(ToString::to_string).collect();
            return Err(Error::new(sentences.join("; ")).into());
        }
        Ok(answer.credentials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Explicit, Place};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Debug)]
    struct Broken;

    impl CredentialSource for Broken {
        fn name(&self) -> &str {
            "the broken source"
        }

        fn credentials(&self, _: &Request) -> Result<Option<Credentials>, gatepass_backend::Error> {
            Err(Error::new("it is broken; mend it").into())
        }
    }

    #[derive(Debug, Default)]
    struct Counting(AtomicUsize, bool);

    impl CredentialSource for Counting {
        fn name(&self) -> &str {
            "the counting source"
        }

        fn credentials(&self, _: &Request) -> Result<Option<Credentials>, gatepass_backend::Error> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(self.1.then(|| Credentials::password("counted", "pw")))
        }
    }

    fn request(peer: &str) -> Request {
        Request::new().with_peer(peer)
    }

    fn user(answer: &Answer) -> Option<&str> {
        answer.credentials().and_then(Credentials::principal).map(|principal| principal.user())
    }

    #[test]
    fn a_source_that_fails_never_hides_the_next_and_is_named() {
        let login = Credentials::password("CORP\\alice", "pw");
        let chain =
            Chain::new().with(Counting::default()).with(Broken).with(Explicit::new(login)).with(Broken);
        let answer = chain.answer(&request("http://proxy:1"));
        assert_eq!((answer.source(), user(&answer)), (Some("what was given"), Some("alice")));
        assert_eq!(answer.failures().len(), 1, "{answer:?}");
        assert_eq!(answer.failures()[0].to_string(), "the broken source: it is broken; mend it");
    }

    #[test]
    fn a_chain_where_all_fail_says_why_and_one_where_nobody_knows_says_nothing() {
        let chain = Chain::new().with(Broken).with(Broken);
        let error = chain.credentials(&request("http://proxy:1")).unwrap_err();
        let sentence = "the broken source: it is broken; mend it";
        assert_eq!(Error::sentence_of(&error), format!("{sentence}; {sentence}"));
        assert!(Chain::new().with(Counting::default()).credentials(&Request::new()).unwrap().is_none());
    }

    #[test]
    fn a_source_is_asked_once_for_each_peer_until_it_is_forgotten() {
        let (asked, reported) =
            (Arc::new(Counting(AtomicUsize::new(0), true)), Arc::new(AtomicUsize::new(0)));
        let reports = Arc::clone(&reported);
        let chain = Chain::new().with_shared(Arc::<Counting>::clone(&asked)).with_report(move |_, _| {
            reports.fetch_add(1, Ordering::SeqCst);
        });
        for peer in ["http://a:1", "http://a:1", "http://A:1", "http://b:1", "http://a:1"] {
            assert_eq!(user(&chain.answer(&request(peer))), Some("counted"));
        }
        let counts = || (asked.0.load(Ordering::SeqCst), reported.load(Ordering::SeqCst));
        assert_eq!(counts(), (2, 2));
        chain.forget();
        let _ = chain.clone().answer(&request("http://a:1"));
        assert_eq!(counts(), (3, 3));
    }

    #[test]
    fn that_nobody_knew_a_login_is_remembered_for_a_while() {
        let asked = Arc::new(Counting::default());
        let chain = Chain::new().with_shared(Arc::<Counting>::clone(&asked));
        assert!(chain.answer(&request("http://a:1")).credentials().is_none());
        assert!(chain.answer(&request("http://a:1")).credentials().is_none());
        assert_eq!(asked.0.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a36_what_is_meant_for_one_peer_is_given_to_no_other() {
        let place = Place::parse("http://a:1").unwrap();
        let chain = Chain::new().with(Explicit::new(Credentials::password("alice", "pw")).only_for(place));
        assert_eq!(user(&chain.answer(&request("http://A:1/"))), Some("alice"));
        for peer in ["http://a:2", "https://a:1", "http://b:1", "http://a.b:1"] {
            assert_eq!(user(&chain.answer(&request(peer))), None, "{peer}");
        }
        assert_eq!(user(&chain.answer(&Request::new())), None);
    }

    #[test]
    fn a83_debug_of_a_chain_and_its_answer_shows_no_secret() {
        let chain = Chain::new().with(Explicit::new(Credentials::password("alice", "marker-s3cret")));
        let answer = chain.answer(&request("http://a:1"));
        let shown = format!("{chain:?} {chain:#?} {answer:?} {answer:#?}");
        assert!(shown.contains("alice") && !shown.contains("marker"), "{shown}");
    }
}
