//! Where credentials come from, when the caller has none in its hands.

use crate::{Credentials, Error, Request};
use core::fmt::Debug;

/// A place where credentials may be found: the environment, a file, a keyring, a program that is asked, a person.
///
/// A source that is asked may read files, run programs or wait for somebody: it is asked where a thread may block.
pub trait CredentialSource: Send + Sync + Debug {
    /// The source, as it is called in a sentence about where credentials came from.
    fn name(&self) -> &str;

    /// The credentials for `request`: by its [`peer`](Request::peer) where the source keeps one secret for each place.
    /// `None`: it knows none, and another source may be asked.
    ///
    /// # Errors
    /// When the source failed, with a sentence as the cause. Another source may still be asked.
    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Error>;
}
