//! The tokens of SPNEGO around the messages: read and written.

use crate::{Figure, messages, work};
use gatepass_spnego::{MechTypes, NegState, NegTokenInit, NegTokenResp, Oid, Token, encode_mech_types};

pub(crate) fn figures() -> Vec<Figure> {
    let negotiate = messages::negotiate().leak();
    let mechanisms = encode_mech_types(&[Oid::NTLMSSP]).leak();
    let Ok(mech_types) = MechTypes::decode(mechanisms) else { unreachable!("our own list decodes") };
    let init = NegTokenInit {
        mech_types,
        req_flags: None,
        mech_token: Some(negotiate),
        neg_hints: None,
        mech_list_mic: None,
    };
    let challenge = messages::challenge();
    let response = NegTokenResp {
        neg_state: Some(NegState::AcceptIncomplete),
        supported_mech: Some(Oid::NTLMSSP),
        response_token: Some(&challenge),
        mech_list_mic: None,
    };
    let response = response.encode();
    vec![
        Figure::new("spnego/encode init", work(64, || (), move |()| init.encode())),
        Figure::new(
            "spnego/decode response",
            work(64, || (), move |()| Token::decode(&response).map(|token| matches!(token, Token::Resp(_)))),
        ),
    ]
}
