//! Who: a user name with its domain.

use alloc::string::String;
use core::fmt;

/// The name of a user, as NTLM carries it: a user name and a domain, either of which may be empty.
///
/// Two principals are equal when they are so to the letter. Windows ignores case when it looks a user up; a store that
/// wants the same does so on its own (see [`Accounts`](crate::Accounts)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Principal {
    domain: String,
    user: String,
}

impl Principal {
    /// The user `user` of `domain`; an empty domain means that none is named.
    #[must_use]
    pub fn new(domain: impl Into<String>, user: impl Into<String>) -> Self {
        Self { domain: domain.into(), user: user.into() }
    }

    /// Reads `DOMAIN\user`, `DOMAIN/user`, `user@realm` or `user`.
    ///
    /// A user principal name (`user@realm`) stays whole as the user name with an empty domain, as Windows sends it: the
    /// server finds out which account it means. The first backslash (or, where there is none, the first slash) separates.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match name.split_once('\\').or_else(|| name.split_once('/')) {
            Some((domain, user)) => Self::new(domain, user),
            None => Self::new("", name),
        }
    }

    /// The domain, empty when none is named.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The user name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }
}

/// `DOMAIN\user`, or the user name alone; control characters escaped.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.domain.is_empty() {
            write!(f, "{}\\", self.domain.escape_debug())?;
        }
        write!(f, "{}", self.user.escape_debug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn each_form_of_a_name_is_read() {
        for (name, domain, user) in [
            ("CORP\\alice", "CORP", "alice"),
            ("CORP/alice", "CORP", "alice"),
            ("alice", "", "alice"),
            ("alice@corp.test", "", "alice@corp.test"),
            ("CORP\\alice@corp.test", "CORP", "alice@corp.test"),
            ("\\alice", "", "alice"),
            ("CORP\\a/b", "CORP", "a/b"),
            ("CORP\\", "CORP", ""),
            ("", "", ""),
            ("Ωmega\\пользователь😀", "Ωmega", "пользователь😀"),
        ] {
            let read = Principal::parse(name);
            assert_eq!((read.domain(), read.user()), (domain, user), "{name}");
        }
    }

    #[test]
    fn display_never_drives_a_terminal() {
        let hostile = Principal::new("CORP", "a\u{1b}[2J\u{202e}b");
        assert_eq!(hostile.to_string(), "CORP\\a\\u{1b}[2J\\u{202e}b");
        assert_eq!(Principal::parse("bob").to_string(), "bob");
    }
}
