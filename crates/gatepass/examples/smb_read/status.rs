//! What a server answers ([MS-ERREF] 2.3.1): the codes that a login and a read may meet.

use std::fmt;

/// An NTSTATUS. Displays as its name and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u32);

impl Status {
    /// It is done.
    pub(crate) const SUCCESS: Self = Self(0);
    /// The answer comes later; this is none.
    pub(crate) const PENDING: Self = Self(0x0000_0103);
    /// There is nothing behind this offset.
    pub(crate) const END_OF_FILE: Self = Self(0xc000_0011);
    /// The login goes on.
    pub(crate) const MORE_PROCESSING_REQUIRED: Self = Self(0xc000_0016);
}

const NAMES: [(u32, &str, &str); 14] = [
    (0xc000_0022, "ACCESS_DENIED", "this user may not do that"),
    (0xc000_0034, "OBJECT_NAME_NOT_FOUND", "there is no such file on the share"),
    (0xc000_003a, "OBJECT_PATH_NOT_FOUND", "there is no such directory on the share"),
    (0xc000_006d, "LOGON_FAILURE", "the user is unknown or the password wrong; it was tried once"),
    (0xc000_006f, "INVALID_LOGON_HOURS", "this user may not log in at this time"),
    (0xc000_0070, "INVALID_WORKSTATION", "this user may not log in from this machine"),
    (0xc000_0071, "PASSWORD_EXPIRED", "the password has expired; change it first"),
    (0xc000_0072, "ACCOUNT_DISABLED", "the account is disabled; ask its administrator"),
    (0xc000_00ba, "FILE_IS_A_DIRECTORY", "name a file, not a directory"),
    (0xc000_00bb, "NOT_SUPPORTED", "the server speaks neither SMB 2.0.2 nor 2.1"),
    (0xc000_00cc, "BAD_NETWORK_NAME", "the server has no such share"),
    (0xc000_0193, "ACCOUNT_EXPIRED", "the account has expired; ask its administrator"),
    (0xc000_0224, "PASSWORD_MUST_CHANGE", "the password must be changed before the first login"),
    (0xc000_0234, "ACCOUNT_LOCKED_OUT", "the account is locked after too many wrong passwords"),
];

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(code, ..)| *code == self.0) {
            Some((_, name, advice)) => write!(f, "STATUS_{name}: {advice}"),
            None => write!(f, "status {:#010x} of [MS-ERREF] 2.3.1", self.0),
        }
    }
}
