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
                Some((held, none)) if *held == scheme => *none = token,
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
