//! A63: every state of both machines meets every message, and each pair has one outcome.

use crate::support::{
    AUTHENTICATE, AliceAndBob, CHALLENGE, Fake, NEGOTIATE, answer, challenge, client, ntlm,
};
use gatepass_backend::Request;
use gatepass_http::{Body, ClientAuth, Error, First, Mechanisms, Next, ServerAuth, Side, Verdict};
use std::sync::Arc;

const STATES: [&str; 9] =
    ["fresh", "known", "probing", "handshaking", "finishing", "authenticated", "closing", "denied", "failed"];

/// A client that has come into the state `name` by the shortest way.
fn client_in(side: Side, name: &str) -> ClientAuth {
    let mut auth = client(side);
    let way: &[&str] = match name {
        "fresh" => &[],
        "known" => &["begin", "bare+close", "reconnect"],
        "probing" => &["begin"],
        "handshaking" => &["begin", "bare"],
        "finishing" => &["begin", "bare", "token"],
        "authenticated" => &["begin", "bare", "token", "200"],
        "closing" => &["begin", "bare+close"],
        "denied" => &["begin", "no scheme"],
        "failed" => &["begin", "unreadable"],
        _ => panic!("no state is called {name}"),
    };
    for message in way {
        if *message == "reconnect" {
            auth = auth.reconnect().unwrap();
        } else {
            let _ = tell(&mut auth, message);
        }
    }
    auth
}

/// What comes of `message`, in a word.
pub(crate) fn tell(auth: &mut ClientAuth, message: &str) -> String {
    let two = ntlm(CHALLENGE);
    let field = auth.side().challenge_field();
    let status = auth.side().status();
    let close = ("Connection", "close");
    let outcome = match message {
        "begin" => return auth.first().map_or_else(|error| word(&error), |first| first_word(&first)),
        "200" => answer(auth, 200, &[(field, "NTLM")]),
        "100" => answer(auth, 100, &[(field, "NTLM")]),
        // The other side's business, told by the other side's field and status.
        "other side" => answer(
            auth,
            if status == 401 { 407 } else { 401 },
            &[("WWW-Authenticate", "NTLM"), ("Proxy-Authenticate", "NTLM")],
        ),
        "bare" => challenge(auth, &["NTLM"]),
        "bare+close" => answer(auth, status, &[(field, "NTLM"), close]),
        "token" => challenge(auth, &[&two]),
        "token+close" => answer(auth, status, &[(field, &two), close]),
        "type 1" => challenge(auth, &[&ntlm(NEGOTIATE)]),
        "type 3" => challenge(auth, &[&ntlm(AUTHENTICATE)]),
        "no scheme" => challenge(auth, &["Kerberos", "Basic realm=\"x\""]),
        "no field" => challenge(auth, &[]),
        "unreadable" => challenge(auth, &["NTLM ****"]),
        _ => panic!("no message is called {message}"),
    };
    outcome.map_or_else(|error| word(&error), |next| next_word(&next))
}

fn first_word(first: &First) -> String {
    match (first.credentials.as_deref(), first.body) {
        (None, Body::Probe) => "probe".into(),
        (None, Body::Send) => "go".into(),
        (Some(value), body) => sent(value, body),
        (None, Body::Hold) => panic!("a request without credentials is no leg of a handshake"),
    }
}

fn next_word(next: &Next) -> String {
    match next {
        Next::Send { credentials, body } => sent(credentials, *body),
        Next::Deliver => "deliver".into(),
        Next::Reconnect => "reconnect".into(),
        Next::Denied => "denied".into(),
    }
}

/// NEGOTIATE never takes a body along, AUTHENTICATE always does.
fn sent(value: &str, body: Body) -> String {
    match body {
        Body::Hold if value == ntlm(NEGOTIATE) => "one".into(),
        Body::Send if value == ntlm(AUTHENTICATE) => "three".into(),
        _ => panic!("{value} with {body:?}"),
    }
}

pub(crate) fn word(error: &Error) -> String {
    match error {
        Error::Mechanism { .. } => "bad token",
        Error::Grammar { .. } => "grammar",
        Error::Unanswered { .. } => "unanswered",
        Error::RepeatedChallenge { .. } => "repeated",
        Error::ClosedInHandshake { .. } => "closed",
        Error::ClosedBeforeVerdict { .. } => "no verdict",
        Error::AlreadyDenied { .. } => "over",
        Error::OutOfTurn { .. } => "turn",
        Error::TooManyConnections { .. } => "connections",
        other => panic!("{other}"),
    }
    .into()
}

#[test]
fn a63_every_state_of_the_client_has_one_outcome_for_every_message() {
    // The columns are STATES.
    let table = "
        begin       | probe | one         | turn      | turn       | turn       | go        | turn | over | turn
        200         | turn  | turn        | deliver   | deliver    | deliver    | deliver   | turn | over | turn
        other side  | turn  | turn        | deliver   | deliver    | deliver    | deliver   | turn | over | turn
        100         | turn  | turn        | turn      | turn       | turn       | turn      | turn | turn | turn
        bare        | turn  | turn        | one       | unanswered | denied     | reconnect | turn | over | turn
        bare+close  | turn  | turn        | reconnect | unanswered | denied     | reconnect | turn | over | turn
        token       | turn  | turn        | one       | three      | repeated   | reconnect | turn | over | turn
        token+close | turn  | turn        | reconnect | closed     | repeated   | reconnect | turn | over | turn
        type 1      | turn  | turn        | one       | bad token  | repeated   | reconnect | turn | over | turn
        type 3      | turn  | turn        | one       | bad token  | repeated   | reconnect | turn | over | turn
        no scheme   | turn  | turn        | denied    | denied     | denied     | denied    | turn | over | turn
        no field    | turn  | turn        | denied    | denied     | denied     | denied    | turn | over | turn
        unreadable  | turn  | turn        | grammar   | grammar    | denied     | grammar   | turn | over | turn
        reconnect   | probe | one         | one       | one        | no verdict | one       | one  | over | turn
    ";
    let mut pairs = 0;
    for side in [Side::Origin, Side::Proxy] {
        for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
            let mut cells = row.split('|').map(str::trim);
            let message = cells.next().unwrap();
            for (state, expected) in STATES.into_iter().zip(cells) {
                let mut auth = client_in(side, state);
                let seen = match message {
                    "reconnect" => match auth.reconnect() {
                        Ok(mut next) => tell(&mut next, "begin"),
                        Err(error) => word(&error),
                    },
                    _ => tell(&mut auth, message),
                };
                assert_eq!(seen, expected, "{side:?}: {message} in {state}");
                pairs += 1;
            }
        }
    }
    assert_eq!(pairs, 2 * 14 * STATES.len());
}

fn server(side: Side) -> ServerAuth {
    ServerAuth::new(side, Mechanisms::ntlm(Fake::backend()), Arc::new(AliceAndBob), Request::new())
}

/// What comes of a request whose credentials are called `message`, in a word.
fn ask(auth: &mut ServerAuth, message: &str) -> String {
    let value = match message {
        "absent" => None,
        "bare" => Some("ntlm".to_string()),
        "first" => Some(ntlm(NEGOTIATE)),
        "last" => Some(ntlm(b"three:bob")),
        "refused" => Some(ntlm(b"three:mallory")),
        "nameless" => Some(ntlm(b"three:nobody")),
        "type 2" => Some(ntlm(CHALLENGE)),
        "other scheme" => Some("Basic YWxpY2U6cHc=".to_string()),
        "not base64" => Some("NTLM TlRMT".to_string()),
        "unreadable" => Some("NTLM \"".to_string()),
        "two" => Some("NTLM, NTLM b25l".to_string()),
        "empty" => Some(String::new()),
        _ => panic!("no message is called {message}"),
    };
    let verdict = auth.request(value.as_deref().map(str::as_bytes));
    let word = match verdict {
        Ok(Verdict::Challenge(values)) if values == ["NTLM"] => "ask",
        Ok(Verdict::Challenge(values)) if values == [ntlm(CHALLENGE)] => "two",
        Ok(Verdict::Refused(values)) if values == ["NTLM"] => "refuse",
        Ok(Verdict::Granted(None)) => return auth.identity().unwrap().to_string(),
        Err(Error::Mechanism { .. }) => "bad token",
        Err(Error::Grammar { .. } | Error::Token { .. } | Error::NotOneCredential { .. }) => "bad field",
        other => panic!("{other:?}"),
    };
    assert!(auth.identity().is_none(), "{message} leaves an identity behind");
    assert!(auth.context().is_none(), "{message} leaves a context behind");
    assert_eq!(auth.refusal().is_some(), word == "refuse", "{message}");
    word.into()
}

#[test]
fn a63_every_state_of_the_server_has_one_outcome_for_every_message() {
    // The columns: nobody, challenged, alice.
    let table = "
        absent       | ask       | ask       | alice
        bare         | ask       | ask       | alice
        first        | two       | bad token | two
        last         | bad token | bob       | bad token
        refused      | bad token | refuse    | bad token
        nameless     | bad token | refuse    | bad token
        type 2       | bad token | bad token | bad token
        other scheme | ask       | ask       | ask
        not base64   | bad field | bad field | bad field
        unreadable   | bad field | bad field | bad field
        two          | bad field | bad field | bad field
        empty        | bad field | bad field | bad field
    ";
    let mut pairs = 0;
    for side in [Side::Origin, Side::Proxy] {
        for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
            let mut cells = row.split('|').map(str::trim);
            let message = cells.next().unwrap();
            for (way, expected) in [0, 1, 2].into_iter().zip(cells) {
                let mut auth = server(side);
                for token in [NEGOTIATE, AUTHENTICATE].into_iter().take(way) {
                    let _ = auth.request(Some(ntlm(token).as_bytes())).unwrap();
                }
                assert_eq!(ask(&mut auth, message), expected, "{side:?}: {message} after {way} messages");
                pairs += 1;
            }
        }
    }
    assert_eq!(pairs, 2 * 12 * 3);
}
