//! Logins and messages without a connection ([MS-NLMP] 1.3.1.2, 3.1.5.2, 3.2.5.2): CHALLENGE comes first.

use gatepass_backend::{Attributes, Credentials, Request};
use gatepass_engine::{
    AwaitingAuthenticate, Client, Error, Nonces, Policy, Requirement, Server, TargetInfo, crypto,
};
use gatepass_wire::{Authenticate, Challenge, FileTime, Message, NegotiateFlags as Flags};

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
