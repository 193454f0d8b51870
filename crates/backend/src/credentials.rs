//! As whom to log in.

use crate::{NtHash, Password, Principal};

/// The identity a client presents (`AcquireCredentialsHandle`).
///
/// `Debug` shows names, never a secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credentials {
    /// The user who is logged in: single sign-on, where the backend has it.
    CurrentUser,
    /// Nobody ([MS-NLMP] 3.2.5.1.2).
    Anonymous,
    /// A name and its password.
    Password(Principal, Password),
    /// A name and its NT hash, which is as good as the password.
    NtHash(Principal, NtHash),
}

impl Credentials {
    /// The credentials of `name`, in any of the forms that [`Principal::parse`] knows, with `password`.
    #[must_use]
    pub fn password(name: &str, password: impl Into<Password>) -> Self {
        Self::Password(Principal::parse(name), password.into())
    }

    /// The name in them, if they hold one.
    #[must_use]
    pub fn principal(&self) -> Option<&Principal> {
        match self {
            Self::Password(principal, _) | Self::NtHash(principal, _) => Some(principal),
            Self::CurrentUser | Self::Anonymous => None,
        }
    }
}
