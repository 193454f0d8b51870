//! How a client proves that it knows the password.

use core::fmt;

/// The responses of [MS-NLMP] 3.3, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// No response: nothing is proved, and the client is nobody.
    Anonymous,
    /// LM: whoever listens has the password in minutes.
    Lm,
    /// NTLMv1: whoever listens has the NT hash in hours.
    V1,
    /// NTLMv1 with extended session security ("NTLM2 session response"): as NTLMv1, but not from a table.
    V1Extended,
    /// LMv2 alone: no weaker than NTLMv2 to guess at, but it covers neither target nor bindings, and knows no MIC
    /// (CVE-2019-1338).
    LmV2,
    /// NTLMv2.
    V2,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "anonymous",
            Self::Lm => "LM",
            Self::V1 => "NTLMv1",
            Self::V1Extended => "NTLMv1 with extended session security",
            Self::LmV2 => "LMv2",
            Self::V2 => "NTLMv2",
        })
    }
}
