//! `ServerAuth` over a sequence of requests, honest ones and others: who is identified has sent alice's last word on this
//! connection, unaltered, and an identity outlives neither a refusal nor an error.
#![no_main]

use arbitrary::Arbitrary;
use gatepass_backend::{Backend, Request};
use gatepass_engine::Ntlm;
use gatepass_fuzz::parties::{Alice, Fixed, credentials};
use gatepass_fuzz::tampering::Tampering;
use gatepass_http::{Basic, ClientAuth, Head, Mechanisms, Next, Scheme, ServerAuth, Side, Verdict};
use gatepass_spnego::{Oid, Spnego};
use std::sync::Arc;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    origin: bool,
    basic: bool,
    requests: Vec<Sent<'a>>,
}

#[derive(Arbitrary, Debug)]
enum Sent<'a> {
    /// Alice begins anew, with the right password or another, by one scheme.
    Begin { right: bool, negotiate: bool },
    /// What alice says next, and what becomes of it.
    Next(Tampering<'a>),
    /// A request without credentials.
    Bare,
    /// Somebody else's.
    Other(&'a [u8]),
}

fn mechanisms() -> Mechanisms {
    let ntlm: Arc<dyn Backend> = Arc::new(Ntlm::with_nonces(Arc::new(Fixed)));
    let negotiate = Spnego::new().with_mechanism(&[Oid::NTLMSSP], Arc::clone(&ntlm));
    Mechanisms::ntlm(ntlm).with(Scheme::Negotiate, Arc::new(negotiate))
}

/// Alice's side: what she would send, and whether she knows her password.
struct Honest {
    auth: ClientAuth,
    says: Option<String>,
    right: bool,
}

libfuzzer_sys::fuzz_target!(|input: Input<'_>| {
    let side = if input.origin { Side::Origin } else { Side::Proxy };
    let mut offered = mechanisms();
    if input.basic {
        offered = offered
            .allow_basic()
            .with(Scheme::Basic, Arc::new(Basic::verifying(gatepass_engine::crypto::ntowf_v1)));
    }
    let mut server = ServerAuth::new(side, offered, Arc::new(Alice), Request::new());
    let mut alice: Option<Honest> = None;
    for request in input.requests {
        let (value, honest) = match request {
            Sent::Begin { right, negotiate } => {
                let scheme = if negotiate { Scheme::Negotiate } else { Scheme::Ntlm };
                let mut auth =
                    ClientAuth::new(side, mechanisms().only(&[scheme]), credentials(right), Request::new());
                let _ = auth.first().expect("it begins");
                let name = if negotiate { "Negotiate" } else { "NTLM" };
                let says = answer(&mut auth, side, &[name.to_owned()]);
                alice = Some(Honest { auth, says, right });
                continue;
            }
            Sent::Next(tampering) => {
                let Some(said) = alice.as_mut().and_then(|alice| alice.says.take()) else { continue };
                let arrived = tampering.of(said.as_bytes());
                let unaltered = arrived == said.as_bytes();
                (Some(arrived), unaltered)
            }
            Sent::Bare => (None, false),
            Sent::Other(value) => (Some(value.to_vec()), false),
        };
        let before = server.identity().is_some();
        let verdict = server.request(value.as_deref());
        let _ = (format!("{verdict:?}"), format!("{server:?}"));
        match verdict {
            Ok(Verdict::Granted(last)) => {
                assert!(server.identity().is_some_and(|who| who.user().eq_ignore_ascii_case("alice")));
                let scheme = value.as_deref().and_then(|value| value.get(..5));
                let basic = scheme.is_some_and(|name| name.eq_ignore_ascii_case(b"basic"));
                let right = alice.as_ref().is_some_and(|alice| alice.right);
                // A password in Basic may be anybody's guess; the nonces of a run are always the same, so a login of this run
                // may come in another dress: the scheme in another case, the base64 without its padding.
                assert!(
                    if value.is_some() { basic || right } else { before },
                    "a login without the password"
                );
                assert!(last.is_none_or(|word| word.starts_with("Negotiate ")));
            }
            Ok(Verdict::Challenge(challenges)) => {
                assert!(server.identity().is_none());
                if honest && let Some(alice) = &mut alice {
                    alice.says = answer(&mut alice.auth, side, &challenges);
                }
            }
            Ok(Verdict::Refused(_)) => {
                assert!(server.identity().is_none() && server.refusal().is_some());
            }
            Err(error) => {
                let _ = error.to_string();
                assert!(server.identity().is_none(), "no identity is left behind");
            }
        }
    }
});

/// What alice says to these challenges.
fn answer(auth: &mut ClientAuth, side: Side, challenges: &[String]) -> Option<String> {
    let fields: Vec<_> = challenges.iter().map(|value| (side.challenge_field(), value.as_bytes())).collect();
    match auth.response(&Head { status: side.status(), minor_version: 1, fields: &fields }) {
        Ok(Next::Send { credentials, .. }) => Some(credentials),
        _ => None,
    }
}
