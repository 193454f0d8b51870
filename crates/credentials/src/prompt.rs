//! Whoever sits at the terminal.

use crate::{Error, Place, error::reason};
use gatepass_backend::{CredentialSource, Credentials, Password, Principal, Request};
use std::io::{self, IsTerminal as _, Write as _};

/// Asks for a user name and, without echo, for the password. Where standard input is no terminal it knows nothing.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    user: Option<Principal>,
}

impl Prompt {
    /// A prompt for a user name and a password.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A prompt for the password of `user`.
    #[must_use]
    pub fn with_user(self, user: Principal) -> Self {
        Self { user: Some(user) }
    }

    fn ask(&self, place: &Place) -> Result<Option<Credentials>, Error> {
        let principal = match &self.user {
            Some(user) => user.clone(),
            None => match user_name(place)? {
                Some(name) => Principal::parse(&name),
                None => return Ok(None),
            },
        };
        let password = prompt_for_password(&format!("{principal} at {place}"))?;
        Ok(Some(Credentials::Password(principal, password)))
    }
}

impl CredentialSource for Prompt {
    fn name(&self) -> &str {
        "the prompt"
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, gatepass_backend::Error> {
        match Place::of(request)? {
            Some(place) if io::stdin().is_terminal() => Ok(self.ask(&place)?),
            _ => Ok(None),
        }
    }
}

/// Asks for a password, without echo: `Password for ALICE: `. The caller has made sure that there is a terminal and that
/// `whom` holds nothing that could drive it.
///
/// # Errors
/// When the terminal cannot be read.
pub fn prompt_for_password(whom: &str) -> Result<Password, Error> {
    rpassword::prompt_password(format!("Password for {whom}: "))
        .map(Password::from)
        .map_err(|error| Error::new(format!("cannot read the password: {}", reason(&error))))
}

/// `None` where nothing is typed.
fn user_name(place: &Place) -> Result<Option<String>, Error> {
    let unread = |error: io::Error| Error::new(format!("cannot read the user name: {}", reason(&error)));
    let mut stderr = io::stderr();
    write!(stderr, "User name for {place} (DOMAIN\\user, empty for none): ")
        .and_then(|()| stderr.flush())
        .map_err(unread)?;
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(unread)?;
    let name = line.trim();
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f41_without_a_terminal_nobody_is_asked() {
        // Test runners may have one; then there is nothing to see here but that no peer is no question.
        if io::stdin().is_terminal() {
            assert!(Prompt::new().credentials(&Request::new()).unwrap().is_none());
            return;
        }
        let request = Request::new().with_peer("http://proxy:1");
        assert!(Prompt::new().credentials(&request).unwrap().is_none());
        assert!(Prompt::new().with_user(Principal::parse("alice")).credentials(&request).unwrap().is_none());
    }
}
