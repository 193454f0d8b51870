//! The login of the current user: what is tried, in which order, and what is said of it. (With real tickets it is seen in
//! tests/realworld.sh; Windows has an order of its own, in windows.rs.)
#![cfg(not(windows))]

use gatepass::spnego::{NegTokenInit, Oid, Token};
use gatepass::{CredentialSource, Credentials, Error, ErrorKind, Platform, Reason, Request, Step};
use std::sync::{Arc, Mutex};

/// A source that knows alice, and writes down for whom it was asked.
#[derive(Debug, Default)]
struct Notebook {
    asked: Mutex<Vec<Option<String>>>,
    knows: Option<Credentials>,
    broken: bool,
}

impl Notebook {
    fn with_alice() -> Self {
        Self { knows: Some(Credentials::password("CORP\\alice", "marker-s3cret")), ..Self::default() }
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl CredentialSource for Notebook {
    fn name(&self) -> &str {
        "the notebook"
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Error> {
        self.asked.lock().unwrap().push(request.peer().map(str::to_owned));
        if self.broken {
            return Err(Error::with_source(ErrorKind::Internal, "its pages stick together: dry it"));
        }
        Ok(self.knows.clone())
    }
}

/// A target of which no realm knows anything, on whichever machine this runs.
fn request() -> Request {
    Request::target("HTTP/proxy.gatepass.invalid").with_peer("http://proxy.gatepass.invalid:8080")
}

fn sentence(error: &Error) -> String {
    std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
}

fn init(token: &[u8]) -> NegTokenInit<'_> {
    match Token::decode(token).unwrap() {
        Token::Init(init) => init,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_given_as_such_is_for_ntlm_and_nobody_else_is_asked() {
    let notebook = Arc::new(Notebook::with_alice());
    let platform = Platform::new().with_credentials(Arc::<Notebook>::clone(&notebook));
    let given = Credentials::password("CORP\\bob", "Bob-Passw0rd!");
    let Step::Continue { token, .. } = platform.ntlm().initiate(&given, &request()).unwrap() else {
        panic!("NTLM begins with a token")
    };
    assert_eq!(token[..12], *b"NTLMSSP\0\x01\0\0\0");
    let Step::Continue { token, .. } = platform.negotiate().initiate(&given, &request()).unwrap() else {
        panic!("Negotiate begins with a token")
    };
    assert!(init(&token).mech_types.iter().eq([Oid::NTLMSSP]));
    assert_eq!(notebook.asked(), 0);
}

#[test]
fn the_current_user_without_a_ticket_is_whom_the_source_names_for_that_place() {
    let notebook = Arc::new(Notebook::with_alice());
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = {
        let told = Arc::clone(&told);
        Arc::new(move |reason: &Reason| told.lock().unwrap().push(reason.clone()))
    };
    let platform =
        Platform::new().with_credentials(Arc::<Notebook>::clone(&notebook)).with_listener(listener);
    let step = platform.negotiate().initiate(&Credentials::CurrentUser, &request()).unwrap();
    assert!(!format!("{step:?} {platform:?}").contains("marker"));
    let Step::Continue { token, .. } = step else { panic!("Negotiate begins with a token") };
    assert!(init(&token).mech_types.iter().eq([Oid::NTLMSSP]));
    let peer = Some("http://proxy.gatepass.invalid:8080".to_owned());
    assert_eq!(*notebook.asked.lock().unwrap(), [peer]);
    let told = told.lock().unwrap();
    let ntlm = told.iter().find(|reason| reason.mechanism() == "NTLM").unwrap();
    assert_eq!(ntlm.to_string(), "NTLM: as CORP\\alice, from the notebook");
    assert!(told.iter().all(|reason| reason.is_usable() == (reason.mechanism() == "NTLM")), "{told:?}");
}

#[test]
fn with_nothing_at_all_there_is_one_error_that_says_what_each_mechanism_misses() {
    let error = Platform::new().negotiate().initiate(&Credentials::CurrentUser, &request()).unwrap_err();
    assert_ne!(error.kind(), ErrorKind::LogonDenied);
    let sentence = sentence(&error);
    assert!(sentence.contains("no name and password are given"), "{sentence}");
    if cfg!(unix) && Platform::new().why().iter().any(|reason| reason.because().contains("kinit")) {
        assert!(sentence.contains("kinit"), "{sentence}");
    }
}

#[test]
fn a_source_that_knows_nobody_or_fails_is_named_in_the_error() {
    for (notebook, words) in [
        (Notebook::default(), "are known for http://proxy.gatepass.invalid:8080 (the notebook)"),
        (
            Notebook { broken: true, ..Notebook::default() },
            "(the notebook): its pages stick together: dry it",
        ),
    ] {
        let platform = Platform::new().with_credentials(Arc::new(notebook));
        let error = platform.ntlm().initiate(&Credentials::CurrentUser, &request()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoCredentials);
        assert!(sentence(&error).contains(words), "{}", sentence(&error));
    }
}

#[test]
fn why_tells_of_every_mechanism_in_the_order_in_which_it_is_tried() {
    let notebook = Arc::new(Notebook::with_alice());
    let why = Platform::new().with_credentials(Arc::<Notebook>::clone(&notebook)).why();
    let mechanisms: Vec<_> = why.iter().map(Reason::mechanism).collect();
    assert_eq!(mechanisms, ["Kerberos", "NTLM"]);
    assert_eq!(why[1].to_string(), "NTLM: with what the notebook knows");
    assert_eq!(notebook.asked(), 0, "it may be a person");
    let without = Platform::new().why();
    assert_eq!(without[1].to_string(), "NTLM: not used, there is no source of passwords");
}

#[test]
fn what_asks_somebody_else_belongs_on_a_thread_that_may_block() {
    assert!(!Platform::new().ntlm().blocks());
    let platform = Platform::new().with_credentials(Arc::new(Notebook::default()));
    assert!(platform.ntlm().blocks() && platform.negotiate().blocks());
}
