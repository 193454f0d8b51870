//! The handshake that is measured: that of a member of an Active Directory domain, whose TargetInfo has 146 bytes.

use gatepass_backend::{Attributes, Credentials, NtHash, Principal, Request};
use gatepass_engine::crypto::{ResponseKey, ntowf_v1, ntowf_v2};
use gatepass_engine::{
    Accepted, AwaitingAuthenticate, Client, Error, Nonces, Sealer, Server, TargetInfo, Unsealer,
};
use gatepass_wire::{
    AvId, AvPair, AvPairs, Challenge, FileTime, Message, NegotiateFlags, Version, WireStr, encode_av_pairs,
    utf16le,
};
use std::convert::Infallible;

/// The user's domain.
pub const DOMAIN: &str = "EXAMPLE";
/// The user.
pub const USER: &str = "alice";
/// The password.
pub const PASSWORD: &str = "Passw0rd!";
/// What the client wants to talk to.
pub const TARGET: &str = "HTTP/proxy.example.local";

/// The size of [`target_info`], in bytes.
pub const TARGET_INFO: usize = 146;

/// Nonces that are always the same: drawing them is not what is measured.
#[must_use]
pub fn nonces() -> Nonces {
    let fill = |bytes: &mut [u8]| {
        bytes.fill(7);
        Ok::<(), Infallible>(())
    };
    match Nonces::from_rng(fill, now()) {
        Ok(nonces) => nonces,
        Err(error) => unreachable!("constant bytes ran out: {error}"),
    }
}

/// The time of the handshake.
#[must_use]
pub fn now() -> FileTime {
    FileTime::from_unix_seconds(1_700_000_000)
}

/// The user's credentials.
#[must_use]
pub fn credentials() -> Credentials {
    Credentials::password(&format!("{DOMAIN}\\{USER}"), PASSWORD)
}

/// The user's name.
#[must_use]
pub fn principal() -> Principal {
    Principal::new(DOMAIN, USER)
}

/// What the client asks for: sealing, so that keys are exchanged, as sspi does whatever it is asked for.
#[must_use]
pub fn request() -> Request {
    Request::target(TARGET).with_requirements(Attributes::CONFIDENTIALITY)
}

/// The user's NT hash.
#[must_use]
pub fn nt_hash() -> NtHash {
    ntowf_v1(PASSWORD)
}

/// The user's NTOWFv2.
#[must_use]
pub fn response_key() -> ResponseKey {
    ntowf_v2(USER, DOMAIN, &nt_hash())
}

/// The names of the server.
#[must_use]
pub fn server_names() -> TargetInfo {
    TargetInfo::new(DOMAIN, "DC01").with_dns("example.local", "dc01.example.local", "example.local")
}

/// A server with these names.
#[must_use]
pub fn server() -> Server {
    Server::new(server_names())
}

/// The NEGOTIATE of our client.
#[must_use]
pub fn negotiate() -> Vec<u8> {
    Client::new(credentials()).with_request(request()).negotiate().1
}

/// The AV pairs of a domain controller.
#[must_use]
pub fn target_info() -> Vec<u8> {
    let names = [
        (AvId::MSV_AV_NB_DOMAIN_NAME, DOMAIN),
        (AvId::MSV_AV_NB_COMPUTER_NAME, "DC01"),
        (AvId::MSV_AV_DNS_DOMAIN_NAME, "example.local"),
        (AvId::MSV_AV_DNS_COMPUTER_NAME, "dc01.example.local"),
        (AvId::MSV_AV_DNS_TREE_NAME, "example.local"),
    ]
    .map(|(id, name)| (id, utf16le(name)));
    let time = now().to_le_bytes();
    let mut pairs: Vec<_> = names.iter().map(|(id, value)| AvPair { id: *id, value }).collect();
    pairs.push(AvPair { id: AvId::MSV_AV_TIMESTAMP, value: &time });
    encode_av_pairs(&pairs).unwrap_or_default()
}

/// The CHALLENGE of a domain controller: target name, version, all flags of a Windows server that was asked for
/// everything.
#[must_use]
pub fn challenge() -> Vec<u8> {
    let (name, target_info) = (utf16le(DOMAIN), target_info());
    let challenge = Challenge {
        target_name: WireStr::Utf16(&name),
        flags: NegotiateFlags::from_bits(0xe289_8235),
        server_challenge: [1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef],
        reserved: Some([0; 8]),
        target_info: Some(AvPairs::new(&target_info)),
        version: Some(Version::new(10, 0, 17763)),
    };
    challenge.encode().unwrap_or_default()
}

/// The AUTHENTICATE of our client.
///
/// # Panics
/// When the client does not answer [`challenge`], which nothing here could go on without.
#[must_use]
#[expect(clippy::expect_used, reason = "a benchmark without its messages has nothing to measure")]
pub fn authenticate() -> Vec<u8> {
    let (waiting, _) = Client::new(credentials()).with_request(request()).negotiate();
    waiting.challenge(&challenge(), nonces()).expect("the client answers").1
}

/// The two halves of a connection, from the client to the server.
#[must_use]
pub fn protection() -> (Sealer, Unsealer) {
    let (client, negotiate) = Client::new(credentials()).with_request(request()).negotiate();
    let established = server().negotiate(&negotiate, nonces()).and_then(|(server, challenge)| {
        let (session, authenticate) = client.challenge(&challenge, nonces())?;
        let accepted = server.authenticate(&authenticate)?.verify(Some(&nt_hash()))?;
        Ok((session.split().0, accepted.into_session().split().1))
    });
    match established {
        Ok(pair) => pair,
        Err(error) => unreachable!("our own handshake failed: {error}"),
    }
}

/// The server's verdict on an answer to [`challenge`], whoever's it is.
///
/// # Errors
/// Those of the engine's server.
pub fn verify(negotiate: &[u8], challenge: &[u8], authenticate: &[u8]) -> Result<Accepted, Error> {
    AwaitingAuthenticate::resume(negotiate, challenge)?.authenticate(authenticate)?.verify(Some(&nt_hash()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_info_has_the_size_that_the_figures_name() {
        assert_eq!(target_info().len(), TARGET_INFO);
    }
}
