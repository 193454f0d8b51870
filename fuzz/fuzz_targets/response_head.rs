//! A response's whole head, as `http` sees it: what a client that waits for an answer to nothing, and one that waits for
//! CHALLENGE, make of it can be written into a request, and nothing else than the side that was asked is answered.
#![no_main]

use gatepass_backend::{Backend, Request};
use gatepass_engine::Ntlm;
use gatepass_fuzz::parties::{Fixed, credentials};
use gatepass_http::{ClientAuth, Head, Mechanisms, Next, Scheme, Side, limits::MAX_FIELDS};
use std::sync::Arc;

fn answer(auth: &mut ClientAuth, head: &Head<'_>) {
    match auth.response(head) {
        Ok(Next::Send { credentials, .. }) => {
            assert_eq!(head.status, auth.side().status());
            assert!(credentials.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
            assert!(!credentials.starts_with("Basic"), "nobody allowed it");
        }
        Ok(Next::Deliver | Next::Reconnect | Next::Denied) => {}
        Err(error) => {
            let _ = (error.to_string(), format!("{error:?}"));
        }
    }
    assert!(auth.offered().len() <= 16);
    let _ = format!("{auth:?}");
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let Ok(httparse::Status::Complete(_)) = response.parse(bytes) else { return };
    let (Some(status), Some(minor_version)) = (response.code, response.version) else { return };
    let fields: Vec<(&str, &[u8])> = response.headers.iter().map(|field| (field.name, field.value)).collect();
    let head = Head { status, minor_version, fields: &fields };
    let _ = (head.closes(), head.persistent_auth(), head.session_based());

    let ntlm: Arc<dyn Backend> = Arc::new(Ntlm::with_nonces(Arc::new(Fixed)));
    for side in [Side::Proxy, Side::Origin] {
        let mechanisms = Mechanisms::ntlm(Arc::clone(&ntlm)).with(Scheme::Negotiate, Arc::clone(&ntlm));
        let new = || {
            let mut auth = ClientAuth::new(side, mechanisms.clone(), credentials(true), Request::new());
            let first = auth.first().expect("it begins");
            assert_eq!(first.credentials, None, "nothing is sent to a peer that did not ask");
            auth
        };
        answer(&mut new(), &head);
        for scheme in ["NTLM", "Negotiate"] {
            let mut asked = new();
            let fields = [(side.challenge_field(), scheme.as_bytes())];
            let head_of_challenge = Head { status: side.status(), minor_version: 1, fields: &fields };
            assert!(matches!(asked.response(&head_of_challenge), Ok(Next::Send { .. })));
            answer(&mut asked, &head);
        }
    }
});
