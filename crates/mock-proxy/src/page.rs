//! The web page of a mock proxy, on a port of its own: what happens, as it happens, and what shall go wrong.
//!
//! ```text
//! head ──▶ admission: Host, Origin, token ──▶ a file of the page, or the interface below /api/
//!              └── 403, and nothing changes
//! ```
//!
//! A web page that somebody else wrote must not read it nor turn its switches (A77, A78), so whoever asks needs the token that was
//! printed at the start, in a field that no other page can send.

mod admission;
mod api;
mod feed;
mod files;
mod masked;
mod reply;
mod switches;
mod verdicts;

use crate::body::AnyBody;
use crate::controls::Controls;
use crate::mock::start::{listen, loopback};
use crate::script::Script;
use crate::transcript::Observer;
use crate::{Error, listener};
use admission::Admission;
use feed::Feed;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::{Future, pending};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use switches::Switches;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// The connections of browsers that are served at a time.
const MAX_BROWSERS: usize = 64;

/// What a script looks like to who has none.
const NO_SCRIPT: &str = "\
# There is no script. For example:
#
# offer = [\"negotiate\", \"ntlm\"]
#
# [[account]]
# user = 'CORP\\bob'
# password = \"secret\"
#
# [[fault]]
# leg = \"challenge\"
# nth = 1
# fault = \"close\"
";

/// That a mock proxy has a web page, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it is for MockProxy::page"]
pub struct WebPage {
    pub(crate) address: SocketAddr,
    text: Option<String>,
}

impl Default for WebPage {
    fn default() -> Self {
        Self::new()
    }
}

impl WebPage {
    /// On a free port of 127.0.0.1.
    pub const fn new() -> Self {
        Self { address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0), text: None }
    }

    /// Listening on `address`, which must be a loopback address; port 0 is any free port.
    pub const fn with_address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// With `text` as the text of the script, as somebody has written it; otherwise the page shows the script in words of its own.
    pub fn with_script(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }
}

impl WebPage {
    /// With its port open.
    pub(crate) fn open(self) -> Result<Opened, Error> {
        loopback(self.address)?;
        let (listener, address) = listen(self.address)?;
        Ok(Opened { page: self, listener, address, feed: Arc::new(Feed::default()) })
    }
}

/// A page that has its port, and knows nothing yet.
pub(crate) struct Opened {
    page: WebPage,
    listener: TcpListener,
    address: SocketAddr,
    feed: Arc<Feed>,
}

impl Opened {
    /// Who must be told what happens.
    pub(crate) fn observer(&self) -> Observer {
        let feed = self.feed.clone();
        Arc::new(move |event| feed.tell(event))
    }

    /// About the proxy at `proxy`.
    pub(crate) fn about(
        self,
        proxy: SocketAddr,
        controls: &Arc<Controls>,
    ) -> Result<(Site, TcpListener), Error> {
        let followed = controls.followed();
        let text = self.page.text.unwrap_or_else(|| written(&followed));
        let site = Site {
            admission: Admission::new(self.address)?,
            proxy,
            switches: Switches::new(controls),
            controls: controls.clone(),
            feed: self.feed,
            script: Mutex::new((followed, text)),
        };
        Ok((site, self.listener))
    }
}

/// `script` in words of our own.
fn written(script: &Script) -> String {
    match *script == Script::default() {
        true => NO_SCRIPT.to_owned(),
        false => script.to_toml(),
    }
}

/// The page, as all its connections know it.
pub(crate) struct Site {
    admission: Admission,
    /// The proxy that it is about.
    proxy: SocketAddr,
    controls: Arc<Controls>,
    feed: Arc<Feed>,
    switches: Switches,
    /// The script that is followed, and its text as somebody has written it.
    script: Mutex<(Script, String)>,
}

impl Site {
    /// Where a browser finds it, with the token behind `#`: browsers do not send what stands there.
    pub(crate) fn url(&self) -> String {
        self.admission.url()
    }

    /// Serves `site` for ever on `runtime`; does nothing for ever where there is none.
    pub(crate) fn serve_all(
        site: Option<(Self, TcpListener)>,
        runtime: &Runtime,
    ) -> Result<impl Future<Output = ()> + Send + use<>, Error> {
        let _inside = runtime.enter();
        let adopt = |listener| tokio::net::TcpListener::from_std(listener).map_err(Error::Thread);
        let site = site.map(|(site, listener)| Ok((Arc::new(site), adopt(listener)?))).transpose()?;
        Ok(async move {
            match site {
                Some((site, listener)) => {
                    listener::accept(listener, MAX_BROWSERS, move |socket, _| site.clone().serve(socket))
                        .await;
                }
                None => pending().await,
            }
        })
    }

    /// Serves one connection to its end.
    async fn serve(self: Arc<Self>, socket: TcpStream) {
        let service = service_fn(move |request| {
            let site = self.clone();
            async move { Ok::<_, Infallible>(site.answer(request).await) }
        });
        // A browser that is gone needs no answer.
        let _ = listener::http().serve_connection(TokioIo::new(socket), service).await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<AnyBody> {
        let path = request.uri().path().to_owned();
        let admitted = match path.strip_prefix("/api/") {
            None => self.admission.to_files(request.headers()),
            Some(_) => self.admission.to_interface(request.headers()),
        };
        let response = match (admitted, path.strip_prefix("/api/")) {
            (Err(why), _) => reply::problem(StatusCode::FORBIDDEN, why),
            (Ok(()), Some(name)) => self.interface(name, request).await,
            (Ok(()), None) if request.method() != Method::GET => reply::not_allowed("GET"),
            (Ok(()), None) => files::named(&path).map_or_else(
                || reply::problem(StatusCode::NOT_FOUND, "The page has no such file."),
                |(kind, text)| reply::text(kind, text),
            ),
        };
        reply::guarded(response)
    }
}
