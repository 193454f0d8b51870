//! NegTokenResp as both halves say and hear it.

use crate::{Failure, NegState, NegTokenResp, Token};
use alloc::vec::Vec;
use gatepass_backend::Error;

/// A NegTokenResp with a state.
pub(crate) fn resp(state: NegState, token: Option<&[u8]>, mic: Option<&[u8]>) -> Vec<u8> {
    NegTokenResp { neg_state: Some(state), supported_mech: None, response_token: token, mech_list_mic: mic }
        .encode()
}

/// `error` with the token that tells a client so: reject, and in it what the mechanism has to say of its failure.
pub(crate) fn rejecting(error: Error) -> Error {
    let token = resp(NegState::Reject, error.token(), None);
    error.with_token(token)
}

/// The peer's answer, unless it is a refusal. Empty fields count as absent.
pub(crate) fn answer(token: &[u8]) -> Result<NegTokenResp<'_>, Error> {
    let mut answer = match Token::decode(token)? {
        Token::Resp(answer) => answer,
        Token::Init(_) => return Err(Failure::OutOfTurn("NegTokenInit").into()),
        Token::Raw(_) => return Err(Failure::OutOfTurn("NTLM without SPNEGO").into()),
    };
    if answer.neg_state == Some(NegState::Reject) {
        return Err(Failure::Rejected.into());
    }
    answer.response_token = answer.response_token.filter(|token| !token.is_empty());
    answer.mech_list_mic = answer.mech_list_mic.filter(|mic| !mic.is_empty());
    Ok(answer)
}
