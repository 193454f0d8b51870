//! winauth 0.0.5.

use crate::Contestant;
use gatepass_benches::{messages, work};
use winauth::{NextBytes, NtlmV2Client, NtlmV2ClientBuilder};

const PEER: &str = "winauth 0.0.5";

pub(crate) fn contestants() -> Vec<Contestant> {
    let challenge = messages::challenge();
    vec![Contestant::new(
        "client/password, random",
        PEER,
        work(64, client, move |one| answer(one, &challenge)),
    )]
}

fn client() -> NtlmV2Client<'static> {
    NtlmV2ClientBuilder::new().target_spn(messages::TARGET).build(
        Some(messages::DOMAIN),
        messages::USER,
        messages::PASSWORD,
    )
}

fn answer(mut client: NtlmV2Client<'_>, challenge: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let negotiate = client.next_bytes(None).expect("it begins").unwrap_or_default();
    let authenticate = client.next_bytes(Some(challenge)).expect("it answers").unwrap_or_default();
    (negotiate, authenticate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_client_answers_with_the_password() {
        let (negotiate, authenticate) = answer(client(), &messages::challenge());
        crate::accepts(&messages::challenge(), &negotiate, &authenticate);
    }
}
