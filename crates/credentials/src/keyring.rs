//! The system's keyring: one login for each peer, stored by `gatepass login`.
//!
//! An entry has the service name `gatepass`, the peer (`http://proxy.corp:8080`) as its user name, and as its secret the lines
//! that git's credential helpers speak. The keyring is opened when it is first asked.

mod sentence;
mod store;

pub use store::Store;

use crate::{Error, Place, key_value};
use gatepass_backend::{CredentialSource, Credentials, Request};
use keyring_core::{Entry, Error as StoreError};
use std::collections::HashMap;
use std::env;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;
use zeroize::Zeroizing;

const SERVICE: &str = "gatepass";

/// How long a keyring may take that has nobody to ask.
const LIMIT: Duration = Duration::from_secs(10);
/// How long a keyring may take that may be asking for its password in a window.
const LIMIT_WITH_WINDOW: Duration = Duration::from_secs(60);

/// One of the keyrings of this platform.
#[derive(Clone, Copy, Debug)]
pub struct Keyring {
    store: Store,
}

impl Keyring {
    /// The keyring that `store` names.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// Which keyring this is.
    #[must_use]
    pub const fn store(&self) -> Store {
        self.store
    }

    /// The login that is stored for `place`; none where there is no such keyring.
    ///
    /// # Errors
    /// When the keyring cannot be used, is locked, does not answer within 10 seconds (60 where it may be asking in a window),
    /// or holds something else than a login.
    pub fn get(&self, place: &Place) -> Result<Option<Credentials>, Error> {
        if self.store.is_absent() {
            return Ok(None);
        }
        let what = format!("the entry for {place} in {}", self.store.name());
        let read = self.with_entry(place, |entry| match entry.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(StoreError::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })?;
        match read {
            Some(secret) => key_value::read(&secret, &what),
            None => Ok(None),
        }
    }

    /// Stores `credentials` for `place`, in place of what was there.
    ///
    /// # Errors
    /// As [`get`](Self::get); for credentials without a secret; and for a name or password with a line break or a NUL.
    pub fn set(&self, place: &Place, credentials: &Credentials) -> Result<(), Error> {
        let lines = key_value::write(credentials).ok_or_else(|| {
            Error::new("a name or password with a line break cannot be stored; set another one")
        })?;
        self.with_entry(place, move |entry| entry.set_secret(lines.as_bytes()))
    }

    /// Removes what is stored for `place`; whether there was something.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn remove(&self, place: &Place) -> Result<bool, Error> {
        if self.store.is_absent() {
            return Ok(false);
        }
        self.with_entry(place, |entry| match entry.delete_credential() {
            Ok(()) => Ok(true),
            Err(StoreError::NoEntry) => Ok(false),
            Err(error) => Err(error),
        })
    }

    /// Does `work` with the entry, on a thread of its own: a keyring that waits for somebody waits alone.
    fn with_entry<T: Send + 'static>(
        &self,
        place: &Place,
        work: impl FnOnce(&Entry) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Error> {
        let (store, user) = (self.store, place.to_string());
        let limit = if has_window() { LIMIT_WITH_WINDOW } else { LIMIT };
        let (done, waits) = mpsc::channel();
        thread::spawn(move || {
            let label = format!("gatepass login for {user}");
            let modifiers = store.has_labels().then(|| HashMap::from([("label", label.as_str())]));
            let entry = store.open().and_then(|opened| opened.build(SERVICE, &user, modifiers.as_ref()));
            // Nobody waits any more when the time is over.
            let _ = done.send(entry.and_then(|entry| work(&entry)));
        });
        match waits.recv_timeout(limit) {
            Ok(result) => result.map_err(|error| sentence::of(store, &error)),
            Err(RecvTimeoutError::Timeout) => Err(sentence::silent(store, limit)),
            Err(RecvTimeoutError::Disconnected) => {
                Err(Error::new(format!("{} broke off; use another source", store.name())))
            }
        }
    }
}

impl CredentialSource for Keyring {
    fn name(&self) -> &str {
        self.store.name()
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, gatepass_backend::Error> {
        Ok(Place::of(request)?.map_or(Ok(None), |place| self.get(&place))?)
    }
}

/// Whether the keyring could be asking somebody.
fn has_window() -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(target_os = "linux")) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
