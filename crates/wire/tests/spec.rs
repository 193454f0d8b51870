//! Published messages, decoded: the `decode_*` entries of `fixtures/public.json`, among them those of MS-NLMP
//! 4.2.

#[path = "vectors/decoded.rs"]
mod decoded;
mod vectors;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use decoded::{decoded, differences};
use gatepass_wire::{
    Authenticate, AvId, AvPair, AvPairs, Challenge, Message, MessageType, Negotiate, Version, encode_av_pairs,
};

#[test]
fn published_messages_decode_to_what_their_publishers_say() {
    let mut counts = [("negotiate", 0), ("challenge", 0), ("authenticate", 0), ("av_pairs", 0)];
    for entry in vectors::load("public.json") {
        let function = entry["fn"].as_str().unwrap();
        let decoder = counts.iter_mut().find(|(kind, _)| function == format!("decode_{kind}"));
        let Some((kind, count)) = decoder else { continue };
        let out = decoded(kind, &vectors::message(&entry["in"]));
        let out = out.unwrap_or_else(|error| panic!("{}: {error}", entry["id"]));
        let differences = differences(entry["out"].as_object().unwrap(), &out);
        assert!(differences.is_empty(), "{}: {differences:?}", entry["id"]);
        *count += 1;
    }
    assert!(counts.iter().all(|(_, count)| *count >= 2), "{counts:?}");
}

#[test]
fn section_4_2_4_target_info_is_written_as_published() {
    let entries = vectors::load("public.json");
    let entry = entries.iter().find(|entry| entry["id"] == "nlmp-4.2.4-target-info").unwrap();
    let published = vectors::message(&entry["in"]);
    let pairs: Vec<AvPair<'_>> = AvPairs::new(&published).iter().map(Result::unwrap).collect();
    assert_eq!(
        pairs.iter().map(|pair| pair.id).collect::<Vec<_>>(),
        [AvId::MSV_AV_NB_DOMAIN_NAME, AvId::MSV_AV_NB_COMPUTER_NAME,]
    );
    assert_eq!(encode_av_pairs(&pairs), Ok(published));
}

#[test]
fn a_windows_client_s_negotiate_is_written_as_published() {
    let entries = vectors::load("public.json");
    let entry = entries.iter().find(|entry| entry["id"] == "pyspnego-ntlm-negotiate").unwrap();
    let published = vectors::message(&entry["in"]);
    let message = Negotiate::decode(&published).unwrap();
    assert_eq!(message.version, Some(Version::new(10, 0, 17763)));
    assert_eq!(
        message.flags.to_string(),
        "UNICODE|OEM|REQUEST_TARGET|SIGN|SEAL|LM_KEY|NTLM|ALWAYS_SIGN|\
        EXTENDED_SESSIONSECURITY|VERSION|128|KEY_EXCH|56"
    );
    // The published message gives empty fields the offset 0; ours point behind the header.
    let ours = message.encode().unwrap();
    assert_eq!(Negotiate::decode(&ours), Ok(message));
    assert_eq!((&ours[..16], &ours[32..]), (&published[..16], &published[32..]));
}

#[test]
fn timestamps_of_published_challenges_are_dates() {
    let entries = vectors::load("public.json");
    for (id, date) in [
        ("gss-ntlmssp-cbt-challenge", "2012-12-19T17:10:36.5364091Z"),
        ("freerdp-challenge", "2014-06-18T15:12:18.0041523Z"),
        ("pyspnego-ntlm-challenge", "2020-04-30T02:46:22.4140792Z"),
    ] {
        let bytes = vectors::message(&entries.iter().find(|entry| entry["id"] == id).unwrap()["in"]);
        let pairs = Challenge::decode(&bytes).unwrap().target_info.unwrap();
        assert_eq!(pairs.timestamp().unwrap().unwrap().to_string(), date, "{id}");
    }
}

#[test]
fn recorded_clients_and_servers_pass_the_receivers_checks() {
    let mut dialects = Vec::new();
    for entry in vectors::load("recorded.json") {
        for message in entry["messages"].as_array().unwrap() {
            let bytes = STANDARD.decode(message["b64"].as_str().unwrap()).unwrap();
            // One recording is of NTLM inside SPNEGO.
            let Ok(kind) = MessageType::peek(&bytes) else { continue };
            match kind {
                MessageType::Negotiate => assert!(Negotiate::decode(&bytes).unwrap().charset().is_ok()),
                MessageType::Challenge => assert_eq!(Challenge::decode(&bytes).unwrap().check(), Ok(())),
                MessageType::Authenticate => {
                    let message = Authenticate::decode(&bytes).unwrap();
                    let response =
                        message.check().unwrap_or_else(|error| panic!("{}: {error}", entry["name"]));
                    assert_eq!(entry["analysis"]["kind"], response.dialect(), "{}", entry["name"]);
                    dialects.push(response.dialect());
                }
            }
        }
    }
    for dialect in ["NTLMv2", "NTLMv1", "LM"] {
        assert!(dialects.contains(&dialect), "no recording of {dialect}");
    }
}
