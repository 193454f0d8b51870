//! The request that a command line asks for.

use super::args::FetchArgs;
use super::body::{self, Source};
use crate::exit::{Exit, Failure};
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, RANGE, REFERER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// A request without its URL and body.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) method: Method,
    pub(crate) fields: HeaderMap,
}

impl Template {
    /// The method and fields of `args`, for a body from `source`.
    pub(crate) async fn of(args: &FetchArgs, source: &Source) -> Result<Self, Failure> {
        let method = match (&args.request, source) {
            (Some(method), _) => method
                .parse()
                .map_err(|_| Failure::new(Exit::USAGE, format!("-X: {method} is no method of HTTP")))?,
            (None, _) if args.head => Method::HEAD,
            (None, Source::Nothing) => Method::GET,
            (None, Source::Memory(_)) => Method::POST,
            (None, Source::File(_) | Source::Stdin) => Method::PUT,
        };
        let mut fields = HeaderMap::new();
        let agent = concat!("gatepass/", env!("CARGO_PKG_VERSION"));
        fields.insert(USER_AGENT, HeaderValue::from_static(agent));
        fields.insert(ACCEPT, HeaderValue::from_static("*/*"));
        if matches!(source, Source::Memory(_)) {
            fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        }
        let range = args.range.as_ref().map(|range| format!("bytes={range}"));
        for (name, text) in [
            (USER_AGENT, args.user_agent.as_ref()),
            (REFERER, args.referer.as_ref()),
            (RANGE, range.as_ref()),
        ] {
            match text.map(String::as_str) {
                Some("") => drop(fields.remove(&name)),
                Some(text) => drop(fields.insert(name, value(text)?)),
                None => {}
            }
        }
        if !args.cookie.is_empty() {
            if args.cookie.iter().any(|cookie| !cookie.contains('=')) {
                return Err(Failure::new(
                    Exit::UNSUPPORTED,
                    "-b wants NAME=VALUE; cookie files are not built in",
                ));
            }
            fields.insert(COOKIE, value(&args.cookie.join("; "))?);
        }
        // A field that is given takes the place of a default one; given twice, it is sent twice.
        let mut given = HeaderMap::new();
        for line in &args.header {
            match line.strip_prefix('@') {
                Some(file) => {
                    let text = body::read(file).await?;
                    for line in String::from_utf8_lossy(&text).lines().filter(|line| !line.is_empty()) {
                        add(line, &mut given, &mut fields)?;
                    }
                }
                None => add(line, &mut given, &mut fields)?,
            }
        }
        for (name, _) in &given {
            fields.remove(name);
        }
        fields.extend(given);
        Ok(Self { method, fields })
    }
}

/// `Name: value`, `Name:` (leaves a default out) or `Name;` (sends it empty).
fn add(line: &str, given: &mut HeaderMap, defaults: &mut HeaderMap) -> Result<(), Failure> {
    let (name, text) = match line.split_once(':') {
        Some((name, text)) => (name, Some(text.trim())),
        None => (line.strip_suffix(';').ok_or_else(|| unusable(line))?, None),
    };
    let name: HeaderName = name.trim().parse().map_err(|_| unusable(line))?;
    match text {
        Some("") => drop(defaults.remove(name)),
        Some(text) => drop(given.append(name, value(text)?)),
        None => drop(given.append(name, HeaderValue::from_static(""))),
    }
    Ok(())
}

/// The line itself may hold a secret and is not repeated.
fn unusable(line: &str) -> Failure {
    let name: String = line.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    Failure::new(
        Exit::USAGE,
        format!("-H wants 'Name: value', which the line beginning with \"{name}\" is not"),
    )
}

fn value(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        Failure::new(Exit::USAGE, "a header field cannot hold a line break or another control character")
    })
}
