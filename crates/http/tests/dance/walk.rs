//! A23, A51, A53, A55: whatever a peer says in whatever order, passwords and connections are counted.

use crate::{
    matrix::{tell, word},
    support::{AUTHENTICATE, Fake, answer, base64, challenge, client, client_by},
};
use gatepass_http::{Mechanisms, Next, Scheme, Side, limits::MAX_CONNECTIONS};
use proptest::prelude::*;

const MESSAGES: [&str; 12] = [
    "begin",
    "200",
    "100",
    "other side",
    "bare",
    "bare+close",
    "token",
    "token+close",
    "no scheme",
    "type 1",
    "unreadable",
    "reconnect",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn a51_a55_no_order_of_messages_gets_a_second_attempt_or_a_third_connection(
        walk in proptest::collection::vec(proptest::sample::select(&MESSAGES[..]), 0..40),
    ) {
        let mut auth = client(Side::Proxy);
        // Since the last response that was delivered, and whether the last AUTHENTICATE still waits for its verdict.
        let (mut attempts, mut connections, mut waiting) = (0, 0, false);
        let mut over = false;
        for message in walk {
            let seen = if message == "reconnect" {
                match auth.reconnect() {
                    Ok(next) => auth = next,
                    Err(error) => {
                        prop_assert!(!word(&error).is_empty());
                        return Ok(());
                    }
                }
                "reconnected".to_string()
            } else {
                tell(&mut auth, message)
            };
            prop_assert!(!over || matches!(&*seen, "over" | "turn"), "{} after the end", seen);
            match &*seen {
                "three" => {
                    attempts += 1;
                    waiting = true;
                }
                "deliver" => (attempts, connections, waiting) = (0, 0, false),
                "denied" | "bad token" | "grammar" | "unanswered" | "repeated" | "closed" => over = true,
                _ => {}
            }
            if message == "begin" && matches!(&*seen, "probe" | "one" | "go") {
                connections += 1;
                prop_assert!(!waiting, "a request while a verdict is awaited");
            }
            prop_assert!(attempts <= 1, "a second AUTHENTICATE");
            prop_assert!(auth.authenticated() || seen != "go");
            prop_assert!(connections <= MAX_CONNECTIONS || auth.authenticated(), "a third connection");
        }
    }
}

/// What a peer that speaks Negotiate, NTLM and Basic can say.
const PEER: [&str; 13] = [
    "",
    "Negotiate, NTLM, Basic realm=\"x\"",
    "NTLM, Basic realm=\"x\"",
    "NTLM",
    "Negotiate",
    "Basic realm=\"x\"",
    "Negotiate dHdv",
    "NTLM dHdv",
    "Negotiate token=dHdv",
    "Negotiate b2Rk, NTLM b2Rk",
    "Negotiate ****",
    "Digest nonce=x",
    "close",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn a23_a53_no_order_of_offers_gets_a_second_attempt_by_any_road_or_basic_for_a_broken_handshake(
        walk in proptest::collection::vec(proptest::sample::select(&PEER[..]), 0..24),
    ) {
        let mechanisms = Mechanisms::ntlm(Fake::backend())
            .with(Scheme::Negotiate, Fake::backend())
            .allow_basic_over_plain_http_insecure();
        let mut auth = client_by(Side::Proxy, mechanisms);
        // Since the last response that was delivered.
        let (mut attempts, mut begun, mut connections) = (0, 0, 1);
        let mut next = auth.first().map(|first| first.credentials);
        for word in walk {
            if let Ok(Some(value)) = &next {
                if value.starts_with("Basic") {
                    prop_assert_eq!(begun, 0, "Basic after another scheme");
                    attempts += 1;
                } else if value.ends_with(&base64(AUTHENTICATE)) {
                    attempts += 1;
                } else {
                    begun += 1;
                }
            }
            prop_assert!(attempts <= 1 && begun <= 3 && connections <= 2, "{attempts} {begun} {connections}");
            let outcome = match word {
                "" => answer(&mut auth, 200, &[]),
                "close" => Ok(Next::Reconnect),
                offer => challenge(&mut auth, &[offer]),
            };
            next = match outcome {
                Ok(Next::Send { credentials, .. }) => Ok(Some(credentials)),
                Ok(Next::Deliver) => {
                    (attempts, begun, connections) = (0, 0, 1);
                    auth.first().map(|first| first.credentials)
                }
                Ok(Next::Reconnect) => {
                    connections += 1;
                    match auth.reconnect() {
                        Ok(again) => auth = again,
                        Err(_) => return Ok(()),
                    }
                    auth.first().map(|first| first.credentials)
                }
                Ok(Next::Denied) => {
                    prop_assert!(auth.first().is_err() && auth.reconnect().is_err());
                    return Ok(());
                }
                Err(_) => {
                    prop_assert!(auth.reconnect().is_err());
                    return Ok(());
                }
            };
        }
    }
}
