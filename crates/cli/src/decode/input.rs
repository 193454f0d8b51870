//! From what was given to the bytes of a token: base64, hex, header lines, raw bytes.

use crate::exit::{Exit, Failure, Reason};
use crate::hex;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use gatepass_credentials::local;
use gatepass_inspect::{Report, is_token};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The most that is read of a file or standard input, in bytes. The longest token of HTTP is 64 KiB.
const MAX_INPUT: usize = 1024 * 1024;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

const HEADERS: [&str; 4] = ["Proxy-Authenticate", "Proxy-Authorization", "WWW-Authenticate", "Authorization"];
const SCHEMES: [&str; 2] = ["NTLM", "Negotiate"];

/// A token and where it was found.
#[derive(Debug)]
pub(crate) struct Token {
    origin: Option<String>,
    bytes: Vec<u8>,
}

/// The tokens in the arguments, the file or standard input.
pub(crate) fn tokens(arguments: &[String], file: Option<&Path>) -> Result<Vec<Token>, Failure> {
    if let Some(path) = file.filter(|path| path.as_os_str() != "-") {
        return of_file(path);
    }
    if file.is_some() || arguments.is_empty() || arguments == ["-"] {
        let bytes = read(io::stdin().lock()).map_err(|error| {
            Failure::new(Exit::READ, format!("cannot read standard input: {}", Reason(&error)))
        })?;
        return of_bytes(bytes);
    }
    of_text(&arguments.join(" ")).or_else(|failure| match arguments {
        // What is no token may be the name of a file that holds one.
        [name] if local(name).is_ok_and(Path::is_file) => of_file(Path::new(name)),
        _ => Err(failure),
    })
}

fn of_file(path: &Path) -> Result<Vec<Token>, Failure> {
    let shown = path.display();
    let unreadable =
        |error: io::Error| Failure::new(Exit::READ, format!("cannot read {shown}: {}", Reason(&error)));
    let file = local(path).and_then(File::open).map_err(unreadable)?;
    of_bytes(read(file).map_err(unreadable)?)
}

fn read(source: impl Read) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(MAX_INPUT).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    source.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn of_bytes(bytes: Vec<u8>) -> Result<Vec<Token>, Failure> {
    if bytes.len() > MAX_INPUT {
        return Err(Failure::new(
            Exit::READ,
            "the input is longer than 1 MiB, which is more than any token; give the token alone",
        ));
    }
    let text = std::str::from_utf8(&bytes).ok();
    let text = text.filter(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace()));
    match text {
        Some(text) => of_text(text),
        None => Ok(vec![Token { origin: None, bytes }]),
    }
}

fn of_text(text: &str) -> Result<Vec<Token>, Failure> {
    let mut tokens = Vec::new();
    let mut offered = None;
    for line in text.lines() {
        // A line as curl -v shows it begins with the direction.
        let line = line.trim_start_matches(['<', '>', '*', ' ', '\t']);
        let named = line.split_once(':').and_then(|(name, value)| {
            let name = HEADERS.into_iter().find(|known| known.eq_ignore_ascii_case(name.trim()))?;
            Some((name, value))
        });
        let (name, value) = match named {
            Some(found) => found,
            None if SCHEMES.iter().any(|scheme| starts_with_word(line, scheme)) => ("", line),
            None => continue,
        };
        offered = Some(value.trim());
        for (scheme, token) in schemes(value) {
            let origin = if name.is_empty() { scheme.to_owned() } else { format!("{name}: {scheme}") };
            tokens.push(Token { bytes: from_base64(token)?, origin: Some(origin) });
        }
    }
    match (tokens.is_empty(), offered) {
        (false, _) => Ok(tokens),
        (true, Some(offered)) => Err(Failure::new(
            Exit::FAILED,
            format!("the header line holds no NTLM or Negotiate token, only: {offered}"),
        )),
        (true, None) => bare(text).map(|bytes| vec![Token { origin: None, bytes }]),
    }
}

fn starts_with_word(line: &str, word: &str) -> bool {
    line.split([' ', '\t', ',']).next().is_some_and(|first| first.eq_ignore_ascii_case(word))
}

/// The tokens in a field value, each with its scheme. Squid's helper writes `token=` before one, which is left out.
fn schemes(value: &str) -> Vec<(&'static str, &str)> {
    value
        .split(',')
        .filter_map(|part| {
            let mut words = part.split_whitespace();
            let word = words.next()?;
            let scheme = SCHEMES.into_iter().find(|scheme| scheme.eq_ignore_ascii_case(word))?;
            let token = words.next()?;
            Some((scheme, token.strip_prefix("token=").unwrap_or(token).trim_matches('"')))
        })
        .collect()
}

/// Hex or base64, with any white space in it. Hex wins where it gives a token.
fn bare(text: &str) -> Result<Vec<u8>, Failure> {
    let compact: String = text.split_whitespace().collect();
    if compact.is_empty() {
        return Err(Failure::new(
            Exit::USAGE,
            "there is nothing to decode; give a token, a header line or --file",
        ));
    }
    let digits = compact.trim_start_matches("0x").replace(':', "");
    match hex::decode(&digits) {
        Some(bytes)
            if is_token(&bytes) || BASE64.decode(&compact).map_or(true, |other| !is_token(&other)) =>
        {
            Ok(bytes)
        }
        _ => from_base64(&compact),
    }
}

fn from_base64(text: &str) -> Result<Vec<u8>, Failure> {
    BASE64.decode(text).map_err(|_| {
        let odd = text
            .char_indices()
            .find(|(_, c)| !matches!(c, 'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/' | '='));
        let why = match odd {
            Some((at, character)) => format!("character {character:?} at {at} belongs to neither"),
            None => format!("its length of {} characters cannot be", text.len()),
        };
        Failure::new(Exit::FAILED, format!("the token is neither base64 nor hex: {why}; paste it whole"))
    })
}

impl Token {
    /// What is said of it.
    pub(crate) fn reports(&self) -> Vec<Report> {
        let mut reports = gatepass_inspect::reports(&self.bytes);
        if let (Some(origin), Some(report)) = (&self.origin, reports.first_mut()) {
            report.notes.insert(0, format!("from {origin}"));
        }
        reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEGOTIATE: &str = "TlRMTVNTUAABAAAAB4IIAAAAAAAAAAAAAAAAAAAAAAA=";

    fn origins(text: &str) -> Vec<String> {
        of_text(text).unwrap().into_iter().map(|token| token.origin.unwrap_or_default()).collect()
    }

    #[test]
    fn each_form_gives_the_same_bytes() {
        let raw = of_text(NEGOTIATE).unwrap().remove(0).bytes;
        let hex = hex::encode(&raw);
        for text in [
            hex.clone(),
            hex.to_uppercase(),
            format!("0x{hex}"),
            NEGOTIATE.trim_end_matches('=').to_owned(),
            NEGOTIATE.replace("AAAA", "AA\n AA"),
            format!("NTLM {NEGOTIATE}"),
            format!("proxy-authorization: ntlm {NEGOTIATE}"),
            format!("WWW-Authenticate: Negotiate, NTLM {NEGOTIATE}, Basic realm=\"a b\""),
            format!("< Proxy-Authenticate: Negotiate token={NEGOTIATE}"),
        ] {
            let tokens = of_text(&text).unwrap();
            assert_eq!(tokens.len(), 1, "{text}");
            assert_eq!(tokens[0].bytes, raw, "{text}");
        }
        assert_eq!(of_bytes(raw.clone()).unwrap()[0].bytes, raw);
    }

    #[test]
    fn a_pasted_conversation_gives_every_token_in_order() {
        let pasted = format!(
            "* Connected\n> GET / HTTP/1.1\n> Proxy-Authorization: NTLM {NEGOTIATE}\n< HTTP/1.1 407\n\
             < Proxy-Authenticate: NTLM {NEGOTIATE}\n"
        );
        assert_eq!(origins(&pasted), ["Proxy-Authorization: NTLM", "Proxy-Authenticate: NTLM"]);
    }

    #[test]
    fn what_holds_no_token_is_said_so() {
        for (text, part) in [
            ("WWW-Authenticate: Negotiate, Basic realm=x", "holds no NTLM"),
            ("hello, world", "',' at 5"),
            ("TlRMT", "length of 5"),
            ("  \n", "nothing to decode"),
        ] {
            let failure = of_text(text).unwrap_err();
            assert!(failure.sentence().unwrap().contains(part), "{text}: {failure:?}");
        }
    }

    #[test]
    fn a90_the_input_is_bounded() {
        let failure = read(io::repeat(b'A')).map_err(Failure::from).and_then(of_bytes).unwrap_err();
        assert_eq!(failure.exit(), Exit::READ);
        assert!(failure.sentence().unwrap().contains("longer than 1 MiB"));
        assert!(of_bytes(vec![0; MAX_INPUT]).is_ok());
    }
}
