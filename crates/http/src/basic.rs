//! Basic (RFC 7617): no proof of the password but the password, behind the same joint as the others.

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use core::fmt;
use gatepass_backend::{
    Accounts, Attributes, Backend, Credentials, Error, ErrorKind, Handshake, NtHash, Principal, Request,
    SecurityContext, SessionKey, Step,
};

/// The mechanism of [`Scheme::Basic`](crate::Scheme::Basic): one token, `user:password` in UTF-8.
///
/// The user is written as [`Principal`] shows it (`CORP\alice`). The context protects nothing and has no key.
#[derive(Clone, Copy)]
pub struct Basic {
    nt_hash: Option<fn(&str) -> NtHash>,
}

impl Basic {
    /// For clients.
    #[must_use]
    pub const fn new() -> Self {
        Self { nt_hash: None }
    }

    /// For servers as well, whose accounts are known by their NT hash: `nt_hash` makes that of a password (NTOWFv1,
    /// [MS-NLMP] 3.3.1).
    #[must_use]
    pub const fn verifying(nt_hash: fn(&str) -> NtHash) -> Self {
        Self { nt_hash: Some(nt_hash) }
    }
}

impl Default for Basic {
    fn default() -> Self {
        Self::new()
    }
}

impl Backend for Basic {
    fn initiate(&self, credentials: &Credentials, request: &Request) -> Result<Step, Error> {
        if request.requirements() != Attributes::none() {
            return Err(ErrorKind::Unsupported.into());
        }
        let Credentials::Password(principal, password) = credentials else {
            return Err(ErrorKind::NoCredentials.into());
        };
        let mut token = String::new();
        if !principal.domain().is_empty() {
            token.push_str(principal.domain());
            token.push('\\');
        }
        token.push_str(principal.user());
        if token.contains(':')
            || [&*token, password.expose()].iter().any(|text| text.contains(char::is_control))
        {
            return Err(Error::with_source(
                ErrorKind::Unsupported,
                "Basic can carry no colon in a user name, and no control character (RFC 7617 section 2)",
            ));
        }
        token.push(':');
        token.push_str(password.expose());
        Ok(Step::Complete { token: Some(token.into_bytes()), context: Box::new(Bare(None)) })
    }

    fn accept(&self, accounts: Arc<dyn Accounts>, request: &Request) -> Result<Box<dyn Handshake>, Error> {
        match self.nt_hash {
            Some(nt_hash) if request.requirements() == Attributes::none() => {
                Ok(Box::new(Acceptor { accounts, nt_hash }))
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

/// Whether it verifies.
impl fmt::Debug for Basic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.nt_hash.is_some() { "Basic (verifying)" } else { "Basic" })
    }
}

struct Acceptor {
    accounts: Arc<dyn Accounts>,
    nt_hash: fn(&str) -> NtHash,
}

impl Handshake for Acceptor {
    fn step(self: Box<Self>, token: &[u8]) -> Result<Step, Error> {
        let text = core::str::from_utf8(token).ok().and_then(|text| text.split_once(':'));
        let (name, password) = text.ok_or(ErrorKind::InvalidToken)?;
        let principal = Principal::parse(name);
        // Hashed first: an unknown name takes as long as a wrong password.
        let given = (self.nt_hash)(password);
        match self.accounts.nt_hash(&principal) {
            Some(known) if known.ct_eq(&given) => {
                Ok(Step::Complete { token: None, context: Box::new(Bare(Some(principal))) })
            }
            _ => Err(ErrorKind::LogonDenied.into()),
        }
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Basic")
    }
}

/// A context that knows its peer at most.
#[derive(Debug)]
struct Bare(Option<Principal>);

impl SecurityContext for Bare {
    fn attributes(&self) -> Attributes {
        Attributes::none()
    }

    fn peer(&self) -> Option<&Principal> {
        self.0.as_ref()
    }

    fn session_key(&self) -> Option<SessionKey> {
        None
    }

    fn sign(&mut self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(ErrorKind::Unsupported.into())
    }

    fn verify(&mut self, _: &[u8], _: &[u8]) -> Result<(), Error> {
        Err(ErrorKind::Unsupported.into())
    }

    fn seal(&mut self, _: &mut [u8]) -> Result<Vec<u8>, Error> {
        Err(ErrorKind::Unsupported.into())
    }

    fn unseal(&mut self, _: &mut [u8], _: &[u8]) -> Result<(), Error> {
        Err(ErrorKind::Unsupported.into())
    }
}
