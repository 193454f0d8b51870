//! The web page, as a browser sees it and as everybody else does.

use crate::peer::{At, Peer, Response, alice};
use gatepass_backend::Credentials;
use gatepass_mock_proxy::{Error, Fault, Leg, MockProxy, Running, Script, WebPage};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

const GET: &str = "GET http://origin.test/ HTTP/1.1";
/// Every question that the page asks.
const QUESTIONS: [&str; 7] =
    ["state", "events", "faults", "script", "verdicts", "transcript.jsonl", "transcript.har"];
const SCRIPT: &str = "\
# of somebody
[[account]]
user = 'CORP\\bob'
password = 'marker'

[[fault]]
leg = 'challenge'
fault = 'odd-case'
";

fn mock() -> MockProxy {
    let script = Script::parse(SCRIPT).unwrap();
    let page = WebPage::new().with_script(SCRIPT);
    MockProxy::new().account("CORP", "alice", "pw").page(page).script(&script).unwrap()
}

/// The page of `proxy`: its address, and the token.
struct Page {
    address: SocketAddr,
    token: String,
}

impl Page {
    fn of(proxy: &Running) -> Self {
        let url = proxy.page_url().expect("a page");
        let (address, token) = url.strip_prefix("http://").and_then(|rest| rest.split_once("/#")).expect(url);
        Self { address: address.parse().unwrap(), token: token.to_owned() }
    }

    /// The fields of our own page.
    fn ours(&self) -> String {
        let Self { address, token } = self;
        format!("Host: {address}\r\nX-Gatepass-Token: {token}\r\nSec-Fetch-Site: same-origin\r\n")
    }

    /// The answer to `line` with these fields, which name the host, and this body.
    fn ask(&self, line: &str, fields: &str, body: &str) -> Response {
        let mut peer = Peer::to(self.address);
        let length = match body.is_empty() {
            true => String::new(),
            false => format!("Content-Length: {}\r\n", body.len()),
        };
        peer.send(format!("{line} HTTP/1.1\r\n{fields}{length}Connection: close\r\n\r\n{body}"));
        // The feed has no end: its head is all that is wanted.
        match line == "GET /api/events" {
            true => peer.head(),
            false => peer.response(),
        }
    }

    fn get(&self, name: &str) -> Value {
        let response = self.ask(&format!("GET /api/{name}"), &self.ours(), "");
        assert_eq!(response.status, 200, "{response:?}");
        serde_json::from_slice(&response.body).unwrap()
    }

    fn send(&self, line: &str, value: &Value) -> (u16, Value) {
        let fields = format!("{}Content-Type: application/json\r\n", self.ours());
        let response = self.ask(line, &fields, &value.to_string());
        (response.status, serde_json::from_slice(&response.body).unwrap())
    }

    /// All that somebody could have changed.
    fn settings(&self) -> [Value; 2] {
        [self.get("faults"), self.get("script")]
    }
}

/// Fields with which nobody may ask, each with what is wrong with them.
fn strangers(page: &Page) -> Vec<(&'static str, String)> {
    let Page { address, token } = page;
    let port = address.port();
    let token = format!("X-Gatepass-Token: {token}\r\n");
    let ours = format!("Host: {address}\r\n");
    vec![
        ("a name that was made to resolve to loopback", format!("Host: rebound.example:{port}\r\n{token}")),
        ("another port", format!("Host: 127.0.0.1:1\r\n{token}")),
        ("no port", format!("Host: 127.0.0.1\r\n{token}")),
        ("two hosts", format!("{ours}Host: rebound.example:{port}\r\n{token}")),
        ("no host", token.clone()),
        ("a foreign origin", format!("{ours}{token}Origin: https://evil.example\r\n")),
        ("the same host, another port", format!("{ours}{token}Origin: http://127.0.0.1:1\r\n")),
        ("an origin that is not said", format!("{ours}{token}Origin: null\r\n")),
        ("a foreign page", format!("{ours}{token}Sec-Fetch-Site: cross-site\r\n")),
        ("a page of the same machine", format!("{ours}{token}Sec-Fetch-Site: same-site\r\n")),
        ("no token", ours.clone()),
        ("a wrong token", format!("{ours}X-Gatepass-Token: {}\r\n", "0".repeat(32))),
        ("the token twice", format!("{ours}{token}{token}")),
        ("the token elsewhere", format!("{ours}Cookie: {token}")),
    ]
}

#[test]
fn a77_a_foreign_page_and_a_rebound_name_read_nothing_of_what_happens() {
    let proxy = mock().start().unwrap();
    let page = Page::of(&proxy);
    assert_eq!(Peer::to(proxy.address()).login(At::Proxy, &alice(), GET, "", b"").status, 200);
    for (what, fields) in strangers(&page) {
        for name in QUESTIONS {
            let response = page.ask(&format!("GET /api/{name}"), &fields, "");
            let wanted = if what == "no host" { [400, 403] } else { [403, 403] };
            assert!(wanted.contains(&response.status), "{what}, {name}: {response:?}");
            assert!(!response.text().contains("alice"), "{what}, {name}: {response:?}");
        }
    }
    for (what, fields) in strangers(&page).into_iter().filter(|(what, _)| !what.contains("token")) {
        let response = page.ask("GET /", &fields, "");
        assert!([400, 403].contains(&response.status), "{what}: {response:?}");
    }
}

#[test]
fn a77_every_answer_forbids_frames_caches_foreign_scripts_and_foreign_readers() {
    let proxy = mock().start().unwrap();
    let page = Page::of(&proxy);
    let files = ["/", "/page.css", "/page.js", "/no-such-file"].map(|path| format!("GET {path}"));
    let questions = QUESTIONS.map(|name| format!("GET /api/{name}"));
    let refused = ["POST /".to_owned(), "OPTIONS /api/faults".to_owned(), "GET /api/none".to_owned()];
    for line in files.iter().chain(&questions).chain(&refused) {
        for fields in [page.ours(), format!("Host: {}\r\nOrigin: https://evil.example\r\n", page.address)] {
            let response = page.ask(line, &fields, "");
            let field =
                |name| response.field(name).unwrap_or_else(|| panic!("{line}: {name} in {response:?}"));
            let policy = field("Content-Security-Policy");
            for part in
                ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'"]
            {
                assert!(policy.contains(part), "{line}: {policy}");
            }
            assert!(!policy.contains("unsafe"), "{policy}");
            assert_eq!(field("X-Frame-Options"), "DENY");
            assert_eq!(field("X-Content-Type-Options"), "nosniff");
            assert_eq!(field("Cache-Control"), "no-store");
            let open = response
                .fields
                .iter()
                .find(|(name, _)| name.to_ascii_lowercase().starts_with("access-control-"));
            assert_eq!(open, None, "{line}");
        }
    }
}

#[test]
fn a78_nothing_changes_for_who_is_not_our_page() {
    let proxy = mock().start().unwrap();
    let page = Page::of(&proxy);
    let before = page.settings();
    let fault = json!([{ "place": "proxy", "leg": "offer", "fault": "\"close\"", "on": true }]);
    let script = json!({ "text": "offer = ['basic']", "apply": true });
    for (what, fields) in strangers(&page) {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            for (name, body) in
                [("faults", &fault), ("script", &script), ("quit", &fault), ("state", &script)]
            {
                let fields = format!("{fields}Content-Type: application/json\r\n");
                let status = page.ask(&format!("{method} /api/{name}"), &fields, &body.to_string()).status;
                assert!([400, 403].contains(&status), "{what}, {method} {name}: {status}");
            }
        }
    }
    assert_eq!(page.settings(), before);
    assert_eq!(proxy.faults().len(), 1);
    // What a form of another page can send is not even read with the token.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let fields = format!("{}Content-Type: {kind}\r\n", page.ours());
        assert_eq!(page.ask("PUT /api/faults", &fields, &fault.to_string()).status, 415);
    }
    // No path of a page without the interface changes anything, whoever asks.
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(page.ask(&format!("{method} /"), &page.ours(), "").status, 405);
    }
    assert_eq!(page.settings(), before);
}

#[test]
fn a82_the_page_listens_on_loopback_only() {
    let page = WebPage::new().with_address("0.0.0.0:0".parse().unwrap());
    let refused = MockProxy::new().page(page).start().unwrap_err();
    assert!(matches!(refused, Error::NotLoopback(_)), "{refused}");
    assert_eq!(MockProxy::new().start().unwrap().page_url(), None);
}

#[test]
fn a83_neither_script_nor_transcript_shows_a_secret() {
    let proxy = mock().start().unwrap();
    let page = Page::of(&proxy);
    let bob = Credentials::password("CORP\\bob", "marker");
    assert_eq!(Peer::to(proxy.address()).login(At::Proxy, &bob, GET, "", b"").status, 200);
    let transcript = proxy.transcript();
    let authenticate = transcript.authenticates().next().unwrap().bytes().to_vec();
    let proof: String =
        authenticate[authenticate.len() - 16..].iter().map(|byte| format!("{byte:02x}")).collect();
    for name in QUESTIONS.into_iter().filter(|name| *name != "events") {
        let text = page.ask(&format!("GET /api/{name}"), &page.ours(), "").text();
        assert!(!text.contains("marker") && !text.contains(&proof), "{name}: {text}");
    }
}

#[test]
fn a_fault_is_switched_on_and_off_while_it_runs() {
    let proxy = mock().start().unwrap();
    let page = Page::of(&proxy);
    let switches = page.get("faults");
    assert_eq!(switches[0]["fault"], "\"odd-case\"");
    let mut wanted = switches.clone();
    wanted[0]["on"] = json!(false);
    let closing = json!({ "place": "proxy", "leg": "offer", "nth": 1, "fault": "{status=403}", "on": true });
    wanted.as_array_mut().unwrap().push(closing);
    let (status, answer) = page.send("PUT /api/faults", &wanted);
    assert_eq!(
        (status, answer[0]["on"].as_bool(), answer[1]["happened"].as_u64()),
        (200, Some(false), Some(0))
    );
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.ask(GET, "").status, 403);
    assert_eq!(peer.ask(GET, "").status, 407);
    assert_eq!(page.get("faults")[1]["happened"], 1);

    let wrong = json!([wanted[0], { "place": "proxy", "leg": "tunnel", "fault": "\"chunked\"", "on": true }]);
    let (status, problem) = page.send("PUT /api/faults", &wrong);
    assert_eq!((status, &problem["entry"]), (422, &json!(1)), "{problem}");
    assert!(problem["error"].as_str().unwrap().contains("cannot happen in the leg tunnel"), "{problem}");
    assert_eq!(page.get("faults").as_array().unwrap().len(), 2, "nothing changed");
    let (status, problem) = page.send("PUT /api/faults", &json!({ "faults": [] }));
    assert_eq!(status, 400, "{problem}");
}

#[test]
fn another_script_is_checked_and_then_followed_and_keeps_what_was_masked() {
    let proxy = mock().start().unwrap();
    let page = Page::of(&proxy);
    let login = |user: &str, password: &str| {
        Peer::to(proxy.address())
            .login(At::Proxy, &Credentials::password(user, password), GET, "", b"")
            .status
    };
    let shown = page.get("script")["text"].as_str().unwrap().to_owned();
    assert!(shown.starts_with("# of somebody") && shown.contains("(as it was)"), "{shown}");

    let (status, problem) = page.send("POST /api/script", &json!({ "text": "\nofer = []", "apply": true }));
    assert_eq!((status, &problem["line"]), (422, &json!(2)));
    assert_eq!(
        problem["error"],
        "unknown field `ofer`, expected one of `like`, `offer`, `realm`, `domain`, `policy`, \
         `challenge`, `account`, `origin-account`, `fault`, `origin-fault`; did you mean `offer`?"
    );
    let carol = format!("{shown}\n[[account]]\nuser = 'CORP\\carol'\npassword = 'pw'\n");
    let masked = carol.replace("'pw'", "'(as it was)'");
    let (status, problem) = page.send("POST /api/script", &json!({ "text": masked, "apply": true }));
    assert_eq!((status, &problem["line"]), (422, &json!(12)), "{problem}");

    assert_eq!(page.send("POST /api/script", &json!({ "text": carol, "apply": false })).0, 200);
    assert_eq!(login("CORP\\carol", "pw"), 407, "checked is not followed");
    let (status, answer) = page.send("POST /api/script", &json!({ "text": carol, "apply": true }));
    assert_eq!(status, 200, "{answer}");
    assert!(!answer.to_string().contains("'pw'"), "{answer}");
    for (user, password) in [("CORP\\carol", "pw"), ("CORP\\bob", "marker"), ("CORP\\alice", "pw")] {
        assert_eq!(login(user, password), 200, "{user}");
    }
    let (status, _) = page.send("POST /api/script", &json!({ "text": "", "apply": true }));
    assert_eq!((status, proxy.faults().len()), (200, 0));
    assert_eq!(login("CORP\\bob", "marker"), 407, "whoever is not in the script any more is nobody");
    assert_eq!(login("CORP\\alice", "pw"), 200, "whoever was there without a script stays");
}

#[test]
fn a_script_in_place_of_another_counts_for_new_connections_and_its_faults_at_once() {
    let proxy = MockProxy::new().account("CORP", "alice", "pw").page(WebPage::new()).start().unwrap();
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.ask(GET, "").field("Proxy-Authenticate"), Some("NTLM"));
    let script =
        Script::parse("offer = ['basic']\n[[fault]]\nleg = 'offer'\nnth = 1\nfault = { status = 403 }")
            .unwrap();
    proxy.set_script(&script).unwrap();
    let old = peer.ask(GET, "");
    assert_eq!((old.status, old.field("Proxy-Authenticate")), (403, Some("NTLM")));
    let new = Peer::to(proxy.address()).ask(GET, "");
    assert!(new.field("Proxy-Authenticate").unwrap().starts_with("Basic "), "{new:?}");
    let mut impossible = script;
    impossible.faults[0].leg = Leg::Tunnel;
    assert!(matches!(proxy.set_script(&impossible), Err(Error::Fault(_))));
    assert_eq!(proxy.faults()[0].fault, Fault::Status(403));
    assert_eq!(proxy.transcript().connections().len(), 2, "what happened is not forgotten");
    let page = Page::of(&proxy);
    assert_eq!(page.get("faults")[0]["fault"], "{ status = 403 }");
    assert!(page.get("script")["text"].as_str().unwrap().contains("offer = [\"basic\"]"));
    proxy.set_faults(Vec::new()).unwrap();
    assert_eq!(page.get("faults"), json!([]));
}

#[test]
fn the_feed_tells_what_happened_and_then_what_happens() {
    let proxy = mock().start().unwrap();
    let page = Page::of(&proxy);
    Peer::to(proxy.address()).ask(GET, "");
    let mut feed = Peer::to(page.address);
    feed.send(format!("GET /api/events HTTP/1.1\r\n{}\r\n", page.ours()));
    assert_eq!(feed.head().field("Content-Type"), Some("application/jsonl"));
    let mut text = String::new();
    let mut until = |feed: &mut Peer, word: &str| {
        while !text.contains(word) {
            let size = usize::from_str_radix(&feed.line(), 16).unwrap();
            text.push_str(&String::from_utf8(feed.exactly(size)).unwrap());
            feed.line();
        }
        text.clone()
    };
    let first = until(&mut feed, "\"event\":\"response\"");
    assert!(first.starts_with("{\"format\":1,"), "{first}");
    assert_eq!(Peer::to(proxy.address()).login(At::Proxy, &alice(), GET, "", b"").status, 200);
    let later = until(&mut feed, "\"kind\":\"granted\"");
    assert!(later.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{later}");
    // Those who look on are counted, and one too many is told so.
    let line = format!("GET /api/events HTTP/1.1\r\n{}\r\n", page.ours());
    let further: Vec<_> = (0..16)
        .map(|_| {
            let mut peer = Peer::to(page.address);
            peer.send(&line);
            let status = peer.head().status;
            (status, peer)
        })
        .collect();
    let statuses: Vec<_> = further.iter().map(|(status, _)| *status).collect();
    assert_eq!((statuses[..15].iter().all(|status| *status == 200), statuses[15]), (true, 503));
}

#[test]
fn a_body_that_is_too_long_is_refused() {
    let proxy = mock().start().unwrap();
    let page = Page::of(&proxy);
    let (status, problem) =
        page.send("POST /api/script", &json!({ "text": "#".repeat(1 << 20), "apply": true }));
    assert_eq!(status, 413, "{problem}");
}

#[test]
fn the_client_is_judged_by_what_it_did() {
    let proxy = MockProxy::new().account("CORP", "alice", "pw").page(WebPage::new()).start().unwrap();
    let page = Page::of(&proxy);
    let verdicts = |page: &Page| {
        let verdicts = page.get("verdicts").as_array().unwrap().clone();
        let of = |word: &str| verdicts.iter().filter(|one| one["verdict"] == word).count();
        (of("pass"), of("fail"), verdicts.clone())
    };
    let (pass, fail, all) = verdicts(&page);
    assert_eq!((pass, fail), (0, 0), "{all:?}");
    let mut peer = Peer::to(proxy.address());
    assert_eq!(peer.login(At::Proxy, &alice(), GET, "", b"").status, 200);
    assert_eq!(peer.ask(GET, "").status, 200);
    let (pass, fail, all) = verdicts(&page);
    assert_eq!((pass, fail), (9, 0), "{all:?}");
    // A password that was refused, once more; the handshake anew on a connection that is logged in; a body before the login; the
    // password itself; and credentials for the proxy within the tunnel.
    for _ in 0..2 {
        let wrong = Credentials::password("CORP\\alice", "no");
        assert_eq!(Peer::to(proxy.address()).login(At::Proxy, &wrong, GET, "", b"").status, 407);
    }
    assert_eq!(peer.login(At::Proxy, &alice(), GET, "", b"").status, 200);
    let mut post = Peer::to(proxy.address());
    let negotiate = At::Proxy.line(&gatepass_engine::Client::new(alice()).negotiate().1);
    post.send(format!(
        "POST http://origin.test/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n{negotiate}\r\nhi"
    ));
    assert_eq!(post.response().status, 407);
    drop(post);
    // That it left is seen a moment later.
    let left = || proxy.transcript().connections()[3].ended.is_some();
    let waited = (0..2_000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        left()
    });
    assert!(waited, "{}", proxy.transcript());
    Peer::to(proxy.address()).ask(GET, "Proxy-Authorization: Basic eDp5\r\n");
    let mut tunnel = Peer::to(proxy.address());
    assert_eq!(tunnel.login(At::Proxy, &alice(), "CONNECT origin.test:80 HTTP/1.1", "", b"").status, 200);
    tunnel.ask("GET / HTTP/1.1", "Proxy-Authorization: NTLM x\r\n");
    Peer::to(proxy.address()).ask("nonsense", "");
    let (_, _, all) = verdicts(&page);
    let failed: Vec<_> =
        all.iter().filter(|one| one["verdict"] == "fail").map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(
        failed,
        [
            "answers each CHALLENGE that nothing was done to",
            "tries a refused password once",
            "logs in once a connection, and uses it again",
            "keeps the body back until it is logged in",
            "sends no password where something stronger is offered",
            "sends the proxy's credentials to no origin",
            "speaks HTTP as a proxy wants it, with well-formed tokens",
        ],
        "{all:#?}"
    );
}
