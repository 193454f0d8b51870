//! A token of SPNEGO: what a naive reader finds in it, and decoded, encoded and decoded again it is the same token.
#![no_main]

use gatepass_fuzz::naive::{self, Values};
use gatepass_spnego::{MAX_TOKEN, MechTypes, NegState, Oid, Token};

fn state(state: NegState) -> &'static [u8] {
    match state {
        NegState::AcceptCompleted => &[0],
        NegState::AcceptIncomplete => &[1],
        NegState::Reject => &[2],
        NegState::RequestMic => &[3],
    }
}

/// The fields that are there.
fn values<'a, const N: usize>(fields: [(&'static str, Option<&'a [u8]>); N]) -> Values<'a> {
    fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = (
        MechTypes::decode(bytes).map(|list| format!("{list:?}")),
        Oid::from_contents(bytes).map(|oid| oid.to_string()),
    );
    let decoded = Token::decode(bytes);
    let naive = naive::token(bytes).filter(|_| bytes.len() <= MAX_TOKEN);
    let (token, encoded) = match decoded {
        Err(error) => {
            assert!(error.offset() <= bytes.len(), "{error}");
            return assert!(naive.is_none(), "{error}");
        }
        Ok(Token::Raw(message)) => return assert!(message == bytes && bytes.starts_with(b"NTLMSSP\0")),
        Ok(Token::Init(init)) => {
            let ours = values([
                ("mechTypes", Some(init.mech_types.as_bytes())),
                ("reqFlags", init.req_flags),
                ("mechToken", init.mech_token),
                ("negHints", init.neg_hints),
                ("mechListMIC", init.mech_list_mic),
            ]);
            assert_eq!(Some((ours, init.mech_types.iter().map(Oid::contents).collect())), naive);
            (Token::Init(init), init.encode())
        }
        Ok(Token::Resp(resp)) => {
            let ours = values([
                ("negState", resp.neg_state.map(state)),
                ("supportedMech", resp.supported_mech.map(Oid::contents)),
                ("responseToken", resp.response_token),
                ("mechListMIC", resp.mech_list_mic),
            ]);
            assert_eq!(Some((ours, Vec::new())), naive);
            (Token::Resp(resp), resp.encode())
        }
    };
    let _ = format!("{token:?}");
    // Lengths that were written in a longer form than needed are written in the shortest.
    assert!(encoded.len() <= bytes.len());
    assert_eq!(Token::decode(&encoded), Ok(token));
});
