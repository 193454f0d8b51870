//! The text of `-w`: what a fetch came to, in the variables that curl gives them.

use std::time::Duration;

/// What is known when a fetch has ended, well or badly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// Status of the last response.
    pub(crate) status: Option<u16>,
    /// Status of the proxy's last answer to CONNECT.
    pub(crate) connect_status: Option<u16>,
    /// The body's bytes that were received.
    pub(crate) downloaded: u64,
    /// The body's bytes that were sent.
    pub(crate) uploaded: u64,
    /// Bytes of the last response's head.
    pub(crate) head_size: usize,
    /// The fields of the last response.
    pub(crate) fields: Vec<(String, String)>,
    /// The URL as given.
    pub(crate) url: String,
    /// Which of the URLs, from 0.
    pub(crate) number: usize,
    /// The URL of the last response.
    pub(crate) effective_url: String,
    /// Where a redirect that was not followed would have led.
    pub(crate) redirect_url: String,
    pub(crate) method: String,
    pub(crate) scheme: String,
    /// The file that the body went to.
    pub(crate) file: String,
    pub(crate) redirects: u32,
    pub(crate) connections: u32,
    pub(crate) time: Duration,
    pub(crate) exit_code: u8,
    pub(crate) error: Option<String>,
}

impl Outcome {
    /// The last response's field `name`, empty if there is none.
    fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    fn variable(&self, name: &str) -> Option<String> {
        Some(match name {
            "http_code" | "response_code" => three_digits(self.status),
            "http_connect" => three_digits(self.connect_status),
            "size_download" => self.downloaded.to_string(),
            "size_upload" => self.uploaded.to_string(),
            "size_header" => self.head_size.to_string(),
            "url" => self.url.clone(),
            "url_effective" => self.effective_url.clone(),
            "urlnum" => self.number.to_string(),
            "method" => self.method.clone(),
            "scheme" => self.scheme.to_ascii_uppercase(),
            "content_type" => self.field("content-type").to_owned(),
            "redirect_url" => self.redirect_url.clone(),
            "filename_effective" => self.file.clone(),
            "num_redirects" => self.redirects.to_string(),
            "num_connects" => self.connections.to_string(),
            "num_headers" => self.fields.len().to_string(),
            "time_total" => format!("{:.6}", self.time.as_secs_f64()),
            "exitcode" => self.exit_code.to_string(),
            "errormsg" => self.error.clone().unwrap_or_default(),
            _ => return None,
        })
    }
}

fn three_digits(status: Option<u16>) -> String {
    format!("{:03}", status.unwrap_or(0))
}

/// What `-w` printed, by stream and in order: `%{stderr}` and `%{stdout}` switch between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Stdout(String),
    Stderr(String),
}

/// The text of `template` for `outcome`. A variable that is not known gives nothing, as with curl.
pub(crate) fn expand(template: &str, outcome: &Outcome) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut to_stderr = false;
    let mut rest = template;
    while let Some(first) = rest.chars().next() {
        let (shown, after) = if let Some(after) = rest.strip_prefix("%%") {
            ("%".to_owned(), after)
        } else if let Some((name, after)) = rest.strip_prefix("%{").and_then(|inner| closing(inner)) {
            let switch = matches!(name, "stdout" | "stderr");
            if switch {
                pieces.push(piece(std::mem::take(&mut text), to_stderr));
                to_stderr = name == "stderr";
            }
            if name == "onerror" && outcome.exit_code == 0 {
                break;
            }
            let known = match name.strip_prefix("header{").and_then(|name| name.strip_suffix('}')) {
                Some(field) => Some(outcome.field(field).to_owned()),
                None if switch || name == "onerror" => Some(String::new()),
                None => outcome.variable(name),
            };
            (known.unwrap_or_default(), after)
        } else if let Some((shown, after)) = escape_sequence(rest) {
            (shown.to_owned(), after)
        } else {
            (first.to_string(), rest.get(first.len_utf8()..).unwrap_or_default())
        };
        text.push_str(&shown);
        rest = after;
    }
    pieces.push(piece(text, to_stderr));
    pieces.retain(|piece| !matches!(piece, Piece::Stdout(text) | Piece::Stderr(text) if text.is_empty()));
    pieces
}

fn piece(text: String, to_stderr: bool) -> Piece {
    if to_stderr { Piece::Stderr(text) } else { Piece::Stdout(text) }
}

/// The name up to the brace that closes it, and what follows; a name may hold one pair of braces (`header{NAME}`).
fn closing(inner: &str) -> Option<(&str, &str)> {
    let from = if inner.starts_with("header{") { inner.find('}')?.checked_add(1)? } else { 0 };
    let end = inner.get(from..)?.find('}')?.checked_add(from)?;
    Some((inner.get(..end)?, inner.get(end.checked_add(1)?..)?))
}

fn escape_sequence(rest: &str) -> Option<(&'static str, &str)> {
    [("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t")]
        .into_iter()
        .find_map(|(written, meant)| Some((meant, rest.strip_prefix(written)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(template: &str, outcome: &Outcome) -> String {
        expand(template, outcome)
            .into_iter()
            .map(|piece| match piece {
                Piece::Stdout(text) => text,
                Piece::Stderr(text) => format!("[{text}]"),
            })
            .collect()
    }

    #[test]
    fn variables_are_filled_in_as_curl_does() {
        let outcome = Outcome {
            status: Some(200),
            connect_status: None,
            downloaded: 12,
            fields: vec![(String::from("Content-Type"), String::from("text/plain"))],
            time: Duration::from_millis(1500),
            ..Outcome::default()
        };
        for (template, expected) in [
            ("%{http_code}/%{http_connect}", "200/000"),
            ("%{response_code}\\n", "200\n"),
            ("%{size_download}\\t%{time_total}", "12\t1.500000"),
            ("100%% %{content_type}", "100% text/plain"),
            ("%{header{content-type}} %{header{etag}}|", "text/plain |"),
            ("a%{no_such_thing}b", "ab"),
            ("a%{stderr}b%{stdout}c", "a[b]c"),
            ("%{http_code", "%{http_code"),
            ("%", "%"),
            ("before%{onerror}after", "before"),
            ("é%{exitcode}", "é0"),
        ] {
            assert_eq!(one(template, &outcome), expected, "{template}");
        }
    }

    #[test]
    fn what_never_came_is_zeros() {
        let outcome = Outcome {
            connect_status: Some(407),
            exit_code: 56,
            error: Some(String::from("refused")),
            ..Outcome::default()
        };
        assert_eq!(
            one("%{http_code}/%{http_connect} %{exitcode} %{errormsg}%{onerror}!", &outcome),
            "000/407 56 refused!"
        );
    }
}
