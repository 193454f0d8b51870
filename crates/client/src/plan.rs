//! What is asked: the request as it goes out, in each of the shapes that the legs of a dance need.

use crate::{
    Error, Origin, Side,
    upload::{Gate, Latch, Progress, Upload},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri,
    header::{
        AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, PROXY_AUTHORIZATION, TE, TRAILER,
        TRANSFER_ENCODING, UPGRADE, USER_AGENT,
    },
};

/// A body of at most this many bytes goes to a peer that has let us in without first asking whether it may, as curl's does.
const UNASKED: u64 = 1024 * 1024;

/// Connection-specific fields: the connection is the client's affair, not the caller's (RFC 9110 7.6.1). `Expect` is set
/// where a body waits.
const OWN: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("keep-alive"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    EXPECT,
    PROXY_AUTHORIZATION,
];

/// What one leg carries of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All of a request that has no body.
    Plain,
    /// `HEAD` in place of a request with a body, to a peer that may not ask for credentials and would act on the request.
    Probe,
    /// The request without its body, to a peer that will ask.
    Bodiless,
    /// The request with its body.
    Whole,
}

/// A request, ready to be sent again and again until its peers are content.
pub(crate) struct Plan {
    pub(crate) method: Method,
    target: Uri,
    fields: HeaderMap,
    pub(crate) upload: Option<Upload>,
}

impl Plan {
    /// The request `method` `uri` in the form in which it goes to the origin itself, or, with `through_proxy`, to a
    /// proxy (RFC 9112 3.2.1, 3.2.2). `proxy_credentials`, which the caller made, goes to a proxy only.
    pub(crate) fn request(
        method: Method,
        uri: &Uri,
        origin: &Origin,
        fields: &HeaderMap,
        upload: Option<Upload>,
        through_proxy: bool,
    ) -> Result<Self, Error> {
        if method == Method::CONNECT {
            return Err(Error::invalid("CONNECT is no request: open a tunnel"));
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let target =
            if through_proxy { format!("http://{}{path}", origin.host_field()) } else { path.to_owned() };
        let target = target.parse().map_err(|error: http::uri::InvalidUri| {
            Error::invalid("the path of the URL cannot be sent").because(error)
        })?;
        let mut own = fields.clone();
        let given = own.remove(PROXY_AUTHORIZATION);
        for name in &OWN {
            own.remove(name);
        }
        if upload.is_none() {
            own.remove(CONTENT_LENGTH);
        }
        if !own.contains_key(HOST) {
            own.insert(HOST, value(&origin.host_field())?);
        }
        if through_proxy {
            own.insert("proxy-connection", HeaderValue::from_static("Keep-Alive"));
            if let Some(given) = given {
                own.insert(PROXY_AUTHORIZATION, given);
            }
        }
        mark(&mut own);
        Ok(Self { method, target, fields: own, upload })
    }

    /// The CONNECT that opens a tunnel to `origin` (RFC 9110 9.3.6). Of the request's `fields` it carries the user agent and
    /// what is meant for the proxy, nothing that is meant for the origin.
    pub(crate) fn connect(origin: &Origin, fields: &HeaderMap) -> Result<Self, Error> {
        let target = origin.authority().parse().map_err(|error: http::uri::InvalidUri| {
            Error::invalid("the host cannot be sent").because(error)
        })?;
        let mut own = HeaderMap::new();
        own.insert(HOST, value(&origin.authority())?);
        own.insert("proxy-connection", HeaderValue::from_static("Keep-Alive"));
        for name in [USER_AGENT, PROXY_AUTHORIZATION] {
            if let Some(given) = fields.get(&name) {
                own.insert(name, given.clone());
            }
        }
        mark(&mut own);
        Ok(Self { method: Method::CONNECT, target, fields: own, upload: None })
    }

    /// The request in `shape`, with the credentials of each side that has some to present, and the latch of its body.
    ///
    /// `asks`: whether a body waits for `100 Continue`; where it does not, it goes at once.
    pub(crate) fn leg<'a>(
        &self,
        shape: Shape,
        credentials: impl IntoIterator<Item = (Side, &'a str)>,
        asks: bool,
    ) -> Result<(Request<Gate>, Option<Latch>), Error> {
        let (gate, latch) = match (&self.upload, shape) {
            (Some(upload), Shape::Whole) => {
                let (gate, latch) = upload.gate();
                (gate, Some(latch))
            }
            _ => (Gate::Empty, None),
        };
        let mut request = Request::new(gate);
        *request.method_mut() = if shape == Shape::Probe { Method::HEAD } else { self.method.clone() };
        *request.uri_mut() = self.target.clone();
        let fields = request.headers_mut();
        fields.clone_from(&self.fields);
        match shape {
            Shape::Probe => {
                fields.remove(CONTENT_LENGTH);
            }
            Shape::Bodiless => {
                fields.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            Shape::Whole if asks => {
                fields.insert(EXPECT, HeaderValue::from_static("100-continue"));
            }
            Shape::Plain if matches!(self.method, Method::POST | Method::PUT | Method::PATCH) => {
                fields.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            Shape::Plain | Shape::Whole => {}
        }
        for (side, text) in credentials {
            let mut text = value(text)?;
            text.set_sensitive(true);
            fields.insert(field(side), text);
        }
        match latch {
            Some(latch) if !asks => {
                latch.open();
                Ok((request, None))
            }
            latch => Ok((request, latch)),
        }
    }

    /// Whether the caller presents credentials of its own making to `side`.
    pub(crate) fn presents(&self, side: Side) -> bool {
        self.fields.contains_key(field(side))
    }

    /// Whether a body, if there is one, should wait for `100 Continue` even where nobody is expected to ask for
    /// credentials.
    pub(crate) fn is_heavy(&self) -> bool {
        self.upload.as_ref().is_some_and(|upload| upload.length().is_none_or(|length| length > UNASKED))
    }

    /// Whether the whole request can go out once more: nothing of its body has left.
    pub(crate) fn is_whole(&self) -> bool {
        self.upload.as_ref().is_none_or(|upload| upload.progress() == Progress::Unsent)
    }
}

/// The field in which `side` gets its credentials.
pub(crate) const fn field(side: Side) -> HeaderName {
    match side {
        Side::Origin => AUTHORIZATION,
        Side::Proxy => PROXY_AUTHORIZATION,
    }
}

fn mark(fields: &mut HeaderMap) {
    for name in [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE] {
        if let http::header::Entry::Occupied(mut entry) = fields.entry(name) {
            entry.iter_mut().for_each(|value| value.set_sensitive(true));
        }
    }
}

fn value(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text)
        .map_err(|error| Error::invalid("a field's value cannot be sent").because(error))
}
