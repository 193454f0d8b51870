//! Logins and messages without a connection ([MS-NLMP] 1.3.1.2, 3.1.5.2, 3.2.5.2): CHALLENGE comes first.

use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, ErrorKind, NtHash, Principal, Request, SecurityContext, Step,
};
use gatepass_engine::{
    AwaitingAuthenticate, Client, Error, Nonces, Ntlm, Policy, Requirement, Server, TargetInfo, crypto,
};
use gatepass_wire::{Authenticate, Challenge, FileTime, Message, NegotiateFlags as Flags};
use std::sync::Arc;

fn nonces(seed: u8) -> Nonces {
    Nonces::fixed_for_tests([seed; 8], [seed; 16], FileTime::from_unix_seconds(1_800_000_000))
}

fn server(attributes: Attributes) -> Server {
    let request = Request::new().with_requirements(attributes);
    Server::new(TargetInfo::new("CORP", "DC1")).with_request(request)
}

fn client(attributes: Attributes) -> Client {
    let request = Request::new().with_requirements(attributes);
    Client::new(Credentials::password("CORP\\alice", "p")).with_request(request)
}

const SEALED: Attributes = Attributes::CONFIDENTIALITY;

#[test]
fn the_server_begins_and_both_sides_protect_datagrams_in_any_order() {
    let wanted = SEALED | Attributes::DATAGRAM;
    let (waiting, challenge) = server(wanted).challenge(nonces(1)).unwrap();
    let flags = Challenge::decode(&challenge).unwrap().flags;
    assert!(flags.contains(Flags::NEGOTIATE_DATAGRAM | Flags::NEGOTIATE_KEY_EXCH));
    let (session, authenticate) = client(wanted).answer(&challenge, nonces(2)).unwrap();
    let message = Authenticate::decode(&authenticate).unwrap();
    assert!(message.flags.unwrap().contains(Flags::NEGOTIATE_DATAGRAM | Flags::NEGOTIATE_KEY_EXCH));
    let accepted = waiting.authenticate(&authenticate).unwrap().verify(Some(&crypto::ntowf_v1("p"))).unwrap();
    assert!(accepted.mic_proved());
    assert_eq!(session.exported_session_key().expose(), [2; 16], "the key is always exchanged");
    // The MIC covers what there was: no NEGOTIATE (3.1.5.2.1).
    let mic = crypto::mic(session.exported_session_key(), &[], &challenge, &authenticate);
    assert_eq!(message.mic, Some(mic));

    let (client, server) = (session.datagrams(), accepted.into_session().datagrams());
    let sealed = [5, 2, 9].map(|number| {
        let mut text = *b"datagram";
        (number, client.seal(number, &mut text).unwrap(), text)
    });
    for (number, signature, mut text) in sealed.into_iter().rev() {
        server.unseal(number, &mut text, &signature).unwrap();
        assert_eq!(&text, b"datagram");
    }
    let signature = server.sign(5, b"answer").unwrap();
    client.verify(5, b"answer", &signature).unwrap();
}

#[test]
fn a_wrong_password_or_a_changed_byte_is_denied_as_over_a_connection() {
    let (_, challenge) = server(SEALED).challenge(nonces(1)).unwrap();
    let (_, authenticate) = client(SEALED).answer(&challenge, nonces(2)).unwrap();
    let verdict = |message: &[u8], password: &str| {
        let waiting = AwaitingAuthenticate::resume(&[], &challenge).unwrap();
        let claim = waiting.with_policy_of(server(SEALED)).authenticate(message)?;
        claim.verify(Some(&crypto::ntowf_v1(password))).map(drop)
    };
    assert_eq!(verdict(&authenticate, "p"), Ok(()));
    assert_eq!(verdict(&authenticate, "wrong"), Err(Error::Denied));
    for at in 0..authenticate.len() {
        let mut tampered = authenticate.clone();
        tampered[at] ^= 0x40;
        assert!(verdict(&tampered, "p").is_err(), "byte {at}");
    }
}

#[test]
fn a_connection_and_datagrams_are_not_taken_for_each_other() {
    // A client that waits for datagrams, and a server of connections.
    let (waiting, negotiate) = client(Attributes::none()).negotiate();
    let (_, challenge) = server(Attributes::none()).negotiate(&negotiate, nonces(1)).unwrap();
    let refused = client(Attributes::none()).answer(&challenge, nonces(2)).err();
    assert_eq!(refused, Some(Error::Policy(Requirement::Connectionless)));
    // A client of connections, and a server that waits for datagrams.
    let (listening, challenge) = server(Attributes::none()).challenge(nonces(1)).unwrap();
    let (_, authenticate) = waiting.challenge(&challenge, nonces(2)).unwrap();
    let refused = listening.authenticate(&authenticate).err();
    assert_eq!(refused, Some(Error::Policy(Requirement::Connectionless)));
    // Nor may the exchanged key be taken out on the way.
    let mut message = Challenge::decode(&challenge).unwrap();
    message.flags = message.flags.without(Flags::NEGOTIATE_KEY_EXCH);
    let refused = client(Attributes::none()).answer(&message.encode().unwrap(), nonces(2)).err();
    assert_eq!(refused, Some(Error::Policy(Requirement::Connectionless)));
}

#[test]
fn datagrams_over_a_connection_are_refused_by_either_side() {
    let (waiting, negotiate) = client(Attributes::DATAGRAM).negotiate();
    let impossible = Some(Error::Policy(Requirement::Attributes));
    assert_eq!(server(Attributes::DATAGRAM).negotiate(&negotiate, nonces(1)).err(), impossible);
    let (_, challenge) = server(Attributes::none()).negotiate(&negotiate, nonces(1)).unwrap();
    assert_eq!(waiting.challenge(&challenge, nonces(2)).err(), impossible);
}

#[test]
fn ntlm_v1_does_datagrams_too_where_it_is_allowed() {
    let policy = || Policy::new().allow_ntlm_v1_insecure();
    let (waiting, challenge) = server(SEALED).with_policy(policy()).challenge(nonces(1)).unwrap();
    let client = client(SEALED).with_policy(policy()).with_dialect(gatepass_engine::Dialect::V1Extended);
    let (session, authenticate) = client.answer(&challenge, nonces(2)).unwrap();
    let accepted = waiting.authenticate(&authenticate).unwrap().verify(Some(&crypto::ntowf_v1("p"))).unwrap();
    let mut text = *b"datagram";
    let signature = session.datagrams().seal(7, &mut text).unwrap();
    accepted.into_session().datagrams().unseal(7, &mut text, &signature).unwrap();
    assert_eq!(&text, b"datagram");
}

/// One account, `CORP\alice`.
#[derive(Debug)]
struct Alice;

impl Accounts for Alice {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        (principal == &Principal::new("CORP", "alice")).then(|| crypto::ntowf_v1("p"))
    }
}

type Contexts = (Box<dyn SecurityContext>, Box<dyn SecurityContext>);

/// Both sides through the joint, by the loop of a program that does not know who has the first word.
fn behind_the_joint(
    password: &str,
    wanted: Attributes,
    demanded: Attributes,
) -> Result<Contexts, gatepass_backend::Error> {
    let ntlm = Ntlm::new().with_target_info(TargetInfo::new("CORP", "DC1"));
    let with = |attributes| Request::new().with_requirements(attributes);
    let mut step = ntlm.initiate(&Credentials::password("CORP\\alice", password), &with(wanted))?;
    let mut server = ntlm.accept(Arc::new(Alice), &with(demanded))?;
    loop {
        let (token, next) = match step {
            Step::Continue { token, next } => (token, Ok(next)),
            Step::Complete { token, context } => (token.unwrap(), Err(context)),
        };
        match (server.step(&token)?, next) {
            (Step::Continue { token, next }, Ok(client)) => (server, step) = (next, client.step(&token)?),
            (Step::Complete { token: None, context }, Err(client)) => return Ok((client, context)),
            other => panic!("the sides do not end together: {other:?}"),
        }
    }
}

#[test]
fn behind_the_joint_the_client_s_first_token_is_empty_and_datagrams_have_numbers() {
    let wanted = Attributes::CONFIDENTIALITY | Attributes::DATAGRAM;
    let begun =
        Ntlm::new().initiate(&Credentials::password("u", "p"), &Request::new().with_requirements(wanted));
    assert!(matches!(begun, Ok(Step::Continue { token, .. }) if token.is_empty()));

    let (mut client, mut server) = behind_the_joint("p", wanted, Attributes::DATAGRAM).unwrap();
    assert_eq!(server.peer(), Some(&Principal::new("CORP", "alice")));
    assert!(client.session_key().unwrap().ct_eq(&server.session_key().unwrap()));
    for context in [&client, &server] {
        let agreed = Attributes::CONFIDENTIALITY | Attributes::DATAGRAM | Attributes::INTEGRITY;
        assert_eq!(context.attributes(), agreed, "and no record of what came");
    }
    let sealed = [7, 0, u32::MAX].map(|number| {
        let mut text = *b"datagram";
        (number, client.seal_datagram(number, &mut text).unwrap(), text)
    });
    for (number, signature, text) in sealed.into_iter().rev() {
        let mut other = text;
        let error = server.unseal_datagram(number ^ 1, &mut other, &signature).unwrap_err();
        assert_eq!((error.kind(), other), (ErrorKind::MessageAltered, [0; 8]));
        let mut text = text;
        server.unseal_datagram(number, &mut text, &signature).unwrap();
        assert_eq!(&text, b"datagram", "an error of one says nothing of another");
    }
    let signature = server.sign_datagram(3, b"answer").unwrap();
    client.verify_datagram(3, b"answer", &signature).unwrap();
    let error = client.verify_datagram(4, b"answer", &signature).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MessageAltered);
}

#[test]
fn behind_the_joint_each_way_of_protecting_messages_is_that_of_its_transport() {
    let sealed = Attributes::CONFIDENTIALITY;
    let (mut datagrams, _) =
        behind_the_joint("p", sealed | Attributes::DATAGRAM, Attributes::DATAGRAM).unwrap();
    let (mut connection, _) = behind_the_joint("p", sealed, Attributes::none()).unwrap();
    let mut message = *b"m";
    let errors = [
        datagrams.sign(b"m").err(),
        datagrams.verify(b"m", &[0; 16]).err(),
        datagrams.seal(&mut message).err(),
        datagrams.seal_parts(&mut [&mut message]).err(),
        datagrams.unseal(&mut message, &[0; 16]).err(),
        datagrams.mech_list_mic(b"list").err(),
        connection.sign_datagram(0, b"m").err(),
        connection.verify_datagram(0, b"m", &[0; 16]).err(),
        connection.seal_datagram(0, &mut message).err(),
        connection.unseal_datagram(0, &mut message, &[0; 16]).err(),
    ];
    for (at, error) in errors.into_iter().enumerate() {
        assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Unsupported), "{at}");
    }
    assert_eq!(&message, b"m");
    assert!(
        connection.sign(b"m").is_ok() && datagrams.sign_datagram(0, b"m").is_ok(),
        "neither is dead for it"
    );
}

#[test]
fn behind_the_joint_a_connection_and_datagrams_are_not_taken_for_each_other() {
    let kind = |password, wanted, demanded| {
        behind_the_joint(password, wanted, demanded).err().map(|error| error.kind())
    };
    let (none, datagram) = (Attributes::none(), Attributes::DATAGRAM);
    assert_eq!(kind("p", datagram, datagram), None);
    assert_eq!(kind("wrong", datagram, datagram), Some(ErrorKind::LogonDenied));
    assert_eq!(kind("p", none, datagram), Some(ErrorKind::Policy), "a NEGOTIATE came");
    assert_eq!(kind("p", datagram, none), Some(ErrorKind::InvalidToken), "no NEGOTIATE came");
    for record in [Attributes::REPLAY_DETECT, Attributes::SEQUENCE_DETECT] {
        assert_eq!(kind("p", datagram | record, datagram), Some(ErrorKind::Unsupported));
        assert_eq!(kind("p", datagram, datagram | record), Some(ErrorKind::Unsupported));
    }
}

#[test]
fn behind_the_joint_a_message_in_several_places_is_sealed_where_it_lies() {
    let (mut client, mut server) =
        behind_the_joint("p", Attributes::CONFIDENTIALITY, Attributes::none()).unwrap();
    for (cut, other_cut) in [(0, 13), (5, 5), (7, 2)] {
        let mut message = *b"in two places";
        let (start, end) = message.split_at_mut(cut);
        let signature = client.seal_parts(&mut [start, &mut [], end]).unwrap();
        assert_ne!(&message, b"in two places");
        let (start, end) = message.split_at_mut(other_cut);
        server.unseal_parts(&mut [start, end], &signature).unwrap();
        assert_eq!(&message, b"in two places");
    }
    let mut message = *b"altered";
    let signature = client.seal_parts(&mut [&mut message]).unwrap();
    message[0] ^= 1;
    let (start, end) = message.split_at_mut(3);
    let error = server.unseal_parts(&mut [start, end], &signature).unwrap_err();
    assert_eq!((error.kind(), message), (ErrorKind::MessageAltered, [0; 7]));
}
