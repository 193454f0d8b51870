use gatepass_engine::{Server, TargetInfo};

fn main() {
    let server = Server::new(TargetInfo::new("CORP", "DC1"));
    let _ = server.authenticate(b"AUTHENTICATE");
}
