//! Cases of several handshakes at once, and of several threads.

use super::Pair;
use super::exchange::Exchange;
use super::verdict::{Verdict, failed, must, works};
use crate::Attributes;
use alloc::{format, string::ToString};
use std::thread;

pub(super) fn independent(pair: &Pair) -> Verdict {
    let attributes = pair.protection();
    let mut one = Exchange::requiring(pair, attributes)?;
    let mut other = Exchange::requiring(pair, attributes)?;
    loop {
        let mut broken = Exchange::requiring(pair, attributes)?;
        broken.deliver(b"garbage");
        let (first, second) = (one.advance(), other.advance());
        if !first && !second {
            break;
        }
    }
    let ((client, mut server), (mut stranger, host)) = (one.contexts()?, other.contexts()?);
    let keys = [client.session_key(), server.session_key(), stranger.session_key(), host.session_key()];
    if let [Some(client), Some(server), Some(stranger), Some(host)] = keys {
        must(client.ct_eq(&server) && stranger.ct_eq(&host), || "the keys of a handshake differ".into())?;
        must(!client.ct_eq(&stranger), || "two handshakes have the same key".into())?;
    }
    if attributes.contains(Attributes::INTEGRITY) {
        let signature = works(stranger.sign(b"message"), "signing")?;
        let verified = server.verify(b"message", &signature);
        must(verified.is_err(), || "a message of another handshake is accepted".into())?;
    }
    Ok(())
}

pub(super) fn threads(pair: &Pair) -> Verdict {
    let attributes = pair.protection();
    let mut exchange = Exchange::requiring(pair, attributes)?;
    while exchange.advance_on_a_thread() {}
    let (mut client, mut server) = exchange.contexts()?;
    if !attributes.contains(Attributes::INTEGRITY) {
        return Ok(());
    }
    let signed = thread::spawn(move || client.sign(b"message")).join();
    let signature =
        works(signed.map_err(|_| failed("signing on a thread panicked"))?, "signing on a thread")?;
    let verified = thread::spawn(move || server.verify(b"message", &signature).map_err(|e| e.to_string()));
    match verified.join() {
        Ok(verified) => must(verified.is_ok(), || format!("verifying on a thread: {verified:?}")),
        Err(_) => Err(failed("verifying on a thread panicked")),
    }
}
