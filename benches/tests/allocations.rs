//! How often the engine asks for memory: a count, which is the same on every machine.

use gatepass_benches::messages;
use gatepass_engine::Client;
use gatepass_wire::{Authenticate, Challenge, Message, Negotiate};

/// The result of `operation`, and how many allocations it made.
fn counted<T>(operation: impl FnOnce() -> T) -> (T, u64) {
    let (mut operation, mut result) = (Some(operation), None);
    let info = allocation_counter::measure(|| result = operation.take().map(|operation| operation()));
    (result.unwrap(), info.count_total)
}

#[test]
fn a_leg_of_the_client_allocates_its_token_and_one_thing_more() {
    let from_password = Client::new(messages::credentials());
    let from_hash = Client::from_response_key(messages::principal(), messages::response_key());
    let challenge = messages::challenge();
    for client in [from_password, from_hash] {
        let client = client.with_request(messages::request()).with_workstation("WORKSTATION");
        let ((waiting, _), count) = counted(|| client.negotiate());
        assert_eq!(count, 1, "NEGOTIATE");
        let nonces = messages::nonces();
        let (answer, count) = counted(|| waiting.challenge(&challenge, nonces));
        assert!(answer.is_ok());
        assert_eq!(count, 2, "AUTHENTICATE, and what it is put together from");
    }
}

#[test]
fn a_leg_of_the_server_allocates_its_token_and_one_thing_more() {
    let nt_hash = messages::nt_hash();
    let client = Client::new(messages::credentials()).with_request(messages::request());
    let (client, negotiate) = client.with_workstation("WORKSTATION").negotiate();
    let (server, nonces) = (messages::server(), messages::nonces());
    let (answer, count) = counted(|| server.negotiate(&negotiate, nonces));
    let (waiting, challenge) = answer.unwrap();
    assert_eq!(count, 2, "CHALLENGE, and what it is put together from, in which the messages are kept then");
    let (_, authenticate) = client.challenge(&challenge, messages::nonces()).unwrap();
    let (accepted, count) = counted(|| waiting.authenticate(&authenticate)?.verify(Some(&nt_hash)));
    let accepted = accepted.unwrap();
    assert_eq!(
        (accepted.workstation(), accepted.target_name()),
        (Some("WORKSTATION"), Some(messages::TARGET))
    );
    assert_eq!(count, 2, "the user's name, and the other names: this leg has no token");
}

#[test]
fn decoding_allocates_nothing() {
    let (negotiate, challenge, authenticate) =
        (messages::negotiate(), messages::challenge(), messages::authenticate());
    let (sound, count) = counted(|| {
        Negotiate::decode(&negotiate).is_ok()
            && Challenge::decode(&challenge).is_ok_and(|message| message.check().is_ok())
            && Authenticate::decode(&authenticate).is_ok_and(|message| message.check().is_ok())
    });
    assert!(sound);
    assert_eq!(count, 0);
}

#[test]
fn sealing_and_unsealing_allocate_nothing() {
    let (mut sealer, mut unsealer) = messages::protection();
    // The keys, which wait for the first message.
    let (sound, count) =
        counted(|| sealer.seal(&mut []).and_then(|signature| unsealer.unseal(&mut [], &signature)));
    assert_eq!((sound, count), (Ok(()), 2), "a place for the keys of each direction");
    for length in [0, 1, 64, 1000, 65536] {
        let mut message = vec![7; length];
        let (sound, count) = counted(|| {
            let signature = sealer.seal(&mut message)?;
            unsealer.unseal(&mut message, &signature)
        });
        assert_eq!(sound, Ok(()));
        assert_eq!(count, 0, "{length} bytes");
        assert!(message.iter().all(|byte| *byte == 7));
    }
}
