//! What a 401 or 407 offers, seen by one side that wants certain schemes.

use crate::{Error, Head, Scheme, Side, challenges, limits::MAX_OFFERED};
use alloc::{string::String, vec::Vec};

/// What the challenges of a response come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Offer {
    /// The wanted schemes among them, the strongest first.
    pub(crate) schemes: Vec<Scheme>,
    /// The token for the handshake that is under way, if there is one.
    pub(crate) token: Option<Vec<u8>>,
    /// That token is a parameter (`Negotiate token=…`).
    pub(crate) in_parameter: bool,
}

impl Offer {
    /// Reads the challenges of `side` in `head`, in the midst of a handshake of the scheme `present` or of none; `names`
    /// becomes the list of schemes that are named there.
    ///
    /// What cannot be read does no harm where something else offers what is wanted. The exception is the present scheme,
    /// whose answer must be readable.
    pub(crate) fn read(
        side: Side,
        head: &Head<'_>,
        wanted: &[Scheme],
        present: Option<Scheme>,
        names: &mut Vec<String>,
    ) -> Result<Self, Error> {
        names.clear();
        let field = side.challenge_field();
        let mut flaw = None;
        let mut offer = Self::default();
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
            match challenge.token() {
                Ok(token) if present == Some(scheme) => {
                    if let (Some(one), Some(other)) = (&offer.token, &token)
                        && one != other
                    {
                        return Err(Error::TwoTokens { field, scheme });
                    }
                    offer.in_parameter |= token.is_some() && challenge.token68.is_none();
                    offer.token = offer.token.or(token);
                }
                // Nobody asked for it: a handshake begins with our own token.
                Ok(_) => {}
                Err(error) => {
                    let error = Error::Token { field, line: challenge.line, error };
                    if present == Some(scheme) {
                        return Err(error);
                    }
                    flaw.get_or_insert(error);
                    continue;
                }
            }
            if !offer.schemes.contains(&scheme) {
                offer.schemes.push(scheme);
            }
        }
        offer.schemes.sort();
        match flaw {
            Some(error) if offer.schemes.is_empty() => Err(error),
            _ => Ok(offer),
        }
    }
}

/// The last token of `scheme` in a response that does not ask: in the challenge field (RFC 4559 section 5), or in the
/// field that HTTP has for such words (RFC 9110 11.6.3).
pub(crate) fn last_token(side: Side, head: &Head<'_>, scheme: Scheme) -> Result<Option<Vec<u8>>, Error> {
    for field in [side.challenge_field(), side.info_field()] {
        for challenge in challenges(head.values(field)) {
            // What cannot be read is another scheme's affair, as far as anyone can tell.
            let Ok(challenge) = challenge else { continue };
            if challenge.known_scheme() == Some(scheme) {
                match challenge.token() {
                    Ok(None) => {}
                    Ok(token) => return Ok(token),
                    Err(error) => return Err(Error::Token { field, line: challenge.line, error }),
                }
            }
        }
    }
    Ok(None)
}

fn remember(names: &mut Vec<String>, name: &str) {
    if names.len() < MAX_OFFERED && !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        names.push(name.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    const ALL: [Scheme; 3] = [Scheme::Basic, Scheme::Ntlm, Scheme::Negotiate];

    fn offer(values: &[&str], present: Option<Scheme>) -> Result<(Vec<Scheme>, Option<Vec<u8>>), Error> {
        let fields: Vec<_> = values.iter().map(|value| ("www-authenticate", value.as_bytes())).collect();
        let head = Head { status: 401, minor_version: 1, fields: &fields };
        let offer = Offer::read(Side::Origin, &head, &ALL, present, &mut Vec::new())?;
        Ok((offer.schemes, offer.token))
    }

    #[test]
    fn the_wanted_schemes_are_found_in_any_order_and_once_each() {
        use Scheme::{Basic, Negotiate, Ntlm};
        for (values, schemes) in [
            (&["Basic realm=\"x\", NTLM", "Digest nonce=x"][..], &[Ntlm, Basic][..]),
            (&["NTLM", "Basic realm=\"x\"", "Digest nonce=x", "ntlm"], &[Ntlm, Basic]),
            (&["NTLM, Negotiate, Basic realm=\"x\""], &[Negotiate, Ntlm, Basic]),
            (&["Digest nonce=x"], &[]),
        ] {
            assert_eq!(offer(values, None).unwrap(), (schemes.to_vec(), None), "{values:?}");
        }
    }

    #[test]
    fn a_token_counts_whether_its_bare_scheme_stands_before_or_behind_it() {
        let found = (vec![Scheme::Ntlm], Some(b"two".to_vec()));
        for values in [&["NTLM", "NTLM dHdv"][..], &["NTLM dHdv", "NTLM"], &["NTLM dHdv, Digest a=b"]] {
            assert_eq!(offer(values, Some(Scheme::Ntlm)).unwrap(), found);
        }
        // Another scheme's token is nobody's.
        let (schemes, token) = offer(&["NTLM dHdv", "Negotiate b25l"], Some(Scheme::Negotiate)).unwrap();
        assert_eq!((schemes, token), (vec![Scheme::Negotiate, Scheme::Ntlm], Some(b"one".to_vec())));
    }

    #[test]
    fn what_cannot_be_read_harms_itself_alone_unless_it_is_the_answer() {
        let values = ["Negotiate ****, NTLM", "Negotiate dHdvA", "NTLM"];
        assert_eq!(offer(&values, None).unwrap(), (vec![Scheme::Ntlm], None));
        assert!(matches!(offer(&values, Some(Scheme::Negotiate)), Err(Error::Token { line: 1, .. })));
        assert!(matches!(offer(&["Negotiate dHdvA"], None), Err(Error::Token { line: 0, .. })));
        assert!(matches!(offer(&["Negotiate \""], None), Err(Error::Grammar { .. })));
    }
}
