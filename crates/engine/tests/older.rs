//! The responses before NTLMv2: those of foreign clients before our server, and ours byte for byte beside theirs. Long because
//! both sides of five dialects are tried with the same recordings.

mod recordings;
mod sessions;

use gatepass_backend::{Attributes, Credentials, NtHash, Principal, Request};
use gatepass_engine::{
    Accepted, AwaitingAuthenticate, Client, Dialect, Error, Nonces, Policy, Requirement, Server, Session,
    TargetInfo, crypto,
};
use gatepass_wire::{
    Authenticate, Challenge, FileTime, Message, Negotiate, NegotiateFlags as Flags, NtResponse, WireStr,
};
use recordings::Recording;
use std::time::Duration;

const ALICE: &str = "LEGACYSRV\\alice";
const PASSWORD: &str = "Passw0rd!";

/// Everything that can be allowed.
fn lax() -> Policy {
    Policy::new().allow_ntlm_v1_insecure().allow_lm_insecure().allow_weak_keys_insecure()
}

fn server(policy: Policy) -> Server {
    Server::new(TargetInfo::new("LEGACYSRV", "LEGACYSRV")).with_policy(policy)
}

fn nonces() -> Nonces {
    Nonces::fixed_for_tests([0xaa; 8], [0x55; 16], FileTime::from_unix_seconds(1_800_000_000))
}

fn verdict(recording: &Recording, policy: Policy, password: &str) -> Result<Accepted, Error> {
    verdict_by(recording, &recording.authenticate, policy, password)
}

fn verdict_by(
    recording: &Recording,
    message: &[u8],
    policy: Policy,
    password: &str,
) -> Result<Accepted, Error> {
    let waiting = AwaitingAuthenticate::resume(&recording.negotiate, &recording.challenge)?;
    let claim = waiting.with_policy_of(server(policy)).authenticate(message)?;
    claim.verify_with_lm_hash(Some(&crypto::ntowf_v1(password)), Some(&crypto::lmowf_v1(password)))
}

/// The recorded handshakes below NTLMv2 that their server accepted, with their dialect and session key.
fn accepted_elsewhere() -> Vec<(Recording, Dialect, Vec<u8>)> {
    let kinds = [("NTLMv1", Dialect::V1), ("NTLM2SR", Dialect::V1Extended), ("LM", Dialect::Lm)];
    let mut all = Vec::new();
    for (recording, entry) in recordings::all() {
        let dialect = kinds.iter().find(|(kind, _)| entry["analysis"]["kind"] == *kind);
        let key = entry["exported_session_key"].as_str();
        if let (Some((_, dialect)), Some(key)) = (dialect, key) {
            let key =
                (0..32).step_by(2).map(|at| u8::from_str_radix(&key[at..at + 2], 16).unwrap()).collect();
            all.push((recording, *dialect, key));
        }
    }
    assert_eq!(all.len(), 2);
    for recorded in sessions::all() {
        let dialect = if recorded.handshake.name.starts_with("samba-v2") {
            Dialect::V2
        } else if recorded.flags.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY) {
            Dialect::V1Extended
        } else {
            Dialect::V1
        };
        all.push((recorded.handshake, dialect, recorded.session_key));
    }
    assert_eq!(all.len(), 13);
    all
}

#[test]
fn each_older_handshake_is_accepted_with_the_key_of_its_server_where_the_policy_says_so() {
    for (recording, dialect, key) in accepted_elsewhere() {
        let accepted = verdict(&recording, lax(), &recording.password)
            .unwrap_or_else(|error| panic!("{}: {error}", recording.name));
        assert_eq!(accepted.dialect(), dialect, "{}", recording.name);
        assert_eq!(accepted.session().exported_session_key().expose(), key, "{}", recording.name);
        assert!(!accepted.mic_proved() || dialect == Dialect::V2, "{}", recording.name);
        assert_eq!(accepted.principal().domain(), "LEGACYSRV");
    }
}

#[test]
fn a20_no_older_handshake_is_accepted_without_the_policy_s_word_or_with_a_wrong_password() {
    for (recording, dialect, _) in accepted_elsewhere() {
        let name = &recording.name;
        assert!(verdict(&recording, lax(), &recording.password).is_ok(), "{name}");
        for password in ["", "passw0rd", "Passw0rd!x"] {
            assert_eq!(verdict(&recording, lax(), password).err(), Some(Error::Denied), "{name}");
        }
        let unknown = AwaitingAuthenticate::resume(&recording.negotiate, &recording.challenge)
            .unwrap()
            .with_policy_of(server(lax()))
            .authenticate(&recording.authenticate)
            .unwrap();
        assert_eq!(unknown.verify_with_lm_hash(None, None).err(), Some(Error::Denied), "{name}");

        let strict = verdict(&recording, Policy::new(), &recording.password).err();
        assert_eq!(strict, (dialect != Dialect::V2).then_some(Error::Denied), "{name}");
        let minimum = verdict(&recording, lax().with_minimum(Dialect::V2), &recording.password).err();
        assert_eq!(minimum, strict, "{name}: a minimum is above what is allowed");
        let lm_only = Policy::new().allow_lm_insecure();
        assert_eq!(verdict(&recording, lm_only, &recording.password).err(), strict, "{name}");
        let v1_only = verdict(&recording, Policy::new().allow_ntlm_v1_insecure(), &recording.password);
        assert_eq!(v1_only.is_ok(), dialect != Dialect::Lm, "{name}");
    }
}

#[test]
fn a20_a_minimum_between_the_forms_of_ntlm_v1_tells_them_apart() {
    for (recording, dialect, _) in accepted_elsewhere() {
        let policy = lax().with_minimum(Dialect::V1Extended);
        let verdict = verdict(&recording, policy, &recording.password);
        assert_eq!(verdict.is_ok(), dialect >= Dialect::V1Extended, "{}", recording.name);
    }
}

#[test]
fn the_refusal_that_samba_recorded_is_one_here_too() {
    let refused = recordings::named("legacy-cntlm-NT");
    assert_eq!(verdict(&refused, lax(), &refused.password).err(), Some(Error::Denied));
}

#[test]
fn no_changed_byte_of_an_older_response_is_accepted() {
    for (recording, _, _) in accepted_elsewhere() {
        let message = Authenticate::decode(&recording.authenticate).unwrap();
        let (lm, nt) = (message.lm_response, message.nt_response);
        let response = if nt.is_empty() { lm } else { nt };
        // The last place: Samba repeats it in that of the LM response, where it counts for nothing.
        let mut places = recording.authenticate.windows(response.len());
        let start = places.rposition(|part| part == response).unwrap();
        for at in start..start + response.len() {
            let mut tampered = recording.authenticate.clone();
            tampered[at] ^= 1;
            let denied = verdict_by(&recording, &tampered, lax(), &recording.password);
            assert!(denied.is_err(), "{}: byte {at}", recording.name);
        }
    }
}

#[test]
fn a05_lm_v2_alone_is_refused_unless_it_is_allowed_and_evades_nothing_even_then() {
    // curl sends LMv2 beside its NTLMv2; here it is all that is left.
    let recording = recordings::named("curl-7.88-proxy-get");
    assert!(verdict(&recording, Policy::new(), &recording.password).is_ok());
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    let alone = Authenticate { nt_response: b"", ..message }.encode().unwrap();
    let verdict = |policy, password: &str| verdict_by(&recording, &alone, policy, password);
    let allowing = || Policy::new().allow_lm_insecure();
    assert_eq!(verdict(Policy::new(), PASSWORD).err(), Some(Error::Denied));
    assert_eq!(verdict(Policy::new().allow_ntlm_v1_insecure(), PASSWORD).err(), Some(Error::Denied));
    assert_eq!(verdict(allowing(), PASSWORD).unwrap().dialect(), Dialect::LmV2);
    assert_eq!(verdict(allowing(), "wrong").err(), Some(Error::Denied));
    for (policy, error) in [
        (allowing().requiring_mic(), Error::Denied),
        (allowing().with_minimum(Dialect::V2), Error::Denied),
        (allowing().with_bindings(gatepass_engine::Bindings::Required), Error::BadBindings),
        (allowing().with_targets(["HTTP/a"]), Error::WrongTarget),
        (allowing().with_maximum_skew(Duration::MAX), Error::TimeSkew),
    ] {
        assert_eq!(verdict(policy, PASSWORD).err(), Some(error));
    }
}

#[test]
fn java_announces_extended_session_security_and_answers_without_it() {
    // As -Dntlm.version=NTLM has it: the flag is set, the LM field empty, the response plain. Samba takes it so.
    let recorded =
        sessions::all().into_iter().find(|one| one.handshake.name == "samba-v1-plain-sealed").unwrap();
    let recording = recorded.handshake;
    let message = Authenticate::decode(&recording.authenticate).unwrap();
    let java = Authenticate {
        lm_response: b"",
        flags: message.flags.map(|flags| flags | Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY),
        ..message
    };
    let mut challenge = Challenge::decode(&recording.challenge).unwrap();
    challenge.flags = challenge.flags | Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY;
    let challenge = challenge.encode().unwrap();
    let authenticate = java.encode().unwrap();
    let java = Recording { challenge, authenticate, ..recording };
    let accepted = verdict(&java, lax(), PASSWORD).unwrap();
    assert_eq!(accepted.dialect(), Dialect::V1);
    assert_eq!(
        accepted.session().exported_session_key().expose(),
        recorded.session_key,
        "no HMAC in between"
    );
    assert_eq!(verdict(&java, lax(), "wrong").err(), Some(Error::Denied));
}

#[test]
fn a_session_key_of_the_lm_hash_needs_the_lm_hash() {
    for recorded in sessions::all() {
        let needs_it = recorded.flags.contains(Flags::NEGOTIATE_LM_KEY);
        let recording = recorded.handshake;
        let waiting = AwaitingAuthenticate::resume(&recording.negotiate, &recording.challenge).unwrap();
        let claim = waiting.with_policy_of(server(lax())).authenticate(&recording.authenticate).unwrap();
        let verdict = claim.verify(Some(&crypto::ntowf_v1(PASSWORD)));
        assert_eq!(verdict.err(), needs_it.then_some(Error::Denied), "{}", recording.name);
    }
}

/// Our client's answer to a recorded challenge.
fn answer(
    challenge: &[u8],
    credentials: Credentials,
    policy: Policy,
    dialect: Option<Dialect>,
    attributes: Attributes,
) -> Result<(Session, Vec<u8>, Vec<u8>), Error> {
    let request = Request::new().with_requirements(attributes);
    let mut client = Client::new(credentials).with_request(request).with_policy(policy);
    if let Some(dialect) = dialect {
        client = client.with_dialect(dialect);
    }
    let (waiting, negotiate) = client.negotiate();
    waiting.challenge(challenge, nonces()).map(|(session, message)| (session, negotiate, message))
}

#[test]
fn our_older_responses_are_those_of_samba_bit_for_bit_where_no_nonce_of_the_client_is_in_them() {
    for recorded in sessions::all() {
        let plain = !recorded.flags.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
        if !plain {
            continue;
        }
        let name = &recorded.handshake.name;
        let lm = recorded.flags.contains(Flags::NEGOTIATE_LM_KEY);
        let theirs = Authenticate::decode(&recorded.handshake.authenticate).unwrap();
        let attributes = Attributes::INTEGRITY;
        let credentials = Credentials::password(ALICE, PASSWORD);
        let (_, _, message) =
            answer(&recorded.handshake.challenge, credentials, lax(), Some(Dialect::V1), attributes).unwrap();
        let ours = Authenticate::decode(&message).unwrap();
        assert_eq!(ours.nt_response, theirs.nt_response, "{name}");
        // Where Samba makes no key of the LM hash, it repeats the NT response too.
        if !lm {
            assert_eq!(ours.lm_response, ours.nt_response, "{name}: a19: nothing of the LM hash");
        }
    }
}

#[test]
fn each_dialect_gets_through_where_both_sides_allow_it_with_one_key_and_protected_messages() {
    let all = [Dialect::Lm, Dialect::V1, Dialect::V1Extended, Dialect::LmV2, Dialect::V2];
    for dialect in all {
        for attributes in [Attributes::none(), Attributes::INTEGRITY, Attributes::CONFIDENTIALITY] {
            let request = || Request::new().with_requirements(attributes);
            let (waiting, negotiate) = Client::new(Credentials::password(ALICE, PASSWORD))
                .with_request(request())
                .with_policy(lax())
                .with_dialect(dialect)
                .negotiate();
            let offered = Negotiate::decode(&negotiate).unwrap().flags;
            assert_eq!(
                offered.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY),
                !matches!(dialect, Dialect::Lm | Dialect::V1)
            );
            let (listening, challenge) =
                server(lax()).with_request(request()).negotiate(&negotiate, nonces()).unwrap();
            let (session, authenticate) = waiting.challenge(&challenge, nonces()).unwrap();
            let verify = |password: &str| {
                let waiting = AwaitingAuthenticate::resume(&negotiate, &challenge).unwrap();
                let server = server(lax()).with_request(request());
                let claim = waiting.with_policy_of(server).authenticate(&authenticate).unwrap();
                let hashes = (crypto::ntowf_v1(password), crypto::lmowf_v1(password));
                claim.verify_with_lm_hash(Some(&hashes.0), Some(&hashes.1))
            };
            drop(listening);
            assert_eq!(verify("wrong").err(), Some(Error::Denied), "{dialect}");
            let accepted = verify(PASSWORD).unwrap_or_else(|error| panic!("{dialect}: {error}"));
            assert_eq!(accepted.dialect(), dialect);
            assert!(
                accepted.session().exported_session_key().ct_eq(session.exported_session_key()),
                "{dialect}"
            );
            let (mut client, mut server) = (session.protect(), accepted.into_session().protect());
            if attributes == Attributes::none() {
                assert_eq!(client.sign(b"m"), Err(Error::Unsupported));
                continue;
            }
            for round in 0..3 {
                let signature = client.sign(b"to the server").unwrap();
                server.verify(b"to the server", &signature).unwrap();
                if attributes == Attributes::CONFIDENTIALITY {
                    let mut message = *b"to the client";
                    let signature = server.seal(&mut message).unwrap();
                    client.unseal(&mut message, &signature).unwrap();
                    assert_eq!(&message, b"to the client", "{dialect} {round}");
                }
            }
        }
    }
}

#[test]
fn a19_a_challenge_from_before_ntlm_v2_is_answered_with_it_or_not_at_all() {
    let recording = recordings::named("legacy-cntlm-NTLM");
    let old = Challenge {
        target_name: WireStr::EMPTY,
        flags: Flags::NEGOTIATE_UNICODE | Flags::NEGOTIATE_NTLM | Flags::NEGOTIATE_LM_KEY,
        server_challenge: [1; 8],
        reserved: None,
        target_info: None,
        version: None,
    };
    let challenges = [
        recording.challenge,
        old.encode().unwrap(),
        Challenge { flags: old.flags | Flags::REQUEST_NON_NT_SESSION_KEY, ..old }.encode().unwrap(),
    ];
    let credentials = || Credentials::password(ALICE, PASSWORD);
    for challenge in &challenges {
        let (_, _, message) =
            answer(challenge, credentials(), Policy::new(), None, Attributes::none()).unwrap();
        let message = Authenticate::decode(&message).unwrap();
        assert!(matches!(message.response(), Ok(NtResponse::V2 { .. })));
        for dialect in [Dialect::Lm, Dialect::V1, Dialect::V1Extended, Dialect::LmV2] {
            let refused = answer(challenge, credentials(), Policy::new(), Some(dialect), Attributes::none());
            assert!(matches!(refused.err(), Some(Error::Policy(_))), "{dialect}");
        }
        let protected = answer(challenge, credentials(), Policy::new(), None, Attributes::INTEGRITY);
        assert!(matches!(protected.err(), Some(Error::Policy(_))));
    }
    // The control: with the word, and only with it, the response of 24 bytes appears, and nothing is made of the LM hash.
    let [_, bare, _] = &challenges;
    let allowing = Policy::new().allow_ntlm_v1_insecure();
    let (_, _, message) = answer(bare, credentials(), allowing.clone(), None, Attributes::none()).unwrap();
    let message = Authenticate::decode(&message).unwrap();
    assert!(matches!(message.response(), Ok(NtResponse::V1(_))));
    let lm_response = crypto::desl(crypto::lmowf_v1(PASSWORD).expose(), &[1; 8]);
    assert_ne!(message.lm_response, lm_response);
    let lm = answer(bare, credentials(), allowing, Some(Dialect::Lm), Attributes::none());
    assert_eq!(lm.err(), Some(Error::Policy(Requirement::Dialect)));
    let lm = answer(bare, credentials(), lax(), Some(Dialect::Lm), Attributes::none()).unwrap();
    assert_eq!(Authenticate::decode(&lm.2).unwrap().lm_response, lm_response);
}

#[test]
fn an_old_server_gets_ntlm_v1_from_a_client_that_may_and_a_new_one_gets_ntlm_v2() {
    let allowing = || Policy::new().allow_ntlm_v1_insecure();
    let bare = |flags: Flags| {
        let message = Challenge {
            target_name: WireStr::EMPTY,
            flags: flags | Flags::NEGOTIATE_UNICODE,
            server_challenge: [1; 8],
            reserved: None,
            target_info: None,
            version: None,
        };
        message.encode().unwrap()
    };
    let dialect = |challenge: &[u8]| {
        let (_, _, message) =
            answer(challenge, Credentials::password(ALICE, PASSWORD), allowing(), None, Attributes::none())
                .unwrap();
        Authenticate::decode(&message).unwrap().response().unwrap().dialect()
    };
    assert_eq!(dialect(&bare(Flags::EMPTY)), "NTLMv1");
    let extended = bare(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
    assert_eq!(dialect(&extended), "NTLMv1 with extended session security");
    for (recording, entry) in recordings::all() {
        if entry["analysis"]["kind"] == "NTLMv2" {
            assert_eq!(dialect(&recording.challenge), "NTLMv2", "{}", recording.name);
        }
    }
}

#[test]
fn what_cannot_be_made_of_the_credentials_is_no_credentials() {
    let challenge = recordings::named("legacy-cntlm-LM").challenge;
    let hash = || Credentials::NtHash(Principal::parse(ALICE), crypto::ntowf_v1(PASSWORD));
    let answer = |credentials, dialect| {
        answer(&challenge, credentials, lax(), Some(dialect), Attributes::none()).map(drop)
    };
    assert_eq!(answer(hash(), Dialect::V1), Ok(()));
    assert_eq!(answer(hash(), Dialect::LmV2), Ok(()));
    assert_eq!(answer(hash(), Dialect::Lm), Err(Error::NoCredentials));
    let key = crypto::ntowf_v2("alice", "LEGACYSRV", &NtHash::from_bytes([1; 16]));
    let kept = |dialect| {
        let client = Client::from_response_key(Principal::parse(ALICE), key.clone());
        let (waiting, _) = client.with_policy(lax()).with_dialect(dialect).negotiate();
        waiting.challenge(&challenge, nonces()).map(drop)
    };
    assert_eq!(kept(Dialect::V1), Err(Error::NoCredentials));
    assert_eq!(kept(Dialect::LmV2), Ok(()));
}

#[test]
fn a21_a_weak_key_encrypts_nothing_unless_the_policy_puts_up_with_it() {
    for recorded in sessions::all() {
        let sealing = recorded.flags.contains(Flags::NEGOTIATE_SEAL);
        let weak = !recorded.flags.contains(Flags::NEGOTIATE_128)
            || recorded.flags.contains(Flags::NEGOTIATE_LM_KEY);
        let seals = |policy| {
            let accepted = verdict(&recorded.handshake, policy, PASSWORD).unwrap();
            accepted.session().flags().contains(Flags::NEGOTIATE_SEAL)
        };
        let name = &recorded.handshake.name;
        assert_eq!(seals(lax()), sealing, "{name}");
        let firm = Policy::new().allow_ntlm_v1_insecure().allow_lm_insecure();
        assert_eq!(seals(firm), sealing && !weak, "{name}");
    }
    // A client that wants encryption means 128 bits.
    let recording = recordings::named("pyspnego-proxy-get");
    let mut challenge = Challenge::decode(&recording.challenge).unwrap();
    challenge.flags = challenge.flags | Flags::NEGOTIATE_SEAL;
    let with = challenge.encode().unwrap();
    challenge.flags = challenge.flags.without(Flags::NEGOTIATE_128);
    let without = challenge.encode().unwrap();
    let credentials = || Credentials::password(ALICE, PASSWORD);
    let wanted = Attributes::CONFIDENTIALITY;
    assert!(answer(&with, credentials(), Policy::new(), None, wanted).is_ok());
    let refused = answer(&without, credentials(), Policy::new(), None, wanted).err();
    assert_eq!(refused, Some(Error::Policy(Requirement::Strength128)));
    let weak = Policy::new().allow_weak_keys_insecure();
    assert!(answer(&without, credentials(), weak, None, wanted).is_ok());
}

#[test]
fn a21_no_key_goes_over_the_wire_unless_it_is_exchanged_and_never_in_the_clear() {
    for recorded in sessions::all() {
        let challenge = &recorded.handshake.challenge;
        let offered = Challenge::decode(challenge).unwrap().flags;
        for dialect in [Dialect::V1, Dialect::V2] {
            let credentials = Credentials::password(ALICE, PASSWORD);
            let (session, _, message) =
                answer(challenge, credentials, lax(), Some(dialect), Attributes::INTEGRITY).unwrap();
            let sent = Authenticate::decode(&message).unwrap().encrypted_random_session_key;
            let exchanged = offered.contains(Flags::NEGOTIATE_KEY_EXCH);
            assert_eq!(sent.len(), if exchanged { 16 } else { 0 }, "{}", recorded.handshake.name);
            let key = session.exported_session_key().expose();
            assert!(!message.windows(16).any(|window| window == key), "{}", recorded.handshake.name);
        }
    }
}
