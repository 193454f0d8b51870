//! What a server's policy lets in, each test named after its row. The clients are recorded foreign ones wherever they say
//! what the row needs.

mod recordings;

use gatepass_backend::{
    Accounts, Backend, ChannelBindings, Credentials, ErrorKind, NtHash, Principal, Request,
};
use gatepass_engine::{
    Accepted, AwaitingAuthenticate, Bindings, Claim, Client, Dialect, Error, Nonces, Ntlm, Policy, Server,
    TargetInfo, crypto,
};
use gatepass_wire::{
    Authenticate, Challenge, FileTime, Message, NegotiateFlags as Flags, NtResponse, WireStr,
};
use recordings::Recording;
use std::sync::Arc;
use std::time::Duration;

fn claim(recording: &Recording, server: Server) -> Result<Claim, Error> {
    claim_by(recording, &recording.authenticate, server)
}

fn claim_by(recording: &Recording, authenticate: &[u8], server: Server) -> Result<Claim, Error> {
    let waiting = AwaitingAuthenticate::resume(&recording.negotiate, &recording.challenge)?;
    waiting.with_policy_of(server).authenticate(authenticate)
}

fn verdict(recording: &Recording, server: Server) -> Result<Accepted, Error> {
    claim(recording, server)?.verify(Some(&crypto::ntowf_v1(&recording.password)))
}

fn server(policy: Policy) -> Server {
    Server::new(TargetInfo::new("CORP", "DC1")).with_policy(policy)
}

fn nonces(seed: u8) -> Nonces {
    Nonces::fixed_for_tests([seed; 8], [seed; 16], FileTime::from_unix_seconds(1_800_000_000))
}

/// The bindings that the client of gssntlmssp-pyspnego-cbt named.
fn recorded_bindings() -> ChannelBindings {
    let (_, entry) =
        recordings::all().into_iter().find(|(one, _)| one.name == "gssntlmssp-pyspnego-cbt").unwrap();
    ChannelBindings::raw(&hex(entry["channel_binding_application_data"].as_str().unwrap()))
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn a15_what_becomes_of_bindings_is_a_table_of_twelve() {
    let right = recorded_bindings();
    let other = ChannelBindings::raw(b"tls-server-end-point:another certificate");
    let clients = [
        ("absent", "gssntlmssp-pyspnego-nocbt", &right),
        ("zero", "samba-proxy-get", &right),
        ("right", "gssntlmssp-pyspnego-cbt", &right),
        ("wrong", "gssntlmssp-pyspnego-cbt", &other),
    ];
    let refused = Err(Error::BadBindings);
    let table = [
        (Bindings::Ignored, [Ok(false), Ok(false), Ok(false), Ok(false)]),
        (Bindings::WhenPresent, [Ok(false), Ok(false), Ok(true), refused.clone()]),
        (Bindings::Required, [refused.clone(), refused.clone(), Ok(true), refused]),
    ];
    for (bindings, outcomes) in table {
        for ((client, recording, channel), wanted) in clients.iter().zip(outcomes) {
            let request = Request::new().with_bindings((*channel).clone());
            let server = server(Policy::new().with_bindings(bindings)).with_request(request);
            let verdict = verdict(&recordings::named(recording), server);
            assert_eq!(verdict.map(|accepted| accepted.bindings_proved()), wanted, "{bindings:?}, {client}");
        }
    }
}

#[test]
fn a15_a_server_that_requires_bindings_and_has_none_does_not_begin() {
    let policy = Policy::new().with_bindings(Bindings::Required);
    let recording = recordings::named("gssntlmssp-pyspnego-cbt");
    let begun = server(policy.clone()).negotiate(&recording.negotiate, nonces(1));
    assert_eq!(begun.err(), Some(Error::BadBindings));
    assert_eq!(server(policy.clone()).challenge(nonces(1)).err(), Some(Error::BadBindings));
    let ntlm = Ntlm::new().with_policy(policy.clone());
    let kind = ntlm.accept(Arc::new(Nobody), &Request::new()).unwrap_err().kind();
    assert_eq!(kind, ErrorKind::BadBindings);
    assert_eq!(verdict(&recording, server(policy.clone())).err(), Some(Error::BadBindings));
    let request = Request::new().with_bindings(recorded_bindings());
    assert!(ntlm.accept(Arc::new(Nobody), &request).is_ok());
    assert!(server(policy).with_request(request).negotiate(&recording.negotiate, nonces(1)).is_ok());
}

/// A server without accounts.
#[derive(Debug)]
struct Nobody;

impl Accounts for Nobody {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        assert!(!principal.user().is_empty(), "nobody is not looked up");
        None
    }
}

#[test]
fn a17_which_target_name_is_accepted_is_a_table() {
    // pyspnego means HTTP/127.0.0.1, impacket cifs/vm, curl says nothing.
    let refused = || Err(Error::WrongTarget);
    for (recording, targets, wanted) in [
        ("pyspnego-proxy-get", &[][..], Ok(false)),
        ("curl-7.88-proxy-get", &[], Ok(false)),
        ("pyspnego-proxy-get", &["HTTP/127.0.0.1"], Ok(true)),
        ("pyspnego-proxy-get", &["HTTP/other", "HTTP/127.0.0.1"], Ok(true)),
        ("pyspnego-proxy-get", &["http/127.0.0.1"], Ok(true)),
        ("pyspnego-proxy-get", &["HTTP/127.0.0.2"], refused()),
        ("pyspnego-proxy-get", &["cifs/127.0.0.1"], refused()),
        ("pyspnego-proxy-get", &["HTTP/127.0.0.1:3128"], refused()),
        ("pyspnego-proxy-get", &["HTTP/127.0.0.1."], refused()),
        ("pyspnego-proxy-get", &["127.0.0.1"], refused()),
        ("pyspnego-proxy-get", &[""], refused()),
        ("impacket-proxy-connect", &["HTTP/vm"], refused()),
        ("impacket-proxy-connect", &["cifs/VM"], Ok(true)),
        ("curl-7.88-proxy-get", &["HTTP/127.0.0.1"], refused()),
    ] {
        let policy = Policy::new().with_targets(targets.iter().copied());
        let verdict = verdict(&recordings::named(recording), server(policy));
        assert_eq!(verdict.map(|accepted| accepted.target_proved()), wanted, "{recording}, {targets:?}");
    }
}

#[test]
fn the_password_comes_before_bindings_target_and_time() {
    let recording = recordings::named("pyspnego-proxy-get");
    let policy = || {
        Policy::new()
            .with_targets(["HTTP/other"])
            .with_bindings(Bindings::Required)
            .with_maximum_skew(Duration::ZERO)
    };
    let request = || Request::new().with_bindings(recorded_bindings());
    let claim = || claim(&recording, server(policy()).with_request(request())).unwrap();
    for hash in [None, Some(&crypto::ntowf_v1("wrong"))] {
        assert_eq!(claim().verify(hash).err(), Some(Error::Denied));
    }
    let right = crypto::ntowf_v1(&recording.password);
    assert_eq!(claim().verify(Some(&right)).err(), Some(Error::BadBindings));
}

#[test]
fn a_response_of_another_time_than_the_challenge_is_refused_where_the_policy_says_how_far_is_too_far() {
    // pyspnego hands the server's time back; curl takes its own clock, in whole seconds.
    let drift = {
        let curl = recordings::named("curl-7.88-proxy-get");
        let message = Authenticate::decode(&curl.authenticate).unwrap();
        let NtResponse::V2 { blob, .. } = message.response().unwrap() else { panic!() };
        let info = Challenge::decode(&curl.challenge).unwrap().target_info.unwrap();
        info.timestamp().unwrap().unwrap().abs_diff(blob.time)
    };
    assert!(drift > Duration::ZERO);
    let less = drift - Duration::from_nanos(100);
    for (recording, skew, wanted) in [
        ("pyspnego-proxy-get", Some(Duration::ZERO), None),
        ("curl-7.88-proxy-get", None, None),
        ("curl-7.88-proxy-get", Some(drift), None),
        ("curl-7.88-proxy-get", Some(less), Some(Error::TimeSkew)),
    ] {
        let policy = skew.map_or(Policy::new(), |skew| Policy::new().with_maximum_skew(skew));
        let verdict = verdict(&recordings::named(recording), server(policy));
        assert_eq!(verdict.err(), wanted, "{recording} {skew:?}");
    }
    let error = gatepass_backend::Error::from(Error::TimeSkew);
    assert_eq!(error.kind(), ErrorKind::TimeSkew);
}

#[test]
fn a_challenge_without_a_time_cannot_meet_a_limit_on_it() {
    let (waiting, negotiate) = Client::new(Credentials::password("CORP\\u", "p")).negotiate();
    let bare = Challenge {
        target_name: WireStr::EMPTY,
        flags: Flags::NEGOTIATE_UNICODE,
        server_challenge: [1; 8],
        reserved: None,
        target_info: None,
        version: None,
    };
    let challenge = bare.encode().unwrap();
    let (_, authenticate) = waiting.challenge(&challenge, nonces(2)).unwrap();
    let recording =
        Recording { name: String::new(), password: "p".into(), negotiate, challenge, authenticate };
    assert!(verdict(&recording, server(Policy::new())).is_ok());
    let limited = server(Policy::new().with_maximum_skew(Duration::MAX));
    assert_eq!(verdict(&recording, limited).err(), Some(Error::TimeSkew));
}

#[test]
fn a06_each_shape_of_nobody_is_refused_or_nobody_but_never_somebody() {
    let recording = recordings::named("curl-7.88-proxy-get");
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    let empty_password = crypto::ntowf_v1("");
    let right = crypto::ntowf_v1(&recording.password);
    for allowed in [false, true] {
        for flag in [false, true] {
            for named in [false, true] {
                for (nt, lm) in
                    [(&b""[..], &b"\0"[..]), (b"", b""), (message.nt_response, message.lm_response)]
                {
                    let somebody = named && !flag && !nt.is_empty();
                    let flags = if flag { Flags::NEGOTIATE_ANONYMOUS } else { Flags::EMPTY };
                    let shape = Authenticate {
                        nt_response: nt,
                        lm_response: lm,
                        user_name: if named { message.user_name } else { WireStr::Oem(b"") },
                        flags: message.flags.map(|before| before | flags),
                        ..message
                    };
                    let shape = shape.encode().unwrap();
                    let is_nobody = nt.is_empty() && !named;
                    for hash in [None, Some(&empty_password), Some(&right)] {
                        let policy = if allowed { Policy::new().allow_anonymous() } else { Policy::new() };
                        let verdict =
                            claim_by(&recording, &shape, server(policy)).and_then(|claim| claim.verify(hash));
                        let case = format!("{allowed} {flag} {named} {}", nt.len());
                        match verdict {
                            Ok(accepted) if accepted.is_anonymous() => {
                                assert!(allowed && is_nobody, "{case}");
                                assert_eq!(accepted.principal(), &Principal::default(), "{case}");
                                assert_eq!(accepted.dialect(), Dialect::Anonymous);
                                assert!(!accepted.mic_proved() && !accepted.bindings_proved());
                            }
                            Ok(accepted) => {
                                assert!(somebody && hash.is_some_and(|hash| hash.ct_eq(&right)), "{case}");
                                assert_eq!(accepted.principal().user(), "alice");
                            }
                            Err(_) => {
                                let proved = somebody && hash.is_some_and(|hash| hash.ct_eq(&right));
                                let due = proved || (allowed && is_nobody);
                                assert!(!due, "{case}");
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A message of malformed.json. Other entries of that file hold text that is no Unicode, which serde_json does not read.
fn malformed(id: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/malformed.json");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, entry) = text.split_once(&format!("\"id\": \"{id}\"")).unwrap();
    let (_, message) = entry.split_once("\"message_hex\": \"").unwrap();
    hex(message.split_once('"').unwrap().0)
}

#[test]
fn a06_the_anonymous_clients_of_samba_and_impacket_are_nobody_where_that_is_allowed() {
    let mut recording = recordings::named("samba-proxy-get");
    assert!(verdict(&recording, server(Policy::new().allow_anonymous())).is_ok());
    // What Samba's client offered in that handshake, and the key that it exported.
    recording.negotiate =
        hex("4e544c4d53535000010000001582086200000000280000000000000028000000060100000000000f");
    let samba = hex("d51d9a3b2b79d6c229d69160de7b25b6");
    for (id, key) in [("t3-anon-samba", Some(&*samba)), ("t3-anon-impacket", None)] {
        let message = malformed(id);
        let right = crypto::ntowf_v1(&recording.password);
        for hash in [None, Some(&right)] {
            let judged = |policy: Policy| {
                claim_by(&recording, &message, server(policy)).and_then(|claim| claim.verify(hash))
            };
            assert_eq!(judged(Policy::new()).err(), Some(Error::Denied), "{id}");
            let accepted = judged(Policy::new().allow_anonymous()).unwrap();
            assert!(accepted.is_anonymous(), "{id}");
            assert_eq!(accepted.principal(), &Principal::default(), "{id}");
            if let Some(key) = key {
                assert_eq!(accepted.session().exported_session_key().expose(), key, "{id}");
            }
        }
    }
}

#[test]
fn a06_nobody_is_stopped_by_a_policy_that_wants_a_mic_bindings_or_a_target() {
    let (waiting, negotiate) = Client::new(Credentials::Anonymous).negotiate();
    let (listening, challenge) =
        server(Policy::new().allow_anonymous()).negotiate(&negotiate, nonces(1)).unwrap();
    let (session, authenticate) = waiting.challenge(&challenge, nonces(2)).unwrap();
    let claim = listening.authenticate(&authenticate).unwrap();
    assert!(claim.is_anonymous());
    let accepted = claim.verify(None).unwrap();
    assert!(accepted.is_anonymous());
    assert!(accepted.session().exported_session_key().ct_eq(session.exported_session_key()));

    let nobody =
        Recording { name: String::new(), password: String::new(), negotiate, challenge, authenticate };
    let allowing = || Policy::new().allow_anonymous();
    for (policy, error) in [
        (Policy::new(), Error::Denied),
        (allowing().requiring_mic(), Error::Denied),
        (allowing().with_bindings(Bindings::Required), Error::BadBindings),
        (allowing().with_targets(["HTTP/a"]), Error::WrongTarget),
        (allowing().with_maximum_skew(Duration::MAX), Error::TimeSkew),
    ] {
        assert_eq!(verdict(&nobody, server(policy)).err(), Some(error));
    }
}

#[test]
fn a06_behind_the_joint_nobody_is_no_peer_and_has_no_protection() {
    use gatepass_backend::{Attributes, Step};
    let dance = |ntlm: &Ntlm| {
        let Step::Continue { token, next: client } =
            ntlm.initiate(&Credentials::Anonymous, &Request::new())?
        else {
            panic!()
        };
        let Step::Continue { token, next: server } =
            ntlm.accept(Arc::new(Nobody), &Request::new())?.step(&token)?
        else {
            panic!()
        };
        let Step::Complete { token: Some(token), .. } = client.step(&token)? else { panic!() };
        server.step(&token)
    };
    let refused = dance(&Ntlm::new()).err().map(|error| error.kind());
    assert_eq!(refused, Some(ErrorKind::LogonDenied));
    let Step::Complete { mut context, .. } =
        dance(&Ntlm::new().with_policy(Policy::new().allow_anonymous())).unwrap()
    else {
        panic!()
    };
    assert_eq!(context.peer(), None);
    assert_eq!(context.attributes(), Attributes::none());
    assert_eq!(context.sign(b"m").unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a09_an_authenticate_answers_one_challenge_and_no_other() {
    for (recording, entry) in recordings::all() {
        if entry["analysis"]["kind"] != "NTLMv2" {
            continue;
        }
        assert!(verdict(&recording, server(Policy::new())).is_ok(), "{}", recording.name);
        // A server that gave a new challenge, and the challenge of another connection.
        let (listening, _) =
            server(Policy::new()).negotiate(&recording.negotiate, Nonces::random().unwrap()).unwrap();
        let replayed = listening
            .authenticate(&recording.authenticate)
            .and_then(|claim| claim.verify(Some(&crypto::ntowf_v1(&recording.password))));
        assert_eq!(replayed.err(), Some(Error::Denied), "{}", recording.name);
        for bit in 0..64 {
            let mut other = recording.clone();
            other.challenge[24 + bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verdict(&other, server(Policy::new())).err(), Some(Error::Denied), "bit {bit}");
        }
    }
}

#[test]
fn a09_no_challenge_comes_twice() {
    let recording = recordings::named("curl-7.88-proxy-get");
    let mut seen = std::collections::HashSet::new();
    for _ in 0..100_000 {
        let server = Server::new(TargetInfo::default());
        let (_, challenge) = server.negotiate(&recording.negotiate, Nonces::random().unwrap()).unwrap();
        assert!(seen.insert(Challenge::decode(&challenge).unwrap().server_challenge));
    }
}

#[test]
fn a14_a_client_says_all_that_a_relay_would_have_to_change_and_the_service_that_wants_it_refuses_the_relay() {
    let bindings = ChannelBindings::raw(b"tls-server-end-point:the client's own server");
    for (recording, entry) in recordings::all() {
        if entry["analysis"]["kind"] != "NTLMv2" {
            continue;
        }
        let request = Request::target("HTTP/own.corp.test").with_bindings(bindings.clone());
        let client = Client::new(Credentials::password("CORP\\alice", "p")).with_request(request);
        let (waiting, negotiate) = client.negotiate();
        // Whoever stands in between takes the challenge of the service that it wants to enter.
        let (_, authenticate) = waiting.challenge(&recording.challenge, nonces(2)).unwrap();
        let message = Authenticate::decode(&authenticate).unwrap();
        let NtResponse::V2 { blob, .. } = message.response().unwrap() else { panic!() };
        assert!(message.declared_mic().unwrap().is_some(), "{}", recording.name);
        assert_eq!(blob.av_pairs.channel_bindings().unwrap(), Some(&crypto::cbt_hash(&bindings)));
        let target = blob.av_pairs.target_name().unwrap().and_then(|name| name.to_text());
        assert_eq!(target.as_deref(), Some("HTTP/own.corp.test"));

        let relayed = Recording {
            name: recording.name.clone(),
            password: "p".into(),
            negotiate,
            challenge: recording.challenge,
            authenticate,
        };
        let at = |policy: Policy, channel: &[u8]| {
            let request = Request::new().with_bindings(ChannelBindings::raw(channel));
            verdict(&relayed, server(policy).with_request(request)).map(drop)
        };
        let (own, other) =
            (&b"tls-server-end-point:the client's own server"[..], &b"tls-server-end-point:another"[..]);
        let require = || Policy::new().with_bindings(Bindings::Required);
        assert_eq!(at(require().with_targets(["HTTP/own.corp.test"]), own), Ok(()));
        assert_eq!(at(require(), other), Err(Error::BadBindings));
        assert_eq!(at(Policy::new().with_targets(["HTTP/other"]), own), Err(Error::WrongTarget));
    }
}

#[test]
fn a_claim_waits_on_another_thread_for_a_store_that_takes_its_time() {
    let recording = recordings::named("pyspnego-proxy-get");
    let claim = claim(&recording, server(Policy::new())).unwrap();
    let password = recording.password.clone();
    let accepted = std::thread::spawn(move || {
        assert_eq!(claim.principal(), &Principal::new("CORP", "alice"));
        claim.verify(Some(&crypto::ntowf_v1(&password)))
    });
    let accepted = accepted.join().unwrap().unwrap();
    assert_eq!(accepted.dialect(), Dialect::V2);
    assert!(accepted.mic_proved());
}
