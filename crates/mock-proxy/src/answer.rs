//! An AUTHENTICATE in the shape of another, made anew: for another challenge, or another password.
//!
//! A message that was recorded proves a password to one challenge only, and whoever has it can guess at the password. What is made
//! here has the same flags, version, names and pairs, and a proof of its own: with it a client's side can be played again, or a
//! recording be given away.

use crate::Token;
use gatepass_backend::{NtHash, Principal, SessionKey};
use gatepass_engine::crypto;
use gatepass_wire::{
    Authenticate, AvId, Challenge, DecodeError, FileTime, Message as _, NegotiateFlags, NtResponse,
    NtlmV2ClientChallenge, TooLong, WireStr, encode_av_pairs, utf16le,
};
use std::error::Error as StdError;
use std::fmt;
use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The session key that is sent where the shape has one: nothing is ever protected with it.
const SESSION_KEY: [u8; 16] = *b"replayed session";

/// What the client, and not the server, says in the pairs of its response.
const OF_CLIENT: [AvId; 4] =
    [AvId::MSV_AV_FLAGS, AvId::MSV_AV_SINGLE_HOST, AvId::MSV_AV_TARGET_NAME, AvId::MSV_AV_CHANNEL_BINDINGS];

/// The flags that a client takes over from the challenge; the others it says by itself.
const OF_SERVER: NegotiateFlags = NegotiateFlags::NEGOTIATE_UNICODE
    .with(NegotiateFlags::NEGOTIATE_KEY_EXCH)
    .with(NegotiateFlags::NEGOTIATE_SIGN)
    .with(NegotiateFlags::NEGOTIATE_SEAL)
    .with(NegotiateFlags::NEGOTIATE_128)
    .with(NegotiateFlags::NEGOTIATE_56);

/// Why no such message can be made.
#[derive(Debug)]
pub(crate) enum Unanswerable {
    /// One of the messages cannot be read.
    Malformed(DecodeError),
    /// It proves a password in another way than NTLMv2.
    Dialect(&'static str),
    /// It would be too long.
    TooLong(TooLong),
}

impl fmt::Display for Unanswerable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "a message cannot be read: {error}"),
            Self::Dialect(dialect) => write!(f, "only NTLMv2 can be answered anew, and this is {dialect}"),
            Self::TooLong(error) => write!(f, "the answer is too long: {error}"),
        }
    }
}

impl StdError for Unanswerable {}

impl From<DecodeError> for Unanswerable {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

impl From<TooLong> for Unanswerable {
    fn from(error: TooLong) -> Self {
        Self::TooLong(error)
    }
}

/// The answer to `challenge`, which followed `negotiate`, in the shape of the AUTHENTICATE `like`.
pub(crate) fn answer(
    like: &[u8],
    (principal, hash): (&Principal, &NtHash),
    negotiate: &[u8],
    challenge: &[u8],
) -> Result<Vec<u8>, Unanswerable> {
    let message = Authenticate::decode(like)?;
    let asked = Challenge::decode(challenge)?;
    let NtResponse::V2 { blob, .. } = message.response()? else {
        return Err(Unanswerable::Dialect(message.response()?.dialect()));
    };
    let missing = OF_SERVER.without(asked.flags);
    let flags = message.flags.map(|flags| flags.without(missing));
    let wide = flags.is_some_and(|flags| flags.contains(NegotiateFlags::NEGOTIATE_UNICODE));
    let encode = |name: &str| if wide { utf16le(name) } else { name.as_bytes().to_vec() };
    let (domain, user) = (encode(principal.domain()), encode(principal.user()));
    let name = |bytes| if wide { WireStr::Utf16(bytes) } else { WireStr::Oem(bytes) };
    // An entry of another encoding would not fit to the flags.
    let workstation =
        if missing.contains(NegotiateFlags::NEGOTIATE_UNICODE) { name(&[]) } else { message.workstation };
    let response = [&[0; 16][..], &anew(&blob, &asked)?].concat();
    let key = if flags.is_some_and(|flags| flags.contains(NegotiateFlags::NEGOTIATE_KEY_EXCH)) {
        message.encrypted_random_session_key
    } else {
        &[]
    };
    let mut bytes = Authenticate {
        nt_response: &response,
        domain_name: name(&domain),
        user_name: name(&user),
        workstation,
        encrypted_random_session_key: key,
        flags,
        ..message
    }
    .encode()?;
    prove(&mut bytes, (principal, hash), negotiate, challenge)?;
    Ok(bytes)
}

/// The blob of a response to `asked`: what the server says of itself, and then what the client said.
fn anew(blob: &NtlmV2ClientChallenge<'_>, asked: &Challenge<'_>) -> Result<Vec<u8>, Unanswerable> {
    let mut pairs = match asked.target_info {
        Some(pairs) => pairs.iter().collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    pairs.retain(|pair| pair.id != AvId::MSV_AV_EOL && !OF_CLIENT.contains(&pair.id));
    let told = pairs.iter().find(|pair| pair.id == AvId::MSV_AV_TIMESTAMP).map(|pair| pair.value);
    let time = told.and_then(|time| time.try_into().ok()).map(FileTime::from_le_bytes);
    for pair in blob.av_pairs.iter() {
        pairs.extend(pair.ok().filter(|pair| OF_CLIENT.contains(&pair.id)));
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let list = [encode_av_pairs(&pairs)?, vec![0; 4]].concat();
    let blob = NtlmV2ClientChallenge {
        time: time.unwrap_or_else(|| FileTime::from_unix(since)),
        av_pairs: gatepass_wire::AvPairs::new(&list),
        ..*blob
    };
    Ok(blob.encode())
}

/// Proves a password in `message`, an AUTHENTICATE whose blob answers `challenge`: each response, key and MIC that there is is made
/// anew in its place, and no other byte changes.
pub(crate) fn prove(
    message: &mut [u8],
    (principal, hash): (&Principal, &NtHash),
    negotiate: &[u8],
    challenge: &[u8],
) -> Result<(), Unanswerable> {
    let asked = Challenge::decode(challenge)?.server_challenge;
    let decoded = Authenticate::decode(message)?;
    let NtResponse::V2 { raw, blob, .. } = decoded.response()? else {
        return Err(Unanswerable::Dialect(decoded.response()?.dialect()));
    };
    let key = crypto::ntowf_v2(principal.user(), principal.domain(), hash);
    let proof = crypto::nt_proof(&key, &asked, raw);
    let base = crypto::session_base_key_v2(&key, &proof);
    let exchange = crypto::kxkey(&base);
    let mut places = vec![(place(message, "NtChallengeResponse"), proof.to_vec())];
    // Zeros are what a client sends to a server that told the time, and what is left where a recording was redacted.
    if let Some(nonce) = decoded.lm_response.last_chunk::<8>()
        && decoded.lm_response.iter().any(|byte| *byte != 0)
    {
        let lm = crypto::compute_response_v2(&key, &asked, nonce, blob.time, &[]).lm_response;
        places.push((place(message, "LmChallengeResponse"), lm.to_vec()));
    }
    let exported = match decoded.exchanged_key()? {
        Some(_) => {
            let encrypted = crypto::rc4k(exchange.expose(), &SESSION_KEY).unwrap_or_default();
            places.push((place(message, "EncryptedRandomSessionKey"), encrypted));
            SessionKey::from_bytes(&SESSION_KEY)
        }
        None => exchange,
    };
    let has_mic = decoded.declared_mic()?.is_some();
    for (at, bytes) in places {
        put(message, at.start, &bytes);
    }
    if has_mic {
        let mic = crypto::mic(&exported, negotiate, challenge, message);
        put(message, Authenticate::MIC_RANGE.start, &mic);
    }
    Ok(())
}

fn place(message: &[u8], name: &str) -> Range<usize> {
    let found = gatepass_wire::fields(message).filter_map(Result::ok).find(|field| field.name == name);
    found.map_or(0..0, |field| field.at..field.at.saturating_add(field.bytes.len()))
}

fn put(message: &mut [u8], at: usize, bytes: &[u8]) {
    for (place, byte) in message.iter_mut().skip(at).zip(bytes) {
        *place = *byte;
    }
}

/// Whom an AUTHENTICATE names.
pub(crate) fn named(token: &Token) -> Option<Principal> {
    let message = Authenticate::decode(token.bytes()).ok()?;
    let text = |name: WireStr<'_>| name.to_text().unwrap_or_else(|| name.to_string());
    Some(Principal::new(text(message.domain_name), text(message.user_name)))
}
