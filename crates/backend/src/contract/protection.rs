//! Cases of messages that do not arrive as they were sent.

use super::Pair;
use super::exchange::{Context, contexts};
use super::messages::message;
use super::verdict::{Stop, Verdict, describe, failed, must, works};
use crate::{Attributes, Error, ErrorKind};
use alloc::{format, string::String, vec::Vec};

pub(super) fn altered(pair: &Pair) -> Verdict {
    pair.needs(Attributes::INTEGRITY)?;
    let sealing = pair.attributes.contains(Attributes::CONFIDENTIALITY);
    for to_server in [true, false] {
        for sealed in [false, true].into_iter().filter(|sealed| sealing || !sealed) {
            let mut at = 0;
            // A fresh context for each: the first error is the last thing that one does.
            while alter(pair, to_server, sealed, at)? {
                at = at.saturating_add(1);
            }
        }
    }
    Ok(())
}

/// Sends a message of which one thing is changed, the one that `at` counts to; whether there was one.
fn alter(pair: &Pair, to_server: bool, sealed: bool, at: usize) -> Result<bool, Stop> {
    let (mut from, mut to) = directed(pair, to_server)?;
    let clear = message(24);
    let mut sent = clear.clone();
    let signature = if sealed { from.seal(&mut sent) } else { from.sign(&sent) };
    let signature = works(signature, "protecting a message")?;
    let Some((what, signature)) = changed(&mut sent, signature, at) else { return Ok(false) };
    let what = format!("{} message, {what}", if sealed { "a sealed" } else { "a signed" });
    if sealed {
        refused(to.unseal(&mut sent, &signature), &what, &[ErrorKind::MessageAltered])?;
        let shown = sent.windows(8).any(|part| clear.windows(8).any(|clear| clear == part));
        must(!shown, || format!("{what}: the clear text is handed out all the same"))?;
    } else {
        refused(to.verify(&sent, &signature), &what, &[ErrorKind::MessageAltered])?;
    }
    Ok(true)
}

/// The change that `at` counts to: each byte of the message, each of the signature, then the signature's length.
fn changed(message: &mut [u8], mut signature: Vec<u8>, at: usize) -> Option<(String, Vec<u8>)> {
    let (length, all) = (message.len(), message.len().saturating_add(signature.len()));
    if let Some(byte) = message.get_mut(at) {
        *byte ^= 1;
        return Some((format!("byte {at} changed"), signature));
    }
    if let Some(byte) = signature.get_mut(at.saturating_sub(length)) {
        *byte ^= 1;
        return Some((format!("byte {} of its signature changed", at.saturating_sub(length)), signature));
    }
    match at.saturating_sub(all) {
        0 => signature.clear(),
        1 => drop(signature.pop()),
        2 => signature.push(0),
        _ => return None,
    }
    Some((format!("its signature of {} bytes", signature.len()), signature))
}

pub(super) fn dead_after_error(pair: &Pair) -> Verdict {
    pair.needs(Attributes::INTEGRITY)?;
    let sealing = pair.attributes.contains(Attributes::CONFIDENTIALITY);
    for to_server in [true, false] {
        for sealed in [false, true].into_iter().filter(|sealed| sealing || !sealed) {
            let (mut from, mut to) = directed(pair, to_server)?;
            let mut sent = message(24);
            let signature = works(from.sign(&sent), "signing")?;
            let error = if sealed { to.unseal(&mut sent, &[]) } else { to.verify(b"another", &signature) };
            must(error.is_err(), || "an altered message is accepted".into())?;
            let kinds = [ErrorKind::OutOfSequence];
            refused(to.verify(&message(24), &signature), "verify on a dead context", &kinds)?;
            refused(to.sign(b"more"), "sign on a dead context", &kinds)?;
            refused(to.unseal(&mut message(24), &signature), "unseal on a dead context", &kinds)?;
            refused(to.seal(&mut message(24)), "seal on a dead context", &kinds)?;
            refused(to.mech_list_mic(b"list"), "mech_list_mic on a dead context", &kinds)?;
            works(from.sign(b"more"), "the peer, who knows nothing of it, signs")?;
        }
    }
    Ok(())
}

pub(super) fn sequence(pair: &Pair) -> Verdict {
    pair.needs(Attributes::INTEGRITY)?;
    let kinds = [ErrorKind::MessageAltered, ErrorKind::OutOfSequence];
    for to_server in [true, false] {
        if pair.attributes.contains(Attributes::REPLAY_DETECT) {
            let (mut from, mut to) = directed(pair, to_server)?;
            let signature = works(from.sign(b"once"), "signing")?;
            works(to.verify(b"once", &signature), "verifying")?;
            refused(to.verify(b"once", &signature), "a signed message twice", &kinds)?;
        }
        if pair.attributes.contains(Attributes::REPLAY_DETECT | Attributes::CONFIDENTIALITY) {
            let (mut from, mut to) = directed(pair, to_server)?;
            let mut sent = message(24);
            let signature = works(from.seal(&mut sent), "sealing")?;
            works(to.unseal(&mut sent.clone(), &signature), "unsealing")?;
            refused(to.unseal(&mut sent, &signature), "a sealed message twice", &kinds)?;
        }
        if pair.attributes.contains(Attributes::SEQUENCE_DETECT) {
            let (mut from, mut to) = directed(pair, to_server)?;
            works(from.sign(b"first"), "signing")?;
            let second = works(from.sign(b"second"), "signing")?;
            refused(to.verify(b"second", &second), "the second message first", &kinds)?;
        }
        let (mut from, _) = directed(pair, to_server)?;
        let signature = works(from.sign(b"mine"), "signing")?;
        refused(from.verify(b"mine", &signature), "a message returned to its sender", &kinds)?;
    }
    Ok(())
}

/// The sender and the receiver of messages in one direction.
fn directed(pair: &Pair, to_server: bool) -> Result<(Context, Context), Stop> {
    let (client, server) = contexts(pair, pair.protection())?;
    Ok(if to_server { (client, server) } else { (server, client) })
}

/// `result` is an error of one of these kinds.
pub(super) fn refused<T>(result: Result<T, Error>, what: &str, kinds: &[ErrorKind]) -> Verdict {
    match result {
        Err(error) if kinds.contains(&error.kind()) => Ok(()),
        Err(error) => Err(failed(format!("{what}: {}", describe(&error)))),
        Ok(_) => Err(failed(format!("{what}: it is accepted"))),
    }
}
