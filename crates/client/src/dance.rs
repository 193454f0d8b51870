//! The legs of one request on one connection, until its peers are content or the connection must be given up.
//!
//! ```text
//!         +--- the shape of the next leg: what the seats hold back, and whether there is a body
//!         v
//!   send the leg --> head --> proxy's seat --Deliver--> origin's seat --Deliver--> was it the whole request?
//!         ^                        |                         |                        | no        | yes
//!         |                        +--Send------+------------+                        v           v
//!         +-------- drain the body <------------+     Reconnect, Denied         begin anew     Answer
//! ```

use crate::{
    Error, ErrorKind, Side, Timeouts,
    error::cause,
    event::{Announcer, Direction, Event},
    link::{Failure, Link},
    outcome::Denied,
    plan::{Plan, Shape},
    seat::Seat,
    timeouts::until,
};
use gatepass_http::{
    Head, Next, Scheme, challenges,
    limits::{MAX_DRAIN, MAX_LEGS},
};
use http::{HeaderMap, Response, StatusCode, Version, header::CONTENT_LENGTH};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The legs that a request can need on one connection: each of the two sides in turn, a probe, and the request itself.
const MAX_ROUNDS: u8 = 2 * MAX_LEGS + 2;

/// A connection, and who must be convinced on it.
pub(crate) struct Lane {
    pub(crate) link: Link,
    /// The proxy's seat first: it answers first.
    pub(crate) seats: Vec<Seat>,
    /// The status of the CONNECT that opened the way.
    pub(crate) connect_status: Option<StatusCode>,
    /// It has served an earlier request.
    pub(crate) reused: bool,
}

/// How a dance ends.
pub(crate) enum End {
    /// The response is the caller's.
    Answer(Box<Response<Incoming>>, Option<Denied>),
    /// The request must go out again on another connection.
    Again {
        because: &'static str,
        /// The dance goes on there, with its seats; otherwise nothing has happened, and it begins anew.
        goes_on: bool,
        /// The peer does not know `Expect`.
        unexpecting: bool,
    },
}

const fn again(because: &'static str) -> End {
    End::Again { because, goes_on: true, unexpecting: false }
}

/// What all connections of a request share.
pub(crate) struct Terms<'a> {
    pub(crate) timeouts: Timeouts,
    pub(crate) announcer: &'a Announcer,
    /// When the handshake must be over.
    pub(crate) deadline: Instant,
    /// Whether a body may wait for `100 Continue`.
    pub(crate) expects: bool,
}

impl Terms<'_> {
    /// The peer is not to blame for what the login was busy with elsewhere.
    fn pause(&mut self, busy: Duration) {
        self.deadline = self.deadline.checked_add(busy).unwrap_or(self.deadline);
    }
}

/// A request begins for all of `seats`.
async fn begin(seats: &mut [Seat], terms: &mut Terms<'_>) -> Result<(), Error> {
    for seat in seats {
        let busy = seat.begin().await?;
        terms.pause(busy);
    }
    Ok(())
}

/// What a response means to the seats.
enum Verdict {
    Deliver,
    Send,
    Reconnect,
    Denied(Denied),
}

impl Lane {
    /// Dances `plan`.
    pub(crate) async fn dance(&mut self, plan: &Plan, terms: &mut Terms<'_>) -> Result<End, Error> {
        self.begin(terms).await?;
        for leg in 0..MAX_ROUNDS {
            let shape = self.shape(plan);
            let response = match self.leg(plan, shape, terms).await {
                Ok(response) => response,
                Err(failure) => return self.lost(plan, shape, leg, failure),
            };
            let status = response.status();
            match self.judge(&response, terms).await? {
                Verdict::Denied(denied) => return Ok(End::Answer(Box::new(response), Some(denied))),
                Verdict::Send | Verdict::Reconnect if !plan.is_whole() => return Err(self.too_late(status)),
                Verdict::Reconnect => return Ok(again("the peer closes the connection with its challenge")),
                // The head announced a body that was not sent: no other leg can follow it on this connection.
                Verdict::Send if shape == Shape::Whole => {
                    return Ok(again("the peer wants credentials before the body"));
                }
                Verdict::Send => {
                    if !drain(response, terms).await {
                        return Ok(again("the body of the challenge is too long to be read"));
                    }
                }
                Verdict::Deliver if misses_expect(plan, shape, status, terms) => {
                    let because = "the peer does not know Expect";
                    return Ok(End::Again { because, goes_on: true, unexpecting: true });
                }
                Verdict::Deliver => {
                    let unfinished = shape == Shape::Probe || shape == Shape::Bodiless && status.is_success();
                    if !unfinished {
                        return Ok(End::Answer(Box::new(response), None));
                    }
                    if !drain(response, terms).await {
                        return Ok(again("the answer to a request without its body is too long to be read"));
                    }
                    self.begin(terms).await?;
                }
            }
        }
        let text = format!("{} {} asks for more than {MAX_ROUNDS} messages", self.link.side, self.link.place);
        Err(Error::new(ErrorKind::Limit(self.link.side), text))
    }

    async fn begin(&mut self, terms: &mut Terms<'_>) -> Result<(), Error> {
        begin(&mut self.seats, terms).await
    }

    fn shape(&self, plan: &Plan) -> Shape {
        if plan.upload.is_none() {
            Shape::Plain
        } else if self.seats.iter().any(Seat::is_unknown) {
            Shape::Probe
        } else if self.seats.iter().any(Seat::holds) {
            Shape::Bodiless
        } else {
            Shape::Whole
        }
    }

    async fn leg(
        &mut self,
        plan: &Plan,
        shape: Shape,
        terms: &Terms<'_>,
    ) -> Result<Response<Incoming>, Failure> {
        let asks = terms.expects && (plan.is_heavy() || self.seats.iter().any(|seat| !seat.is_settled()));
        // In a block of its own: a borrow of the seats that outlived it would keep the request from being spawned.
        let (request, latch) = {
            let credentials = self.seats.iter().filter_map(Seat::credentials);
            for (side, text) in credentials.clone() {
                show(terms.announcer, side, Direction::Sent, text.as_bytes());
            }
            plan.leg(shape, credentials, asks).map_err(Failure::Other)?
        };
        // A leg that may be the last one waits for the wanted response, which may take its time.
        let in_handshake = plan.method == http::Method::CONNECT || self.seats.iter().any(Seat::holds);
        self.link.send(request, latch, in_handshake.then_some(terms.deadline)).await
    }

    /// Asks the seats, the proxy's first; the origin's seat sees only what the proxy has passed on.
    async fn judge(
        &mut self,
        response: &Response<Incoming>,
        terms: &mut Terms<'_>,
    ) -> Result<Verdict, Error> {
        let fields: Vec<(&str, &[u8])> =
            response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let minor_version = u8::from(response.version() != Version::HTTP_10);
        let head = Head { status: response.status().as_u16(), minor_version, fields: &fields };
        for number in 0..self.seats.len() {
            let Some((seat, before)) = self.seats.get_mut(..=number).and_then(<[_]>::split_last_mut) else {
                break;
            };
            if head.status == seat.side().status() {
                for value in head.values(seat.side().challenge_field()) {
                    show(terms.announcer, seat.side(), Direction::Received, value);
                }
            }
            let (next, busy) = seat.response(&head).await?;
            terms.pause(busy);
            match next {
                Next::Deliver => {}
                Next::Send { .. } => {
                    // For those that are content it is another request, which may need credentials of its own.
                    begin(before, terms).await?;
                    return Ok(Verdict::Send);
                }
                Next::Reconnect => return Ok(Verdict::Reconnect),
                Next::Denied => {
                    let denied = seat.denied();
                    tracing::debug!(side = %denied.side, place = denied.place, "denied");
                    return Ok(Verdict::Denied(denied));
                }
            }
        }
        Ok(Verdict::Deliver)
    }

    /// The connection ended before an answer to the leg.
    fn lost(&self, plan: &Plan, shape: Shape, leg: u8, failure: Failure) -> Result<End, Error> {
        let Failure::Closed { unsent, error } = failure else { return Err(failure.into_error()) };
        let harmless = unsent
            || matches!(shape, Shape::Probe | Shape::Bodiless)
            || plan.method.is_idempotent()
            || plan.method == http::Method::CONNECT;
        if self.reused && leg == 0 && harmless && plan.is_whole() {
            // The peer closed a connection at rest, perhaps while the request was on its way.
            return Ok(End::Again {
                because: "the kept connection was gone",
                goes_on: false,
                unexpecting: false,
            });
        }
        let asking = self.seats.iter().any(Seat::holds);
        if asking && harmless && plan.is_whole() {
            return Ok(again("the peer closed the connection instead of answering"));
        }
        if !plan.is_whole() {
            return Err(self.cut_off(error));
        }
        if let Some(seat) = self.seats.iter().find(|seat| seat.credentials().is_some() && !seat.holds()) {
            let (side, place) = (seat.side(), self.link.place.authority());
            let text = if unsent {
                format!("{side} {place} closes during the handshake; the credentials were not sent")
            } else {
                format!(
                    "{side} {place} closed the connection before it said whether it accepts the credentials; they are not sent \
                     again, since that may count as a second attempt"
                )
            };
            return Err(Error::new(ErrorKind::Handshake(seat.side()), text).because(error));
        }
        Err(error)
    }

    /// The connection ended while the body was on its way, or behind it.
    fn cut_off(&self, error: Error) -> Error {
        let (side, place) = (self.link.side, self.link.place.authority());
        let why = std::error::Error::source(&error)
            .map(|source| format!(" ({})", cause(source)))
            .unwrap_or_default();
        let text = format!(
            "{side} {place} closed the connection after the body had begun to go out, and gave no answer{why}; the request may \
             have been carried out all the same: look before it is sent again"
        );
        Error::new(ErrorKind::Protocol(side), text).because(error)
    }

    fn too_late(&self, status: StatusCode) -> Error {
        let text = format!(
            "{} {} asks for credentials ({status}) after the body has been sent, and a body is sent once: try again with a body \
             that can be read again",
            self.link.side,
            self.link.place.authority(),
        );
        Error::new(ErrorKind::Upload, text)
    }
}

/// Reads the rest of a response, so that its connection can carry the next leg.
async fn drain(response: Response<Incoming>, terms: &Terms<'_>) -> bool {
    if announced(response.headers()).is_some_and(|length| length > MAX_DRAIN) {
        return false;
    }
    let end = terms.deadline.min(until(terms.timeouts.head));
    matches!(timeout_at(end, read(response.into_body(), MAX_DRAIN)).await, Ok(Ok((_, true))))
}

/// Whether the response says no to nothing but `Expect` (RFC 9110 10.1.1).
fn misses_expect(plan: &Plan, shape: Shape, status: StatusCode, terms: &Terms<'_>) -> bool {
    shape == Shape::Whole && status == StatusCode::EXPECTATION_FAILED && terms.expects && plan.is_whole()
}

/// At most `limit` bytes of `body`, and whether that is all of it.
pub(crate) async fn read(mut body: Incoming, limit: usize) -> Result<(Vec<u8>, bool), hyper::Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            let room = limit.saturating_sub(bytes.len());
            bytes.extend_from_slice(data.get(..room).unwrap_or(&data));
            if data.len() > room {
                return Ok((bytes, false));
            }
        }
    }
    Ok((bytes, true))
}

fn announced(fields: &HeaderMap) -> Option<usize> {
    fields.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Shows the tokens in a field's value to the observer. The token of Basic is the password, and none.
fn show(announcer: &Announcer, side: Side, direction: Direction, value: &[u8]) {
    if announcer.0.is_none() {
        return;
    }
    for challenge in challenges([value]).filter_map(Result::ok) {
        if challenge.known_scheme() != Some(Scheme::Basic)
            && let Ok(Some(token)) = challenge.token()
        {
            announcer.say(&Event::Token { side, direction, scheme: challenge.scheme, token: &token });
        }
    }
}
