use gatepass_engine::{Client, Nonces};

fn main() {
    let client = Client::new(gatepass_backend::Credentials::password("u", "p"));
    let _ = client.challenge(b"CHALLENGE", Nonces::random().unwrap());
}
