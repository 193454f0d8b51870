//! Cases of names: who the server takes the client for.

use super::Pair;
use super::exchange::{Context, Exchange, login};
use super::verdict::{Stop, Verdict, failed, must};
use crate::{Attributes, Credentials, ErrorKind, Principal};
use alloc::format;

pub(super) fn names(pair: &Pair) -> Verdict {
    login(pair)?;
    for (credentials, principal) in &pair.logins {
        let (client, server) = as_whom(pair, credentials, Attributes::none()).contexts()?;
        is_known_as(&server, principal)?;
        let mutual = client.attributes().contains(Attributes::MUTUAL_AUTH);
        must(mutual || client.peer().is_none(), || "the client takes an unproved server for proved".into())?;
    }
    let mutual = pair.of(Attributes::MUTUAL_AUTH);
    if let (Some(name), true) = (&pair.server_name, mutual != Attributes::none()) {
        let (client, _) = as_whom(pair, login(pair)?, mutual).contexts()?;
        must(client.peer() == Some(name), || {
            format!("the client takes the server for {:?}, not for {name:?}", client.peer())
        })?;
    }
    Ok(())
}

pub(super) fn anonymous(pair: &Pair) -> Verdict {
    let end = as_whom(pair, &Credentials::Anonymous, Attributes::none()).finish();
    if pair.anonymous || end.server.is_done() {
        must(pair.anonymous, || "the server lets somebody in who is nobody".into())?;
        let (_, server) = end.contexts()?;
        return must(server.peer().is_none(), || format!("nobody is known as {:?}", server.peer()));
    }
    let error = end.server.error().or(end.client.error());
    let refused = error.is_some_and(|error| {
        matches!(error.kind(), ErrorKind::LogonDenied | ErrorKind::NoCredentials | ErrorKind::Unsupported)
    });
    must(refused, || end.state())
}

pub(super) fn current_user(pair: &Pair) -> Verdict {
    let exchange = as_whom(pair, &Credentials::CurrentUser, Attributes::none());
    let Some(principal) = &pair.current_user else {
        let kind = exchange.client.error().map(crate::Error::kind);
        return must(kind == Some(ErrorKind::NoCredentials), || exchange.state());
    };
    let (_, server) = exchange.contexts()?;
    is_known_as(&server, principal)
}

/// A handshake with these credentials, begun.
fn as_whom(pair: &Pair, credentials: &Credentials, attributes: Attributes) -> Exchange {
    let none = Attributes::none();
    Exchange::begin(pair, credentials, &pair.client_request(attributes), &pair.server_request(none))
}

fn is_known_as(server: &Context, principal: &Principal) -> Result<(), Stop> {
    match server.peer() {
        Some(peer) if peer == principal => Ok(()),
        Some(peer) => Err(failed(format!("the server takes {principal:?} for {peer:?}"))),
        None => Err(failed(format!("the server does not know {principal:?} by name"))),
    }
}
