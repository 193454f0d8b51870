use gatepass_engine::Accepted;

fn main() {
    let _ = Accepted { principal: gatepass_backend::Principal::new("CORP", "administrator") };
}
