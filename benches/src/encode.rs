//! Encoding the three messages.

use crate::{Figure, messages, work};
use gatepass_wire::{Authenticate, Challenge, Message, Negotiate};

pub(crate) fn figures() -> Vec<Figure> {
    let (negotiate, challenge, authenticate) =
        (messages::negotiate().leak(), messages::challenge().leak(), messages::authenticate().leak());
    let (Ok(negotiate), Ok(challenge), Ok(authenticate)) =
        (Negotiate::decode(negotiate), Challenge::decode(challenge), Authenticate::decode(authenticate))
    else {
        unreachable!("our own messages decode")
    };
    vec![
        Figure::new("encode/negotiate", work(64, || (), move |()| negotiate.encode())),
        Figure::new("encode/challenge", work(64, || (), move |()| challenge.encode())),
        Figure::new("encode/authenticate", work(64, || (), move |()| authenticate.encode())),
    ]
}
