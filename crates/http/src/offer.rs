//! What a 401 or 407 offers, seen by one side that wants certain schemes.

use crate::{Error, Head, Scheme, Side, challenges, limits::MAX_OFFERED};
use alloc::{string::String, vec::Vec};

/// What the challenges of a response come to.
#[derive(Debug)]
pub(crate) enum Offer {
    /// None of the wanted schemes.
    Nothing,
    /// The strongest wanted scheme among them, with its token if it brings one.
    Scheme(Scheme, Option<Vec<u8>>),
    /// What is wanted cannot be read.
    Unreadable(Error),
}

impl Offer {
    /// Reads the challenges of `side` in `head`; `names` becomes the list of schemes that are named there.
    ///
    /// A line that cannot be read does no harm where another one offers what is wanted.
    pub(crate) fn read(side: Side, head: &Head<'_>, wanted: &[Scheme], names: &mut Vec<String>) -> Self {
        names.clear();
        let field = side.challenge_field();
        let mut flaw = None;
        let mut best: Option<(Scheme, Option<Vec<u8>>)> = None;
        for challenge in challenges(head.values(field)) {
            let challenge = match challenge {
                Ok(challenge) => challenge,
                Err(error) => {
                    flaw.get_or_insert(Error::Grammar { field, error });
                    continue;
                }
            };
            remember(names, challenge.scheme);
            let Some(scheme) = challenge.known_scheme().filter(|scheme| wanted.contains(scheme)) else {
                continue;
            };
            let token = match challenge.token() {
                Ok(token) => token,
                Err(error) => return Self::Unreadable(Error::Token { field, line: challenge.line, error }),
            };
            match &mut best {
                Some((held, Some(one))) if *held == scheme => {
                    if token.is_some_and(|other| other != *one) {
                        return Self::Unreadable(Error::TwoTokens { field, scheme });
                    }
                }
                Some((held, _)) if *held < scheme => {}
                _ => best = Some((scheme, token)),
            }
        }
        match (best, flaw) {
            (Some((scheme, token)), _) => Self::Scheme(scheme, token),
            (None, Some(error)) => Self::Unreadable(error),
            (None, None) => Self::Nothing,
        }
    }
}

fn remember(names: &mut Vec<String>, name: &str) {
    if names.len() < MAX_OFFERED && !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        names.push(name.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(values: &[&str]) -> Option<(Scheme, Option<Vec<u8>>)> {
        let fields: Vec<_> = values.iter().map(|value| ("www-authenticate", value.as_bytes())).collect();
        let head = Head { status: 401, minor_version: 1, fields: &fields };
        let wanted = [Scheme::Basic, Scheme::Ntlm, Scheme::Negotiate];
        match Offer::read(Side::Origin, &head, &wanted, &mut Vec::new()) {
            Offer::Scheme(scheme, token) => Some((scheme, token)),
            Offer::Nothing => None,
            Offer::Unreadable(error) => panic!("{error}"),
        }
    }

    #[test]
    fn the_strongest_wanted_scheme_is_found_in_any_order() {
        let ntlm = Some((Scheme::Ntlm, None));
        assert_eq!(offer(&["Basic realm=\"x\", NTLM", "Digest nonce=x"]), ntlm);
        assert_eq!(offer(&["NTLM", "Basic realm=\"x\"", "Digest nonce=x"]), ntlm);
        assert_eq!(offer(&["NTLM, Negotiate, Basic realm=\"x\""]), Some((Scheme::Negotiate, None)));
        assert_eq!(offer(&["Digest nonce=x"]), None);
    }

    #[test]
    fn a_token_counts_whether_its_bare_scheme_stands_before_or_behind_it() {
        let found = Some((Scheme::Ntlm, Some(b"two".to_vec())));
        assert_eq!(offer(&["NTLM", "NTLM dHdv"]), found);
        assert_eq!(offer(&["NTLM dHdv", "NTLM"]), found);
        assert_eq!(offer(&["NTLM dHdv, Basic realm=x"]), found);
    }
}
