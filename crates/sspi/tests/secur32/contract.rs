//! The contract of the joint, with secur32 as the client.

#[path = "../pairs/client.rs"]
mod client;

#[test]
fn secur32_keeps_the_contract_as_the_client_of_the_engine() {
    let report = client::pair().run();
    println!("{report}");
    report.assert();
}
