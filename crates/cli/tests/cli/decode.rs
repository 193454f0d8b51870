//! `gatepass decode`, over the recorded handshakes, the malformed messages, and hostile names.

use crate::support::gatepass;
use gatepass::wire::{
    AvId, AvPair, AvPairs, Challenge, Message as _, NegotiateFlags, WireStr, encode_av_pairs, utf16le,
};
use serde_json::Value;

fn fixture(name: &str) -> Vec<Value> {
    let path = format!("{}/../../fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    // Lone surrogates, which JSON allows in escapes and Rust's strings do not.
    let text = std::fs::read_to_string(path).unwrap().replace("\\ud", "\\\\ud").replace("\\uD", "\\\\uD");
    serde_json::from_str(&text).unwrap()
}

fn unhex(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_recorded_message_is_decoded_with_its_names() {
    let mut seen = 0;
    for entry in fixture("recorded.json") {
        for message in entry["messages"].as_array().unwrap() {
            let token = message["b64"].as_str().unwrap();
            let ended = gatepass(["decode", token]).run();
            assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{}: {ended:?}", entry["name"]);
            seen += 1;
            if ended.stdout.starts_with("AUTHENTICATE") {
                assert!(ended.stdout.contains("UserName  "), "{}", ended.stdout);
            }
        }
    }
    assert!(seen >= 60, "{seen}");
}

#[test]
fn every_field_has_its_offset_length_and_meaning() {
    let entries = fixture("recorded.json");
    let entry = entries.iter().find(|entry| entry["name"] == "pyspnego-proxy-get").unwrap();
    let token = entry["messages"][2]["b64"].as_str().unwrap();
    let header = format!("Proxy-Authorization: NTLM {token}");
    let text = gatepass(["decode", header.as_str()]).run().stdout;
    for line in [
        "AUTHENTICATE, 288 bytes (from Proxy-Authorization: NTLM)",
        "    60       4  NegotiateFlags                   0xe2898235",
        "    72      16  MIC                              73acca7bd583779bb4ab571cfed9c464",
        "   136       8    TimeStamp                      2026-11-23T21:23:23.2358570Z",
        "   202      32    MsvAvTargetName                \"HTTP/127.0.0.1\"",
        "   234       8    MsvAvFlags                     0x00000002, the message has a MIC",
        "   258      10  UserName                         \"alice\"",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(text.contains("NEGOTIATE_KEY_EXCH"), "{text}");

    let json: Value =
        serde_json::from_str(&gatepass(["decode", "--json"]).stdin(header).run().stdout).unwrap();
    let fields = json["messages"][0]["fields"].as_array().unwrap();
    let user = fields.iter().find(|field| field["name"] == "UserName").unwrap();
    assert_eq!((user["offset"].as_u64(), user["length"].as_u64()), (Some(258), Some(10)));
    assert_eq!((user["text"].as_str(), user["hex"].as_str()), (Some("alice"), Some("61006c00690063006500")));
    let covered: u64 = fields.iter().map(|field| field["length"].as_u64().unwrap()).sum();
    assert_eq!(covered, 288, "every byte belongs to one field");
}

#[test]
fn malformed_messages_show_what_could_be_read_then_the_error_and_its_offset() {
    let mut seen = 0;
    for entry in fixture("malformed.json") {
        let kind = entry["kind"].as_str().unwrap();
        if !matches!(kind, "negotiate" | "challenge" | "authenticate") || entry["level"] == "may" {
            continue;
        }
        let message: Vec<u8> = match entry["message_parts"].as_array() {
            Some(parts) => parts
                .iter()
                .flat_map(|part| {
                    unhex(part[0].as_str().unwrap())
                        .repeat(usize::try_from(part[1].as_u64().unwrap()).unwrap())
                })
                .collect(),
            None => unhex(entry["message_hex"].as_str().unwrap()),
        };
        // Nothing at all would be no message but no input. Another type of message is in order here.
        if message.is_empty() || entry["at"] == 8 || message.len() > 1 << 18 {
            continue;
        }
        let ended = gatepass(["decode", "--json"]).stdin(hex(&message)).run();
        assert!(ended.is_harmless(), "{}", entry["id"]);
        let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
        if entry["expect"] == "error" {
            assert_eq!(ended.code, 1, "{}: {ended:?}", entry["id"]);
            assert!(ended.stderr.contains(" at byte "), "{}: {ended:?}", entry["id"]);
            seen += 1;
        } else if entry["check"] == "process" {
            assert_eq!(ended.code, 0, "{}: {ended:?}", entry["id"]);
        }
        assert!(report["messages"][0]["length"].is_u64());
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn a_truncated_message_is_shown_up_to_the_cut() {
    let ended = gatepass(["decode", "TlRMTVNTUAACAAAABgAGADgAAAA="]).run();
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains("TargetNameFields"), "{ended:?}");
    assert_eq!(
        ended.stderr,
        "gatepass: the message is malformed: NegotiateFlags at byte 20: the bytes end too early\n"
    );
}

/// A CHALLENGE whose names are `name`.
fn hostile(name: WireStr<'_>, flags: NegotiateFlags) -> Vec<u8> {
    let pairs = encode_av_pairs(&[
        AvPair { id: AvId::MSV_AV_NB_DOMAIN_NAME, value: name.as_bytes() },
        AvPair { id: AvId(0x4321), value: name.as_bytes() },
    ]);
    let pairs = pairs.unwrap();
    let challenge = Challenge {
        target_name: name,
        flags: flags | NegotiateFlags::NEGOTIATE_TARGET_INFO,
        server_challenge: *b"\x1b[2J\x9b\x07\r\x08",
        reserved: None,
        target_info: Some(AvPairs::new(&pairs)),
        version: None,
    };
    challenge.encode().unwrap()
}

#[test]
fn a89_hostile_names_never_reach_the_terminal_unescaped() {
    let name =
        "a\u{1b}[2J\u{1b}]0;t\u{7}\u{1b}]8;;x\u{1b}\\\u{1b}]52;c;eA==\u{7}\u{9b}31m\r\u{8}\u{202e}\u{2066}z";
    let mut utf16 = utf16le(name);
    utf16.extend_from_slice(&[0x00, 0xd8]);
    let mut oem: Vec<u8> = name.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(0x9b)).collect();
    if oem.len() % 2 == 1 {
        oem.push(0x9b);
    }
    for token in [
        hostile(WireStr::Utf16(&utf16), NegotiateFlags::NEGOTIATE_UNICODE),
        hostile(WireStr::Oem(&oem), NegotiateFlags::NEGOTIATE_OEM),
    ] {
        for arguments in [&["decode"][..], &["decode", "--json"]] {
            for token in [&token[..], &token[..token.len() - 3]] {
                let ended = gatepass(arguments).stdin(token).run();
                assert!(ended.is_harmless(), "{ended:?}");
                if arguments.len() > 1 {
                    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
                    assert_eq!(json["messages"][0]["message"], "CHALLENGE");
                } else {
                    assert!(ended.stdout.contains("[2J"), "{ended:?}");
                }
            }
        }
    }
    for text in ["NTLM \u{1b}[2J\u{202e}", "\u{1b}]0;x\u{7}", "WWW-Authenticate: Basic \u{9b}31m", "\u{2066}"]
    {
        let ended = gatepass(["decode", text]).run();
        assert!(ended.is_harmless() && ended.code == 1, "{ended:?}");
        let ended = gatepass(["decode", "--file", text]).run();
        assert!(ended.is_harmless() && ended.code == 26, "{ended:?}");
        let ended = gatepass([text]).run();
        assert!(ended.is_harmless() && ended.code == 2, "{ended:?}");
    }
}

#[test]
fn a89_json_is_valid_for_lone_surrogates() {
    let lone = hostile(WireStr::Utf16(&[0x00, 0xd8, 0x41, 0x00]), NegotiateFlags::NEGOTIATE_UNICODE);
    let ended = gatepass(["decode", "--json"]).stdin(lone).run();
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let fields = json["messages"][0]["fields"].as_array().unwrap();
    let name = fields.iter().find(|field| field["name"] == "TargetName").unwrap();
    assert_eq!(name["hex"], "00d84100");
    assert_eq!(name["meaning"], "\"\\u{d800}A\" (not valid UTF-16)");
    assert!(name["text"].is_null() && ended.stdout.is_ascii());
}

#[test]
fn a90_an_input_beyond_the_limit_is_refused_with_a_clear_text() {
    let ended = gatepass(["decode"]).stdin(vec![b'A'; 3 << 20]).run();
    assert_eq!(ended.code, 26);
    assert!(ended.stdout.is_empty() && ended.stderr.contains("longer than 1 MiB"), "{ended:?}");
    let ended = gatepass(["decode", "--file", "/dev/zero"]).run();
    assert_eq!(ended.code, 26, "{ended:?}");
}

#[test]
fn a_token_of_another_mechanism_is_named() {
    // GSS-API framing with the number of Kerberos; a bare AP-REQ.
    for (token, name) in [
        ("600f 06092a864886f71201020201006e00", "a Kerberos token"),
        ("6e0c300aa003020105a10302010e", "a Kerberos AP-REQ"),
    ] {
        let ended = gatepass(["decode", token]).run();
        assert_eq!(ended.code, 4, "{ended:?}");
        assert!(ended.stderr.contains(name), "{ended:?}");
    }
    let ended = gatepass(["decode", "Proxy-Authenticate: Negotiate, NTLM"]).run();
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("no NTLM or Negotiate token"), "{ended:?}");
}

#[test]
fn spnego_is_decoded_and_so_is_the_ntlm_inside() {
    let entries = fixture("recorded.json");
    let entry = entries.iter().find(|entry| entry["name"] == "pyspnego-negotiate").unwrap();
    for (number, (outer, field, kind)) in [
        ("NegTokenInit", "mechToken", "NEGOTIATE, 40"),
        ("NegTokenResp", "responseToken", "CHALLENGE, 114"),
        ("NegTokenResp", "responseToken", "AUTHENTICATE, 288"),
    ]
    .into_iter()
    .enumerate()
    {
        let token = entry["messages"][number]["b64"].as_str().unwrap();
        let ended = gatepass(["decode", "Authorization:", "Negotiate", token]).run();
        assert!(ended.code == 0 && ended.stdout.starts_with(outer), "{ended:?}");
        assert!(ended.stdout.contains(&format!("\n{kind} bytes (in {field}, at byte ")), "{ended:?}");
        let ended = gatepass(["decode", "--json", token]).run();
        let json: Value = serde_json::from_str(&ended.stdout).unwrap();
        let bytes = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, token).unwrap();
        let fields = json["messages"][0]["fields"].as_array().unwrap();
        assert!(fields.iter().any(|one| one["name"] == field), "{ended:?}");
        for one in fields {
            let (at, length) =
                (one["offset"].as_u64().unwrap() as usize, one["length"].as_u64().unwrap() as usize);
            assert_eq!(bytes[at..at + length], unhex(one["hex"].as_str().unwrap()), "{one}");
        }
    }
}

#[test]
fn each_field_of_spnego_has_its_name_and_its_place() {
    let kerberos =
        "60280606 2b060105 0502a01e 301ca00d 300b0609 2a864886 f7120102 02a20b04 0954686520746f6b656e";
    let hinted = "603006062b0601050502a0263024a00e300c060a2b06010401823702020aa3123010a00e1b0c706c656173655f7468616e6b";
    for (token, parts) in [
        (kerberos, &["NegTokenInit, 42 bytes", "1.2.840.113554.1.2.2 (Kerberos)", "54686520746f6b656e"][..]),
        (hinted, &["NegTokenInit2", "please_thank", "1.3.6.1.4.1.311.2.2.10 (NTLM)"][..]),
        ("a1073005a0030a0102", &["NegTokenResp, 9 bytes", "8       1  negState", "2, reject"][..]),
        (
            "a1143012a0030a0103a10b06092a864882f712010202",
            &["3, request-mic", "as Windows 2000 numbered it"][..],
        ),
    ] {
        let ended = gatepass(["decode", token]).run();
        assert_eq!(ended.code, 0, "{ended:?}");
        for part in parts {
            assert!(ended.stdout.contains(part), "{part}: {ended:?}");
        }
    }
}

#[test]
fn malformed_spnego_is_an_error_with_its_place_and_the_ntlm_inside_is_shown() {
    let ended = gatepass(["decode", "a1073005a0030a0109"]).run();
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("negState at byte 8"), "{ended:?}");
    // The outer length is one too long.
    let message = "4e544c4d53535000010000000682080000000000000000000000000000000000";
    let ended = gatepass(["decode", &format!("a127 3024a222 0420{message}")]).run();
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stdout.contains("NEGOTIATE, 32 bytes (in what cannot be read, at byte 8)"), "{ended:?}");
    assert!(ended.stderr.contains("the SPNEGO token is malformed"), "{ended:?}");
}

#[test]
fn an_option_may_stand_behind_the_token_and_a_file_in_its_place() {
    let token = "TlRMTVNTUAABAAAABoIIAAAAAAAAAAAAAAAAAAAAAAA=";
    let ended = gatepass(["decode", token, "--json"]).run();
    assert_eq!(ended.code, 0, "{ended:?}");
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(json["messages"][0]["message"], "NEGOTIATE");
    let directory = tempfile::tempdir().unwrap();
    let bytes = unhex("4e544c4d53535000010000000682080000000000000000000000000000000000");
    std::fs::write(directory.path().join("type1.bin"), bytes).unwrap();
    let ended = gatepass(["decode", "type1.bin"]).in_directory(directory.path()).run();
    assert!(ended.code == 0 && ended.stdout.starts_with("NEGOTIATE, 32 bytes"), "{ended:?}");
    let ended = gatepass(["decode", "type2.bin"]).in_directory(directory.path()).run();
    assert!(ended.code == 1 && ended.stderr.contains("neither base64 nor hex"), "{ended:?}");
}
