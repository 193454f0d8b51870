use gatepass_engine::Session;

fn keystream(session: Session) {
    let _ = session.split();
    let _ = session.protect();
}

fn main() {}
