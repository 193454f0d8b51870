//! Accounts, and a handshake between two backends.

use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, Error, NtHash, Principal, Request, SecurityContext, Step,
};
use gatepass_engine::crypto::ntowf_v1;
use std::sync::Arc;

/// Those who may log in at the engine: user and password. Domains are not looked at.
pub(crate) const USERS: [(&str, &str); 6] = [
    ("alice", "Passw0rd!"),
    ("bob", "Bob-Passw0rd!"),
    ("jürgen", "pässwörd€"),
    ("Ωmega", "пароль😀"),
    ("emptypw", ""),
    ("alice@corp.test", "Passw0rd!"),
];

#[derive(Debug)]
pub(crate) struct Users;

impl Accounts for Users {
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash> {
        USERS.iter().find(|(user, _)| *user == principal.user()).map(|(_, password)| ntowf_v1(password))
    }
}

/// What Wine's NTLM gives too; Windows gives replay and sequence detection with it.
pub(crate) fn protected() -> Request {
    let required = Attributes::INTEGRITY | Attributes::CONFIDENTIALITY;
    Request::target("HTTP/proxy.corp.test").with_requirements(required)
}

/// Whether secur32 is Wine's: `ci/windows/wine.sh` says so.
pub(crate) fn is_wine() -> bool {
    std::env::var_os("GATEPASS_WINE").is_some()
}

/// Both ends of a handshake.
#[derive(Debug)]
pub(crate) struct Ends {
    pub(crate) client: Box<dyn SecurityContext>,
    pub(crate) server: Box<dyn SecurityContext>,
}

/// Whose error ended a handshake.
#[derive(Debug)]
pub(crate) enum Ended {
    Client(Error),
    Server(Error),
}

pub(crate) fn shake(
    client: &dyn Backend,
    server: &dyn Backend,
    credentials: &Credentials,
    asks: &Request,
    demands: &Request,
) -> Result<Ends, Ended> {
    let mut server = server.accept(Arc::new(Users), demands).map_err(Ended::Server)?;
    let mut step = client.initiate(credentials, asks).map_err(Ended::Client)?;
    loop {
        match step {
            Step::Continue { token, next } => match server.step(&token).map_err(Ended::Server)? {
                Step::Continue { token, next: waiting } => {
                    server = waiting;
                    step = next.step(&token).map_err(Ended::Client)?;
                }
                Step::Complete { .. } => panic!("the server is done before the client"),
            },
            Step::Complete { token, context: client } => {
                let token = token.expect("NTLM's last message is the client's");
                match server.step(&token).map_err(Ended::Server)? {
                    Step::Complete { context: server, .. } => return Ok(Ends { client, server }),
                    Step::Continue { .. } => panic!("the server wants more than AUTHENTICATE"),
                }
            }
        }
    }
}
