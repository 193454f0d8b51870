//! The handshake: the client's two legs, and the client's and the server's four.

use crate::floor::Crypto;
use crate::{Figure, messages, work};
use gatepass_backend::NtHash;
use gatepass_engine::{Accepted, Client, Error, Nonces, Server, Session};

pub(crate) fn figures() -> Vec<Figure> {
    let challenge = messages::challenge();
    let drawn = challenge.clone();
    let nt_hash = messages::nt_hash();
    vec![
        Figure::new(
            "client/password",
            work(64, client, move |client| answer(client, &challenge, messages::nonces)),
        )
        .over(Crypto::client_password().work()),
        Figure::new(
            "client/password, random",
            work(64, client, move |client| {
                let (waiting, negotiate) = client.negotiate();
                Ok::<_, Error>((negotiate, waiting.challenge(&drawn, Nonces::random()?)?))
            }),
        )
        .over(Crypto::client_password().work()),
        Figure::new(
            "client+server",
            work(
                64,
                || (client(), messages::server()),
                move |(client, server)| handshake(client, server, &nt_hash).map(drop),
            ),
        )
        .over(Crypto::client_and_server().work()),
    ]
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

fn handshake(client: Client, server: Server, nt_hash: &NtHash) -> Result<(Session, Accepted), Error> {
    let (client, negotiate) = client.negotiate();
    let (server, challenge) = server.negotiate(&negotiate, messages::nonces())?;
    let (session, authenticate) = client.challenge(&challenge, messages::nonces())?;
    Ok((session, server.authenticate(&authenticate)?.verify(Some(nt_hash))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_a_handshake_that_both_sides_accept() {
        let (session, accepted) = handshake(client(), messages::server(), &messages::nt_hash()).unwrap();
        assert!(accepted.mic_proved());
        assert!(session.exported_session_key().ct_eq(accepted.session().exported_session_key()));
    }
}
