//! Our client against our server: the mirror, which proves that both fit and no more. The judges are spec.rs and
//! recorded.rs.

use gatepass_backend::{
    Accounts, Attributes, Backend, ChannelBindings, Credentials, ErrorKind, NtHash, Principal, Request,
    SecurityContext, Step,
};
use gatepass_engine::{
    Accepted, Bindings, Client, Error, Incompatible, Nonces, Ntlm, Policy, Requirement, Server, Session,
    TargetInfo, crypto,
};
use gatepass_wire::{Authenticate, Challenge, FileTime, Message, Negotiate, NegotiateFlags as Flags};
use std::sync::Arc;

fn server() -> Server {
    Server::new(TargetInfo::new("CORP", "DC1").with_dns("corp.test", "dc1.corp.test", "corp.test"))
}

fn nonces(seed: u8) -> Nonces {
    Nonces::fixed_for_tests([seed; 8], [seed.wrapping_mul(3); 16], FileTime::from_unix_seconds(1_800_000_000))
}

/// The handshake of `client` and `server`, whose account has the password `known`.
fn dance(client: Client, server: Server, known: &str) -> Result<(Session, Accepted), Error> {
    let (waiting, negotiate) = client.negotiate();
    let (listening, challenge) = server.negotiate(&negotiate, nonces(1))?;
    let (session, authenticate) = waiting.challenge(&challenge, nonces(2))?;
    let claim = listening.authenticate(&authenticate)?;
    let accepted = claim.verify(Some(&crypto::ntowf_v1(known)))?;
    Ok((session, accepted))
}

fn same_key(session: &Session, accepted: &Accepted) -> bool {
    session.exported_session_key().ct_eq(accepted.session().exported_session_key())
}

#[test]
fn a_kept_ntowfv2_answers_as_the_password_does_and_another_one_is_denied() {
    let hash = crypto::ntowf_v1("Passw0rd!");
    let principal = Principal::new("CORP", "jürgen");
    let answer = |client: Client| {
        let (waiting, negotiate) = client.with_workstation("BOX").negotiate();
        let (_, challenge) = server().negotiate(&negotiate, nonces(1)).unwrap();
        waiting.challenge(&challenge, nonces(2)).unwrap().1
    };
    let key = crypto::ntowf_v2("jürgen", "CORP", &hash);
    let kept = answer(Client::from_response_key(principal.clone(), key));
    assert_eq!(kept, answer(Client::new(Credentials::password("CORP\\jürgen", "Passw0rd!"))));
    let others = crypto::ntowf_v2("jürgen", "OTHER", &hash);
    let wrong = dance(Client::from_response_key(principal, others), server(), "Passw0rd!");
    assert_eq!(wrong.err(), Some(Error::Denied));
}

#[test]
fn every_form_of_a_name_and_a_password_gets_through_as_it_is() {
    let long = "Long-Passw0rd-0".repeat(10)[..148].to_owned();
    for (name, password, domain, user) in [
        ("CORP\\alice", "Passw0rd!", "CORP", "alice"),
        ("corp\\ALICE", "Passw0rd!", "corp", "ALICE"),
        ("alice@corp.test", "Passw0rd!", "", "alice@corp.test"),
        ("alice", "Passw0rd!", "", "alice"),
        ("CORP\\with space", " x ", "CORP", "with space"),
        ("CORP\\empty", "", "CORP", "empty"),
        ("CORP\\longpw", &long, "CORP", "longpw"),
        ("CORP\\jürgen", "pässwörd€", "CORP", "jürgen"),
        ("ΚΌΣΜΟΣ\\Ωmega", "пароль😀", "ΚΌΣΜΟΣ", "Ωmega"),
        ("CORP\\😀straße", "𐐨", "CORP", "😀straße"),
        ("CORP\\a\u{0}b.", "\u{0}", "CORP", "a\u{0}b."),
    ] {
        let client = Client::new(Credentials::password(name, password)).with_workstation("BOX");
        let (session, accepted) = dance(client, server(), password).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(accepted.principal(), &Principal::new(domain, user));
        assert_eq!(accepted.workstation(), Some("BOX"));
        assert!(accepted.mic_proved(), "{name}");
        assert!(same_key(&session, &accepted), "{name}");

        let client = Client::new(Credentials::password(name, password));
        let wrong = dance(client, server(), &format!("{password}x"));
        assert_eq!(wrong.err(), Some(Error::Denied), "{name}");
    }
}

#[test]
fn an_nt_hash_is_as_good_as_its_password() {
    let credentials = Credentials::NtHash(Principal::parse("CORP\\alice"), crypto::ntowf_v1("Passw0rd!"));
    let (session, accepted) = dance(Client::new(credentials), server(), "Passw0rd!").unwrap();
    assert!(same_key(&session, &accepted));
}

#[test]
fn a88_one_character_and_two_are_different_passwords() {
    let composed = Credentials::password("CORP\\u", "\u{e9}");
    assert!(dance(Client::new(composed.clone()), server(), "\u{e9}").is_ok());
    assert_eq!(dance(Client::new(composed), server(), "e\u{301}").err(), Some(Error::Denied));
    let newline = Credentials::password("CORP\\u", "secret\n");
    assert_eq!(dance(Client::new(newline), server(), "secret").err(), Some(Error::Denied));
}

#[test]
fn the_session_key_is_new_in_each_handshake_and_the_client_s_nonce_where_messages_are_protected() {
    let run = |seed, attributes| {
        let request = Request::new().with_requirements(attributes);
        let (waiting, negotiate) =
            Client::new(Credentials::password("u", "p")).with_request(request).negotiate();
        let (listening, challenge) = server().negotiate(&negotiate, nonces(1)).unwrap();
        let (session, authenticate) = waiting.challenge(&challenge, nonces(seed)).unwrap();
        let accepted =
            listening.authenticate(&authenticate).unwrap().verify(Some(&crypto::ntowf_v1("p"))).unwrap();
        assert!(same_key(&session, &accepted));
        let exchanged = Authenticate::decode(&authenticate).unwrap().exchanged_key().unwrap().is_some();
        (session.exported_session_key().clone(), exchanged)
    };
    let ((first, exchanged), (second, _)) = (run(2, Attributes::INTEGRITY), run(3, Attributes::INTEGRITY));
    assert_eq!((first.expose(), second.expose(), exchanged), (&[6; 16][..], &[9; 16][..], true));

    let ((first, exchanged), (second, _)) = (run(2, Attributes::none()), run(3, Attributes::none()));
    assert!(!first.ct_eq(&second) && first.expose() != [6; 16]);
    assert!(!exchanged, "a key without SIGN or SEAL is understood in two ways");
}

#[test]
fn the_messages_are_what_the_document_and_its_pickier_readers_want() {
    let request = Request::target("HTTP/proxy.corp.test");
    let (waiting, negotiate) =
        Client::new(Credentials::password("CORP\\u", "p")).with_request(request).negotiate();
    assert!(negotiate.len() >= 40, "gss-ntlmssp refuses less");
    let offer = Negotiate::decode(&negotiate).unwrap();
    assert!(offer.flags.contains(Flags::NEGOTIATE_UNICODE | Flags::NEGOTIATE_VERSION));
    assert!(offer.version.is_some());

    let (listening, challenge) = server().negotiate(&negotiate, nonces(1)).unwrap();
    let asked = Challenge::decode(&challenge).unwrap();
    assert_eq!(asked.target_name.to_text().as_deref(), Some("CORP"));
    assert!(asked.flags.contains(Flags::TARGET_TYPE_DOMAIN | Flags::NEGOTIATE_TARGET_INFO));
    assert!(asked.target_info.unwrap().timestamp().unwrap().is_some());

    let (_, authenticate) = waiting.challenge(&challenge, nonces(2)).unwrap();
    let answer = Authenticate::decode(&authenticate).unwrap();
    assert_eq!(answer.lm_response, [0; 24], "the server sent a timestamp");
    assert!(answer.mic.is_some() && answer.version.is_some());
    let flags = answer.flags.unwrap();
    assert_eq!(flags & offer.flags & asked.flags, flags, "nothing that one side did not say");
    let accepted =
        listening.authenticate(&authenticate).unwrap().verify(Some(&crypto::ntowf_v1("p"))).unwrap();
    assert_eq!(accepted.target_name(), Some("HTTP/proxy.corp.test"));
}

#[test]
fn bindings_are_proved_refused_or_missed() {
    let bindings = |data: &str| Request::new().with_bindings(ChannelBindings::raw(data.as_bytes()));
    let client = |request| Client::new(Credentials::password("u", "p")).with_request(request);
    let allowing = || server().with_request(bindings("tls-server-end-point:one"));
    let requiring = || allowing().with_policy(Policy::new().with_bindings(Bindings::Required));

    for server in [allowing(), requiring()] {
        let (_, accepted) = dance(client(bindings("tls-server-end-point:one")), server, "p").unwrap();
        assert!(accepted.bindings_proved());
    }
    let other = || client(bindings("tls-server-end-point:two"));
    assert_eq!(dance(other(), allowing(), "p").err(), Some(Error::BadBindings));
    assert_eq!(dance(other(), requiring(), "p").err(), Some(Error::BadBindings));
    assert_eq!(dance(other(), requiring(), "wrong").err(), Some(Error::Denied), "the password comes first");
    let (_, accepted) = dance(client(Request::new()), allowing(), "p").unwrap();
    assert!(!accepted.bindings_proved());
    assert_eq!(dance(client(Request::new()), requiring(), "p").err(), Some(Error::BadBindings));
    assert_eq!(
        dance(
            client(bindings("x:y")),
            server().with_policy(Policy::new().with_bindings(Bindings::Required)),
            "p"
        )
        .err(),
        Some(Error::BadBindings),
        "a server that requires what it does not know itself lets nobody in"
    );
}

#[test]
fn oem_is_spoken_where_the_server_knows_nothing_else_but_only_in_ascii() {
    let oem_only = |name: &str| {
        let (waiting, negotiate) = Client::new(Credentials::password(name, "p")).negotiate();
        let (_, challenge) = server().negotiate(&negotiate, nonces(1)).unwrap();
        let mut message = Challenge::decode(&challenge).unwrap();
        message.flags = message.flags.without(Flags::NEGOTIATE_UNICODE) | Flags::NEGOTIATE_OEM;
        let challenge = message.encode().unwrap();
        let (_, authenticate) = waiting.challenge(&challenge, nonces(2))?;
        let listening = gatepass_engine::AwaitingAuthenticate::resume(&negotiate, &challenge)?;
        listening.authenticate(&authenticate)?.verify(Some(&crypto::ntowf_v1("p")))
    };
    assert_eq!(oem_only("CORP\\alice").unwrap().principal(), &Principal::new("CORP", "alice"));
    assert_eq!(oem_only("CORP\\jürgen").err(), Some(Error::Incompatible(Incompatible::Name)));
}

#[test]
fn in_a_code_page_that_both_sides_know_names_are_more_than_ascii() {
    let page = |page: &'static encoding_rs::Encoding| Policy::new().with_code_page(Arc::new(page));
    let dance = |name: &str, client_page: Policy, server_page: Policy| {
        let client = Client::new(Credentials::password(name, "pässwörd€"))
            .with_policy(client_page)
            .with_workstation("BÜRO");
        let (waiting, negotiate) = client.negotiate();
        let mut offer = Negotiate::decode(&negotiate).unwrap();
        offer.flags = offer.flags.without(Flags::NEGOTIATE_UNICODE);
        let info = TargetInfo::new("KÖLN", "DC1");
        let server = || Server::new(info.clone()).with_policy(server_page.clone());
        let (_, challenge) = server().negotiate(&offer.encode().unwrap(), nonces(1)).unwrap();
        let target = Challenge::decode(&challenge).unwrap().target_name.as_bytes().to_vec();
        let (_, authenticate) = waiting.challenge(&challenge, nonces(2))?;
        let listening = gatepass_engine::AwaitingAuthenticate::resume(&negotiate, &challenge)?;
        let claim = listening.with_policy_of(server()).authenticate(&authenticate)?;
        claim.verify(Some(&crypto::ntowf_v1("pässwörd€"))).map(|accepted| (accepted, target))
    };
    let latin = || page(encoding_rs::WINDOWS_1252);
    let (accepted, target) = dance("KÖLN\\jürgen", latin(), latin()).unwrap();
    assert_eq!(accepted.principal(), &Principal::new("KÖLN", "jürgen"));
    assert_eq!(accepted.workstation(), Some("BÜRO"));
    assert_eq!(target, b"K\xd6LN");
    // In another page it is another name, and what a page lacks is never replaced.
    let other = dance("KÖLN\\jürgen", latin(), page(encoding_rs::IBM866)).err();
    assert_eq!(other, Some(Error::Denied));
    assert_eq!(dance("KÖLN\\Ωmega", latin(), latin()).err(), Some(Error::Incompatible(Incompatible::Name)));
    let unknown = dance("KÖLN\\jürgen", latin(), Policy::new()).err();
    assert_eq!(unknown, Some(Error::Incompatible(Incompatible::Name)));
}

#[test]
fn a_name_that_does_not_fit_is_an_error_and_never_cut() {
    let name = "u".repeat(40_000);
    let error = dance(Client::new(Credentials::password(&name, "p")), server(), "p").err().unwrap();
    assert!(matches!(error, Error::TooLong(long) if long.what() == "UserName"), "{error:?}");
}

#[test]
fn other_credentials_are_no_credentials() {
    let error = dance(Client::new(Credentials::CurrentUser), server(), "p").err();
    assert_eq!(error, Some(Error::NoCredentials));
}

/// One account, `CORP\alice` in any case.
#[derive(Debug)]
struct Alice;

impl Accounts for Alice {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        let known =
            principal.domain().eq_ignore_ascii_case("corp") && principal.user().eq_ignore_ascii_case("alice");
        known.then(|| crypto::ntowf_v1("Passw0rd!"))
    }
}

type Context = Box<dyn SecurityContext>;

/// Both sides of a handshake, each through the joint.
fn behind_the_joint(
    credentials: &Credentials,
    request: &Request,
) -> Result<(Context, Context), gatepass_backend::Error> {
    let ntlm = Ntlm::new().with_target_info(TargetInfo::new("CORP", "DC1"));
    let Step::Continue { token, next: client } = ntlm.initiate(credentials, request)? else {
        panic!("a client begins with a token");
    };
    let server = ntlm.accept(Arc::new(Alice), &Request::new())?;
    let Step::Continue { token, next: server } = server.step(&token)? else {
        panic!("a server answers");
    };
    let Step::Complete { token: Some(token), context: client } = client.step(&token)? else {
        panic!("a client ends with a token");
    };
    let Step::Complete { token: None, context: server } = server.step(&token)? else {
        panic!("a server ends without a token");
    };
    Ok((client, server))
}

#[test]
fn behind_the_joint_both_sides_protect_messages_and_know_the_peer() {
    let request = Request::target("HTTP/x").with_requirements(Attributes::CONFIDENTIALITY);
    let credentials = Credentials::password("CORP\\alice", "Passw0rd!");
    let (mut client, mut server) = behind_the_joint(&credentials, &request).unwrap();
    assert_eq!(server.peer(), Some(&Principal::new("CORP", "alice")));
    assert_eq!(client.peer(), None);
    assert!(client.session_key().unwrap().ct_eq(&server.session_key().unwrap()));
    let wanted = Attributes::CONFIDENTIALITY | Attributes::INTEGRITY;
    assert!(client.attributes().contains(wanted) && server.attributes().contains(wanted));

    let mut message = *b"to the server";
    let signature = client.seal(&mut message).unwrap();
    server.unseal(&mut message, &signature).unwrap();
    assert_eq!(&message, b"to the server");
    let signature = server.sign(b"to the client").unwrap();
    client.verify(b"to the client", &signature).unwrap();
    assert_eq!(client.verify(b"altered", &signature).unwrap_err().kind(), ErrorKind::MessageAltered);
    assert_eq!(
        client.sign(b"more").unwrap_err().kind(),
        ErrorKind::OutOfSequence,
        "an error ends the context"
    );
}

#[test]
fn behind_the_joint_what_is_kept_of_credentials_gets_in_under_its_own_name_alone() {
    let password = Credentials::password("CORP\\alice", "Passw0rd!");
    let hash = Credentials::NtHash(Principal::new("CORP", "alice"), crypto::ntowf_v1("Passw0rd!"));
    for credentials in [password, hash] {
        let kept = Ntlm::kept(&credentials).unwrap();
        assert_eq!(kept.principal(), credentials.principal());
        for kept in [Ntlm::kept(&kept).unwrap(), kept.clone()] {
            let (client, server) = behind_the_joint(&kept, &Request::new()).unwrap();
            assert_eq!(server.peer(), Some(&Principal::new("CORP", "alice")));
            assert!(client.session_key().unwrap().ct_eq(&server.session_key().unwrap()));
        }
        let Credentials::NtOwfV2(_, key) = kept else { panic!("{kept:?}") };
        let renamed = Credentials::NtOwfV2(Principal::new("corp", "alice"), key);
        let refused = behind_the_joint(&renamed, &Request::new()).err().map(|error| error.kind());
        assert_eq!(refused, Some(ErrorKind::LogonDenied), "the domain counts to the letter");
    }
    for none in [Credentials::CurrentUser, Credentials::Anonymous] {
        assert!(Ntlm::kept(&none).is_none());
    }
}

#[test]
fn behind_the_joint_what_was_not_asked_for_is_not_there() {
    let credentials = Credentials::password("CORP\\alice", "Passw0rd!");
    let (mut client, _) = behind_the_joint(&credentials, &Request::new()).unwrap();
    assert_eq!(client.attributes(), Attributes::none());
    assert_eq!(client.sign(b"m").unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn behind_the_joint_each_error_has_its_kind() {
    let kind = |credentials: Credentials, request: Request| {
        behind_the_joint(&credentials, &request).err().map(|error| error.kind())
    };
    let alice = || Credentials::password("CORP\\alice", "Passw0rd!");
    assert_eq!(kind(alice(), Request::new()), None);
    for (name, password) in [("CORP\\alice", "wrong"), ("CORP\\mallory", "Passw0rd!"), ("CORP\\alice", "")] {
        let refused = kind(Credentials::password(name, password), Request::new());
        assert_eq!(refused, Some(ErrorKind::LogonDenied), "{name}");
    }
    assert_eq!(kind(Credentials::CurrentUser, Request::new()), Some(ErrorKind::NoCredentials));
    let mutual = Request::new().with_requirements(Attributes::MUTUAL_AUTH);
    assert_eq!(kind(alice(), mutual), Some(ErrorKind::Unsupported));
    let server = Ntlm::new().accept(Arc::new(Alice), &Request::new()).unwrap();
    assert_eq!(server.step(b"garbage").unwrap_err().kind(), ErrorKind::InvalidToken);
}

#[test]
fn a_server_that_requires_protection_refuses_a_client_that_offers_none() {
    let request = Request::new().with_requirements(Attributes::CONFIDENTIALITY);
    let plain = Client::new(Credentials::password("u", "p"));
    let error = dance(plain, server().with_request(request.clone()), "p").err();
    assert_eq!(error, Some(Error::Policy(Requirement::Integrity)));
    let protected = Client::new(Credentials::password("u", "p")).with_request(request.clone());
    assert!(dance(protected, server().with_request(request), "p").is_ok());
}

#[test]
fn what_ntlm_cannot_give_is_refused_by_either_side() {
    let request = || Request::new().with_requirements(Attributes::MUTUAL_AUTH);
    let plain = || Client::new(Credentials::password("u", "p"));
    let impossible = Some(Error::Policy(Requirement::Attributes));
    assert_eq!(dance(plain().with_request(request()), server(), "p").err(), impossible);
    assert_eq!(dance(plain(), server().with_request(request()), "p").err(), impossible);
}
