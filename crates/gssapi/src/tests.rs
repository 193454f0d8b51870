//! What this crate asks of the library, and that it gives everything back, once.
#![cfg(unix)]

use crate::abi::{CONF, DELEG, INTEG, MUTUAL};
use crate::fake::{Answer, ledger, table};
use crate::mechanism::Mechanism;
use crate::oid::Oid;
use gatepass_backend::{
    Accounts, Attributes, Backend, ChannelBindings, Credentials, Error, ErrorKind, NtHash, Principal,
    Request, SecurityContext, Step,
};
use std::sync::Arc;

struct Nobody;

impl Accounts for Nobody {
    fn nt_hash(&self, _: &Principal) -> Option<NtHash> {
        None
    }
}

fn kerberos() -> Mechanism {
    Mechanism::new(&table(), Oid::KERBEROS)
}

fn request() -> Request {
    Request::target("HTTP/proxy.corp.test")
}

fn answers(legs: impl IntoIterator<Item = Answer>) {
    ledger(|ledger| ledger.legs = legs.into_iter().collect());
}

/// The first leg of a client, of which the library says `legs`.
fn initiate(legs: impl IntoIterator<Item = Answer>, request: &Request) -> Result<Step, Error> {
    answers(legs);
    kerberos().initiate(&Credentials::CurrentUser, request)
}

fn established(flags: u32) -> Box<dyn SecurityContext> {
    match initiate([Answer::done(flags)], &request()).unwrap() {
        Step::Complete { context, .. } => context,
        step => panic!("{step:?}"),
    }
}

fn assert_all_given_back() {
    let defects = ledger(|ledger| ledger.defects());
    assert!(defects.is_empty(), "not given back, or given back twice: {defects:?}");
    assert!(ledger(|ledger| ledger.given("context")) > 0, "the test has reached the library");
}

#[test]
fn a32_whatever_a_client_holds_is_released_once_however_the_handshake_ends() {
    let deleted = Answer { deletes: true, ..Answer::fails(13) };
    for first in [Answer::fails(7), Answer::fails(13), deleted.clone()] {
        initiate([first.clone(), first], &request()).unwrap_err();
        assert_all_given_back();
    }
    for second in [Answer::done(0), Answer::fails(9), deleted, Answer::goes_on()] {
        let fails = second.major >= 1 << 16;
        let Step::Continue { next, .. } = initiate([Answer::goes_on(), second], &request()).unwrap() else {
            panic!("the library wants another leg")
        };
        assert_eq!(next.step(b"answer").is_err(), fails);
        assert_all_given_back();
    }
    // Given up half way, and an answer that is none.
    drop(initiate([Answer::goes_on()], &request()).unwrap());
    let Step::Continue { next, .. } = initiate([Answer::goes_on()], &request()).unwrap() else {
        panic!("the library wants another leg")
    };
    assert_eq!(next.step(b"").unwrap_err().kind(), ErrorKind::InvalidToken);
    assert_all_given_back();
}

#[test]
fn a32_whatever_a_server_holds_is_released_once_however_the_handshake_ends() {
    for leg in [Answer::done(INTEG), Answer::fails(9), Answer { deletes: true, ..Answer::fails(13) }] {
        let fails = leg.major != 0;
        answers([leg]);
        let handshake = kerberos().accept(Arc::new(Nobody), &request()).unwrap();
        match handshake.step(b"token") {
            Ok(Step::Complete { context, .. }) => {
                assert_eq!(context.peer().unwrap().user(), "alice@CORP.TEST");
                assert_eq!(context.session_key().unwrap().expose(), [7; 32]);
            }
            Ok(step) => panic!("{step:?}"),
            Err(error) => assert!(fails, "{error:?}"),
        }
        assert_all_given_back();
    }
}

#[test]
fn a32_what_messages_allocate_is_released_once() {
    let mut context = established(INTEG | CONF);
    assert_eq!(context.sign(b"message").unwrap(), b"signature");
    let mut message = *b"message";
    assert_eq!(context.seal(&mut message).unwrap(), b"header");
    context.unseal(&mut message, b"header").unwrap();
    context.verify(&message, b"signature").unwrap();
    drop(context);
    assert_all_given_back();
}

#[test]
fn a24_delegation_is_never_asked_for_unless_it_is_required() {
    let everything_else = Attributes::MUTUAL_AUTH | Attributes::INTEGRITY | Attributes::CONFIDENTIALITY;
    for requirements in [Attributes::none(), everything_else] {
        let _ = initiate([Answer::goes_on()], &request().with_requirements(requirements)).unwrap();
    }
    let _ = initiate([Answer::goes_on()], &request().with_requirements(Attributes::DELEGATE)).unwrap();
    let asked = ledger(|ledger| ledger.flags.clone());
    assert_eq!(asked, [0, MUTUAL | INTEG | CONF, DELEG]);
}

#[test]
fn what_is_required_and_not_agreed_ends_the_handshake() {
    let wanted = request().with_requirements(Attributes::DELEGATE | Attributes::INTEGRITY);
    let error = initiate([Answer::done(INTEG)], &wanted).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_all_given_back();
    assert!(initiate([Answer::done(INTEG | DELEG)], &wanted).is_ok());
}

#[test]
fn channel_bindings_reach_the_library_with_their_prefix_and_stay_away_where_there_are_none() {
    let bound = request().with_bindings(ChannelBindings::raw(b"tls-server-end-point:hash"));
    let _ = initiate([Answer::goes_on()], &bound).unwrap();
    let _ = initiate([Answer::goes_on()], &request()).unwrap();
    let seen = ledger(|ledger| ledger.bindings.clone());
    assert_eq!(seen, [Some(b"tls-server-end-point:hash".to_vec()), None]);
}

#[test]
fn a_target_that_is_unknown_as_typed_is_asked_for_as_a_host_based_service() {
    // GSS_S_BAD_NAME
    let step = initiate([Answer::fails(2), Answer::goes_on()], &request()).unwrap();
    assert!(matches!(step, Step::Continue { .. }));
    assert_eq!(ledger(|ledger| ledger.names.clone()), ["HTTP/proxy.corp.test@", "HTTP@proxy.corp.test"]);
    // Without a ticket no name helps.
    let error = initiate([Answer::fails(7)], &request()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoCredentials);
}

#[test]
fn a_ticket_that_is_fetched_after_start_is_used_by_the_next_login() {
    answers([Answer::fails(7), Answer::fails(11), Answer::goes_on()]);
    let kerberos = kerberos();
    let login = || kerberos.initiate(&Credentials::CurrentUser, &request());
    for _ in ["no ticket", "an expired one"] {
        assert_eq!(login().unwrap_err().kind(), ErrorKind::NoCredentials);
    }
    assert!(matches!(login().unwrap(), Step::Continue { .. }));
}

#[test]
fn no_target_is_an_error_that_shows_what_one_looks_like() {
    let error = kerberos().initiate(&Credentials::CurrentUser, &Request::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TargetUnknown);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("HTTP/proxy.corp.example"), "{source}");
}

#[test]
fn a_password_reaches_kerberos_only_where_it_is_allowed_and_the_hash_never() {
    let password = Credentials::password("alice@CORP.TEST", "marker-s3cret");
    let error = kerberos().initiate(&password, &request()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoCredentials);
    assert!(!format!("{error:?}").contains("marker"), "{error:?}");

    answers([Answer::goes_on()]);
    let step = kerberos().allow_password().initiate(&password, &request()).unwrap();
    assert!(!format!("{step:?}").contains("marker"), "{step:?}");
    drop(step);
    assert_eq!(ledger(|ledger| ledger.passwords.clone()), [b"marker-s3cret"]);
    assert_all_given_back();

    let hash = Credentials::NtHash(Principal::parse("alice"), NtHash::from_bytes([1; 16]));
    for credentials in [hash, Credentials::Anonymous] {
        let error = kerberos().allow_password().initiate(&credentials, &request()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoCredentials);
    }
}

#[test]
fn a51_a_password_that_fails_is_tried_for_no_other_name_of_the_target() {
    let password = Credentials::password("alice@CORP.TEST", "pw");
    // GSS_S_DEFECTIVE_CREDENTIAL; GSS_S_FAILURE, which says nothing of its cause
    for verdict in [10 << 16, 13 << 16] {
        ledger(|ledger| ledger.verdicts = [verdict].into());
        kerberos().allow_password().initiate(&password, &request()).unwrap_err();
    }
    assert_eq!(ledger(|ledger| ledger.passwords.len()), 2);
}

#[test]
fn a32_after_a_failed_message_the_context_is_dead() {
    // GSS_S_BAD_SIG; GSS_S_DUPLICATE_TOKEN, GSS_S_OLD_TOKEN, GSS_S_UNSEQ_TOKEN, GSS_S_GAP_TOKEN
    for (verdict, kind) in [
        (6 << 16, ErrorKind::MessageAltered),
        (2, ErrorKind::OutOfSequence),
        (4, ErrorKind::OutOfSequence),
        (8, ErrorKind::OutOfSequence),
        (16, ErrorKind::OutOfSequence),
    ] {
        let mut context = established(INTEG | CONF);
        ledger(|ledger| ledger.verdicts = [verdict].into());
        assert_eq!(context.verify(b"message", b"signature").unwrap_err().kind(), kind);
        assert_eq!(context.sign(b"message").unwrap_err().kind(), ErrorKind::OutOfSequence);
        let mut message = *b"message";
        assert_eq!(context.seal(&mut message).unwrap_err().kind(), ErrorKind::OutOfSequence);
        assert_eq!(&message, b"message");
    }
}

#[test]
fn nothing_that_was_decrypted_is_left_after_an_error() {
    let mut context = established(INTEG | CONF);
    ledger(|ledger| ledger.verdicts = [6 << 16].into());
    let mut message = *b"decrypted by the library in place";
    assert_eq!(context.unseal(&mut message, b"header").unwrap_err().kind(), ErrorKind::MessageAltered);
    assert!(message.iter().all(|byte| *byte == 0), "{message:?}");
}

#[test]
fn what_was_not_agreed_is_not_done() {
    let mut context = established(0);
    assert_eq!(context.sign(b"message").unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_server_that_has_not_proved_itself_has_no_name() {
    assert_eq!(established(INTEG).peer(), None);
    assert_eq!(established(INTEG | MUTUAL).peer().unwrap().user(), "alice@CORP.TEST");
}
