use gatepass_engine::{AwaitingAuthenticate, Session};

fn session(waiting: AwaitingAuthenticate) -> Session {
    waiting.authenticate(b"AUTHENTICATE").unwrap().into_session()
}

fn main() {}
