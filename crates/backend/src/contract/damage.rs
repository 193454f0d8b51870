//! Cases of tokens that are not those that are due.

use super::Pair;
use super::exchange::{End, Exchange, transcript};
use super::verdict::{Stop, Verdict, describe, failed, must, not_applicable};
use crate::{Attributes, ErrorKind};
use alloc::{format, string::String, vec, vec::Vec};

pub(super) fn wrong_order(pair: &Pair) -> Verdict {
    for attributes in [Attributes::none(), pair.protection()] {
        let said = transcript(pair, attributes)?;
        for leg in 0..said.len() {
            for other in (0..said.len()).filter(|other| *other != leg) {
                // That of another handshake, and, where it was said already, that of this one.
                let mut exchange = at(pair, attributes, leg)?;
                let own = exchange.delivered.get(other).cloned();
                for token in said.get(other).into_iter().chain(&own) {
                    if exchange.under_way() != Some(token) {
                        exchange.deliver(token);
                        invalid(&exchange, &format!("leg {leg} with the token of leg {other}"))?;
                    }
                    exchange = at(pair, attributes, leg)?;
                }
            }
        }
    }
    Ok(())
}

pub(super) fn garbage(pair: &Pair) -> Verdict {
    let samples: [(&str, Vec<u8>); 6] = [
        ("an empty token", Vec::new()),
        ("a byte of zero", vec![0]),
        ("the signature of NTLM alone", b"NTLMSSP\0".to_vec()),
        ("text", b"Negotiate, please".to_vec()),
        ("ones", vec![0xff; 64]),
        ("64 KiB of zeros", vec![0; 65536]),
    ];
    for leg in 0..transcript(pair, Attributes::none())?.len() {
        for (name, sample) in &samples {
            let mut exchange = at(pair, Attributes::none(), leg)?;
            exchange.deliver(sample);
            let accepted = match &exchange.server {
                // A server that gets nothing first may say first what it has ([MS-SPNG] NegTokenInit2).
                End::Waiting(_) => leg == 0 && sample.is_empty(),
                // One of several mechanisms may see whose token that is, and that it is none of its own.
                End::Failed(error) => leg == 0 && name.contains("NTLM") && is_another_s(error.kind()),
                _ => false,
            };
            if !accepted {
                invalid(&exchange, &format!("leg {leg} with {name}"))?;
            }
        }
    }
    Ok(())
}

pub(super) fn cut(pair: &Pair) -> Verdict {
    let attributes = pair.protection();
    for leg in 0..transcript(pair, attributes)?.len() {
        let mut length = 0;
        loop {
            let mut exchange = at(pair, attributes, leg)?;
            let whole = exchange.under_way().map(<[u8]>::to_vec).unwrap_or_default();
            let Some(part) = whole.get(..length).filter(|part| part.len() < whole.len()) else { break };
            exchange.deliver(part);
            leads_nowhere(exchange, leg, || format!("leg {leg} cut after {length} bytes"))?;
            length = length.saturating_add(1);
        }
    }
    Ok(())
}

pub(super) fn replayed(pair: &Pair) -> Verdict {
    let attributes = pair.protection();
    let recorded = transcript(pair, attributes)?;
    let mut tried = 0_usize;
    // There is nothing of the server in the first token: whether it may come twice is another matter.
    for (leg, token) in recorded.iter().enumerate().skip(1) {
        let mut exchange = at(pair, attributes, leg)?;
        // A last word without anything of its own, such as accept-completed, is no replay.
        if exchange.under_way() == Some(token) {
            continue;
        }
        tried = tried.saturating_add(1);
        exchange.deliver(token);
        leads_nowhere(exchange, leg, || format!("leg {leg} of another handshake"))?;
    }
    if tried == 0 { Err(not_applicable("there is nothing to repeat after the first token")) } else { Ok(()) }
}

const fn is_another_s(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NoCredentials | ErrorKind::Unsupported)
}

/// A handshake whose next token is that of `leg`.
fn at(pair: &Pair, attributes: Attributes, leg: usize) -> Result<Exchange, Stop> {
    let mut exchange = Exchange::requiring(pair, attributes)?;
    if exchange.run_to(leg) {
        return Ok(exchange);
    }
    Err(failed(format!("this time there is no leg {leg}: {}", exchange.state())))
}

/// The side that took the last token has refused it.
fn invalid(exchange: &Exchange, what: &str) -> Verdict {
    let taker = if exchange.is_for_server() { &exchange.client } else { &exchange.server };
    match taker.error() {
        Some(error) if error.kind() == ErrorKind::InvalidToken => Ok(()),
        Some(error) => Err(failed(format!("{what}: {}", describe(error)))),
        None => Err(failed(format!("{what}: it {}", taker.state()))),
    }
}

/// Neither the server lets this client in, nor, where the token was for the client, does the client believe it.
fn leads_nowhere(exchange: Exchange, leg: usize, what: impl Fn() -> String) -> Verdict {
    let end = exchange.finish();
    let somewhere = if leg.is_multiple_of(2) { end.server.is_done() } else { end.is_done() };
    must(!somewhere, || format!("{}: {}", what(), end.state()))
}
