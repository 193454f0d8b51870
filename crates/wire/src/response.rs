//! LmChallengeResponse and NtChallengeResponse told apart (MS-NLMP 2.2.2.3, 2.2.2.4, 2.2.2.6, 2.2.2.8,
//! 3.2.5.1.2).
//!
//! | LM bytes | NT bytes | dialect |
//! |---|---|---|
//! | 0, or one zero byte | 0, and no user name | anonymous |
//! | 24 | 0 | LM or LMv2 |
//! | 0 or 24 | 24 | NTLMv1 |
//! | 24, the last 16 zero | 24, with EXTENDED_SESSIONSECURITY | NTLMv1 with extended session security |
//! | 0 or 24 | 44 or more | NTLMv2 |

use core::fmt;

use crate::{Authenticate, DecodeError, DecodeErrorKind, NegotiateFlags, NtlmV2ClientChallenge};

/// How the client answers the server's nonce.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum NtResponse<'a> {
    /// No user and no response: the client asks to be nobody. Nothing is proved.
    Anonymous,
    /// LM_RESPONSE or LMv2_RESPONSE alone; the bytes do not say which.
    Lm(&'a [u8; 24]),
    /// NTLM_RESPONSE.
    V1(&'a [u8; 24]),
    /// NTLM_RESPONSE over both nonces ("NTLM2 session response").
    V1Extended {
        /// The response.
        response: &'a [u8; 24],
        /// The client's nonce, out of the LM response.
        client_challenge: &'a [u8; 8],
    },
    /// NTLMv2_RESPONSE.
    V2 {
        /// NTProofStr.
        proof: &'a [u8; 16],
        /// What the proof covers, beside the server's nonce, as it came (`temp` in 3.3.2).
        raw: &'a [u8],
        /// The same, decoded.
        blob: NtlmV2ClientChallenge<'a>,
    },
}

impl<'a> NtResponse<'a> {
    /// Where the AV pairs of an NTLMv2 response begin: behind the proof and the fixed part of what it covers.
    pub(crate) const AV_PAIRS: usize = 44;

    /// Classifies by the lengths, by the flags, and by whether there is a user name.
    pub(crate) fn classify(message: &Authenticate<'a>) -> Result<Self, DecodeError> {
        let (lm, nt) = (message.lm_response, message.nt_response);
        if nt.is_empty() && matches!(lm, [] | [0]) && message.user_name.is_empty() {
            return Ok(Self::Anonymous);
        }
        let lm: Option<&[u8; 24]> = lm.try_into().ok();
        if lm.is_none() && !message.lm_response.is_empty() {
            return Err(Authenticate::defect(DecodeErrorKind::Size, Authenticate::LM_RESPONSE));
        }
        if nt.is_empty() {
            let missing = Authenticate::defect(DecodeErrorKind::Missing, Authenticate::NT_RESPONSE);
            return lm.map(Self::Lm).ok_or(missing);
        }
        if let Ok(response) = nt.try_into() {
            let flags = message.flags.unwrap_or_default();
            let extended = flags.contains(NegotiateFlags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
            return Ok(match lm.and_then(|lm| lm.split_first_chunk()) {
                Some((client_challenge, rest)) if extended && rest.iter().all(|byte| *byte == 0) => {
                    Self::V1Extended { response, client_challenge }
                }
                _ => Self::V1(response),
            });
        }
        let short = Authenticate::defect(DecodeErrorKind::Size, Authenticate::NT_RESPONSE);
        let (proof, raw) = nt.split_first_chunk().ok_or(short)?;
        if raw.len() < NtlmV2ClientChallenge::HEADER_SIZE {
            return Err(short);
        }
        let blob = NtlmV2ClientChallenge::decode(raw)?;
        blob.av_pairs.validate()?;
        Ok(Self::V2 { proof, raw, blob })
    }

    /// The name of the dialect, for people.
    #[must_use]
    pub const fn dialect(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Lm(_) => "LM",
            Self::V1(_) => "NTLMv1",
            Self::V1Extended { .. } => "NTLMv1 with extended session security",
            Self::V2 { .. } => "NTLMv2",
        }
    }
}

impl fmt::Debug for NtResponse<'_> {
    /// Without the responses themselves: with the nonces, they are all that a guess at the password needs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.dialect())?;
        match self {
            Self::V2 { blob, .. } => write!(f, " {blob:?}"),
            _ => Ok(()),
        }
    }
}
