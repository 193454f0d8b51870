//! Negotiate for both sides: a client has all mechanisms, a server those that take the accounts which it is given.

use gatepass_backend::{Accounts, Backend, Credentials, Error, Handshake, Request, Step};
use gatepass_spnego::Spnego;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub(super) struct Negotiate {
    pub(super) client: Spnego,
    pub(super) server: Spnego,
}

impl Backend for Negotiate {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        self.client.initiate(credentials, request)
    }

    fn accept(&self, accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        self.server.accept(accounts, request)
    }

    fn blocks(&self) -> bool {
        self.client.blocks()
    }
}
