//! The personalities beside the recordings that they rest on (`fixtures/personalities.json`), and what each is known for.

use crate::peer::{At, Peer, alice};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gatepass_backend::{Credentials, Request};
use gatepass_engine::{Client, Nonces};
use gatepass_mock_proxy::{MockProxy, Offered, Personality, Place, Running};
use gatepass_wire::{Challenge, Message as _, NegotiateFlags};
use serde_json::Value;

const GET: &str = "GET http://origin.test/ HTTP/1.1";

fn mock(name: &str) -> Running {
    let personality = Personality::named(name).unwrap();
    MockProxy::new().account("CORP", "alice", "pw").like(personality).start().unwrap()
}

fn recordings() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/personalities.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A head as lines, what changes with each response replaced by its name.
fn lines(peer: &mut Peer) -> Vec<String> {
    let mut all = vec![peer.line()];
    loop {
        let line = peer.line();
        if line.is_empty() {
            return all;
        }
        all.push(match line.split_once(": ") {
            Some(("Date", _)) => "Date: {date}".to_owned(),
            Some(("Content-Length", length)) => {
                // The body is not of interest, and what comes after it is the next head.
                let length = length.parse().unwrap();
                let head = lines(peer);
                let _ = peer.exactly(length);
                all.push("Content-Length: {length}".to_owned());
                all.extend(head);
                return all;
            }
            Some((name, value)) => match value.rsplit_once(' ') {
                Some((before, token)) if token.contains("TlRMTVNTUAAC") || token.starts_with('o') => {
                    let named = if token.starts_with("token=") { "token=" } else { "" };
                    format!("{name}: {before} {named}{{token}}")
                }
                _ => line,
            },
            None => line,
        });
    }
}

/// The token of a challenge in NTLM or Negotiate.
fn token(line: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(line.rsplit_once(' ').unwrap().1).unwrap()
}

/// The heads of a conversation: nothing, NEGOTIATE, AUTHENTICATE with this password; then, if it let us in, what it said.
struct Conversation {
    offer: Vec<String>,
    challenge: Vec<String>,
    end: Vec<String>,
    flags: NegotiateFlags,
}

fn converse(proxy: &Running, place: Place, scheme: &str, line: &str, password: &str) -> Conversation {
    let address = match place {
        Place::Proxy => proxy.address(),
        Place::Origin => proxy.origin_address(),
    };
    let field = match place {
        Place::Proxy => "Proxy-Authorization",
        Place::Origin => "Authorization",
    };
    let ask = |peer: &mut Peer, token: &[u8]| {
        peer.send(format!(
            "{line}\r\nHost: h\r\n{field}: {scheme} {}\r\n\r\n",
            BASE64_STANDARD.encode(token)
        ));
    };
    let mut first = Peer::to(address);
    first.send(format!("{line}\r\nHost: h\r\n\r\n"));
    let offer = lines(&mut first);
    let mut peer = Peer::to(address);
    let credentials = Credentials::password("CORP\\alice", password);
    let (waiting, negotiate) =
        Client::new(credentials).with_request(Request::target("HTTP/mock")).negotiate();
    // Where SPNEGO is offered, NTLM alone is taken too.
    ask(&mut peer, &negotiate);
    let response = peer.response();
    let value = response.field("Proxy-Authenticate").or(response.field("WWW-Authenticate")).unwrap();
    let message = token(value);
    let mut again = Peer::to(address);
    ask(&mut again, &negotiate);
    let challenge = lines(&mut again);
    let (_, authenticate) = waiting.challenge(&message, Nonces::random().unwrap()).unwrap();
    ask(&mut peer, &authenticate);
    Conversation {
        offer,
        challenge,
        end: lines(&mut peer),
        flags: Challenge::decode(&message).unwrap().flags,
    }
}

#[test]
fn heads_are_those_of_the_recordings_line_by_line() {
    for recording in recordings() {
        let name = recording["personality"].as_str().unwrap();
        let proxy = mock(name);
        let personality = Personality::named(name).unwrap();
        let scheme = if personality.offer.contains(&Offered::Ntlm) { "NTLM" } else { "Negotiate" };
        let line = match personality.side {
            Place::Proxy => GET,
            Place::Origin => "GET /ntlm/status/200 HTTP/1.1",
        };
        let heads = |situation: &str| -> Vec<String> {
            let lines = recording["heads"][situation].as_array().unwrap();
            let text = |line: &Value| line.as_str().unwrap().to_owned();
            // The recorded client chose Negotiate at Apache.
            lines
                .iter()
                .map(text)
                .map(|line| line.replace("Negotiate {token}", &format!("{scheme} {{token}}")))
                .collect()
        };
        let good = converse(&proxy, personality.side, scheme, line, "pw");
        assert_eq!(good.offer, heads("offer"), "{name}");
        assert_eq!(good.challenge, heads("challenge"), "{name}");
        let own = ["Content-Type: text/plain; charset=utf-8", "Server: gatepass-mock-proxy", "Cache-Control"];
        let end: Vec<_> =
            good.end.into_iter().filter(|line| !own.iter().any(|own| line.starts_with(own))).collect();
        let passed_on: Vec<_> = heads("passed-on")
            .into_iter()
            // Raw NTLM has no last token, and the type is that of the file.
            .filter(|line| !line.ends_with("{token}") && line != "Content-Type: text/html")
            .collect();
        assert_eq!(end, passed_on, "{name}");
        if personality.side == Place::Proxy {
            let bad = converse(&proxy, personality.side, scheme, line, "wrong");
            assert_eq!(bad.end, heads("refused"), "{name}");
            let mut peer = Peer::to(proxy.address());
            let connect = format!("CONNECT {} HTTP/1.1", proxy.origin_address());
            if scheme == "NTLM" {
                let established = peer.login(At::Proxy, &alice(), &connect, "", b"");
                assert_eq!(
                    (established.status, established.fields.len()),
                    (200, 0),
                    "{name}: {established:?}"
                );
            }
        }
        let recorded = recording["challenge_flags"].as_str().unwrap().trim_start_matches("0x");
        let recorded = NegotiateFlags::from_bits(u32::from_str_radix(recorded, 16).unwrap());
        assert_eq!(good.flags, recorded, "{name}");
    }
}

/// The values of the challenge field in the offer.
fn offered(name: &str) -> Vec<String> {
    let proxy = mock(name);
    let answer = Peer::to(proxy.address()).ask(GET, "");
    let values = answer.fields.into_iter().filter(|(field, _)| field == "Proxy-Authenticate");
    values.map(|(_, value)| value).collect()
}

#[test]
fn three_schemes_stand_in_every_layout() {
    let basic = "Basic realm=\"login\"";
    assert_eq!(offered("all-in-lines"), ["Negotiate", "NTLM", basic]);
    assert_eq!(offered("all-reversed"), [basic, "NTLM", "Negotiate"]);
    assert_eq!(offered("all-in-one-line"), [format!("Negotiate, NTLM, {basic}")]);
}

#[test]
fn what_each_is_known_for_is_heard() {
    // The wrapper's word before the token.
    let proxy = mock("squid-5-wrapper");
    let negotiate = Client::new(alice()).negotiate().1;
    let field = format!("Proxy-Authorization: Negotiate {}\r\n", BASE64_STANDARD.encode(&negotiate));
    let answer = Peer::to(proxy.address()).ask(GET, &field);
    assert!(answer.field("Proxy-Authenticate").unwrap().starts_with("Negotiate token=TlRM"), "{answer:?}");

    // An offer that closes, and a challenge that does not.
    let proxy = mock("isa-tmg");
    let mut peer = Peer::to(proxy.address());
    let answer = peer.ask(GET, "");
    assert_eq!(answer.field("Connection"), Some("close"));
    assert!(answer.text().contains("<HTML>") && peer.rest().is_empty(), "{answer:?}");
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.login(At::Proxy, &alice(), GET, "", b"").status, 200);

    // Kerberos or nothing.
    let proxy = mock("kerberos-only");
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.ask(GET, &field).field("Proxy-Authenticate"), Some("Negotiate"));

    // Who has logged in has done so for the connection.
    let proxy = mock("iis-401");
    let mut peer = Peer::to(proxy.origin_address());
    let line = "GET /ntlm/ HTTP/1.1";
    assert_eq!(peer.login(At::Origin, &alice(), line, "", b"").field("Persistent-Auth"), Some("true"));
    assert_eq!(Peer::to(proxy.origin_address()).ask(line, "").field("Persistent-Auth"), None);
}

#[test]
fn extended_protection_lets_nobody_in_who_does_not_name_the_channel() {
    let proxy = mock("iis-epa");
    let line = "GET /ntlm/ HTTP/1.1";
    let mut peer = Peer::to(proxy.secure_origin_address()).tls(proxy.ca_pem());
    assert_eq!(peer.login(At::Origin, &alice(), line, "", b"").status, 401);
    // The client that does name it is this project's HTTP client, in its own tests; without TLS there is nothing to name.
    assert_eq!(Peer::to(proxy.origin_address()).login(At::Origin, &alice(), line, "", b"").status, 200);
}

#[test]
fn an_inspecting_proxy_ends_tls_itself() {
    let proxy = mock("zscaler");
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.login(At::Proxy, &alice(), "CONNECT origin.test:443 HTTP/1.1", "", b"").status, 200);
    let mut inside = peer.tls(proxy.ca_pem());
    let answer = inside.ask("GET /echo HTTP/1.1", "Connection: close\r\n");
    assert_eq!(answer.status, 200, "{answer:?}");
    drop(inside);
    // What came to the origin was no TLS.
    assert!(proxy.finish().origin().requests().next().is_some());
}
