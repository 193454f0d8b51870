//! One HTTP/1.1 connection: a leg goes out, the head of its answer comes in, within limits of time, bytes and counts.

use crate::{
    Error, ErrorKind, Origin, Phase, Side, Timeouts,
    error::cause,
    event::{Announcer, Event},
    timeouts::until,
    upload::{Gate, Latch},
    wire::{HeadClock, Tunnel, Watched, Wire},
};
use gatepass_http::limits::{MAX_FIELDS, MAX_HEAD, MAX_INFORMATIONAL};
use http::{Request, Response, StatusCode};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use std::{
    error::Error as _,
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{Instant, sleep_until, timeout_at},
};

/// A connection that speaks HTTP/1.1. It closes when this is dropped.
pub(crate) struct Link {
    sender: SendRequest<Gate>,
    _driver: Driver,
    heads: HeadClock,
    timeouts: Timeouts,
    announcer: Announcer,
    /// Who is at its other end, and where.
    pub(crate) side: Side,
    pub(crate) place: Origin,
}

/// The task that moves the bytes; it ends with the connection's owner.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Why there is no answer to a leg.
pub(crate) enum Failure {
    /// The connection ended before the first byte of an answer.
    Closed {
        /// Nothing of the request had left.
        unsent: bool,
        error: Error,
    },
    /// Anything else.
    Other(Error),
}

impl Failure {
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Closed { error, .. } | Self::Other(error) => error,
        }
    }
}

impl Link {
    /// Speaks HTTP/1.1 over `wire`, whose other end is `side` at `place`.
    pub(crate) async fn open(
        wire: Wire,
        side: Side,
        place: Origin,
        timeouts: Timeouts,
        announcer: Announcer,
    ) -> Result<Self, Error> {
        let heads = HeadClock::new();
        let watched = Watched::new(wire, heads.clone(), timeouts.idle);
        let (sender, connection) = http1::Builder::new()
            .max_header_size(MAX_HEAD)
            .max_headers(MAX_FIELDS)
            .title_case_headers(true)
            // A user agent reads folded fields (RFC 9112 5.2); here each line end in them becomes spaces.
            .allow_obsolete_multiline_headers_in_responses(true)
            .handshake(TokioIo::new(watched))
            .await
            .map_err(|error| {
                Error::new(ErrorKind::Protocol(side), format!("HTTP does not start: {error}")).because(error)
            })?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(%error, "connection ended");
            }
        });
        Ok(Self { sender, _driver: Driver(driver), heads, timeouts, announcer, side, place })
    }

    /// Whether the connection is still there and free for another request. It is not waited for longer than a new one
    /// may take.
    pub(crate) async fn is_usable(&mut self) -> bool {
        matches!(timeout_at(until(self.timeouts.connect), self.sender.ready()).await, Ok(Ok(())))
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Sends one leg and reads the head of its answer.
    ///
    /// `latch` holds the leg's body: it is opened by `100 Continue`, or after [`Timeouts::proceed`] of silence, and locked
    /// when a final status comes first. `deadline` ends the wait. Longer than a screen, for each end that the wait can have
    /// stands in it.
    pub(crate) async fn send(
        &mut self,
        mut request: Request<Gate>,
        latch: Option<Latch>,
        deadline: Option<Instant>,
    ) -> Result<Response<Incoming>, Failure> {
        self.announcer.say(&Event::Request {
            to: self.side,
            method: request.method(),
            target: request.uri(),
            fields: request.headers(),
        });
        let ready = tokio::select! {
            ready = self.sender.ready() => ready,
            () = maybe(deadline) => return Err(Failure::Other(self.late(Phase::Handshake))),
        };
        if let Err(error) = ready {
            return Err(self.closed(error, true));
        }
        let flood = Arc::new(Notify::new());
        let informational = AtomicUsize::new(0);
        let (alarm, heads, proceed) = (flood.clone(), self.heads.clone(), latch.clone());
        hyper::ext::on_informational(&mut request, move |response| {
            heads.rearm();
            if informational.fetch_add(1, Ordering::Relaxed) >= MAX_INFORMATIONAL {
                alarm.notify_one();
            }
            if let (StatusCode::CONTINUE, Some(latch)) = (response.status(), &proceed) {
                latch.open();
            }
        });
        self.heads.rearm();
        let heads = self.heads.clone();
        let mut response = pin!(self.sender.try_send_request(request));
        let mut overrun = pin!(heads.overrun(self.timeouts.head));
        let mut deadline = pin!(maybe(deadline));
        let mut proceed = pin!(maybe(latch.as_ref().map(|_| until(self.timeouts.proceed))));
        let mut waiting = true;
        let answer = loop {
            tokio::select! {
                biased;
                // Before the response, which may come in the same breath.
                () = flood.notified() => return Err(Failure::Other(self.flooded())),
                answer = &mut response => break answer,
                () = &mut overrun => return Err(Failure::Other(self.late(Phase::Head))),
                () = &mut deadline => return Err(Failure::Other(self.late(Phase::Handshake))),
                () = &mut proceed, if waiting => {
                    waiting = false;
                    if let Some(latch) = &latch {
                        latch.open();
                    }
                }
            }
        };
        if let Some(latch) = &latch {
            latch.lock();
        }
        let response = answer.map_err(|mut failed| {
            let unsent = failed.take_message().is_some();
            self.failure(failed.into_error(), unsent)
        })?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            let text = format!("{} {} switches protocols unasked", self.side, self.place.authority());
            return Err(Failure::Other(Error::new(ErrorKind::Protocol(self.side), text)));
        }
        self.announcer.say(&Event::Response {
            from: self.side,
            version: response.version(),
            status: response.status(),
            fields: response.headers(),
        });
        Ok(response)
    }

    /// The bytes behind the head of `response`, which opened a tunnel.
    pub(crate) async fn into_tunnel(self, response: Response<Incoming>) -> Result<Tunnel, Error> {
        let upgraded =
            hyper::upgrade::on(response).await.map_err(|error| self.failure(error, false).into_error())?;
        match upgraded.downcast::<TokioIo<Watched>>() {
            Ok(parts) => Ok(Tunnel::new(parts.read_buf, parts.io.into_inner().into_wire())),
            Err(_) => Err(Error::new(
                ErrorKind::Protocol(self.side),
                "the tunnel is of another make than the connection",
            )),
        }
    }

    fn late(&self, phase: Phase) -> Error {
        let Self { side, place, .. } = self;
        let at = place.authority();
        let text = match phase {
            Phase::Head => {
                format!(
                    "{side} {at} sends the head of its answer for more than {:?}; it was given up",
                    self.timeouts.head
                )
            }
            _ => format!(
                "{side} {at} does not answer the handshake within {:?}; check that it is an HTTP {}",
                self.timeouts.handshake,
                crate::dialer::name(*side),
            ),
        };
        Error::new(ErrorKind::Timeout(phase), text)
    }

    fn flooded(&self) -> Error {
        let text = format!(
            "{} {} sends more than {MAX_INFORMATIONAL} informational responses",
            self.side,
            self.place.authority()
        );
        Error::new(ErrorKind::Limit(self.side), text)
    }

    fn failure(&self, error: hyper::Error, unsent: bool) -> Failure {
        let Self { side, heads, .. } = self;
        let who = format!("{side} {}", self.place.authority());
        let why = cause(&error);
        if is_idle(&error) {
            let text = format!("{who} sent nothing for {:?}; it was given up", self.timeouts.idle);
            return Failure::Other(Error::new(ErrorKind::Timeout(Phase::Idle), text).because(error));
        }
        if error.is_user() {
            let text = format!("the body of the request failed: {why}");
            return Failure::Other(Error::new(ErrorKind::Upload, text).because(error));
        }
        if error.is_parse_too_large() {
            let text = format!("{who} sends a head of more than {MAX_HEAD} bytes or {MAX_FIELDS} fields");
            return Failure::Other(Error::new(ErrorKind::Limit(*side), text).because(error));
        }
        if error.is_parse() {
            let text = format!(
                "{who} does not answer in HTTP ({why}); check that it is an HTTP {}",
                crate::dialer::name(*side)
            );
            return Failure::Other(Error::new(ErrorKind::Protocol(*side), text).because(error));
        }
        if heads.is_running() {
            let text = format!("{who} closed the connection within the head of its answer ({why})");
            return Failure::Other(Error::new(ErrorKind::Protocol(*side), text).because(error));
        }
        self.closed(error, unsent)
    }

    fn closed(&self, error: hyper::Error, unsent: bool) -> Failure {
        let text = format!(
            "{} {} closed the connection without an answer ({}); try again, or check its log",
            self.side,
            self.place.authority(),
            cause(&error)
        );
        Failure::Closed { unsent, error: Error::new(ErrorKind::Protocol(self.side), text).because(error) }
    }
}

/// Whether `error` comes from a wire that rested too long.
pub(crate) fn is_idle(error: &hyper::Error) -> bool {
    let inner = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    inner.is_some_and(|inner| inner.kind() == io::ErrorKind::TimedOut)
}

async fn maybe(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
