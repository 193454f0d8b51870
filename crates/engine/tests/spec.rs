//! The published vectors, recomputed through the functions that bear the document's names.

mod vectors;

use gatepass_backend::{ChannelBindings, NtHash, SessionKey};
use gatepass_engine::crypto::{self, LmHash, ResponseKey, Side};
use gatepass_engine::{AwaitingAuthenticate, Error};
use gatepass_wire::{Authenticate, FileTime, Message};
use vectors::{Vector, array, hex};

/// Every entry of `function`, of which there are `count`; each key of `out` must have been compared.
fn each(function: &str, count: usize, mut recompute: impl FnMut(&Vector) -> Vec<(&'static str, String)>) {
    let entries: Vec<Vector> = vectors::public(function);
    assert_eq!(entries.len(), count, "entries of {function}");
    for entry in entries {
        let results = recompute(&entry);
        for (key, wanted) in entry.out() {
            let (_, found) = results.iter().find(|(name, _)| name == key).unwrap_or_else(|| panic!("{key}"));
            assert_eq!(found, wanted.as_str().unwrap(), "{}: {key}", entry.id());
        }
    }
}

fn nt_hash(entry: &Vector) -> NtHash {
    match entry.optional("nt_hash") {
        Some(hash) => NtHash::from_bytes(array(&hex(&hash))),
        None => crypto::ntowf_v1(&entry.text("password")),
    }
}

fn lm_hash(entry: &Vector) -> LmHash {
    LmHash::from_bytes(array(&entry.bytes("lm_hash")))
}

fn side(entry: &Vector) -> Side {
    match entry.text("side").as_str() {
        "client" => Side::Client,
        "server" => Side::Server,
        other => panic!("{other}"),
    }
}

#[test]
fn nlmp_3_3_1_ntowf_v1() {
    each("ntowf_v1", 6, |e| vec![("hash", vectors::to_hex(crypto::ntowf_v1(&e.text("password")).expose()))]);
}

#[test]
fn nlmp_3_3_1_lmowf_v1() {
    each("lmowf_v1", 2, |e| vec![("hash", vectors::to_hex(crypto::lmowf_v1(&e.text("password")).expose()))]);
}

#[test]
fn nlmp_3_3_2_ntowf_v2() {
    each("ntowf_v2", 4, |e| {
        let key = crypto::ntowf_v2(&e.text("user"), &e.text("domain"), &nt_hash(e));
        vec![("hash", vectors::to_hex(key.expose()))]
    });
}

#[test]
fn nlmp_3_3_2_compute_response_v2() {
    each("compute_response_v2", 2, |e| {
        let response = crypto::compute_response_v2(
            &ResponseKey::from_bytes(array(&e.bytes("nt_v2_hash"))),
            &array(&e.bytes("server_challenge")),
            &array(&e.bytes("client_challenge")),
            FileTime::from_le_bytes(array(&e.bytes("time"))),
            &e.bytes("target_info"),
        );
        vec![
            ("nt_response", vectors::to_hex(&response.nt_response)),
            ("nt_proof", vectors::to_hex(&response.nt_response[..16])),
            ("lm_response", vectors::to_hex(&response.lm_response)),
            ("session_base_key", vectors::to_hex(response.session_base_key.expose())),
        ]
    });
}

#[test]
fn nlmp_3_3_1_compute_response_v1() {
    each("compute_response_v1", 3, |e| {
        let response = crypto::compute_response_v1(
            e.flags(),
            &nt_hash(e),
            &lm_hash(e),
            &array(&e.bytes("server_challenge")),
            &array(&e.bytes("client_challenge")),
            e.boolean("no_lm_response"),
        );
        vec![
            ("nt_response", vectors::to_hex(&response.nt_response)),
            ("lm_response", vectors::to_hex(&response.lm_response)),
            ("session_base_key", vectors::to_hex(response.session_base_key.expose())),
        ]
    });
}

#[test]
fn nlmp_3_4_5_1_kxkey() {
    each("kxkey", 6, |e| {
        let base = SessionKey::from_bytes(&e.bytes("session_base_key"));
        let key = if e.boolean("ntlmv2") {
            crypto::kxkey(&base)
        } else {
            let (lm, challenge) = (array(&e.bytes("lm_response")), array(&e.bytes("server_challenge")));
            crypto::kxkey_v1(e.flags(), &base, &lm, &challenge, &lm_hash(e))
        };
        vec![("key", vectors::to_hex(key.expose()))]
    });
    each("lm_session_key", 1, |e| {
        let flags = gatepass_wire::NegotiateFlags::REQUEST_NON_NT_SESSION_KEY;
        let base = SessionKey::from_bytes(&[0; 16]);
        let key = crypto::kxkey_v1(flags, &base, &[0; 24], &[0; 8], &lm_hash(e));
        vec![("key", vectors::to_hex(key.expose()))]
    });
}

#[test]
fn nlmp_3_4_5_2_sign_key() {
    each("sign_key", 5, |e| {
        let key = crypto::sign_key(e.flags(), &SessionKey::from_bytes(&e.bytes("key")), side(e));
        vec![("key", vectors::to_hex(key.as_ref().map(SessionKey::expose).unwrap_or_default()))]
    });
}

#[test]
fn nlmp_3_4_5_3_seal_key() {
    each("seal_key", 17, |e| {
        let key = crypto::seal_key(e.flags(), &SessionKey::from_bytes(&e.bytes("key")), side(e));
        vec![("key", vectors::to_hex(key.expose()))]
    });
}

/// A fresh handle; `sealed` sends the message through it before the signature.
fn protect(entry: &Vector, seal: bool) -> Vec<(&'static str, String)> {
    let mut handle = crypto::Rc4::init(&entry.bytes("seal_key")).unwrap();
    let sign_key = Some(entry.bytes("sign_key")).filter(|key| !key.is_empty());
    let message = entry.bytes("message");
    let mut sealed = message.clone();
    if seal {
        handle.apply(&mut sealed);
    }
    let flags = entry.flags();
    let always = gatepass_wire::NegotiateFlags::NEGOTIATE_ALWAYS_SIGN;
    let sign = gatepass_wire::NegotiateFlags::NEGOTIATE_SIGN;
    let signature = if !seal && flags.contains(always) && !flags.contains(sign) {
        crypto::DUMMY_SIGNATURE
    } else {
        crypto::mac(
            flags,
            &mut handle,
            sign_key.map(|key| SessionKey::from_bytes(&key)).as_ref(),
            entry.number("seq"),
            &message,
            entry.optional("random_pad").map(|pad| array(&hex(&pad))).unwrap_or_default(),
        )
    };
    vec![("signature", vectors::to_hex(&signature)), ("sealed", vectors::to_hex(&sealed))]
}

#[test]
fn nlmp_3_4_4_mac() {
    each("mac", 4, |e| protect(e, false));
}

#[test]
fn nlmp_3_4_3_sealed_messages() {
    each("sealed", 7, |e| protect(e, true));
}

#[test]
fn nlmp_6_crc32() {
    each("crc32", 2, |e| vec![("crc", vectors::to_hex(&crypto::crc32(&e.bytes("data")).to_le_bytes()))]);
}

#[test]
fn nlmp_6_desl_and_its_keys() {
    each("desl", 4, |e| {
        let data = crypto::desl(&array(&e.bytes("key")), &array(&e.bytes("data")));
        vec![("data", vectors::to_hex(&data))]
    });
    each("des_key", 5, |e| vec![("key", vectors::to_hex(&crypto::des_key(&array(&e.bytes("key7")))))]);
}

#[test]
fn rc4_with_a_handle_and_without() {
    each("rc4", 5, |e| {
        let data = crypto::rc4k(&e.bytes("key"), &e.bytes("data")).unwrap();
        vec![("data", vectors::to_hex(&data))]
    });
    each("rc4_keystream", 12, |e| {
        let mut handle = crypto::Rc4::init(&e.bytes("key")).unwrap();
        handle.apply(&mut vec![0; usize::try_from(e.number("offset")).unwrap()]);
        let mut stream = vec![0; usize::try_from(e.number("length")).unwrap()];
        handle.apply(&mut stream);
        vec![("keystream", vectors::to_hex(&stream))]
    });
    assert!(crypto::Rc4::init(&[]).is_none());
    assert!(crypto::rc4k(&[0; 257], b"data").is_none());
}

#[test]
fn nlmp_4_2_1_names_in_utf16() {
    each("utf16le_upper", 1, |e| vec![("data", vectors::to_hex(&crypto::utf16le_upper(&e.text("text"))))]);
}

#[test]
fn nlmp_3_1_5_1_2_mic() {
    each("mic", 2, |e| {
        let key = SessionKey::from_bytes(&e.bytes("key"));
        let mic = crypto::mic(&key, &e.bytes("negotiate"), &e.bytes("challenge"), &e.bytes("authenticate"));
        vec![("mic", vectors::to_hex(&mic))]
    });
}

#[test]
fn nlmp_2_2_2_1_hash_of_channel_bindings() {
    each("cbt_hash", 2, |e| {
        let bindings = ChannelBindings::raw(&e.bytes("application_data"));
        vec![("hash", vectors::to_hex(&crypto::cbt_hash(&bindings)))]
    });
}

#[test]
fn nlmp_3_2_5_1_2_published_handshakes_are_verified_by_the_server() {
    let (mut verified, mut unverifiable) = (0, 0);
    for entry in vectors::public("verify_authenticate") {
        let negotiate = entry.optional("negotiate").map(|text| hex(&text));
        let waiting =
            AwaitingAuthenticate::resume(negotiate.as_deref().unwrap_or_default(), &entry.bytes("challenge"))
                .unwrap();
        let verdict = waiting
            .authenticate(&entry.bytes("authenticate"))
            .and_then(|claim| claim.verify(Some(&crypto::ntowf_v1(&entry.text("password")))));
        let out = entry.out();
        if out["kind"] != "ntlmv2" {
            assert_eq!(verdict.err(), Some(Error::Denied), "{}", entry.id());
            continue;
        }
        let message = entry.bytes("authenticate");
        let declared = Authenticate::decode(&message).unwrap().declared_mic().unwrap();
        if negotiate.is_none() && declared.is_some() {
            // The published vector leaves NEGOTIATE out, without which its MIC cannot be right.
            assert_eq!(verdict.err(), Some(Error::Denied), "{}", entry.id());
            unverifiable += 1;
            continue;
        }
        let accepted = verdict.unwrap_or_else(|error| panic!("{}: {error}", entry.id()));
        assert_eq!(accepted.mic_proved(), out.contains_key("mic_ok"), "{}", entry.id());
        if let Some(key) = out.get("session_key") {
            let found = vectors::to_hex(accepted.session().exported_session_key().expose());
            assert_eq!(found, key.as_str().unwrap(), "{}", entry.id());
        }
        verified += 1;
    }
    assert_eq!((verified, unverifiable), (4, 1));
}
