use gatepass_engine::{Protection, Sealer};

fn copy(sealer: &Sealer, protection: &Protection) -> (Sealer, Protection) {
    (sealer.clone(), protection.clone())
}

fn main() {}
