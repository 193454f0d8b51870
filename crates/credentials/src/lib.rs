//! Where logins come from, when nobody has typed one on the command line.
//!
//! Each place is a [`CredentialSource`](gatepass_backend::CredentialSource) of its own and knows nothing of the others; a
//! [`Chain`] asks them in its order, keeps what it found for each peer, and says who answered and who failed ([`Answer`]): a
//! source that fails never hides the next.
//!
//! | in this order | what it is | for whom |
//! |---|---|---|
//! | [`Explicit`] | what the caller holds in its hands | everybody, or one peer |
//! | [`UserInfo`] | `user:password@` in the URL of a peer | that peer |
//! | [`Environment`] | `GATEPASS_USER` with `GATEPASS_PASSWORD` or `GATEPASS_NT_HASH` | everybody |
//! | [`NtlmUserFile`] | the file that `NTLM_USER_FILE` names (gss-ntlmssp's, Heimdal's) | everybody |
//! | [`Netrc`] | `~/.netrc`, `_netrc` on Windows, or what `NETRC` names | the host that it names |
//! | [`Keyring`] | Windows' Credential Manager, macOS' Keychain, Secret Service, the Linux kernel's keyring | one peer: scheme, host and port |
//! | [`GitCredential`] | git's credential helpers | what the helper says |
//! | [`CommandSource`] | a command of the user's, spoken to as git speaks to its helpers | what the command says |
//! | [`Prompt`] | whoever sits at the terminal | the peer that is named in the question |
//!
//! "Everybody" is whom the chain is asked about. Sources that serve everybody belong into a chain for peers that were
//! configured, a proxy above all, and not into one for whatever server says 401: who gets credentials is the caller's word.
//!
//! ```
//! use gatepass_backend::{CredentialSource as _, Credentials, Request};
//! use gatepass_credentials::{Chain, Environment, Explicit, Place};
//!
//! let proxy = Place::parse("http://proxy.corp.example:8080")?;
//! let login = Credentials::password("CORP\\alice", "secret");
//! let chain = Chain::new().with(Explicit::new(login).only_for(proxy)).with(Environment::new());
//! let answer = chain.answer(&Request::new().with_peer("http://proxy.corp.example:8080"));
//! assert_eq!(answer.source(), Some("what was given"));
//! # assert!(chain.credentials(&Request::new().with_peer("http://proxy.corp.example:8080")).is_ok());
//! # Ok::<(), gatepass_credentials::Error>(())
//! ```
//!
//! # Secrets
//! What is read passes through buffers that are wiped, and ends in types that are ([`Password`](gatepass_backend::Password),
//! [`NtHash`](gatepass_backend::NtHash)). No error repeats a line of a file or a word of a command. A file that holds a secret
//! must belong to the user (or root) and be closed to others, else it is refused with the `chmod` line to type; on Windows
//! its access list is not looked at. Programs that are started do not inherit the variables that hold secrets. What the
//! system's own libraries for D-Bus and the keychain copy on their way is theirs to wipe.
#![warn(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

mod answer;
mod chain;
mod command;
mod environment;
mod error;
mod explicit;
mod git;
mod key_value;
#[cfg(feature = "keyring")]
mod keyring;
#[cfg(unix)]
mod leash;
mod local_path;
mod netrc;
mod nt_hash;
mod ntlm_user_file;
mod password;
mod place;
mod prompt;
mod secret_file;
mod subprocess;
mod user_info;

pub use answer::{Answer, Failed};
pub use chain::Chain;
pub use command::CommandSource;
pub use environment::{Environment, SECRET_VARIABLES};
pub use error::Error;
pub use explicit::Explicit;
pub use git::GitCredential;
#[cfg(feature = "keyring")]
pub use keyring::{Keyring, Store};
pub use local_path::local;
pub use netrc::Netrc;
pub use ntlm_user_file::NtlmUserFile;
pub use password::{password_in_file, password_in_variable, password_on};
pub use place::Place;
pub use prompt::{Prompt, prompt_for_password};
pub use subprocess::end_with_children;
pub use user_info::UserInfo;
