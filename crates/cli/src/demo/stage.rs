//! The stage on loopback: a mock proxy with a server behind it, and a client that shows what it does.

use super::diary::{Detail, Diary};
use crate::exit::{Exit, Failure};
use crate::screen::{Line, Screen};
use gatepass::http::Mechanisms;
use gatepass::{Credentials, Ntlm};
use gatepass_client::{Client, Proxy, Side, Tls};
use gatepass_mock_proxy::{MockProxy, Outcome, Running};
use http::{Request, Uri};
use http_body_util::Empty;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// How much of a page is read, in bytes.
const MAX_PAGE: usize = 1024 * 1024;

/// The mock proxy.
pub(crate) struct Stage {
    running: Running,
    proxy_url: String,
    page: String,
    secure_page: String,
}

/// What a fetch came to.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status of the page, or with which the tunnel was refused.
    status: Option<u16>,
    /// The AUTHENTICATE messages that reached the proxy.
    pub(crate) attempts: usize,
    /// The connections to the proxy.
    pub(crate) connections: usize,
    /// What happened, in lines.
    story: Vec<Line>,
    /// The page, or why there is none.
    text: String,
}

impl Answer {
    /// Whether the page came.
    pub(crate) fn got_page(&self) -> bool {
        self.status == Some(200)
    }

    /// Whether the proxy refused the login.
    pub(crate) fn was_refused(&self) -> bool {
        self.status == Some(407)
    }
}

impl Stage {
    /// The password of the demonstration's account.
    pub(crate) const PASSWORD: &'static str = "correct horse battery staple";
    const ACCOUNT: &'static str = "CORP\\alice";

    /// Starts the mock proxy.
    pub(crate) fn set() -> Result<Self, Failure> {
        let proxy = MockProxy::new().account("CORP", "alice", Self::PASSWORD);
        let running = proxy
            .start()
            .map_err(|error| Failure::new(Exit::FAILED, format!("the mock proxy does not start: {error}")))?;
        Ok(Self {
            proxy_url: running.url(),
            page: running.origin_url(),
            secure_page: running.secure_origin_url(),
            running,
        })
    }

    pub(crate) fn proxy_url(&self) -> &str {
        &self.proxy_url
    }

    /// Where the proxy listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// A page of the server.
    pub(crate) fn page(&self) -> &str {
        &self.page
    }

    /// The same over https.
    pub(crate) fn secure_page(&self) -> &str {
        &self.secure_page
    }

    /// Fetches `url` through `proxy`, as the demonstration's user with `password`, on connections of its own.
    pub(crate) async fn fetch(&self, proxy: &str, password: &str, url: &str, detail: Detail) -> Answer {
        let (attempts, connections) = self.counted();
        let diary = Arc::new(Diary::new(detail));
        let credentials = Credentials::password(Self::ACCOUNT, password);
        let fetched = match Tls::roots(self.running.ca_pem().as_bytes()) {
            Ok(tls) => fetched(proxy, credentials, tls, &diary, url).await,
            Err(error) => Err(error),
        };
        let (status, text) = match fetched {
            Ok(page) => (Some(page.status), page.text),
            Err(error) => (error.status().map(|status| status.as_u16()), error.to_string()),
        };
        let (attempts_now, connections_now) = self.counted();
        Answer {
            status,
            attempts: attempts_now.saturating_sub(attempts),
            connections: connections_now.saturating_sub(connections),
            story: diary.take(),
            text,
        }
    }

    /// The AUTHENTICATE messages and the connections that the proxy has seen.
    fn counted(&self) -> (usize, usize) {
        let transcript = self.running.transcript();
        (transcript.authenticates().count(), transcript.connections().len())
    }

    /// Shows what happened, with what the proxy makes of it.
    pub(crate) fn report(&self, out: &mut Screen, answer: &Answer) -> io::Result<()> {
        answer.story.iter().try_for_each(|line| out.line(line))?;
        let transcript = self.running.transcript();
        let last = transcript.connections().last().map(|connection| connection.exchanges.as_slice());
        let verdict = last.unwrap_or_default().iter().rev().find_map(|exchange| match &exchange.outcome {
            Outcome::Refused(reason) => Some(format!("refused ({reason})")),
            Outcome::Granted(principal) => Some(format!("granted to {principal}")),
            _ => None,
        });
        if let Some(verdict) = verdict {
            out.line(&Line::new().plain("   ").faint("the proxy says: ").plain(verdict))?;
        }
        out.line(&Line::new().plain("   ").faint("the client says: ").plain(&answer.text))
    }

    /// Whether no request reached the server with a login for the proxy.
    pub(crate) fn origin_saw_no_login(&self) -> bool {
        let transcript = self.running.transcript();
        let mut requests = transcript.origin().requests().peekable();
        requests.peek().is_some() && !requests.any(|request| request.has_field("proxy-authorization"))
    }
}

async fn fetched(
    proxy: &str,
    credentials: Credentials,
    tls: Tls,
    diary: &Arc<Diary>,
    url: &str,
) -> Result<Page, gatepass_client::Error> {
    // The story is that of this project's engine, whatever Windows has of its own.
    let client = client(Proxy::parse(proxy)?.with_credentials(credentials), tls, diary)
        .with_mechanisms(Side::Proxy, Mechanisms::ntlm(Arc::new(Ntlm::new())));
    // The stage's URLs are its own.
    page(&client, &url.parse().unwrap_or_default()).await
}

/// The client of `fetch`, which writes a diary.
pub(crate) fn client(proxy: Proxy, tls: Tls, diary: &Arc<Diary>) -> Client {
    Client::new().with_proxy(proxy).with_tls(tls).with_observer(Arc::<Diary>::clone(diary))
}

/// A page, or a refusal.
pub(crate) struct Page {
    pub(crate) status: u16,
    /// How long it is, or who refused whom.
    pub(crate) text: String,
}

/// The page at `uri`.
pub(crate) async fn page(client: &Client, uri: &Uri) -> Result<Page, gatepass_client::Error> {
    let mut request = Request::new(Empty::<bytes::Bytes>::new());
    *request.uri_mut() = uri.clone();
    let response = client.send(request).await?;
    let status = response.status().as_u16();
    if let Some(denied) = gatepass_client::Outcome::of(&response).denied {
        return Ok(Page { status, text: denied.to_string() });
    }
    let body = response.into_body().read_to_end(MAX_PAGE).await?;
    Ok(Page { status, text: format!("{status}, a page of {} bytes", body.len()) })
}
