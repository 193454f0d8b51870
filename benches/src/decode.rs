//! Decoding the three messages, with all that a receiver checks.

use crate::{Figure, messages, work};
use gatepass_wire::{Authenticate, Challenge, Message, Negotiate};

pub(crate) fn figures() -> Vec<Figure> {
    let (negotiate, challenge, authenticate) =
        (messages::negotiate(), messages::challenge(), messages::authenticate());
    vec![
        Figure::new(
            "decode/negotiate",
            work(64, || (), move |()| Negotiate::decode(&negotiate).map(|m| m.flags)),
        ),
        Figure::new(
            "decode/challenge",
            work(
                64,
                || (),
                move |()| {
                    let message = Challenge::decode(&challenge)?;
                    message.check().map(|()| message.server_challenge)
                },
            ),
        ),
        Figure::new(
            "decode/authenticate",
            work(
                64,
                || (),
                move |()| {
                    let message = Authenticate::decode(&authenticate)?;
                    message.check().map(|_| message.flags)
                },
            ),
        ),
    ]
}
