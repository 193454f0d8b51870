//! The environment variables of this program.

use crate::{Error, nt_hash, password::variable};
use gatepass_backend::{CredentialSource, Credentials, Password, Principal, Request};

/// The variables that hold secrets. Programs that are started do without them.
///
/// They stay in the environment of this process: it cannot be changed without `unsafe`, and the same user could have read it
/// before.
pub const SECRET_VARIABLES: [&str; 3] = ["GATEPASS_PASSWORD", "GATEPASS_NT_HASH", "GATEPASS_USER_PASSWORD"];

/// `GATEPASS_USER`, with `GATEPASS_PASSWORD` or `GATEPASS_NT_HASH` (32 hex digits, as secret as the password).
///
/// Without `GATEPASS_USER` it knows nothing: a password alone belongs to a name that is given elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment(());

impl Environment {
    /// The environment as it is when it is asked.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl CredentialSource for Environment {
    fn name(&self) -> &str {
        "the environment"
    }

    fn credentials(&self, _: &Request) -> Result<Option<Credentials>, gatepass_backend::Error> {
        Ok(find(variable)?)
    }
}

fn find(variable: impl Fn(&str) -> Result<Option<String>, Error>) -> Result<Option<Credentials>, Error> {
    let Some(user) = variable("GATEPASS_USER")?.filter(|user| !user.is_empty()) else { return Ok(None) };
    let principal = Principal::parse(&user);
    // An empty hash is none; an empty password is one.
    let password = variable("GATEPASS_PASSWORD")?.map(Password::from);
    let hash = variable("GATEPASS_NT_HASH")?.map(Password::from).filter(|digits| !digits.expose().is_empty());
    match (password, hash) {
        (Some(_), Some(_)) => Err(Error::new(
            "both GATEPASS_PASSWORD and GATEPASS_NT_HASH are set; unset the one that is not meant",
        )),
        (Some(password), None) => Ok(Some(Credentials::Password(principal, password))),
        (None, Some(digits)) => match nt_hash::read(digits.expose()) {
            Some(hash) => Ok(Some(Credentials::NtHash(principal, hash))),
            None => Err(Error::new(
                "GATEPASS_NT_HASH is not 32 hex digits; take the first line that `gatepass hash` prints",
            )),
        },
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "a4f49c406510bdcab6824ee7c30fd852";

    fn found(variables: &[(&str, &str)]) -> Result<Option<String>, Error> {
        let lookup = |name: &str| {
            Ok(variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        Ok(find(lookup)?.map(|credentials| match credentials {
            Credentials::Password(who, password) => format!("{who} with password {}", password.expose()),
            Credentials::NtHash(who, hash) => format!("{who} with hash {}", nt_hash::write(&hash).as_str()),
            other => panic!("{other:?}"),
        }))
    }

    #[test]
    fn a_name_needs_a_password_or_a_hash() {
        let (user, password) = (("GATEPASS_USER", "CORP\\alice"), ("GATEPASS_PASSWORD", " pw\n"));
        for (variables, expected) in [
            (&[user, password][..], Some("CORP\\alice with password  pw\n")),
            (&[user, ("GATEPASS_PASSWORD", "")], Some("CORP\\alice with password ")),
            (
                &[user, ("GATEPASS_NT_HASH", HASH)],
                Some("CORP\\alice with hash a4f49c406510bdcab6824ee7c30fd852"),
            ),
            (&[user, password, ("GATEPASS_NT_HASH", "")], Some("CORP\\alice with password  pw\n")),
            (&[user], None),
            (&[password], None),
            (&[("GATEPASS_USER", ""), password], None),
            (&[], None),
        ] {
            assert_eq!(found(variables).unwrap().as_deref(), expected, "{variables:?}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_an_error_that_names_the_variable_and_no_value() {
        let user = ("GATEPASS_USER", "alice");
        for hash in ["marker", "a4f49c406510bdcab6824ee7c30fd85x"] {
            let error = found(&[user, ("GATEPASS_NT_HASH", hash)]).unwrap_err().to_string();
            assert!(error.starts_with("GATEPASS_NT_HASH") && !error.contains(hash), "{error}");
        }
        let error = found(&[user, ("GATEPASS_PASSWORD", "marker"), ("GATEPASS_NT_HASH", HASH)]).unwrap_err();
        assert!(error.to_string().contains("both") && !error.to_string().contains("marker"), "{error}");
    }
}
