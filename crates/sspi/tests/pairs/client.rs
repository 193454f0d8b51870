//! secur32 as the client of the engine, for the contract of the joint.

use gatepass_backend::contract::{Case, Pair};
use gatepass_backend::{Accounts, Credentials, NtHash, Principal, Request};
use gatepass_engine::{Ntlm, crypto::ntowf_v1};
use gatepass_sspi::{Package, Sspi};
use std::sync::Arc;

struct Corp;

impl Accounts for Corp {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        match principal.user() {
            "alice" | "alice@corp.test" => Some(ntowf_v1("Passw0rd!")),
            "Ωmega" => Some(ntowf_v1("пароль😀")),
            _ => None,
        }
    }
}

/// The pair, without what Wine does otherwise than Windows where secur32 is Wine's.
pub(crate) fn pair() -> Pair {
    let login = |name: &str| Credentials::password(name, "Passw0rd!");
    let (client, server) = (Sspi::new(Package::Ntlm), Ntlm::new());
    let pair = Pair::new("secur32 × engine", Arc::new(client), Arc::new(server), Arc::new(Corp))
        .with_login(login("CORP\\alice"), Principal::new("CORP", "alice"))
        .with_login(login("alice@corp.test"), Principal::new("", "alice@corp.test"))
        .with_login(Credentials::password("CORP\\Ωmega", "пароль😀"), Principal::new("CORP", "Ωmega"))
        .with_wrong_password(Credentials::password("CORP\\alice", "Wr0ng-Passw0rd"))
        .with_unknown_user(login("CORP\\nobody"))
        .with_client_request(Request::target("HTTP/proxy.corp.test"))
        .except(Case::CurrentUser, "the engine does not know who is logged in to this machine")
        .except(Case::MechListMic, "SSPI's NTLM cannot begin its keystream anew behind the checksum");
    [
        (Case::SessionKey, "Wine does not give the key out"),
        (Case::Altered, "Wine compares the second half of a signature alone"),
        (Case::BindingsDiffer, "Wine does not pass channel bindings on"),
    ]
    .into_iter()
    .filter(|_| std::env::var_os("GATEPASS_WINE").is_some())
    .fold(pair, |pair, (case, reason)| pair.except(case, reason))
}
