use gatepass_engine::{Client, Nonces};

fn main() {
    let (waiting, _) = Client::new(gatepass_backend::Credentials::password("u", "p")).negotiate();
    let _ = waiting.challenge(b"one", Nonces::random().unwrap());
    let _ = waiting.challenge(b"another", Nonces::random().unwrap());
}
