//! The login of the current user on Windows: what is tried, in which order, and what is said of it. (That the domain takes it is
//! seen on real Windows: ci/windows/real.ps1.)
#![cfg(windows)]

use gatepass::crypto::ntowf_v1;
use gatepass::{
    Accounts, Backend, CredentialSource, Credentials, Error, ErrorKind, NtHash, Ntlm, Platform, Principal,
    Reason, Request, Step,
};
use std::sync::{Arc, Mutex};

/// A source that knows somebody, nobody, or fails.
#[derive(Debug)]
struct Notebook(Result<Option<Credentials>, &'static str>);

impl CredentialSource for Notebook {
    fn name(&self) -> &str {
        "the notebook"
    }

    fn credentials(&self, _: &Request) -> Result<Option<Credentials>, Error> {
        self.0.clone().map_err(|why| Error::with_source(ErrorKind::Internal, why))
    }
}

struct Alice;

impl Accounts for Alice {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        (principal.user() == "alice").then(|| ntowf_v1("Passw0rd!"))
    }
}

fn request() -> Request {
    Request::target("HTTP/proxy.gatepass.invalid").with_peer("http://proxy.gatepass.invalid:8080")
}

/// A platform with the notebook, and what it tells.
fn platform(notebook: Notebook) -> (Platform, Arc<Mutex<Vec<Reason>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = {
        let told = Arc::clone(&told);
        Arc::new(move |reason: &Reason| told.lock().unwrap().push(reason.clone()))
    };
    (Platform::new().with_credentials(Arc::new(notebook)).with_listener(listener), told)
}

/// Who logs in with `credentials`, in the eyes of the engine.
fn who(client: &dyn Backend, server: &dyn Backend, credentials: &Credentials) -> Result<Principal, Error> {
    let mut server = server.accept(Arc::new(Alice), &Request::new())?;
    let mut step = client.initiate(credentials, &request())?;
    loop {
        let (token, next) = match step {
            Step::Continue { token, next } => (token, Some(next)),
            Step::Complete { token, .. } => (token.unwrap_or_default(), None),
        };
        match (server.step(&token)?, next) {
            (Step::Continue { token, next: waiting }, Some(next)) => {
                server = waiting;
                step = next.step(&token)?;
            }
            (Step::Complete { context, .. }, _) => return Ok(context.peer().cloned().unwrap_or_default()),
            (Step::Continue { .. }, None) => panic!("the server wants more"),
        }
    }
}

#[test]
fn whom_the_source_names_goes_before_the_user_who_is_logged_in() {
    let alice = Credentials::password("CORP\\alice", "Passw0rd!");
    let (platform, told) = platform(Notebook(Ok(Some(alice))));
    let found = who(&*platform.ntlm(), &Ntlm::new(), &Credentials::CurrentUser).unwrap();
    assert_eq!(found, Principal::new("CORP", "alice"));
    let told: Vec<_> = told.lock().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(told, ["NTLM: as CORP\\alice, from the notebook"]);
}

#[test]
fn where_the_source_knows_nobody_or_fails_the_user_who_is_logged_in_is_next() {
    for (notebook, first) in [
        (Notebook(Ok(None)), None),
        (
            Notebook(Err("its pages stick together: dry it")),
            Some("NTLM: not used, the notebook failed: its pages stick together: dry it"),
        ),
    ] {
        let (platform, told) = platform(notebook);
        let Step::Continue { token, .. } =
            platform.ntlm().initiate(&Credentials::CurrentUser, &request()).unwrap()
        else {
            panic!("NTLM has three messages")
        };
        assert_eq!(token[..12], *b"NTLMSSP\0\x01\0\0\0");
        let told: Vec<_> = told.lock().unwrap().iter().map(ToString::to_string).collect();
        let expected: Vec<_> =
            first.into_iter().chain(["NTLM: as the user who is logged in to Windows"]).collect();
        assert_eq!(told, expected);
    }
}

#[test]
fn a_name_and_a_password_are_for_windows_and_a_hash_is_for_the_engine() {
    let platform = Platform::new();
    for credentials in [
        Credentials::password("CORP\\alice", "Passw0rd!"),
        Credentials::NtHash(Principal::parse("CORP\\alice"), ntowf_v1("Passw0rd!")),
    ] {
        let found = who(&*platform.ntlm(), &Ntlm::new(), &credentials).unwrap();
        assert_eq!(found, Principal::new("CORP", "alice"));
    }
    let hash = Credentials::NtHash(Principal::parse("CORP\\alice"), ntowf_v1("Passw0rd!"));
    let found = who(&*platform.negotiate(), &*platform.negotiate(), &hash).unwrap();
    assert_eq!(found, Principal::new("CORP", "alice"));
}

#[test]
fn a_server_asks_the_accounts_that_it_is_given() {
    let platform = Platform::new();
    let alice = |password| Credentials::password("CORP\\alice", password);
    assert_eq!(who(&Ntlm::new(), &*platform.ntlm(), &alice("Passw0rd!")).unwrap().user(), "alice");
    let refused = who(&Ntlm::new(), &*platform.ntlm(), &alice("nope")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::LogonDenied);
}

#[test]
fn why_tells_of_both_packages_and_that_windows_may_block() {
    let (platform, _) = platform(Notebook(Ok(None)));
    let why: Vec<_> = platform.why().iter().map(ToString::to_string).collect();
    let rest =
        "with what the notebook knows, or else as the user who is logged in to Windows, by its own package";
    assert_eq!(why, [format!("Negotiate: {rest}"), format!("NTLM: {rest}")]);
    assert!(platform.ntlm().blocks() && platform.negotiate().blocks());
}
