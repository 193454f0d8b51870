//! What the server demands, and what it says of itself: each word of `[policy]` and `[challenge]`, followed.

use crate::peer::{At, Peer, alice};
use gatepass_backend::{Credentials, Request};
use gatepass_engine::{Client, Dialect, Nonces, Policy};
use gatepass_mock_proxy::{Error, MockProxy, Running, Script, ServerChallenge, ServerPolicy};
use gatepass_wire::{AvId, AvPairs, Challenge, FileTime, Message as _, NegotiateFlags, Version};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const GET: &str = "GET http://origin.test/ HTTP/1.1";

const ALICE: &str = "[[account]]\nuser = 'CORP\\alice'\npassword = 'pw'\n";

fn mock(words: &str) -> Running {
    start(&format!("{ALICE}{words}"))
}

fn start(text: &str) -> Running {
    let script = Script::parse(text).unwrap_or_else(|error| panic!("{text}{error}"));
    MockProxy::new().script(&script).unwrap().start().unwrap()
}

/// The status at the end of a login by `client`.
fn log_in(proxy: &Running, client: Client) -> u16 {
    log_in_at(proxy, client, Nonces::random().unwrap())
}

fn log_in_at(proxy: &Running, client: Client, nonces: Nonces) -> u16 {
    let mut peer = Peer::to(proxy.address());
    let (waiting, negotiate) = client.negotiate();
    let challenge = peer.ask(GET, &At::Proxy.line(&negotiate)).challenge();
    let (_, authenticate) = waiting.challenge(&challenge, nonces).unwrap();
    peer.ask(GET, &At::Proxy.line(&authenticate)).status
}

fn meaning(target: &str) -> Client {
    Client::new(alice()).with_request(Request::target(target))
}

fn older(dialect: Dialect) -> Client {
    let policy = Policy::new().allow_ntlm_v1_insecure().allow_lm_insecure();
    meaning("HTTP/mock").with_policy(policy).with_dialect(dialect)
}

fn challenge(proxy: &Running) -> Vec<u8> {
    Peer::to(proxy.address()).ask(GET, &At::Proxy.line(&meaning("HTTP/mock").negotiate().1)).challenge()
}

#[test]
fn ntlm_v2_alone_is_let_in_unless_the_insecure_word_is_there() {
    let strict = mock("");
    assert_eq!(log_in(&strict, meaning("HTTP/mock")), 200);
    assert_eq!(log_in(&strict, older(Dialect::V1Extended)), 407);
    let lax = mock("[policy]\nallow-ntlm-v1-insecure = true\n");
    assert_eq!(log_in(&lax, older(Dialect::V1)), 200);
    assert_eq!(log_in(&lax, older(Dialect::Lm)), 407);
    let bounded = mock("[policy]\nallow-ntlm-v1-insecure = true\nminimum = 'ntlmv1-extended'\n");
    assert_eq!(log_in(&bounded, older(Dialect::V1)), 407);
    assert_eq!(log_in(&bounded, older(Dialect::V1Extended)), 200);
    let laxest =
        mock("[policy]\nallow-ntlm-v1-insecure = true\nallow-lm-v2-insecure = true\nminimum = 'lmv2'\n");
    assert_eq!(log_in(&laxest, older(Dialect::LmV2)), 200);
    assert_eq!(log_in(&laxest, older(Dialect::V1Extended)), 407);
    assert_eq!(log_in(&laxest, older(Dialect::Lm)), 407);
}

#[test]
fn a_server_that_requires_a_mic_or_a_target_lets_no_other_client_in() {
    let proxy = mock("[policy]\nrequire-mic = true\nallow-ntlm-v1-insecure = true\n");
    assert_eq!(log_in(&proxy, meaning("HTTP/mock")), 200);
    assert_eq!(log_in(&proxy, older(Dialect::V1Extended)), 407);
    let proxy = mock("[policy]\ntargets = ['HTTP/mock', 'HTTP/other']\n");
    assert_eq!(log_in(&proxy, meaning("http/MOCK")), 200);
    assert_eq!(log_in(&proxy, meaning("HTTP/elsewhere")), 407);
}

#[test]
fn bindings_are_required_over_tls_and_nowhere_else() {
    for (word, status) in [("none", 200), ("when-present", 200), ("required", 401)] {
        let proxy = mock(&format!("[policy]\nbindings = '{word}'\n"));
        let line = "GET /ntlm/ HTTP/1.1";
        let mut peer = Peer::to(proxy.secure_origin_address()).tls(proxy.ca_pem());
        assert_eq!(peer.login(At::Origin, &alice(), line, "", b"").status, status, "{word}");
        let mut peer = Peer::to(proxy.origin_address());
        assert_eq!(peer.login(At::Origin, &alice(), line, "", b"").status, 200, "{word}");
    }
}

#[test]
fn f21_a_clock_that_is_wrong_is_the_challenge_s_and_a_limit_for_it_is_kept() {
    let day = Duration::from_secs(86_400);
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    for (skew, wanted) in [(86_400.0, now() + day), (-86_400.0, now() - day)] {
        let proxy = mock(&format!("[challenge]\nclock-skew = {skew:?}\n[policy]\nmax-skew = 60.0\n"));
        let message = challenge(&proxy);
        let shown = Challenge::decode(&message).unwrap().target_info.unwrap().timestamp().unwrap().unwrap();
        assert!(shown.abs_diff(FileTime::from_unix(wanted)) < Duration::from_secs(60), "{skew}");
        // Who answers with the challenge's time is let in.
        assert_eq!(log_in(&proxy, meaning("HTTP/mock")), 200);
    }
    // Without a time in the challenge the client's own counts, and a limit cannot be kept.
    let proxy = mock("[challenge]\nno-timestamp = true\n");
    let message = challenge(&proxy);
    assert_eq!(Challenge::decode(&message).unwrap().target_info.unwrap().timestamp().unwrap(), None);
    let late = Nonces::random().unwrap().with_time(FileTime::from_unix(now() + day));
    assert_eq!(log_in_at(&proxy, meaning("HTTP/mock"), late), 200);
    let proxy = mock("[challenge]\nno-timestamp = true\n[policy]\nmax-skew = 60.0\n");
    assert_eq!(log_in(&proxy, meaning("HTTP/mock")), 407);
}

#[test]
fn the_challenge_says_what_the_script_says_and_a_client_logs_in_with_it() {
    let proxy = start(&format!(
        "domain = {{ netbios = 'KÖLN', dns = 'köln.test' }}\n{ALICE}\
         [challenge]\ncomputer = 'SRV'\ndns-computer = 'srv.köln.test'\ndns-tree = ''\nversion = '6.1.7601'\n\
         without-flags = 0x20000000\n\
         pair = [{{ id = 0x1234, hex = '00ff' }}, {{ id = 0x1234, hex = '' }}, {{ id = 8, hex = 'AB' }}]\n"
    ));
    let message = challenge(&proxy);
    let shown = Challenge::decode(&message).unwrap();
    assert_eq!(shown.version, Some(Version::new(6, 1, 7601)));
    assert!(!shown.flags.contains(NegotiateFlags::NEGOTIATE_128), "{:?}", shown.flags);
    let pairs = shown.target_info.unwrap_or(AvPairs::new(&[]));
    let values = |id: u16| {
        let all = pairs.iter().map(Result::unwrap).filter(|pair| pair.id == AvId(id));
        all.map(|pair| pair.value.to_vec()).collect::<Vec<_>>()
    };
    let text = |text: &str| vec![text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()];
    assert_eq!((values(1), values(2)), (text("SRV"), text("KÖLN")));
    assert_eq!((values(3), values(4), values(5)), (text("srv.köln.test"), text("köln.test"), Vec::new()));
    assert_eq!((values(0x1234), values(8)), (vec![vec![0, 0xff], Vec::new()], vec![vec![0xab]]));
    assert_eq!(log_in(&proxy, meaning("HTTP/mock")), 200);
}

#[test]
fn what_cannot_be_demanded_is_refused_with_its_line_and_by_start() {
    for (text, line, part) in [
        ("[policy]\nminimum = 'ntlmv3'", 2, "unknown variant"),
        ("[policy]\nmax-skew = -1.0", 2, "no number of seconds"),
        ("[challenge]\nversion = '10'", 2, "no version such as"),
        ("[challenge]\npair = [{ id = 1, hex = 'abc' }]", 2, "no hexadecimal number"),
        ("[challenge]\ntimestamp = false", 2, "unknown field"),
    ] {
        let error = Script::parse(text).unwrap_err();
        assert_eq!(error.line(), line, "{text}: {error}");
        assert!(error.to_string().contains(part), "{text}: {error}");
    }
    let mut policy = ServerPolicy::default();
    policy.max_skew = Some(f64::NAN);
    assert!(matches!(MockProxy::new().policy(policy).start(), Err(Error::Policy(_))));
    let mut challenge = ServerChallenge::default();
    challenge.version = Some("x".to_owned());
    assert!(matches!(MockProxy::new().challenge(challenge).start(), Err(Error::Policy(_))));
}

#[test]
fn a_credential_of_nobody_is_not_let_in_whatever_the_policy() {
    let proxy = mock("[policy]\nallow-ntlm-v1-insecure = true\nallow-lm-v2-insecure = true\n");
    let nobody = Client::new(Credentials::Anonymous).with_policy(Policy::new().allow_anonymous());
    assert_eq!(log_in(&proxy, nobody), 407);
}
