//! An HTTP client that passes NTLM proxies and origins: HTTP/1.1 over tokio and hyper, TLS by rustls.
//!
//! ```
//! use bytes::Bytes;
//! use gatepass::Credentials;
//! use gatepass_client::{Client, Proxy};
//! use http_body_util::Empty;
//!
//! # let mock = gatepass_mock_proxy::MockProxy::new().account("CORP", "alice", "secret").start()?;
//! # let (proxy, url) = (mock.url(), mock.origin_url());
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let proxy = Proxy::parse(&proxy)?; // "http://proxy.corp.example:8080"
//! let proxy = proxy.with_credentials(Credentials::password("CORP\\alice", "secret"));
//! let client = Client::new().with_proxy(proxy);
//! let response = client.send(http::Request::get(&url).body(Empty::<Bytes>::new())?).await?;
//! assert_eq!(response.status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # assert_eq!(mock.finish().authenticates().count(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How a request goes
//! | the URL | with a proxy | without |
//! |---|---|---|
//! | `http://` | the proxy gets the request in absolute form, on a connection that stays with this origin | the origin gets it |
//! | `https://` | the proxy opens a tunnel (CONNECT), and TLS with the origin runs in it | TLS with the origin |
//!
//! The proxy may be reached over TLS itself (`https://proxy`), with a trust of its own ([`Client::with_proxy_tls`]). The
//! proxy's 407 is answered with its own credentials, the origin's 401 with those whose [`Scope`] covers it, both on one
//! connection where need be; a 407 that does not come from the proxy, and a 401 of an origin that no scope covers, are
//! responses like others. On TLS a login carries the channel bindings `tls-server-end-point` of the peer's certificate.
//!
//! # Bodies
//! Bodies stream in both directions. None goes into a challenge: a peer that may ask for credentials is first asked without
//! the body (`HEAD` where nothing is known of it, the request with `Content-Length: 0` where it will ask), and the leg that
//! carries the body waits for `100 Continue` or [`Timeouts::proceed`] of silence. A body is sent once; a challenge that
//! comes after it is an error.
//!
//! # What is never done
//! A refused login is not tried again, on this connection or another. Credentials of one side never reach the other, nor
//! another origin. No proxy is passed over when it fails. Nothing is decompressed.

mod body;
mod client;
mod dance;
mod dialer;
mod environment;
mod error;
mod event;
mod exchange;
mod host;
mod link;
mod no_proxy;
mod origin;
mod outcome;
mod plan;
mod proxy;
mod redirect;
mod seat;
mod store;
mod system_proxy;
mod timeouts;
mod tls;
mod upload;
mod wire;

pub use body::Body;
pub use client::Client;
pub use error::{Error, ErrorKind, Phase};
pub use event::{Direction, Event, Observer};
pub use gatepass_http::{Scheme, Side};
pub use host::Host;
pub use no_proxy::NoProxy;
pub use origin::{Origin, Scope};
pub use outcome::{Denied, Outcome};
pub use proxy::{Proxies, Proxy};
pub use redirect::Redirects;
pub use system_proxy::SystemProxy;
pub use timeouts::Timeouts;
pub use tls::Tls;
pub use wire::Tunnel;
