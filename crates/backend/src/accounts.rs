//! Where a server finds what it must know of a user.

use crate::{NtHash, Principal};

/// The accounts of a server: the one secret that NTLM's verification needs, the NT hash (`MD4(UTF16LE(password))`,
/// [MS-NLMP] 3.3.1), by name.
///
/// There is no notion of a guest: a name that is not known is `None`, and so is a store that cannot be read. `None` ends
/// in the same refusal, after the same work, as a wrong password.
pub trait Accounts: Send + Sync {
    /// The NT hash of `principal`, or `None` when there is no such account (or it may not log in).
    ///
    /// The name arrives exactly as the client sent it; how it is compared (Windows ignores case) is the store's affair.
    fn nt_hash(&self, principal: &Principal) -> Option<NtHash>;
}
