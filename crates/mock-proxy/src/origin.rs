//! The embedded origin: a web server with a few pages, over http and https, on ports of its own on loopback. The proxy
//! reaches it under the name `origin.test`; a test can also reach it directly.

mod pages;

use crate::body::{AnyBody, Counted, Direction};
use crate::dance::{Dance, Gate, Judgement};
use crate::fault::{Faulty, Orders, Plan, bend, stand_in};
use crate::manner::{Manner, Situation};
use crate::proxy::{Answering, capitalised, exchange, unwanted};
use crate::stream::{Fuse, Stream, close};
use crate::transcript::{Book, Ended, Outcome, Page};
use crate::{listener, reply};
use http::header::WWW_AUTHENTICATE;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// Pages below it want NTLM.
const GUARDED: &str = "/ntlm";

/// One door of the origin, as all its connections know it.
pub(crate) struct Origin {
    pub(crate) gate: Gate,
    /// Where what is seen is written; both doors write into one book.
    pub(crate) book: Arc<Book>,
    /// `None` for plain http.
    pub(crate) tls: Option<TlsAcceptor>,
    /// What goes wrong; both doors follow one plan.
    pub(crate) plan: Arc<Plan>,
    pub(crate) manner: Manner,
}

impl Origin {
    /// Serves one connection to its end.
    pub(crate) async fn serve(self: Arc<Self>, socket: TcpStream, peer: SocketAddr) {
        let page = self.book.open(peer);
        let _closer = page.closer();
        let stream = Stream::new(socket, page.clone());
        let fuse = stream.fuse();
        match &self.tls {
            None => talk(self, stream, fuse, page).await,
            Some(tls) => match tls.accept(stream).await {
                Ok(stream) => talk(self, stream, fuse, page).await,
                Err(error) => page.ended(Ended::Garbage(format!("no TLS handshake: {error}"))),
            },
        }
    }
}

async fn talk(
    origin: Arc<Origin>,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    fuse: Fuse,
    page: Page,
) {
    let orders = Orders::default();
    let dance = Mutex::new(origin.gate.open());
    let session = Arc::new(Session { dance, page: page.clone(), orders: orders.clone(), origin });
    let stream = Faulty::new(stream, fuse, orders);
    let service = service_fn(move |request| -> Answering {
        let session = session.clone();
        Box::pin(async move { Ok(session.answer(request).await) })
    });
    let mut connection = listener::http().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = poll_fn(|cx| connection.poll_without_shutdown(cx)).await {
        listener::note_end(&page, &error);
    }
    close(connection.into_parts().io.into_inner().into_inner()).await;
}

/// One connection.
struct Session {
    origin: Arc<Origin>,
    dance: Mutex<Dance>,
    page: Page,
    orders: Orders,
}

impl Session {
    async fn answer(&self, request: Request<Incoming>) -> Response<AnyBody> {
        let (head, body) = request.into_parts();
        let Origin { gate, plan, manner, .. } = &*self.origin;
        let guarded = head.uri.path().strip_prefix(GUARDED).filter(|rest| rest.starts_with('/'));
        let judgement = match guarded {
            Some(_) => {
                let mut dance = self.dance.lock().unwrap_or_else(PoisonError::into_inner);
                dance.judge(&head.headers, plan)
            }
            None => Judgement::open(plan),
        };
        let path = guarded.unwrap_or_else(|| head.uri.path()).to_owned();
        let (faults, persistent) = (judgement.faults.clone(), judgement.persistent);
        let judged = (judgement.outcome.clone(), judgement.values.clone());
        let entry = self.page.exchange(exchange(&head, judgement));
        let (outcome, values) = stand_in(&faults, gate, judged);
        let body = Counted::new(body, entry.clone(), Direction::Request);
        let values = manner.values(values);
        let response = match &outcome {
            Outcome::Open => pages::answer(&path, None, head, body).await,
            Outcome::Granted(principal) => {
                let response = pages::answer(&path, Some(principal), head, body).await;
                reply::with_last_word(response, WWW_AUTHENTICATE, &values)
            }
            Outcome::Pending | Outcome::Offered | Outcome::Challenged | Outcome::Refused(_) => {
                unwanted(&head, body, reply::challenge(StatusCode::UNAUTHORIZED, WWW_AUTHENTICATE, &values))
            }
            Outcome::Invalid(reason) => reply::last(StatusCode::BAD_REQUEST, &capitalised(reason)),
        };
        let situation = match &outcome {
            Outcome::Pending | Outcome::Offered | Outcome::Challenged | Outcome::Refused(_) => {
                Situation::Refused
            }
            Outcome::Granted(_) => Situation::PassedOn,
            Outcome::Open | Outcome::Invalid(_) => Situation::Other,
        };
        let response = manner.complete(response, situation, &outcome, persistent);
        entry.update(|exchange| exchange.status = Some(response.status().as_u16()));
        let response = bend(response, &WWW_AUTHENTICATE, &faults);
        self.orders.next(manner.order(situation, faults, entry.clone()));
        response.map(|body| Counted::new(body, entry, Direction::Response).boxed_unsync())
    }
}
