//! The HTTP archive, held against the field list of the format.

use crate::peer::{At, Peer, alice};
use gatepass_mock_proxy::{Fault, Leg, MockProxy, Secrets};
use serde_json::Value;

/// What HAR 1.2 wants: object by object, each field with the type of its value; `?` where it may be absent. From the format's
/// description (http://www.softwareishard.com/blog/har-12-spec/).
const FORMAT: [(&str, &[(&str, char)]); 11] = [
    ("log", &[("version", 's'), ("creator", 'o'), ("pages", 'a'), ("entries", 'a')]),
    ("creator", &[("name", 's'), ("version", 's')]),
    (
        "entry",
        &[
            ("startedDateTime", 't'),
            ("time", 'n'),
            ("request", 'o'),
            ("response", 'o'),
            ("cache", 'o'),
            ("timings", 'o'),
            ("connection", 's'),
        ],
    ),
    (
        "request",
        &[
            ("method", 's'),
            ("url", 'u'),
            ("httpVersion", 's'),
            ("cookies", 'a'),
            ("headers", 'a'),
            ("queryString", 'a'),
            ("headersSize", 'i'),
            ("bodySize", 'i'),
        ],
    ),
    (
        "response",
        &[
            ("status", 'i'),
            ("statusText", 's'),
            ("httpVersion", 's'),
            ("cookies", 'a'),
            ("headers", 'a'),
            ("content", 'o'),
            ("redirectURL", 's'),
            ("headersSize", 'i'),
            ("bodySize", 'i'),
        ],
    ),
    ("content", &[("size", 'i'), ("mimeType", 's')]),
    ("cache", &[]),
    ("timings", &[("send", 'n'), ("wait", 'n'), ("receive", 'n')]),
    ("headers", &[("name", 's'), ("value", 's')]),
    ("queryString", &[("name", 's'), ("value", 's')]),
    ("cookies", &[("name", 's'), ("value", 's')]),
];

/// Holds `object` against the list of `kind`, and what is in it too.
fn check(kind: &str, object: &Value) {
    let (_, fields) = FORMAT.iter().find(|(known, _)| *known == kind).unwrap_or_else(|| panic!("no {kind}"));
    for (name, wanted) in *fields {
        let value = &object[name];
        let fits = match wanted {
            's' => value.is_string(),
            'n' => value.as_f64().is_some_and(|number| number >= 0.0),
            'i' => value.as_i64().is_some_and(|number| number >= -1),
            'a' => value.is_array(),
            'o' => value.is_object(),
            't' => value
                .as_str()
                .is_some_and(|time| time.len() >= 20 && time.ends_with('Z') && &time[10..11] == "T"),
            _ => value.as_str().is_some_and(|url| url.contains("://")),
        };
        assert!(fits, "{kind}.{name} is {value}");
        if value.is_object() {
            check(name, value);
        }
        for one in value.as_array().into_iter().flatten() {
            check(if *name == "entries" { "entry" } else { name }, one);
        }
    }
    for (name, value) in object.as_object().unwrap() {
        let known = fields.iter().any(|(known, _)| known == name);
        assert!(known || name.starts_with('_'), "{kind} has no {name}: {value}");
    }
}

#[test]
fn an_archive_has_the_fields_of_har_and_others_begin_with_an_underscore() {
    let proxy = MockProxy::new()
        .account("CORP", "alice", "pw")
        .fault(Leg::Offer, 1, Fault::Status(418))
        .fault(Leg::Offer, 2, Fault::Close)
        .start()
        .unwrap();
    let mut peer = Peer::to(proxy.address());
    peer.ask("GET http://origin.test/bytes/3?a=b&c HTTP/1.1", "");
    peer.login(
        At::Proxy,
        &alice(),
        "GET http://origin.test/bytes/3?a=b&c HTTP/1.1",
        "Cookie: id=c00kie\r\n",
        b"",
    );
    let mut cut = Peer::to(proxy.address());
    cut.send("GET http://origin.test/ HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(cut.rest().is_empty());
    let mut tunnel = Peer::to(proxy.address());
    tunnel.login(At::Proxy, &alice(), "CONNECT origin.test:80 HTTP/1.1", "", b"");
    drop((peer, tunnel));
    let transcript = proxy.finish();
    let text = transcript.to_har(Secrets::LeftOut);
    let archive: Value = serde_json::from_str(&text).unwrap();
    check("log", &archive["log"]);
    assert_eq!((archive["log"]["version"].as_str(), archive.as_object().unwrap().len()), (Some("1.2"), 1));
    let entries = archive["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), transcript.requests().count() + transcript.origin().requests().count());
    let first = &entries[0];
    assert_eq!((&first["response"]["status"], &first["_faults"][0]["status"]), (&418.into(), &418.into()));
    assert_eq!(first["request"]["queryString"][0]["value"], "b");
    assert_eq!(first["request"]["queryString"][1]["name"], "c");
    let granted = entries
        .iter()
        .find(|entry| entry["_leg"] == "verdict" && entry["request"]["method"] == "GET")
        .unwrap();
    assert_eq!(granted["_outcome"]["user"], "alice");
    assert_eq!(granted["_requestMessage"]["message"], "AUTHENTICATE");
    assert_eq!(granted["response"]["content"]["size"], 3);
    assert!(entries.iter().any(|entry| entry["request"]["url"] == "https://origin.test:80/"), "{text}");
    for secret in ["c00kie", "TlRMTVNTUAAD"] {
        assert!(!text.contains(secret), "{text}");
        assert!(transcript.to_har(Secrets::Kept).contains(secret));
    }
}
