//! The contract of the joint over a client that nobody here wrote: sspi-rs', against our server.
//!
//! Never the other way round: its acceptor is not asked about a client of ours.

mod client;

use client::Client;
use gatepass::backend::contract::{Case, Pair, Table};
use gatepass::{Accounts, Credentials, NtHash, Ntlm, Principal, Request, crypto::ntowf_v1};
use std::sync::Arc;

const PASSWORD: &str = "Marker-Passw0rd!";

/// One user, under every name that the server may hear.
struct Alice;

impl Accounts for Alice {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        ["alice", "alice@corp.test", "jürgen"].contains(&principal.user()).then(|| ntowf_v1(PASSWORD))
    }
}

fn pair() -> Pair {
    let jürgen = Principal::new("CORP", "jürgen");
    Pair::new("sspi 0.23 × engine", Arc::new(Client), Arc::new(Ntlm::new()), Arc::new(Alice))
        .with_login(Credentials::password("CORP\\alice", PASSWORD), Principal::new("CORP", "alice"))
        .with_login(Credentials::password("alice", PASSWORD), Principal::new("", "alice"))
        .with_login(Credentials::password("alice@corp.test", PASSWORD), Principal::new("", "alice@corp.test"))
        .with_login(Credentials::NtHash(jürgen.clone(), ntowf_v1(PASSWORD)), jürgen)
        .with_wrong_password(Credentials::password("CORP\\alice", "Marker-another"))
        .with_unknown_user(Credentials::password("CORP\\nobody", PASSWORD))
        .with_client_request(Request::target("HTTP/proxy.corp.test"))
        .except(Case::MechListMic, "sspi makes this checksum for its own SPNEGO alone")
}

#[test]
fn sspi_s_client_keeps_the_contract_with_our_server_as_the_table_in_the_docs_says() {
    let reports = [pair().run()];
    let table = Table(&reports).to_string();
    reports[0].assert();
    let kept = include_str!("../../../../docs/contract.md");
    assert!(kept.contains(&table), "docs/contract.md is stale:\n{table}");
}
