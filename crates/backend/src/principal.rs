//! Who: a user name with its domain.

use alloc::string::String;
use core::fmt;

/// The name of a user, as NTLM carries it: a user name and a domain, either of which may be empty.
///
/// Two principals are equal when they are so to the letter. Windows ignores case when it looks a user up; a store that
/// wants the same does so on its own (see [`Accounts`](crate::Accounts)).
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Principal {
    /// The domain, and the user name behind it.
    text: String,
    /// Where the user name begins.
    user_at: usize,
}

impl Principal {
    /// The user `user` of `domain`; an empty domain means that none is named.
    #[must_use]
    pub fn new(domain: impl Into<String>, user: impl AsRef<str>) -> Self {
        let mut text = domain.into();
        let user_at = text.len();
        text.push_str(user.as_ref());
        Self { text, user_at }
    }

    /// The principal whose domain is the first `user_at` bytes of `text`, and whose user name is the rest; `None` when that
    /// is within a character or beyond the end.
    #[must_use]
    pub fn joined(text: String, user_at: usize) -> Option<Self> {
        text.is_char_boundary(user_at).then_some(Self { text, user_at })
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
        self.text.get(..self.user_at).unwrap_or_default()
    }

    /// The user name.
    #[must_use]
    pub fn user(&self) -> &str {
        self.text.get(self.user_at..).unwrap_or_default()
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal").field("domain", &self.domain()).field("user", &self.user()).finish()
    }
}

/// `DOMAIN\user`, or the user name alone; control characters escaped.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.domain().is_empty() {
            write!(f, "{}\\", self.domain().escape_debug())?;
        }
        write!(f, "{}", self.user().escape_debug())
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
    fn the_same_letters_cut_elsewhere_are_another_principal() {
        let joined = |user_at| Principal::joined("CORPjürgen".into(), user_at);
        assert_eq!(joined(4), Some(Principal::new("CORP", "jürgen")));
        assert_ne!(joined(3), joined(4));
        assert_eq!(joined(0), Some(Principal::new("", "CORPjürgen")));
        assert_eq!((joined(6), joined(12)), (None, None), "within a character, behind the end");
        assert_eq!(
            alloc::format!("{:?}", joined(4).unwrap()),
            r#"Principal { domain: "CORP", user: "jürgen" }"#
        );
    }

    #[test]
    fn display_never_drives_a_terminal() {
        let hostile = Principal::new("CORP", "a\u{1b}[2J\u{202e}b");
        assert_eq!(hostile.to_string(), "CORP\\a\\u{1b}[2J\\u{202e}b");
        assert_eq!(Principal::parse("bob").to_string(), "bob");
    }
}
