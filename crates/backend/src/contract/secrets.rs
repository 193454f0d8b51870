//! Cases of what is shown to those who debug.

use super::Pair;
use super::exchange::{Exchange, contexts, login};
use super::verdict::{Stop, Verdict, failed, must, works};
use crate::{Attributes, Credentials, Error, Request};
use alloc::{format, string::String, string::ToString, vec::Vec};
use core::error::Error as _;
use core::fmt::{Debug, Write as _};

/// What must not be seen, in every form in which a `Debug` text might show it; white space taken out, as `{:#?}` breaks lines
/// between bytes.
#[derive(Default)]
struct Secrets(Vec<(String, &'static str)>);

impl Secrets {
    /// The passwords and hashes that the pair was given.
    fn of(pair: &Pair) -> Self {
        let mut secrets = Self::default();
        let logins = pair.logins.iter().map(|(credentials, _)| credentials);
        for credentials in logins.chain(&pair.wrong_password).chain(&pair.unknown_user) {
            match credentials {
                Credentials::Password(_, password) => {
                    let units: Vec<u8> =
                        password.expose().encode_utf16().flat_map(u16::to_le_bytes).collect();
                    secrets.bytes(password.expose().as_bytes(), "a password");
                    secrets.bytes(&units, "a password");
                    if password.expose().len() >= 4 {
                        secrets.0.push((without_space(password.expose()), "a password"));
                    }
                }
                Credentials::NtHash(_, hash) => secrets.bytes(hash.expose(), "an NT hash"),
                Credentials::NtOwfV2(_, key) => secrets.bytes(key.expose(), "an NTOWFv2"),
                _ => {}
            }
        }
        secrets
    }

    /// The first bytes of a secret: as hexadecimal digits, and as lists of numbers.
    fn bytes(&mut self, bytes: &[u8], name: &'static str) {
        let Some(start) = bytes.get(..4) else { return };
        let list = |number: fn(&u8) -> String| start.iter().map(number).collect::<Vec<_>>();
        let hex = list(|byte| format!("{byte:02x}"));
        self.0.push((hex.concat(), name));
        self.0.push((hex.concat().to_uppercase(), name));
        self.0.push((hex.join(","), name));
        self.0.push((list(|byte| format!("{byte:x}")).join(","), name));
        self.0.push((list(|byte| byte.to_string()).join(","), name));
    }

    fn are_not_in(&self, text: &str, whose: &str) -> Verdict {
        let squeezed = without_space(text);
        match self.0.iter().find(|(secret, _)| squeezed.contains(secret)) {
            // The text itself would print it once more.
            Some((_, name)) => Err(failed(format!("{name} is in the text of {whose}"))),
            None => Ok(()),
        }
    }
}

fn without_space(text: &str) -> String {
    text.split_whitespace().collect()
}

/// `{:?}` and `{:#?}`.
fn both(shown: &impl Debug) -> String {
    format!("{shown:?}{shown:#?}")
}

pub(super) fn debug(pair: &Pair) -> Verdict {
    let mut secrets = Secrets::of(pair);
    let mut texts = Vec::from([
        ("the client's backend", both(&pair.client)),
        ("the server's backend", both(&pair.server)),
        ("the credentials", both(&login(pair)?)),
        ("the request", both(&pair.client_request(pair.protection()))),
        ("the pair", both(pair)),
    ]);
    let mut exchange = Exchange::requiring(pair, pair.protection())?;
    loop {
        texts.push(("the client", both(&exchange.client)));
        texts.push(("the server", both(&exchange.server)));
        if !exchange.advance() {
            break;
        }
    }
    let (mut client, mut server) = exchange.contexts()?;
    for key in [client.session_key(), server.session_key()].into_iter().flatten() {
        secrets.bytes(key.expose(), "a session key");
        texts.push(("the session key", both(&key)));
    }
    if pair.attributes.contains(Attributes::INTEGRITY) {
        let signature = works(client.sign(b"message"), "signing")?;
        works(server.verify(b"message", &signature), "verifying")?;
    }
    texts.push(("the client's context, used", both(&client)));
    texts.push(("the server's context, used", both(&server)));
    texts.iter().try_for_each(|(whose, text)| secrets.are_not_in(text, whose))
}

pub(super) fn errors(pair: &Pair) -> Verdict {
    let secrets = Secrets::of(pair);
    let errors = provoked(pair)?;
    must(errors.len() >= 2, || "nothing goes wrong here".into())?;
    for (what, error) in errors {
        let (kind, status) = (error.kind(), error.security_status());
        must(status == kind.security_status() && status >> 31 == 1, || {
            format!("{what}: status {status:#x}")
        })?;
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            // Writing to a String does not fail.
            let _ = write!(text, ": {cause}");
            source = cause.source();
        }
        must(!text.is_empty() && !text.contains(char::is_control), || format!("{what}: no line: {text:?}"))?;
        secrets.are_not_in(&text, what)?;
        secrets.are_not_in(&both(&error), what)?;
    }
    Ok(())
}

/// One of each error that the pair can be brought to.
fn provoked(pair: &Pair) -> Result<Vec<(&'static str, Error)>, Stop> {
    let (ours, theirs) = (pair.client_request(Attributes::none()), pair.server_request(Attributes::none()));
    let mut errors = Vec::new();
    let mut keep = |what, exchange: Exchange| {
        for end in [exchange.client, exchange.server] {
            if let super::exchange::End::Failed(error) = end {
                errors.push((what, error));
            }
        }
    };
    for leg in 0..3 {
        let mut exchange = Exchange::begin(pair, login(pair)?, &ours, &theirs);
        if exchange.run_to(leg) {
            exchange.deliver(b"garbage");
            keep("garbage", exchange);
        }
    }
    let begin = |credentials: &Credentials, ours: &Request| Exchange::begin(pair, credentials, ours, &theirs);
    for credentials in [&pair.wrong_password, &pair.unknown_user].into_iter().flatten() {
        keep("a refused login", begin(credentials, &ours).finish());
    }
    keep("the current user", begin(&Credentials::CurrentUser, &ours).finish());
    keep("an anonymous client", begin(&Credentials::Anonymous, &ours).finish());
    let delegating =
        pair.client_request(Attributes::DELEGATE | Attributes::MUTUAL_AUTH | Attributes::DATAGRAM);
    keep("unavailable attributes", begin(login(pair)?, &delegating).finish());
    if pair.attributes.contains(Attributes::INTEGRITY) {
        let (_, mut server) = contexts(pair, pair.protection())?;
        errors
            .extend(server.verify(b"message", b"signature").err().map(|error| ("an altered message", error)));
        errors.extend(server.sign(b"message").err().map(|error| ("a dead context", error)));
    }
    Ok(errors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NtHash;

    #[test]
    fn a83_the_search_finds_a_secret_in_every_form() {
        let mut secrets = Secrets::default();
        secrets.bytes(&[0x0a, 0xb0, 3, 255, 9], "bytes");
        secrets.0.push((without_space("with space"), "text"));
        let key = [0x0a_u8, 0xb0, 3, 255, 9];
        for text in [
            format!("{key:?}"),
            format!("{key:#?}"),
            format!("{key:x?}"),
            format!("{key:02x?}"),
            "key=0ab003ff09".to_string(),
            "key=0AB003FF09".to_string(),
            "it is \"with space\"".to_string(),
        ] {
            assert!(secrets.are_not_in(&text, "it").is_err(), "{text}");
        }
        assert!(secrets.are_not_in("Password(..), 10, 176", "it").is_ok());
        let hash = both(&NtHash::from_bytes([0x0a; 16]));
        assert!(secrets.are_not_in(&hash, "it").is_ok(), "{hash}");
    }
}
