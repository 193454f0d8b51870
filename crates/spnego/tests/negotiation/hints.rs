//! A server that speaks first (NegTokenInit2), and one that gives up (reject).

use crate::peers::{Alice, Ticket, alice, ntlm, ticket_then_ntlm};
use gatepass_backend::{Backend, Credentials, ErrorKind, Request, Step};
use gatepass_spnego::{NegState, NegTokenResp, Oid, Spnego, Token};
use std::sync::Arc;

/// What Samba 4.17 says in the negotiate response of SMB 2.1: as a domain controller, and as a server that has no Kerberos.
const SAMBA: [&str; 2] = [
    "605e06062b0601050502a0543052a024302206092a864882f71201020206092a864886f712010202060a2b06010401823702020aa32a3028\
     a0261b246e6f745f646566696e65645f696e5f5246433431373840706c656173655f69676e6f7265",
    "604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa32a3028a0261b246e6f745f646566696e65645f696e5f52464334\
     31373840706c656173655f69676e6f7265",
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_server_that_speaks_first_says_what_samba_says() {
    let said = [ticket_then_ntlm(Ticket::Mutual), ntlm()].map(|server| server.neg_token_init2().unwrap());
    assert_eq!(said.each_ref().map(|token| hex(token)), SAMBA.map(String::from));
    let Ok(Token::Init(init)) = Token::decode(&said[0]) else { panic!("{said:?}") };
    assert_eq!(init.mech_types.iter().collect::<Vec<_>>(), [Oid::MS_KERBEROS, Oid::KERBEROS, Oid::NTLMSSP]);
    assert_eq!(Spnego::new().neg_token_init2().unwrap_err().kind(), ErrorKind::Unsupported);
}

fn is_reject(token: Option<&[u8]>) -> bool {
    matches!(
        token.map(Token::decode),
        Some(Ok(Token::Resp(NegTokenResp { neg_state: Some(NegState::Reject), response_token: None, .. })))
    )
}

#[test]
fn a_refusal_has_a_token_that_says_so() {
    let wrong = Credentials::password("CORP\\alice", "nope");
    let server = || ntlm().accept(Arc::new(Alice), &Request::new()).unwrap();
    let mut steps = Vec::new();
    for credentials in [alice(), wrong] {
        let mut client = ntlm().initiate(&credentials, &Request::new()).unwrap();
        let mut server = server();
        let end = loop {
            let Step::Continue { token, next } = client else { panic!("the server has the last word") };
            match server.step(&token) {
                Ok(Step::Continue { token, next: waiting }) => {
                    (server, client) = (waiting, next.step(&token).unwrap());
                }
                end => break end,
            }
        };
        steps.push(end);
    }
    assert!(matches!(&steps[..], [Ok(_), Err(_)]), "{steps:?}");
    let error = steps.pop().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LogonDenied);
    assert!(is_reject(error.token()), "{error:?}");
    // Its own tokens are refused in its own words, whatever they are; NTLM without SPNEGO has no word for it.
    for (token, has) in
        [(&b"\xa1\x02\x30\x00"[..], true), (b"\x60\x01", true), (b"", true), (b"NTLMSSP\0\x03\0\0\0", false)]
    {
        let error = server().step(token).map(drop).unwrap_err();
        assert_eq!(is_reject(error.token()), has, "{token:?}: {error:?}");
    }
}
