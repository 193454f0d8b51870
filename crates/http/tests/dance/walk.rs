//! A51, A55: whatever a peer says in whatever order, passwords and connections are counted.

use crate::{
    matrix::{tell, word},
    support::client,
};
use gatepass_http::{Side, limits::MAX_CONNECTIONS};
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
