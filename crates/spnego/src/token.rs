//! A token of any kind.

use crate::der::Reader;
use crate::{DecodeError, DecodeErrorKind as Kind, NegTokenInit, NegTokenResp};

/// The most bytes that a token may have. A Kerberos ticket can fill 48,000.
pub const MAX_TOKEN: usize = 64 * 1024;

/// What every message of NTLM begins with ([MS-NLMP] 2.2.1).
const NTLMSSP: &[u8; 8] = b"NTLMSSP\0";

/// What a peer may send where SPNEGO is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// NegTokenInit or NegTokenInit2, within the framing of RFC 2743 3.1.
    Init(NegTokenInit<'a>),
    /// NegTokenResp.
    Resp(NegTokenResp<'a>),
    /// A message of NTLM without SPNEGO around it, as Windows sends in `Negotiate` headers when it has nothing else to offer.
    Raw(&'a [u8]),
}

impl<'a> Token<'a> {
    /// Reads a token. The fields borrow from `bytes`, nothing is copied.
    ///
    /// Strictly DER, but for lengths written in a longer form than needed, which are read.
    ///
    /// # Errors
    /// [`DecodeError`] says which byte of which field is wrong, and how.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let reader = Reader::new(bytes);
        if bytes.len() > MAX_TOKEN {
            return Err(DecodeError::new(Kind::TooLong, "token", MAX_TOKEN, 0));
        }
        if let Some(message) = bytes.strip_prefix(NTLMSSP) {
            return match message.first_chunk() {
                Some([1..=3, 0, 0, 0]) => Ok(Self::Raw(bytes)),
                Some(_) => Err(DecodeError::new(Kind::Value, "MessageType", NTLMSSP.len(), 0)),
                None => Err(DecodeError::new(Kind::Truncated, "MessageType", bytes.len(), 0)),
            };
        }
        match bytes.first() {
            Some(0x60) => NegTokenInit::read(reader.only(0x60, "NegTokenInit")?).map(Self::Init),
            Some(0xa1) => NegTokenResp::read(reader.only(0xa1, "NegTokenResp")?).map(Self::Resp),
            Some(_) => Err(reader.error_here(Kind::Tag, "token")),
            None => Err(reader.error_here(Kind::Truncated, "token")),
        }
    }
}
