//! The case of messages without a connection, each under a number of the caller's.

use super::Pair;
use super::exchange::contexts;
use super::messages::message;
use super::protection::refused;
use super::verdict::{Verdict, must, works};
use crate::{Attributes, ErrorKind};
use alloc::vec::Vec;

/// In an order that no sequence has.
const NUMBERS: [u32; 4] = [7, 0, u32::MAX, 8];

pub(super) fn datagrams(pair: &Pair) -> Verdict {
    pair.needs(Attributes::DATAGRAM | Attributes::INTEGRITY)?;
    // Who keeps no record of numbers can promise no detection of replay and order.
    let protection = pair.of(Attributes::DATAGRAM | Attributes::INTEGRITY | Attributes::CONFIDENTIALITY);
    let altered = [ErrorKind::MessageAltered];
    let clear = message(24);
    for to_server in [true, false] {
        let (client, server) = contexts(pair, protection)?;
        let (mut from, mut to) = if to_server { (client, server) } else { (server, client) };
        let datagrams = Attributes::DATAGRAM;
        let both = from.attributes().contains(datagrams) && to.attributes().contains(datagrams);
        must(both, || "the attributes do not say that these are datagrams".into())?;
        let mut sent = Vec::new();
        for number in NUMBERS {
            sent.push((number, works(from.sign_datagram(number, &clear), "signing a datagram")?));
        }
        while let Some((number, signature)) = sent.pop() {
            refused(to.verify_datagram(number ^ 1, &clear, &signature), "another number", &altered)?;
            refused(to.verify_datagram(number, b"another", &signature), "another message", &altered)?;
            works(to.verify_datagram(number, &clear, &signature), "verifying a datagram after errors")?;
        }
        if pair.attributes.contains(Attributes::CONFIDENTIALITY) {
            let mut sealed = clear.clone();
            let signature = works(from.seal_datagram(9, &mut sealed), "sealing a datagram")?;
            must(sealed != clear, || "the sealed datagram is the clear text".into())?;
            refused(to.unseal_datagram(8, &mut sealed.clone(), &signature), "another number", &altered)?;
            works(to.unseal_datagram(9, &mut sealed, &signature), "unsealing a datagram after an error")?;
            must(sealed == clear, || "the datagram is another one when unsealed".into())?;
        }
        refused(from.sign(&clear), "a message without a number", &[ErrorKind::Unsupported])?;
    }
    let (mut client, _) = contexts(pair, pair.protection())?;
    refused(client.sign_datagram(0, &clear), "a datagram over a connection", &[ErrorKind::Unsupported])
}
