use gatepass_engine::{Client, Nonces};

fn main() {
    let nonces = Nonces::random().unwrap();
    for _ in 0..2 {
        let (waiting, _) = Client::new(gatepass_backend::Credentials::password("u", "p")).negotiate();
        let _ = waiting.challenge(b"CHALLENGE", nonces);
    }
}
