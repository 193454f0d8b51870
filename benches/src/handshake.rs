//! The handshake: the client's two legs, and the client's and the server's four.

use crate::floor::Crypto;
use crate::{Figure, messages, work};
use gatepass_backend::NtHash;
use gatepass_engine::{Accepted, Client, Error, Nonces, Server, Session};

pub(crate) fn figures() -> Vec<Figure> {
    let challenge = messages::challenge();
    let nt_hash = messages::nt_hash();
    let figure = |name, prepare: fn() -> Client, nonces: fn() -> Nonces, floor: Crypto| {
        let challenge = challenge.clone();
        Figure::new(name, work(64, prepare, move |client| answer(client, &challenge, nonces)))
            .over(floor.work())
    };
    let both = |name, nonces: fn() -> Nonces| {
        let nt_hash = nt_hash.clone();
        let prepare = || (client(), messages::server());
        let run = move |(client, server)| handshake(client, server, &nt_hash, nonces);
        Figure::new(name, work(64, prepare, run)).over(Crypto::client_and_server().work())
    };
    vec![
        figure("client/password", client, messages::nonces, Crypto::client_password()),
        figure("client/password, random", client, drawn, Crypto::client_password()),
        figure("client/cached", cached, messages::nonces, Crypto::client_cached()),
        figure("client/cached, random", cached, drawn, Crypto::client_cached()),
        both("client+server", messages::nonces),
        both("client+server, random", drawn),
    ]
}

/// Nonces of the operating system.
fn drawn() -> Nonces {
    match Nonces::random() {
        Ok(nonces) => nonces,
        Err(error) => unreachable!("no randomness: {error}"),
    }
}

/// A client whose NTOWFv2 is known.
fn cached() -> Client {
    Client::from_response_key(messages::principal(), messages::response_key())
        .with_request(messages::request())
}

fn client() -> Client {
    Client::new(messages::credentials()).with_request(messages::request())
}

fn answer(
    client: Client,
    challenge: &[u8],
    nonces: fn() -> Nonces,
) -> Result<(Vec<u8>, Session, Vec<u8>), Error> {
    let (waiting, negotiate) = client.negotiate();
    let (session, authenticate) = waiting.challenge(challenge, nonces())?;
    Ok((negotiate, session, authenticate))
}

fn handshake(
    client: Client,
    server: Server,
    nt_hash: &NtHash,
    nonces: fn() -> Nonces,
) -> Result<(Session, Accepted), Error> {
    let (client, negotiate) = client.negotiate();
    let (server, challenge) = server.negotiate(&negotiate, nonces())?;
    let (session, authenticate) = client.challenge(&challenge, nonces())?;
    Ok((session, server.authenticate(&authenticate)?.verify(Some(nt_hash))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_a_handshake_that_both_sides_accept() {
        for client in [client(), cached()] {
            let (session, accepted) =
                handshake(client, messages::server(), &messages::nt_hash(), drawn).unwrap();
            assert!(accepted.mic_proved());
            assert!(session.exported_session_key().ct_eq(accepted.session().exported_session_key()));
        }
    }
}
