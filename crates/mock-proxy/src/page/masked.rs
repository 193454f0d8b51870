//! The text of a script without the secrets of its accounts, for a page that shows it and gives it back changed.

use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// In place of a secret.
const MASK: &str = "(as it was)";

/// As much of a script as has secrets.
#[derive(Deserialize)]
struct Accounts {
    #[serde(default, rename = "account")]
    proxy: Vec<Known>,
    #[serde(default, rename = "origin-account")]
    origin: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    user: Option<String>,
    password: Option<Spanned<String>>,
    #[serde(rename = "nt-hash")]
    nt_hash: Option<Spanned<String>>,
}

/// A secret and its place in the text.
struct Secret {
    /// Which account, and which of its secrets.
    key: (&'static str, String, &'static str),
    masked: bool,
    span: Range<usize>,
}

/// The secrets of `text` in the order in which they stand; `None` when it is no TOML, or no script.
fn secrets(text: &str) -> Option<Vec<Secret>> {
    let accounts: Accounts = toml::from_str(text).ok()?;
    let mut secrets = Vec::new();
    for (list, known) in [("account", accounts.proxy), ("origin-account", accounts.origin)] {
        for account in known {
            let user = account.user.unwrap_or_default().to_lowercase();
            for (name, value) in [("password", account.password), ("nt-hash", account.nt_hash)] {
                let Some(value) = value else { continue };
                let masked = value.get_ref() == MASK;
                secrets.push(Secret { key: (list, user.clone(), name), masked, span: value.span() });
            }
        }
    }
    secrets.sort_by_key(|secret| secret.span.start);
    Some(secrets)
}

/// `text` without its secrets; nothing of what is no script, for nobody knows what is secret there.
pub(super) fn mask(text: &str) -> String {
    let Some(secrets) = secrets(text) else { return String::new() };
    let mut shown = text.to_owned();
    for secret in secrets.into_iter().rev() {
        shown.replace_range(secret.span, &format!("\"{MASK}\""));
    }
    shown
}

/// `text` with the secrets of `before` where it says that they are as they were.
///
/// # Errors
/// The line and a sentence, where no secret was there before.
pub(super) fn unmask(text: &str, before: &str) -> Result<String, (usize, String)> {
    // What is no script is refused where it is read as one.
    let wanted = secrets(text).unwrap_or_default();
    let known = secrets(before).unwrap_or_default();
    let mut whole = text.to_owned();
    for secret in wanted.into_iter().rev().filter(|secret| secret.masked) {
        let kept = known.iter().find(|kept| kept.key == secret.key && !kept.masked);
        let Some(written) = kept.and_then(|kept| before.get(kept.span.clone())) else {
            let line = text.bytes().take(secret.span.start).filter(|byte| *byte == b'\n').count() + 1;
            let (_, user, name) = &secret.key;
            return Err((line, format!("no {name} of {user} is known: write one in place of \"{MASK}\"")));
        };
        whole.replace_range(secret.span, written);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# as it is
[[account]]
user = 'CORP\\alice' # password = \"x\"
password = \"marker\\u00e9\"
[[account]]
nt-hash = '8846f7eaee8fb117ad06bdd830b7586c'
user = 'bob'
[[origin-account]]
user = 'CORP\\alice'
password = '''marker'''
";

    #[test]
    fn a83_a_script_is_shown_without_secrets_and_given_back_with_them() {
        let shown = mask(TEXT);
        assert!(!shown.contains("marker") && !shown.contains("8846"), "{shown}");
        assert_eq!(shown.matches(MASK).count(), 3);
        assert_eq!(shown.lines().count(), TEXT.lines().count());
        assert_eq!(unmask(&shown, TEXT).as_deref(), Ok(TEXT));
        let changed = shown.replacen(&format!("\"{MASK}\""), "'new'", 1).replace("'bob'", "'BOB'");
        let whole = unmask(&changed, TEXT).unwrap();
        assert!(
            whole.contains("'new'") && whole.contains("8846") && whole.contains("'''marker'''"),
            "{whole}"
        );
        let (line, what) = unmask(&shown.replace("'bob'", "'carol'"), TEXT).unwrap_err();
        assert_eq!((line, what.contains("no nt-hash of carol")), (6, true), "{what}");
        assert_eq!(unmask("not = [toml", TEXT).as_deref(), Ok("not = [toml"));
        assert_eq!(mask("not = [toml"), "");
    }
}
