//! ntlmclient 0.2.

use crate::Contestant;
use gatepass_benches::{messages, work};
use ntlmclient::{Credentials, Flags, Message, get_ntlm_time, respond_challenge_ntlm_v2};

const PEER: &str = "ntlmclient 0.2";

pub(crate) fn contestants() -> Vec<Contestant> {
    let raw = [
        ("decode/negotiate", "encode/negotiate", negotiate()),
        ("decode/challenge", "encode/challenge", messages::challenge()),
        ("decode/authenticate", "encode/authenticate", messages::authenticate()),
    ];
    let mut contestants = Vec::new();
    for (decode, encode, bytes) in raw {
        let message = Message::try_from(&bytes[..]).expect("ntlmclient reads our messages");
        let to_bytes = move |()| message.to_bytes().expect("ntlmclient writes what it read");
        contestants.push(Contestant::new(encode, PEER, work(64, || (), to_bytes)));
        contestants.push(Contestant::new(
            decode,
            PEER,
            work(64, || (), move |()| Message::try_from(&bytes[..])),
        ));
    }
    contestants.push(Contestant::new("client/password, random", PEER, work(64, credentials, client())));
    contestants
}

/// It reads a NEGOTIATE only with four bytes behind the header.
fn negotiate() -> Vec<u8> {
    [messages::negotiate(), vec![0; 4]].concat()
}

fn credentials() -> Credentials {
    Credentials {
        username: messages::USER.into(),
        password: messages::PASSWORD.into(),
        domain: messages::DOMAIN.into(),
    }
}

fn client() -> impl Fn(Credentials) -> (Vec<u8>, Vec<u8>) {
    let negotiate = Message::try_from(&negotiate()[..]).expect("ntlmclient reads our messages");
    let Message::Negotiate(negotiate) = negotiate else { unreachable!("NEGOTIATE is NEGOTIATE") };
    let challenge = messages::challenge();
    move |credentials| {
        let first = Message::Negotiate(negotiate.clone()).to_bytes().expect("NEGOTIATE is written");
        let Ok(Message::Challenge(message)) = Message::try_from(&challenge[..]) else {
            unreachable!("CHALLENGE is CHALLENGE")
        };
        let target_info: Vec<u8> =
            message.target_information.iter().flat_map(|entry| entry.to_bytes()).collect();
        let response =
            respond_challenge_ntlm_v2(message.challenge, &target_info, get_ntlm_time(), &credentials);
        let flags = Flags::NEGOTIATE_UNICODE | Flags::NEGOTIATE_NTLM | Flags::NEGOTIATE_TARGET_INFO;
        let third = response.to_message(&credentials, "", flags).to_bytes().expect("AUTHENTICATE is written");
        (first, third)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_client_answers_with_the_password() {
        let (_, third) = client()(credentials());
        crate::accepts(&messages::challenge(), &messages::negotiate(), &third);
    }
}
