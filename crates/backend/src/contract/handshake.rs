//! Cases of the handshake: who gets in, who does not, and what both sides then have.

use super::Pair;
use super::exchange::{Context, End, Exchange, contexts, login, transcript};
use super::verdict::{Stop, Verdict, describe, failed, must, not_applicable};
use crate::{Attributes, Credentials, ErrorKind};
use alloc::{format, string::String, vec::Vec};

impl Pair {
    /// What of `wanted` the pair can give.
    pub(super) fn of(&self, wanted: Attributes) -> Attributes {
        self.attributes & wanted
    }

    /// All protection of messages that the pair can give.
    pub(super) fn protection(&self) -> Attributes {
        self.of(PROTECTION)
    }

    /// Stops a case that needs what the pair cannot give.
    pub(super) fn needs(&self, attributes: Attributes) -> Verdict {
        if self.attributes.contains(attributes) {
            return Ok(());
        }
        let missing = Attributes::from_bits(attributes.bits() & !self.attributes.bits());
        Err(not_applicable(format!("the pair does not have {missing:?}")))
    }
}

const PROTECTION: Attributes = Attributes::from_bits(
    Attributes::INTEGRITY.bits()
        | Attributes::REPLAY_DETECT.bits()
        | Attributes::SEQUENCE_DETECT.bits()
        | Attributes::CONFIDENTIALITY.bits(),
);

pub(super) fn completes(pair: &Pair) -> Verdict {
    for attributes in [Attributes::none(), pair.protection()] {
        let done = Exchange::requiring(pair, attributes)?.finish();
        must(done.is_done(), || format!("with {attributes:?}: {}", done.state()))?;
    }
    Ok(())
}

pub(super) fn wrong_password(pair: &Pair) -> Verdict {
    let wrong = pair.wrong_password.as_ref();
    refusal(pair, wrong.ok_or_else(|| not_applicable("the pair has no wrong password"))?).map(|_| ())
}

pub(super) fn unknown_user(pair: &Pair) -> Verdict {
    let unknown = pair.unknown_user.as_ref();
    let unknown = refusal(pair, unknown.ok_or_else(|| not_applicable("the pair has no unknown user"))?)?;
    if let Some(wrong) = &pair.wrong_password {
        let wrong = refusal(pair, wrong)?;
        must(unknown == wrong, || format!("an unknown user: {unknown}; a wrong password: {wrong}"))?;
    }
    Ok(())
}

/// How `credentials` are refused, as the peer sees it: by the one side that knows, after how many tokens, with which last word.
fn refusal(pair: &Pair, credentials: &Credentials) -> Result<String, Stop> {
    let none = Attributes::none();
    let (ours, theirs) = (pair.client_request(none), pair.server_request(none));
    let end = Exchange::begin(pair, credentials, &ours, &theirs).finish();
    must(!end.server.is_done(), || "the server has a context".into())?;
    let error = end.server.error().or(end.client.error());
    let error = error.ok_or_else(|| failed(format!("nobody refuses: {}", end.state())))?;
    must(error.kind() == ErrorKind::LogonDenied, || format!("not LogonDenied: {}", end.state()))?;
    // What the peer sees of it; the cause is for whoever runs the server.
    let last_word = error.token().map_or(0, <[u8]>::len);
    Ok(format!("{:?} after {} tokens, {last_word} bytes", error.kind(), end.delivered.len()))
}

pub(super) fn session_key(pair: &Pair) -> Verdict {
    let mut keys = Vec::new();
    for attributes in [Attributes::none(), pair.protection()] {
        for _ in 0..2 {
            let (client, server) = contexts(pair, attributes)?;
            let (Some(ours), Some(theirs)) = (client.session_key(), server.session_key()) else {
                return Err(failed("a side gives no session key out"));
            };
            must(ours.ct_eq(&theirs), || format!("the keys differ, with {attributes:?}"))?;
            must(ours.expose().iter().any(|byte| *byte != 0), || "the key is empty or all zeros".into())?;
            must(keys.iter().all(|key| !ours.ct_eq(key)), || "two handshakes have the same key".into())?;
            keys.push(ours);
        }
    }
    Ok(())
}

pub(super) fn attributes(pair: &Pair) -> Verdict {
    let signed = Attributes::INTEGRITY | Attributes::REPLAY_DETECT | Attributes::SEQUENCE_DETECT;
    let sealed = signed | Attributes::CONFIDENTIALITY;
    let mutual = sealed | Attributes::MUTUAL_AUTH;
    for wanted in [Attributes::none(), Attributes::INTEGRITY, signed, sealed, mutual, Attributes::IDENTIFY] {
        let wanted = pair.of(wanted);
        let begin = || -> Result<(Context, Context), Stop> {
            let (ours, theirs) = (pair.client_request(wanted), pair.server_request(Attributes::none()));
            Exchange::begin(pair, login(pair)?, &ours, &theirs).contexts()
        };
        let (client, server) = begin()?;
        let (ours, theirs) = (client.attributes(), server.attributes());
        let both = || format!("wanted {wanted:?}, the client has {ours:?}, the server {theirs:?}");
        must(ours.contains(wanted) && theirs.contains(wanted), both)?;
        must(ours & pair.protection() == theirs & pair.protection(), both)?;
        // An error ends a context, so each way of protecting messages has its own.
        agrees(Attributes::INTEGRITY, begin()?, |context| context.sign(b"message").map(drop))?;
        agrees(Attributes::CONFIDENTIALITY, begin()?, |context| context.seal(&mut [7; 8]).map(drop))?;
    }
    Ok(())
}

/// Whether both contexts do what their attributes say, and otherwise say that they do not.
fn agrees(
    attribute: Attributes,
    contexts: (Context, Context),
    mut protect: impl FnMut(&mut Context) -> Result<(), crate::Error>,
) -> Verdict {
    let (client, server) = contexts;
    for (side, mut context) in [("client", client), ("server", server)] {
        let has = context.attributes().contains(attribute);
        let kind = protect(&mut context).err().map(|error| error.kind());
        let expected = if has { None } else { Some(ErrorKind::Unsupported) };
        must(kind == expected, || {
            format!("the {side} has {:?}, and with {attribute:?} it gives {kind:?}", context.attributes())
        })?;
    }
    Ok(())
}

pub(super) fn unavailable(pair: &Pair) -> Verdict {
    let mut missing = 0_usize;
    for attribute in [
        Attributes::DELEGATE,
        Attributes::MUTUAL_AUTH,
        Attributes::DATAGRAM,
        Attributes::INTEGRITY,
        Attributes::CONFIDENTIALITY,
    ] {
        if pair.attributes.contains(attribute) {
            continue;
        }
        missing = missing.saturating_add(1);
        let none = Attributes::none();
        for (side, ours, theirs) in [("client", attribute, none), ("server", none, attribute)] {
            let (ours, theirs) = (pair.client_request(ours), pair.server_request(theirs));
            let end = Exchange::begin(pair, login(pair)?, &ours, &theirs).finish();
            let error = if side == "client" { end.client.error() } else { end.server.error() };
            let mut refused =
                error.is_some_and(|error| matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Policy));
            if attribute == Attributes::DATAGRAM {
                // A mechanism may have datagrams. A connection is then no such thing, which the other side may see first: it
                // misses the client's first word.
                let error = end.client.error().or(end.server.error());
                refused |= error.is_some_and(|error| error.kind() == ErrorKind::InvalidToken);
            }
            must(refused, || format!("the {side} requires {attribute:?}: {}", end.state()))?;
        }
    }
    if missing == 0 { Err(not_applicable("the pair has every attribute")) } else { Ok(()) }
}

pub(super) fn conclude(pair: &Pair) -> Verdict {
    for attributes in [Attributes::none(), pair.protection()] {
        for leg in 0..=transcript(pair, attributes)?.len() {
            let begin = || -> Result<Exchange, Stop> {
                let mut exchange = Exchange::requiring(pair, attributes)?;
                exchange.run_to(leg);
                Ok(exchange)
            };
            if let End::Waiting(waiting) = begin()?.server {
                must(waiting.conclude().is_err(), || format!("the server has a context before leg {leg}"))?;
            }
            let mut exchange = begin()?;
            let End::Waiting(waiting) = exchange.client.take() else { continue };
            match waiting.conclude() {
                Ok(context) => same_as_the_server(exchange, &context, leg)?,
                Err(error) => {
                    let kind = error.kind();
                    let fits = matches!(
                        kind,
                        ErrorKind::Unsupported | ErrorKind::MessageAltered | ErrorKind::OutOfSequence
                    );
                    must(fits, || format!("before leg {leg}: {}", describe(&error)))?;
                }
            }
        }
    }
    Ok(())
}

/// The context of a client that did not wait for leg `leg` must be one that the server has too, once it has heard all.
fn same_as_the_server(mut exchange: Exchange, ours: &Context, leg: usize) -> Verdict {
    if exchange.is_for_server() {
        exchange.advance();
    }
    let End::Done(theirs) = &exchange.server else {
        return Err(failed(format!("the client has a context before leg {leg}, the server none")));
    };
    match (ours.session_key(), theirs.session_key()) {
        (Some(ours), Some(theirs)) if !ours.ct_eq(&theirs) => {
            Err(failed(format!("concluded before leg {leg}: the keys differ")))
        }
        _ => Ok(()),
    }
}
