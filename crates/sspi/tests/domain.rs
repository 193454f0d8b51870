//! secur32 as a server in the domain of `ci/realworld`: whom the domain knows is let in. `tests/windows.sh` runs it, under
//! Wine, whose NTLM asks that domain (`ci/windows/wine.sh`).
#![cfg(windows)]

#[path = "pairs/client.rs"]
mod client;

use gatepass_backend::contract::{Case, Pair, Report, Table};
use gatepass_backend::{
    Accounts, Backend, Credentials, ErrorKind, Handshake, NtHash, Principal, Request, Step,
};
use gatepass_engine::Ntlm;
use gatepass_sspi::{Package, Sspi};
use std::sync::Arc;

/// The engine's server would know nobody: that anybody gets in is the domain's doing.
struct Nobody;

impl Accounts for Nobody {
    fn nt_hash(&self, _: &Principal) -> Option<NtHash> {
        None
    }
}

/// The server after the engine's client has said all.
fn ended(name: &str, password: &str) -> Result<Step, gatepass_backend::Error> {
    let server: Box<dyn Handshake> = Sspi::new(Package::Ntlm).accept(Arc::new(Nobody), &Request::new())?;
    let client = Ntlm::new().initiate(&Credentials::password(name, password), &Request::new())?;
    let Step::Continue { token, next: client } = client else { panic!("NTLM has three messages") };
    let Step::Continue { token, next: server } = server.step(&token)? else { panic!("no CHALLENGE") };
    let Step::Complete { token: Some(token), .. } = client.step(&token)? else { panic!("no AUTHENTICATE") };
    server.step(&token)
}

#[test]
fn whom_the_domain_knows_is_let_in() {
    for (name, password) in [
        ("CORP\\alice", "Passw0rd!"),
        ("CORP\\bob", "Bob-Passw0rd!"),
        ("CORP\\jürgen", "pässwörd€"),
        ("CORP\\Ωmega", "пароль😀"),
    ] {
        assert!(matches!(ended(name, password).unwrap(), Step::Complete { token: None, .. }), "{name}");
    }
}

#[test]
fn whom_the_domain_refuses_is_not_let_in() {
    for (name, password) in [
        ("CORP\\bob", "Wr0ng-Passw0rd"),
        ("CORP\\no-such-user", "Passw0rd!"),
        ("CORP\\disabled", "Passw0rd!"),
        ("CORP\\expired", "Passw0rd!"),
        ("CORP\\mustchange", "Passw0rd!"),
    ] {
        assert_eq!(ended(name, password).unwrap_err().kind(), ErrorKind::LogonDenied, "{name}");
    }
}

/// secur32 as the server of the engine, which the domain serves; without what Wine does otherwise than Windows.
fn server() -> Pair {
    let (client, server) = (Ntlm::new(), Sspi::new(Package::Ntlm));
    let pair = Pair::new("engine × secur32", Arc::new(client), Arc::new(server), Arc::new(Nobody))
        .with_login(Credentials::password("CORP\\alice", "Passw0rd!"), Principal::new("CORP", "alice"))
        .with_wrong_password(Credentials::password("CORP\\bob", "Wr0ng-Passw0rd"))
        .with_unknown_user(Credentials::password("CORP\\nobody", "Passw0rd!"))
        .with_client_request(Request::target("HTTP/proxy.corp.test"))
        .except(Case::MechListMic, "SSPI's NTLM cannot begin its keystream anew behind the checksum");
    let keys = "Wine's acceptor has other keys than its client";
    let status = "Wine's acceptor calls what is no token a failure of its own";
    [
        (Case::WrongOrder, status),
        (Case::Garbage, status),
        (Case::Sign, keys),
        (Case::Seal, keys),
        (Case::Empty, keys),
        (Case::Altered, keys),
        (Case::Sequence, keys),
        (Case::Threads, keys),
        (Case::Debug, keys),
        (Case::SessionKey, "Wine does not give the key out"),
        (Case::BindingsDiffer, "Wine does not pass channel bindings on"),
        (Case::Names, "Wine's acceptor does not say who logged in"),
    ]
    .into_iter()
    .filter(|_| is_wine())
    .fold(pair, |pair, (case, reason)| pair.except(case, reason))
}

fn is_wine() -> bool {
    std::env::var_os("GATEPASS_WINE").is_some()
}

#[test]
fn secur32_keeps_the_contract_on_both_sides_as_the_table_in_the_docs_says() {
    let reports = [client::pair().run(), server().run()];
    reports.iter().for_each(Report::assert);
    let table = Table(&reports).to_string();
    // The table is Wine's: on Windows there is less that does not apply.
    let kept = include_str!("../../../docs/contract.md");
    assert!(kept.contains(&table) || !is_wine(), "docs/contract.md is stale: put this there\n{table}");
}
