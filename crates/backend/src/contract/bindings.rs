//! Cases of channel bindings.

use super::Pair;
use super::exchange::{Exchange, login};
use super::verdict::{Stop, Verdict, must};
use crate::{Attributes, ChannelBindings, ErrorKind, Request};

const OURS: &[u8] = b"tls-server-end-point:0123456789abcdef0123456789abcdef";
const ANOTHER: &[u8] = b"tls-server-end-point:0123456789abcdef0123456789abcdeF";

pub(super) fn equal(pair: &Pair) -> Verdict {
    let end = between(pair, Some(OURS), Some(OURS))?;
    must(end.is_done(), || end.state())
}

pub(super) fn differ(pair: &Pair) -> Verdict {
    let end = between(pair, Some(OURS), Some(ANOTHER))?;
    must(refused(&end), || end.state())
}

pub(super) fn absent(pair: &Pair) -> Verdict {
    let end = between(pair, Some(OURS), None)?;
    must(end.is_done(), || end.state())?;
    let end = between(pair, None, Some(OURS))?;
    must(end.is_done() || refused(&end), || end.state())
}

/// Whether the server refused the bindings.
fn refused(end: &Exchange) -> bool {
    end.server.error().is_some_and(|error| error.kind() == ErrorKind::BadBindings)
}

/// A handshake between a client and a server with these bindings.
fn between(pair: &Pair, client: Option<&[u8]>, server: Option<&[u8]>) -> Result<Exchange, Stop> {
    let with = |request: Request, data: Option<&[u8]>| match data {
        Some(data) => request.with_bindings(ChannelBindings::raw(data)),
        None => request,
    };
    let none = Attributes::none();
    let ours = with(pair.client_request(none), client);
    let theirs = with(pair.server_request(none), server);
    Ok(Exchange::begin(pair, login(pair)?, &ours, &theirs).finish())
}
