//! The keyrings that a platform has.

use keyring_core::{CredentialStore, Error};
use std::sync::Arc;

/// A keyring of this platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Store {
    /// The Secret Service of the desktop (gnome-keyring, KWallet, KeePassXC), over D-Bus.
    #[cfg(target_os = "linux")]
    SecretService,
    /// The keyring of the Linux kernel, which lasts until the machine is restarted, or nobody has looked into it for three days
    /// (`/proc/sys/kernel/keys/persistent_keyring_expiry`).
    #[cfg(target_os = "linux")]
    Keyutils,
    /// The user's keychain of macOS.
    #[cfg(target_os = "macos")]
    Keychain,
    /// The Credential Manager of Windows.
    #[cfg(windows)]
    CredentialManager,
}

impl Store {
    /// The keyrings of this platform, in the order in which they are asked. A platform may have none.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        &[
            #[cfg(target_os = "linux")]
            Self::SecretService,
            #[cfg(target_os = "linux")]
            Self::Keyutils,
            #[cfg(target_os = "macos")]
            Self::Keychain,
            #[cfg(windows)]
            Self::CredentialManager,
        ]
    }

    /// The keyring, as it is called in a sentence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            #[cfg(target_os = "linux")]
            Self::SecretService => "the Secret Service",
            #[cfg(target_os = "linux")]
            Self::Keyutils => "the kernel's keyring",
            #[cfg(target_os = "macos")]
            Self::Keychain => "the keychain",
            #[cfg(windows)]
            Self::CredentialManager => "the Credential Manager",
        }
    }

    /// The keyring, as it is called on a command line: `secret-service`, `keyutils`, `keychain`, `credential-manager`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            #[cfg(target_os = "linux")]
            Self::SecretService => "secret-service",
            #[cfg(target_os = "linux")]
            Self::Keyutils => "keyutils",
            #[cfg(target_os = "macos")]
            Self::Keychain => "keychain",
            #[cfg(windows)]
            Self::CredentialManager => "credential-manager",
        }
    }

    /// Whether what it stores outlives a restart of the machine.
    #[must_use]
    pub const fn outlives_a_restart(self) -> bool {
        match self {
            #[cfg(target_os = "linux")]
            Self::Keyutils => false,
            #[cfg(target_os = "linux")]
            Self::SecretService => true,
            #[cfg(target_os = "macos")]
            Self::Keychain => true,
            #[cfg(windows)]
            Self::CredentialManager => true,
        }
    }

    /// Whether it is plain without asking that this keyring is not there: for the Secret Service, that there is no D-Bus session.
    pub(crate) fn is_absent(self) -> bool {
        match self {
            #[cfg(target_os = "linux")]
            Self::SecretService => {
                let named =
                    std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|address| !address.is_empty());
                let user = rustix::process::getuid().as_raw();
                let directory = std::env::var_os("XDG_RUNTIME_DIR").filter(|directory| !directory.is_empty());
                let directory = directory.unwrap_or_else(|| format!("/run/user/{user}").into());
                !named && !std::path::Path::new(&directory).join("bus").exists()
            }
            #[cfg(target_os = "linux")]
            Self::Keyutils => false,
            #[cfg(target_os = "macos")]
            Self::Keychain => false,
            #[cfg(windows)]
            Self::CredentialManager => false,
        }
    }

    /// Whether an entry has a label for those who look into the keyring.
    pub(crate) const fn has_labels(self) -> bool {
        match self {
            #[cfg(target_os = "linux")]
            Self::SecretService => true,
            #[cfg(target_os = "linux")]
            Self::Keyutils => false,
            #[cfg(target_os = "macos")]
            Self::Keychain => false,
            #[cfg(windows)]
            Self::CredentialManager => false,
        }
    }

    pub(crate) fn open(self) -> Result<Arc<CredentialStore>, Error> {
        match self {
            #[cfg(target_os = "linux")]
            Self::SecretService => Ok(zbus_secret_service_keyring_store::Store::new()?),
            #[cfg(target_os = "linux")]
            Self::Keyutils => {
                join_session()?;
                Ok(linux_keyutils_keyring_store::Store::new()?)
            }
            #[cfg(target_os = "macos")]
            Self::Keychain => Ok(apple_native_keyring_store::keychain::Store::new()?),
            #[cfg(windows)]
            Self::CredentialManager => Ok(windows_native_keyring_store::Store::new()?),
        }
    }
}

/// A process that was not started by a login has no session keyring of its own, and may not read what it puts into the one
/// that all such processes share. This thread gets one where there is none; what lasts is the user's persistent keyring, which
/// is linked into it.
#[cfg(target_os = "linux")]
fn join_session() -> Result<(), Error> {
    use linux_keyutils::{KeyRing, KeyRingIdentifier};
    match KeyRing::from_special_id(KeyRingIdentifier::Session, true) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::NoStorageAccess(error.into())),
    }
}
