//! Signed and sealed messages in any order, either direction, tampered with or not: what is accepted is the next message of the
//! peer as it was sent, and what is not leaves no clear text.
#![no_main]

use arbitrary::Arbitrary;
use gatepass_engine::{Error, Protection};
use gatepass_fuzz::parties::{Leniency, sessions};
use gatepass_fuzz::tampering::Tampering;
use gatepass_wire::NegotiateFlags as Flags;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    leniency: Leniency,
    flags: u32,
    requirements: u32,
    steps: Vec<Step<'a>>,
}

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    /// One of the two makes a message.
    Make { by: bool, how: How, text: &'a [u8] },
    /// One of the two gets one that was made.
    Take { by: bool, which: u8, how: How, data: Tampering<'a>, signature: Tampering<'a> },
    /// The peer gets the one that was made last, as it is.
    Pass,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum How {
    Sign,
    Seal,
    SealParts,
    MechListMic,
}

impl How {
    /// Whether what was made like `made` is to be taken like this.
    fn takes(self, made: Self) -> bool {
        let sealed = |how| matches!(how, Self::Seal | Self::SealParts);
        self == made || sealed(self) && sealed(made)
    }
}

struct Message<'a> {
    by: bool,
    how: How,
    text: &'a [u8],
    data: Vec<u8>,
    signature: [u8; 16],
    /// How many messages its maker had made and taken.
    position: usize,
}

/// One end, and the messages that it has made and taken (`usize::MAX`: in another way than it was made).
struct End {
    protection: Protection,
    made: Vec<usize>,
    taken: Vec<usize>,
    /// Both, in their order.
    all: Vec<usize>,
    dead: bool,
}

/// In three places.
fn parts(bytes: &mut [u8]) -> [&mut [u8]; 3] {
    let (first, rest) = bytes.split_at_mut(bytes.len() / 3);
    let (second, third) = rest.split_at_mut(rest.len() / 2);
    [first, second, third]
}

impl End {
    fn new(protection: Protection) -> Self {
        Self { protection, made: Vec::new(), taken: Vec::new(), all: Vec::new(), dead: false }
    }

    fn make<'a>(&mut self, number: usize, by: bool, how: How, text: &'a [u8]) -> Option<Message<'a>> {
        let mut data = text.to_vec();
        let made = match how {
            How::Sign => self.protection.sign(text),
            How::Seal => self.protection.seal(&mut data),
            How::SealParts => self.protection.seal_parts(&mut parts(&mut data)),
            How::MechListMic => self.protection.mech_list_mic(text),
        };
        let Ok(signature) = made else {
            assert_eq!(data, text, "what could not be sealed is as it was");
            self.dead = true;
            return None;
        };
        assert!(!self.dead, "an error ends everything");
        let position = self.all.len();
        self.made.push(number);
        self.all.push(number);
        Some(Message { by, how, text, data, signature, position })
    }

    /// Whether it was accepted.
    fn take(&mut self, number: usize, how: How, text: &[u8], data: Vec<u8>, signature: &[u8]) -> bool {
        let sealed = matches!(how, How::Seal | How::SealParts);
        let mut clear = data.clone();
        let verdict = match how {
            How::Sign => self.protection.verify(&data, signature),
            How::Seal => self.protection.unseal(&mut clear, signature),
            How::SealParts => self.protection.unseal_parts(&mut parts(&mut clear), signature),
            How::MechListMic => self.protection.verify_mech_list_mic(&data, signature),
        };
        match verdict {
            Ok(()) => {
                assert!(!self.dead, "an error ends everything");
                assert_eq!(clear, text, "accepted is what was sent");
                self.taken.push(number);
                self.all.push(number);
            }
            Err(Error::Altered) if sealed => assert!(clear.iter().all(|byte| *byte == 0)),
            Err(_) => assert_eq!(clear, data),
        }
        self.dead |= verdict.is_err();
        verdict.is_ok()
    }
}

libfuzzer_sys::fuzz_target!(|input: Input<'_>| {
    let flags = input.flags & !Flags::NEGOTIATE_DATAGRAM.bits();
    let Some((client, server)) = sessions(input.leniency, flags, input.requirements) else { return };
    let extended = client.flags().contains(Flags::NEGOTIATE_EXTENDED_SESSIONSECURITY);
    let mut ends = [End::new(client.protect()), End::new(server.protect())];
    let mut messages: Vec<Message<'_>> = Vec::new();
    for step in input.steps {
        let (by, which, how, data, signature) = match step {
            Step::Make { by, how, text } => {
                let made = ends[usize::from(by)].make(messages.len(), by, how, text);
                messages.extend(made);
                continue;
            }
            Step::Take { by, which, how, data, signature } => (by, usize::from(which), how, data, signature),
            Step::Pass => match messages.last() {
                Some(last) => {
                    (!last.by, messages.len() - 1, last.how, Tampering::Nothing, Tampering::Nothing)
                }
                None => continue,
            },
        };
        if messages.is_empty() {
            continue;
        }
        let number = which % messages.len();
        let message = &messages[number];
        let (data, mut signature) = (data.of(&message.data), signature.of(&message.signature));
        if !extended && signature.len() == 16 {
            // RandomPad counts for nothing.
            signature[4..8].copy_from_slice(&message.signature[4..8]);
        }
        let unaltered = data == message.data && signature == message.signature;
        let [client, server] = &mut ends;
        let (receiver, sender) = if by { (server, client) } else { (client, server) };
        // Where both sides share one sequence, who does not wait for his turn can miss a message: the document's "half duplex".
        let due = message.by != by
            && if extended {
                sender.made.get(receiver.taken.len()) == Some(&number)
            } else {
                message.position == receiver.all.len()
            };
        let in_step = if extended {
            sender.made.starts_with(&receiver.taken)
        } else {
            sender.all.starts_with(&receiver.all)
        };
        let same_way = how.takes(message.how);
        let was_dead = receiver.dead;
        let taken = if same_way { number } else { usize::MAX };
        if receiver.take(taken, how, message.text, data, &signature) {
            assert!(unaltered && due, "accepted is the next message of the peer, unaltered");
        } else {
            let honest = unaltered && due && in_step && same_way;
            assert!(was_dead || !honest, "an honest message is accepted");
        }
    }
});
