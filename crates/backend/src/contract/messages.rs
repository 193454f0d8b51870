//! Cases of messages that arrive as they were sent.

use super::Pair;
use super::exchange::{Context, contexts};
use super::verdict::{Stop, Verdict, describe, must, works};
use crate::{Attributes, ErrorKind};
use alloc::{format, vec::Vec};

/// From little to more than four TLS records.
const LENGTHS: [usize; 6] = [1, 16, 63, 64, 4096, 70_000];

/// A message that tells where it is torn.
pub(super) fn message(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

pub(super) fn sign(pair: &Pair) -> Verdict {
    pair.needs(Attributes::INTEGRITY)?;
    let (mut client, mut server) = contexts(pair, pair.protection())?;
    for length in LENGTHS {
        let message = message(length);
        // Twice, so that no side can count on the other's turn.
        both_ways(&mut client, &mut server, |from, to| {
            signed(from, to, &message)?;
            signed(from, to, &message)
        })?;
    }
    Ok(())
}

pub(super) fn seal(pair: &Pair) -> Verdict {
    pair.needs(Attributes::CONFIDENTIALITY)?;
    let (mut client, mut server) = contexts(pair, pair.protection())?;
    for length in LENGTHS {
        let message = message(length);
        both_ways(&mut client, &mut server, |from, to| {
            let one = sealed(from, to, &message)?;
            if pair.attributes.contains(Attributes::INTEGRITY) {
                signed(from, to, &message)?;
            }
            in_parts(from, to, &message)?;
            let other = sealed(from, to, &message)?;
            must(length < 16 || one != other, || "the same text is sealed to the same bytes twice".into())
        })?;
    }
    Ok(())
}

pub(super) fn empty(pair: &Pair) -> Verdict {
    pair.needs(Attributes::INTEGRITY)?;
    let (mut client, mut server) = contexts(pair, pair.protection())?;
    both_ways(&mut client, &mut server, |from, to| {
        signed(from, to, b"")?;
        if pair.attributes.contains(Attributes::CONFIDENTIALITY) {
            sealed(from, to, b"")?;
        }
        signed(from, to, b"")
    })
}

pub(super) fn mech_list_mic(pair: &Pair) -> Verdict {
    // The DER form of a list with two mechanisms; what it says is nothing to the mechanism.
    let list = b"\x30\x19\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x06\x0c\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x1e\x01\x01";
    pair.needs(Attributes::INTEGRITY)?;
    let (mut client, mut server) = contexts(pair, pair.protection())?;
    both_ways(&mut client, &mut server, |from, to| {
        let mic = works(from.mech_list_mic(list), "mech_list_mic")?;
        works(to.verify_mech_list_mic(list, &mic), "verify_mech_list_mic")
    })?;
    both_ways(&mut client, &mut server, |from, to| {
        signed(from, to, b"the first message")?;
        signed(from, to, b"the second message")
    })?;
    let (mut client, mut server) = contexts(pair, pair.protection())?;
    let mic = works(client.mech_list_mic(list), "mech_list_mic")?;
    let (_, shorter) = list.split_last().unwrap_or((&0, list));
    match server.verify_mech_list_mic(shorter, &mic) {
        Err(error) if error.kind() == ErrorKind::MessageAltered => Ok(()),
        Err(error) => Err(Stop::Failed(format!("a shortened list: {}", describe(&error)))),
        Ok(()) => Err(Stop::Failed("a shortened list is accepted".into())),
    }
}

/// From client to server, then from server to client.
fn both_ways(
    client: &mut Context,
    server: &mut Context,
    mut send: impl FnMut(&mut Context, &mut Context) -> Verdict,
) -> Verdict {
    send(client, server)?;
    send(server, client)
}

/// Has a signed message go from one side to the other.
fn signed(from: &mut Context, to: &mut Context, message: &[u8]) -> Verdict {
    let length = message.len();
    let signature = works(from.sign(message), &format!("signing {length} bytes"))?;
    works(to.verify(message, &signature), &format!("verifying {length} bytes"))
}

/// Has a sealed message go from one side to the other; what it looked like in between.
fn sealed(from: &mut Context, to: &mut Context, message: &[u8]) -> Result<Vec<u8>, Stop> {
    let length = message.len();
    let mut buffer = message.to_vec();
    let signature = works(from.seal(&mut buffer), &format!("sealing {length} bytes"))?;
    let cipher = buffer.clone();
    must(length < 16 || cipher != message, || "the sealed message is the clear text".into())?;
    works(to.unseal(&mut buffer, &signature), &format!("unsealing {length} bytes"))?;
    must(buffer == message, || format!("{length} bytes are other bytes when unsealed"))?;
    Ok(cipher)
}

/// Has a sealed message go from several places of one side to several others of the other side.
fn in_parts(from: &mut Context, to: &mut Context, message: &[u8]) -> Verdict {
    let mut buffer = message.to_vec();
    let (half, third) = (message.len() / 2, message.len() / 3);
    let (start, end) = buffer.split_at_mut(half);
    let signature = works(from.seal_parts(&mut [start, &mut [], end]), "sealing in parts")?;
    let (start, end) = buffer.split_at_mut(third);
    works(to.unseal_parts(&mut [start, end], &signature), "unsealing in parts")?;
    must(buffer == message, || format!("{} bytes in parts are other bytes when unsealed", message.len()))
}
