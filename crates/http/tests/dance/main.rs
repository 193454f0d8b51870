//! The dance against a scripted mechanism and against the engine; the grammar against good and bad peers.

mod client;
mod engine;
mod faults;
mod grammar;
mod limits;
mod malformed;
mod matrix;
mod negotiate;
mod persistence;
mod recorded;
mod schemes;
mod server;
mod support;
mod walk;
