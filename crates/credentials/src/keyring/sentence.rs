//! What a keyring's failure means, and what to try.

use crate::{Error, Store, error::without_number};
use keyring_core::Error as StoreError;
use std::time::Duration;

/// A failure of `store` as a sentence. The secret that some failures carry is left out.
pub(crate) fn of(store: Store, error: &StoreError) -> Error {
    let name = store.name();
    Error::new(match error {
        StoreError::NoStorageAccess(cause) => {
            format!("{name} gives no access ({}); {}", without_number(&cause.to_string()), access(store))
        }
        StoreError::PlatformFailure(cause) => {
            format!("{name} cannot be used ({}); {}", without_number(&cause.to_string()), absent(store))
        }
        StoreError::Ambiguous(_) => {
            format!("{name} holds several logins for this place; remove them: gatepass logout")
        }
        StoreError::BadEncoding(_) | StoreError::BadDataFormat(..) | StoreError::BadStoreFormat(_) => {
            format!("what {name} holds cannot be read; store it again: gatepass login")
        }
        StoreError::TooLong(what, most) => format!("{name} takes no {what} longer than {most} characters"),
        other => format!("{name} failed: {}", without_number(&other.to_string())),
    })
}

/// A keyring that did not answer.
pub(crate) fn silent(store: Store, limit: Duration) -> Error {
    Error::new(format!(
        "{} did not answer within {} seconds; it may be locked and wait for its password: {}",
        store.name(),
        limit.as_secs(),
        access(store)
    ))
}

/// What to do about a keyring that is locked or denies access.
const fn access(store: Store) -> &'static str {
    match store {
        #[cfg(target_os = "linux")]
        Store::SecretService => {
            "it is locked, its prompt was dismissed or it has no default keyring: look into it with seahorse, kwalletmanager or \
             KeePassXC, unlock it and try again"
        }
        #[cfg(target_os = "linux")]
        Store::Keyutils => {
            "a container forbids it, or its quota is used up (see `cat /proc/key-users`): use another source"
        }
        #[cfg(target_os = "macos")]
        Store::Keychain => {
            "it is locked or access was denied: run `security unlock-keychain`, and allow gatepass in Keychain Access"
        }
        #[cfg(windows)]
        Store::CredentialManager => {
            "log on with a profile of your own: services without one have no credentials"
        }
    }
}

/// What to do about a keyring that is not there.
const fn absent(store: Store) -> &'static str {
    match store {
        #[cfg(target_os = "linux")]
        Store::SecretService => {
            "start a keyring daemon in a D-Bus session (gnome-keyring, KWallet, KeePassXC), or use another source"
        }
        #[cfg(target_os = "linux")]
        Store::Keyutils => "this kernel or container has no key service; use another source",
        #[cfg(target_os = "macos")]
        Store::Keychain => "check it with `security list-keychains`",
        #[cfg(windows)]
        Store::CredentialManager => "check it with `cmdkey /list`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f41_each_failure_of_each_keyring_is_a_sentence_that_says_what_to_try() {
        for store in Store::all() {
            let errors = [
                StoreError::NoStorageAccess("denied".into()),
                StoreError::PlatformFailure("no bus (os error 2)".into()),
                StoreError::BadEncoding(b"marker".to_vec()),
                StoreError::BadDataFormat(b"marker".to_vec(), "malformed".into()),
                StoreError::Ambiguous(Vec::new()),
            ];
            for error in errors {
                let sentence = of(*store, &error).to_string();
                assert!(sentence.contains(store.name()) && !sentence.contains("marker"), "{sentence}");
                assert!(sentence.contains(';') && !sentence.contains("109, 97"), "{sentence}");
                assert!(!sentence.contains("os error"), "{sentence}");
            }
            let sentence = silent(*store, Duration::from_secs(10)).to_string();
            assert!(sentence.contains("did not answer within 10 seconds; it may be locked"), "{sentence}");
        }
    }
}
