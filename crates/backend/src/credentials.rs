//! As whom to log in.

use crate::{NtHash, NtOwfV2, Password, Principal};

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
    /// A name and what NTLMv2 makes of it and the NT hash: kept from one handshake to the next, it saves part of the work, and
    /// the secrets that it was made of need not be kept. It is good for NTLMv2 alone, under this very name.
    NtOwfV2(Principal, NtOwfV2),
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
            Self::Password(principal, _) | Self::NtHash(principal, _) | Self::NtOwfV2(principal, _) => {
                Some(principal)
            }
            Self::CurrentUser | Self::Anonymous => None,
        }
    }
}
