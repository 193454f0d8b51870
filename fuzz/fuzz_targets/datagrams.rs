//! Datagrams under any numbers, in any order, either direction, tampered with or not: accepted is what the peer sent under this
//! number, and what is not leaves no clear text.
#![no_main]

use arbitrary::Arbitrary;
use gatepass_engine::Error;
use gatepass_fuzz::parties::{Leniency, sessions};
use gatepass_fuzz::tampering::Tampering;
use gatepass_wire::NegotiateFlags as Flags;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    leniency: Leniency,
    flags: u32,
    requirements: u32,
    datagrams: Vec<Datagram<'a>>,
}

#[derive(Arbitrary, Debug)]
struct Datagram<'a> {
    by: bool,
    sealed: bool,
    number: u32,
    text: &'a [u8],
    /// What becomes of it.
    data: Tampering<'a>,
    signature: Tampering<'a>,
    number_read: u32,
    as_numbered: bool,
    reflected: bool,
}

libfuzzer_sys::fuzz_target!(|input: Input<'_>| {
    let flags = input.flags | (Flags::NEGOTIATE_DATAGRAM | Flags::NEGOTIATE_KEY_EXCH).bits();
    let Some((client, server)) = sessions(input.leniency, flags, input.requirements) else { return };
    let settled = client.flags();
    assert!(settled.contains(Flags::NEGOTIATE_DATAGRAM));
    let extended = settled.contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
    let ends = [client.datagrams(), server.datagrams()];
    for datagram in input.datagrams {
        let Datagram { by, sealed, number, text, .. } = datagram;
        let sender = &ends[usize::from(by)];
        let mut sent = text.to_vec();
        let made = if sealed { sender.seal(number, &mut sent) } else { sender.sign(number, text) };
        let way = if sealed { Flags::NEGOTIATE_SEAL } else { Flags::NEGOTIATE_SIGN };
        let possible = settled.contains(way) && (extended || !sealed);
        assert_eq!(made.is_ok(), possible);
        let Ok(made) = made else {
            assert_eq!(sent, text, "what could not be sealed is as it was");
            continue;
        };
        let receiver = &ends[usize::from(if datagram.reflected { by } else { !by })];
        let number_read = if datagram.as_numbered { number } else { datagram.number_read };
        let arrived = datagram.data.of(&sent);
        let mut signature = datagram.signature.of(&made);
        if !extended && signature.len() == 16 {
            // RandomPad counts for nothing.
            signature[4..8].copy_from_slice(&made[4..8]);
        }
        let mut clear = arrived.clone();
        let verdict = if sealed {
            receiver.unseal(number_read, &mut clear, &signature)
        } else {
            receiver.verify(number_read, &arrived, &signature)
        };
        // Without extended session security both sides have the same key.
        let honest = arrived == sent
            && signature == made
            && number_read == number
            && !(datagram.reflected && extended);
        assert_eq!(verdict, if honest { Ok(()) } else { Err(Error::Altered) });
        match verdict {
            Ok(()) => assert_eq!(clear, text),
            Err(_) if sealed => assert!(clear.iter().all(|byte| *byte == 0)),
            Err(_) => assert_eq!(clear, arrived),
        }
    }
});
