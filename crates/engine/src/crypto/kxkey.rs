//! KXKEY ([MS-NLMP] 3.4.5.1): the KeyExchangeKey.

use gatepass_backend::SessionKey;

/// `KXKEY(SessionBaseKey, ..)` where NTLMv2 was used: the KeyExchangeKey is the SessionBaseKey, whatever the flags.
///
/// NTLMv1's forms are `kxkey_v1`, with the feature `legacy`.
#[must_use]
pub fn kxkey(session_base_key: &SessionKey) -> SessionKey {
    session_base_key.clone()
}
