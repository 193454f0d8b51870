//! Client and server of a negotiation, and somebody between them.

mod agreement;
mod downgrade;
mod hints;
mod peers;
mod recorded;
mod turns;
