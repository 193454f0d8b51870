//! NegTokenResp (RFC 4178 4.2.2): every token but the first.
//!
//! ```text
//! a1 [ 30 [
//!     a0 [ 0a state ]        negState         optional
//!     a1 [ 06 mechanism ]    supportedMech    optional, in the server's first token alone
//!     a2 [ 04 .. ]           responseToken    optional
//!     a3 [ 04 .. ]           mechListMIC      optional
//! ] ]
//! ```

use crate::der::{Reader, Writer};
use crate::{DecodeError, DecodeErrorKind as Kind, Oid};
use alloc::vec::Vec;

/// Where the negotiation stands, as the sender sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NegState {
    /// The sender is done.
    AcceptCompleted,
    /// The sender waits for another token.
    AcceptIncomplete,
    /// The negotiation has failed.
    Reject,
    /// The sender waits for another token and demands that the checksums of the list be exchanged.
    RequestMic,
}

impl NegState {
    const fn number(self) -> u8 {
        match self {
            Self::AcceptCompleted => 0,
            Self::AcceptIncomplete => 1,
            Self::Reject => 2,
            Self::RequestMic => 3,
        }
    }

    fn read(field: Reader<'_>) -> Result<Self, DecodeError> {
        let contents = field.only(10, "negState")?;
        match contents.bytes() {
            [0] => Ok(Self::AcceptCompleted),
            [1] => Ok(Self::AcceptIncomplete),
            [2] => Ok(Self::Reject),
            [3] => Ok(Self::RequestMic),
            _ => Err(contents.error_here(Kind::Value, "negState")),
        }
    }
}

/// The token that goes on with a negotiation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NegTokenResp<'a> {
    /// Where the negotiation stands.
    pub neg_state: Option<NegState>,
    /// The mechanism that the server chose.
    pub supported_mech: Option<Oid<'a>>,
    /// The mechanism's token.
    pub response_token: Option<&'a [u8]>,
    /// The sender's checksum of the client's list (RFC 4178 section 5).
    pub mech_list_mic: Option<&'a [u8]>,
}

impl<'a> NegTokenResp<'a> {
    /// What is under the tag `[1]`.
    pub(crate) fn read(framing: Reader<'a>) -> Result<Self, DecodeError> {
        let mut fields = framing.only(0x30, "NegTokenResp")?;
        let mut token = Self::default();
        let mut last = None;
        while !fields.is_finished() {
            let element = fields.element("NegTokenResp")?;
            let (number, field) = element.field(last, "NegTokenResp")?;
            match number {
                0 => token.neg_state = Some(NegState::read(field)?),
                1 => {
                    let contents = field.only(6, "supportedMech")?;
                    token.supported_mech = Some(Oid::decode(contents, "supportedMech")?);
                }
                2 => token.response_token = Some(field.only(4, "responseToken")?.bytes()),
                3 => token.mech_list_mic = Some(field.only(4, "mechListMIC")?.bytes()),
                _ => return Err(element.error(Kind::Order, "NegTokenResp")),
            }
            last = Some(number);
        }
        Ok(token)
    }

    /// The token.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer =
            Writer::with_capacity(self.response_token.unwrap_or_default().len().saturating_add(64));
        writer.under(&[0xa1, 0x30], |fields| {
            let state = self.neg_state.map(|state| [state.number()]);
            let mechanism = self.supported_mech.map(Oid::contents);
            for (tags, value) in [
                ([0xa3, 4], self.mech_list_mic),
                ([0xa2, 4], self.response_token),
                ([0xa1, 6], mechanism),
                ([0xa0, 10], state.as_ref().map(|state| &state[..])),
            ] {
                if let Some(value) = value {
                    fields.under(&tags, |field| field.bytes(value));
                }
            }
        });
        writer.finish()
    }
}
