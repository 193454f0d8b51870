//! A request's head, as the mock proxy reads it: the verdict on what has come so far is never taken back by what follows, and a
//! defect is where its byte is. The credentials in it come to nobody.
#![no_main]

#[path = "../../crates/mock-proxy/src/defect.rs"]
#[expect(dead_code, reason = "what the answer to a defect needs")]
mod defect;
#[path = "../../crates/mock-proxy/src/limits.rs"]
#[expect(dead_code, reason = "the bounds of other things")]
mod limits;

use defect::{Defect, examine};
use gatepass_backend::Request;
use gatepass_engine::Ntlm;
use gatepass_fuzz::parties::{Alice, Fixed};
use gatepass_http::{Mechanisms, ServerAuth, Side, limits::MAX_FIELDS};
use std::sync::Arc;

fn credentials(head: &[u8]) {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    assert!(request.parse(head).is_ok_and(|status| status.is_complete()), "it was taken");
    let ntlm = Mechanisms::ntlm(Arc::new(Ntlm::with_nonces(Arc::new(Fixed))));
    let mut auth = ServerAuth::new(Side::Proxy, ntlm, Arc::new(Alice), Request::new());
    for field in request.headers.iter().filter(|field| field.name.eq_ignore_ascii_case("Proxy-Authorization"))
    {
        let _ = auth.request(Some(field.value));
        assert!(auth.identity().is_none(), "without a CHALLENGE there is no proof");
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The place of a defect is searched for; the ends of a long head are as good as all of it.
    let verdict = examine(bytes);
    let half = examine(&bytes[..bytes.len() / 2]);
    match &verdict {
        Ok(None) => assert_eq!(half, Ok(None)),
        Ok(Some(head)) => {
            assert!(head.length <= bytes.len());
            assert_eq!(examine(&bytes[..head.length]), verdict);
            assert_eq!(examine(&bytes[..head.length - 1]), Ok(None));
            credentials(&bytes[..head.length]);
        }
        Err(defect) => {
            let _ = (defect.to_string(), defect.status());
            if let Defect::Syntax(_, at, byte) = defect {
                assert_eq!(bytes.get(*at), Some(byte));
                assert_eq!(examine(&bytes[..*at]), Ok(None), "what comes before is no defect");
            }
        }
    }
});
