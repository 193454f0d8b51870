//! Redirects (RFC 9110 15.4), and what they must not carry along.

use crate::{
    Body, Client, Error, ErrorKind, Event, Origin, Side,
    upload::{Progress, Upload},
};
use http::{
    HeaderMap, Method, Response, StatusCode, Uri,
    header::{
        AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE,
        COOKIE, HOST, LOCATION, PROXY_AUTHORIZATION,
    },
};

/// How many redirects of one request are followed.
///
/// A redirect to another scheme, host or port loses `Authorization`, `Cookie` and `Host` of the request; the client's own
/// credentials go where their [`Scope`](crate::Scope) says, and nowhere else. A user name in the new URL is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redirects {
    most: u32,
    keep_method: bool,
}

impl Redirects {
    /// None: a redirect is a response like another.
    #[must_use]
    pub const fn none() -> Self {
        Self { most: 0, keep_method: false }
    }

    /// At most `most` (curl's default is 50); one more is an error.
    #[must_use]
    pub const fn at_most(most: u32) -> Self {
        Self { most, keep_method: false }
    }

    /// With the method kept where a POST would become a GET (301, 302, 303), as curl does with the method of `-X`. The body
    /// is left out there all the same.
    #[must_use]
    pub const fn keeping_method(self) -> Self {
        Self { keep_method: true, ..self }
    }
}

/// What makes a request's body once more.
pub(crate) type Rewind = Box<dyn Fn() -> Option<Upload> + Send + Sync>;

/// Sends a request, and follows where it is sent. `rewind` makes the body anew where one has been sent already.
pub(crate) async fn follow(
    client: &Client,
    mut method: Method,
    mut uri: Uri,
    mut fields: HeaderMap,
    mut upload: Option<Upload>,
    rewind: Option<Rewind>,
) -> Result<Response<Body>, Error> {
    let Redirects { most, keep_method } = client.inner.config.redirects;
    let mut hops = 0;
    loop {
        let response = client.exchange(method.clone(), &uri, &fields, upload.clone()).await?;
        let Some(next) = target(&uri, &response).filter(|_| most > 0) else { return Ok(response) };
        if hops == most {
            let text = format!("the server redirects more than {most} times; it may do so for ever");
            return Err(Error::new(ErrorKind::Limit(Side::Origin), text));
        }
        hops = hops.saturating_add(1);
        let next = next?;
        if turns_to_get(&method, response.status()) {
            if !keep_method {
                method = Method::GET;
            }
            upload = None;
            for name in [CONTENT_LENGTH, CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION] {
                fields.remove(name);
            }
        } else if upload.as_ref().is_none_or(|upload| upload.progress() == Progress::Unsent) {
            // There is no body, or it is still here.
        } else if let Some(again) = rewind.as_ref().and_then(|rewind| rewind()) {
            upload = Some(again);
        } else {
            let text = format!(
                "{} redirects ({}) after the body has been sent, and a body is sent once: send it to {} right away",
                Origin::of(&uri)?,
                response.status(),
                Origin::of(&next)?,
            );
            return Err(Error::new(ErrorKind::Upload, text));
        }
        part(client, &uri, &next, &mut fields)?;
        client.announcer().say(&Event::Redirected { to: &next });
        // Read to its end, so that its connection serves again; a long one is not worth it.

        let rest = response.into_body().read_to_end(gatepass_http::limits::MAX_DRAIN);
        let _ = tokio::time::timeout(client.inner.config.dialer.timeouts.head, rest).await;
        uri = next;
    }
}

/// Where `response`, got from `uri`, sends its reader, if it does.
fn target<B>(uri: &Uri, response: &Response<B>) -> Option<Result<Uri, Error>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?;
    Some(resolve(uri, location.as_bytes()).ok_or_else(|| {
        let text = "the server redirects to a place that is no http or https URL; ask it without following";
        Error::new(ErrorKind::Protocol(Side::Origin), text)
    }))
}

/// A POST becomes a GET where browsers make it one (RFC 9110 15.4.2, 15.4.3), and everything but HEAD for a 303.
fn turns_to_get(method: &Method, status: StatusCode) -> bool {
    match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => *method == Method::POST,
        StatusCode::SEE_OTHER => *method != Method::HEAD && *method != Method::GET,
        _ => false,
    }
}

/// Takes from `fields` what `next` must not see.
fn part(client: &Client, uri: &Uri, next: &Uri, fields: &mut HeaderMap) -> Result<(), Error> {
    let (here, there) = (Origin::of(uri)?, Origin::of(next)?);
    if here != there {
        for name in [AUTHORIZATION, COOKIE, HOST] {
            fields.remove(name);
        }
    }
    let proxy = |origin| client.proxy_for(origin).map(crate::Proxy::origin);
    if proxy(&here) != proxy(&there) {
        fields.remove(PROXY_AUTHORIZATION);
    }
    Ok(())
}

/// `reference` seen from `base` (RFC 3986 5.2), without its fragment and without a user name.
fn resolve(base: &Uri, reference: &[u8]) -> Option<Uri> {
    let reference = escape(reference);
    let reference = reference.split('#').next().unwrap_or_default();
    let scheme = base.scheme_str()?;
    let authority = base.authority()?.as_str();
    let absolute = if has_scheme(reference) {
        let (scheme, rest) = reference.split_once("://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end)?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        format!("{scheme}://{host}{}", tidy(rest))
    } else if let Some(rest) = reference.strip_prefix("//") {
        return resolve(base, format!("{scheme}://{rest}").as_bytes());
    } else if reference.starts_with('/') {
        format!("{scheme}://{authority}{}", tidy(reference))
    } else {
        let path = base.path();
        let stem = match reference.chars().next() {
            None => return base.to_string().parse().ok(),
            Some('?') => path,
            Some(_) => path.rsplit_once('/').map_or("", |(stem, _)| stem),
        };
        let slash = if reference.starts_with('?') { "" } else { "/" };
        format!("{scheme}://{authority}{}", tidy(&format!("{stem}{slash}{reference}")))
    };
    let uri: Uri = absolute.parse().ok()?;
    Origin::of(&uri).is_ok().then_some(uri)
}

fn has_scheme(reference: &str) -> bool {
    let Some((scheme, _)) = reference.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// A path without its dot segments (RFC 3986 5.2.4); the query stays as it is.
fn tidy(path: &str) -> String {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    for (place, segment) in segments.iter().enumerate() {
        let last = place.saturating_add(1) == segments.len();
        match *segment {
            "." | ".." => {
                if *segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("/{}{query}", kept.join("/"))
}

/// What no URL may hold, percent-encoded: blanks, controls, and bytes beyond ASCII.
fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_graphic() {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(base: &str, reference: &str) -> Option<String> {
        resolve(&base.parse().unwrap(), reference.as_bytes()).map(|uri| uri.to_string())
    }

    #[test]
    fn a_location_is_seen_from_the_url_that_sent_it() {
        let base = "http://a.test:8080/b/c/d?q";
        for (reference, shown) in [
            ("http://b.test/x", "http://b.test/x"),
            ("HTTPS://b.test", "https://b.test/"),
            ("//b.test/x", "http://b.test/x"),
            ("/x?y", "http://a.test:8080/x?y"),
            ("x", "http://a.test:8080/b/c/x"),
            ("x:y", ""),
            ("./x:y", "http://a.test:8080/b/c/x:y"),
            ("?y", "http://a.test:8080/b/c/d?y"),
            ("", "http://a.test:8080/b/c/d?q"),
            ("#f", "http://a.test:8080/b/c/d?q"),
            ("x#f", "http://a.test:8080/b/c/x"),
            ("..", "http://a.test:8080/b/"),
            ("../x", "http://a.test:8080/b/x"),
            ("../../../x/./y/", "http://a.test:8080/x/y/"),
            ("/a b/ä", "http://a.test:8080/a%20b/%C3%A4"),
            ("/%41?a/../b", "http://a.test:8080/%41?a/../b"),
        ] {
            assert_eq!(resolved(base, reference).unwrap_or_default(), shown, "{reference}");
        }
    }

    #[test]
    fn a35_a_redirect_loses_its_user_name_and_never_leaves_the_web() {
        assert_eq!(resolved("http://a/", "http://u:p@b/x").as_deref(), Some("http://b/x"));
        assert_eq!(resolved("http://a/", "//a@b@c/").as_deref(), Some("http://c/"));
        for reference in [
            "ftp://b/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "http:b",
            "http://",
            "http://b\u{e4}.test/",
            "http://b%0d/",
            "http://b:99999/",
            "gopher://b",
            "http://a b/",
        ] {
            assert_eq!(resolved("http://a/", reference), None, "{reference}");
        }
    }

    #[test]
    fn a35_another_scheme_host_or_port_is_another_origin() {
        let kept = |next: &str| {
            let mut fields = HeaderMap::new();
            for name in [AUTHORIZATION, COOKIE, HOST] {
                fields.insert(name, http::HeaderValue::from_static("here.test"));
            }
            let here = Uri::from_static("http://here.test/a");
            part(&Client::new(), &here, &next.parse().unwrap(), &mut fields).unwrap();
            fields.len()
        };
        for same in ["http://here.test/", "http://here.test:80/b", "http://HERE.test/?c"] {
            assert_eq!(kept(same), 3, "{same}");
        }
        for other in [
            "https://here.test/",
            "http://here.test:8080/",
            "https://here.test:80/",
            "http://www.here.test/",
            "http://xn--hre-dma.test/",
            "http://127.0.0.1/",
        ] {
            assert_eq!(kept(other), 0, "{other}");
        }
    }

    #[test]
    fn a_post_becomes_a_get_where_browsers_make_it_one() {
        let get = |method: Method, status: u16| turns_to_get(&method, StatusCode::from_u16(status).unwrap());
        assert!(
            get(Method::POST, 301)
                && get(Method::POST, 302)
                && get(Method::POST, 303)
                && get(Method::PUT, 303)
        );
        assert!(
            !get(Method::POST, 307)
                && !get(Method::POST, 308)
                && !get(Method::PUT, 302)
                && !get(Method::HEAD, 303)
        );
    }
}
