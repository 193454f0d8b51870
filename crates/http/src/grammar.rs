//! The grammar of challenges and credentials (RFC 9110 11.2 to 11.7).
//!
//! ```text
//! field line = [ OWS "," OWS ] challenge *( OWS "," [ OWS challenge ] )          empty elements are skipped (5.6.1)
//! challenge  = scheme [ 1*( SP / HTAB ) ( token68 / parameter *( OWS "," OWS parameter ) ) ]
//! token68    = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
//! parameter  = token BWS "=" BWS ( value / quoted-string )
//! value      = *( tchar / "/" / "=" )      a token, and the base64 of Squid 5.7's `Negotiate token=oYGZ…`
//! ```
//! A comma separates parameters as well as challenges, so behind one the next `=` decides which of them begins. Every byte
//! is looked at a bounded number of times; nothing recurses.

use crate::{Scheme, TokenError, token68};
use alloc::{borrow::Cow, vec::Vec};
use core::fmt;

/// One challenge, or the credentials that answer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge<'a> {
    /// The field line on which it stands, counted from 0.
    pub line: usize,
    /// The name of the scheme, as it was sent.
    pub scheme: &'a str,
    /// What follows the scheme, where that is a token68.
    pub token68: Option<&'a str>,
    /// What follows the scheme, where that is a list of parameters.
    pub parameters: Vec<Parameter<'a>>,
}

/// A parameter of a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// Its name, as it was sent; case does not matter.
    pub name: &'a str,
    /// Its value, without the quotes and backslashes of a quoted string. No charset is known, so these are bytes.
    pub value: Cow<'a, [u8]>,
}

impl Challenge<'_> {
    /// The scheme, where it is known.
    #[must_use]
    pub fn known_scheme(&self) -> Option<Scheme> {
        Scheme::named(self.scheme)
    }

    /// The token of the mechanism in it; `None` where there is none.
    ///
    /// `Negotiate token=oYGZ…`, which Squid 5.7 writes when its `negotiate_wrapper_auth` passes on a token, is read as
    /// the token that is meant.
    ///
    /// # Errors
    /// [`TokenError`] when it is not base64, too long, or in a parameter where NTLM and Negotiate have none.
    pub fn token(&self) -> Result<Option<Vec<u8>>, TokenError> {
        if let Some(text) = self.token68 {
            return token68::decode(text).map(Some);
        }
        // A realm says nothing to a mechanism that brings its own. Any other parameter is a token in a wrong form.
        let mut others = self.parameters.iter().filter(|other| !other.name.eq_ignore_ascii_case("realm"));
        match (self.known_scheme(), others.next()) {
            (Some(Scheme::Negotiate), Some(other)) if other.name.eq_ignore_ascii_case("token") => {
                let text = core::str::from_utf8(&other.value).map_err(|_| TokenError::InParameter)?;
                token68::decode(text).map(Some)
            }
            (Some(Scheme::Negotiate | Scheme::Ntlm), Some(_)) => Err(TokenError::InParameter),
            _ => Ok(None),
        }
    }
}

/// Where and why a field line leaves the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrammarError {
    /// The field line, counted from 0.
    pub line: usize,
    /// The offset in the value of that line, in bytes.
    pub at: usize,
    /// What is wrong there.
    pub kind: GrammarErrorKind,
}

/// What can be wrong in a field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrammarErrorKind {
    /// This byte cannot stand here.
    UnexpectedByte(u8),
    /// The line ends in the middle of a challenge.
    UnexpectedEnd,
    /// The quoted string that begins here has no end.
    OpenQuote,
}

impl fmt::Display for GrammarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, byte {}: ", self.line.saturating_add(1), self.at)?;
        match &self.kind {
            GrammarErrorKind::UnexpectedByte(byte) => {
                write!(f, "unexpected `{}`", core::slice::from_ref(byte).escape_ascii())
            }
            GrammarErrorKind::UnexpectedEnd => f.write_str("the line ends in the middle of a challenge"),
            GrammarErrorKind::OpenQuote => f.write_str("a quoted string is not closed"),
        }
    }
}

impl core::error::Error for GrammarError {}

/// The challenges of a field, given the values of its lines (`WWW-Authenticate`, `Proxy-Authenticate`; for the credentials
/// in `Authorization` and `Proxy-Authorization` the grammar is the same).
///
/// An error ends its line; the next line is read all the same.
pub fn challenges<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
) -> impl Iterator<Item = Result<Challenge<'a>, GrammarError>> {
    lines.into_iter().enumerate().flat_map(|(line, value)| Line { line, length: value.len(), rest: value })
}

/// What is still to be read of one field line.
#[derive(Clone)]
struct Line<'a> {
    line: usize,
    length: usize,
    rest: &'a [u8],
}

impl<'a> Iterator for Line<'a> {
    type Item = Result<Challenge<'a>, GrammarError>;

    fn next(&mut self) -> Option<Self::Item> {
        let challenge = self.challenge();
        if challenge.is_err() {
            self.rest = &[];
        }
        challenge.transpose()
    }
}

impl<'a> Line<'a> {
    fn challenge(&mut self) -> Result<Option<Challenge<'a>>, GrammarError> {
        self.run(|byte| is_blank(byte) || byte == b',');
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut challenge =
            Challenge { line: self.line, scheme: self.token()?, token68: None, parameters: Vec::new() };
        let blanks = self.run(is_blank);
        if !self.at_end_of_element() {
            if blanks.is_empty() {
                return Err(self.unexpected());
            }
            challenge.token68 = self.token68()?;
            if challenge.token68.is_some() {
                return Ok(Some(challenge));
            }
            challenge.parameters.push(self.parameter()?);
        }
        while let Some(at_parameter) = self.next_parameter() {
            *self = at_parameter;
            challenge.parameters.push(self.parameter()?);
        }
        Ok(Some(challenge))
    }

    /// The line behind the commas, if a parameter follows there.
    fn next_parameter(&self) -> Option<Self> {
        let mut ahead = self.clone();
        ahead.run(|byte| is_blank(byte) || byte == b',');
        let found = ahead.clone();
        let name = ahead.run(is_tchar);
        ahead.run(is_blank);
        (!name.is_empty() && ahead.rest.first() == Some(&b'=')).then_some(found)
    }

    /// A token68, if what follows is one up to the end of the element.
    fn token68(&mut self) -> Result<Option<&'a str>, GrammarError> {
        let mut ahead = self.clone();
        if ahead.run(is_token68).is_empty() {
            return Ok(None);
        }
        ahead.run(|byte| byte == b'=');
        let length = self.rest.len().saturating_sub(ahead.rest.len());
        ahead.run(is_blank);
        if !ahead.at_end_of_element() {
            return Ok(None);
        }
        let text = self.rest.get(..length).unwrap_or_default();
        let text = self.text(text)?;
        *self = ahead;
        Ok(Some(text))
    }

    /// A parameter with all that belongs to its element.
    fn parameter(&mut self) -> Result<Parameter<'a>, GrammarError> {
        let name = self.token()?;
        self.run(is_blank);
        self.rest = match self.rest.split_first() {
            Some((b'=', rest)) => rest,
            _ => return Err(self.unexpected()),
        };
        self.run(is_blank);
        let value = match self.rest.first() {
            Some(b'"') => self.quoted_string()?,
            _ => Cow::Borrowed(self.run(|byte| is_tchar(byte) || byte == b'/' || byte == b'=')),
        };
        self.run(is_blank);
        if self.at_end_of_element() { Ok(Parameter { name, value }) } else { Err(self.unexpected()) }
    }

    /// The inside of a quoted string; the line stands at its opening quote.
    fn quoted_string(&mut self) -> Result<Cow<'a, [u8]>, GrammarError> {
        let open = self.error(GrammarErrorKind::OpenQuote);
        let mut value = Cow::Borrowed(&[][..]);
        self.rest = self.rest.get(1..).unwrap_or_default();
        loop {
            let text = self.run(|byte| is_text(byte) && byte != b'"' && byte != b'\\');
            if value.is_empty() {
                value = Cow::Borrowed(text);
            } else {
                value.to_mut().extend_from_slice(text);
            }
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Ok(value);
                }
                [b'\\', escaped, rest @ ..] if is_text(*escaped) => {
                    value.to_mut().push(*escaped);
                    self.rest = rest;
                }
                [] | [b'\\'] => return Err(open),
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn token(&mut self) -> Result<&'a str, GrammarError> {
        let token = self.run(is_tchar);
        if token.is_empty() { Err(self.unexpected()) } else { self.text(token) }
    }

    /// Takes the run of bytes that belong.
    fn run(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self.rest.iter().position(|byte| !belongs(*byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    fn at_end_of_element(&self) -> bool {
        matches!(self.rest.first(), None | Some(b','))
    }

    /// `bytes`, which the grammar has found to be ASCII, as text.
    fn text(&self, bytes: &'a [u8]) -> Result<&'a str, GrammarError> {
        core::str::from_utf8(bytes).map_err(|_| self.unexpected())
    }

    fn unexpected(&self) -> GrammarError {
        self.error(match self.rest.first() {
            Some(byte) => GrammarErrorKind::UnexpectedByte(*byte),
            None => GrammarErrorKind::UnexpectedEnd,
        })
    }

    fn error(&self, kind: GrammarErrorKind) -> GrammarError {
        GrammarError { line: self.line, at: self.length.saturating_sub(self.rest.len()), kind }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}

/// Whether `byte` may stand in a quoted string, escaped at least: HTAB, SP, VCHAR, obs-text (RFC 9110 5.6.4).
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}
