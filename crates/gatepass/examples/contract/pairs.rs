//! The pairs of backends that need nothing but this process.

use gatepass::backend::contract::{Case, Pair};
use gatepass::spnego::{Oid, Spnego};
use gatepass::{
    Accounts, Attributes, Backend, Credentials, Error, ErrorKind, Handshake, NtHash, Ntlm, Principal,
    Request, Step, TargetInfo, crypto::ntowf_v1,
};
use std::sync::Arc;

pub(crate) const PASSWORD: &str = "Marker-Passw0rd!";
const OTHERS: &str = "Мaркер-пароль€😀";

/// Two users, each under every name that the server may hear.
#[derive(Debug)]
pub(crate) struct Corp;

impl Accounts for Corp {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        match principal.user() {
            "alice" | "alice@corp.test" => Some(ntowf_v1(PASSWORD)),
            "jürgen" => Some(ntowf_v1(OTHERS)),
            _ => None,
        }
    }
}

pub(crate) fn ntlm() -> Arc<dyn Backend> {
    Arc::new(Ntlm::new().with_target_info(TargetInfo::new("CORP", "PROXY")).with_workstation("DESK"))
}

/// Negotiate with NTLM inside.
pub(crate) fn spnego() -> Arc<dyn Backend> {
    Arc::new(Spnego::new().with_mechanism(&[Oid::NTLMSSP], ntlm()))
}

/// Negotiate whose first choice is one that no server here has.
fn second_choice() -> Arc<dyn Backend> {
    let offers = Spnego::new().with_mechanism(&[Oid::MS_KERBEROS, Oid::KERBEROS], Arc::new(Ticket));
    Arc::new(offers.with_mechanism(&[Oid::NTLMSSP], ntlm()))
}

/// What the pairs of NTLM have in common, whatever is around it.
pub(crate) fn pair(name: &str, client: Arc<dyn Backend>, server: Arc<dyn Backend>) -> Pair {
    let jürgen = Principal::new("CORP", "jürgen");
    Pair::new(name, client, server, Arc::new(Corp))
        .with_login(Credentials::password("CORP\\alice", PASSWORD), Principal::new("CORP", "alice"))
        .with_login(Credentials::password("alice", PASSWORD), Principal::new("", "alice"))
        .with_login(Credentials::password("alice@corp.test", PASSWORD), Principal::new("", "alice@corp.test"))
        .with_login(Credentials::password("corp.test/alice", PASSWORD), Principal::new("corp.test", "alice"))
        .with_login(Credentials::Password(jürgen.clone(), OTHERS.into()), jürgen.clone())
        .with_login(Credentials::NtHash(jürgen.clone(), ntowf_v1(OTHERS)), jürgen)
        .with_wrong_password(Credentials::password("CORP\\alice", "Marker-another"))
        .with_unknown_user(Credentials::password("CORP\\nobody", PASSWORD))
        .with_client_request(Request::target("HTTP/proxy.corp.test"))
}

/// Both sides of the engine, which have datagrams too.
pub(crate) fn engine() -> Pair {
    pair_of_engines("engine × engine", ntlm(), ntlm())
}

/// Two engines, or what is made of them.
pub(crate) fn pair_of_engines(name: &str, client: Arc<dyn Backend>, server: Arc<dyn Backend>) -> Pair {
    pair(name, client, server).with_attributes(
        Attributes::INTEGRITY
            | Attributes::REPLAY_DETECT
            | Attributes::SEQUENCE_DETECT
            | Attributes::CONFIDENTIALITY
            | Attributes::DATAGRAM,
    )
}

/// Every pair.
pub(crate) fn all() -> Vec<Pair> {
    let exchanged = "SPNEGO has exchanged it within the handshake";
    let spnego_s = |name, client, server| pair(name, client, server).except(Case::MechListMic, exchanged);
    vec![
        engine(),
        spnego_s("spnego × spnego", spnego(), spnego()),
        spnego_s("spnego, second choice × spnego", second_choice(), spnego()),
        pair("engine × spnego", ntlm(), spnego()),
    ]
}

/// A mechanism that begins, and is never answered.
#[derive(Debug)]
struct Ticket;

impl Backend for Ticket {
    fn initiate(&self, credentials: &Credentials, _: &Request) -> Result<Step, Error> {
        match credentials {
            Credentials::Password(..) | Credentials::NtHash(..) => {
                Ok(Step::Continue { token: b"a ticket".to_vec(), next: Box::new(Self) })
            }
            _ => Err(ErrorKind::NoCredentials.into()),
        }
    }

    fn accept(&self, _: Arc<dyn Accounts>, _: &Request) -> Result<Box<dyn Handshake>, Error> {
        Err(ErrorKind::Unsupported.into())
    }
}

impl Handshake for Ticket {
    fn step(self: Box<Self>, _: &[u8]) -> Result<Step, Error> {
        Err(ErrorKind::InvalidToken.into())
    }
}
