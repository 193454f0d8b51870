//! ntlmssp 0.1.

use crate::Contestant;
use gatepass_benches::{messages, work};
use ntlmssp::{Ntlm, SealState, parse_challenge};

const PEER: &str = "ntlmssp 0.1";

pub(crate) fn contestants() -> Vec<Contestant> {
    let (decoded, challenge) = (messages::challenge(), messages::challenge());
    let hashed = challenge.clone();
    let hash = *messages::nt_hash().expose();
    let mut contestants = vec![
        Contestant::new("decode/challenge", PEER, work(64, || (), move |()| parse_challenge(&decoded))),
        Contestant::new("client/password, random", PEER, work(64, || (), move |()| answer(&challenge))),
        Contestant::new(
            "client/cached, random",
            "ntlmssp 0.1, from the NT hash",
            work(
                64,
                || (),
                move |()| Ntlm::new().authenticate_hash(&hashed, messages::DOMAIN, messages::USER, &hash, ""),
            ),
        ),
    ];
    for (figure, size) in [("seal/64 B", 64), ("seal/1 KiB", 1024), ("seal/64 KiB", 65536)] {
        let mut state = SealState::new(&[0x55; 16]);
        let message = vec![0x5a; size];
        let seal = move |()| state.seal_pdu(&message, &message);
        contestants.push(Contestant::new(figure, PEER, work(64, || (), seal)));
    }
    contestants
}

fn answer(challenge: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let client = Ntlm::new();
    let authenticate =
        client.authenticate(challenge, messages::DOMAIN, messages::USER, messages::PASSWORD, "");
    (client.negotiate().to_vec(), authenticate.expect("it answers").0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_client_answers_with_the_password() {
        let (negotiate, authenticate) = answer(&messages::challenge());
        crate::accepts(&messages::challenge(), &negotiate, &authenticate);
    }
}
