//! Both sides with somebody in between, or with a peer that leaves out what it may: each test named after its row.

mod recordings;

use gatepass_backend::{Attributes, Backend, Credentials, Principal, Request, Step};
use gatepass_engine::{
    Accepted, AwaitingAuthenticate, AwaitingChallenge, Client, Error, Incompatible, Nonces, Ntlm, Policy,
    Requirement, Server, TargetInfo, crypto, settle,
};
use gatepass_wire::{
    Authenticate, Challenge, FileTime, Message, Negotiate, NegotiateFlags as Flags, NtResponse, WireStr,
};
use recordings::Recording;

/// With a MIC, and an exchanged key.
fn with_mic() -> Recording {
    recordings::named("pyspnego-proxy-get")
}

/// Without either.
fn without_mic() -> Recording {
    recordings::named("curl-7.88-proxy-get")
}

fn waiting(recording: &Recording) -> AwaitingAuthenticate {
    AwaitingAuthenticate::resume(&recording.negotiate, &recording.challenge).unwrap()
}

/// The verdict on `authenticate` in the place of the recorded one, with the right password.
fn verdict(recording: &Recording, authenticate: &[u8]) -> Result<Accepted, Error> {
    waiting(recording).authenticate(authenticate)?.verify(Some(&crypto::ntowf_v1(&recording.password)))
}

fn server() -> Server {
    Server::new(TargetInfo::new("CORP", "DC1"))
}

fn nonces(seed: u8) -> Nonces {
    Nonces::fixed_for_tests([seed; 8], [seed; 16], FileTime::from_unix_seconds(1_800_000_000))
}

/// The handshake of `client` with password `p` through a `middle` that may change each message, by its number.
fn handshake(client: Client, middle: impl Fn(u8, &mut [u8])) -> Result<Accepted, Error> {
    let (waiting, mut negotiate) = client.negotiate();
    middle(1, &mut negotiate);
    let (listening, mut challenge) = server().negotiate(&negotiate, nonces(1))?;
    middle(2, &mut challenge);
    let (_, mut authenticate) = waiting.challenge(&challenge, nonces(2))?;
    middle(3, &mut authenticate);
    let claim = listening.authenticate(&authenticate)?;
    let looked_up = claim.principal().clone();
    let accepted = claim.verify(Some(&crypto::ntowf_v1("p")))?;
    assert_eq!(accepted.principal(), &looked_up);
    Ok(accepted)
}

#[test]
fn a08_who_is_reported_is_who_was_looked_up_and_hashed() {
    for name in ["admin\0x", "admin.", "ADMIN", "straße", "ı", "admin ", "user@corp.test", "Admin"] {
        for domain in ["", "CORP", "corp", "CORP."] {
            let principal = Principal::new(domain, name);
            let credentials = Credentials::Password(principal.clone(), "p".into());
            let accepted = handshake(Client::new(credentials), |_, _| ()).unwrap();
            assert_eq!(accepted.principal(), &principal);
        }
    }
}

#[test]
fn a18_a_flag_that_is_changed_on_the_way_ends_the_handshake() {
    let client = |attributes| {
        Client::new(Credentials::password("CORP\\u", "p"))
            .with_request(Request::new().with_requirements(attributes))
    };
    for attributes in [Attributes::none(), Attributes::INTEGRITY, Attributes::CONFIDENTIALITY] {
        assert!(handshake(client(attributes), |_, _| ()).unwrap().mic_proved());
        for (message, flags) in [(1, 12), (2, 20), (3, 60)] {
            for bit in 0..32 {
                let verdict = handshake(client(attributes), |number, bytes| {
                    if number == message {
                        bytes[flags + bit / 8] ^= 1 << (bit % 8);
                    }
                });
                assert!(verdict.is_err(), "bit {bit} of message {message}, {attributes:?}");
            }
        }
    }
}

#[test]
fn a18_a_client_that_requires_protection_sends_no_authenticate_without_it() {
    let recording = with_mic();
    let answer = |attributes, without: Flags| {
        let mut challenge = Challenge::decode(&recording.challenge).unwrap();
        challenge.flags = challenge.flags.without(without);
        client_with(attributes)
            .challenge(&challenge.encode().unwrap(), nonces(2))
            .map(|(_, message)| message.len())
    };
    fn client_with(attributes: Attributes) -> AwaitingChallenge {
        let request = Request::new().with_requirements(attributes);
        Client::new(Credentials::password("CORP\\alice", "p")).with_request(request).negotiate().0
    }
    assert!(answer(Attributes::CONFIDENTIALITY, Flags::EMPTY).is_ok());
    for (attributes, flag, requirement) in [
        (Attributes::INTEGRITY, Flags::NEGOTIATE_SIGN, Requirement::Integrity),
        (Attributes::REPLAY_DETECT, Flags::NEGOTIATE_SIGN, Requirement::Integrity),
        (Attributes::CONFIDENTIALITY, Flags::NEGOTIATE_SEAL, Requirement::Confidentiality),
        (Attributes::CONFIDENTIALITY, Flags::NEGOTIATE_128, Requirement::Strength128),
        (
            Attributes::INTEGRITY,
            Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY,
            Requirement::ExtendedSessionSecurity,
        ),
    ] {
        assert!(answer(attributes, Flags::EMPTY).is_ok());
        assert_eq!(answer(attributes, flag), Err(Error::Policy(requirement)));
    }
}

#[test]
fn a58_what_is_too_long_for_a_message_is_an_error_and_never_cut() {
    let recording = with_mic();
    let challenge = Challenge::decode(&recording.challenge).unwrap();
    let oem = challenge.flags.without(Flags::NEGOTIATE_UNICODE) | Flags::NEGOTIATE_OEM;
    let answer = |credentials, challenge: Challenge<'_>| {
        let waiting = Client::new(credentials).negotiate().0;
        waiting.challenge(&challenge.encode().unwrap(), nonces(2)).map(|(_, message)| message)
    };
    let too_long = |answer: Result<Vec<u8>, Error>| match answer {
        Err(Error::TooLong(error)) => (error.what().to_owned(), error.length()),
        other => panic!("{:?}", other.map(|message| message.len())),
    };
    let name = "n".repeat(70_000);
    let user = Credentials::Password(Principal::new("CORP", &name), "p".into());
    let domain = Credentials::Password(Principal::new(&name, "alice"), "p".into());
    assert_eq!(too_long(answer(user.clone(), challenge)), ("UserName".to_owned(), 140_000));
    assert_eq!(too_long(answer(domain, challenge)), ("DomainName".to_owned(), 140_000));
    assert_eq!(too_long(answer(user, Challenge { flags: oem, ..challenge })).1, 70_000);

    // The longest names that fit stay whole, and a password has no bound.
    let longest = "n".repeat(32_767);
    let password = "p".repeat(70_000);
    let credentials = Credentials::Password(Principal::new(&longest, &longest), password.as_str().into());
    let (client, negotiate) = Client::new(credentials).negotiate();
    let (_, bytes) = client.challenge(&recording.challenge, nonces(2)).unwrap();
    let listening = AwaitingAuthenticate::resume(&negotiate, &recording.challenge).unwrap();
    let claim = listening.authenticate(&bytes).unwrap();
    let accepted = claim.verify(Some(&crypto::ntowf_v1(&password))).unwrap();
    assert_eq!(accepted.principal(), &Principal::new(&longest, &longest));

    // A target info of 65,535 bytes is answered with more, for which a response has no room.
    let value = vec![7; 65_000];
    let one = |length| gatepass_wire::AvPair { id: gatepass_wire::AvId(0x1234), value: &value[..length] };
    let full = gatepass_wire::encode_av_pairs(&[one(65_000), one(523)]).unwrap();
    assert_eq!(full.len(), 65_535);
    let large = Challenge { target_info: Some(gatepass_wire::AvPairs::new(&full)), ..challenge };
    let alice = || Credentials::password("CORP\\alice", "p");
    assert_eq!(too_long(answer(alice(), large)).0, "NtChallengeResponse");
    let half = gatepass_wire::encode_av_pairs(&[one(65_000)]).unwrap();
    let fits = Challenge { target_info: Some(gatepass_wire::AvPairs::new(&half)), ..challenge };
    let bytes = answer(alice(), fits).unwrap();
    let message = Authenticate::decode(&bytes).unwrap();
    let Ok(NtResponse::V2 { blob, .. }) = message.response() else { panic!() };
    assert!(blob.av_pairs.iter().any(|pair| pair.unwrap().value == &value[..]));
}

#[test]
fn a60_each_optional_part_may_be_absent_from_each_message() {
    // NEGOTIATE of 16 and of 32 bytes; CHALLENGE of 32, 48 and 56; AUTHENTICATE down to one without names and flags.
    let negotiate = &without_mic().negotiate;
    for length in [16, 32] {
        assert!(server().negotiate(&negotiate[..length], nonces(1)).is_ok(), "{length} bytes");
    }
    let bare = Challenge {
        target_name: WireStr::EMPTY,
        flags: Flags::NEGOTIATE_UNICODE | Flags::NEGOTIATE_NTLM,
        server_challenge: [1; 8],
        reserved: None,
        target_info: None,
        version: None,
    };
    let empty_info = gatepass_wire::AvPairs::new(&[]);
    for challenge in [
        bare,
        Challenge { reserved: Some([0; 8]), ..bare },
        Challenge { target_info: Some(empty_info), flags: bare.flags | Flags::NEGOTIATE_TARGET_INFO, ..bare },
    ] {
        let challenge = challenge.encode().unwrap();
        let (waiting, negotiate) = Client::new(Credentials::password("alice", "p")).negotiate();
        let (session, authenticate) = waiting.challenge(&challenge, nonces(2)).unwrap();
        let message = Authenticate::decode(&authenticate).unwrap();
        assert!(matches!(message.response(), Ok(NtResponse::V2 { .. })), "still NTLMv2");
        assert_ne!(message.lm_response, [0; 24], "no timestamp, so LMv2");
        let listening = AwaitingAuthenticate::resume(&negotiate, &challenge).unwrap();
        let accepted =
            listening.authenticate(&authenticate).unwrap().verify(Some(&crypto::ntowf_v1("p"))).unwrap();
        assert!(accepted.session().exported_session_key().ct_eq(session.exported_session_key()));
        assert!(accepted.mic_proved(), "no target info is no reason to leave the MIC out");
    }

    let recording = recordings::named("java17-proxy-get");
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    for part in [
        Authenticate { workstation: WireStr::EMPTY, ..message },
        Authenticate { lm_response: b"", ..message },
        Authenticate { version: None, mic: None, ..message },
    ] {
        assert!(verdict(&recording, &part.encode().unwrap()).is_ok());
    }
    let nameless = Authenticate { domain_name: WireStr::EMPTY, ..message };
    assert_eq!(verdict(&recording, &nameless.encode().unwrap()).err(), Some(Error::Denied), "another name");

    let oem = recordings::named("curl-7.88-proxy-get");
    let message = Authenticate::decode(&oem.authenticate).unwrap();
    let flagless = Authenticate { flags: None, version: None, mic: None, ..message }.encode().unwrap();
    assert!(verdict(&oem, &flagless).is_ok());
}

#[test]
fn a63_each_state_takes_the_one_message_that_is_due() {
    let recording = with_mic();
    let messages = [&recording.negotiate, &recording.challenge, &recording.authenticate];
    for (number, message) in (1..).zip(messages) {
        let server = server().negotiate(message, nonces(1)).map(drop);
        let client = Client::new(Credentials::password("u", "p")).negotiate().0.challenge(message, nonces(2));
        let listening = waiting(&recording).authenticate(message).map(drop);
        let outcomes = [server, client.map(drop), listening];
        for (due, outcome) in (1..).zip(outcomes) {
            match outcome {
                Ok(()) => assert_eq!(number, due),
                Err(Error::Malformed(error)) => {
                    assert_ne!(number, due);
                    assert_eq!((error.what(), error.at()), ("MessageType", 8));
                }
                Err(error) => panic!("message {number} where {due} is due: {error}"),
            }
        }
        assert!(AwaitingAuthenticate::resume(&[], message).is_ok() == (number == 2));
    }
}

#[test]
fn no_prefix_and_no_changed_byte_of_a_foreign_challenge_makes_the_client_panic() {
    for (recording, _) in recordings::all() {
        let client = || Client::new(Credentials::password("CORP\\alice", "p")).negotiate().0;
        assert!(client().challenge(&recording.challenge, nonces(2)).is_ok());
        let mut answered = 0;
        for at in 0..recording.challenge.len() {
            let cut_short = client().challenge(&recording.challenge[..at], nonces(2));
            let mut changed = recording.challenge.clone();
            changed[at] ^= 0xff;
            answered += usize::from(client().challenge(&changed, nonces(2)).is_ok());
            answered += usize::from(cut_short.is_ok());
        }
        assert!(answered > 0, "some changes do no harm");
    }
}

#[test]
fn a83_debug_of_every_type_shows_no_secret() {
    const MARKER: &str = "marker-Passw0rd";
    let hash = crypto::ntowf_v1(MARKER);
    let credentials = Credentials::password("CORP\\alice", MARKER);
    let request = Request::new().with_requirements(Attributes::CONFIDENTIALITY);
    let client = Client::new(credentials.clone()).with_request(request.clone());
    let mut shown = vec![format!("{client:?}{client:#?}")];
    let (waiting, negotiate) = client.negotiate();
    shown.push(format!("{waiting:?}{waiting:#?}"));
    let key = [0xa7; 16];
    let own = || Nonces::fixed_for_tests([0xa7; 8], key, FileTime::default());
    shown.push(format!("{:?}{:#?}", own(), own()));
    let server = server().with_request(request);
    shown.push(format!("{server:?}{server:#?}"));
    let (listening, challenge) = server.negotiate(&negotiate, nonces(1)).unwrap();
    shown.push(format!("{listening:?}{listening:#?}"));
    let (session, authenticate) = waiting.challenge(&challenge, own()).unwrap();
    shown.push(format!("{session:?}{session:#?}"));
    let claim = listening.authenticate(&authenticate).unwrap();
    shown.push(format!("{claim:?}{claim:#?}"));
    let accepted = claim.verify(Some(&hash)).unwrap();
    shown.push(format!("{accepted:?}{accepted:#?}"));
    let again = AwaitingAuthenticate::resume(&negotiate, &challenge).unwrap();
    let again = again.authenticate(&authenticate).unwrap().verify(Some(&hash)).unwrap();
    let (sealer, unsealer) = session.split();
    shown.push(format!("{sealer:?}{unsealer:?}{sealer:#?}{unsealer:#?}"));
    let context = (accepted.into_session().protect(), again.into_session().datagrams());
    shown.push(format!("{context:?}{context:#?}{:?}", Policy::new()));
    let response_key = crypto::ntowf_v2("alice", "CORP", &hash);
    let response = crypto::compute_response_v2(&response_key, &[1; 8], &[2; 8], FileTime::default(), &[0; 4]);
    shown.push(format!("{response_key:?}{:?}", response.session_base_key));
    shown.push(format!("{:?}{:?}", crypto::Rc4::init(&key), crypto::lmowf_v1(MARKER)));
    let Step::Continue { next, .. } = Ntlm::new().initiate(&credentials, &Request::new()).unwrap() else {
        panic!()
    };
    shown.push(format!("{:?}{next:?}{next:#?}", Ntlm::new()));

    let mut secrets = vec![MARKER.to_owned()];
    for bytes in [&key[..], hash.expose(), response_key.expose(), response.session_base_key.expose()] {
        secrets.push(bytes[..4].iter().map(|byte| format!("{byte:02x}")).collect());
        secrets.push(bytes[..4].iter().map(u8::to_string).collect::<Vec<_>>().join(", "));
        secrets.push(bytes[..4].iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(", "));
    }
    for text in &shown {
        assert!(text.len() > 8);
        for secret in &secrets {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    assert!(shown.iter().any(|text| text.contains("alice")), "names are shown");
}

#[test]
fn what_foreign_servers_return_of_what_foreign_clients_offer_is_a_row_of_the_table() {
    let told = Flags::NEGOTIATE_TARGET_INFO | Flags::TARGET_TYPE_DOMAIN | Flags::TARGET_TYPE_SERVER;
    for (recording, _) in recordings::all() {
        let offered = Negotiate::decode(&recording.negotiate).unwrap().flags;
        let returned = Challenge::decode(&recording.challenge).unwrap().flags;
        let settled = settle(offered, returned, Flags::EMPTY).unwrap();
        let returned = returned | Flags::NEGOTIATE_VERSION;
        assert_eq!(settled.without(told), returned.without(told), "{}", recording.name);
    }
}

#[test]
fn a_target_is_named_where_it_is_asked_for_and_of_one_type() {
    let recording = recordings::named("pyspnego-proxy-get");
    let mut negotiate = Negotiate::decode(&recording.negotiate).unwrap();
    let kinds = Flags::TARGET_TYPE_DOMAIN | Flags::TARGET_TYPE_SERVER;
    for (info, kind) in [
        (TargetInfo::new("CORP", "DC1"), Flags::TARGET_TYPE_DOMAIN),
        (TargetInfo::new("BOX", "BOX"), Flags::TARGET_TYPE_SERVER),
    ] {
        for asked in [true, false] {
            negotiate.flags = negotiate.flags.without(Flags::REQUEST_TARGET);
            if asked {
                negotiate.flags = negotiate.flags | Flags::REQUEST_TARGET;
            }
            let server = Server::new(info.clone());
            let (_, challenge) = server.negotiate(&negotiate.encode().unwrap(), nonces(1)).unwrap();
            let challenge = Challenge::decode(&challenge).unwrap();
            assert_eq!(challenge.flags & kinds, if asked { kind } else { Flags::EMPTY });
            assert_eq!(challenge.target_name.is_empty(), !asked);
            assert!(challenge.target_info.is_some(), "unasked: without it there is no NTLMv2");
        }
    }
}

#[test]
fn a_local_call_is_refused_with_its_reason() {
    let recording = recordings::named("pyspnego-proxy-get");
    let mut challenge = Challenge::decode(&recording.challenge).unwrap();
    challenge.flags = challenge.flags | Flags::NEGOTIATE_LOCAL_CALL;
    let client = || Client::new(Credentials::password("CORP\\alice", "p")).negotiate().0;
    assert!(client().challenge(&recording.challenge, nonces(2)).is_ok());
    let refused = client().challenge(&challenge.encode().unwrap(), nonces(2)).err();
    assert_eq!(refused, Some(Error::Incompatible(Incompatible::LocalCall)));
    assert!(refused.unwrap().to_string().contains("within one machine"));
}
