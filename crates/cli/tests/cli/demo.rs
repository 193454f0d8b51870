//! `gatepass demo`.

use crate::support::gatepass;
use gatepass_mock_proxy::MockProxy;

#[test]
fn the_demo_proves_everything_and_says_so() {
    let ended = gatepass(["demo"]).run();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
    let (story, summary) = ended.stdout.split_once("\nSummary\n").unwrap();
    assert_eq!(summary.lines().filter(|line| line.starts_with("  proved  ")).count(), 7, "{summary}");
    assert!(!summary.contains("FAILED"), "{summary}");
    for part in
        ["NEGOTIATE, 40 bytes", "CHALLENGE, ", "AUTHENTICATE, ", "MIC", "target \"CORP\"", "user \"alice\""]
    {
        assert!(story.contains(part), "{part}\n{story}");
    }
    assert_eq!(story.matches("the proxy says: refused").count(), 3, "{story}");
    assert_eq!(story.matches("the proxy says: granted to CORP\\alice").count(), 3, "{story}");
    assert!(ended.is_harmless());
}

#[test]
fn the_readers_own_proxy_is_shown_and_never_gets_a_wrong_password() {
    let proxy = MockProxy::new().account("CORP", "alice", "marker-s3cret").start().unwrap();
    let ended = gatepass(["demo", "--proxy", &proxy.url(), "--user", "CORP\\alice", "--password-stdin"])
        .args(["--url", "http://origin.test/", "--url", "http://origin.test/echo"])
        .stdin("marker-s3cret\n")
        .run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("No wrong password"), "{ended:?}");
    assert_eq!(ended.stdout.matches("  proved  ").count(), 2, "{ended:?}");
    assert!(!ended.stdout.contains("refused ("), "{ended:?}");
    let transcript = proxy.finish();
    assert_eq!(transcript.authenticates().count(), 2, "{transcript}");
}

#[test]
fn a_refusal_by_the_readers_own_proxy_ends_the_demo_after_one_attempt() {
    let proxy = MockProxy::new().account("CORP", "alice", "pw").start().unwrap();
    let ended = gatepass(["demo", "--proxy", &proxy.url(), "--user", "CORP\\alice"])
        .args(["--url", "http://origin.test/", "--url", "http://origin.test/echo"])
        .env("GATEPASS_PASSWORD", "wrong")
        .run();
    assert_eq!(ended.code, 67, "{ended:?}");
    assert!(ended.stderr.contains("refused the login of CORP\\alice"), "{ended:?}");
    let transcript = proxy.finish();
    assert_eq!(transcript.authenticates().count(), 1, "{transcript}");
}
