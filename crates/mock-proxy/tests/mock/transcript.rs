//! The transcript as it is told, written down and read back.

use crate::peer::{At, Peer, alice};
use gatepass_backend::Credentials;
use gatepass_http::Scheme;
use gatepass_mock_proxy::{Event, Fault, Leg, MockProxy, Place, Running, Secrets, Transcript, What};
use std::sync::{Arc, Mutex};

const GET: &str = "GET http://origin.test/ HTTP/1.1";
/// A transcript as the first version wrote it: whoever changes the format sees it here, and raises the number.
const KEPT: &str = include_str!("transcript.jsonl");

/// A mock proxy, and the JSON of what it tells.
fn told(mock: MockProxy) -> (Running, Arc<Mutex<Vec<Event>>>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = events.clone();
    let running = mock
        .account("CORP", "alice", "pw")
        .observer(move |event| sink.lock().unwrap().push(event.clone()))
        .start()
        .unwrap();
    (running, events)
}

fn lines(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| event.to_json(Secrets::Kept)).collect()
}

/// Logs in, asks once more, tries a wrong password, opens a tunnel, and talks nonsense.
fn bustle(proxy: &Running) {
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.ask(GET, "").status, 407);
    assert_eq!(peer.login(At::Proxy, &alice(), GET, "Cookie: id=c00kie\r\n", b"").status, 200);
    assert_eq!(peer.ask(GET, "").status, 200);
    let mut stranger = Peer::to(proxy.address());
    assert_eq!(
        stranger.login(At::Proxy, &Credentials::password("CORP\\alice", "no"), GET, "", b"").status,
        407
    );
    let mut tunnel = Peer::to(proxy.address());
    assert_eq!(tunnel.login(At::Proxy, &alice(), "CONNECT origin.test:80 HTTP/1.1", "", b"").status, 200);
    assert_eq!(tunnel.ask("GET / HTTP/1.1", "Connection: close\r\n").status, 200);
    assert_eq!(Peer::to(proxy.address()).ask("nonsense", "").status, 400);
}

#[test]
fn what_observers_are_told_is_what_the_transcript_says() {
    let (proxy, events) = told(MockProxy::new().fault(Leg::Offer, 1, Fault::OddCase));
    bustle(&proxy);
    let transcript = proxy.finish();
    let mut told = lines(&events.lock().unwrap());
    let mut written = lines(&transcript.events());
    // Of what happens at the same moment the one may come before the other.
    told.sort();
    written.sort();
    assert_eq!(told.len(), written.len(), "{told:#?}\n{written:#?}");
    for (told, written) in told.iter().zip(&written) {
        // What happened later to the same exchange, the transcript knows and the event does not.
        assert_eq!(told, written);
    }
}

#[test]
fn the_events_of_a_connection_come_in_their_order() {
    let (proxy, events) = told(MockProxy::new());
    bustle(&proxy);
    drop(proxy);
    let events = events.lock().unwrap();
    let of_first = events.iter().filter(|event| (event.place, event.connection) == (Place::Proxy, 1));
    let kinds: Vec<_> = of_first
        .map(|event| match &event.what {
            What::Opened(_) => "opened".to_owned(),
            What::Request(number, _) => format!("request {number}"),
            What::Response(number, _) => format!("response {number}"),
            What::Over(number, _) => format!("over {number}"),
            What::Closed(_) => "closed".to_owned(),
            _ => "?".to_owned(),
        })
        .collect();
    let position =
        |kind: &str| kinds.iter().position(|known| known == kind).unwrap_or_else(|| panic!("{kinds:?}"));
    assert_eq!((position("opened"), kinds.len()), (0, 14), "{kinds:?}");
    for number in 1..=4 {
        let request = position(&format!("request {number}"));
        let response = position(&format!("response {number}"));
        let over = position(&format!("over {number}"));
        assert!(request < response && response < over, "{kinds:?}");
    }
    let times: Vec<_> = events.iter().map(|event| event.at).collect();
    assert!(times.first() <= times.last());
}

#[test]
fn the_head_of_a_response_is_kept_as_it_went_out() {
    let (proxy, _) =
        told(MockProxy::new().fault(Leg::Offer, 1, Fault::OddCase).fault(Leg::Offer, 2, Fault::Status(403)));
    let mut peer = Peer::to(proxy.address());
    peer.ask(GET, "User-Agent: X\r\n");
    peer.ask(GET, "");
    let transcript = proxy.finish();
    let [odd, other] = transcript.connections()[0].exchanges.as_slice() else { panic!("{transcript}") };
    let offer = odd.response_field("Proxy-Authenticate").unwrap();
    assert_eq!((offer.name(), offer.value().as_str()), ("pROXY-aUTHENTICATE", "NTLM"));
    assert_eq!(odd.status_line.as_deref(), Some("HTTP/1.1 407 Proxy Authentication Required"));
    assert_eq!(
        (other.status, other.status_line.as_deref()),
        (Some(407), Some("HTTP/1.1 403 Proxy Authentication Required"))
    );
    assert!(
        odd.fields.iter().any(|field| (field.name(), field.value().as_str()) == ("user-agent", "X")),
        "{odd:?}"
    );
    assert!(odd.asked <= odd.answered.unwrap() && odd.answered.unwrap() <= odd.over.unwrap());
}

#[test]
fn lines_of_json_are_read_back_to_the_same_lines() {
    let (proxy, _) = told(MockProxy::new().offer(&[Scheme::Negotiate, Scheme::Ntlm, Scheme::Basic]));
    bustle(&proxy);
    let transcript = proxy.finish();
    for secrets in [Secrets::LeftOut, Secrets::Kept] {
        let text = transcript.to_jsonl(secrets);
        let read = Transcript::from_jsonl(&text).unwrap();
        assert_eq!(read.to_jsonl(secrets), text);
        let of =
            |transcript: &Transcript| (transcript.requests().count(), transcript.authenticates().count());
        assert_eq!(of(&read), of(&transcript), "{text}");
        if secrets == Secrets::Kept {
            assert_eq!(read.to_string(), transcript.to_string());
        }
    }
}

#[test]
fn a_transcript_of_the_first_version_is_read_and_written_again_to_the_letter() {
    if std::env::var_os("GATEPASS_WRITE").is_some() {
        let (proxy, _) = told(MockProxy::new().fault(Leg::Offer, 1, Fault::OddCase));
        bustle(&proxy);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mock/transcript.jsonl");
        std::fs::write(path, proxy.finish().to_jsonl(Secrets::LeftOut)).unwrap();
    }
    let read = Transcript::from_jsonl(KEPT).unwrap();
    assert_eq!(read.authenticates().count(), 3, "{read}");
    for (written, kept) in read.to_jsonl(Secrets::LeftOut).lines().zip(KEPT.lines()) {
        assert_eq!(written, kept);
    }
    assert_eq!(read.to_jsonl(Secrets::LeftOut).lines().count(), KEPT.lines().count());
}

#[test]
fn a_file_that_is_no_transcript_is_refused_with_its_line() {
    for (text, line, what) in [
        ("", 1, "the file is empty"),
        ("{}", 1, "no transcript begins so"),
        ("{\"format\":2,\"program\":\"x\"}", 1, "the format is 2, and this program reads format 1"),
        ("{\"format\":1,\"program\":\"x\"}\n\n{\"at\":1}", 3, ""),
        (
            "{\"format\":1,\"program\":\"x\"}\n{\"at\":\"2026-11-24T11:00:00Z\",\"place\":\"proxy\",\"connection\":7,\
             \"event\":\"closed\",\"leg\":\"offer\",\"received\":0,\"sent\":0}",
            2,
            "no line before this one says that connection 7 was opened",
        ),
    ] {
        let error = Transcript::from_jsonl(text).unwrap_err();
        assert_eq!(error.line(), line, "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn a83_no_password_and_nothing_to_guess_it_from_is_in_what_is_written() {
    let marker = "m4rker-s3cret";
    let (proxy, events) =
        told(MockProxy::new().account("CORP", "bob", marker).offer(&[Scheme::Ntlm, Scheme::Basic]));
    let bob = Credentials::password("CORP\\bob", marker);
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.login(At::Proxy, &bob, GET, "Cookie: id=m4rker\r\n", b"").status, 200);
    let basic = "Proxy-Authorization: Basic Q09SUFxib2I6bTRya2VyLXMzY3JldA==\r\n";
    assert_eq!(Peer::to(proxy.address()).ask(GET, basic).status, 200);
    let transcript = proxy.finish();
    let token = transcript.authenticates().next().unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let authenticate = gatepass_wire::Message::decode(token.bytes()).unwrap();
    let gatepass_wire::Authenticate { nt_response, lm_response, .. } = authenticate;
    let told: String = events.lock().unwrap().iter().map(|event| event.to_json(Secrets::LeftOut)).collect();
    for written in [transcript.to_jsonl(Secrets::LeftOut), told, format!("{transcript}{transcript:?}")] {
        for secret in [
            "m4rker",
            "Q09SUFxib2I6bTRya2VyLXMzY3JldA",
            "TlRMTVNTUAAD",
            &hex(b"NTLMSSP\0\x03"),
            &hex(&nt_response[..16]),
            &hex(&lm_response[..8]).replace("0000000000000000", "none"),
        ] {
            assert!(!written.contains(secret), "{secret}: {written}");
        }
        assert!(written.contains("bob"), "{written}");
    }
    let kept = transcript.to_jsonl(Secrets::Kept);
    assert!(kept.contains(&hex(&nt_response[..16])) && !kept.contains("Q09SUFxib2I6bTRya2VyLXMzY3JldA"));
}

#[test]
fn the_example_of_the_documentation_is_a_transcript_to_the_letter() {
    let page = include_str!("../../../../docs/transcripts.md");
    let example = page.split("```jsonl\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(Transcript::from_jsonl(example).unwrap().to_jsonl(Secrets::LeftOut), example);
}

#[test]
fn a_transcript_without_one_of_its_lines_or_cut_anywhere_is_read_or_refused_by_line() {
    let lines: Vec<_> = KEPT.lines().collect();
    let (mut read, mut refused) = (0, 0);
    for missing in 0..lines.len() {
        let rest: Vec<_> = [&lines[..missing], &lines[missing + 1..]].concat();
        match Transcript::from_jsonl(&rest.join("\n")) {
            Ok(_) => read += 1,
            Err(error) => {
                assert!((1..=rest.len()).contains(&error.line()), "{error}");
                refused += 1;
            }
        }
        let cut = &lines[missing][..lines[missing].len() / 2];
        let begun = lines[..missing].iter().copied().chain([cut]).collect::<Vec<_>>().join("\n");
        assert_eq!(Transcript::from_jsonl(&begun).unwrap_err().line(), missing + 1);
        assert!(Transcript::from_jsonl(&lines[..=missing].join("\n")).is_ok(), "as far as it goes");
    }
    assert!(read > 10 && refused > 10, "{read} {refused}");
}
