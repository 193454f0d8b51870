use gatepass_engine::{Claim, crypto::ntowf_v1};

fn guess(claim: Claim) {
    let _ = claim.verify(Some(&ntowf_v1("secret")));
    let _ = claim.verify(Some(&ntowf_v1("hunter2")));
}

fn main() {}
