use gatepass_engine::AwaitingAuthenticate;

fn main() {
    let waiting = AwaitingAuthenticate::resume(b"NEGOTIATE", b"CHALLENGE").unwrap();
    if waiting.authenticate(b"rubbish").is_err() {
        let _ = waiting.authenticate(b"AUTHENTICATE");
    }
}
