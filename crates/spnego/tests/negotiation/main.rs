//! Client and server of a negotiation, and somebody between them.

mod agreement;
mod downgrade;
mod every_byte;
mod hints;
mod peers;
mod recorded;
mod turns;
