//! A script: read, refused with its place, and followed.

use crate::peer::{At, Peer};
use gatepass_backend::Credentials;
use gatepass_mock_proxy::{Fault, Leg, MockProxy, Outcome, Script};

const WHOLE: &str = r#"
offer = ["ntlm", "basic"]
realm = "the gate"
domain = { netbios = "KÖLN", dns = "köln.test" }

[policy]
minimum = "ntlmv2"
require-mic = true
bindings = "when-present"
max-skew = 300.0

[challenge]
computer = "GATE"
pair = [{ id = 4660, hex = "00" }]

[[account]]
user = 'KÖLN\jürgen'
password = "pässwörd€"

[[account]]
user = 'KÖLN\hash'
nt-hash = "8846f7eaee8fb117ad06bdd830b7586c"

[[account]]
user = 'KÖLN\gone'
password = "pw"
refused = "disabled"

[[origin-account]]
user = 'KÖLN\bob'
password = "pw"

[[fault]]
leg = "challenge"
nth = 3
fault = { header = { name = "X-Third", value = "yes" } }

[[fault]]
leg = "offer"
fault = "odd-case"
"#;

#[test]
fn a_script_is_followed_in_all_its_parts() {
    let script = Script::parse(WHOLE).unwrap();
    let proxy = MockProxy::new().script(&script).unwrap().start().unwrap();
    let log_in = |name: &str, password: &str| {
        let line = "GET http://origin.test/ HTTP/1.1";
        Peer::to(proxy.address())
            .login(At::Proxy, &Credentials::password(name, password), line, "", b"")
            .status
    };
    assert_eq!(log_in("KÖLN\\jürgen", "pässwörd€"), 200);
    assert_eq!(log_in("hash", "password"), 200);
    let third =
        Peer::to(proxy.address()).ask("GET http://origin.test/ HTTP/1.1", &At::Proxy.line(&negotiate()));
    assert_eq!(third.field("X-Third"), Some("yes"));
    assert_eq!(log_in("KÖLN\\gone", "pw"), 407);
    let offer = Peer::to(proxy.address()).ask("GET http://origin.test/ HTTP/1.1", "");
    let values: Vec<_> = offer.fields.iter().filter(|(name, _)| name == "pROXY-aUTHENTICATE").collect();
    assert_eq!(values.len(), 2, "{offer:?}");
    assert!(values[1].1.starts_with("Basic realm=\"the gate\""), "{offer:?}");
    let line = "GET /ntlm/ HTTP/1.1";
    let bob = Credentials::password("bob", "pw");
    assert_eq!(Peer::to(proxy.origin_address()).login(At::Origin, &bob, line, "", b"").status, 200);
    proxy.assert_all_faults_happened();
    let transcript = proxy.finish();
    let refused = transcript.requests().find_map(|exchange| match &exchange.outcome {
        Outcome::Refused(reason) => Some(reason.as_str()),
        _ => None,
    });
    assert_eq!(refused, Some("KÖLN\\gone: the account is disabled"), "{transcript}");
}

fn negotiate() -> Vec<u8> {
    gatepass_engine::Client::new(Credentials::password("CORP\\alice", "pw")).negotiate().1
}

#[test]
fn what_is_wrong_with_a_script_is_said_with_its_line_and_the_nearest_word() {
    for (text, line, part, nearest) in [
        ("ofer = [\"ntlm\"]", 1, "unknown field `ofer`", Some("offer")),
        ("\n[[acount]]\nuser = 'a'", 2, "unknown field `acount`", Some("account")),
        ("offer = [\"ntml\"]", 1, "unknown variant `ntml`", Some("ntlm")),
        ("[[account]]\nuser = 'a'\npasword = 'x'", 3, "unknown field `pasword`", Some("password")),
        ("[[fault]]\nleg = 'chalenge'\nfault = 'close'", 2, "unknown variant", Some("challenge")),
        ("[[fault]]\nleg = 'offer'\nfault = 'closed'", 3, "unknown variant", Some("close")),
        ("[[fault]]\nleg = 'offer'\nfault = { clos-after = 1 }", 3, "unknown variant", Some("close-after")),
        (
            "[[fault]]\nleg = 'challenge'\nfault = { token = 'not-bas64' }",
            3,
            "unknown variant",
            Some("not-base64"),
        ),
        ("zzzzzzzzzzzz = 1", 1, "unknown field", None),
        ("[[fault]]\nleg = 'offer'\nnth = 'two'\nfault = 'close'", 3, "invalid type", None),
        ("[[fault]]\nleg = 'offer'", 1, "missing field `fault`", None),
        ("\n\n[[account]\n", 3, "", None),
        ("[[account]]\nuser = 'CORP\\a'", 2, "needs either a password or an nt-hash", None),
        ("[[account]]\nuser = 'a'\nnt-hash = 'zz'", 2, "not 32 hexadecimal digits", None),
        ("[[fault]]\nleg = 'tunnel'\nfault = 'chunked'", 3, "chunked cannot happen in the leg tunnel", None),
        ("[[origin-fault]]\nleg = 'served'\nfault = 'unreachable'", 3, "served at the origin", None),
    ] {
        let error = Script::parse(text).unwrap_err();
        assert_eq!((error.line(), error.nearest()), (line, nearest), "{text}: {error}");
        assert!(error.to_string().contains(part), "{text}: {error}");
    }
}

#[test]
fn a_script_that_is_written_is_read_again_and_shows_no_password_in_debug() {
    let script = Script::parse(WHOLE).unwrap();
    assert_eq!(Script::parse(&script.to_toml()).unwrap(), script);
    assert_eq!(Script::parse(""), Ok(Script::default()));
    let mut unknown = Script::default();
    unknown.like = Some("squid".to_owned());
    assert_eq!(
        MockProxy::new().script(&unknown).unwrap_err().to_string(),
        "there is no personality \"squid\""
    );
    let debug = format!("{script:?}");
    assert!(debug.contains("jürgen") && !debug.contains("pässwörd") && !debug.contains("8846f7"), "{debug}");
}

#[test]
fn the_examples_in_the_list_of_faults_are_read() {
    for kind in Fault::KINDS {
        for leg in kind.legs {
            let text = format!("[[fault]]\nleg = \"{leg}\"\nfault = {}\n", kind.example);
            let script = Script::parse(&text).unwrap_or_else(|error| panic!("{text}{error}"));
            assert_eq!((script.faults[0].fault.name(), script.faults[0].leg), (kind.name, *leg));
        }
    }
    assert!(!Fault::Chunked.can_happen_in(Leg::Tunnel));
}
