//! The mock proxy as its clients see it. The client is written by hand, byte by byte; only its NTLM is the engine's.

mod assertions;
mod battery;
mod dance;
mod docs;
mod faults;
mod forward;
mod garbage;
mod har;
mod life;
mod offer;
mod origin;
mod out_of_turn;
#[cfg(feature = "page")]
mod page;
mod peer;
mod personality;
mod policy;
mod replay;
mod script;
mod tap;
mod transcript;
mod tunnel;
