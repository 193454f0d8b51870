//! Who may ask: a browser that shows our own page, and knows the token.
//!
//! | against | what is wanted |
//! |---|---|
//! | a foreign name that resolves to loopback (DNS rebinding) | a `Host` that is loopback's, with our port |
//! | a foreign page (CSRF, reading across origins) | `Origin` and `Sec-Fetch-Site` of this page, where there are any |
//! | other users and programs of this machine | the token, in a field of its own |

use crate::Error;
use http::HeaderMap;
use http::header::{HOST, ORIGIN};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;

/// The field with the token. No form can send it, and a script of another origin would have to be allowed to.
const TOKEN: &str = "x-gatepass-token";
/// What browsers say of where a request comes from (Fetch Metadata).
const SITE: &str = "sec-fetch-site";

/// Who is let in.
pub(super) struct Admission {
    address: SocketAddr,
    token: String,
    /// Compared in its place, so that the time it takes says nothing of the token.
    digest: [u8; 32],
}

impl Admission {
    /// With a new token, of 128 bits.
    pub(super) fn new(address: SocketAddr) -> Result<Self, Error> {
        let mut bytes = [0; 16];
        let provider = rustls::crypto::ring::default_provider();
        provider.secure_random.fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
        let token = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let digest = Sha256::digest(token.as_bytes()).into();
        Ok(Self { address, token, digest })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/#{}", self.address, self.token)
    }

    /// Whether the files of the page are for who asks.
    pub(super) fn to_files(&self, fields: &HeaderMap) -> Result<(), &'static str> {
        let host = only(fields, HOST.as_str()).filter(|host| self.is_ours(host));
        let host = host.ok_or("The page is at a loopback address, and Host says something else.")?;
        if let Some(origin) = fields.get(ORIGIN) {
            let ours = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
            if ours != Some(host) {
                return Err("Another page may not ask.");
            }
        }
        match fields.get(SITE).map(|site| site.as_bytes()) {
            None | Some(b"same-origin" | b"none") => Ok(()),
            Some(_) => Err("Another page may not ask. Copy the address into the browser."),
        }
    }

    /// Whether what happens, and the switches, are for who asks.
    pub(super) fn to_interface(&self, fields: &HeaderMap) -> Result<(), &'static str> {
        self.to_files(fields)?;
        let digest = |token: &str| -> [u8; 32] { Sha256::digest(token.as_bytes()).into() };
        match only(fields, TOKEN).map(digest) {
            Some(digest) if digest == self.digest => Ok(()),
            Some(_) => Err(
                "The token is not the one of this mock proxy. Take the address that it printed at its start.",
            ),
            None => Err("The token is missing. Take the address that the mock proxy printed at its start."),
        }
    }

    /// A name of loopback, and our port.
    fn is_ours(&self, host: &str) -> bool {
        let Some((name, port)) = host.rsplit_once(':') else { return false };
        let known = ["127.0.0.1", "localhost", "[::1]"].contains(&name) || host == self.address.to_string();
        known && port == self.address.port().to_string()
    }
}

/// The value of a field that is there once.
fn only<'a>(fields: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = fields.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}
