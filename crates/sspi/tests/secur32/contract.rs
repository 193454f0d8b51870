//! The contract of the joint, with secur32 as the client.

use crate::support::{Users, is_wine};
use gatepass_backend::contract::{Case, Pair};
use gatepass_backend::{Credentials, Principal, Request};
use gatepass_engine::Ntlm;
use gatepass_sspi::{Package, Sspi};
use std::sync::Arc;

#[test]
fn secur32_keeps_the_contract_as_the_client_of_the_engine() {
    let login = |name: &str| Credentials::password(name, "Passw0rd!");
    let pair = Pair::new(
        "secur32 × engine",
        Arc::new(Sspi::new(Package::Ntlm)),
        Arc::new(Ntlm::new()),
        Arc::new(Users),
    )
    .with_login(login("CORP\\alice"), Principal::new("CORP", "alice"))
    .with_login(login("alice@corp.test"), Principal::new("", "alice@corp.test"))
    .with_login(Credentials::password("CORP\\Ωmega", "пароль😀"), Principal::new("CORP", "Ωmega"))
    .with_wrong_password(Credentials::password("CORP\\alice", "Wr0ng-Passw0rd"))
    .with_unknown_user(Credentials::password("CORP\\nobody", "Passw0rd!"))
    .with_client_request(Request::target("HTTP/proxy.corp.test"))
    .except(Case::CurrentUser, "the engine does not know who is logged in to this machine")
    .except(Case::MechListMic, "SSPI's NTLM cannot begin its keystream anew behind the checksum");
    let pair = if is_wine() {
        pair.except(Case::SessionKey, "Wine does not give the key out")
            .except(Case::Altered, "Wine compares the second half of a signature alone")
            .except(Case::BindingsDiffer, "Wine does not pass channel bindings on")
    } else {
        pair
    };
    let report = pair.run();
    println!("{report}");
    report.assert();
}
